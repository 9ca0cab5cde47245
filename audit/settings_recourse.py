"""The table ``[recourse]`` of the settings: what a person could change to get another decision."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator

from .toml_reader import Section

Name = Annotated[str, Field(min_length=1)]


def _rising(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] > ends[1]:
        raise ValueError(f"a range is [lowest, highest], got {list(ends)}; swap the two")
    return ends


class Recourse(Section):
    """What may change, how far and which way.

    Examples
    --------
    >>> Recourse(monotone={"age": "up"}).monotone
    {'age': 'up'}
    """

    changeable: tuple[Name, ...] | None = Field(
        default=None,
        description="a list of column names; all others stay as they are",
        examples=['changeable = ["hours-per-week"]'],
    )
    immutable: tuple[Name, ...] = Field(
        default=(),
        description="a list of column names that stay as they are, beside sensitive ones and proxies",
        examples=['immutable = ["native-country"]'],
    )
    ranges: dict[str, Annotated[tuple[float, float], AfterValidator(_rising)]] = Field(
        default_factory=dict,
        description="a table: for each column of numbers its lowest and highest new value",
        examples=["ranges = { hours-per-week = [0, 60] }"],
    )
    monotone: dict[str, Literal["up", "down"]] = Field(
        default_factory=dict,
        description='a table: for each column of numbers "up" or "down", the only way it moves',
        examples=['monotone = { age = "up" }'],
    )

    @field_validator("immutable")
    @classmethod
    def _not_both(cls, names: tuple[str, ...], info: Any) -> tuple[str, ...]:
        both = [name for name in names if name in (info.data.get("changeable") or ())]
        if both:
            raise ValueError(
                f"a column changes or stays, but {both[0]!r} stands in changeable and in immutable;"
                " remove one of the two"
            )
        return names
