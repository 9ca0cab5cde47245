"""`evenhand.toml`: flat keys with the names of the command line's flags, read into frozen settings."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path, PureWindowsPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PrivateAttr, field_validator

from ..errors import Problem, SettingsError, did_you_mean
from ..metrics.grid import DEFAULT_BINS, MAX_BINS, Grid, Kind
from ..metrics.slice_input import DEEPEST
from ..mitigation.methods import METHODS
from .explain.kinds import DEFAULT_GAPS, KINDS
from .frontier_settings import Frontier
from .policy import LevelValue, Limit, Policy, canonical_sha256, load_policy, misnamed, unknown_metrics
from .profile_packs import known_profiles
from .prompts import PROMPTS
from .settings_profiles import Evidence, FairLending, FourFifths, Insurance, LocalLaw
from .settings_recourse import Recourse
from .toml_reader import Section, build, read_toml

DEFAULT_METHODS = ("unaware", "reweighing")
"""The ways to narrow a gap that are tried where settings name none."""

FORMATS = ("html", "json", "md", "csv", "parquet", "junit", "sarif", "pdf")
"""What an audit may be written as."""

DEFAULT_FORMATS = ("html", "json")
LANGUAGES = ("en", "de", "zh")
"""What pages can be written in: English, German, Chinese (simplified)."""

REFERENCES = ("largest", "best", "overall", "rest", "all_pairs")
"""What a group is compared with where no group is named."""

LONGEST_NAME = 255
"""Bytes that the usual file systems allow the name of a file."""

PATHS = ("data", "train", "model", "policy", "answers", "out")
"""The keys that hold paths; they are relative to the settings file's folder."""

ScoreKind = Literal["probability", "real"]
"""What scores are: probabilities of the positive label, or numbers of any range and sign."""

_COLUMNS = "a list of column names, each in quotes"
Name = Annotated[str, Field(min_length=1)]
Names = tuple[Name, ...]


def _rising(edges: tuple[float, ...]) -> tuple[float, ...]:
    if any(later <= earlier for earlier, later in pairwise(edges)):
        raise ValueError(f"the edges of bands must rise, got {list(edges)}; write for example: [40, 65]")
    return edges


def _shares(shares: dict[str, float]) -> dict[str, float]:
    total = math.fsum(shares.values())
    if min(shares.values(), default=0.0) < 0 or abs(total - 1) > SHARES_WITHIN:
        rule = "the shares of a column's groups are at least 0 and add up to 1"
        raise ValueError(f"{rule}, got {shares}, which add up to {total:g}; correct them")
    return shares


SHARES_WITHIN = 0.005
"""How far shares, which are often written rounded, may add up to something else than 1."""

Shares = Annotated[dict[str, float], AfterValidator(_shares)]
Edges = Annotated[tuple[float, ...], Field(min_length=1), AfterValidator(_rising)]


class Split(Section):
    """One file that holds both the rows to train on and the rows to test on."""

    column: Name = Field(
        description="the column that tells the rows apart, in quotes", examples=['column = "split"']
    )
    train: LevelValue = Field(description="the value of the rows to train on", examples=['train = "train"'])
    test: LevelValue = Field(description="the value of the rows to audit", examples=['test = "test"'])

    @field_validator("test")
    @classmethod
    def _differs(cls, value: LevelValue, info: Any) -> LevelValue:
        if "train" in info.data and info.data["train"] == value:
            raise ValueError(f"train and test must be different values, got {value!r} for both")
        return value


class Settings(Section):
    """Everything that an audit is told; unknown keys are refused.

    Paths are kept as they were written; ``resolve`` makes them usable.

    Examples
    --------
    >>> Settings(target="income", sensitive=("sex",)).threshold
    0.5
    """

    data: Name | None = Field(
        default=None, description="the path of the table, in quotes", examples=['data = "loans.csv"']
    )
    train: Name | None = Field(
        default=None,
        description="the path of the training table, in quotes",
        examples=['train = "train.parquet"'],
    )
    split: Split | None = Field(
        default=None,
        description="a table with column, train and test",
        examples=['split = { column = "split", train = "train", test = "test" }'],
    )
    target: Name | None = Field(
        default=None, description="the column of true labels, in quotes", examples=['target = "approved"']
    )
    pos_label: LevelValue | None = Field(
        default=None, description="the label that counts as positive", examples=['pos_label = "yes"']
    )
    sensitive: Names = Field(default=(), description=_COLUMNS, examples=['sensitive = ["sex", "race"]'])
    intersections: tuple[Annotated[Names, Field(min_length=2)], ...] | None = Field(
        default=None,
        description="a list of lists, each of at least two sensitive columns; by default every pair",
        examples=['intersections = [["sex", "race"]]'],
    )
    labels_known: Literal["everybody", "selected"] | None = Field(
        default=None,
        description='"everybody", or "selected" where outcomes are known only of people once accepted',
        examples=['labels_known = "selected"'],
    )
    bands: dict[str, Edges] = Field(
        default_factory=dict,
        description="a table: for each column a list of rising numbers, at which the next band begins",
        examples=["bands = { age = [40, 65] }"],
    )
    prediction: Name | None = Field(
        default=None, description="the column of decisions, in quotes", examples=['prediction = "decision"']
    )
    score: Name | None = Field(
        default=None, description="the column of scores, in quotes", examples=['score = "p_approve"']
    )
    score_kind: ScoreKind = Field(
        default="probability",
        description='"probability" (from 0 to 1) or "real" (any number, as a decision_function gives)',
        examples=['score_kind = "real"'],
    )
    score_bins: int = Field(
        default=DEFAULT_BINS,
        ge=2,
        le=MAX_BINS,
        description=f"a whole number from 2 to {MAX_BINS}: equal bins that probabilities are counted in",
        examples=[f"score_bins = {DEFAULT_BINS}"],
    )
    score_distinct: bool = Field(
        default=False,
        description="true or false: count each distinct score by itself, exactly",
        examples=["score_distinct = true"],
    )
    threshold: float = Field(
        default_factory=lambda given: 0.0 if given.get("score_kind") == "real" else 0.5,
        allow_inf_nan=False,
        description="a number, from 0 to 1 for probabilities; scores at or above it are selected",
        examples=["threshold = 0.5"],
    )
    weight: Name | None = Field(
        default=None, description="the column of weights, in quotes", examples=['weight = "fnlwgt"']
    )
    weight_kind: Literal["survey", "frequency"] = Field(
        default="survey", description='"survey" or "frequency"', examples=['weight_kind = "survey"']
    )
    control: Names = Field(default=(), description=_COLUMNS, examples=['control = ["occupation"]'])
    missing: tuple[str, ...] = Field(
        default=(), description="a list of texts that stand for a missing value", examples=['missing = ["?"]']
    )
    encoding: Name = Field(
        default="utf-8",
        description="the name of a text encoding, in quotes",
        examples=['encoding = "latin-1"'],
    )
    id: Name | None = Field(
        default=None, description="the column that names people, in quotes", examples=['id = "person"']
    )
    drop: Names = Field(default=(), description=_COLUMNS, examples=['drop = ["fnlwgt"]'])
    model: Name | None = Field(
        default=None, description="the path of a model file, in quotes", examples=['model = "model.skops"']
    )
    trusted: tuple[str, ...] = Field(
        default=(),
        description="a list of SHA-256 sums, 64 hexadecimal digits each",
        examples=['trusted = ["9f86d081..."]'],
    )
    model_columns: Names = Field(
        default=(),
        description=f"{_COLUMNS}, that a model takes in this order and does not name itself",
        examples=['model_columns = ["age", "income"]'],
    )
    model_classes: tuple[LevelValue, ...] = Field(
        default=(),
        description="a list of labels, in the order of the model's outputs, where it does not say them",
        examples=['model_classes = ["no", "yes"]'],
    )
    model_output: Literal["logit", "probability"] | None = Field(
        default=None,
        description='what a network gives: "probability", or "logit" for log-odds',
        examples=['model_output = "logit"'],
    )
    policy: Name | None = Field(
        default=None, description="the path of a policy file, in quotes", examples=['policy = "policy.toml"']
    )
    policy_fixed: date | None = Field(
        default=None,
        description="the day on which the policy was fixed, as YYYY-MM-DD in quotes or as a TOML date",
        examples=['policy_fixed = "2026-01-15"'],
    )
    limit: tuple[Limit, ...] = Field(
        default=(), description="limits, each under its own [[limit]]", examples=["[[limit]]"]
    )
    reference: (
        Literal["largest", "best", "overall", "rest", "all_pairs"]
        | dict[str, LevelValue | tuple[LevelValue, ...]]
    ) = Field(
        default="largest",
        description=f"one of {', '.join(REFERENCES)}, or a table of attribute and level",
        examples=['reference = { sex = "Male" }'],
    )
    min_group_size: int = Field(
        default=30, ge=1, description="a whole number of at least 1", examples=["min_group_size = 30"]
    )
    privacy_minimum: int = Field(
        default=10, ge=0, description="a whole number of at least 0", examples=["privacy_minimum = 10"]
    )
    level: float = Field(
        default=0.95, gt=0, lt=1, description="a number between 0 and 1", examples=["level = 0.95"]
    )
    seed: int = Field(default=0, ge=0, description="a whole number of at least 0", examples=["seed = 0"])
    explain: bool = Field(default=True, description="true or false", examples=["explain = true"])
    whole: bool = Field(
        default=True,
        description="true or false: whether the model as a whole, its proxies and the trust in"
        " explanations are looked at",
        examples=["whole = true"],
    )
    global_columns: Names = Field(
        default=(),
        description=f"{_COLUMNS}, whose curves by group are drawn; by default those that the model"
        " leans on most",
        examples=['global_columns = ["age", "occupation"]'],
    )
    explain_gaps: tuple[str, ...] = Field(
        default=DEFAULT_GAPS,
        description=f"a list of: {', '.join(KINDS)}",
        examples=['explain_gaps = ["selection_rate", "accuracy"]'],
    )
    explain_game: Literal["direct", "common"] = Field(
        default="direct", description='"direct" or "common"', examples=['explain_game = "common"']
    )
    explain_against: tuple[Literal["reference", "rest"], ...] = Field(
        default=("reference",),
        min_length=1,
        description='a list of: "reference", "rest"',
        examples=['explain_against = ["reference", "rest"]'],
    )
    explain_groups: Literal["furthest", "all"] = Field(
        default="furthest", description='"furthest" or "all"', examples=['explain_groups = "all"']
    )
    explain_labels: bool = Field(
        default=False, description="true or false", examples=["explain_labels = true"]
    )
    neural: bool = Field(
        default=True,
        description="true or false: look inside the model where it is a neural network",
        examples=["neural = true"],
    )
    mitigate: bool = Field(default=True, description="true or false", examples=["mitigate = true"])
    methods: tuple[str, ...] = Field(
        default=DEFAULT_METHODS,
        description=f"a list of: {', '.join(METHODS)}",
        examples=['methods = ["reweighing"]'],
    )
    frontier: Frontier | None = Field(
        default=None,
        description="a table of its own, [frontier], that says how a better trade-off is searched",
        examples=['frontier = { metric = "equalized_odds_difference", attribute = "sex" }'],
    )
    forbid_sensitive_at_decision: bool = Field(
        default=False,
        description="true or false: whether models that need a sensitive column for decisions are ruled out",
        examples=["forbid_sensitive_at_decision = true"],
    )
    proxies: Names = Field(default=(), description=_COLUMNS, examples=['proxies = ["relationship"]'])
    search: Names = Field(
        default=(), description=f"{_COLUMNS}, whose worst-treated slices are searched for",
        examples=['search = ["age", "region"]'],
    )  # fmt: skip
    search_depth: int = Field(
        default=2,
        ge=1,
        le=DEEPEST,
        description=f"a whole number from 1 to {DEEPEST}: the most conditions of a slice",
        examples=["search_depth = 2"],
    )
    recourse: Recourse = Field(
        default_factory=Recourse,
        description="a table of changeable, immutable, ranges and monotone",
        examples=['recourse = { immutable = ["native-country"], monotone = { age = "up" } }'],
    )
    profiles: tuple[str, ...] = Field(
        default=(),
        description="a list of rule packs; evenhand profiles lists them",
        examples=['profiles = ["nyc-ll144", "four-fifths"]'],
    )
    local_law: LocalLaw = Field(default_factory=LocalLaw, description="a table for the profile nyc-ll144")
    four_fifths: FourFifths = Field(
        default_factory=FourFifths, description="a table for the profile four-fifths"
    )
    fair_lending: FairLending = Field(
        default_factory=FairLending, description="a table for the profile fair-lending"
    )
    insurance: Insurance = Field(
        default_factory=Insurance, description="a table for the profile colorado-10-1-1"
    )
    evidence: Evidence = Field(default_factory=Evidence, description="a table of dates, reasons and names")
    answers: Name | None = Field(
        default=None,
        description="the path of the datasheet's answers, in quotes",
        examples=['answers = "datasheet.toml"'],
    )
    require_answers: Names = Field(
        default=(),
        description="a list of ids of the datasheet's prompts that must have an answer",
        examples=['require_answers = ["C3", "C13"]'],
    )
    quasi_identifiers: Names = Field(
        default=(),
        description=f"{_COLUMNS}, that together may tell who a row is about",
        examples=['quasi_identifiers = ["age", "postcode"]'],
    )
    reference_shares: dict[str, Shares] = Field(
        default_factory=dict,
        description="a table: for each sensitive column the population's share of each of its groups",
        examples=["reference_shares = { sex = { Female = 0.51, Male = 0.49 } }"],
    )
    title: str | None = Field(
        default=None, description="the report's title, in quotes", examples=['title = "Loans, 2026"']
    )
    credit: str | None = Field(
        default=None, description="the data's credit line, in quotes", examples=['credit = "UCI"']
    )
    out: Name = Field(
        default="report", description="the folder for the results, in quotes", examples=['out = "report"']
    )
    format: tuple[str, ...] = Field(
        default=DEFAULT_FORMATS,
        min_length=1,
        description=f"a list of: {', '.join(FORMATS)}",
        examples=['format = ["html", "json"]'],
    )
    language: str = Field(
        default="en",
        description=f"the language of the pages, one of: {', '.join(LANGUAGES)}",
        examples=['language = "de"'],
    )

    _bases: dict[str, Path] = PrivateAttr(default_factory=dict)

    @field_validator(*PATHS)
    @classmethod
    def _usable_path(cls, value: str | None) -> str | None:
        names = Path(value or "").parts
        if any("\0" in name or len(name.encode("utf-8", "replace")) > LONGEST_NAME for name in names):
            raise ValueError(
                f"a path holds no null character and no name of more than {LONGEST_NAME} bytes,"
                f" got {(value or '')[:40]!r}; correct it"
            )
        return value

    @field_validator("threshold")
    @classmethod
    def _in_range(cls, value: float, info: Any) -> float:
        if info.data.get("score_kind") == "probability" and not 0 <= value <= 1:
            raise ValueError(
                f"a threshold of probabilities lies from 0 to 1, got {value:g};"
                ' write for example: threshold = 0.5; for scores of another scale: score_kind = "real"'
            )
        return value

    @field_validator("policy_fixed", mode="before")
    @classmethod
    def _day(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValueError(
                f"a day is written as YYYY-MM-DD, got {value!r};"
                ' write for example: policy_fixed = "2026-01-15"'
            ) from error

    @field_validator("explain_gaps")
    @classmethod
    def _known_gaps(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _all_known(names, tuple(KINDS), "gap")

    @field_validator("methods")
    @classmethod
    def _known_methods(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _all_known(names, tuple(METHODS), "method")

    @field_validator("profiles")
    @classmethod
    def _known_profiles(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return known_profiles(names)

    @field_validator("format")
    @classmethod
    def _known_formats(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _all_known(names, FORMATS, "format")

    @field_validator("language")
    @classmethod
    def _known_language(cls, name: str) -> str:
        return _all_known((name,), LANGUAGES, "language")[0]

    @field_validator("require_answers")
    @classmethod
    def _known_prompts(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _all_known(names, tuple(PROMPTS), "prompt")

    @field_validator("trusted")
    @classmethod
    def _sums(cls, sums: tuple[str, ...]) -> tuple[str, ...]:
        lowered = tuple(item.strip().lower() for item in sums)
        wrong = [item for item in lowered if len(item) != 64 or set(item) - set("0123456789abcdef")]
        if wrong:
            raise ValueError(
                f"a SHA-256 has 64 hexadecimal digits, got {wrong[0]!r};"
                " copy it from the message that asked for it"
            )
        return lowered

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str) -> str:
        try:
            "".encode(name)
        except LookupError as error:
            raise ValueError(
                f"there is no encoding {name!r}; common ones are utf-8, latin-1, cp1252, utf-16"
            ) from error
        return name

    @property
    def fewest(self) -> int:
        """The fewest people of a group that anything beyond its own rates may rest on.

        Examples
        --------
        >>> Settings().fewest, Settings(min_group_size=5).fewest
        (30, 10)
        """
        return max(self.min_group_size, self.privacy_minimum)

    @property
    def grid(self) -> Grid:
        """The grid that scores are counted on; it does not depend on the data, so that cubes add up.

        Examples
        --------
        >>> Settings().grid.kind, Settings(score_kind="real").grid.kind
        ('uniform', 'relative')
        """
        kind: Kind = "uniform" if self.score_kind == "probability" else "relative"
        return Grid("distinct" if self.score_distinct else kind, self.score_bins, (self.threshold,))

    def resolve(self, key: str) -> Path | None:
        """Return the path of a key, made relative to the folder of the file that named it."""
        written: str | None = getattr(self, key)
        return None if written is None else self._bases.get(key, Path()) / written

    def canonical(self) -> dict[str, Any]:
        """Return the settings as plain JSON content, defaults included, for the record.

        Paths stand as they were written; of an absolute path only the file's name is kept.
        """
        content = self.model_dump(mode="json")
        for key in PATHS:
            if content[key] is not None:
                content[key] = _public(content[key])
        return content

    @property
    def sha256(self) -> str:
        """SHA-256 of the canonical settings."""
        return canonical_sha256(self.canonical())


def load_settings(path: str | Path, known_metrics: Collection[str] = ()) -> Settings:
    """Read a settings file.

    Parameters
    ----------
    path : str or Path
    known_metrics : collection of str
        The catalogue's names; empty: the limits' metrics are not looked up.

    Raises
    ------
    SettingsError
        With every problem of the file at once, each with its path, as in ``limit[0].max``.
    """
    where = str(path)
    raw = read_toml(Path(path))
    unknown = misnamed(raw, known_metrics, where)
    try:
        settings = build(Settings, raw, where)
    except SettingsError as error:
        raise SettingsError([*error.problems, *unknown]) from error
    problems = [*_conflicts(settings, where), *unknown]
    if problems:
        raise SettingsError(problems)
    return _based(settings, dict.fromkeys(PATHS, Path(path).parent))


def merge(settings: Settings, overrides: Mapping[str, Any]) -> Settings:
    """Lay flags over settings; a flag that is None was not given.

    Paths among the flags are relative to the working folder; ``--policy`` replaces limits of the file, and
    ``--train`` the file's split.

    Raises
    ------
    SettingsError
        With every problem at once.

    Examples
    --------
    >>> merge(Settings(target="income"), {"threshold": 0.4, "seed": None}).threshold
    0.4
    """
    given = {key: value for key, value in overrides.items() if value is not None}
    # What nobody set is left to its default, which may hang on another key.
    content = settings.model_dump(exclude_unset=True) | given
    if "policy" in given and "limit" not in given:
        content["limit"] = ()
    if "train" in given and "split" not in given:
        content["split"] = None
    merged = build(Settings, content)
    problems = _conflicts(merged)
    if problems:
        raise SettingsError(problems)
    return _based(merged, settings._bases | {key: Path() for key in PATHS if key in given})  # noqa: SLF001 - its own class


def parse_reference(texts: Collection[str]) -> str | dict[str, str]:
    """Read the values of ``--reference``: a way to choose (``largest``), or ``column=level``, repeated.

    Raises
    ------
    SettingsError
        A value is neither.

    Examples
    --------
    >>> parse_reference(["overall"]), parse_reference(["sex=Male", "race=White"])
    ('overall', {'sex': 'Male', 'race': 'White'})
    """
    listed = list(texts)
    if len(listed) == 1 and listed[0] in REFERENCES:
        return listed[0]
    pairs = {text: text.partition("=") for text in listed}
    wrong = [text for text, (column, _, level) in pairs.items() if not column or not level]
    if wrong:
        raise SettingsError(
            Problem(
                "reference",
                "reference",
                f"write column=level, or one of {', '.join(REFERENCES)}, got {text!r};"
                f" {did_you_mean(text, REFERENCES)}",
            )
            for text in wrong
        )
    return {column.strip(): level.strip() for column, _, level in pairs.values()}


def policy_of(settings: Settings, known_metrics: Collection[str] = ()) -> Policy | None:
    """Return the policy that the settings name or hold; None where they do neither.

    Examples
    --------
    >>> policy_of(Settings()) is None
    True
    """
    file = settings.resolve("policy")
    if file is not None:
        return load_policy(file, known_metrics)
    unknown = unknown_metrics(settings.limit, known_metrics)
    if unknown:
        raise SettingsError(unknown)
    return Policy.of(settings.limit) if settings.limit else None


def _based(settings: Settings, bases: dict[str, Path]) -> Settings:
    settings._bases.update(bases)  # noqa: SLF001 - its own class
    return settings


def _conflicts(settings: Settings, where: str = "") -> list[Problem]:
    before = f"{where}: " if where else ""
    problems = []
    if settings.policy is not None and settings.limit:
        message = "limits stand in the settings or in a policy file, not in both; remove one of the two"
        problems.append(Problem("two_policies", f"{before}policy", message))
    if settings.train is not None and settings.split is not None:
        message = "training rows come from train or from split, not from both; remove one of the two"
        problems.append(Problem("two_trains", f"{before}train", message))
    problems += [
        Problem("two_roles", f"{before}search[{i}]", message)
        for i, name in enumerate(settings.search)
        if (message := _not_searchable(settings, name, settings.search[:i]))
    ]
    return problems


def _not_searchable(settings: Settings, name: str, before: tuple[str, ...]) -> str:
    if name in before:
        return f"each column is searched once, got {name!r} twice; remove one of the two"
    for key in ("target", "prediction", "score", "weight", "id"):
        if name == getattr(settings, key):
            return f"slices are made of what people are, but {name!r} is the {key}; take it out of search"
    return ""


def _all_known(names: tuple[str, ...], known: tuple[str, ...], what: str) -> tuple[str, ...]:
    wrong = [
        f"there is no {what} {name!r}; {did_you_mean(name, known)}" for name in names if name not in known
    ]
    if wrong:
        raise ValueError(" ".join(wrong))
    return names


def _public(path: str) -> str:
    windows = PureWindowsPath(path)
    if Path(path).is_absolute() or windows.is_absolute():
        return windows.name if windows.drive else Path(path).name
    return path
