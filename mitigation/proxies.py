"""How well other columns tell a sensitive attribute: each alone, and all together.

Leaving the sensitive column out helps little while others stand for it. Two figures for each column:

- *normalised mutual information*: the share of the attribute's uncertainty that the column removes
  (mutual information over the attribute's entropy), 0 to 1, corrected for chance;
- *AUC*: how often the column alone ranks a row of the group above a row of another, out of sample; 0.5 is
  chance, 1 is certainty. For several groups, the mean over one group against the rest. Its interval is
  that of a cross-validated AUC: the influence of each row on the AUC of its own fold (LeDell, Petersen and
  van der Laan 2015), on the logit scale.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
from scipy import special
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from ..errors import InputError, Problem
from ..metrics.groups import encode
from ..metrics.results import Group, Interval
from .rows import Floats, Integers, compress, index_of, match_rows, missing_columns, row_groups

BINS = 32
"""A numeric column with more distinct values than this is cut into so many bins of about equal size."""

BIN_ROWS = 50
"""With few rows the bins are fewer, of about this many rows: smaller ones are mostly noise."""

MAX_LEVELS = 200
"""A column of text with more values keeps the most frequent; the rest become one."""

MIN_ROWS = 10
"""A group with fewer sampled rows than this is left out, and values with fewer are taken as one."""

METHOD = "cross-validated AUC by influence curves, logit scale"

STRONG = 0.7
"""From this AUC on, a column is called a proxy: a convention, not a rule of law."""


@dataclass(frozen=True)
class Proxy:
    """How well one column tells the attribute.

    Parameters
    ----------
    column : str
    information : float
        Share of the attribute's uncertainty that the column removes, in [0, 1].
    auc : float
        Out of sample, in [0, 1]; 0.5 is chance.
    interval : Interval or None
        Of the AUC; None where it does not vary (one value, or rows told apart without fail).
    by_group : tuple of float
        Each group against the rest, in the order of ``Proxies.groups``.
    """

    column: str
    information: float
    auc: float
    interval: Interval | None = None
    by_group: tuple[float, ...] = ()


@dataclass(frozen=True)
class Proxies:
    """How well the columns of a table tell a sensitive attribute.

    Parameters
    ----------
    attributes : tuple of str
        Several mean their intersections.
    rows : tuple of Proxy
        The strongest first, by AUC, then by information.
    together : float
        AUC of all columns together, out of sample (gradient boosting).
    groups, left_out : tuple of tuple
        Groups told apart, and groups left out because they are missing or have fewer than 10 sampled rows.
    sampled, available : int
        Rows used, and rows there were.
    folds, seed : int
        Of the cross-validation; the seed also draws the sample.
    together_interval : Interval or None
    together_by_group : tuple of float
    """

    attributes: tuple[str, ...]
    rows: tuple[Proxy, ...]
    together: float
    groups: tuple[Group, ...]
    left_out: tuple[Group, ...]
    sampled: int
    available: int
    folds: int
    seed: int
    together_interval: Interval | None = None
    together_by_group: tuple[float, ...] = ()

    def strong(self, auc: float = STRONG) -> tuple[str, ...]:
        """Name the columns that tell the attribute with at least this AUC, the strongest first."""
        return tuple(row.column for row in self.rows if row.auc >= auc)


def proxy_strength(
    X: Any,
    sensitive_features: Any,
    *,
    exclude: Sequence[str] = (),
    max_rows: int = 20_000,
    folds: int = 3,
    seed: int = 0,
    level: float = 0.95,
    together: bool = True,
) -> Proxies:
    """Measure how well each column, and all together, tell a sensitive attribute.

    Parameters
    ----------
    X : frame of shape (rows, columns)
    sensitive_features : series, frame or array of shape (rows,) or (rows, attributes)
        Rows with a missing value are left out.
    exclude : sequence of str
        Columns of X to leave out, such as the attribute itself and the column it was cut from.
    max_rows : int
        More rows than this are sampled down, without replacement.
    folds : int
        Of the cross-validation, 2 or more.
    seed : int
    level : float in (0, 1)
        Coverage of the intervals.
    together : bool
        Whether all columns together are looked at, too; else their AUC is nan.

    Returns
    -------
    Proxies

    Raises
    ------
    InputError
        No column is left, columns to exclude are not there, or fewer than two groups can be told apart.

    Examples
    --------
    >>> import pandas as pd
    >>> sex = pd.Series(["F", "M"] * 50, name="sex")
    >>> X = pd.DataFrame({"title": ["Ms", "Mr"] * 50, "shoe": [38, 43, 40, 41] * 25})
    >>> X["day"] = [1, 1, 2, 2] * 25
    >>> found = proxy_strength(X, sex)
    >>> [row.column for row in found.rows], found.rows[0].auc, found.strong()
    (['title', 'shoe', 'day'], 1.0, ('title', 'shoe'))
    """
    frame = nw.from_native(X, eager_only=True)
    groups = row_groups(match_rows(sensitive_features, index_of(X), "sensitive_features"))
    columns = [name for name in frame.columns if name not in set(exclude)]
    _refuse(frame, len(groups.codes), columns, exclude, folds)
    chosen, target, kept, left_out = _sample(groups.codes, groups.levels, max_rows, seed)
    if len(kept) < 2:
        said = (
            f"at least two groups of {MIN_ROWS} rows or more are needed to tell them apart, got {len(kept)}"
        )
        raise InputError.of("too_few_groups", "sensitive_features", said)
    fold = _folds(target, folds, seed)
    coded = [
        _binned(frame[name].to_numpy()[chosen], frame[name].dtype.is_numeric(), name) for name in columns
    ]
    rows = []
    for name, (codes, _) in zip(columns, coded, strict=True):
        alone = _auc_alone(codes, target, fold)
        rows.append(
            Proxy(name, _information(codes, target), alone.value, alone.interval(level), alone.by_group)
        )
    rows.sort(key=lambda row: (-row.auc, -row.information, row.column))
    whole = _auc_together(coded, target, fold, seed) if together else _Area(math.nan, math.nan, ())
    return Proxies(
        groups.names,
        tuple(rows),
        whole.value,
        kept,
        left_out,
        len(chosen),
        len(groups.codes),
        folds,
        seed,
        whole.interval(level),
        whole.by_group,
    )


@dataclass(frozen=True)
class _Area:
    """An AUC, its variance, and the AUC of each group against the rest."""

    value: float
    variance: float
    by_group: tuple[float, ...]

    def interval(self, level: float) -> Interval | None:
        if not (0 < self.value < 1 and self.variance > 0):
            return None
        half = special.ndtri(0.5 + level / 2) * math.sqrt(self.variance) / (self.value * (1 - self.value))
        middle = special.logit(self.value)
        return Interval(
            float(special.expit(middle - half)), float(special.expit(middle + half)), level, METHOD
        )


def _refuse(
    frame: nw.DataFrame[Any], rows: int, columns: list[str], exclude: Sequence[str], folds: int
) -> None:
    problems = missing_columns(exclude, frame.columns, "exclude")
    if len(frame) != rows:
        said = f"each row needs a group: X has {len(frame):,} rows, sensitive_features {rows:,}"
        problems.append(Problem("length", "sensitive_features", said))
    if not columns:
        problems.append(
            Problem("no_columns", "X", "at least one column must remain after those excluded, got 0")
        )
    if folds < 2:
        problems.append(
            Problem("folds", "folds", f"at least 2 are needed to test on other rows, got {folds}")
        )
    if problems:
        raise InputError(problems)


def _sample(
    codes: Integers, levels: tuple[Group, ...], max_rows: int, seed: int
) -> tuple[Integers, Integers, tuple[Group, ...], tuple[Group, ...]]:
    """Draw rows and number the large enough groups; give rows, their groups, groups kept and left out."""
    missing = np.array([None in level for level in levels], dtype=bool)
    usable = np.flatnonzero(~missing[codes])
    if len(usable) > max_rows:
        usable = np.sort(np.random.default_rng(seed).choice(usable, max_rows, replace=False))
    size = np.bincount(codes[usable], minlength=len(levels))
    large = size >= MIN_ROWS
    chosen = usable[large[codes[usable]]]
    _, target = compress(codes[chosen], len(levels))
    kept = tuple(level for level, ok in zip(levels, large, strict=True) if ok)
    return chosen, target, kept, tuple(level for level, ok in zip(levels, large, strict=True) if not ok)


def _folds(target: Integers, folds: int, seed: int) -> Integers:
    """Deal the rows of each group over the folds evenly, in random order."""
    order = np.lexsort((np.random.default_rng(seed).random(len(target)), target))
    fold = np.empty(len(target), dtype=np.int64)
    fold[order] = np.arange(len(target)) % folds
    return fold


def _binned(values: Any, numeric: bool, name: str) -> tuple[Integers, bool]:  # noqa: FBT001 - a fact of the column
    """Cut a column into few codes; tell whether they are ordered."""
    if numeric:
        return _binned_numbers(np.asarray(values, dtype=float)), True
    column = encode(values, name)
    codes = column.codes.astype(np.int64)
    counts = np.bincount(codes, minlength=len(column.levels))
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    kept = min(MAX_LEVELS, int((counts >= MIN_ROWS).sum()))
    return compress(np.minimum(rank[codes], kept), kept + 1)[1], False


def _binned_numbers(values: Floats) -> Integers:
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


def _information(codes: Integers, target: Integers) -> float:
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


def _auc_alone(codes: Integers, target: Integers, fold: Integers) -> _Area:
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


def _over_folds(found: Sequence[_Area]) -> _Area:
    """Average over folds, whose rows are different people."""
    by_group = np.mean([area.by_group for area in found], axis=0)
    value = float(np.mean([area.value for area in found]))
    variance = math.fsum(area.variance for area in found) / len(found) ** 2
    return _Area(value, variance, tuple(float(one) for one in by_group))


def _table_of(codes: Integers, target: Integers, rows: Any) -> Floats:
    shape = (int(codes.max()) + 1, int(target.max()) + 1)
    flat = codes[rows] * shape[1] + target[rows]
    return np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape).astype(float)


def _mean_auc(table: Floats, scores: Floats) -> _Area:
    """Mean over groups of the AUC of a group against the rest, from counts of each score."""
    parts = [_auc(table, scores[:, group], group) for group in range(table.shape[1])]
    if table.shape[1] == 2:  # both groups of two have the same AUC
        parts = [parts[0], parts[0]]
    influence = np.mean([part for _, part in parts], axis=0)
    values = tuple(value for value, _ in parts)
    return _Area(float(np.mean(values)), float((table * influence**2).sum()), values)


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


def _auc_together(
    coded: Sequence[tuple[Integers, bool]], target: Integers, fold: Integers, seed: int
) -> _Area:
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
