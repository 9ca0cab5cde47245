"""LightGBM's text files: read line by line, checked, and written anew before LightGBM sees anything.

LightGBM's own reader trusts its file: a child that points outside its tree, or a line cut short, ends the
process. So what it is given here is not the file but a text made of the values that were read and checked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .model_checks import check_range, require

Lines = dict[str, str]

_NUMBER = r"[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|inf|nan)"
_NUMBERS = re.compile(rf"{_NUMBER}(?: {_NUMBER})*")
_WHOLE = re.compile(r"-?\d{1,10}(?: -?\d{1,10})*")
_OBJECTIVE = re.compile(r"[a-z_]+(?: [a-z_]+:[0-9.eE+-]+)*")
_NAME = re.compile(r'[^\s":,\[\]{}]+')

_PER_SPLIT = ("split_gain", "threshold", "internal_value", "internal_weight", "internal_count")
_PER_LEAF = ("leaf_value", "leaf_weight", "leaf_count")
_SPLIT_WHOLE = ("split_feature", "decision_type", "left_child", "right_child")
_BY_CATEGORY = 1
_MOST_CLASSES = 10_000


@dataclass(frozen=True)
class LightGBMText:
    """What a file says, checked.

    Parameters
    ----------
    text : str
        The file written anew, for LightGBM.
    columns : tuple of str
    classes : int
        2 for a binary objective; 0 for a model that gives no probabilities.
    levels : dict of str to tuple
        Categories of the columns that were pandas categories, in the order of their codes.
    """

    text: str
    columns: tuple[str, ...]
    classes: int
    levels: dict[str, tuple[Any, ...]]


def read_lightgbm(data: bytes) -> LightGBMText:
    """Read and check a file.

    Parameters
    ----------
    data : bytes

    Raises
    ------
    ValueError
        A line is not what LightGBM writes, a tree points outside itself, or numbers do not fit each other.
    """
    text = data.decode("utf-8")
    body, _, rest = text.partition("\nend of trees")
    head, *trees = re.split(r"\n\s*\n(?=Tree=)", body)
    header = _lines(head.split("\n")[1:])
    columns = _columns(header)
    kind, outputs = _objective(header)
    parts = [
        _tree(_lines(tree.strip().split("\n")), number, len(columns)) for number, tree in enumerate(trees)
    ]
    require(bool(parts), "it holds no tree")
    require(len(parts) % outputs == 0, "its trees do not fit its classes")
    written = "\n".join(
        [_header(header, columns, outputs), *parts, "end of trees\n", _parameters(rest, header)]
    )
    levels = _levels(rest, columns)
    classes = {"binary": 2, "cross_entropy": 2}.get(kind, outputs if kind.startswith("multiclass") else 0)
    return LightGBMText(f"{written}\npandas_categorical:null\n", columns, classes, levels)


def _lines(lines: list[str]) -> Lines:
    found: Lines = {}
    for line in lines:
        key, sign, value = line.partition("=")
        if line.strip() and (sign or key == "average_output"):
            require(key not in found, f"the line {key[:40]!r} stands twice")
            found[key] = value
    return found


def _columns(header: Mapping[str, str]) -> tuple[str, ...]:
    names = tuple(header["feature_names"].split(" "))
    require(len(names) == _whole(header["max_feature_idx"]) + 1, "its columns are not as many as it counts")
    require(all(_NAME.fullmatch(name) for name in names), "a column's name holds what a name cannot hold")
    require(len(set(names)) == len(names), "a column stands twice")
    return names


def _objective(header: Mapping[str, str]) -> tuple[str, int]:
    objective = header.get("objective", "")
    require(bool(_OBJECTIVE.fullmatch(objective)), f"its objective is {objective[:60]!r}")
    outputs, classes = _whole(header["num_tree_per_iteration"]), _whole(header["num_class"])
    require(1 <= outputs <= _MOST_CLASSES and classes == outputs, "its trees do not fit its classes")
    kind = objective.split(" ")[0]
    told = dict(part.split(":") for part in objective.split(" ")[1:] if part.count(":") == 1)
    require(
        not kind.startswith("multiclass") or told.get("num_class") == str(outputs),
        "its objective does not fit its classes",
    )
    return kind, outputs


def _header(header: Mapping[str, str], columns: tuple[str, ...], outputs: int) -> str:
    kept = {
        "version": "v4",
        "num_class": outputs,
        "num_tree_per_iteration": outputs,
        "label_index": 0,
        "max_feature_idx": len(columns) - 1,
        "objective": header["objective"],
    }
    lines = ["tree", *(f"{key}={value}" for key, value in kept.items())]
    lines += ["average_output"] if "average_output" in header else []
    # What values a column took in training serves no prediction.
    return "\n".join(
        [
            *lines,
            f"feature_names={' '.join(columns)}",
            f"feature_infos={' '.join(['none'] * len(columns))}",
            "",
        ]
    )


def _tree(lines: Lines, number: int, columns: int) -> str:
    require(lines.get("Tree") == str(number), "its trees are not counted from 0")
    require(lines.get("is_linear", "0") == "0", "its leaves hold linear models, which are not read")
    leaves, sets = _whole(lines["num_leaves"]), _whole(lines["num_cat"])
    require(1 <= leaves <= 1 << 24 and 0 <= sets < 1 << 24, "it does not hold the leaves that it counts")
    kept = {"Tree": str(number), "num_leaves": str(leaves), "num_cat": str(sets)}
    for key, size in (*((key, leaves - 1) for key in _PER_SPLIT), *((key, leaves) for key in _PER_LEAF)):
        if key in lines or key in ("threshold", "leaf_value"):
            kept[key] = _numbers(lines, key, size)
    if leaves > 1:
        splits = {key: _integers(lines, key, leaves - 1) for key in _SPLIT_WHOLE}
        _check_walk(splits["left_child"], splits["right_child"], leaves)
        check_range(splits["split_feature"], columns, "a column")
        check_range(splits["decision_type"], 16, "a kind of split")
        kept |= {key: lines[key] for key in _SPLIT_WHOLE} | _sets(lines, sets, splits["decision_type"])
    require(bool(re.fullmatch(_NUMBER, lines.get("shrinkage", "1"))), "its shrinkage is no number")
    kept |= {"is_linear": "0", "shrinkage": lines.get("shrinkage", "1")}
    return "\n".join([*(f"{key}={value}" for key, value in kept.items()), "", ""])


def _check_walk(left: NDArray[np.int64], right: NDArray[np.int64], leaves: int) -> None:
    """Check that every split and every leaf hangs below exactly one split that comes before it."""
    own = np.tile(np.arange(leaves - 1), 2)
    children = np.concatenate([left, right])
    inner = children >= 0
    require(bool((children[inner] > own[inner]).all()), "a child comes before its parent")
    places = np.where(inner, children, leaves - 2 - children)
    check_range(places, 2 * leaves - 1, "a child")
    require(len(np.unique(places)) == 2 * leaves - 2 and 0 not in places, "a child hangs below two splits")


def _sets(lines: Lines, sets: int, kinds: NDArray[np.int64]) -> Lines:
    by_category = (kinds & _BY_CATEGORY) == 1
    if not sets:
        require(not by_category.any(), "it splits by sets of categories that it does not hold")
        return {}
    edges = _integers(lines, "cat_boundaries", sets + 1)
    require(
        edges[0] == 0 and bool((np.diff(edges) > 0).all()), "its sets of categories do not follow each other"
    )
    words = _integers(lines, "cat_threshold", int(edges[-1]))
    check_range(words, 1 << 32, "a set of categories")
    chosen = np.array(lines["threshold"].split(" "), dtype=np.float64)[by_category]
    require(bool((chosen == np.floor(chosen)).all()), "a set of categories has no whole number")
    check_range(chosen.astype(np.int64), sets, "a set of categories")
    return {key: lines[key] for key in ("cat_boundaries", "cat_threshold")}


def _parameters(rest: str, header: Mapping[str, str]) -> str:
    # The objective's own numbers stand in the header; others serve training only.
    kind = header["objective"].split(" ")[0]
    return f"\nparameters:\n[objective: {kind}]\n\nend of parameters\n" if rest else ""


def _levels(rest: str, columns: tuple[str, ...]) -> dict[str, tuple[Any, ...]]:
    found = re.search(r"^pandas_categorical:(.*)$", rest, re.MULTILINE)
    listed = json.loads(found[1]) if found else None
    if not listed:
        return {}
    told = re.search(r"^\[categorical_feature: ([0-9,]*)\]$", rest, re.MULTILINE)
    places = [int(item) for item in told[1].split(",")] if told and told[1] else []
    require(isinstance(listed, list) and len(places) == len(listed), "its categories belong to no columns")
    check_range(np.array(places), len(columns), "a column")
    for levels in listed:
        require(
            isinstance(levels, list) and all(isinstance(item, str | int | float | bool) for item in levels),
            "a category is no text and no number",
        )
    return {columns[place]: tuple(levels) for place, levels in zip(places, listed, strict=True)}


def _numbers(lines: Lines, key: str, size: int) -> str:
    value = lines.get(key, "").strip()
    require(bool(_NUMBERS.fullmatch(value)) if size else not value, f"the line {key} holds no numbers")
    require(value.count(" ") + 1 == size or not size, f"the line {key} is cut short")
    return value


def _integers(lines: Lines, key: str, size: int) -> NDArray[np.int64]:
    value = lines.get(key, "")
    require(bool(_WHOLE.fullmatch(value)), f"the line {key} holds no whole numbers")
    found = np.array(value.split(" "), dtype=np.int64)
    require(len(found) == size, f"the line {key} is cut short")
    return found


def _whole(text: str) -> int:
    require(bool(re.fullmatch(r"\d{1,9}", text)), f"{text[:40]!r} is no count")
    return int(text)


def looks_like_lightgbm(data: bytes) -> bool:
    r"""Tell whether bytes begin as LightGBM's text does.

    Examples
    --------
    >>> looks_like_lightgbm(b"tree\nversion=v4\n"), looks_like_lightgbm(b"trees are green")
    (True, False)
    """
    return data.startswith((b"tree\n", b"tree\r\n"))
