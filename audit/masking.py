"""Figures that speak of too few people are taken out before anything is drawn.

A group may be large enough to be shown and yet hold only three people with a positive label: its true
positive rate then speaks of three people, and its precision or accuracy would tell the same. The record keeps
the figures, which are evidence; pages and the terminal withhold them. What is withheld, and why
subtraction does not bring it back, stands in :mod:`.privacy`.
"""

from __future__ import annotations

import math
from dataclasses import replace

from ..errors import Reason
from ..metrics.results import Disparity, Estimate, Group
from .explain.kinds import uses_labels
from .masked_model import masked_neural, masked_rows, masked_whole
from .masked_slices import masked_slices
from .privacy import Hidden, hidden_groups, hidden_joints, is_joint
from .record import ConditionalFacts, GroupFacts, GroupingFacts, Record


def masked(record: Record) -> Record:
    """Return the record without the joint figures that are withheld.

    Parameters
    ----------
    record : Record

    Returns
    -------
    Record
        Such rates, and the comparisons made of them, are ``nan`` with the reason ``withheld``; explanations
        of gaps between such groups are gone, slices that would tell of few people are marked, and so are
        figures within levels. Groups that are withheld whole keep their figures here: views
        leave them out by their marks.
    """
    hidden = hidden_groups(record)
    joints = hidden_joints(record, hidden)
    groupings = tuple(_grouping(item, joints[item.name] - hidden[item.name]) for item in record.groupings)
    explanations = tuple(
        item
        for item in record.explanations
        if not (is_joint(item.metric) or uses_labels(item.metric))
        or {item.group, item.reference}.isdisjoint(joints.get(item.grouping, frozenset()))
    )
    return record.model_copy(
        update={
            "groupings": groupings,
            "explanations": masked_rows(explanations, record.privacy_minimum),
            "conditional": tuple(_conditional(item, hidden, joints) for item in record.conditional),
            "slices": masked_slices(record, hidden, joints),
            "whole": masked_whole(record, hidden),
            "neural": masked_neural(record, hidden),
        }
    )


def _conditional(item: ConditionalFacts, hidden: Hidden, joints: Hidden) -> ConditionalFacts:
    """Withhold the figures of groups within levels, too."""
    whole, parted = (gone.get(item.grouping, frozenset()) for gone in (hidden, joints))
    return item.model_copy(
        update={
            "strata": tuple(
                level.model_copy(
                    update={
                        "figures": tuple(_disparity(_unsaid(one, whole), parted) for one in level.figures)
                    }
                )
                for level in item.strata
            ),
            "pooled": tuple(
                line.model_copy(update={"withheld": True})
                if {line.group, line.reference} & (parted if is_joint(line.metric) else whole)
                else line
                for line in item.pooled
            ),
        }
    )


def _grouping(grouping: GroupingFacts, gone: frozenset[Group]) -> GroupingFacts:
    if not gone:
        return grouping
    return grouping.model_copy(
        update={
            "groups": tuple(_group(item) if item.group in gone else item for item in grouping.groups),
            "disparities": tuple(_disparity(item, gone) for item in grouping.disparities),
        }
    )


def _group(group: GroupFacts) -> GroupFacts:
    withheld = Estimate(math.nan, reason=Reason.WITHHELD)
    rates = {name: withheld if is_joint(name) else value for name, value in group.rates.items()}
    return group.model_copy(update={"rates": rates})


def _disparity(item: Disparity, gone: frozenset[Group]) -> Disparity:
    return _unsaid(item, gone) if is_joint(item.metric) else item


def _unsaid(item: Disparity, gone: frozenset[Group]) -> Disparity:
    if gone.isdisjoint({item.group, item.reference}):
        return item
    return replace(item, value=math.nan, interval=None, p_value=math.nan, reason=Reason.WITHHELD)
