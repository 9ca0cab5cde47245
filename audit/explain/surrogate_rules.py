"""The leaves of a small tree as rules: which values of which columns lead there, and what comes out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...metrics.results import Level
from .encoding import Encoded
from .pairing import Floats, Ints


@dataclass(frozen=True)
class Condition:
    """What a rule asks of one column.

    Parameters
    ----------
    column : str
    above : float or None
        Numbers must be larger.
    at_most : float or None
        Numbers must not be larger.
    among : tuple or None
        Categories that are let in; None for a column of numbers.
    without : tuple
        Categories that are not let in.
    others : bool
        Whether categories too rare to be named are let in, too.
    missing : bool
        Whether a missing number is let in.
    """

    column: str
    above: float | None = None
    at_most: float | None = None
    among: tuple[Level, ...] | None = None
    without: tuple[Level, ...] = ()
    others: bool = False
    missing: bool = False

    @property
    def text(self) -> str:
        """The condition in signs, for example ``20 < age <= 30``."""
        if self.among is not None:
            names = [str(level) for level in self.among] + (["..."] if self.others else [])
            return f"{self.column} in {{{', '.join(names)}}}"
        low = "" if self.above is None else f"{self.above:g} < "
        high = "" if self.at_most is None else f" <= {self.at_most:g}"
        bare = f"{self.column} > {self.above:g}" if self.above is not None and not high else ""
        return (bare or f"{low}{self.column}{high}") + (" or missing" if self.missing else "")


@dataclass(frozen=True)
class Rule:
    """One leaf.

    Parameters
    ----------
    conditions : tuple of Condition
        All must hold; at most one for each column. Empty: every row.
    value : float
        The tree's output there.
    selected : bool
        Whether it reaches the threshold.
    share : float
        Of all rows (weighted), in [0, 1].
    rows : int
    """

    conditions: tuple[Condition, ...]
    value: float
    selected: bool
    share: float
    rows: int

    @property
    def text(self) -> str:
        """The rule in signs; every condition must hold."""
        return " and ".join(item.text for item in self.conditions)


@dataclass(frozen=True)
class _Range:
    """What is let in on the way to a node: an interval of numbers or of ranks, and missing ones."""

    low: float = -math.inf
    high: float = math.inf
    missing: bool = True


def rules_of(  # noqa: PLR0917 - the tree, what it was grown on, and how it decides
    tree: Any, rows: Encoded, order: tuple[Ints, ...], matrix: Floats, weight: Floats, threshold: float
) -> tuple[Rule, ...]:
    """Read every leaf of a fitted regression tree as a rule.

    Parameters
    ----------
    tree : DecisionTreeRegressor
    rows : Encoded
        The rows with their codes.
    order : tuple of ndarray
        By column, the code at each rank; empty for numbers.
    matrix : ndarray of float, shape (rows, columns)
        What the tree reads: numbers, and ranks of codes.
    weight : ndarray of float, shape (rows,)
    threshold : float

    Returns
    -------
    tuple of Rule
        From left to right.
    """
    leaf = tree.apply(matrix)
    total = float(weight.sum())
    found = []
    for node, ranges in _leaves(tree.tree_, 0, {}):
        inside = leaf == node
        conditions = tuple(_condition(at, item, rows, order) for at, item in sorted(ranges.items()))
        value = float(np.ravel(tree.tree_.value[node])[0])
        share = float(weight[inside].sum()) / total if total > 0 else math.nan
        found.append(Rule(conditions, value, value >= threshold, share, int(inside.sum())))
    return tuple(found)


def _leaves(tree: Any, node: int, ranges: dict[int, _Range]) -> list[tuple[int, dict[int, _Range]]]:
    left, right = int(tree.children_left[node]), int(tree.children_right[node])
    if left < 0:
        return [(node, ranges)]
    at, cut = int(tree.feature[node]), float(tree.threshold[node])
    before = ranges.get(at, _Range())
    goes_left = bool(tree.missing_go_to_left[node])
    below = replace(before, high=min(before.high, cut), missing=before.missing and goes_left)
    above = replace(before, low=max(before.low, cut), missing=before.missing and not goes_left)
    return _leaves(tree, left, ranges | {at: below}) + _leaves(tree, right, ranges | {at: above})


def _condition(at: int, item: _Range, rows: Encoded, order: tuple[Ints, ...]) -> Condition:
    name = rows.columns[at]
    if rows.categorical[at]:
        inside = [int(code) for rank, code in enumerate(order[at]) if item.low < rank <= item.high]
        levels = rows.levels[at]
        named = sorted((levels[code] for code in inside if code < len(levels)), key=str)
        without = sorted((level for code, level in enumerate(levels) if code not in inside), key=str)
        rarer = any(code >= len(levels) for code in inside)
        return Condition(name, among=tuple(named), without=tuple(without), others=rarer)
    return Condition(
        name,
        above=item.low if math.isfinite(item.low) else None,
        at_most=item.high if math.isfinite(item.high) else None,
        missing=item.missing and bool(np.isnan(rows.matrix[:, at]).any()),
    )
