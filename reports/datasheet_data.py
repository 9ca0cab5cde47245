"""The prompts that the data answer, and which function answers each."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from . import datasheet_composition as composition
from . import datasheet_groups as groups
from . import datasheet_risks as risks
from .datasheet_counts import Shown
from .datasheet_parts import Block, Cell, Para, Table, clean, count, heads, listed, said

Facts = dict[str, Any]
_LICENCES = (
    r"CC0(?:[- ]1\.0)?|CC[- ]BY(?:[- ](?:NC|SA|ND))*[- ]\d\.\d|Apache[- ]2\.0|MIT(?= licen)|"
    r"ODbL(?:[- ]1\.0)?|PDDL(?:[- ]1\.0)?|BSD[- ]\dclause|GPL[- ]?\d(?:\.0)?|public domain"
)


def _times(facts: Facts, shown: Shown) -> list[Block]:
    """L5: the range of dates and years."""
    del shown
    if not facts["times"]:
        return [Para("No column holds dates or years, so the file does not tell what time it describes.")]
    rows = tuple(
        (
            Cell(clean(item["column"])),
            Cell(clean(item["first"])),
            Cell(clean(item["last"])),
            Cell("\u2013" if item["empty_months"] is None else count(item["empty_months"]), number=True),
        )
        for item in facts["times"]
    )
    head = heads("Column", "First", "Last", "Months without a row", numbers=(3,))
    return [Table("Columns of dates and years", head, rows)]


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
        found.append(f"Only 0 and 1 stand in {listed(flags)}: flags, or a category spread over columns.")
    capped = [c["name"] for c in columns if c["kind"] == "number" and c["blanks"]]
    if capped:
        found.append(f"A run of nines ends the range of {listed(capped)}: capped or coded.")
    coded = [
        c["name"]
        for c in columns
        if c["kind"] == "number" and 2 < c["distinct"] <= 20 and c["role"] != "target"
    ]
    if coded:
        found.append(
            f"At most 20 different numbers stand in {listed(coded)}: counts, or codes of categories."
        )
    missing = any(c["missing"] for c in columns)
    found.append(
        "Missing values were left missing."
        if missing
        else "No value is missing: complete, filled in, or rows dropped."
    )
    return [Para("Traces in the values: " + " ".join(found))]


def _software(facts: Facts, shown: Shown) -> list[Block]:
    """P3: what the file tells of software."""
    del shown
    writer = facts["file"]["written_by"]
    if not writer:
        return []
    named = f"The file names {said(writer)} as the software that wrote it."
    return [Para(f"{named} What collected and cleaned the data before that, the file does not tell.")]


def _file(facts: Facts, shown: Shown) -> list[Block]:
    """D2: the file's own particulars."""
    del shown
    file = facts["file"]
    if not (file["name"] or file["sha256"]):
        return []
    text = f"This page describes the file {said(file['name'] or 'without a name')}"
    text += f", {count(file['size_bytes'])} bytes" if file["size_bytes"] else ""
    text += f", with the SHA-256 {clean(file['sha256'])}." if file["sha256"] else "."
    doi = re.search(r"10\.\d{4,9}/[^\s,;]+", file["credit"] or "")
    return [Para(text + (f" Its credit line names the DOI {clean(doi.group().rstrip('.'))}." if doi else ""))]


def _licence(facts: Facts, shown: Shown) -> list[Block]:
    """D4: the licence that the credit line names."""
    del shown
    credit = facts["file"]["credit"]
    if not credit:
        return []
    named = re.search(_LICENCES, credit, flags=re.IGNORECASE)
    said_ = (
        f"The credit line names {clean(named.group())}."
        if named
        else "The credit line names no licence known here."
    )
    return [Para(f"{said_} In full: {clean(credit, 1000)}")]


def _version(facts: Facts, shown: Shown) -> list[Block]:
    """N4: which version this is."""
    del shown
    file = facts["file"]
    if not file["sha256"]:
        return []
    size = f"{count(facts['rows'])} rows and {len(facts['columns'])} columns"
    text = f"This page describes the version of {size} whose SHA-256 begins with {clean(file['sha256'][:12])}"
    return [Para(f"{text}; no earlier version was given to compare it with.")]


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
