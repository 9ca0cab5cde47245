"""The rows of an audit on which a model is looked at as a whole, and the model as a function of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from ..errors import ModelError
from ..mitigation.rows import RowGroups
from .explain.asking import Scorer, scorer_of
from .explain.averages import stratified_rows
from .explain.blocks import quick_scorer
from .explain.importance import Shuffled, shuffled_columns
from .explain.pairing import Floats, Ints
from .explaining import Subject
from .labels import plain, resolve_label
from .model import MODEL_FAULTS
from .paired_figures import crossed

ROWS = 2_500
"""Rows asked; more where groups are small."""
REPEATS = 5

_Found = TypeVar("_Found")


@dataclass(frozen=True, eq=False)
class Asked:
    """The sample, the model as a function of its rows, and the groups.

    Parameters
    ----------
    scorer : Scorer
    labels : ndarray of bool, shape (rows,)
    weight : ndarray of float, shape (rows,)
    groups : dict of str to RowGroups
        By attribute, of the sampled rows.
    plain : ndarray of int
        Positions of the simple random sample among them.
    """

    scorer: Scorer
    labels: Any
    weight: Floats
    groups: dict[str, RowGroups]
    plain: Ints


def ask_model(subject: Subject) -> Asked:
    """Draw the sample, and make the model a function of its rows.

    Raises
    ------
    ModelError
        The model fails on them.
    """
    codes, _ = crossed(subject.attributes, tuple(subject.attributes))
    sample = stratified_rows(codes, ROWS, subject.seed)
    frame = subject.frame.iloc[sample.rows].reset_index(drop=True)
    weight = sample.weight if subject.weight is None else sample.weight * subject.weight[sample.rows]
    groups = {name: _of_attribute(subject, name, sample.rows) for name in subject.attributes}
    return Asked(
        _scorer(subject, frame), subject.labels[sample.rows], weight, groups, np.flatnonzero(sample.plain)
    )


def shuffled_of(subject: Subject, asked: Asked) -> Shuffled:
    """Shuffle every column of the sampled rows."""
    return shuffled_columns(
        asked.scorer, asked.labels, threshold=threshold_of(subject), repeats=REPEATS, seed=subject.seed
    )


def _of_attribute(subject: Subject, name: str, rows: Ints) -> RowGroups:
    codes, levels = crossed(subject.attributes, (name,))
    return RowGroups((name,), levels, codes[rows])


def _scorer(subject: Subject, frame: pd.DataFrame) -> Scorer:
    model, positive, threshold = subject.model, subject.pos_label, subject.threshold
    if not model.has_scores:
        return scorer_of(lambda rows: model.decide(rows, positive, threshold).astype(np.float64), frame)
    rows = model.rows(frame)
    if isinstance(rows, pd.DataFrame):
        at = model.classes.index(resolve_label(plain(positive), model.classes, "pos_label"))
        quick = _guarded(lambda given: quick_scorer(model.estimator, given, output=at))(rows)
        if quick is not None:
            quick = replace(quick, score=_guarded(quick.score))
            return scorer_of(quick.score, rows, quick)
    return scorer_of(lambda rows: model.scores(rows, positive), frame)


def _guarded(call: Callable[[Any], _Found]) -> Callable[[Any], _Found]:
    """Turn whatever a model raises into the error that says so."""

    def asked(rows: Any) -> _Found:
        try:
            return call(rows)
        except MODEL_FAULTS as error:
            said = (
                f"the model fails on these rows: {type(error).__name__}: {error}; give it rows like its own"
            )
            raise ModelError.of("model_failed", "model", said) from error

    return asked


def threshold_of(subject: Subject) -> float:
    """Decisions come as 0 and 1, which any threshold between tells apart."""
    return subject.threshold if subject.model.has_scores else 0.5
