"""Composites compared between groups: differences and ratios of balanced accuracy, F1, MCC, error balance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import Reason
from .composite import (
    composite_estimates,
    composite_named,
    composite_replicates,
    lacking_axis,
    posterior_interval,
)
from .disparity import Choice
from .outcomes import reference_position
from .rates import GroupTable, divide
from .results import Against, Comparison, Disparity

Floats = NDArray[np.float64]


def composite_against_each(
    table: GroupTable,
    name: str,
    comparison: Comparison = "difference",
    reference: Choice = "largest",
    *,
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> list[Disparity]:
    """Compare a composite of each group with that of a reference group.

    Parameters
    ----------
    table : GroupTable
    name : str
        Of `COMPOSITES`; treatment equality (Berk et al. 2018) is ``"false_negative_false_positive_ratio"``.
    comparison : {"difference", "ratio", "log_ratio"}
    reference : "largest", "best" or a group
    level, draws, seed
        As for `composite_estimates`.

    Returns
    -------
    list of Disparity
        One a group, the reference itself and groups with a missing level excepted; group minus, or over,
        reference.

    Raises
    ------
    InputError
        No such composite or group.

    Examples
    --------
    >>> from evenhand.metrics.rates import group_table
    >>> from evenhand.metrics.tally import cube_of
    >>> decisions = [1, 0, 1, 0, 1, 1, 0, 0]
    >>> cube = cube_of([1, 1, 0, 0] * 2, decisions, sensitive_features=list("FFFFMMMM"))
    >>> [gap] = composite_against_each(group_table(cube, "sensitive_feature"), "f1_score", reference=("M",))
    >>> gap.value
    -0.5
    """
    composite, estimates = (
        composite_named(name),
        composite_estimates(table, name, level=level, draws=draws, seed=seed),
    )
    values = np.array([one.value for one in estimates])
    at = reference_position(table.groups, table.rows, reference, values)
    usable = lacking_axis(table) is None
    drawn = (
        composite_replicates(table, composite, draws, seed) if usable else np.full((1, len(values)), np.nan)
    )
    gaps, spread = _compare(values, values[at], comparison), _compare(drawn, drawn[:, [at]], comparison)
    against: Against = reference if isinstance(reference, str) else "reference"
    return [
        Disparity(
            metric=name,
            comparison=comparison,
            against=against,
            group=group,
            reference=table.groups[at],
            value=float(gaps[i]),
            interval=posterior_interval(float(gaps[i]), spread[:, i], level)
            if np.isfinite(gaps[i])
            else None,
            fair=1.0 if comparison == "ratio" else 0.0,
            reason=_why(float(gaps[i]), estimates[i].reason or estimates[at].reason),
        )
        for i, group in enumerate(table.groups)
        if i != at and None not in group
    ]


def _compare(first: Floats, second: Floats, comparison: Comparison) -> Floats:
    if comparison == "difference":
        return np.asarray(first - second)
    ratio = divide(first, second)
    with np.errstate(divide="ignore", invalid="ignore"):
        return ratio if comparison == "ratio" else np.log(ratio)


def _why(value: float, reason: Reason | None) -> Reason | None:
    return (reason or Reason.ZERO_REFERENCE) if np.isnan(value) else None
