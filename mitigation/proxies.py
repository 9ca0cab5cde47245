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
import pandas as pd

from ..errors import InputError, Problem
from ..metrics.results import Group, Interval
from .proxy_figures import MIN_ROWS, Area, auc_alone, auc_together, binned, information_of
from .rows import Integers, compress, index_of, match_rows, missing_columns, row_groups
from .splitting import dealt_folds

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
    fold = dealt_folds(target, folds, seed)
    coded = [binned(frame[name].to_numpy()[chosen], frame[name].dtype.is_numeric(), name) for name in columns]
    rows = []
    for name, (codes, _) in zip(columns, coded, strict=True):
        alone = auc_alone(codes, target, fold)
        rows.append(
            Proxy(name, information_of(codes, target), alone.value, alone.interval(level), alone.by_group)
        )
    rows.sort(key=lambda row: (-row.auc, -row.information, row.column))
    whole = auc_together(coded, target, fold, seed) if together else Area(math.nan, math.nan, ())
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
