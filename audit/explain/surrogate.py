"""A small tree that imitates a model, and how well it does so for each group.

A tree of a few questions can be read; the model cannot. The tree is worth reading only where it gives what
the model gives, and that is measured on rows it was not grown on, in every group: a tree may describe how
men are treated and say nothing true about women.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeRegressor

from ...errors import InputError, Problem, Reason
from ...metrics.intervals import wilson
from ...metrics.results import Estimate, Group, Interval
from ...mitigation.rows import RowGroups
from .asking import Scorer, scorer_of
from .averages import grouped, mean_estimate, weights_of
from .encoding import Encoded, encoded_rows
from .pairing import Floats, Ints
from .surrogate_rules import Rule, rules_of

FAITHFUL = 0.7
"""From this R2 of the score on, a tree is called faithful to a group: a convention."""

WORTH = 0.001
"""A question must explain at least this share of the score's variance."""

Verdict = Literal["faithful", "uneven", "poor", "unknown"]


@dataclass(frozen=True)
class Fidelity:
    """How well the tree imitates the model for one group, on rows that it was not grown on.

    Parameters
    ----------
    group : tuple
        The empty tuple stands for everybody.
    agreement : Estimate
        Share of rows with the same decision (Wilson).
    r2 : Estimate
        Share of the score's variance within the group that the tree gives; below 0 where the group's mean
        would do better.
    """

    group: Group
    agreement: Estimate
    r2: Estimate


@dataclass(frozen=True)
class Surrogate:
    """A tree that imitates a model.

    Parameters
    ----------
    tree : DecisionTreeRegressor
        Fitted on the encoded rows.
    rules : tuple of Rule
        One for each leaf; together they cover every row.
    fidelity : tuple of Fidelity
        Everybody first, then every group.
    depth, grown_on, tested_on, seed : int
    """

    tree: DecisionTreeRegressor
    rules: tuple[Rule, ...]
    fidelity: tuple[Fidelity, ...]
    depth: int
    grown_on: int
    tested_on: int
    seed: int

    @property
    def verdict(self) -> Verdict:
        """Tell for whom the tree may be read.

        Returns
        -------
        {"faithful", "uneven", "poor", "unknown"}
            Faithful: nowhere is R2 surely below 0.7 (its whole interval); uneven: in some groups it is; poor:
            for everybody and in every group; unknown: the score does not vary.
        """
        return verdict_of([item.r2 for item in self.fidelity])

    def unfaithful(self) -> tuple[Group, ...]:
        """Name the groups for which the tree must not be read, the worst first."""
        found = [item for item in self.fidelity if item.group and falls_short(item.r2)]
        return tuple(item.group for item in sorted(found, key=lambda item: (item.r2.value, str(item.group))))


def falls_short(r2: Estimate) -> bool:
    """Tell whether a tree is surely unfaithful: the whole interval of R2 lies below 0.7."""
    return (r2.value if r2.interval is None else r2.interval.high) < FAITHFUL


def verdict_of(figures: Sequence[Estimate]) -> Verdict:
    """Tell for whom a tree may be read, from its R2 for everybody and in every group.

    Examples
    --------
    >>> verdict_of([Estimate(0.9), Estimate(0.8)]), verdict_of([Estimate(0.8), Estimate(0.4)])
    ('faithful', 'uneven')
    >>> verdict_of([Estimate(math.nan)])
    'unknown'
    """
    short = [falls_short(item) for item in figures if math.isfinite(item.value)]
    if not short:
        return "unknown"
    if all(short):
        return "poor"
    return "uneven" if any(short) else "faithful"


def surrogate_tree(
    predict: Callable[[Any], Any] | Scorer,
    X: pd.DataFrame,
    *,
    sensitive_features: Any = None,
    sample_weight: Any = None,
    threshold: float = 0.5,
    max_depth: int = 4,
    min_group_size: int = 30,
    level: float = 0.95,
    seed: int = 0,
) -> Surrogate:
    """Grow a small tree on what a model gives, and measure in every group how well it imitates the model.

    Parameters
    ----------
    predict : callable or Scorer
        A frame like ``X`` to one number a row: a score or a decision.
    X : pandas.DataFrame of shape (rows, columns)
        The tree asks about these columns; categories are split into sets.
    sensitive_features : series, frame or array of shape (rows,) or (rows, attributes), optional
    sample_weight : array of float, shape (rows,), optional
    threshold : float
        A row is selected if the output reaches it, the model's or the tree's.
    max_depth : int
        1 to 8.
    min_group_size : int
        Groups with fewer rows to test on have no figures.
    level : float in (0, 1)
    seed : int
        Halves the rows: one half to grow on, one to test on, each group halved.

    Returns
    -------
    Surrogate

    Raises
    ------
    InputError
        The depth is out of range, or there are fewer than four rows.
    ModelError
        The function fails its contract.

    Notes
    -----
    Craven and Shavlik (1996); that fidelity differs by group, Balagopalan et al. (2022), "The road to
    explainability is paved with bias". The interval of R2 is linearised (delta method).

    Examples
    --------
    >>> X = pd.DataFrame({"age": np.arange(80) % 40, "sex": ["F"] * 40 + ["M"] * 40})
    >>> found = surrogate_tree(lambda rows: 1.0 * (rows["age"] >= 20), X, sensitive_features=X["sex"])
    >>> found.verdict, [rule.text for rule in found.rules]
    ('faithful', ['age <= 19.5', 'age > 19.5'])
    """
    problems = []
    if not 1 <= max_depth <= 8:
        problems.append(Problem("max_depth", "max_depth", f"a depth from 1 to 8 is needed, got {max_depth}"))
    if len(X) < 4:
        problems.append(Problem("rows", "X", f"at least 4 rows are needed to grow and to test, got {len(X)}"))
    if problems:
        raise InputError(problems)
    scorer = scorer_of(predict, X)
    groups, weight = grouped(sensitive_features, len(X)), weights_of(sample_weight, len(X))
    grown = grow_tree(scorer, weight, groups.codes, threshold=threshold, max_depth=max_depth, seed=seed)
    everybody = fidelity_of(grown, grouped(None, len(X)), minimum=min_group_size, level=level)
    by_group = fidelity_of(grown, groups, minimum=min_group_size, level=level) if groups.names else ()
    return surrogate_of(grown, (*everybody, *by_group))


@dataclass(frozen=True, eq=False)
class Grown:
    """A fitted tree, and what it gives to every row.

    Parameters
    ----------
    tree : DecisionTreeRegressor
    rules : tuple of Rule
    out, given, weight : ndarray of float, shape (rows,)
        The model's output, the tree's, and the weights.
    inside : ndarray of bool, shape (rows,)
        The rows that it was grown on.
    threshold : float
    seed : int
    """

    tree: DecisionTreeRegressor
    rules: tuple[Rule, ...]
    out: Floats
    given: Floats
    weight: Floats
    inside: Any
    threshold: float
    seed: int


def grow_tree(
    scorer: Scorer, weight: Floats, codes: Ints, *, threshold: float, max_depth: int = 4, seed: int = 0
) -> Grown:
    """Grow the tree on one half of the rows of every group; as ``surrogate_tree``."""
    inside = _half(codes, seed)
    rows = encoded_rows(scorer.X)
    matrix, order = _ranked(rows, scorer.known, weight, inside)
    half = int(inside.sum())
    leaf = max(min(10, half // 4), half // 100, 1)
    tree = DecisionTreeRegressor(
        max_depth=max_depth,
        min_samples_leaf=leaf,
        min_impurity_decrease=WORTH * float(np.var(scorer.known[inside])),
        random_state=seed,
    )
    tree.fit(matrix[inside], scorer.known[inside], sample_weight=weight[inside])
    rules = rules_of(tree, rows, order, matrix, weight, threshold)
    return Grown(tree, rules, scorer.known, tree.predict(matrix), weight, inside, threshold, seed)


def fidelity_of(grown: Grown, groups: RowGroups, *, minimum: int, level: float) -> tuple[Fidelity, ...]:
    """Compare tree and model on the rows that it was not grown on, group by group."""
    found = []
    for at, group in enumerate(groups.levels):
        rows = np.flatnonzero(~grown.inside & (groups.codes == at))
        found.append(_fidelity(grown, group, rows, minimum, level))
    return tuple(found)


def surrogate_of(grown: Grown, fidelity: tuple[Fidelity, ...]) -> Surrogate:
    """Put a tree and its fidelity together."""
    inside = int(grown.inside.sum())
    return Surrogate(
        grown.tree,
        grown.rules,
        fidelity,
        int(grown.tree.get_depth()),
        inside,
        len(grown.inside) - inside,
        grown.seed,
    )


def _half(codes: Ints, seed: int) -> Any:
    """Take every second row of each group, in random order."""
    order = np.lexsort((np.random.default_rng(seed).random(len(codes)), codes))
    grown = np.zeros(len(codes), dtype=bool)
    grown[order[::2]] = True
    return grown


def _ranked(rows: Encoded, out: Floats, weight: Floats, grown: Any) -> tuple[Floats, tuple[Ints, ...]]:
    """Give each column's categories the rank of their mean output: splits then are sets (Breiman 1984)."""
    matrix, orders = rows.matrix.copy(), []
    overall = float(np.average(out[grown], weights=weight[grown] + 1e-12))
    for at in range(matrix.shape[1]):
        if not rows.categorical[at]:
            orders.append(np.zeros(0, dtype=np.int64))
            continue
        codes = rows.matrix[:, at].astype(np.int64)
        size = int(codes.max()) + 1
        total = np.bincount(codes[grown], weights=weight[grown], minlength=size)
        summed = np.bincount(codes[grown], weights=(weight * out)[grown], minlength=size)
        mean = np.where(total > 0, summed / np.maximum(total, 1e-300), overall)
        order = np.argsort(mean, kind="stable")
        rank = np.empty(size, dtype=np.float64)
        rank[order] = np.arange(size)
        matrix[:, at] = rank[codes]
        orders.append(order.astype(np.int64))
    return matrix, tuple(orders)


def _fidelity(grown: Grown, group: Group, rows: Ints, minimum: int, level: float) -> Fidelity:
    out, given, weight = grown.out[rows], grown.given[rows], grown.weight[rows]
    same = ((out >= grown.threshold) == (given >= grown.threshold)).astype(np.float64)
    plain = mean_estimate(same, weight, level, minimum=minimum)
    if plain.reason is not None:
        return Fidelity(group, plain, Estimate(math.nan, rows=len(rows), reason=plain.reason))
    low, high = wilson(plain.value * plain.effective, plain.effective, level)
    interval = Interval(float(low), float(high), level, "Wilson")
    agreement = Estimate(plain.value, interval, rows=len(rows), effective=plain.effective)
    return Fidelity(group, agreement, _r2(out, given, weight, plain.effective, level))


def _r2(out: Floats, given: Floats, weight: Floats, effective: float, level: float) -> Estimate:
    around = (out - np.average(out, weights=weight)) ** 2
    error = (out - given) ** 2
    total = float(np.average(around, weights=weight))
    if total <= 1e-18:
        return Estimate(math.nan, rows=len(out), reason=Reason.CONSTANT_SCORES)
    lost = float(np.average(error, weights=weight)) / total
    spread = mean_estimate((error - lost * around) / total, weight, level)
    half = 0.0
    if spread.interval is not None:
        half = spread.interval.high - spread.value
    interval = Interval(1 - lost - half, min(1.0, 1 - lost + half), level, "linearised")
    return Estimate(1 - lost, interval, rows=len(out), effective=effective)
