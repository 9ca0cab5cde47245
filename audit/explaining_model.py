"""How a model is asked when its gaps are explained: the quickest way that gives its own scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import ModelError
from .boosters import BoostedFile
from .explain.blocks import Blocks, column_blocks, quick_scorer
from .explain.exact import explain_sides
from .explain.exact_models import Exact, exact_model
from .explain.explained import Explained, Game
from .explain.gap import check_sides, regrouping_bands, weights_of
from .explain.kinds import output_of
from .labels import plain, resolve_label
from .model import MODEL_FAULTS, Model

Floats = NDArray[np.float64]
Pair = tuple[Any, Any]
"""Rows of the group, and of the reference."""

MOST_WORK = 3e9
"""Leaves times rows: beyond, counting takes many seconds, and walks explain the mean score in fewer."""
ON_SCALE = {"probability": ("score",), "log-odds": ("log-odds",)}
"""The outputs that an exact engine explains, by its scale."""


@dataclass(frozen=True)
class Asked:
    """A model's scores (its decisions, where it has no scores) as a function of rows.

    Parameters
    ----------
    frame : pandas.DataFrame
        What rows are put together from.
    predict : callable
        Rows like the frame's to a number each.
    players : dict of str to list of str, or None
        The frame's columns behind each source column.
    as_array : bool
    """

    frame: pd.DataFrame
    predict: Callable[[Any], Floats]
    players: dict[str, list[str]] | None
    as_array: bool

    def bands(
        self, gaps: Sequence[Pair], weight: Floats | None, game: Game, scale: str, seed: int
    ) -> list[Floats]:
        """Give each gap's bands of random regrouping, on the scale of an exact engine."""
        metric = "mean_log_odds" if scale == "log-odds" else "mean_score"
        return regrouping_bands(
            self.predict,
            self.frame,
            output=output_of(metric, 0.5, np.zeros(len(self.frame), dtype=bool)),
            gaps=gaps,
            sample_weight=weight,
            game=game,
            players=self.players,
            as_array=self.as_array,
            seed=seed,
        )


def rows_of_model(model: Model, frame: pd.DataFrame) -> pd.DataFrame:
    """Give the rows as the model was fitted on them, with names."""
    rows = model.rows(frame)
    if isinstance(rows, pd.DataFrame):
        return rows
    return pd.DataFrame(rows, columns=list(model.inputs) or list(frame.columns), copy=False)


def blocks_of(model: Model, rows: pd.DataFrame) -> Blocks | None:
    """Split a model into its preprocessing, applied, and its last step; None where that is not possible."""
    if not model.has_scores or not hasattr(model.estimator, "feature_names_in_"):
        return None
    try:
        return column_blocks(model.estimator, rows)
    except MODEL_FAULTS:
        # A preprocessing may refuse the rows that it is tried with; then the model is asked as it is.
        return None


def question(
    model: Model, frame: pd.DataFrame, rows: pd.DataFrame, blocks: Blocks | None, pos_label: Any
) -> Asked:
    """Choose how to ask a model.

    Parameters
    ----------
    model : Model
    frame : pandas.DataFrame
        Rows of the audit.
    rows : pandas.DataFrame
        The same as the model takes them.
    blocks : Blocks or None
    pos_label : object
    """
    if not model.has_scores:
        return Asked(
            frame, lambda given: model.decide(given, pos_label).astype(np.float64), None, as_array=False
        )
    quick = None
    if blocks is not None and model.score_kind == "probability":
        quick = quick_scorer(model.estimator, rows, output=position(model, pos_label), blocks=blocks)
    if quick is not None:
        return Asked(quick.frame, _guarded(quick.score, model), quick.players, as_array=True)
    return Asked(
        frame,
        lambda given: np.asarray(model.scores(given, pos_label), dtype=np.float64),
        None,
        as_array=False,
    )


def _guarded(score: Callable[[Any], Floats], model: Model) -> Callable[[Any], Floats]:
    def predict(rows: Any) -> Floats:
        try:
            return score(rows)
        except MODEL_FAULTS as error:
            first = (str(error).strip().splitlines() or [""])[0][:300]
            message = f"the model fails on some rows: {type(error).__name__}: {first}"
            raise ModelError.of("model_failed", model.description, message) from error

    return predict


def last_step(estimator: Any) -> Any:
    """Return a pipeline's last step, or the estimator itself."""
    steps = getattr(estimator, "steps", None)
    return steps[-1][1] if steps else estimator


def position(model: Model, pos_label: Any) -> int:
    """Give the place of the positive label among the model's classes."""
    return model.classes.index(resolve_label(plain(pos_label), model.classes, "pos_label"))


@dataclass(frozen=True)
class Counted:
    """A model that can be explained exactly.

    Parameters
    ----------
    exact : Exact
    rows : pandas.DataFrame
    """

    exact: Exact
    rows: pd.DataFrame

    @property
    def outputs(self) -> tuple[str, ...]:
        """What it explains, as ``kinds.KINDS`` names outputs."""
        return ON_SCALE[self.exact.scale]

    def explain(
        self, gaps: Sequence[Pair], weight: Floats | None, game: Game, level: float
    ) -> tuple[Explained, ...] | None:
        """Explain gaps; None where the model's trees are too deep to be counted."""
        weights = weights_of(weight, len(self.rows))
        sides = [check_sides(self.rows, group, reference, weights) for group, reference in gaps]
        try:
            return explain_sides(self.exact, sides, weights, game=game, level=level)
        except ModelError:
            return None


def counted(model: Model, rows: pd.DataFrame, blocks: Blocks | None, pos_label: Any) -> Counted | None:
    """Tell whether a model can be explained exactly, in reasonable time; None where it cannot.

    Parameters
    ----------
    model : Model
    rows : pandas.DataFrame
        As the model takes them.
    blocks : Blocks or None
    pos_label : object
    """
    if not model.has_scores or model.score_kind != "probability":
        return None
    estimator = model.estimator
    if isinstance(estimator, BoostedFile):
        # The library's own model can be read, and takes rows whose categories are coded as in its fit.
        estimator, rows, blocks = estimator.native, estimator.prepared(rows), None
    try:
        found = exact_model(estimator, rows, position(model, pos_label), blocks)
    except (ModelError, *MODEL_FAULTS):
        return None
    if found.scale not in ON_SCALE or found.leaves * len(rows) > MOST_WORK:
        return None
    return Counted(found, rows)
