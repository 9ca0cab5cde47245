"""Each rate as a function of counts, over leading axes of any shape.

A rate is a fraction of two sums of cells of the confusion matrix, so that groups, thresholds and
replicates are axes of one array expression. ``RATES`` is the one table of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from ..errors import InputError, Reason, did_you_mean
from .cube import DECISION, LABEL, Cube, WeightKind
from .intervals import modified_wilson
from .results import RATE_INTERVAL, Estimate, Group, Interval

Floats = NDArray[np.float64]

ROWS, WEIGHT, SQUARE, SCORE_SUM, SCORE_SQUARE = range(5)


@dataclass(frozen=True)
class Cells:
    """The cells of confusion matrices, under their names.

    Parameters
    ----------
    array : ndarray of float, shape (..., 2, 2)
        Indexed by label and decision; the label or decision axis has length 1 where there is none.

    Examples
    --------
    >>> cells = Cells(np.array([[50, 10], [5, 35]]))
    >>> float(cells.tp), float(cells.fp), float(cells.selected), float(cells.total)
    (35.0, 10.0, 45.0, 100.0)
    """

    array: Floats

    @property
    def tp(self) -> Floats:
        """True positives."""
        return self.array[..., 1, 1]

    @property
    def fp(self) -> Floats:
        """False positives."""
        return self.array[..., 0, 1]

    @property
    def fn(self) -> Floats:
        """False negatives."""
        return self.array[..., 1, 0]

    @property
    def tn(self) -> Floats:
        """True negatives."""
        return self.array[..., 0, 0]

    @property
    def positives(self) -> Floats:
        """Rows whose label is positive."""
        return np.asarray(self.array[..., 1, :].sum(axis=-1))

    @property
    def negatives(self) -> Floats:
        """Rows whose label is negative."""
        return np.asarray(self.array[..., 0, :].sum(axis=-1))

    @property
    def selected(self) -> Floats:
        """Rows whose decision is positive."""
        return np.asarray(self.array[..., :, 1].sum(axis=-1))

    @property
    def rejected(self) -> Floats:
        """Rows whose decision is negative."""
        return np.asarray(self.array[..., :, 0].sum(axis=-1))

    @property
    def total(self) -> Floats:
        """All rows."""
        return np.asarray(self.array.sum(axis=(-2, -1)))


Sum = Callable[[Cells], Floats]


@dataclass(frozen=True)
class Rate:
    """A fraction of counts.

    Parameters
    ----------
    name : str
    numerator, denominator : callable
        Each sums cells of the confusion matrix.
    empty : Reason
        Why the rate is undefined where the denominator is zero.
    label, decision : bool
        Whether true labels and decisions are needed.
    """

    name: str
    numerator: Sum
    denominator: Sum
    empty: Reason
    label: bool = True
    decision: bool = True

    def __call__(self, array: Floats) -> Floats:
        """Give the rate of each confusion matrix of shape (..., 2, 2); ``nan`` where undefined."""
        cells = Cells(array)
        return divide(self.numerator(cells), self.denominator(cells))


def divide(above: Any, below: Any) -> Floats:
    """Divide; ``nan`` where the denominator is zero, without a warning."""
    above, below = np.broadcast_arrays(np.asarray(above, dtype=float), np.asarray(below, dtype=float))
    quotient: Floats = np.divide(above, below, out=np.full(above.shape, np.nan), where=below != 0)
    return quotient


_ROWS = [
    Rate("selection_rate", lambda c: c.selected, lambda c: c.total, Reason.EMPTY_GROUP, label=False),
    Rate("base_rate", lambda c: c.positives, lambda c: c.total, Reason.EMPTY_GROUP, decision=False),
    Rate("true_positive_rate", lambda c: c.tp, lambda c: c.positives, Reason.NO_POSITIVES),
    Rate("false_negative_rate", lambda c: c.fn, lambda c: c.positives, Reason.NO_POSITIVES),
    Rate("false_positive_rate", lambda c: c.fp, lambda c: c.negatives, Reason.NO_NEGATIVES),
    Rate("true_negative_rate", lambda c: c.tn, lambda c: c.negatives, Reason.NO_NEGATIVES),
    Rate("positive_predictive_value", lambda c: c.tp, lambda c: c.selected, Reason.NO_SELECTED),
    Rate("false_discovery_rate", lambda c: c.fp, lambda c: c.selected, Reason.NO_SELECTED),
    Rate("negative_predictive_value", lambda c: c.tn, lambda c: c.rejected, Reason.NO_REJECTED),
    Rate("false_omission_rate", lambda c: c.fn, lambda c: c.rejected, Reason.NO_REJECTED),
    Rate("accuracy", lambda c: c.tp + c.tn, lambda c: c.total, Reason.EMPTY_GROUP),
    Rate("error_rate", lambda c: c.fp + c.fn, lambda c: c.total, Reason.EMPTY_GROUP),
]
RATES: dict[str, Rate] = {rate.name: rate for rate in _ROWS}


def rate_named(name: str) -> Rate:
    """Look a rate up by its name.

    Raises
    ------
    InputError
        There is no such rate; the closest name is suggested.

    Examples
    --------
    >>> float(rate_named("accuracy")(np.array([[50, 10], [5, 35]])))
    0.85
    """
    if name not in RATES:
        raise InputError.of(
            "unknown_rate", "rate", f"no rate is called {name!r}; {did_you_mean(name, RATES)}"
        )
    return RATES[name]


@dataclass(frozen=True, eq=False)
class Design:
    """Effective sizes of the groups by rate, where rows do not stand for themselves, as people who repeat.

    Parameters
    ----------
    sizes : mapping of str to ndarray of float, shape (G,)
        Of each rate's denominator; a rate that is not here has the size that its weights give.
    name : str
        What the names of intervals add.
    """

    sizes: Mapping[str, Floats]
    name: str

    def only(self, keep: Sequence[int]) -> Design:
        """Keep some of the groups, by position."""
        return Design({rate: sizes[list(keep)] for rate, sizes in self.sizes.items()}, self.name)


@dataclass(frozen=True)
class GroupTable:
    """The confusion matrix of every group of a grouping.

    Parameters
    ----------
    attributes : tuple of str
    groups : tuple of tuple, length G
    measures : ndarray of float, shape (G, labels, decisions, 5)
        Rows, weights, squared weights, weighted score sums; `Cube.measures` per cell.
    has_label, has_decision : bool
        Where False that axis has length 1.
    weight_kind : {"frequency", "survey"} or None
    design : Design or None
    """

    attributes: tuple[str, ...]
    groups: tuple[Group, ...]
    measures: Floats
    has_label: bool
    has_decision: bool
    weight_kind: WeightKind | None
    design: Design | None = None

    @property
    def overall(self) -> GroupTable:
        """All groups pooled into one."""
        return GroupTable(
            (),
            ((),),
            self.measures.sum(axis=0, keepdims=True),
            self.has_label,
            self.has_decision,
            self.weight_kind,
        )

    def only(self, keep: Sequence[int]) -> GroupTable:
        """Keep some of the groups, by position."""
        return replace(
            self,
            groups=tuple(self.groups[i] for i in keep),
            measures=self.measures[list(keep)],
            design=None if self.design is None else self.design.only(keep),
        )

    @property
    def rows(self) -> Floats:
        """Rows of each group, shape (G,)."""
        return np.asarray(self.measures[..., ROWS].sum(axis=(-2, -1)))


@dataclass(frozen=True)
class Counted:
    """One rate of every group, with what it was counted from; all arrays of shape (G,).

    ``effective`` is the effective sample size of the denominator: its rows without weights, the sum
    of frequency weights, and (sum w)^2 / sum w^2 for survey weights (Kish 1965); or what a `Design` says,
    whose name ``design`` then is.
    """

    rate: Rate
    value: Floats
    numerator: Floats
    denominator: Floats
    rows: Floats
    effective: Floats
    missing_input: Reason | None = None
    design: str = ""

    def method(self, name: str) -> str:
        """Name an interval's method, and the design that its sizes come from."""
        return f"{name}, {self.design}" if self.design else name

    @property
    def successes(self) -> Floats:
        """Rate x effective size: the count that interval methods for proportions take."""
        return np.where(np.isnan(self.value), 0.0, np.nan_to_num(self.value) * self.effective)

    def reason(self, i: int) -> Reason | None:
        """Why the rate of group ``i`` is undefined, or None."""
        if self.missing_input is not None:
            return self.missing_input
        return self.rate.empty if np.isnan(self.value[i]) else None


def group_table(cube: Cube, *attributes: str) -> GroupTable:
    """Sum a cube into one confusion matrix for each group of the named attributes.

    Parameters
    ----------
    cube : Cube
        A binary one; a multiclass one is made binary first with `Cube.against_rest`.
    *attributes : str
        None: a single group of all rows.

    Raises
    ------
    InputError
        The cube is not binary, or has no such axis.

    Examples
    --------
    >>> from evenhand.metrics.tally import cube_of
    >>> table = group_table(cube_of([1, 0, 1], [1, 1, 0], sensitive_features={"sex": ["F", "M", "M"]}), "sex")
    >>> table.groups, count(table, RATES["selection_rate"]).value.tolist()
    ((('F',), ('M',)), [1.0, 0.5])
    """
    outcomes = [name for name in (LABEL, DECISION) if name in cube.names]
    for name in outcomes:
        if cube.axis(name).levels != (0, 1):
            rule = "one class is compared with the rest: choose it with against_rest"
            raise InputError.of("not_binary", name, f"{rule}; got the classes {cube.axis(name).levels[:6]}")
    kept = cube.keep(*attributes, *outcomes)
    width = len(attributes)
    shape = tuple(len(axis.levels) for axis in kept.axes[:width])
    flat = (
        np.ravel_multi_index(tuple(kept.codes[:, :width].T), shape)
        if width
        else np.zeros(len(kept.codes), dtype=int)
    )
    keys, group = np.unique(flat, return_inverse=True)
    label = kept.codes[:, kept.position(LABEL)] if LABEL in outcomes else np.zeros(len(flat), dtype=int)
    decision = (
        kept.codes[:, kept.position(DECISION)] if DECISION in outcomes else np.zeros(len(flat), dtype=int)
    )
    sizes = [len(kept.axis(name).levels) if name in outcomes else 1 for name in (LABEL, DECISION)]
    measures = np.zeros((len(keys), *sizes, kept.measures.shape[1]))
    measures[group, label, decision] = kept.measures
    places = np.unravel_index(keys, shape) if width else ()
    groups = tuple(tuple(kept.axes[a].levels[places[a][i]] for a in range(width)) for i in range(len(keys)))
    return GroupTable(attributes, groups, measures, LABEL in outcomes, DECISION in outcomes, cube.weight_kind)


def count(table: GroupTable, rate: Rate) -> Counted:
    """Count one rate in every group.

    Examples
    --------
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of([1, 1, 0], [1, 0, 0], sensitive_features={"sex": ["F", "M", "M"]})
    >>> table = group_table(cube, "sex")
    >>> counted = count(table, RATES["true_positive_rate"])
    >>> counted.value.tolist(), counted.denominator.tolist()
    ([1.0, 0.0], [1.0, 1.0])
    """
    groups = len(table.groups)
    lacking = _lacking(table, rate)
    if lacking is not None:
        nothing = np.full(groups, np.nan)
        return Counted(rate, nothing, nothing, nothing, np.zeros(groups), np.zeros(groups), lacking)
    above = rate.numerator(Cells(table.measures[..., WEIGHT]))
    below = rate.denominator(Cells(table.measures[..., WEIGHT]))
    rows = rate.denominator(Cells(table.measures[..., ROWS]))
    squares = rate.denominator(Cells(table.measures[..., SQUARE]))
    size, design = effective_size(below, squares, rows, table.weight_kind), ""
    if table.design is not None and rate.name in table.design.sizes:
        size, design = table.design.sizes[rate.name], table.design.name
    return Counted(rate, divide(above, below), above, below, rows, size, design=design)


def _lacking(table: GroupTable, rate: Rate) -> Reason | None:
    if rate.label and not table.has_label:
        return Reason.NO_LABELS
    if rate.decision and not table.has_decision:
        return Reason.NO_DECISIONS
    return None


def effective_size(weight: Floats, square: Floats, rows: Floats, kind: WeightKind | None) -> Floats:
    """Effective sample size of sums of weights; see `Counted`."""
    if kind is None:
        return rows
    if kind == "frequency":
        return weight
    return np.nan_to_num(divide(weight * weight, square))


def estimates(counted: Counted, level: float = 0.95) -> list[Estimate]:
    """Give each group's rate with its interval (`intervals.modified_wilson`).

    Parameters
    ----------
    counted : Counted
    level : float
        Coverage, in (0, 1).

    Returns
    -------
    list of Estimate
        In the order of the groups.
    """
    low, high = modified_wilson(counted.successes, counted.effective, level)
    method = counted.method(RATE_INTERVAL)
    return [
        Estimate(
            value=float(counted.value[i]),
            interval=None if np.isnan(low[i]) else Interval(float(low[i]), float(high[i]), level, method),
            numerator=float(counted.numerator[i]),
            denominator=float(counted.denominator[i]),
            rows=int(counted.rows[i]),
            effective=float(counted.effective[i]),
            reason=counted.reason(i),
        )
        for i in range(len(counted.value))
    ]


@dataclass(frozen=True)
class Means:
    """Mean, sample variance and effective size of the scores of every group; arrays of shape (G,)."""

    value: Floats
    variance: Floats
    effective: Floats
    rows: Floats


def score_means(table: GroupTable) -> Means:
    """Compute each group's mean score from the sums that the cube carries.

    The variance has divisor ``n - 1`` with ``n`` the effective size; ``nan`` below two rows.

    Examples
    --------
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of(y_score=[0.2, 0.4, 0.9], sensitive_features={"sex": ["F", "F", "M"]})
    >>> score_means(group_table(cube, "sex")).value.round(3).tolist()
    [0.3, 0.9]
    """
    sums = table.measures.sum(axis=(1, 2))
    weight = sums[:, WEIGHT]
    effective = effective_size(weight, sums[:, SQUARE], sums[:, ROWS], table.weight_kind)
    mean = divide(sums[:, SCORE_SUM], weight)
    spread = np.maximum(divide(sums[:, SCORE_SQUARE], weight) - mean * mean, 0.0)
    return Means(mean, spread * divide(effective, np.maximum(effective - 1, 0.0)), effective, sums[:, ROWS])


def mean_estimates(means: Means, level: float = 0.95) -> list[Estimate]:
    """Give each group's mean score with Student's t interval."""
    half = stdtrit(np.maximum(means.effective - 1, 1e-9), 0.5 + level / 2) * np.sqrt(
        divide(means.variance, means.effective)
    )
    return [
        Estimate(
            value=float(means.value[i]),
            interval=None
            if np.isnan(half[i])
            else Interval(
                float(means.value[i] - half[i]), float(means.value[i] + half[i]), level, "Student t"
            ),
            rows=int(means.rows[i]),
            effective=float(means.effective[i]),
            reason=Reason.EMPTY_GROUP if np.isnan(means.value[i]) else None,
        )
        for i in range(len(means.value))
    ]
