"""Rule packs: what a law, a guideline or a framework asks for, read from dated data files.

A pack says which evidence is asked for and where that stands written, what its status was on which day, and
what no audit of this kind covers. No rule of law stands in code.
"""

from __future__ import annotations

import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator

from ..errors import Problem, SettingsError, did_you_mean
from .toml_reader import Section, build, read_toml

Status = Literal["in_force", "not_yet_applicable", "final_rule_stage", "proposed", "voluntary", "repealed"]
Method = Literal["local_law", "impact", "lending", "insurance", "checklist"]
EVIDENCE = (
    "groups", "intersections", "disparities", "intervals", "significance", "error_rates", "accuracy",
    "group_accuracy", "conditional", "proxies", "alternatives", "slices", "explanations", "small_groups",
    "missing_counted", "datasheet", "data_hash", "run", "policy", "policy_before", "policy_why",
    "metrics_why", "signature", "law_sex", "law_race", "law_intersection", "law_unknown", "law_small",
    "law_complete", "audit_date", "distribution_date", "data_source", "data_explanation", "impact",
    "impact_significance", "impact_shortfall", "lending", "lending_scores", "insurance", "premium",
)  # fmt: skip
"""What a pack may ask for; :mod:`.profile_checks` says of each whether an audit holds it."""


def iso_date(text: str) -> str:
    """Refuse what is no day.

    Examples
    --------
    >>> iso_date("2026-03-01")
    '2026-03-01'
    """
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError(f"a day is written as 2026-03-01, got {text!r}; correct it") from error


Words = Annotated[str, Field(min_length=1)]
Day = Annotated[str, AfterValidator(iso_date)]


class Source(Section):
    """Where something stands written."""

    name: Words = Field(description="the source's name, in quotes")
    cites: Words = Field(description="the place in it, in quotes")


class Option(Section):
    """A number that the rule leaves to be set, and its default."""

    default: float = Field(description="a number")
    meaning: Words = Field(description="what it does, in quotes")


class Ask(Section):
    """One thing that is asked for."""

    id: Words = Field(description="a short name, in quotes")
    text: Words = Field(description="what is asked for, in quotes")
    cites: Words = Field(description="the place in the source, in quotes")
    evidence: tuple[str, ...] = Field(min_length=1, description="a list of kinds of evidence")

    @field_validator("evidence")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [name for name in names if name not in EVIDENCE]
        if wrong:
            raise ValueError(f"there is no evidence {wrong[0]!r}; {did_you_mean(wrong[0], EVIDENCE)}")
        return names


class Pack(Section):
    """One rule pack.

    ``status`` holds on the day that the pack is ``dated``; ``status_date`` is the day since or from which.
    ``method`` is how its figures are computed; a checklist has none of its own.
    """

    id: Words = Field(description="the file's name without its ending, in quotes")
    name: Words = Field(description="a title, in quotes")
    jurisdiction: Words = Field(description="where it holds, in quotes")
    status: Status = Field(description="in_force, not_yet_applicable, final_rule_stage, proposed, ...")
    status_date: Day = Field(description="a day in quotes, as in 2026-03-01")
    status_note: Words = Field(description="what the status rests on, in quotes")
    version: Words = Field(description="the pack's version, in quotes")
    dated: Day = Field(description="a day in quotes, as in 2026-03-01")
    method: Method = Field(description="local_law, impact, lending, insurance or checklist")
    sources: tuple[Source, ...] = Field(min_length=1, description="a list of tables of name and cites")
    not_covered: tuple[Words, ...] = Field(min_length=1, description="a list of sentences")
    uncertain: tuple[Words, ...] = Field(description="a list of sentences")
    no_advice: Words = Field(description="a sentence that says that it is no legal advice")
    options: dict[str, Option] = Field(default_factory=dict, description="a table of options")
    asks: tuple[Ask, ...] = Field(min_length=1, description="a list of tables [[asks]]")

    @field_validator("no_advice")
    @classmethod
    def _says_so(cls, text: str) -> str:
        if "no legal advice" not in text:
            raise ValueError(f'the sentence must hold the words "no legal advice", got {text!r}; add them')
        return text

    @field_validator("asks")
    @classmethod
    def _told_apart(cls, asks: tuple[Ask, ...]) -> tuple[Ask, ...]:
        names = [ask.id for ask in asks]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(f"each id stands once, got {twice[0]!r} twice; rename one of the two")
        return asks


def read_pack(path: Path) -> Pack:
    """Read a pack.

    Raises
    ------
    SettingsError
        The file cannot be read, breaks a rule, or is not named by its id; all problems at once.
    """
    pack = build(Pack, read_toml(path), str(path))
    if pack.id != path.stem:
        message = f"a pack is named by its id, got {pack.id!r} in {path.name}; rename one of the two"
        raise SettingsError.of("pack_id", f"{path}: id", message)
    return pack


@cache
def packs() -> dict[str, Pack]:
    """Read every pack that is shipped, by id.

    Examples
    --------
    >>> packs()["nyc-ll144"].status
    'in_force'
    """
    folder = files(f"{__package__ or 'evenhand.audit'}.profiles")
    paths = sorted(Path(str(item)) for item in folder.iterdir() if item.name.endswith(".toml"))
    return {path.stem: read_pack(path) for path in paths}


def pack_named(name: str) -> Pack:
    """Give a pack by its id.

    Raises
    ------
    SettingsError
        There is none.
    """
    known = packs()
    if name not in known:
        message = f"there is no profile {name!r}; {did_you_mean(name, known)}"
        raise SettingsError([Problem("unknown_profile", "profiles", message)])
    return known[name]


def known_profiles(names: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse ids that no pack has, all at once, and ids that stand twice.

    Raises
    ------
    ValueError
    """
    known = packs()
    wrong = [
        f"there is no profile {name!r}; {did_you_mean(name, known)}" for name in names if name not in known
    ]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        wrong.append(f"each profile is named once, got {twice!r} twice; remove one of the two")
    if wrong:
        raise ValueError(" ".join(wrong))
    return names


def options_of(pack: Pack, given: Any) -> dict[str, float]:
    """Give the numbers in use: those of the settings, else the pack's own."""
    chosen: dict[str, float | None] = {name: getattr(given, name, None) for name in pack.options}
    wanted = {name: value for name, value in chosen.items() if value is not None}
    return {name: option.default for name, option in pack.options.items()} | wanted
