"""Many classes: each class against the rest in every group, their mean, and the class that is worst off.

One multiclass cube gives the confusion matrix of every group; each class then has its own binary matrix,
and a rate of the table of rates is read from all of them at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Reason
from .cube import DECISION, LABEL, Cube
from .groups import sort_key
from .rates import (
    ROWS,
    SQUARE,
    WEIGHT,
    Counted,
    GroupTable,
    count,
    divide,
    effective_size,
    estimates,
    rate_named,
)
from .results import Estimate, Group, Interval, Level
from .tally import cube_of
from .worst_case import worst_difference, worst_ratio

Floats = NDArray[np.float64]
Over = Literal["worst_class", "macro"]
_LOW_IS_GOOD = frozenset(
    {
        "false_negative_rate",
        "false_positive_rate",
        "false_discovery_rate",
        "false_omission_rate",
        "error_rate",
    }
)


@dataclass(frozen=True)
class ClassRates:
    """One rate of each class against the rest, in every group.

    Parameters
    ----------
    rate : str
    attributes : tuple of str
    groups : tuple of tuple, length G
    classes : tuple, length K
        Every class that occurs among labels or decisions.
    counted : Counted
        Arrays of shape (G * K,), the classes of one group together.
    pooled : Counted
        Of all rows, shape (K,).

    Examples
    --------
    >>> found = class_rates(list("abcabc"), list("abcabb"), sensitive_features=list("FFFMMM"))
    >>> found.values.tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]]
    >>> found.macro.round(3).tolist(), found.worst_class
    ([1.0, 0.667], ('a', 'c'))
    >>> found.difference(), found.difference("macro").__round__(3)
    (1.0, 0.333)
    """

    rate: str
    attributes: tuple[str, ...]
    groups: tuple[Group, ...]
    classes: tuple[Level, ...]
    counted: Counted
    pooled: Counted

    @cached_property
    def values(self) -> Floats:
        """The rate of each group (a row) and class (a column), shape (G, K); ``nan`` where undefined."""
        return self.counted.value.reshape(len(self.groups), len(self.classes))

    @property
    def overall(self) -> Floats:
        """The rate of each class among all rows, shape (K,)."""
        return self.pooled.value

    @property
    def macro(self) -> Floats:
        """Plain mean over the classes, shape (G,); ``nan`` where a class's rate is undefined in the group."""
        return np.asarray(self.values.mean(axis=1))

    @property
    def worst(self) -> Floats:
        """Least favourable class's rate, shape (G,): the smallest, or the largest of an error's rate.

        ``nan`` where a class's rate is undefined in the group.
        """
        return np.asarray(self.values.max(axis=1) if self._low_is_good else self.values.min(axis=1))

    @property
    def worst_class(self) -> tuple[Level, ...]:
        """The class that `worst` speaks of, one for each group; None where undefined."""
        pick = np.argmax if self._low_is_good else np.argmin
        return tuple(None if np.isnan(row).any() else self.classes[int(pick(row))] for row in self.values)

    def estimate(self, group: Group, level: Level, confidence: float = 0.95) -> Estimate:
        """Give one class's rate in one group, with its interval and the reason where undefined.

        Raises
        ------
        InputError
            There is no such group or class.
        """
        at = self._place(self.groups, group, "group") * len(self.classes)
        return estimates(self.counted, confidence)[at + self._place(self.classes, level, "level")]

    def undefined(self) -> dict[tuple[Group, Level], Reason]:
        """Tell which rates are undefined, and why."""
        width = len(self.classes)
        found = ((i, self.counted.reason(i)) for i in range(len(self.counted.value)))
        return {
            (self.groups[i // width], self.classes[i % width]): reason
            for i, reason in found
            if reason is not None
        }

    def differences(self) -> dict[Level, float]:
        """Largest minus smallest rate over the groups, for each class; ``nan`` where a group has none."""
        spans = self.values.max(axis=0) - self.values.min(axis=0)
        return dict(zip(self.classes, spans.tolist(), strict=True))

    def ratios(self) -> dict[Level, float]:
        """Smallest by largest rate over the groups, for each class; ``nan`` where a group has none."""
        shares = divide(self.values.min(axis=0), self.values.max(axis=0))
        return dict(zip(self.classes, shares.tolist(), strict=True))

    def difference(self, over: Over = "worst_class") -> float:
        """Give the largest difference between groups, of any class or of the macro mean; 0 is fair."""
        _refuse_over(over)
        if over == "macro":
            return float(self.macro.max() - self.macro.min())
        return float(np.max(list(self.differences().values())))

    def ratio(self, over: Over = "worst_class") -> float:
        """Give the smallest ratio between groups, of any class or of the macro mean; 1 is fair."""
        _refuse_over(over)
        if over == "macro":
            return float(divide(self.macro.min(), self.macro.max()))
        return float(np.min(list(self.ratios().values())))

    def difference_interval(
        self, level: float = 0.95, *, draws: int = 2000, seed: int = 0
    ) -> Interval | None:
        """Give the interval of ``difference()``, with all pairs of groups and all classes as one family.

        See `evenhand.metrics.worst_case.worst_difference`; None where the difference is undefined.
        """
        if np.isnan(self.difference()) or len(self.groups) < 2:
            return None
        found = worst_difference(*self._family(), level=level, draws=draws, seed=seed)
        return Interval(found.low, found.high, level, found.method)

    def ratio_interval(self, level: float = 0.95, *, draws: int = 2000, seed: int = 0) -> Interval | None:
        """Give the interval of ``ratio()``; see `difference_interval`."""
        if np.isnan(self.ratio()) or len(self.groups) < 2:
            return None
        found = worst_ratio(*self._family(), level=level, draws=draws, seed=seed)
        return Interval(found.low, found.high, level, found.method)

    @property
    def _low_is_good(self) -> bool:
        return self.rate in _LOW_IS_GOOD

    def _family(self) -> tuple[Floats, Floats]:
        shape = self.values.shape
        return self.counted.successes.reshape(shape).T, self.counted.effective.reshape(shape).T

    @staticmethod
    def _place(known: Sequence[Any], wanted: Any, name: str) -> int:
        if wanted not in known:
            shown = ", ".join(map(repr, known[:20]))
            raise InputError.of("unknown_level", name, f"one of {shown} is wanted, got {wanted!r}")
        return known.index(wanted)


def class_rates(
    y_true: Any,
    y_pred: Any,
    *,
    sensitive_features: Any,
    rate: str = "true_positive_rate",
    sample_weight: Any = None,
) -> ClassRates:
    """Compute one rate of each class against the rest, in every group.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (rows,)
        Classes of any kind.
    sensitive_features : series, frame, mapping, array or list
        Several columns make intersections. A missing value is a group of its own.
    rate : str
        A rate of the catalogue. Of a class: the true positive rate is its recall, the positive predictive
        value its precision, the selection rate its share of the decisions.
    sample_weight : array-like of shape (rows,), optional

    Returns
    -------
    ClassRates

    Raises
    ------
    InputError
        As `evenhand.metrics.tally.cube_of`, and for an unknown rate.

    Examples
    --------
    >>> found = class_rates([0, 1, 2, 2], [0, 1, 2, 1], sensitive_features=list("FFMM"))
    >>> found.undefined()[("F",), 2].value
    'no_positives'
    """
    rate_named(rate)
    cube = cube_of(
        y_true, y_pred, sensitive_features=sensitive_features, sample_weight=sample_weight, task="multiclass"
    )
    return cube_class_rates(cube, rate, *cube.of_role("sensitive"))


def cube_class_rates(cube: Cube, rate: str, *attributes: str) -> ClassRates:
    """Read one rate of each class against the rest from a multiclass cube.

    Parameters
    ----------
    cube : Cube
        With labels and decisions, counted with ``task="multiclass"``.
    rate : str
    *attributes : str
        Axes that make the groups.

    Returns
    -------
    ClassRates

    Raises
    ------
    InputError
        The cube has no such axis, or no labels or decisions; the rate is unknown.

    Examples
    --------
    >>> cube = cube_of(list("ab"), list("aa"), sensitive_features={"sex": ["F", "M"]}, task="multiclass")
    >>> cube_class_rates(cube, "selection_rate", "sex").values.tolist()
    [[1.0, 0.0], [1.0, 0.0]]
    """
    wanted = rate_named(rate)
    classes, groups, matrices = _confusions(cube, attributes)
    counted = count(_table(cube, _against_rest(matrices)), wanted)
    pooled = count(_table(cube, _against_rest(matrices.sum(axis=0, keepdims=True))), wanted)
    return ClassRates(rate, attributes, groups, classes, counted, pooled)


def _table(cube: Cube, binary: Floats) -> GroupTable:
    flat = binary.reshape(-1, *binary.shape[2:])
    return GroupTable(
        (), ((),) * len(flat), flat, has_label=True, has_decision=True, weight_kind=cube.weight_kind
    )


def _confusions(cube: Cube, attributes: Sequence[str]) -> tuple[tuple[Level, ...], tuple[Group, ...], Floats]:
    """Give the classes, the groups, and measures of shape (G, K, K, 5) by group, label and decision."""
    levels = [level for name in (LABEL, DECISION) for level in cube.axis(name).levels]
    distinct = {(type(level), level): level for level in levels}
    classes = tuple(sorted(distinct.values(), key=sort_key))
    places = {(type(level), level): i for i, level in enumerate(classes)}
    for name in (LABEL, DECISION):
        lookup = [places[type(level), level] for level in cube.axis(name).levels]
        cube = cube.recode(name, lookup, classes)
    kept = cube.keep(*attributes, LABEL, DECISION)
    groups = cube.groups(*attributes)
    _, group = np.unique(kept.codes[:, : len(attributes)], axis=0, return_inverse=True)
    width = len(classes)
    matrices = np.zeros((len(groups), width, width, kept.measures.shape[1]))
    matrices[group.ravel(), kept.codes[:, -2], kept.codes[:, -1]] = kept.measures
    return classes, groups, matrices


def _against_rest(matrices: Floats) -> Floats:
    """Turn measures (G, K, K, 5) into those of each class against the rest, (G, K, 2, 2, 5)."""
    own = np.eye(matrices.shape[1])
    sides = (1 - own, own)
    # Sums over the cells themselves, not differences of sums, so that a side without rows is exactly 0.
    return np.stack(
        [
            np.stack([np.einsum("gijm,ki,kj->gkm", matrices, a, b, optimize=True) for b in sides], axis=2)
            for a in sides
        ],
        axis=2,
    )


def multiclass_accuracy(
    y_true: Any, y_pred: Any, *, sensitive_features: Any, sample_weight: Any = None
) -> dict[Group, Estimate]:
    """Compute the share of rows whose decision is their class, in every group.

    Parameters
    ----------
    y_true, y_pred, sensitive_features, sample_weight
        As for `class_rates`.

    Returns
    -------
    dict
        Group to its accuracy, without an interval where undefined; that of rates else.

    Examples
    --------
    >>> found = multiclass_accuracy(list("abc"), list("abb"), sensitive_features=list("FMM"))
    >>> found["M",].value, round(found["M",].interval.high, 2)
    (0.5, 0.97)
    """
    cube = cube_of(
        y_true, y_pred, sensitive_features=sensitive_features, sample_weight=sample_weight, task="multiclass"
    )
    _, groups, matrices = _confusions(cube, cube.of_role("sensitive"))
    hit = np.einsum("gkk->g", matrices[..., WEIGHT])
    everyone = matrices.sum(axis=(1, 2))
    weight, rows = everyone[:, WEIGHT], everyone[:, ROWS]
    effective = effective_size(weight, everyone[:, SQUARE], rows, cube.weight_kind)
    counted = Counted(rate_named("accuracy"), divide(hit, weight), hit, weight, rows, effective)
    return dict(zip(groups, estimates(counted), strict=True))


def multiclass_difference(
    y_true: Any,
    y_pred: Any,
    *,
    sensitive_features: Any,
    rate: str = "true_positive_rate",
    over: Over = "worst_class",
    sample_weight: Any = None,
) -> float:
    """Compute the largest difference of a rate between groups: of any class, or of the mean over classes.

    With ``rate="selection_rate"`` this is demographic parity of many classes, with the true positive rate
    equal opportunity; in [0, 1], 0 is fair. ``nan`` where a class's rate is undefined in a group.

    Parameters
    ----------
    y_true, y_pred, sensitive_features, rate, sample_weight
        As for `class_rates`.
    over : {"worst_class", "macro"}

    Examples
    --------
    >>> multiclass_difference(list("abab"), list("abaa"), sensitive_features=list("FFMM"))
    1.0
    """
    return class_rates(
        y_true, y_pred, sensitive_features=sensitive_features, rate=rate, sample_weight=sample_weight
    ).difference(over)


def multiclass_ratio(
    y_true: Any,
    y_pred: Any,
    *,
    sensitive_features: Any,
    rate: str = "true_positive_rate",
    over: Over = "worst_class",
    sample_weight: Any = None,
) -> float:
    """Compute the smallest ratio of a rate between groups: of any class, or of the mean over classes.

    In [0, 1], 1 is fair; the arguments are those of `multiclass_difference`.

    Examples
    --------
    >>> multiclass_ratio(list("abab"), list("abaa"), sensitive_features=list("FFMM"), over="macro")
    0.5
    """
    return class_rates(
        y_true, y_pred, sensitive_features=sensitive_features, rate=rate, sample_weight=sample_weight
    ).ratio(over)


def _refuse_over(over: str) -> None:
    if over not in ("worst_class", "macro"):
        raise InputError.of("choice", "over", f"one of worst_class, macro is wanted, got {over!r}")
