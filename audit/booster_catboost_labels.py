"""What a CatBoost file says of its labels: their names, and the loss that makes probabilities of sums."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .model_checks import UnsupportedError, require

LONGEST_INFO = 1 << 22
"""Bytes of a text that says how the model was fitted."""
WANTED_INFO = ("params", "loss_function", "class_params", "multiclass_params")
"""Of what a file says about itself, what is read."""

# Losses of classifiers; those of two labels all make a probability of a sum as Logloss does.
_BINARY = ("Logloss", "CrossEntropy", "Focal")
_SEVERAL = ("MultiClass", "MultiClassOneVsAll")
_AT_ONCE = ("MultiLogloss", "MultiCrossEntropy")
_KINDS = {"Integer": int, "Float": float, "String": str, "Boolean": bool}
_MOST_LABELS = 10_000
_MOST = 1 << 53


@dataclass(frozen=True)
class Labels:
    """The labels of a classifier.

    Parameters
    ----------
    loss : str
        As CatBoost calls it.
    names : tuple
        In the order of the probabilities; empty where it is none.
    kind : str
        Of what kind they were in the fit.
    fitted : tuple of int
        Which of them the outputs stand for: those that were there in the fit.
    """

    loss: str
    names: tuple[Any, ...]
    kind: str = "Integer"
    fitted: tuple[int, ...] = ()

    def info(self) -> dict[str, str]:
        """Write what CatBoost needs to know of it, in CatBoost's own words."""
        loss = {"type": "Logloss" if self.loss in _BINARY else self.loss, "params": {}}
        classes = {
            "class_label_type": self.kind,
            "class_to_label": list(self.fitted),
            "class_names": list(self.names),
            "classes_count": 0,
        }
        return {"params": json.dumps({"loss_function": loss}), "class_params": json.dumps(classes)}


def read_labels(info: Mapping[str, str], outputs: int) -> Labels:
    """Read and check the labels.

    Parameters
    ----------
    info : mapping of str to str
        What the file says about itself, of ``WANTED_INFO``.
    outputs : int
        How many sums the trees make.

    Raises
    ------
    UnsupportedError
        The model gives several labels at once.
    ValueError, KeyError, TypeError
        Labels are none, stand twice, or do not fit the outputs.
    """
    params = json.loads(info.get("params", "{}"))
    loss = params.get("loss_function") or json.loads(info.get("loss_function", "{}"))
    kind = str(loss.get("type"))
    if kind in _AT_ONCE:
        raise UnsupportedError("the model gives several labels at once, and an audit needs one of each row")
    if kind not in _BINARY + _SEVERAL:
        return Labels(kind, ())
    require((outputs == 1) == (kind in _BINARY), "its outputs do not fit its loss")
    given = json.loads(info.get("class_params") or info.get("multiclass_params", "{}"))
    # Older releases named labels elsewhere.
    old = {"class_names": params.get("data_processing_options", {}).get("class_names")}
    return _named(kind, given or old, 2 if outputs == 1 else outputs)


def _named(loss: str, given: Mapping[str, Any], classes: int) -> Labels:
    names = given.get("class_names") or []
    fitted = [_whole(place) for place in given.get("class_to_label", range(classes))]
    count = _whole(given.get("classes_count", 0))
    require(isinstance(names, list) and 0 <= count <= _MOST_LABELS, "its labels are none")
    require(not names or count in (0, len(names)), "its labels are not as many as it counts")
    # Older releases did not say what labels are.
    kind = (
        given.get("class_label_type", "String" if isinstance(names[0], str) else "Integer")
        if names
        else "Integer"
    )
    if not names:
        # Where labels were neither named nor counted in the fit, the list holds them and not their places.
        names, fitted = (list(range(count)), fitted) if count else (fitted, list(range(classes)))
    # Numbers that are whole are written as such even where others are not.
    known = tuple(float(name) for name in names) if kind == "Float" else tuple(names)
    found = Labels(loss, known, kind, tuple(fitted))
    _check(found, classes)
    return found


def _check(found: Labels, classes: int) -> None:
    require(found.kind in _KINDS, "its labels are of an unknown kind")
    require(classes <= len(found.names) <= _MOST_LABELS, "its labels do not fit its outputs")
    require(
        all(_is_label(name, _KINDS[found.kind]) for name in found.names), "a label is not what it should be"
    )
    require(len(set(found.names)) == len(found.names), "a label stands twice")
    require(len(found.fitted) == classes, "its labels do not fit its outputs")
    require(len(set(found.fitted)) == classes, "a label stands for two outputs")
    require(all(0 <= place < len(found.names) for place in found.fitted), "a label lies outside")
    require(found.loss in _SEVERAL or len(found.names) == classes, "its labels do not fit its outputs")


def _is_label(name: Any, kind: type) -> bool:
    right = type(name) is kind
    # What is half a letter cannot be written.
    return right and (b"\0" not in name.encode("utf-8") if kind is str else abs(name) <= _MOST)


def _whole(place: Any) -> int:
    require(isinstance(place, int | float) and place == int(place), "a label lies outside")
    return int(place)
