"""The door: arrays and frames of any library in, a `Cube` out, in one pass over the rows."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import numpy as np

from ..errors import InputError, Problem
from .counting import count_cells
from .cube import DECISION, LABEL, SCORE, Axis, Cube, WeightKind
from .grid import Grid, refuse_bad_scores
from .groups import Column, encode, frame_columns, sort_column, sort_key
from .labels import binary_outcome, collect, numbers, positive_occurs, refuse_other_labels, weights
from .results import Level

Task = Literal["binary", "multiclass"]
_GROUPING = ("sensitive", "control")


def cube_of(
    y_true: Any = None,
    y_pred: Any = None,
    *,
    sensitive_features: Any,
    control_features: Any = None,
    y_score: Any = None,
    sample_weight: Any = None,
    weight_kind: WeightKind = "survey",
    pos_label: Level = None,
    task: Task = "binary",
    grid: Grid | None = None,
) -> Cube:
    """Count rows by group, label, decision and score.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (rows,), optional
        True labels and decisions. Binary ones are {0, 1}, booleans or {-1, 1}, or any values with
        ``pos_label``. At least one of the two, or ``y_score``, is needed.
    sensitive_features : series, frame, mapping, array or list of shape (rows,) or (rows, features)
        Columns of numpy, pandas, polars, pyarrow, DuckDB or any library narwhals knows. A missing
        value is a group of its own.
    control_features : like ``sensitive_features``, optional
        Columns whose levels are compared only within themselves.
    y_score : array-like of shape (rows,), optional
        Scores; probabilities in [0, 1] unless ``grid`` says otherwise.
    sample_weight : array-like of shape (rows,), optional
        At least zero.
    weight_kind : {"survey", "frequency"}
        A survey weight says how many people a row stands for; a frequency weight, how many equal
        rows were folded into one. It decides how sure the figures are, not what they are.
    pos_label : str, int, float or bool, optional
        The value of ``y_true`` and ``y_pred`` that counts as positive.
    task : {"binary", "multiclass"}
        With ``"multiclass"`` every class is a level, and ``pos_label`` is not used.
    grid : Grid, optional
        How scores are binned; default 4,096 equal bins over [0, 1].

    Returns
    -------
    Cube
        Axes in the order: sensitive, control, ``y_true``, ``y_pred``, ``y_score``.

    Raises
    ------
    InputError
        With every problem found: lengths or indexes that differ, missing labels, labels that are not
        binary, probabilities where decisions are wanted, bad weights or scores, equal column names.

    Examples
    --------
    >>> cube = cube_of([1, 0, 1], [1, 1, 0], sensitive_features=["F", "M", "M"])
    >>> cube.names, cube.rows
    (('sensitive_feature', 'y_true', 'y_pred'), 3)
    """
    problems: list[Problem] = []
    _refuse_choice("task", task, ("binary", "multiclass"), problems)
    _refuse_choice("weight_kind", weight_kind, ("survey", "frequency"), problems)
    sensitive = _columns(sensitive_features, "sensitive_feature", problems)
    control = [] if control_features is None else _columns(control_features, "control_feature", problems)
    outcomes = {name: values for name, values in ((LABEL, y_true), (DECISION, y_pred)) if values is not None}
    refuse_unaligned(
        [
            *outcomes.items(),
            (SCORE, y_score),
            ("sample_weight", sample_weight),
            *_originals(sensitive_features, "sensitive_features"),
            *_originals(control_features, "control_features"),
        ],
        problems,
    )
    coded = _outcomes(outcomes, pos_label, task, problems)
    used_grid = (grid or Grid()) if y_score is not None else None
    score = None if y_score is None else collect(problems, lambda: _scores(y_score, used_grid or Grid()))
    weight = None if sample_weight is None else collect(problems, lambda: weights(sample_weight))
    if not outcomes and y_score is None:
        problems.append(
            Problem("nothing_to_count", "y_pred", "labels, decisions or scores are needed, got none")
        )
    columns = [(c, "sensitive") for c in sensitive] + [(c, "control") for c in control]
    columns += [(column, "label" if column.name == LABEL else "decision") for column in coded]
    if score is not None and used_grid is not None:
        columns.append((_binned(score, used_grid), "score"))
    _refuse_lengths(columns, weight, problems)
    if problems:
        raise InputError(problems)
    return _count(columns, weight, score, used_grid, weight_kind if weight is not None else None)


def _columns(features: Any, prefix: str, problems: list[Problem]) -> list[Column]:
    named = collect(problems, lambda: frame_columns(features, prefix)) or []
    if not named and not problems:
        problems.append(Problem("no_columns", prefix, "at least one column is needed, got none"))
    encoded = [collect(problems, partial(encode, values, name)) for name, values in named]
    return [column for column in encoded if column is not None]


def _refuse_choice(name: str, value: str, allowed: tuple[str, ...], problems: list[Problem]) -> None:
    if value not in allowed:
        problems.append(Problem("choice", name, f"one of {', '.join(allowed)} is wanted, got {value!r}"))


def _originals(features: Any, name: str) -> list[tuple[str, Any]]:
    if isinstance(features, dict):
        return [(str(key), values) for key, values in features.items()]
    return [(name, features)]


def refuse_unaligned(inputs: Iterable[tuple[str, Any]], problems: list[Problem]) -> None:
    """Note a problem for each input whose index differs from that of the first input that has one.

    Two pandas objects are rows of the same people only if their indexes are equal, in order too;
    what has no index (arrays, lists, polars) is taken by position.
    """
    indexed = [(name, values.index) for name, values in inputs if hasattr(values, "iloc")]
    for name, index in indexed[1:]:
        first_name, first = indexed[0]
        if len(index) == len(first) and not index.equals(first):
            problems.append(
                Problem(
                    "index_differs",
                    name,
                    f"rows are matched by index, and this index differs from that of {first_name};"
                    f" bring both into one order first, for example {name}.loc[{first_name}.index]",
                )
            )


def _outcomes(
    outcomes: dict[str, Any], pos_label: Level, task: Task, problems: list[Problem]
) -> list[Column]:
    if task == "multiclass":
        classes = [collect(problems, partial(_classes, values, name)) for name, values in outcomes.items()]
        return [column for column in classes if column is not None]
    columns: list[Column] = []
    seen: dict[str, tuple[Level, ...]] = {}
    for name, values in outcomes.items():
        coded = collect(problems, partial(binary_outcome, values, name, pos_label))
        if coded is not None:
            columns.append(Column(name, coded[0], (0, 1)))
            seen[name] = coded[1]
    collect(problems, partial(refuse_other_labels, seen, pos_label))
    if pos_label is not None and seen and not problems:
        collect(problems, partial(positive_occurs, seen, pos_label))
    return columns


def _classes(values: Any, name: str) -> Column:
    column = encode(values, name)
    if None in column.levels:
        raise InputError.of("missing_values", name, "every row needs a class, got missing ones")
    return column


def _scores(values: Any, grid: Grid) -> np.ndarray[Any, np.dtype[np.float64]]:
    score = numbers(values, SCORE)
    refuse_bad_scores(score, SCORE, probabilities=grid.kind == "uniform")
    return score


def _binned(score: np.ndarray[Any, np.dtype[np.float64]], grid: Grid) -> Column:
    if grid.kind == "distinct":
        levels, codes = np.unique(score, return_inverse=True)
        return Column(SCORE, codes, tuple(levels.tolist()))
    return Column(SCORE, grid.index(score), tuple(range(len(grid.edges))))


def _refuse_lengths(columns: list[tuple[Column, str]], weight: Any, problems: list[Problem]) -> None:
    lengths = {column.name: len(column.codes) for column, _ in columns}
    if weight is not None:
        lengths["sample_weight"] = len(weight)
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {length:,}" for name, length in lengths.items())
        problems.append(
            Problem("lengths_differ", "", f"all inputs have one value a row, got lengths {shown}")
        )
    elif lengths and 0 in lengths.values():
        problems.append(Problem("empty", "", "at least one row is needed, got 0"))


def _count(
    columns: list[tuple[Column, Any]], weight: Any, score: Any, grid: Grid | None, kind: WeightKind | None
) -> Cube:
    if score is not None:
        # With scores the cells are as many as the rows, and sorting codes is cheaper than moving cells.
        columns = [(sort_column(c) if role in _GROUPING else c, role) for c, role in columns]
    axes = tuple(Axis(column.name, role, column.levels) for column, role in columns)
    names = [axis.name for axis in axes]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise InputError.of(
            "duplicate_columns", twice[0], "no two columns of an audit share a name; rename one"
        )
    shape = [len(axis.levels) for axis in axes]
    cells, measures = count_cells([column.codes for column, _ in columns], shape, weight=weight, score=score)
    cube = Cube(axes, _positions(cells, shape), measures, grid, kind)
    # The levels of an ordered column stay, occupied or not: their order is known only from all of them.
    loose = [
        c.name
        for c, role in columns
        if not c.ordered and (role in _GROUPING or (role != "score" and c.levels != (0, 1)))
    ]
    return _in_order(cube, loose)


def _in_order(cube: Cube, names: list[str]) -> Cube:
    """Trim and sort the levels of several axes at once, so that the cells move only once."""
    axes, codes = list(cube.axes), cube.codes.copy(order="K")
    for name in names:
        at = cube.position(name)
        levels = axes[at].levels
        used = np.flatnonzero(np.bincount(codes[:, at], minlength=len(levels))).tolist()
        order = sorted(used, key=lambda i: sort_key(levels[i]))
        if order != list(range(len(levels))):
            lookup = np.zeros(len(levels), dtype=np.int32)
            lookup[order] = np.arange(len(order))
            codes[:, at] = lookup[codes[:, at]]
            axes[at] = replace(axes[at], levels=tuple(levels[i] for i in order))
    if tuple(axes) == cube.axes:
        return cube
    shape = [len(axis.levels) for axis in axes]
    moved = np.argsort(np.ravel_multi_index(tuple(codes.T), shape))
    return replace(cube, axes=tuple(axes), codes=codes[moved], measures=cube.measures[moved])


def _positions(cells: np.ndarray[Any, np.dtype[np.int64]], shape: list[int]) -> Any:
    # np.unravel_index gives wide columns, which would be stacked and narrowed after.
    codes = np.empty((len(shape), len(cells)), dtype=np.int32).T
    rest = cells.astype(np.int32) if math.prod(shape) < 1 << 31 else cells
    for axis in reversed(range(len(shape))):
        whole = rest // shape[axis]
        codes[:, axis] = rest - whole * shape[axis]
        rest = whole
    return codes
