"""ABROCA: the area between two groups' ROC curves, beside its permutation null."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..errors import InputError
from .score_bins import auc_from_counts
from .scores_pairs import Pair, Reference, paired_groups, pairs_of, undefined_pairs
from .scores_roc import area_between
from .scores_table import Floats, ScoreTable, Why
from .worst_null import deal

_CHUNK = 400_000
"""Points of one block of curves; bounds the memory."""


@dataclass(frozen=True, eq=False)
class AreaBetween:
    """Area between the ROC curves of pairs of groups, beside what chance alone would show; shape (P,).

    Parameters
    ----------
    pairs : tuple of pairs of groups
    value : ndarray of float
        In [0, 1]; 0 is fair, but always above 0 in samples: read it against its null.
    null_median, null_95 : ndarray of float
        Median and 95th percentile when both groups' scores have one law within each label.
    p_value : ndarray of float
    bound : ndarray of float
        How far the area between the unbinned curves may lie from the value.
    draws : int
    method : str
    reasons : tuple
        Why a comparison is undefined, or None.
    """

    pairs: tuple[Pair, ...]
    value: Floats
    null_median: Floats
    null_95: Floats
    p_value: Floats
    bound: Floats
    draws: int
    method: str
    reasons: tuple[Why, ...] = field(repr=False)


def abroca(
    table: ScoreTable,
    reference: Reference = "largest",
    *,
    with_missing: bool = False,
    draws: int = 1000,
    seed: int = 0,
    null_bins: int = 256,
) -> AreaBetween:
    """Area between the ROC curves of two groups, ``integral of |ROC_a(t) - ROC_b(t)| dt``; 0 is fair.

    It cannot be negative, and its law is skewed, so a sample without any gap shows an area above 0. The null
    deals the rows of each label out to the two groups anew, keeping how many of each label a group has: the
    base rates may differ. Equal seeds give equal results.

    Parameters
    ----------
    table : ScoreTable
    reference, with_missing
        Which pairs are compared, see `evenhand.metrics.scores_pairs.pairs_of`.
    draws : int
        Permutations of each pair, at least 100.
    seed : int
    null_bins : int
        The test merges bins into at most so many of about equal mass, and compares areas of merged bins with
        areas of merged bins; the value shown is that of all bins.

    Returns
    -------
    AreaBetween
        Survey weights: draws of effective sizes from both groups' pooled distribution take the place of
        permutations. Frequency weights count as rows.

    Raises
    ------
    InputError
        No group is called as the reference, fewer than 100 draws, or fewer than 2 bins.

    References
    ----------
    Gardner, Brooks & Baker (2019), Evaluating the fairness of predictive student models through slicing
    analysis. Borchers & Baker (2024), arXiv 2411.19090.

    Examples
    --------
    >>> from evenhand.metrics.scores_table import score_table
    >>> from evenhand.metrics.tally import cube_of
    >>> y, score = [0, 1] * 40, [0.2, 0.8] * 20 + [0.8, 0.2] * 20
    >>> cube = cube_of(y, y_score=score, sensitive_features=["F"] * 40 + ["M"] * 40)
    >>> found = abroca(score_table(cube, "sensitive_feature"), draws=200)
    >>> found.value.tolist(), bool(found.p_value[0] < 0.01)
    ([1.0], True)
    """
    if draws < 100 or null_bins < 2:
        rule = "a test needs at least 100 draws and 2 bins"
        raise InputError.of(
            "draws", "draws, null_bins", f"{rule}, got {draws} and {null_bins}; write 1000, 256"
        )
    i, j = pairs_of(table.groups, table.total, reference, with_missing=with_missing)
    step = max(1, _CHUNK // max(4 * table.lows.size, 1))
    blocks = [slice(start, start + step) for start in range(0, i.size, step)]
    values = [area_between(table.weight[i[b]], table.weight[j[b]]) for b in blocks]
    value = np.concatenate([np.empty(0), *values])
    seeds = np.random.SeedSequence(seed).spawn(i.size)
    nulls = [
        _null(table, (a, b), draws, null_bins, np.random.default_rng(own))
        for a, b, own in zip(i.tolist(), j.tolist(), seeds, strict=True)
    ]
    median, tail, p_value = np.array(nulls).reshape(-1, 3).T
    error = (
        np.zeros(len(table.groups))
        if table.exact
        else auc_from_counts(table.weight[:, 1], table.weight[:, 0]).error
    )
    method = (
        "pooled draws of effective sizes" if table.weight_kind == "survey" else "permutation within labels"
    )
    pairs, reasons = paired_groups(table.groups, i, j), undefined_pairs(value)
    bound = np.where(np.isnan(value), np.nan, error[i] + error[j])
    return AreaBetween(pairs, value, median, tail, p_value, bound, draws, method, reasons)


def _null(
    table: ScoreTable, pair: tuple[int, int], draws: int, bins: int, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Median and 95th percentile of one pair's null, and the p-value."""
    counts = table.weight if table.weight_kind == "survey" else np.rint(table.spread)
    merged = _merged(counts[list(pair)], bins)
    if (merged.sum(axis=-1) == 0).any():
        return float("nan"), float("nan"), float("nan")
    ours = float(area_between(merged[:1], merged[1:])[0])
    step = max(1, _CHUNK // (4 * merged.shape[-1]))
    sizes = table.effective[list(pair)] if table.weight_kind == "survey" else None
    found = []
    for start in range(0, draws, step):
        first, second = _drawn(merged, sizes, min(step, draws - start), rng)
        found.append(area_between(first, second))
    areas = np.concatenate(found)
    p_value = (1 + float((areas >= ours - 1e-12).sum())) / (draws + 1)
    return float(np.median(areas)), float(np.quantile(areas, 0.95)), p_value


def _merged(counts: Floats, bins: int) -> Floats:
    """Merge neighbouring bins of (2, 2, B) counts into at most ``bins`` of about equal mass."""
    total = np.maximum(counts.sum(axis=(0, 2), keepdims=True), 1)
    mass = (counts / total).sum(axis=(0, 1))
    used = mass > 0
    if used.sum() <= bins:
        return np.asarray(counts[..., used])
    middle = np.cumsum(mass) - mass / 2
    place = np.minimum((middle / mass.sum() * bins).astype(np.intp), bins - 1)
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    return np.asarray(np.add.reduceat(counts, starts, axis=-1))


def _drawn(
    merged: Floats, sizes: Floats | None, draws: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draw counts (draws, 2, B) of both groups when their rows of each label come from one distribution."""
    pooled = merged.sum(axis=0)
    if sizes is None:
        first = np.stack([deal(rng, pooled[y], merged[0, y].sum(), draws) for y in (0, 1)], axis=1)
        return first, pooled - first
    share = pooled / pooled.sum(axis=-1, keepdims=True)
    whole = np.maximum(np.rint(sizes), 1).astype(np.int64)
    first, second = (
        np.stack([rng.multinomial(whole[g, y], share[y], size=draws) for y in (0, 1)], axis=1).astype(float)
        for g in (0, 1)
    )
    return first, second
