"""Figures that rest on too few people are taken out before anything is drawn.

A group may be large enough to be shown and yet hold only three people with a positive label: its true
positive rate then speaks of three people. The record keeps the figure, which is evidence; pages and the
terminal withhold it.
"""

from __future__ import annotations

import math
from dataclasses import replace

from ..audit.record import GroupFacts, GroupingFacts, Record
from ..errors import Reason
from ..metrics.results import Disparity, Estimate, Group


def masked(record: Record) -> Record:
    """Return the record without the rates whose denominator is below the privacy minimum.

    Parameters
    ----------
    record : Record

    Returns
    -------
    Record
        Such rates, and the comparisons made of them, are ``nan`` with the reason ``withheld``.
    """
    groupings = tuple(_grouping(item, record.privacy_minimum) for item in record.groupings)
    return record.model_copy(update={"groupings": groupings})


def _grouping(grouping: GroupingFacts, minimum: int) -> GroupingFacts:
    small = {
        (group.group, name)
        for group in grouping.groups
        if not group.withheld  # its figures are withheld whole, by other means
        for name, estimate in group.rates.items()
        if 0 < estimate.rows < minimum
    }
    if not small:
        return grouping
    return grouping.model_copy(
        update={
            "groups": tuple(_group(group, small) for group in grouping.groups),
            "disparities": tuple(_disparity(item, small) for item in grouping.disparities),
        }
    )


def _group(group: GroupFacts, small: set[tuple[Group, str]]) -> GroupFacts:
    gone = Estimate(math.nan, reason=Reason.WITHHELD)
    rates = {name: gone if (group.group, name) in small else value for name, value in group.rates.items()}
    return group.model_copy(update={"rates": rates})


def _disparity(item: Disparity, small: set[tuple[Group, str]]) -> Disparity:
    pair = [group for group in (item.group, item.reference) if group is not None]
    if not any((group, item.metric) in small for group in pair):
        return item
    return replace(item, value=math.nan, interval=None, p_value=math.nan, reason=Reason.WITHHELD)
