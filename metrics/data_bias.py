"""Bias in the labels before any model is trained: sizes of groups and their distributions of labels.

The measures and signs are those of Amazon SageMaker Clarify (Hardt et al. 2021): the group ``d`` is
compared with the group ``a``, and a positive figure means that ``d`` is the worse off. Distances are
taken over the union of the label values; a value that one of the groups lacks counts as a share of 0,
where Clarify drops it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Reason, did_you_mean
from .careful_intervals import outer_of, seminorm_of
from .conditional import disparity_within
from .cube import Cube
from .intervals import modified_wilson, widened_difference
from .label_distances import DISTANCES
from .outcomes import OutcomeTable, outcome_table, resampled_weights
from .rates import WEIGHT, divide
from .results import RATE_INTERVAL, WIDENED_INTERVAL, Against, Disparity, Group, Interval, Level

Floats = NDArray[np.float64]

LABEL_MEASURES = (
    "class_imbalance",
    "label_difference",
    "label_kl_divergence",
    "label_js_divergence",
    "label_lp_norm",
    "label_total_variation",
    "label_ks_distance",
    "conditional_label_disparity",
)
_SIGNED = ("label_difference", "conditional_label_disparity")


@dataclass(frozen=True)
class _Comparison:
    """Two groups and how their figures are to be made; ``pair`` has shape (2, classes, 5), d first."""

    table: OutcomeTable
    pair: Floats
    group: Group
    reference: Group | None
    against: Against
    positive: int | None
    level: float
    draws: int
    seed: int

    def figure(
        self, metric: str, value: float, interval: Interval | None, reason: Reason | None
    ) -> Disparity:
        return Disparity(
            metric, "difference", self.against, self.group, self.reference, value, interval, reason=reason
        )


def label_bias(
    cube: Cube,
    *attributes: str,
    reference: Group | None = None,
    measures: Sequence[str] | None = None,
    positive: Level = None,
    strata: Sequence[str] | None = None,
    level: float = 0.95,
    draws: int = 500,
    seed: int = 0,
) -> list[Disparity]:
    """Compare the labels of every group with those of a reference group, or of everybody else.

    Parameters
    ----------
    cube : Cube
        With labels of any number of values.
    *attributes : str
        Sensitive attributes; several make intersections.
    reference : tuple, optional
        The group ``a`` that the others are compared with; everybody else without one.
    measures : sequence of str, optional
        Of `LABEL_MEASURES`; without it all that these labels and strata allow.
    positive : optional
        The favourable label value; 1 for binary labels. Labels of several values have no difference of
        proportions and no demographic disparity without it.
    strata : sequence of str, optional
        Axes within which ``conditional_label_disparity`` compares; the control features without it.
    level : float
        Of the intervals, in (0, 1).
    draws, seed : int
        Of the bootstrap over cells.

    Returns
    -------
    list of Disparity
        Group by group, in the order of the measures. 0 is fair. The intervals: modified Wilson for the
        class imbalance, Miettinen and Nurminen's for the difference of proportions and whatever follows from
        it where labels are binary; else see `evenhand.metrics.careful_intervals`. An infinite divergence has
        the reason ``zero_denominator`` and no interval.

    Raises
    ------
    InputError
        No such axis, group, measure or label value.

    Examples
    --------
    >>> from evenhand.metrics.tally import cube_of
    >>> labels = [1] * 20 + [0] * 20 + [1] * 45 + [0] * 15
    >>> cube = cube_of(labels, None, sensitive_features={"sex": ["F"] * 40 + ["M"] * 60})
    >>> found = label_bias(cube, "sex", reference=("M",), measures=["class_imbalance", "label_difference"])
    >>> [(gap.metric, round(gap.value, 3)) for gap in found]
    [('class_imbalance', 0.2), ('label_difference', 0.25)]
    """
    table = outcome_table(cube, *attributes)
    at = _positive(table.classes[0], positive)
    controls = cube.of_role("control") if strata is None else tuple(strata)
    wanted = _measures(measures, at, controlled=bool(controls))
    against: Against = "rest" if reference is None else "reference"
    found: list[Disparity] = []
    fixed = None if reference is None else table.groups[table.find(reference)]
    by_stratum = outcome_table(cube, *attributes, strata=controls)
    within = partial(disparity_within, by_stratum, at or 0, level=level, draws=draws, seed=seed)
    for group in table.groups:
        if group == fixed:
            continue
        pair = table.split(group, fixed)[:, 0]
        compared = _Comparison(table, pair, group, fixed, against, at, level, draws, seed)
        values = _distances(compared, [name for name in wanted if name in DISTANCES])
        for name in wanted:
            if name == "class_imbalance":
                values[name] = _imbalance(compared)
            elif name == "label_difference":
                values[name] = _difference(compared)
            elif name == "conditional_label_disparity":
                values[name] = within(group, fixed).disparity(name)
        found += [values[name] for name in wanted]
    return found


def _positive(classes: tuple[Level, ...], positive: Level) -> int | None:
    if positive is None:
        return 1 if classes == (0, 1) else None
    if positive not in classes:
        raise InputError.of(
            "unknown_level", "positive", f"no such label: {positive!r}; {did_you_mean(positive, classes)}"
        )
    return classes.index(positive)


def _measures(names: Sequence[str] | None, positive: int | None, *, controlled: bool) -> list[str]:
    if names is None:
        allowed = [name for name in LABEL_MEASURES if positive is not None or name not in _SIGNED]
        return allowed if controlled else [name for name in allowed if name != "conditional_label_disparity"]
    for name in names:
        if name not in LABEL_MEASURES:
            raise InputError.of(
                "unknown_metric",
                "measures",
                f"no measure is called {name!r}; {did_you_mean(name, LABEL_MEASURES)}",
            )
        if positive is None and name in _SIGNED:
            raise InputError.of(
                "positive", "positive", f"{name} needs the favourable label; name it with positive=..."
            )
    return list(names)


def _imbalance(pair: _Comparison) -> Disparity:
    sums = pair.pair.sum(axis=1)
    d, a = sums[:, WEIGHT]
    value = float(divide(a - d, a + d))
    if np.isnan(value):
        return pair.figure("class_imbalance", value, None, Reason.EMPTY_GROUP)
    size = pair.table.effective(sums.sum(axis=0))
    low, high = modified_wilson(d / (a + d) * size, size, pair.level)
    interval = Interval(float(1 - 2 * high), float(1 - 2 * low), pair.level, RATE_INTERVAL)
    return pair.figure("class_imbalance", value, interval, None)


def _proportion_interval(pair: _Comparison, positive: int) -> tuple[float, float]:
    sums = pair.pair.sum(axis=1)
    share = np.nan_to_num(divide(pair.pair[:, positive, WEIGHT], sums[:, WEIGHT]))
    size = pair.table.effective(sums)
    (d, a), (n, m) = share * size, size
    low, high = widened_difference(a, m, d, n, pair.level)
    return float(low), float(high)


def _difference(pair: _Comparison) -> Disparity:
    positive = pair.positive or 0
    d, a = divide(pair.pair[:, positive, WEIGHT], pair.pair[..., WEIGHT].sum(axis=1))
    if np.isnan(a - d):
        return pair.figure("label_difference", np.nan, None, Reason.EMPTY_GROUP)
    interval = Interval(*_proportion_interval(pair, positive), pair.level, WIDENED_INTERVAL)
    return pair.figure("label_difference", float(a - d), interval, None)


_OF_DIFFERENCE = {"label_lp_norm": 2**0.5, "label_total_variation": 1.0, "label_ks_distance": 1.0}


def _distances(pair: _Comparison, names: Sequence[str]) -> dict[str, Disparity]:
    """Compute the distances, all from the same replicates."""
    weights = pair.pair[..., WEIGHT]
    if not names or not weights.sum(axis=1).all():
        return {name: pair.figure(name, np.nan, None, Reason.EMPTY_GROUP) for name in names}
    d, a = weights / weights.sum(axis=1, keepdims=True)
    drawn = resampled_weights(pair.pair, pair.table.weight_kind, pair.draws, pair.seed, stratified=True)
    shares = divide(drawn, drawn.sum(axis=-1, keepdims=True))
    found = {}
    for name in names:
        value = float(DISTANCES[name](a, d))
        if len(a) == 2 and name in _OF_DIFFERENCE:
            interval: Interval | None = _folded(pair, _OF_DIFFERENCE[name])
        elif name in _OF_DIFFERENCE:
            gap, nothing = shares[:, 1] - shares[:, 0], np.zeros(len(a))
            noise = DISTANCES[name](gap - (a - d), nothing)
            interval = seminorm_of(value, DISTANCES[name](gap, nothing), noise, pair.level)
        else:
            interval = outer_of(value, DISTANCES[name](shares[:, 1], shares[:, 0]), pair.level)
        found[name] = pair.figure(name, value, interval, Reason.ZERO_DENOMINATOR if np.isinf(value) else None)
    return found


def _folded(pair: _Comparison, factor: float) -> Interval:
    low, high = _proportion_interval(pair, 1)
    ends = sorted((abs(low), abs(high)))
    return Interval(
        factor * (0.0 if low <= 0 <= high else ends[0]), factor * ends[1], pair.level, WIDENED_INTERVAL
    )
