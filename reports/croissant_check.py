"""Whether a Croissant file keeps what its specification asks: stricter than mlcroissant's own validator.

The validator accepts a file without name, licence, description, address or distribution, and keeps misspelt
``rai:`` keys in silence. Here each of these is a problem. The rules are those of the Croissant 1.1
specification and of the table of properties of Croissant RAI 1.0.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import Problem, did_you_mean

CROISSANT = "http://mlcommons.org/croissant/1.1"
RAI = "http://mlcommons.org/croissant/RAI/1.0"

REQUIRED = ("name", "description", "license", "url", "creator", "datePublished", "distribution")
"""What the specification requires of a data set beside its context, type and version."""

RAI_KEYS = (
    "dataCollection", "dataCollectionType", "dataCollectionMissingData", "dataCollectionRawData",
    "dataCollectionTimeframe", "dataImputationProtocol", "dataManipulationProtocol",
    "dataPreprocessingProtocol", "dataAnnotationProtocol", "dataAnnotationPlatform", "dataAnnotationAnalysis",
    "annotationsPerItem", "annotatorDemographics", "machineAnnotationTools", "dataBiases", "dataLimitations",
    "dataUseCases", "dataSocialImpact", "personalSensitiveInformation", "dataReleaseMaintenancePlan",
)  # fmt: skip
"""Every property of Croissant RAI 1.0."""

MISSPELT = {
    "dataDataManipulationProtocol": "dataManipulationProtocol",
    "dataCollectionTimeFrame": "dataCollectionTimeframe",
}
"""Two keys as mlcroissant spells them, and as the specification does."""

_FILE = ("@id", "contentUrl", "encodingFormat")


def check_croissant(content: Mapping[str, Any], where: str = "croissant") -> list[Problem]:
    """List what a Croissant file lacks or misspells.

    Parameters
    ----------
    content : mapping
        The file's JSON.
    where : str
        Put before each place.

    Returns
    -------
    list of Problem
        Empty where the file keeps every rule.

    Examples
    --------
    >>> check_croissant({"@context": {}, "rai:dataBias": "x"})[-1].where
    'croissant.rai:dataBias'
    """
    return [
        Problem(code, f"{where}.{place}" if place else where, message)
        for code, place, message in (
            *_head(content), *_required(content), *_files(content), *_records(content), *_rai(content)
        )
    ]  # fmt: skip


Found = Iterator[tuple[str, str, str]]


def _head(content: Mapping[str, Any]) -> Found:
    if not isinstance(content.get("@context"), Mapping):
        yield "croissant_context", "@context", "the context must be a table of names"
    kind = content.get("@type")
    if kind not in {"sc:Dataset", "Dataset"}:
        yield "croissant_type", "@type", f"a data set is of type sc:Dataset, got {kind!r}"
    versions = content.get("conformsTo", content.get("dct:conformsTo"))
    told = versions if isinstance(versions, list) else [versions]
    if CROISSANT not in told:
        yield "croissant_version", "conformsTo", f"the file must say that it keeps to {CROISSANT}"
    if RAI not in told and any(key.startswith("rai:") for key in content):
        yield "croissant_version", "conformsTo", f"a file with rai: keys must say that it keeps to {RAI}"


def _required(content: Mapping[str, Any]) -> Found:
    for key in REQUIRED:
        if not content.get(key):
            yield "croissant_missing", key, f"the specification requires {key}, and the file has none"
    date = content.get("datePublished")
    if date and not _is_date(date):
        yield "croissant_date", "datePublished", f"must be a date such as 2026-03-01, got {date!r}"
    url = content.get("url")
    if url and not str(url).startswith(("http://", "https://")):
        yield "croissant_url", "url", f"must be a web address, got {url!r}"


def _is_date(value: Any) -> bool:
    try:
        datetime.datetime.fromisoformat(str(value))
    except ValueError:
        return False
    return True


def _files(content: Mapping[str, Any]) -> Found:
    for at, item in enumerate(_listed(content.get("distribution"))):
        for key in _FILE:
            if not item.get(key):
                yield "croissant_file", f"distribution[{at}].{key}", f"a file needs {key}, and this has none"
        if not (item.get("sha256") or item.get("md5")):
            yield "croissant_file", f"distribution[{at}].sha256", "a file needs a SHA-256 or MD5 sum"


def _records(content: Mapping[str, Any]) -> Found:
    """Look at the ids: each once, and every field with a type and a source or a value."""
    seen: set[str] = set()
    for at, records in enumerate(_listed(content.get("recordSet"))):
        place = f"recordSet[{at}]"
        named = [
            (place, records),
            *((f"{place}.field[{i}]", f) for i, f in enumerate(_listed(records.get("field")))),
        ]
        for where, item in named:
            name = item.get("@id")
            if not name or name in seen:
                yield "croissant_id", f"{where}.@id", f"every part needs an id of its own, got {name!r}"
            seen.add(str(name))
        for where, field in named[1:]:
            if not field.get("dataType"):
                yield "croissant_field", f"{where}.dataType", "a field needs a type, and this has none"
            if not ({"source", "value"} & set(field) or "data" in records):
                yield "croissant_field", f"{where}.source", "a field needs a source, and this has none"


def _rai(content: Mapping[str, Any]) -> Found:
    for key in content:
        if not key.startswith("rai:"):
            continue
        name = key.removeprefix("rai:")
        if name in MISSPELT:
            yield "croissant_rai", key, f"the specification spells this rai:{MISSPELT[name]}; rename it"
        elif name not in RAI_KEYS:
            yield "croissant_rai", key, f"there is no such property; {did_you_mean(name, RAI_KEYS)}"


def _listed(value: Any) -> list[Mapping[str, Any]]:
    items = value if isinstance(value, list) else [] if value is None else [value]
    return [item for item in items if isinstance(item, Mapping)]
