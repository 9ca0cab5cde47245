"""The tables of the settings that profiles read: texts, dates and choices that no data can tell.

A number that a rule pack holds is None here until somebody sets another.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from .profile_packs import iso_date
from .toml_reader import Section

Name = Annotated[str, Field(min_length=1)]


def _spelled(value: Any) -> Any:
    # TOML has dates of its own; the record holds texts.
    plain = isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)
    return value.isoformat() if plain else value


Day = Annotated[str, BeforeValidator(_spelled), AfterValidator(iso_date)]
_TEXT = "a text in quotes"
_SHARE = "a number above 0 and below 1; the pack's own where it is not set"
_YES_NO = "true or false"


def _day(key: str, what: str) -> Any:
    return Field(default=None, description=f"a date: {what}", examples=[f"{key} = 2026-03-01"])


class LocalLaw(Section):
    """``[local_law]``: what the summary of New York City's Local Law 144 needs beside the data.

    Examples
    --------
    >>> LocalLaw(sex="gender").rate
    'selection'
    """

    sex: Name | None = Field(
        default=None,
        description="the sensitive column of the sex, in quotes; else one called sex or gender",
        examples=['sex = "sex"'],
    )
    race: Name | None = Field(
        default=None,
        description="the sensitive column of race/ethnicity, in quotes; else one called race or ethnicity",
        examples=['race = "race"'],
    )
    rate: Literal["selection", "scoring"] = Field(
        default="selection",
        description='"selection", or "scoring" for the share of scores above the median',
        examples=['rate = "scoring"'],
    )
    unknown_in_median: bool = Field(
        default=True,
        description=f"{_YES_NO}: people of unknown category count in the median of the scores",
        examples=["unknown_in_median = true"],
    )
    unknown: Literal["per_axis", "joint"] = Field(
        default="per_axis",
        description='"per_axis" leaves people out where that category is unknown, "joint" everywhere',
        examples=['unknown = "joint"'],
    )
    min_share: float | None = Field(
        default=None, gt=0, lt=1, description=_SHARE, examples=["min_share = 0.02"]
    )
    exclude: tuple[Name, ...] = Field(
        default=(),
        description="a list of categories below the smallest share, to leave out of the ratios",
        examples=['exclude = ["Two or More Races", "Male x Asian"]'],
    )
    exclude_small: bool = Field(
        default=False,
        description=f"{_YES_NO}: leave out every category below the smallest share",
        examples=["exclude_small = true"],
    )
    exclude_because: Name | None = Field(
        default=None, description=_TEXT, examples=['exclude_because = "too few for a rate"']
    )
    publish_all: bool = Field(
        default=False,
        description=f"{_YES_NO}: the page local-law-144.html shows the figures of the smallest groups too",
        examples=["publish_all = true"],
    )
    whole_percent: bool = Field(
        default=False,
        description=f"{_YES_NO}: rates are shown without decimals; ratios come from unrounded rates",
        examples=["whole_percent = true"],
    )
    tool: Name | None = Field(default=None, description=_TEXT, examples=['tool = "Screener 2.1"'])
    auditor: Name | None = Field(default=None, description=_TEXT, examples=['auditor = "A. Auditor"'])
    audit_date: Day | None = _day("audit_date", "of the latest bias audit; else the day of this run")
    distribution_date: Day | None = _day("distribution_date", "of the tool's distribution")
    data_source: Name | None = Field(
        default=None, description=_TEXT, examples=['data_source = "Applications of 2025"']
    )
    data_explanation: Name | None = Field(
        default=None, description=_TEXT, examples=['data_explanation = "All people the tool assessed."']
    )

    @model_validator(mode="after")
    def _justified(self) -> LocalLaw:
        if (self.exclude or self.exclude_small) and self.exclude_because is None:
            raise ValueError(
                "categories are left out only with a justification, which the rules want published;"
                ' write exclude_because = "..."'
            )
        return self


class FourFifths(Section):
    """``[four_fifths]``: the numbers of the four-fifths rule."""

    benchmark: float | None = Field(
        default=None, gt=0, le=1, description=_SHARE, examples=["benchmark = 0.8"]
    )
    alpha: float | None = Field(default=None, gt=0, lt=1, description=_SHARE, examples=["alpha = 0.05"])


class FairLending(Section):
    """``[fair_lending]``: bands and flags; the control group is the settings' reference."""

    concern: float | None = Field(default=None, gt=0, le=1, description=_SHARE, examples=["concern = 0.9"])
    low: float | None = Field(default=None, gt=0, le=1, description=_SHARE, examples=["low = 0.8"])
    smd_flag: float | None = Field(
        default=None, gt=0, description="a number above 0", examples=["smd_flag = 0.3"]
    )
    higher_is_better: bool = Field(
        default=True,
        description=f"{_YES_NO}: a high score is good for the person",
        examples=["higher_is_better = true"],
    )


class Insurance(Section):
    """``[insurance]``: the numbers of Colorado's draft test."""

    alpha: float | None = Field(default=None, gt=0, lt=1, description=_SHARE, examples=["alpha = 0.05"])
    points: float | None = Field(default=None, gt=0, lt=1, description=_SHARE, examples=["points = 0.05"])


class Evidence(Section):
    """``[evidence]``: what checklists ask for and only people can say."""

    thresholds_fixed: Day | None = _day("thresholds_fixed", "when the limits were fixed")
    thresholds_why: Name | None = Field(
        default=None, description=_TEXT, examples=['thresholds_why = "The board accepts 5 points."']
    )
    metrics_why: Name | None = Field(
        default=None, description=_TEXT, examples=['metrics_why = "A wrong refusal is the harm."']
    )
    signed_by: Name | None = Field(default=None, description=_TEXT, examples=['signed_by = "R. Reviewer"'])
    signed_on: Day | None = _day("signed_on", "when the report was signed")
