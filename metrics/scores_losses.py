"""Brier score and log loss of every group."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from .rates import divide
from .scores_reliability import refuse_other_scores
from .scores_results import ScoreFigures, mean_figures
from .scores_table import Floats, ScoreTable


def brier_score(table: ScoreTable, *, level: float = 0.95) -> ScoreFigures:
    """Mean of ``(score - label)^2`` of every group, in [0, 1]; 0 is perfect (Brier 1950).

    Exact: it follows from the sums of scores and of their squares. The variance behind the interval takes
    each bin's mean score for its scores.

    Parameters
    ----------
    table : ScoreTable
        Its scores are probabilities.
    level : float

    Returns
    -------
    ScoreFigures

    Raises
    ------
    InputError
        Scores outside [0, 1], or a level outside (0, 1).

    Examples
    --------
    >>> from evenhand.metrics.scores_table import score_table
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of([0, 1, 1, 0], y_score=[0.5, 0.5, 1.0, 0.0], sensitive_features=["F"] * 4)
    >>> brier_score(score_table(cube, "sensitive_feature")).value.tolist()
    [0.125]
    """
    refuse_other_scores(table)
    _, weight, _, score, score_square = table.measures.sum(axis=-1)
    value = divide(score_square.sum(axis=1) - 2 * score[:, 1] + weight[:, 1], weight.sum(axis=1))
    value = np.maximum(value, 0.0)
    loss = (_label_means(table) - np.array([0.0, 1.0])[:, None]) ** 2
    return mean_figures(
        "brier_score", table, value, _variance(table, loss), table.size, np.zeros_like(value), level
    )


def log_loss(table: ScoreTable, *, clip: float = 2.0**-52, level: float = 0.95) -> ScoreFigures:
    """Mean of ``-log P(label)`` of every group, at least 0; 0 is perfect.

    Each bin's scores are taken at their mean, by label. The unbinned loss is never smaller (Jensen), and
    larger by ``bound`` at most.

    Parameters
    ----------
    table : ScoreTable
        Its scores are probabilities.
    clip : float
        Scores are held within ``[clip, 1 - clip]``; the default is scikit-learn's. In (0, 0.5).
    level : float

    Returns
    -------
    ScoreFigures

    Raises
    ------
    InputError
        Scores outside [0, 1], a clip outside (0, 0.5), or a level outside (0, 1).

    Examples
    --------
    >>> from evenhand.metrics.scores_table import score_table
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of([0, 1], y_score=[0.25, 0.75], sensitive_features=["F"] * 2)
    >>> log_loss(score_table(cube, "sensitive_feature")).value.round(6).tolist()
    [0.287682]
    """
    refuse_other_scores(table)
    if not 0 < clip < 0.5:
        raise InputError.of("clip", "clip", f"the clip lies between 0 and 0.5, got {clip}; write 1e-15")
    mean = _label_means(table)
    loss = _surprise(mean, clip)
    total = table.weight.sum(axis=(1, 2))
    value = divide((table.weight * loss).sum(axis=(1, 2)), total)
    bound = divide((table.weight * _slack(table, mean, loss, clip)).sum(axis=(1, 2)), total)
    return mean_figures("log_loss", table, value, _variance(table, loss), table.size, bound, level)


def _surprise(score: Floats, clip: float) -> Floats:
    """Compute -log P(label) of (..., 2, B) scores, negative label first."""
    held = np.clip(score, clip, 1 - clip)
    return np.asarray(np.stack([-np.log1p(-held[..., 0, :]), -np.log(held[..., 1, :])], axis=-2))


def _slack(table: ScoreTable, mean: Floats, loss: Floats, clip: float) -> Floats:
    """How much larger a bin's loss may be than that at its mean: the chord; 0 where a bin is one score."""
    low, high = np.clip(table.lows, 0, 1), np.clip(table.highs, 0, 1)
    share = divide(mean - low, high - low)
    ends = _surprise(np.stack([low, low]), clip), _surprise(np.stack([high, high]), clip)
    chord = ends[0] + np.clip(share, 0, 1) * (ends[1] - ends[0])
    loose = (table.rows > 1) & (high > low)
    return np.where(loose, np.maximum(chord - loss, 0), 0.0)


def _label_means(table: ScoreTable) -> Floats:
    """Mean score by group, label and bin; 0.5 where there is no row, which weighs nothing."""
    return np.clip(np.nan_to_num(divide(table.measures[3], table.weight), nan=0.5), 0, 1)


def _variance(table: ScoreTable, loss: Floats) -> Floats:
    """Sample variance over rows of a figure of each bin; nan below two effective rows.

    For weighted rows it is the variance of the weighted mean times the effective size, so that dividing by
    that size gives the former back.
    """
    weight = table.weight.sum(axis=(1, 2), keepdims=True)
    middle = divide((table.weight * loss).sum(axis=(1, 2), keepdims=True), weight)
    spread = (divide(table.spread, weight**2) * (loss - middle) ** 2).sum(axis=(1, 2))
    size = table.size
    return np.asarray(spread * size * divide(size, np.maximum(size - 1, 0)))
