"""What a search for a better trade-off is told: the table ``[frontier]`` of the settings."""

from __future__ import annotations

from pydantic import Field, field_validator

from ..errors import did_you_mean
from ..mitigation.methods import METHODS, SEARCHED
from .toml_reader import Section


class Frontier(Section):
    """How the frontier is searched; every key has a default.

    Examples
    --------
    >>> Frontier().scoring, Frontier().cv
    ('accuracy', 0)
    """

    methods: tuple[str, ...] = Field(
        default=SEARCHED,
        min_length=1,
        description=f"a list of: {', '.join(METHODS)}",
        examples=['methods = ["reweighing"]'],
    )
    metric: str | None = Field(
        default=None,
        description="the disparity to narrow: a difference or ratio that `evenhand metrics` lists",
        examples=['metric = "equalized_odds_difference"'],
    )
    attribute: str | None = Field(
        default=None,
        description="a sensitive column, or several joined by ' x '",
        examples=['attribute = "sex"'],
    )
    limit: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="a number from 0 to 1: the most that a difference, the least that a ratio may be",
        examples=["limit = 0.1"],
    )
    scoring: str = Field(
        default="accuracy",
        min_length=1,
        description="the name of a scorer of scikit-learn, in quotes",
        examples=['scoring = "balanced_accuracy"'],
    )
    tolerance: float = Field(
        default=0.01,
        ge=0,
        description="a number of at least 0: the loss of the score that is acceptable",
        examples=["tolerance = 0.01"],
    )
    cv: int = Field(
        default=0,
        ge=0,
        description="0 for one held-out part in three, or how many parts are held back in turn, 2 or more",
        examples=["cv = 5"],
    )
    budget: float | None = Field(
        default=None,
        gt=0,
        description="seconds after which nothing new is tried; without it the search is whole",
        examples=["budget = 60.0"],
    )

    @field_validator("methods")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [
            f"there is no method {name!r}; {did_you_mean(name, METHODS)}"
            for name in names
            if name not in METHODS
        ]
        if wrong:
            raise ValueError(" ".join(wrong))
        return names

    @field_validator("cv")
    @classmethod
    def _parts(cls, cv: int) -> int:
        if cv == 1:
            raise ValueError(
                "one part cannot be held back in turn, got 1; write 0 for one held-out part, or 2 or more"
            )
        return cv
