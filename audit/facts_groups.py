"""Facts about the groups: sizes, label rates with Wilson intervals, missing values by group, and splits."""

# ruff: noqa: S608 - only names made by the table and quoted literals enter the SQL

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from ..metrics.intervals import modified_wilson
from ..metrics.results import Level
from .facts_table import Column, Table, as_level, level_sql, literal

LEVEL = 0.95
MAX_GROUPS = 1000
MAX_JOINT = 300
"""Above so many joint cells the joint table is not kept, and pages withhold more."""


@dataclass(frozen=True)
class RateFacts:
    """A label rate.

    Parameters
    ----------
    rows, labelled, positives : int
        Rows, those with a label, and those whose label is the positive one.
    rate, low, high : float or None
        Of the labelled rows, with its 95 % Wilson interval; None without a positive label or labelled rows.
    weighted : float or None
        The rate under the weights, where there is a weight column.
    """

    rows: int
    labelled: int
    positives: int | None
    rate: float | None
    low: float | None
    high: float | None
    weighted: float | None


@dataclass(frozen=True)
class GroupCell:
    """One group: its levels, its share of the rows, and its label rate."""

    levels: tuple[Level, ...]
    share: float
    weighted_share: float | None
    label: RateFacts
    small: bool


@dataclass(frozen=True)
class GroupingFacts:
    """All groups of one attribute or intersection.

    Parameters
    ----------
    name : str
    attributes : tuple of str
    groups : tuple of GroupCell
        Largest first, at most 1,000.
    total : int
        How many groups there are.
    """

    name: str
    attributes: tuple[str, ...]
    groups: tuple[GroupCell, ...]
    total: int


@dataclass(frozen=True)
class MissingByGroup:
    """A column's missing values in the groups of one attribute (or by label).

    Parameters
    ----------
    column, attribute : str
    cells : tuple of (level, rows, missing)
    p_value : float or None
        Of the chi-squared test of independence; None where an expected count is below 5.
    """

    column: str
    attribute: str
    cells: tuple[tuple[Level, int, int], ...]
    p_value: float | None


@dataclass(frozen=True)
class JointFacts:
    """Counts of every combination of attributes, split and label; what withholding is worked out from.

    Parameters
    ----------
    attributes : tuple of str
        The sensitive attributes, then the split column where there is one.
    cells : tuple of (levels, (positives, negatives, unlabelled))
        In records of earlier releases (positives, others).
    """

    attributes: tuple[str, ...]
    cells: tuple[tuple[tuple[Level, ...], tuple[int, ...]], ...]


def positive_sql(column: Column | None, pos_label: object) -> str:
    """Write the condition that a row's label is the positive one; FALSE where nothing says which that is."""
    if column is None or pos_label is None:
        return "FALSE"
    if column.kind == "number":
        try:
            return f"{column.ref} = {float(str(pos_label))!r}"
        except ValueError:
            return "FALSE"
    text = str(pos_label).lower() if column.kind == "yes or no" else str(pos_label)
    return f"CAST({column.ref} AS VARCHAR) = {literal(text)}"


def weight_sum(column: Column | None, where: str = "TRUE") -> str:
    """Write a sum of weights that does not depend on the order of the rows."""
    if column is None:
        return "NULL"
    return f"sum(CAST({column.ref} AS DECIMAL(38, 12))) FILTER ({where})"


def rate_sql(target: Column | None, positive: str, weight: Column | None) -> str:
    """Write the five counts that a label rate is made of."""
    labelled = f"{target.ref} IS NOT NULL" if target else "FALSE"
    return (
        f"count(*), count(*) FILTER ({labelled}), count(*) FILTER ({positive}), "
        f"{weight_sum(weight)}, {weight_sum(weight, labelled)}, {weight_sum(weight, positive)}"
    )


def rate_facts(row: Sequence[Any], *, known: bool) -> RateFacts:
    """Make a label rate of the counts that ``rate_sql`` gives."""
    rows, labelled, positives = int(row[0]), int(row[1]), int(row[2])
    if not known:
        return RateFacts(rows, labelled, None, None, None, None, None)
    weighted = float(row[5] or 0) / float(row[4]) if row[4] else None
    if not labelled:
        return RateFacts(rows, 0, 0, None, None, None, None)
    low, high = modified_wilson(positives, labelled, LEVEL)
    return RateFacts(rows, labelled, positives, positives / labelled, float(low), float(high), weighted)


@dataclass(frozen=True)
class Roles:
    """What the columns are for, as columns and SQL."""

    target: Column | None
    positive: str
    sensitive: tuple[Column, ...]
    split: Column | None
    weight: Column | None
    bands: Mapping[str, Sequence[float]]

    def level(self, column: Column) -> str:
        """Write the expression of a row's level on a column."""
        return level_sql(column, self.bands)

    @property
    def known(self) -> bool:
        """Whether a positive label is known."""
        return self.positive != "FALSE"


def grouping_facts(table: Table, roles: Roles, columns: tuple[Column, ...], minimum: int) -> GroupingFacts:
    """Count the groups of one attribute or intersection."""
    levels = ", ".join(roles.level(column) for column in columns)
    width = len(columns)
    order = ", ".join(f"{at + 1} NULLS LAST" for at in range(width))
    counts = rate_sql(roles.target, roles.positive, roles.weight)
    found = table.rows(f"SELECT {levels}, {counts} FROM t GROUP BY ALL ORDER BY {width + 1} DESC, {order}")
    rows = sum(int(row[width]) for row in found)
    weights = sum(float(row[width + 3] or 0) for row in found)
    groups = []
    for row in found[:MAX_GROUPS]:
        label = rate_facts(row[width:], known=roles.known)
        share = float(row[width + 3] or 0) / weights if weights else None
        names = tuple(as_level(level) for level in row[:width])
        groups.append(GroupCell(names, label.rows / rows, share, label, label.rows < minimum))
    attributes = tuple(column.name for column in columns)
    return GroupingFacts(" x ".join(attributes), attributes, tuple(groups), len(found))


def missing_by_group(table: Table, roles: Roles, columns: Sequence[Column]) -> tuple[MissingByGroup, ...]:
    """Count the missing values of the columns in each group of each attribute, and by label."""
    labels = (roles.target,) if roles.target is not None and roles.known else ()
    found = []
    for attribute in (*roles.sensitive, *labels):
        counts = ", ".join(f"count(*) - count({column.ref})" for column in columns)
        sql = f"SELECT {roles.level(attribute)}, count(*), {counts} FROM t GROUP BY 1 ORDER BY 2 DESC, 1"
        rows = table.rows(sql)[:MAX_GROUPS]
        for at, column in enumerate(columns):
            if column != attribute:
                cells = tuple((as_level(row[0]), int(row[1]), int(row[2 + at])) for row in rows)
                found.append(MissingByGroup(column.name, attribute.name, cells, independence(cells)))
    return tuple(found)


def independence(cells: Sequence[tuple[Level, int, int]]) -> float | None:
    """Test whether missing values are independent of the group (Pearson's chi-squared).

    Parameters
    ----------
    cells : sequence of (level, rows, missing)

    Returns
    -------
    float or None
        The p-value; None where there are fewer than two groups or an expected count is below 5.

    Examples
    --------
    >>> round(independence([("a", 100, 10), ("b", 100, 30)]), 5)
    0.00041
    >>> independence([("a", 100, 1), ("b", 4, 1)]) is None
    True
    """
    counts = np.array([(missing, rows - missing) for _, rows, missing in cells], dtype=float)
    if len(counts) < 2 or not counts.sum(axis=0).all():
        return None
    result = stats.chi2_contingency(counts, correction=False)
    return float(result.pvalue) if result.expected_freq.min() >= 5 else None


def joint_facts(table: Table, roles: Roles) -> JointFacts | None:
    """Count every combination of attributes, split and label; None where there are too many."""
    columns = (*roles.sensitive, *((roles.split,) if roles.split else ()))
    if not columns:
        return None
    levels = ", ".join(roles.level(column) for column in columns)
    labelled = f"{roles.target.ref} IS NOT NULL" if roles.target else "FALSE"
    counts = f"count(*) FILTER ({roles.positive}), count(*) FILTER ({labelled}), count(*)"
    width = len(columns)
    rows = table.rows(f"SELECT {levels}, {counts} FROM t GROUP BY ALL ORDER BY ALL LIMIT {MAX_JOINT + 1}")
    if len(rows) > MAX_JOINT:
        return None
    cells = tuple(
        (tuple(as_level(level) for level in row[:width]), _parted(*map(int, row[width:]))) for row in rows
    )
    return JointFacts(tuple(column.name for column in columns), cells)


def _parted(positives: int, labelled: int, rows: int) -> tuple[int, int, int]:
    return positives, labelled - positives, rows - labelled
