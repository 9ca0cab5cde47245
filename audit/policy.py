"""The policy: limits that were fixed before the audit, in a file of their own or in the settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from ..errors import Problem, SettingsError, did_you_mean
from .toml_reader import Section, build, read_toml

LevelValue = str | int | float | bool


class Limit(Section):
    """One line of a policy: what a figure may be.

    Examples
    --------
    >>> Limit(metric="demographic_parity_difference", attribute="sex", max=0.1).decide_on
    'interval'
    """

    metric: str = Field(
        min_length=1,
        description="the name of a metric; `evenhand metrics` lists them",
        examples=['metric = "demographic_parity_difference"'],
    )
    attribute: str = Field(
        min_length=1,
        description="a sensitive column, or several joined by ' x '",
        examples=['attribute = "sex x race"'],
    )
    min: float | None = Field(
        default=None, description="the lowest value allowed, a number", examples=["min = 0.8"]
    )
    max: float | None = Field(
        default=None, description="the highest value allowed, a number", examples=["max = 0.1"]
    )
    confidence: float = Field(
        default=0.95, gt=0, lt=1, description="a number between 0 and 1", examples=["confidence = 0.95"]
    )
    min_group_size: int | None = Field(
        default=None, ge=1, description="a whole number of at least 1", examples=["min_group_size = 30"]
    )
    decide_on: Literal["interval", "point"] = Field(
        default="interval", description='"interval" or "point"', examples=['decide_on = "interval"']
    )
    waive: tuple[str, ...] = Field(
        default=(), description="a list of group names, each in quotes", examples=['waive = ["Other"]']
    )
    group: LevelValue | tuple[LevelValue, ...] | None = Field(
        default=None,
        description="a level, or a list with a level for each attribute",
        examples=['group = "Female"'],
    )
    reference: LevelValue | tuple[LevelValue, ...] | None = Field(
        default=None,
        description="a level, or a list with a level for each attribute",
        examples=['reference = "Male"'],
    )

    @property
    def attributes(self) -> tuple[str, ...]:
        """The columns whose levels make the groups: one, or those of the intersection."""
        return tuple(part.strip() for part in self.attribute.split(" x "))

    @model_validator(mode="after")
    def _bounded(self) -> Limit:
        if self.min is None and self.max is None:
            raise ValueError("a limit needs min or max (or both), got neither; write for example: max = 0.1")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(
                f"min must not be above max, got min = {self.min} and max = {self.max}; swap or correct them"
            )
        return self


class PolicyFile(Section):
    """What a policy file may hold."""

    name: str | None = Field(
        default=None, description="the policy's name, in quotes", examples=['name = "Lending 2026"']
    )
    forbid_sensitive_at_decision: bool = Field(
        default=False,
        description="true or false: whether models that need a sensitive column for decisions are ruled out",
        examples=["forbid_sensitive_at_decision = true"],
    )
    limit: tuple[Limit, ...] = Field(
        min_length=1, description="at least one limit, each under its own [[limit]]", examples=["[[limit]]"]
    )


@dataclass(frozen=True)
class Policy:
    """The limits that an audit is judged by.

    Parameters
    ----------
    limits : tuple of Limit
        At least one.
    name : str
        As the file says, else the file's name.
    sha256 : str
        Of the file's bytes; for limits within settings, of their canonical form.
    forbid_sensitive_at_decision : bool
        Whether a search for a better model must leave out those that need a sensitive column for decisions.
    """

    limits: tuple[Limit, ...]
    name: str
    sha256: str
    forbid_sensitive_at_decision: bool = False

    @classmethod
    def of(cls, limits: Iterable[Limit], name: str = "settings") -> Policy:
        """Make the policy of limits that stand in the settings.

        Examples
        --------
        >>> Policy.of([Limit(metric="accuracy_difference", attribute="sex", max=0.1)]).name
        'settings'
        """
        kept = tuple(limits)
        content = [limit.model_dump(mode="json", exclude_none=True) for limit in kept]
        return cls(kept, name, canonical_sha256(content))


def load_policy(path: str | Path, known: Collection[str] = ()) -> Policy:
    """Read a policy file: TOML with a ``[[limit]]`` for each limit.

    Parameters
    ----------
    path : str or Path
    known : collection of str
        The catalogue's names of metrics; empty: names are not looked up.

    Raises
    ------
    SettingsError
        With every problem of the file at once.
    """
    file = Path(path)
    raw = read_toml(file)
    unknown = misnamed(raw, known, str(path))
    try:
        content = build(PolicyFile, raw, str(path))
    except SettingsError as error:
        raise SettingsError([*error.problems, *unknown]) from error
    if unknown:
        raise SettingsError(unknown)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return Policy(content.limit, content.name or file.name, digest, content.forbid_sensitive_at_decision)


def misnamed(raw: dict[str, Any], known: Collection[str], where: str) -> list[Problem]:
    """Look the metrics up in a file that may have other faults, so that all of them are told at once."""
    listed = raw.get("limit")
    named = (
        [item.get("metric") if isinstance(item, dict) else None for item in listed]
        if isinstance(listed, list)
        else []
    )
    return [
        _unknown(f"{where}: limit[{position}].metric", name, known)
        for position, name in enumerate(named)
        if known and isinstance(name, str) and name not in known
    ]


def _unknown(where: str, name: str, known: Collection[str]) -> Problem:
    return Problem("unknown_metric", where, f"there is no metric {name!r}; {did_you_mean(name, known)}")


def unknown_metrics(limits: Iterable[Limit], known: Collection[str], where: str = "") -> list[Problem]:
    """List the limits whose metric the catalogue does not have.

    Examples
    --------
    >>> limit = Limit(metric="accuracy_diference", attribute="sex", max=0.1)
    >>> print(unknown_metrics([limit], ["accuracy_difference"])[0])
    limit[0].metric: there is no metric 'accuracy_diference'; did you mean 'accuracy_difference'?
    """
    before = f"{where}: " if where else ""
    return [
        _unknown(f"{before}limit[{position}].metric", limit.metric, known)
        for position, limit in enumerate(limits)
        if known and limit.metric not in known
    ]


def canonical_sha256(content: Any) -> str:
    """Return the SHA-256 of plain content, whatever the order of its keys.

    Examples
    --------
    >>> canonical_sha256({"a": 1, "b": 2}) == canonical_sha256({"b": 2, "a": 1})
    True
    """
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
