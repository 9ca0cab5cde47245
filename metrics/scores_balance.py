"""Balance: the mean score of each class, group by group, and its differences."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from scipy import special

from ..errors import InputError, Reason
from .interval_mean import welch_difference
from .rates import divide
from .scores_pairs import Reference, paired_groups, pairs_of, undefined_pairs
from .scores_results import ScoreFigures, ScoreGaps, mean_figures
from .scores_table import Floats, ScoreTable

Label = Literal["positive", "negative"]


def mean_score(table: ScoreTable, label: Label, *, level: float = 0.95) -> ScoreFigures:
    """Mean score of the positive or of the negative class of every group; exact, from sums.

    Parameters
    ----------
    table : ScoreTable
    label : {"positive", "negative"}
    level : float

    Returns
    -------
    ScoreFigures

    Raises
    ------
    InputError
        An unknown label, or a level outside (0, 1).

    Examples
    --------
    >>> from evenhand.metrics.scores_table import score_table
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of([0, 1, 1, 0], y_score=[0.5, 0.5, 1.0, 0.0], sensitive_features=["F"] * 4)
    >>> mean_score(score_table(cube, "sensitive_feature"), "positive").value.tolist()
    [0.75]
    """
    value, variance, size = _moments(table, label)
    exact = np.where(np.isnan(value), np.nan, 0.0)
    found = mean_figures(f"mean_score_{label}", table, value, variance, size, exact, level)
    empty = Reason.NO_POSITIVES if label == "positive" else Reason.NO_NEGATIVES
    return replace(found, reasons=tuple(empty if np.isnan(one) else None for one in value))


def _moments(table: ScoreTable, label: Label) -> tuple[Floats, Floats, Floats]:
    if label not in ("positive", "negative"):
        raise InputError.of("choice", "label", f"one of positive, negative is wanted, got {label!r}")
    y = int(label == "positive")
    _, weight, _, score, score_square = table.measures[:, :, y].sum(axis=-1)
    mean, size = divide(score, weight), table.effective[:, y]
    spread = np.maximum(divide(score_square, weight) - mean**2, 0)
    return mean, spread * divide(size, np.maximum(size - 1, 0)), size


def balance(
    table: ScoreTable,
    label: Label,
    reference: Reference = "largest",
    *,
    with_missing: bool = False,
    level: float = 0.95,
) -> ScoreGaps:
    """Difference of the mean scores of one class between groups; 0 is fair (Kleinberg et al. 2016).

    ``E[S | Y = label, a] - E[S | Y = label, b]``: whether the same outcome earns the same score. Calibration
    and both balances hold together only where base rates are equal or prediction is perfect.

    Parameters
    ----------
    table : ScoreTable
    label : {"positive", "negative"}
    reference, with_missing
        Which pairs are compared, see `evenhand.metrics.scores_pairs.pairs_of`.
    level : float

    Returns
    -------
    ScoreGaps
        Exact values with Welch's interval and test.

    Raises
    ------
    InputError
        An unknown label, no group called as the reference, or a level outside (0, 1).

    Examples
    --------
    >>> from evenhand.metrics.scores_table import score_table
    >>> from evenhand.metrics.tally import cube_of
    >>> y, score = [1, 1, 1, 1, 1], [0.5, 0.75, 0.25, 0.5, 0.75]
    >>> table = score_table(cube_of(y, y_score=score, sensitive_features=list("FFMMM")), "sensitive_feature")
    >>> balance(table, "positive").value.tolist()
    [0.125]
    """
    mean, variance, size = _moments(table, label)
    i, j = pairs_of(table.groups, table.total, reference, with_missing=with_missing)
    value = mean[i] - mean[j]
    sides = [(mean[at], np.nan_to_num(variance[at]), size[at]) for at in (i, j)]
    low, high = welch_difference(*sides[0], *sides[1], level)
    p_value = _welch_p(value, [divide(variance[at], size[at]) for at in (i, j)], [size[at] for at in (i, j)])
    exact = np.where(np.isnan(value), np.nan, 0.0)
    metric, pairs = f"balance_for_the_{label}_class", paired_groups(table.groups, i, j)
    reasons = undefined_pairs(value)
    return ScoreGaps(metric, pairs, value, low, high, p_value, exact, level, "Welch", reasons)


def _welch_p(value: Floats, squares: list[Floats], sizes: list[Floats]) -> Floats:
    """Two-sided p-value from the squared standard errors of both means."""
    both = squares[0] + squares[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [error**2 / (n - 1) for error, n in zip(squares, sizes, strict=True)]
        t = np.where(value == 0, 0.0, np.abs(value) / np.sqrt(both))
        p = 2 * special.stdtr(both**2 / (parts[0] + parts[1]), -t)
    alike = np.where(value == 0, 1.0, 0.0)
    return np.where(both == 0, alike, np.where(np.isnan(both), np.nan, p))
