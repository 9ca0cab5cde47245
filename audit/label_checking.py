"""The check of the labels in an audit: for every attribute, the group furthest from the reference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import InputError, Reason
from ..metrics.results import Group
from .explain.label_check import ATTRIBUTE, LEARNER, LabelCheckResult, check_labels
from .explaining_pairs import furthest
from .mitigating import Rows
from .paired_figures import crossed
from .record import Absent, GroupingFacts
from .record_explain import LabelBar, LabelCheck


def label_checks(
    train: Rows, test: Rows, groupings: Sequence[GroupingFacts], *, minimum: int, seed: int, level: float
) -> tuple[tuple[LabelCheck, ...], tuple[Absent, ...]]:
    """Check the labels by every grouping, with a diagnostic model that is trained on the training rows.

    Parameters
    ----------
    train, test : Rows
    groupings : sequence of GroupingFacts
    minimum : int
        Rows that both groups must have.
    seed : int
    level : float
        Of the intervals.
    """
    found, absent = [], []
    for grouping in groupings:
        outcome = _check(train, test, grouping, minimum=minimum, seed=seed, level=level)
        if isinstance(outcome, LabelCheck):
            found.append(outcome)
        else:
            absent.append(Absent(part=f"check of the labels by {grouping.name}", reason=outcome))
    return tuple(found), tuple(absent)


def _check(
    train: Rows, test: Rows, grouping: GroupingFacts, *, minimum: int, seed: int, level: float
) -> LabelCheck | str:
    pair = furthest(grouping, "selection_rate", minimum)
    if pair is None:
        return Reason.BELOW_MINIMUM.sentence
    keys = [grouping.groups[place].group for place in pair]
    codes, groups = crossed(test.attributes, grouping.attributes)
    train_codes, train_groups = crossed(train.attributes, grouping.attributes)
    # Both tables' groups under the numbers of the tested table; a group that only one has gets a new number.
    numbers = {key: place for place, key in enumerate(dict.fromkeys((*groups, *train_groups)))}
    renumbered = [numbers[key] for key in train_groups]
    dropped = [name for name in grouping.attributes if name in test.frame.columns]
    try:
        found = check_labels(
            train.frame.drop(columns=dropped),
            train.labels,
            np.array(renumbered)[train_codes],
            test.frame.drop(columns=dropped),
            codes,
            group=numbers[keys[0]],
            reference=numbers[keys[1]],
            train_weight=train.weight,
            test_weight=test.weight,
            seed=seed,
            level=level,
        )
    except InputError as error:
        return error.problems[0].message
    return _recorded(found, grouping, keys, len(train.labels))


def _recorded(
    found: LabelCheckResult, grouping: GroupingFacts, keys: Sequence[Group], trained_on: int
) -> LabelCheck:
    without = {bar.player: bar.value for bar in found.without.bars}
    return LabelCheck(
        grouping=grouping.name,
        group=keys[0],
        reference=keys[1],
        learner=LEARNER,
        without=found.without.measured,
        added=found.added.measured,
        own=found.own,
        own_interval=found.added.bar(ATTRIBUTE).interval,
        moved=found.moved,
        bars=tuple(
            LabelBar(column=bar.player, without=without[bar.player], added=bar.value)
            for bar in found.added.bars
            if bar.player != ATTRIBUTE
        ),
        rows=found.added.rows,
        trained_on=trained_on,
    )
