"""The figures behind :mod:`.proxies`: columns as few codes, mutual information, and AUCs out of sample."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from ..metrics.groups import encode
from ..metrics.results import Interval
from .rows import Floats, Integers, compress

BINS = 32
"""A numeric column with more distinct values than this is cut into so many bins of about equal size."""

BIN_ROWS = 50
"""With few rows the bins are fewer, of about this many rows: smaller ones are mostly noise."""

MAX_LEVELS = 200
"""A column of text with more values keeps the most frequent; the rest become one."""

MIN_ROWS = 10
"""A group with fewer sampled rows than this is left out, and values with fewer are taken as one."""

METHOD = "cross-validated AUC by influence curves, logit scale"


@dataclass(frozen=True)
class Area:
    """An AUC, its variance, and the AUC of each group against the rest."""

    value: float
    variance: float
    by_group: tuple[float, ...]

    def interval(self, level: float) -> Interval | None:
        """Give the interval; None where the AUC is 0 or 1, or does not vary."""
        if not (0 < self.value < 1 and self.variance > 0):
            return None
        half = special.ndtri(0.5 + level / 2) * math.sqrt(self.variance) / (self.value * (1 - self.value))
        middle = special.logit(self.value)
        return Interval(
            float(special.expit(middle - half)), float(special.expit(middle + half)), level, METHOD
        )


def binned(values: Any, numeric: bool, name: str) -> tuple[Integers, bool]:  # noqa: FBT001 - a fact of the column
    """Cut a column into few codes; tell whether they are ordered."""
    if numeric:
        return _cut_numbers(np.asarray(values, dtype=float)), True
    column = encode(values, name)
    codes = column.codes.astype(np.int64)
    counts = np.bincount(codes, minlength=len(column.levels))
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    kept = min(MAX_LEVELS, int((counts >= MIN_ROWS).sum()))
    return compress(np.minimum(rank[codes], kept), kept + 1)[1], False


def _cut_numbers(values: Floats) -> Integers:
    missing = np.isnan(values)
    present = values[~missing]
    distinct = np.unique(present)
    bins = min(BINS, max(len(present) // BIN_ROWS, 4))
    edges = (
        distinct[1:] if len(distinct) <= bins else np.unique(np.quantile(present, np.arange(1, bins) / bins))
    )
    codes = np.searchsorted(edges, np.where(missing, 0.0, values), side="right") + 1
    return np.where(missing, 0, codes).astype(np.int64)


def _table(codes: Integers, target: Integers) -> Floats:
    shape = (int(codes.max()) + 1, int(target.max()) + 1)
    return np.bincount(codes * shape[1] + target, minlength=shape[0] * shape[1]).reshape(shape).astype(float)


def information_of(codes: Integers, target: Integers) -> float:
    """Mutual information over the attribute's entropy, less what chance gives (Miller and Madow)."""
    table = _table(codes, target)
    n = table.sum()
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / n
    held = table > 0
    mutual = float((table[held] * np.log(table[held] / expected[held])).sum() / n)
    share = table.sum(axis=0) / n
    entropy = -float((share * np.log(share)).sum())
    used = int((table.sum(axis=1) > 0).sum())
    by_chance = (used - 1) * (table.shape[1] - 1) / (2 * n)
    return float(min(max((mutual - by_chance) / entropy, 0.0), 1.0))


def auc_alone(codes: Integers, target: Integers, fold: Integers) -> Area:
    """Rank each fold's bins by the group's share in the other folds; the mean over folds and groups."""
    tables = np.stack([_table_of(codes, target, fold == k) for k in range(int(fold.max()) + 1)])
    whole = tables.sum(axis=0)
    found = []
    for held_out in tables:
        learnt = whole - held_out
        base = learnt.sum(axis=0) / learnt.sum()
        share = (learnt + base) / (
            learnt.sum(axis=1, keepdims=True) + 1
        )  # one row's worth of the overall share
        found.append(_mean_auc(held_out, share))
    return _over_folds(found)


def _over_folds(found: Sequence[Area]) -> Area:
    """Average over folds, whose rows are different people."""
    by_group = np.mean([area.by_group for area in found], axis=0)
    value = float(np.mean([area.value for area in found]))
    variance = math.fsum(area.variance for area in found) / len(found) ** 2
    return Area(value, variance, tuple(float(one) for one in by_group))


def _table_of(codes: Integers, target: Integers, rows: Any) -> Floats:
    shape = (int(codes.max()) + 1, int(target.max()) + 1)
    flat = codes[rows] * shape[1] + target[rows]
    return np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape).astype(float)


def _mean_auc(table: Floats, scores: Floats) -> Area:
    """Mean over groups of the AUC of a group against the rest, from counts of each score."""
    parts = [_auc(table, scores[:, group], group) for group in range(table.shape[1])]
    if table.shape[1] == 2:  # both groups of two have the same AUC
        parts = [parts[0], parts[0]]
    influence = np.mean([part for _, part in parts], axis=0)
    values = tuple(value for value, _ in parts)
    return Area(float(np.mean(values)), float((table * influence**2).sum()), values)


def _auc(table: Floats, scores: Floats, group: int) -> tuple[float, Floats]:
    """AUC of a group against the rest, and the influence of one row of each code and group on it."""
    _, place = np.unique(scores, return_inverse=True)
    inside = np.bincount(place, weights=table[:, group])
    outside = np.bincount(place, weights=table.sum(axis=1) - table[:, group])
    ours, theirs = inside.sum(), outside.sum()
    if not ours * theirs:
        return math.nan, np.zeros_like(table)
    below = (np.cumsum(outside) - outside / 2) / theirs
    above = 1 - (np.cumsum(inside) - inside / 2) / ours
    value = float((inside * below).sum() / ours)
    influence = np.repeat(((above - value) / theirs)[place][:, None], table.shape[1], axis=1)
    influence[:, group] = ((below - value) / ours)[place]
    return value, influence


def auc_together(coded: Sequence[tuple[Integers, bool]], target: Integers, fold: Integers, seed: int) -> Area:
    """Fit gradient boosting to all columns in the other folds, and rank each fold by it."""
    matrix = np.column_stack([codes for codes, _ in coded])
    text = [i for i, (_, ordered) in enumerate(coded) if not ordered]
    found = []
    for k in range(int(fold.max()) + 1):
        model = HistGradientBoostingClassifier(
            max_iter=30,
            learning_rate=0.2,
            max_leaf_nodes=15,
            categorical_features=text or None,
            early_stopping=False,
            random_state=seed,
        )
        with threadpool_limits(1):  # threads cost more than they bring with so few rows
            scores = model.fit(matrix[fold != k], target[fold != k]).predict_proba(matrix[fold == k])
        rows = np.zeros((len(scores), scores.shape[1]))
        rows[np.arange(len(scores)), target[fold == k]] = 1.0
        found.append(_mean_auc(rows, scores))
    return _over_folds(found)
