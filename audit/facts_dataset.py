"""Everything that a datasheet says from the data, as one value."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from .facts_columns import ColumnFacts
from .facts_groups import (
    GroupingFacts,
    JointFacts,
    MissingByGroup,
    RateFacts,
)
from .facts_privacy import (
    Anonymity,
    Detection,
    Proxy,
    Sensitive,
)
from .facts_quality import (
    IdFacts,
    PatternFacts,
    RepeatFacts,
    SplitFacts,
    TimeFacts,
)
from .facts_reference import ReferenceFacts


@dataclass(frozen=True)
class FileFacts:
    """The file: name, SHA-256, size in bytes, credit line, software that wrote it; None where not known."""

    name: str | None
    sha256: str | None
    size_bytes: int | None
    credit: str | None
    written_by: str | None


@dataclass(frozen=True)
class LabelFacts:
    """The label: its column, the positive one, and its rate over all rows (rows only, without a target)."""

    target: str | None
    pos_label: str | None
    overall: RateFacts


@dataclass(frozen=True)
class DatasetFacts:
    """Everything that a datasheet says from the data.

    ``to_dict`` gives it as plain lists, dicts, strings, numbers and None, ready for JSON.
    """

    file: FileFacts
    rows: int
    privacy_minimum: int
    min_group_size: int
    columns: tuple[ColumnFacts, ...]
    label: LabelFacts
    sensitive: tuple[str, ...]
    bands: dict[str, tuple[float, ...]]
    groupings: tuple[GroupingFacts, ...]
    joint: JointFacts | None
    missing: tuple[MissingByGroup, ...]
    missing_patterns: tuple[PatternFacts, ...]
    repeats: RepeatFacts
    splits: SplitFacts | None
    ids: tuple[IdFacts, ...]
    times: tuple[TimeFacts, ...]
    impossible: tuple[str, ...]
    detections: tuple[Detection, ...]
    content: tuple[Sensitive, ...]
    anonymity: Anonymity | None
    weight_like: tuple[str, ...]
    weight: str | None
    proxies: tuple[Proxy, ...]
    references: tuple[ReferenceFacts, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the facts as plain values for JSON; a number that is not finite becomes its name."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
