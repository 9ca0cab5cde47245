"""Which groups' figures are withheld, so that no small group can be worked out from what the page shows.

Two things are told of a group: its margins (rows, base rate, selection rate) and its joint figures (whatever
needs label and decision together: true positive rate, precision, accuracy, ...). A group under the privacy
minimum has neither. A group that is large enough but has fewer people than the minimum among its positives or
its negatives has no joint figures: one of them would speak of these few people, and with the margins known,
each of them gives all the others away. (That few were selected or rejected hides nothing: precision among
eight selected says no more than what the margins and the true positive rate say already.)

What else is withheld, so that subtraction does not bring these back, stands in :mod:`.complement`.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import Reason
from ..metrics.catalogue import CATALOGUE
from ..metrics.rates import RATES
from ..metrics.results import Disparity, Group
from .complement import closed_groups, closed_joints
from .record import GroupFacts, Record

Hidden = Mapping[str, frozenset[Group]]
"""By grouping name, the groups whose figures are withheld."""

_OUTCOMES = ("true_positive_rate", "false_positive_rate")
"""Rates whose denominators are the positives and the negatives."""


def hidden_groups(record: Record) -> Hidden:
    """Find every group to withhold, by grouping.

    Parameters
    ----------
    record : Record

    Returns
    -------
    mapping of str to frozenset of tuple
        One entry for each grouping; empty sets where nothing is withheld.
    """
    if record.public:
        return {part.name: frozenset(g.group for g in part.groups if g.withheld) for part in record.groupings}
    minimum = record.privacy_minimum
    hidden = {
        part.name: {g.group for g in part.groups if g.withheld or g.rows < minimum}
        for part in record.groupings
    }
    return closed_groups(record, hidden)


def hidden_joints(record: Record, hidden: Hidden) -> Hidden:
    """Find every group whose joint figures of label and decision are withheld, by grouping.

    Parameters
    ----------
    record : Record
    hidden : mapping of str to frozenset of tuple
        What ``hidden_groups`` found; these groups are among the result.

    Returns
    -------
    mapping of str to frozenset of tuple
    """
    if record.public:
        return {
            part.name: hidden[part.name] | frozenset(g.group for g in part.groups if _is_masked(g))
            for part in record.groupings
        }
    minimum = record.privacy_minimum
    begun = {
        part.name: {g.group for g in part.groups if any(0 < size < minimum for size in _sizes(g))}
        | set(hidden[part.name])
        for part in record.groupings
    }
    return closed_joints(record, hidden, begun)


def is_joint(metric: str) -> bool:
    """Tell whether a figure needs label and decision together.

    Examples
    --------
    >>> is_joint("equalized_odds_difference"), is_joint("demographic_parity_ratio"), is_joint("accuracy")
    (True, False, True)
    """
    row = CATALOGUE.get(metric)
    rates = (row.rates or (metric,)) if row is not None else (metric,)
    return any(rate in RATES and RATES[rate].label and RATES[rate].decision for rate in rates)


def _is_masked(item: GroupFacts) -> bool:
    return any(rate.reason is Reason.WITHHELD for rate in item.rates.values())


def _sizes(item: GroupFacts) -> list[int]:
    """Count the positives and the negatives of a group, where it has labels and decisions."""
    return [item.rates[name].rows for name in _OUTCOMES if name in item.rates]


def conceals(item: Disparity, hidden: frozenset[Group]) -> bool:
    """Tell whether a comparison would give away the figures of a withheld group."""
    return item.group in hidden or item.reference in hidden


def concealed_figures(record: Record, hidden: Hidden, joints: Hidden) -> frozenset[tuple[str, str]]:
    """Find the figures, as (grouping, metric), that rest on a withheld group or on withheld joint figures."""
    worst = {
        (part.name, item.metric)
        for part in record.groupings
        for item in part.disparities
        if item.against == "all_pairs"
        and conceals(item, (joints if is_joint(item.metric) else hidden)[part.name])
    }
    judged = {
        (verdict.limit.attribute, verdict.limit.metric)
        for verdict in record.verdicts
        if is_joint(verdict.limit.metric)
        and {verdict.group, verdict.reference} & joints.get(verdict.limit.attribute, frozenset())
    }
    return frozenset(worst | judged)
