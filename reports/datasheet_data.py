"""The prompts that the data answer, and which function answers each."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from . import datasheet_composition as composition
from . import datasheet_groups as groups
from . import datasheet_risks as risks
from .datasheet_counts import Shown
from .datasheet_parts import Block, Cell, Para, Table, clean, columns_of, count, heads, listed, said
from .wording import passage, say

Facts = dict[str, Any]
_LICENCES = (
    r"CC0(?:[- ]1\.0)?|CC[- ]BY(?:[- ](?:NC|SA|ND))*[- ]\d\.\d|Apache[- ]2\.0|MIT(?= licen)|"
    r"ODbL(?:[- ]1\.0)?|PDDL(?:[- ]1\.0)?|BSD[- ]\dclause|GPL[- ]?\d(?:\.0)?|public domain"
)


def _times(facts: Facts, shown: Shown) -> list[Block]:
    """L5: the range of dates and years."""
    del shown
    if not facts["times"]:
        return [Para(say("datasheet.times.none"))]
    rows = tuple(
        (
            Cell(clean(item["column"])),
            Cell(clean(item["first"])),
            Cell(clean(item["last"])),
            Cell("\u2013" if item["empty_months"] is None else count(item["empty_months"]), number=True),
        )
        for item in facts["times"]
    )
    head = heads(*columns_of("column", "first", "last", "months"), numbers=(3,))
    return [Table(say("datasheet.times.caption"), head, rows)]


def _traces(facts: Facts, shown: Shown) -> list[Block]:
    """P1: traces that preparing left in the values."""
    del shown
    columns = facts["columns"]
    found = []
    flags = [
        c["name"]
        for c in columns
        if c["kind"] == "number" and c["distinct"] == 2 and (c["low"], c["high"]) == (0, 1)
    ]
    if flags:
        found.append(say("datasheet.traces.flags", columns=listed(flags)))
    capped = [c["name"] for c in columns if c["kind"] == "number" and c["blanks"]]
    if capped:
        found.append(say("datasheet.traces.capped", columns=listed(capped)))
    coded = [
        c["name"]
        for c in columns
        if c["kind"] == "number" and 2 < c["distinct"] <= 20 and c["role"] != "target"
    ]
    if coded:
        found.append(say("datasheet.traces.coded", columns=listed(coded)))
    missing = any(c["missing"] for c in columns)
    state = "missing" if missing else "codes" if any(c["blanks"] for c in columns) else "complete"
    found.append(say(f"datasheet.traces.{state}"))
    return [Para(say("datasheet.traces", found=passage(found)))]


def _software(facts: Facts, shown: Shown) -> list[Block]:
    """P3: what the file tells of software."""
    del shown
    writer = facts["file"]["written_by"]
    if not writer:
        return []
    return [Para(say("datasheet.software", writer=said(writer)))]


def _file(facts: Facts, shown: Shown) -> list[Block]:
    """D2: the file's own particulars."""
    del shown
    file = facts["file"]
    if not (file["name"] or file["sha256"]):
        return []
    parts = [say("datasheet.file", name=said(file["name"] or say("datasheet.no_name")))]
    if file["size_bytes"]:
        parts.append(say("datasheet.bytes", size=count(file["size_bytes"])))
    if file["sha256"]:
        parts.append(say("datasheet.file.sha256", sha256=clean(file["sha256"])))
    text = say("sheet.comma").join(parts) + "."
    doi = re.search(r"10\.\d{4,9}/[^\s,;]+", file["credit"] or "")
    if doi:
        text += " " + say("datasheet.file.doi", doi=clean(doi.group().rstrip(".")))
    return [Para(text)]


def _licence(facts: Facts, shown: Shown) -> list[Block]:
    """D4: the licence that the credit line names."""
    del shown
    credit = facts["file"]["credit"]
    if not credit:
        return []
    named = re.search(_LICENCES, credit, flags=re.IGNORECASE)
    found = say("datasheet.licence.none")
    if named:
        found = say("datasheet.licence", name=clean(named.group()))
    return [Para(f"{found} {say('datasheet.licence.full', credit=clean(credit, 1000))}")]


def _version(facts: Facts, shown: Shown) -> list[Block]:
    """N4: which version this is."""
    del shown
    file = facts["file"]
    if not file["sha256"]:
        return []
    size = {"rows": count(facts["rows"]), "columns": len(facts["columns"])}
    return [Para(say("datasheet.version", **size, sha256=clean(file["sha256"][:12])))]


FROM_DATA: dict[str, Callable[[Facts, Shown], list[Block]]] = {
    "C1": composition.records,
    "C2": composition.sizes,
    "C3": composition.sample,
    "C4": composition.schema,
    "C5": composition.label,
    "C6": composition.gaps,
    "C7": composition.relations,
    "C8": groups.splits,
    "C9": risks.errors,
    "C10": risks.outside,
    "C11": risks.confidential,
    "C13": groups.groups,
    "C14": risks.identification,
    "C15": risks.sensitive,
    "L5": _times,
    "P1": _traces,
    "P3": _software,
    "U4": risks.harm,
    "D2": _file,
    "D4": _licence,
    "N4": _version,
}
"""Each prompt that the data can answer; an empty list means that for this file they cannot."""
