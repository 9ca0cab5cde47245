"""The figures of Local Law 144 as tables: for the report, and for the summary that is published."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..audit.record_profiles import LawAxis, LawCategory, LawFacts
from . import formats
from .formats import figure, span
from .names import isolate, listed, named, prose
from .view_marks import mark
from .view_parts import Cell, Column, Mark, Row, Section, Table
from .wording import say, say_many

MOST = 30
"""Categories that stand unfolded; the law's own are fewer."""


def law_sections(law: LawFacts, anchor: str, *, publish: bool) -> tuple[Section, ...]:
    """Build a section for each axis.

    Parameters
    ----------
    law : LawFacts
    anchor : str
        Begins the anchors of the sections.
    publish : bool
        Whether the figures of the smallest categories are shown.
    """
    return tuple(
        Section(
            id=f"{anchor}-{axis.axis}",
            heading=say(f"law.axis.{axis.axis}"),
            intro="",
            tables=(_table(law, axis, anchor, publish=publish),),
            notes=tuple(_notes(law, axis, publish=publish)),
        )
        for axis in law.axes
    )


def law_notes(law: LawFacts) -> tuple[str, ...]:
    """Say how the figures were made."""
    return tuple(_method(law))


def _method(law: LawFacts) -> Iterator[str]:
    if law.lacking and not any(axis.axis == "category" for axis in law.axes):
        yield say("law.lacking", axes=", ".join(say(f"law.axis.{kind}") for kind in law.lacking))
    yield say("law.intervals", level=formats.level(law.level))
    if law.rate == "scoring":
        yield say("law.median.with" if law.unknown_in_median else "law.median.without")
    if law.unknown == "joint":
        yield say("law.joint")
    yield say("law.rounding")
    if law.weighted:
        yield say("law.weighted")


def _table(law: LawFacts, axis: LawAxis, anchor: str, *, publish: bool) -> Table:
    rows = tuple(_row(law, axis, one, publish=publish) for one in axis.categories)
    return Table(
        id=f"{anchor}-{axis.axis}-table",
        caption=say(f"law.caption.{law.rate}", axis=say(f"law.axis.{axis.axis}")),
        corner=say("law.column.category"),
        columns=(
            Column(say("law.column.people")),
            Column(say(f"law.column.chosen.{law.rate}")),
            Column(say(f"law.column.rate.{law.rate}")),
            Column(say("law.column.ratio")),
        ),
        rows=rows[:MOST],
        more=rows[MOST:],
        more_label=say_many("grouping.more", len(rows) - MOST),
    )


def _row(law: LawFacts, axis: LawAxis, one: LawCategory, *, publish: bool) -> Row:
    if one.withheld and not publish:
        return Row(
            named(one.name, marks=(mark("withheld"),)), tuple(Cell(formats.NO_FIGURE) for _ in range(4))
        )
    first = one.group == axis.highest
    marks = (Mark("reference", "◆", say("law.reference")),) if first else ()
    cells = (
        Cell(formats.count(one.rows), sub=_share(one)),
        Cell(formats.count(one.selected)),
        Cell(_rate(one.rate, whole=law.whole_percent)),
        _ratio(axis, one, publish=publish),
    )
    return Row(named(one.name, marks=marks), cells, tone="reference" if first else "plain")


def _share(one: LawCategory) -> str:
    if not one.small:
        return ""
    return say("law.excluded" if one.excluded else "law.small", share=figure(one.share, "rate"))


def _rate(value: float, *, whole: bool) -> str:
    return f"{value * 100:.0f}%" if whole and math.isfinite(value) else figure(value, "rate")


def _ratio(axis: LawAxis, one: LawCategory, *, publish: bool) -> Cell:
    if axis.ratios_withheld and not publish:
        return Cell(formats.NO_FIGURE)
    return Cell(figure(one.ratio.value, "ratio"), sub=span(one.ratio.interval, "ratio"))


def _notes(law: LawFacts, axis: LawAxis, *, publish: bool) -> Iterator[str]:
    withheld = sum(one.withheld for one in axis.categories)
    minimum = law.privacy_minimum
    if axis.unknown_withheld and not publish:
        yield say("law.unknown.withheld", minimum=minimum)
    else:
        yield say("law.unknown", count=formats.count(axis.unknown))
    excluded = [one.name for one in axis.categories if one.excluded]
    if excluded:
        yield say(
            "law.excluded.note",
            share=figure(law.min_share, "rate"),
            names=listed(excluded),
            because=prose(law.exclude_because or say("law.fact.missing")),
        )
    if withheld and publish:
        yield say("law.published", minimum=minimum)
    elif withheld:
        yield say("law.withheld", count=withheld, minimum=minimum)
    if axis.ratios_withheld and not publish:
        yield say("law.withheld.ratios")


def law_text(law: LawFacts, key: str) -> str:
    """Write a text that people gave, or that it is missing."""
    text: str | None = getattr(law, key)
    wanted = key not in ("tool", "auditor")
    missing = say("law.fact.missing" if wanted else "law.fact.none")
    return missing if text is None else isolate(text, 400)
