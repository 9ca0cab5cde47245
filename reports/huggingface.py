"""A data set's card for Hugging Face: a YAML header that the hub reads, and the datasheet below it."""

from __future__ import annotations

from typing import Any

from ..audit.about import About
from .datasheet_markdown import body, unanswered
from .datasheet_parts import clean
from .licences import licence_id, licence_page
from .markdown import escaped
from .sheet import Page
from .wording import say
from .yaml_text import yaml_text

Facts = dict[str, Any]

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
          (10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"), (1_000_000_000, "100M<n<1B"))  # fmt: skip
_DTYPES = {
    "TINYINT": "int8", "SMALLINT": "int16", "INTEGER": "int32", "BIGINT": "int64", "UTINYINT": "uint8",
    "USMALLINT": "uint16", "UINTEGER": "uint32", "UBIGINT": "uint64", "FLOAT": "float32",
    "DOUBLE": "float64", "BOOLEAN": "bool", "DATE": "date32",
}  # fmt: skip
_KINDS = {"number": "float64", "text": "string", "yes or no": "bool", "date": "timestamp[us]"}


def render_dataset_card(page: Page, facts: Facts, about: About) -> str:
    """Write a data set's card for Hugging Face.

    Parameters
    ----------
    page : Page
        The datasheet's.
    facts : dict
        What ``DatasetFacts.to_dict`` gives.
    about : About

    Returns
    -------
    str
        Markdown with a YAML header, for a file named ``README.md`` in the data set's repository.
    """
    name = escaped(page.title)
    lead = [f"# {name}", f"{escaped(about.description)}"] if about.description else [f"# {name}"]
    parts = [
        *lead,
        f"**{escaped(say('sheet.sentence', text=page.headline))}**",
        *unanswered(page),
        body(page, 2),
    ]
    if about.citation:
        parts.insert(-1, f"{escaped(say('card_file.citation'))} {escaped(about.citation)}")
    return f"---\n{yaml_text(dataset_header(facts, about, page.title))}---\n\n" + "\n\n".join(parts) + "\n"


def dataset_header(facts: Facts, about: About, title: str) -> dict[str, Any]:
    """Make the header; what nobody said is left out of it, never made up."""
    label = facts["label"]["target"]
    header: dict[str, Any] = {
        "language": [clean(about.language)] if about.language else None,
        **licence_header(about),
        "pretty_name": title,
        "tags": [*(clean(word) for word in about.words), "tabular", "datasheet"],
        "task_categories": ["tabular-classification"] if label is not None else None,
        "size_categories": [_size(facts["rows"])],
        "dataset_info": {
            "features": [
                {"name": clean(column["name"]), "dtype": _dtype(column)} for column in facts["columns"]
            ],
            **({"download_size": facts["file"]["size_bytes"]} if facts["file"]["size_bytes"] else {}),
        },
    }
    if facts["file"]["name"]:
        files = [{"split": "train", "path": clean(facts["file"]["name"])}]
        header["configs"] = [{"config_name": "default", "data_files": files}]
    return {key: value for key, value in header.items() if value}


def licence_header(about: About) -> dict[str, str]:
    """Write the licence as the hub knows it; one that it does not know is "other" with its name and page."""
    if about.license is None:
        return {}
    known = licence_id(about.license)
    if known is not None:
        return {"license": known}
    page = licence_page(about.license)
    other = {"license": "other", "license_name": clean(about.license)}
    return {**other, "license_link": clean(page)} if page.startswith("http") else other


def _size(rows: int) -> str:
    return next((name for most, name in _SIZES if rows < most), "n>1T" if rows >= 10**12 else "1B<n<10B")


def _dtype(column: dict[str, Any]) -> str:
    stem = column["dtype"].split("(", maxsplit=1)[0].strip()
    return _DTYPES.get(stem) or _KINDS.get(column["kind"], "string")
