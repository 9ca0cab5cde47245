"""Conditional demographic disparity: disparities within strata, and their mean.

The strata are combinations of control features that a person chose as legitimate grounds of a decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Reason, did_you_mean
from .careful_intervals import percentile_of
from .cube import DECISION, Cube
from .outcomes import OutcomeTable, outcome_table, resampled_weights
from .rates import ROWS, WEIGHT, divide
from .results import Against, Disparity, Group, Interval, Level

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stratum:
    """One stratum of a conditional comparison.

    Parameters
    ----------
    stratum : tuple
        One level for each control feature.
    rows : int
    weight : float
        Share of this stratum in the conditional disparity; 0 where the stratum is left out.
    disparity : float
        Demographic disparity within the stratum; ``nan`` where left out.
    rate, reference_rate : float
        Share of the favourable outcome in the group and in what it is compared with.
    """

    stratum: Group
    rows: int
    weight: float
    disparity: float
    rate: float
    reference_rate: float


@dataclass(frozen=True)
class ConditionalDisparity:
    """Demographic disparity of one group, within strata and without them.

    Parameters
    ----------
    group, reference : tuple or None
        ``reference`` is None where the comparison is with everybody else.
    value : float
        Mean of the strata's disparities, weighted by their size; in [-1, 1], 0 is fair, and above 0 the
        group has a larger share of the rejected than of the accepted.
    interval : Interval or None
    crude : float
        The disparity without strata.
    strata : tuple of Stratum
    reason : Reason or None
    """

    group: Group
    reference: Group | None
    value: float
    interval: Interval | None
    crude: float
    strata: tuple[Stratum, ...]
    reason: Reason | None = None

    def disparity(self, metric: str) -> Disparity:
        """Give the figure as a `Disparity` under a name of the catalogue."""
        against: Against = "rest" if self.reference is None else "reference"
        pair = self.group, self.reference
        return Disparity(metric, "difference", against, *pair, self.value, self.interval, reason=self.reason)


def conditional_disparity(
    cube: Cube,
    attributes: Sequence[str],
    group: Group,
    *,
    reference: Group | None = None,
    strata: Sequence[str] | None = None,
    outcome: str = DECISION,
    positive: Level = 1,
    level: float = 0.95,
    draws: int = 500,
    seed: int = 0,
) -> ConditionalDisparity:
    """Conditional demographic disparity (Wachter, Mittelstadt & Russell 2021): 0 is fair.

    Within a stratum ``DD = P(group | rejected) - P(group | accepted)``; the figure is the mean of DD over
    strata, weighted by their size. Strata where nobody was rejected, nobody accepted, or one side has no
    rows cannot show a disparity: they are left out of the mean, and listed with weight 0. (Clarify sets
    the missing share to 0 instead, and AIF360 takes the sensitive groups themselves as strata.)

    Parameters
    ----------
    cube : Cube
        With decisions, or labels for the disparity in the labels (CDDL).
    attributes : sequence of str
    group : tuple
        The group in question, one level for each attribute.
    reference : tuple, optional
        Only rows of these two groups are looked at; all rows without one.
    strata : sequence of str, optional
        Axes to condition on; the control features without it.
    outcome : str
        ``"y_pred"`` or ``"y_true"``.
    positive
        The favourable outcome; every other one counts as a rejection.
    level, draws, seed
        Of the bootstrap over cells, which resamples rows within each stratum.

    Returns
    -------
    ConditionalDisparity

    Raises
    ------
    InputError
        No such axis, group or outcome.

    Examples
    --------
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of(None, [1, 0, 1, 0, 1, 0, 0, 0], sensitive_features={"sex": list("FFMMFMMF")},
    ...     control_features={"job": list("aaaabbbb")})
    >>> found = conditional_disparity(cube, ["sex"], ("F",))
    >>> [round(one.disparity, 3) for one in found.strata], round(found.value, 3)
    ([0.0, -0.667], -0.333)
    """
    table, at = stratified_table(cube, attributes, strata, outcome, positive)
    return disparity_within(table, at, group, reference, level=level, draws=draws, seed=seed)


def disparity_within(
    table: OutcomeTable,
    at: int,
    group: Group,
    reference: Group | None = None,
    *,
    level: float = 0.95,
    draws: int = 500,
    seed: int = 0,
) -> ConditionalDisparity:
    """Compute `conditional_disparity` from a table summed already; ``at`` is the favourable outcome."""
    pair = accepted_or_not(table.split(group, reference), at)
    weights = pair[..., WEIGHT]
    value = float(_conditional(weights))
    parts, whole = _parts(weights), weights.sum(axis=(0, 2))
    shares = np.nan_to_num(divide(np.where(np.isnan(parts), 0, whole), whole[~np.isnan(parts)].sum()))
    rates = divide(weights[..., 1], weights.sum(axis=-1))
    listed = tuple(
        Stratum(
            stratum,
            int(pair[:, i, :, ROWS].sum()),
            *map(float, (shares[i], parts[i], rates[0, i], rates[1, i])),
        )
        for i, stratum in enumerate(table.strata)
    )
    crude = float(_parts(weights.sum(axis=1, keepdims=True))[0])
    if np.isnan(value):
        return ConditionalDisparity(group, reference, value, None, crude, listed, Reason.ZERO_DENOMINATOR)
    cells = np.moveaxis(pair, 0, 1).reshape(len(listed), 4, -1)
    drawn = resampled_weights(cells, table.weight_kind, draws, seed, stratified=True)
    values = _conditional(np.moveaxis(drawn.reshape(draws, -1, 2, 2), 2, 1))
    return ConditionalDisparity(group, reference, value, percentile_of(value, values, level), crude, listed)


def stratified_table(
    cube: Cube, attributes: Sequence[str], strata: Sequence[str] | None, outcome: str, positive: Level
) -> tuple[OutcomeTable, int]:
    """Sum a cube by strata (by default the controls), groups and outcome; find the favourable one."""
    controls = cube.of_role("control") if strata is None else tuple(strata)
    table = outcome_table(cube, *attributes, outcomes=(outcome,), strata=controls)
    classes = table.classes[0]
    if positive not in classes:
        raise InputError.of(
            "unknown_level", "positive", f"no such outcome: {positive!r}; {did_you_mean(positive, classes)}"
        )
    return table, classes.index(positive)


def accepted_or_not(pair: Floats, positive: int) -> Floats:
    """Merge the outcomes of a pair of groups into the favourable one and the rest; shape (2, S, 2, 5)."""
    accepted = pair[:, :, positive]
    return np.stack([pair.sum(axis=2) - accepted, accepted], axis=2)


def _parts(weights: Floats) -> Floats:
    """Disparity of each stratum; ``weights`` has shape (..., 2 groups, strata, 2 outcomes)."""
    shares = divide(weights[..., 0, :, :], weights.sum(axis=-3))
    both = (weights.sum(axis=-1) > 0).all(axis=-2)
    return np.where(both, shares[..., 0] - shares[..., 1], np.nan)


def _conditional(weights: Floats) -> Floats:
    parts = _parts(weights)
    size = np.where(np.isnan(parts), 0.0, weights.sum(axis=(-3, -1)))
    return divide((np.nan_to_num(parts) * size).sum(axis=-1), size.sum(axis=-1))
