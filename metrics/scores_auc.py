"""The area under the ROC curve of every group, and of subgroup against background."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError, Reason
from .scores_delong import Areas, Scale, area_interval, delong
from .scores_results import ScoreFigures
from .scores_table import ScoreTable, Why

METHOD = "DeLong, {}; Newcombe 5 where DeLong's variance is 0 or unknown"


def auc(table: ScoreTable, *, level: float = 0.95, scale: Scale = "logit") -> ScoreFigures:
    """Area under the ROC curve of every group: the chance that a positive scores above a negative.

    Ties count one half. 0.5 is chance, 1 perfect; what is fair is that groups share it.

    Parameters
    ----------
    table : ScoreTable
    level : float
        Nominal coverage, in (0, 1).
    scale : {"logit", "plain"}
        Of the interval, see `area_interval`.

    Returns
    -------
    ScoreFigures
        nan for a group of one class, with the reason; ``size`` is that of the smaller class.

    Raises
    ------
    InputError
        A level outside (0, 1), or an unknown scale.

    References
    ----------
    DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44, 837-845. Newcombe (2006), Statistics in
    Medicine 25, 559-573.

    Examples
    --------
    >>> from evenhand.metrics.scores_table import score_table
    >>> from evenhand.metrics.tally import cube_of
    >>> y, score = [0, 0, 1, 1, 0, 1], [0.1, 0.6, 0.5, 0.9, 0.2, 0.2]
    >>> table = score_table(cube_of(y, y_score=score, sensitive_features=list("FFFFMM")), "sensitive_feature")
    >>> areas = auc(table)
    >>> areas.value.tolist(), areas.bound.tolist()
    ([0.75, 0.5], [0.0, 0.5])
    """
    positives, negatives = table.weight[:, 1], table.weight[:, 0]
    areas = delong(positives, negatives, table.spread[:, 1], table.spread[:, 0], exact=table.exact)
    return _figures("auc", table, areas, table.reasons(), level, scale)


def _figures(  # noqa: PLR0917 - the parts of one figure
    metric: str, table: ScoreTable, areas: Areas, reasons: tuple[Why, ...], level: float, scale: Scale
) -> ScoreFigures:
    low, high, error = area_interval(areas, level, scale)
    size = np.minimum(areas.positives, areas.negatives)
    method = METHOD.format("logit scale, t" if scale == "logit" else "plain")
    return ScoreFigures(
        metric,
        table.groups,
        areas.value,
        low,
        high,
        areas.bound,
        error,
        areas.freedom,
        table.total,
        size,
        level,
        method,
        reasons,
    )


def subgroup_auc(
    table: ScoreTable,
    kind: Literal["subgroup", "bpsn", "bnsp"] = "subgroup",
    *,
    level: float = 0.95,
    scale: Scale = "logit",
) -> ScoreFigures:
    """Areas of a subgroup against the background, the rows of all other groups (Borkan et al. 2019).

    Low ``"bpsn"`` (background positives, subgroup negatives): the subgroup's negatives score too high, and
    are falsely selected. Low ``"bnsp"`` (background negatives, subgroup positives): its positives score too
    low, and are missed. ``"subgroup"`` is `auc`.

    Parameters
    ----------
    table : ScoreTable
    kind : {"subgroup", "bpsn", "bnsp"}
    level, scale
        As for `auc`.

    Returns
    -------
    ScoreFigures

    Raises
    ------
    InputError
        An unknown kind, or as for `auc`.

    References
    ----------
    Borkan, Dixon, Sorensen, Thain & Vasserman (2019), Nuanced metrics for measuring unintended bias.

    Examples
    --------
    >>> from evenhand.metrics.scores_table import score_table
    >>> from evenhand.metrics.tally import cube_of
    >>> y, score = [0, 0, 1, 1, 0, 1], [0.1, 0.6, 0.5, 0.9, 0.2, 0.2]
    >>> table = score_table(cube_of(y, y_score=score, sensitive_features=list("FFFFMM")), "sensitive_feature")
    >>> subgroup_auc(table, "bpsn").value.tolist(), subgroup_auc(table, "bnsp").value.tolist()
    ([0.5, 1.0], [1.0, 0.5])
    """
    if kind not in ("subgroup", "bpsn", "bnsp"):
        raise InputError.of("choice", "kind", f"one of subgroup, bpsn, bnsp is wanted, got {kind!r}")
    own, spread = table.weight, table.spread
    rest = np.maximum(own.sum(axis=0) - own, 0)
    rest_spread = np.maximum(spread.sum(axis=0) - spread, 0)
    high, high_spread = (rest, rest_spread) if kind == "bpsn" else (own, spread)
    low, low_spread = (rest, rest_spread) if kind == "bnsp" else (own, spread)
    areas = delong(high[:, 1], low[:, 0], high_spread[:, 1], low_spread[:, 0], exact=table.exact)
    reasons = tuple(
        None if not np.isnan(value) else Reason.NO_POSITIVES if positives == 0 else Reason.NO_NEGATIVES
        for value, positives in zip(areas.value, areas.positives, strict=True)
    )
    return _figures(f"{kind}_auc", table, areas, reasons, level, scale)


def power_mean(values: ArrayLike, p: float = -5.0) -> float:
    """Join figures of several groups into one that leans to the worst: ``(mean(v^p))^(1/p)``.

    Parameters
    ----------
    values : array-like of shape (G,)
        Such as the areas of `subgroup_auc`; at least 0.
    p : float
        -5 in Borkan et al. (2019); towards minus infinity it is the minimum; 0 is the geometric mean.

    Returns
    -------
    float
        nan where a value is, or without any; 0 where a value is 0 and p is not above 0.

    Raises
    ------
    InputError
        A value below 0.

    Examples
    --------
    >>> round(power_mean([0.9, 0.9, 0.6]), 4)
    0.7133
    """
    v = np.asarray(values, dtype=np.float64).ravel()
    if (v < 0).any():
        raise InputError.of("values", "values", f"a power mean takes values of at least 0, got {v.min():g}")
    if v.size == 0 or np.isnan(v).any():
        return float("nan")
    if p <= 0 and v.min() == 0:
        return 0.0
    if p == 0:
        return float(np.exp(np.log(v).mean()))
    return float(v.max() * ((v / v.max()) ** p).mean() ** (1 / p)) if v.max() > 0 else 0.0
