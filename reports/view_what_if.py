"""The section where thresholds can be moved: figures at the threshold in use, and what the script needs."""

from __future__ import annotations

import json
from typing import Any

from ..audit.coarse_figures import Moved, gaps_of, moved, rates_of
from ..audit.record import Record, Verdict
from ..audit.record_coarse import CoarseFacts, CoarseGrouping
from ..metrics.catalogue import CATALOGUE
from . import formats
from .formats import figure, kind_of
from .names import isolate, listed, named
from .view_parts import Cell, Column, Row, WhatIf, WhatIfPart
from .view_scope import glossary_id
from .wording import say, series, words_of


def what_if(record: Record) -> WhatIf | None:
    """Build the section; None where no threshold can be moved."""
    facts = record.coarse
    if facts is None:
        return None
    parts = tuple(
        _part(record, facts, grouping, place) for place, grouping in enumerate(facts.groupings, start=1)
    )
    return WhatIf(
        id="what-if",
        heading=say("what_if.heading"),
        intro=say("what_if.intro", threshold=formats.number(facts.thresholds[facts.at])),
        notes=(
            say("what_if.note.steps", minimum=facts.minimum),
            say("what_if.note.figure"),
            say("what_if.note.script"),
        ),
        parts=parts,
        data=json.dumps(_data(record, facts), ensure_ascii=True, separators=(",", ":")),
    )


def _part(record: Record, facts: CoarseFacts, grouping: CoarseGrouping, place: int) -> WhatIfPart:
    anchor = f"what-if-{place}"
    now = moved(facts, grouping, [facts.at] * len(grouping.groups))
    names = rates_of(facts)
    groups = [
        Row(
            named(group.name),
            (
                Cell(formats.number(now.thresholds[i], 3)),
                *(Cell(figure(now.rates[name][i], "rate")) for name in names),
            ),
        )
        for i, group in enumerate(grouping.groups)
    ]
    left = grouping.left_out
    known = {group.group: group.name for part in record.groupings for group in part.groups}
    return WhatIfPart(
        id=anchor,
        heading=say("what_if.part", name=isolate(grouping.name)),
        all_label=say("what_if.all", name=isolate(grouping.name)),
        sliders=tuple(say("what_if.slider", group=isolate(group.name)) for group in grouping.groups),
        at=facts.at,
        most=len(facts.thresholds) - 1,
        columns=(
            Column(say("column.threshold")),
            *(Column(words_of(name).name, link=glossary_id(name)) for name in names),
        ),
        rows=tuple(groups),
        caption=say("what_if.rates", name=isolate(grouping.name)),
        gap_columns=(
            Column(say("column.now")),
            Column(say("column.moved")),
            Column(say("column.limit"), number=False),
        ),
        gap_rows=tuple(_gap_row(record, grouping, name, now) for name in gaps_of(facts)),
        gap_caption=say("what_if.gaps", name=isolate(grouping.name)),
        note=say("what_if.left_out", groups=listed([known.get(group, str(group)) for group in left]))
        if left
        else "",
    )


def _gap_row(record: Record, grouping: CoarseGrouping, name: str, now: Moved) -> Row:
    text = figure(now.gaps[name], kind_of(name))
    limit = _limit(record, grouping.name, name)
    ends = "" if limit is None else _ends(limit)
    return Row(Cell(words_of(name).name, link=glossary_id(name)), (Cell(text), Cell(text), Cell(ends)))


def _ends(verdict: Verdict) -> str:
    kind = kind_of(verdict.limit.metric)
    low, high = verdict.limit.min, verdict.limit.max
    ends = [say("cell.at_least", limit=figure(low, kind))] if low is not None else []
    return series([*ends, *([say("cell.at_most", limit=figure(high, kind))] if high is not None else [])])


def _limit(record: Record, grouping: str, metric: str) -> Verdict | None:
    return next(
        (item for item in record.verdicts if (item.limit.attribute, item.limit.metric) == (grouping, metric)),
        None,
    )


def _data(record: Record, facts: CoarseFacts) -> dict[str, Any]:
    """Give the script its counts, formulas and words; it holds none of its own."""
    return {
        "thresholds": facts.thresholds,
        "at": facts.at,
        "rates": rates_of(facts),
        "gaps": [
            {
                "name": name,
                "kind": CATALOGUE[name].kind,
                "rates": CATALOGUE[name].rates,
                "format": kind_of(name),
            }
            for name in gaps_of(facts)
        ],
        "groupings": [
            {
                "id": f"what-if-{place}",
                "groups": [{"edges": group.edges, "counts": group.counts} for group in grouping.groups],
                "limits": {
                    name: [verdict.limit.min, verdict.limit.max]
                    for name in gaps_of(facts)
                    if (verdict := _limit(record, grouping.name, name)) is not None
                },
            }
            for place, grouping in enumerate(facts.groupings, start=1)
        ],
        "formats": {kind: formats.script_format(kind) for kind in ("rate", "points", "ratio")},
        "inside": say("what_if.inside"),
        "outside": say("what_if.outside"),
    }
