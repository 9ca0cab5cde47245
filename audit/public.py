"""The record that may be shown: without counts of rows, and without what a page withholds.

``record.json`` is evidence and confidential: its cube holds single people. ``record-public.json`` has the
coarsened cube instead, and the figures of withheld groups are gone from it. Only fields listed here are
kept, so that a new part of the record is confidential until somebody has thought about it.
"""

from __future__ import annotations

import math
from dataclasses import replace

from ..errors import Reason
from ..metrics.results import Disparity
from .masking import masked
from .privacy import Hidden, concealed_figures, conceals, hidden_groups, hidden_joints
from .record import Absent, GroupFacts, GroupingFacts, MitigationFacts, Record, Verdict
from .record_recourse import GroupingRecourse
from .record_scores import GroupScores, ScoreFacts

KEPT = frozenset(
    {
        "schema_version", "created", "title", "software", "data", "train", "model", "task", "settings",
        "settings_sha256", "policy_name", "policy_sha256", "seed", "level", "min_group_size",
        "privacy_minimum", "overall", "verdict", "coarse",
    }
)  # fmt: skip
"""Fields that are shown as they are."""

SMALL_NOTES = frozenset({"small_groups", "missing_group"})
"""Notes that may name small counts."""


LEFT_OUT = "it stands in the audit's own record and is not part of the public one"
"""Why a part that the audit made is absent from the public record."""


def public_record(record: Record) -> Record:
    """Make the record that may be shown.

    Parameters
    ----------
    record : Record

    Returns
    -------
    Record
        With ``public`` set and an empty cube. Withheld groups are named and have no figures. A public record
        is returned as it is.
    """
    if record.public:
        return record
    hidden = hidden_groups(record)
    concealed = concealed_figures(record, hidden, hidden_joints(record, hidden))
    shown = masked(record)
    kept = {name: getattr(record, name) for name in KEPT}
    return Record.model_construct(
        **kept,
        public=True,
        groupings=tuple(_grouping(part, hidden) for part in shown.groupings),
        explanations=tuple(
            item
            for item in shown.explanations
            if not _names(hidden, item.grouping, item.group, item.reference)
        ),
        mitigation=tuple(_mitigation(item, concealed) for item in record.mitigation),
        verdicts=tuple(_verdict(item, hidden, concealed) for item in record.verdicts),
        scores=None if record.scores is None else _scores(record.scores),
        absent=(*record.absent, *_left_out(record)),
        notes=tuple(note for note in record.notes if note.code not in SMALL_NOTES),
        cube={},
    )


def told_record(record: Record) -> Record:
    """Make the record that is told in the terminal, whose text goes into logs: all parts, as far as shown.

    Parameters
    ----------
    record : Record

    Returns
    -------
    Record
        The parts of the public record as they stand there, and the others without withheld groups.
    """
    hidden = hidden_groups(record)
    concealed = concealed_figures(record, hidden, hidden_joints(record, hidden))
    public, shown = public_record(record), masked(record)
    parts = ("groupings", "explanations", "mitigation", "verdicts")
    names = [g.name for part in record.groupings for g in part.groups if g.group in hidden[part.name]]
    notes = (
        note
        for note in record.notes
        if note.code not in SMALL_NOTES or not any(name in note.text for name in names)
    )
    frontier, recourse = record.frontier, record.recourse
    if frontier is not None and (frontier.grouping, frontier.metric) in concealed:
        frontier = None
    if recourse is not None:
        recourse = recourse.model_copy(
            update={"groupings": tuple(_refusals(part, hidden) for part in recourse.groupings)}
        )
    told = {name: getattr(public, name) for name in parts}
    return shown.model_copy(
        update={**told, "notes": tuple(notes), "frontier": frontier, "recourse": recourse}
    )


def _refusals(part: GroupingRecourse, hidden: Hidden) -> GroupingRecourse:
    kept = tuple(item for item in part.groups if not _names(hidden, part.name, item.group))
    return part.model_copy(update={"groups": kept})


def _left_out(record: Record) -> list[Absent]:
    """Say which parts the audit made that the public record is without."""
    default = Record.model_fields
    held = [
        name
        for name, field in default.items()
        if not field.is_required()
        and name not in {*KEPT, "public", "scores"}
        and getattr(record, name) != field.default
    ]
    return [Absent(part=name, reason=LEFT_OUT) for name in held]


def _names(hidden: Hidden, grouping: str, *groups: object) -> bool:
    return not hidden.get(grouping, frozenset()).isdisjoint(groups)


def _scores(facts: ScoreFacts) -> ScoreFacts:
    """Keep the tables of scores alone: curves and bins are cut at other places than the coarsened cube's."""
    parts = tuple(
        part.model_copy(
            update={
                "groups": tuple(_scores_of(group) for group in part.groups),
                "gaps": tuple(
                    _unsaid(gap)
                    if any(g.withheld and g.group in (gap.group, gap.reference) for g in part.groups)
                    else gap
                    for gap in part.gaps
                ),
            }
        )
        for part in facts.groupings
    )
    return facts.model_copy(update={"overall": _scores_of(facts.overall), "groupings": parts})


def _scores_of(group: GroupScores) -> GroupScores:
    gone = {"rows": 0, "figures": {}} if group.withheld else {}
    return group.model_copy(update={"curve": (), "bins": (), **gone})


def _grouping(part: GroupingFacts, hidden: Hidden) -> GroupingFacts:
    gone = hidden[part.name]
    return part.model_copy(
        update={
            "groups": tuple(_without(item) if item.group in gone else item for item in part.groups),
            "disparities": tuple(
                _unsaid(item) if conceals(item, gone) else item for item in part.disparities
            ),
        }
    )


def _without(item: GroupFacts) -> GroupFacts:
    nothing = {"rows": 0, "share": math.nan, "weight": math.nan, "effective": math.nan, "rates": {}}
    return item.model_copy(update={**nothing, "below_minimum": True, "withheld": True})


def _unsaid(item: Disparity) -> Disparity:
    return replace(item, value=math.nan, interval=None, p_value=math.nan, reason=Reason.WITHHELD)


def _mitigation(item: MitigationFacts, concealed: frozenset[tuple[str, str]]) -> MitigationFacts:
    figures = tuple(figure for figure in item.figures if (figure.grouping, figure.metric) not in concealed)
    return item.model_copy(update={"figures": figures})


def _verdict(item: Verdict, hidden: Hidden, concealed: frozenset[tuple[str, str]]) -> Verdict:
    limit = item.limit
    if (limit.attribute, limit.metric) not in concealed and not _names(
        hidden, limit.attribute, item.group, item.reference
    ):
        return item
    words = (
        f"{limit.metric} by {limit.attribute}: {item.state}; the figure concerns a group that is withheld."
    )
    nothing = {"value": math.nan, "interval": None, "reason": None, "group": None, "reference": None}
    return item.model_copy(update={**nothing, "words": words})
