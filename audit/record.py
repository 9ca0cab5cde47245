"""The audit record: everything that the pages show, typed, versioned, and written as JSON.

A record is confidential evidence: at fine scores most cells of its cube hold one person.
Undefined figures are ``"NaN"`` and unbounded ends ``"Infinity"`` in the file, because plain JSON has neither.

When the shape changes, raise ``SCHEMA_VERSION`` and say in the CHANGELOG what a reader must do.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from ..errors import Problem, Reason, RecordError
from ..metrics.results import Disparity, Estimate, Group, Interval, Level
from .answers import Answers
from .record_coarse import CoarseFacts
from .record_explain import GapExplanation, LabelCheck
from .record_frontier import FrontierFacts
from .record_global import WholeFacts
from .record_judged import LimitFacts, MitigationFacts, MitigationFigure, Sensitivity, State, Verdict
from .record_neural import NeuralFacts
from .record_part import Part
from .record_people import PeopleFacts
from .record_profiles import ProfileFacts
from .record_proxies import ProxyFacts
from .record_reach import ReachFacts
from .record_recourse import RecourseFacts
from .record_scores import ScoreFacts
from .record_trust import TrustFacts

__all__ = [
    "GapExplanation",
    "LimitFacts",
    "MitigationFacts",
    "MitigationFigure",
    "Record",
    "Sensitivity",
    "State",
    "Verdict",
]
"""The record, and those of its parts that stand in a module of their own; the others are defined here."""

SCHEMA_VERSION = "1"


class SourceFacts(Part):
    """Where a table came from."""

    name: str
    sha256: str | None = None
    rows: int
    columns: int
    credit: str | None = None


class ModelFacts(Part):
    """What was audited."""

    description: str
    sha256: str | None = None
    inputs: tuple[str, ...] = ()
    uses_sensitive: tuple[str, ...] = ()


class Software(Part):
    """What computed the figures."""

    evenhand: str
    python: str
    packages: dict[str, str]


class Task(Part):
    """What was asked: the label, the decision and how it comes about."""

    target: str | None
    pos_label: str | None
    prediction: str | None
    score: str | None
    threshold: float | None
    weight: str | None = None
    weight_kind: Literal["frequency", "survey"] | None = None


class GroupFacts(Part):
    """One group: its size and its rates."""

    group: Group
    name: str
    rows: int
    share: float
    weight: float
    effective: float
    below_minimum: bool
    withheld: bool
    missing: bool
    rates: dict[str, Estimate]


class GroupingFacts(Part):
    """All groups of one attribute or intersection, and the disparities between them."""

    name: str
    attributes: tuple[str, ...]
    reference: Group | None
    groups: tuple[GroupFacts, ...]
    disparities: tuple[Disparity, ...]
    """Of each group against the reference, and the worst of all pairs (``against="all_pairs"``)."""


class StratumFacts(Part):
    """One level of a control column: the worst-of-several figures among its rows alone."""

    level: Level
    name: str
    rows: int
    withheld: bool
    figures: tuple[Disparity, ...]


class PooledFacts(Part):
    """A difference of rates between two groups, pooled over the levels of a control column.

    ``crude`` is the same difference with the levels thrown together; ``strata`` counts the levels in which
    both groups occur.
    """

    metric: str
    group: Group
    reference: Group
    crude: float
    value: float
    interval: Interval | None
    strata: int
    below_minimum: bool
    withheld: bool
    reason: Reason | None = None


class ConditionalFacts(Part):
    """The groups of a grouping, compared only within the levels of a control column."""

    control: str
    grouping: str
    strata: tuple[StratumFacts, ...]
    pooled: tuple[PooledFacts, ...]


class SliceRow(Part):
    """One slice that is treated unlike the rest; ``conditions`` are columns and levels, None a missing value.

    ``selected`` is the interval widened for having been chosen among many.
    """

    name: str
    conditions: tuple[tuple[str, Level], ...]
    rows: int
    withheld: bool
    rate: Estimate
    rest: Estimate
    difference: float
    interval: Interval
    selected: Interval
    z: float
    p_value: float
    adjusted_p: float


class SliceFacts(Part):
    """The worst-treated slices by one rate, of all that were tested; ``words`` says what was done."""

    metric: str
    direction: Literal["worst", "lower", "higher", "both"]
    columns: tuple[str, ...]
    depth: int
    min_size: int
    effect: float
    level: float
    overall: Estimate
    tested: int
    found: int
    slices: tuple[SliceRow, ...]
    shorter: int
    shared: int
    overlap: int
    not_shown: int
    words: str


class Absent(Part):
    """A part of the audit that was not made, and why."""

    part: str
    reason: str


class Note(Part):
    """Something that the reader must know of: overlap of train and test, groups left out."""

    code: str
    text: str


class Record(Part):
    """One audit."""

    schema_version: Literal["1"] = "1"
    created: str
    title: str
    software: Software
    data: SourceFacts
    train: SourceFacts | None
    model: ModelFacts | None
    task: Task
    settings: dict[str, Any]
    settings_sha256: str
    policy_name: str | None
    policy_sha256: str | None
    seed: int
    level: float
    min_group_size: int
    privacy_minimum: int
    overall: GroupFacts
    groupings: tuple[GroupingFacts, ...]
    explanations: tuple[GapExplanation, ...]
    mitigation: tuple[MitigationFacts, ...]
    verdicts: tuple[Verdict, ...]
    verdict: State | None
    absent: tuple[Absent, ...]
    notes: tuple[Note, ...]
    cube: dict[str, Any] = Field(repr=False)
    datasheet: dict[str, Any] | None = Field(default=None, repr=False)
    answers: Answers | None = Field(default=None, repr=False)
    conditional: tuple[ConditionalFacts, ...] = ()
    slices: tuple[SliceFacts, ...] = ()
    scores: ScoreFacts | None = None
    people: PeopleFacts | None = None
    reach: ReachFacts | None = None
    label_checks: tuple[LabelCheck, ...] = ()
    neural: NeuralFacts | None = None
    frontier: FrontierFacts | None = None
    coarse: CoarseFacts | None = None
    proxies: tuple[ProxyFacts, ...] = ()
    whole: WholeFacts | None = None
    trust: TrustFacts | None = None
    recourse: RecourseFacts | None = None
    profiles: tuple[ProfileFacts, ...] = ()
    public: bool = False
    """Whether what pages withhold is gone, and the cube with it."""

    def to_json(self) -> str:
        """Write the record as strict JSON, keys in the order of this file."""
        content = spelled(self.model_dump(mode="json"))
        # The cube's lists are long: one line each keeps the file readable and small.
        cube = content.pop("cube")
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1)
        return f'{text[:-2]},\n "cube": {json.dumps(cube, ensure_ascii=False, allow_nan=False)}\n}}\n'


def record_schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a record file.

    Numbers that JSON lacks are texts in the file (see ``spelled``): a number may be one of three words.

    Examples
    --------
    >>> record_schema()["title"], "schema_version" in record_schema()["required"]
    ('Evenhand audit record', True)
    """
    schema = Record.model_json_schema(mode="validation")
    schema["required"] = ["schema_version", *schema["required"]]
    named = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Evenhand audit record"}
    return named | {key: _with_words(spelled(value)) for key, value in schema.items() if key not in named}


def _with_words(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_words(item) for item in value]
    if not isinstance(value, dict):
        return value
    inside = {key: _with_words(item) for key, item in value.items()}
    if inside.get("type") != "number":
        return inside
    kept = {key: item for key, item in inside.items() if key in ("title", "default", "description")}
    number = {key: item for key, item in inside.items() if key not in kept}
    return kept | {"anyOf": [number, {"enum": ["NaN", "Infinity", "-Infinity"]}]}


def spelled(value: Any) -> Any:
    """Spell numbers that JSON lacks as texts, all the way down; reading a record turns them back.

    Examples
    --------
    >>> spelled({"a": [1.5, float("nan"), -float("inf")]})
    {'a': [1.5, 'NaN', '-Infinity']}
    """
    if isinstance(value, dict):
        return {key: spelled(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [spelled(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value


def read_record(path: str | Path) -> Record:
    """Read a record file.

    Raises
    ------
    RecordError
        The file is not there, is not JSON, is of another schema version, or breaks the schema.
    """
    where = str(path)
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RecordError.of("missing_file", where, "a record file is needed, and there is none") from error
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise RecordError.of(
            "not_json", where, f"a record is UTF-8 JSON; reading it failed: {error}"
        ) from error
    if not isinstance(content, dict) or "schema_version" not in content:
        message = "this JSON is no record of an audit; name a record.json that an audit wrote"
        raise RecordError.of("no_record", where, message)
    version = content["schema_version"]
    if version != SCHEMA_VERSION:
        raise RecordError.of(
            "schema_version",
            where,
            f"this release reads records of schema version {SCHEMA_VERSION!r}, got {version!r};"
            " make the record again with this release, or use the release that wrote it",
        )
    try:
        return Record.model_validate(content)
    except ValidationError as error:
        problems = [
            Problem("record", f"{where}: {'.'.join(map(str, item['loc']))}", item["msg"])
            for item in error.errors()[:20]
        ]
        raise RecordError(problems) from error
