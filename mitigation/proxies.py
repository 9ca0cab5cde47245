"""How well other columns tell a sensitive attribute: each alone, and all together.

Leaving the sensitive column out helps little while others stand for it. Two figures for each column:

- *normalised mutual information*: the share of the attribute's uncertainty that the column removes
  (mutual information over the attribute's entropy), 0 to 1, corrected for chance;
- *AUC*: how often the column alone ranks a row of the group above a row of another, out of sample; 0.5 is
  chance, 1 is certainty. For several groups, the mean over one group against the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from ..errors import InputError, Problem
from ..metrics.groups import encode
from ..metrics.results import Group
from .rows import Floats, Integers, compress, dealt_folds, index_of, match_rows, missing_columns, row_groups

BINS = 32
"""A numeric column with more distinct values than this is cut into so many bins of about equal size."""

MAX_LEVELS = 200
"""A column of text with more values keeps the most frequent; the rest become one."""

MIN_ROWS = 10
"""A group with fewer sampled rows than this is left out, and values with fewer are taken as one."""

STRONG = 0.7
"""From this AUC on, a column is called a proxy: a convention, not a rule of law."""


AUTO = "auto"


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
    """

    column: str
    information: float
    auc: float


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
    fold = dealt_folds(target, folds, seed)
    coded = [
        _binned(frame[name].to_numpy()[chosen], frame[name].dtype.is_numeric(), name) for name in columns
    ]
    rows = [
        Proxy(name, _information(codes, target), _auc_alone(codes, target, fold))
        for name, (codes, _) in zip(columns, coded, strict=True)
    ]
    rows.sort(key=lambda row: (-row.auc, -row.information, row.column))
    together = _auc_together(coded, target, fold, seed)
    return Proxies(
        groups.names, tuple(rows), together, kept, left_out, len(chosen), len(groups.codes), folds, seed
    )


def detected_proxies(X: Any, sensitive: Sequence[Any], sensitive_features: Any, auc: float) -> list[Any]:
    """Name the columns of a table that alone tell the sensitive attribute.

    Parameters
    ----------
    X : frame or array of shape (rows, columns)
    sensitive : sequence of names or positions
        Columns that are the attribute, or come with it; not looked at.
    sensitive_features : array-like of shape (rows,) or (rows, attributes), or None
        None means the sensitive columns.
    auc : float in (0.5, 1]

    Returns
    -------
    list of names or positions
        The strongest first.

    Raises
    ------
    InputError
        No attribute is given, or there are fewer than two groups to tell apart.

    Examples
    --------
    >>> X = np.column_stack([np.arange(100) % 2, np.arange(100) % 2, np.arange(100) // 10])
    >>> detected_proxies(X, [0], None, 0.7)
    [1]
    """
    if not 0.5 < auc <= 1:
        raise InputError.of("range", "proxy_auc", f"must lie above 0.5 and be at most 1, got {auc!r}")
    frame, names = _named(X)
    problems = missing_columns(sensitive, list(names.values()), "sensitive_columns, proxies")
    if problems:
        raise InputError(problems)
    own = [name for name, original in names.items() if original in sensitive]
    if sensitive_features is None and not own:
        said = "to detect proxies the attribute is needed; give sensitive_features or name sensitive_columns"
        raise InputError.of("no_groups", "proxies", said)
    groups = frame[own] if sensitive_features is None else sensitive_features
    found = proxy_strength(frame, groups, exclude=own)
    return [names[name] for name in found.strong(auc)]


def _named(X: Any) -> tuple[Any, dict[str, Any]]:
    """Give a frame whose columns have text as names, and the name or position that each stands for."""
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    if isinstance(frame, nw.DataFrame) and all(isinstance(name, str) for name in frame.columns):
        return X, {name: name for name in frame.columns}
    table = pd.DataFrame(X)
    names = {str(name): name for name in table.columns}
    return table.set_axis(list(names), axis=1), names


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
    edges = (
        distinct[1:] if len(distinct) <= BINS else np.unique(np.quantile(present, np.arange(1, BINS) / BINS))
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


def _auc_alone(codes: Integers, target: Integers, fold: Integers) -> float:
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
    return float(np.mean(found))


def _table_of(codes: Integers, target: Integers, rows: Any) -> Floats:
    shape = (int(codes.max()) + 1, int(target.max()) + 1)
    flat = codes[rows] * shape[1] + target[rows]
    return np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape).astype(float)


def _mean_auc(table: Floats, scores: Floats) -> float:
    """Mean over groups of the AUC of a group against the rest, from counts of each score."""
    groups = range(table.shape[1])
    one_is_enough = table.shape[1] == 2  # both groups of two have the same AUC
    return float(np.mean([_auc(table, scores[:, g], g) for g in groups][: 1 if one_is_enough else None]))


def _auc(table: Floats, scores: Floats, group: int) -> float:
    _, place = np.unique(scores, return_inverse=True)
    inside = np.bincount(place, weights=table[:, group])
    outside = np.bincount(place, weights=table.sum(axis=1) - table[:, group])
    pairs = inside.sum() * outside.sum()
    below = np.cumsum(outside) - outside
    return float((inside * (below + outside / 2)).sum() / pairs) if pairs else math.nan


def _auc_together(
    coded: Sequence[tuple[Integers, bool]], target: Integers, fold: Integers, seed: int
) -> float:
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
        scores = model.fit(matrix[fold != k], target[fold != k]).predict_proba(matrix[fold == k])
        rows = np.zeros((len(scores), scores.shape[1]))
        rows[np.arange(len(scores)), target[fold == k]] = 1.0
        found.append(_mean_auc(rows, scores))
    return float(np.mean(found))
