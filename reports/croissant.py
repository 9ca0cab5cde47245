"""A data set as Croissant JSON-LD, version 1.1, with the properties of Croissant RAI and group statistics.

What the datasheet withholds is not in it: texts are the datasheet's own, and a figure of a group stands here
only where it stands there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from ..audit.about import About
from ..errors import InputError, Problem
from .croissant_check import CROISSANT, RAI, check_croissant
from .datasheet_counts import Shown, choose
from .datasheet_parts import TIMES, Para, clean, group_name, percent
from .licences import licence_page
from .sheet import Page
from .wording import say

Facts = dict[str, Any]

CONTEXT: dict[str, Any] = {
    "@language": "en", "@vocab": "https://schema.org/", "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs", "column": "cr:column", "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn", "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/", "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"}, "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"}, "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"}, "extract": "cr:extract", "field": "cr:field",
    "fileProperty": "cr:fileProperty", "fileObject": "cr:fileObject", "fileSet": "cr:fileSet",
    "format": "cr:format", "includes": "cr:includes", "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset", "jsonPath": "cr:jsonPath", "key": "cr:key", "md5": "cr:md5",
    "name": {"@container": "@language"}, "parentField": "cr:parentField", "path": "cr:path",
    "recordSet": "cr:recordSet", "references": "cr:references", "regex": "cr:regex",
    "repeated": "cr:repeated", "replace": "cr:replace", "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/", "separator": "cr:separator", "source": "cr:source",
    "subField": "cr:subField", "transform": "cr:transform",
}  # fmt: skip
"""The names of Croissant 1.1, as every file of its kind declares them."""

_COUNT = "http://www.wikidata.org/entity/Q4049983"
_MEAN = "http://rdf-vocabulary.ddialliance.org/cv/SummaryStatisticType/2.1.2/7975ed0"
"""What a statistic is: a number of members (Wikidata), an arithmetic mean (DDI)."""

_ENCODINGS = {
    ".parquet": "application/x-parquet", ".pq": "application/x-parquet", ".csv": "text/csv",
    ".txt": "text/csv", ".tsv": "text/tab-separated-values", ".json": "application/json",
    ".jsonl": "application/jsonlines", ".ndjson": "application/jsonlines", ".gz": "application/gzip",
    ".feather": "application/vnd.apache.arrow.file", ".arrow": "application/vnd.apache.arrow.file",
}  # fmt: skip
_SPLITS = {
    "train": "cr:TrainingSplit", "training": "cr:TrainingSplit", "val": "cr:ValidationSplit",
    "valid": "cr:ValidationSplit", "validation": "cr:ValidationSplit", "test": "cr:TestSplit",
}  # fmt: skip
_TEXTS = {
    "dataCollection": ("L1", "L3", "L7"), "dataCollectionMissingData": ("C6",),
    "dataCollectionRawData": ("P2",), "dataSocialImpact": ("L11",),
    "dataReleaseMaintenancePlan": ("N1", "N4", "N5"),
}  # fmt: skip
"""Properties that hold one text, and the prompts that it is made of."""

_LISTS = {
    "dataUseCases": ("M1", "U3"), "dataPreprocessingProtocol": ("P1",), "dataBiases": ("C13", "U4"),
    "dataLimitations": ("C3", "C9", "U5"), "personalSensitiveInformation": ("C11", "C14", "C15"),
}  # fmt: skip
"""Properties that hold several texts."""

_TIMEFRAME = re.compile(r"^\d{4}(-\d\d(-\d\d)?)?(/\d{4}(-\d\d(-\d\d)?)?)?$")
_ORGANISATION = re.compile(r"^organi[sz]ation:\s*", re.IGNORECASE)
_NEEDED = ("license", "url", "creator", "date_published")


def render_croissant(page: Page, facts: Facts, about: About) -> str:
    """Write a data set's description as Croissant.

    Parameters
    ----------
    page : Page
        The datasheet's.
    facts : dict
        What ``DatasetFacts.to_dict`` gives.
    about : About
        What the specification requires and only a person can say.

    Returns
    -------
    str
        JSON-LD.

    Raises
    ------
    InputError
        With everything that is lacking at once.
    """
    problems = [_lacking(key) for key in _NEEDED if getattr(about, key) is None]
    content = croissant(page, facts, about)
    if not problems:
        problems = check_croissant(content)
    if problems:
        raise InputError(problems)
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _lacking(key: str) -> Problem:
    message = (
        f"Croissant requires it, and only a person can say it; write about.{key} in the answers file"
        " (evenhand datasheet --init datasheet.toml makes one) and name it with --answers"
    )
    return Problem("croissant_missing", f"about.{key}", message)


def croissant(page: Page, facts: Facts, about: About) -> dict[str, Any]:
    """Make the content of a Croissant file; what nobody said is left out."""
    name = about.name or page.title
    size = {"rows": f"{facts['rows']:,}", "columns": len(facts["columns"])}
    content = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [CROISSANT, RAI],
        "name": clean(name, 200),
        "description": about.description or say("croissant.description", **size),
        "license": licence_page(about.license) if about.license else None,
        "url": about.url,
        "creator": [_creator(text) for text in about.creators],
        "datePublished": about.date_published,
        "version": about.version,
        "citeAs": about.citation,
        "keywords": list(about.words),
        "inLanguage": about.language,
        "distribution": list(_files(facts, about)),
        "recordSet": [*_splits(facts), _records(facts, choose(facts))],
        **_rai(page),
    }
    return {key: value for key, value in content.items() if value}


def _creator(text: str) -> dict[str, str]:
    organisation = _ORGANISATION.match(text)
    kind = "sc:Organization" if organisation else "sc:Person"
    return {"@type": kind, "name": text[organisation.end() :] if organisation else text}


def _files(facts: Facts, about: About) -> Iterator[dict[str, Any]]:
    file = facts["file"]
    if not file["name"]:
        return
    found = {
        "@type": "cr:FileObject",
        "@id": "data-file",
        "name": clean(file["name"]),
        "contentUrl": about.content_url or file["name"],
        "contentSize": f"{file['size_bytes']} B" if file["size_bytes"] else None,
        "encodingFormat": _ENCODINGS.get(PurePosixPath(file["name"]).suffix.lower()),
        "sha256": file["sha256"],
    }
    yield {key: value for key, value in found.items() if value}


def _splits(facts: Facts) -> list[dict[str, Any]]:
    """Describe the splits, where each is plainly one for training, validation or testing."""
    parts = [str(part) for part, _ in facts["splits"]["parts"]] if facts["splits"] else []
    if not parts or not {part.lower() for part in parts} <= set(_SPLITS):
        return []
    fields = [
        {"@type": "cr:Field", "@id": "splits/name", "name": "name", "dataType": "sc:Text"},
        {"@type": "cr:Field", "@id": "splits/url", "name": "url", "dataType": ["sc:URL", "cr:Split"]},
    ]
    data = [{"splits/name": part, "splits/url": _SPLITS[part.lower()]} for part in parts]
    head = {"@type": "cr:RecordSet", "@id": "splits", "name": "splits", "dataType": "cr:Split"}
    return [{**head, "key": {"@id": "splits/name"}, "field": fields, "data": data}]


def _records(facts: Facts, shown: Shown) -> dict[str, Any]:
    names = _ids([column["name"] for column in facts["columns"]])
    split = facts["splits"]["column"] if _splits(facts) else None
    return {
        "@type": "cr:RecordSet",
        "@id": "records",
        "name": "records",
        "cr:annotation": list(_statistics(facts, shown)),
        "field": [
            _field(column, f"records/{name}", split=split)
            for column, name in zip(facts["columns"], names, strict=True)
        ],
    }


def _ids(names: list[str]) -> list[str]:
    """Give each column an id: its name where that is plain, else its place."""
    plain = [name if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", name) else "" for name in names]
    return [name or f"column.{at}" for at, name in enumerate(plain)]


def _field(column: dict[str, Any], identity: str, *, split: str | None) -> dict[str, Any]:
    kind = _kind(column)
    source = {"fileObject": {"@id": "data-file"}, "extract": {"column": column["name"]}}
    field = {
        "@type": "cr:Field",
        "@id": identity,
        "name": clean(column["name"]),
        "dataType": [kind, "cr:Label"] if column["role"] == "target" else kind,
        "source": source,
    }
    # The form of 1.0, which 1.1 keeps: mlcroissant does not read the shorter one.
    reference = {"field": {"@id": "splits/name"}}
    return {**field, "references": reference} if column["name"] == split else field


def _kind(column: dict[str, Any]) -> str:
    if column["kind"] == "number":
        return "sc:Integer" if "INT" in column["dtype"] else "sc:Float"
    if column["kind"] == "date":
        return "sc:Date" if column["dtype"] == "DATE" else "sc:DateTime"
    return "sc:Boolean" if column["kind"] == "yes or no" else "sc:Text"


def _statistics(facts: Facts, shown: Shown) -> Iterator[dict[str, Any]]:
    """Give the number of rows, and of each group that is not withheld its rows and its label rate."""
    yield _statistic("count", say("croissant.rows"), facts["rows"], _COUNT)
    overall = facts["label"]["overall"]
    if overall["rate"] is not None:
        yield _rate("label_rate", say("croissant.label_rate"), overall)
    for at, grouping in enumerate(facts["groupings"]):
        for place, group in enumerate(grouping["groups"]):
            attributes, levels = grouping["attributes"], group["levels"]
            if not shown.size(attributes, levels):
                continue
            name = f"{TIMES.join(map(clean, attributes))} = {group_name(levels)}"
            key = f"group-{at}-{place}"
            yield _statistic(
                f"{key}/count", f"{say('croissant.rows')} | {name}", group["label"]["rows"], _COUNT
            )
            if group["label"]["rate"] is not None and shown.rate(attributes, levels):
                yield _rate(f"{key}/label_rate", f"{say('croissant.label_rate')} | {name}", group["label"])


def _rate(key: str, name: str, rate: dict[str, Any]) -> dict[str, Any]:
    words = say("croissant.interval", low=percent(rate["low"]), high=percent(rate["high"]))
    return {**_statistic(key, name, rate["rate"], _MEAN), "description": words}


def _statistic(key: str, name: str, value: float, kind: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"records/statistics/{key}",
        "name": name,
        "value": value,
        "dataType": kind,
    }


def _rai(page: Page) -> dict[str, Any]:
    """Fill the properties of Croissant RAI from the texts of the prompts that speak of the same."""
    texts = {prompt.id: _said(page, prompt.id) for prompt in page.prompts}
    found: dict[str, Any] = {
        f"rai:{key}": " ".join(text for name in names for text in texts[name])
        for key, names in _TEXTS.items()
    }
    found |= {f"rai:{key}": [text for name in names for text in texts[name]] for key, names in _LISTS.items()}
    if found["rai:dataBiases"]:
        found["rai:dataBiases"].append(page.footer[0])
    answered = next(prompt.paragraphs for prompt in page.prompts if prompt.id == "L5")
    if len(answered) == 1 and _TIMEFRAME.match(answered[0]):
        found["rai:dataCollectionTimeframe"] = answered[0]
    return found


def _said(page: Page, name: str) -> list[str]:
    prompt = next(item for item in page.prompts if item.id == name)
    return [*(block.text for block in prompt.blocks if isinstance(block, Para)), *prompt.paragraphs]
