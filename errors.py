"""Every exception that Evenhand raises, and the reason codes of undefined figures.

The tree::

    EvenhandError
    ├── InputError (ValueError)       the caller's arrays, table or columns break a rule
    │   ├── SettingsError             the settings or the policy break a rule
    │   ├── ModelError                the model cannot be read or cannot score these rows
    │   │   └── UntrustedModelError   the file could run code and nobody vouched for it
    │   ├── RecordError               a record file is damaged or of another version
    │   └── OutputError               a result cannot be written where it was asked for
    └── EvenhandWarning (UserWarning) the result stands, with a limit that the caller should know

All but the warning end the command line with exit code 2. An error of input carries *all* problems
that were found, each with a code, the place it concerns, and a sentence that says the rule,
the received value and the next step.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """Why a figure is undefined or withheld; the value is the code that records carry."""

    EMPTY_GROUP = "empty_group"
    NO_POSITIVES = "no_positives"
    NO_NEGATIVES = "no_negatives"
    NO_SELECTED = "no_selected"
    NO_REJECTED = "no_rejected"
    ZERO_DENOMINATOR = "zero_denominator"
    ZERO_REFERENCE = "zero_reference"
    ALL_ZERO = "all_zero"
    SINGLE_GROUP = "single_group"
    BELOW_MINIMUM = "below_minimum"
    NO_GROUP = "no_group"
    GROUP_UNDEFINED = "group_undefined"
    NO_STRATUM = "no_stratum"
    NO_LABELS = "no_labels"
    NO_DECISIONS = "no_decisions"
    NO_SCORES = "no_scores"
    NO_MODEL = "no_model"
    NO_EXPLAINER = "no_explainer"
    SEPARATED = "separated"
    CONSTANT_SCORES = "constant_scores"
    WITHHELD = "withheld"
    NOT_FOUND = "not_found"

    @property
    def sentence(self) -> str:
        """The reason in words, to stand after "undefined:"."""
        return _SENTENCES[self]


_SENTENCES = {
    Reason.EMPTY_GROUP: "the group has no rows",
    Reason.NO_POSITIVES: "the group has no rows whose true label is positive",
    Reason.NO_NEGATIVES: "the group has no rows whose true label is negative",
    Reason.NO_SELECTED: "no row of the group was selected",
    Reason.NO_REJECTED: "no row of the group was rejected",
    Reason.ZERO_DENOMINATOR: "the denominator is zero",
    Reason.ZERO_REFERENCE: "the rate of the group compared against is zero",
    Reason.ALL_ZERO: "every rate is zero, so their ratio means nothing",
    Reason.SINGLE_GROUP: "there are fewer than two groups to compare",
    Reason.BELOW_MINIMUM: "fewer than two groups reach the minimum size",
    Reason.NO_GROUP: "no group reaches the minimum size",
    Reason.GROUP_UNDEFINED: "the rate is undefined for at least one of the groups compared",
    Reason.NO_STRATUM: "the two groups occur together in no level of the control column",
    Reason.NO_LABELS: "no true labels were given",
    Reason.NO_DECISIONS: "no decisions were given",
    Reason.NO_SCORES: "no scores were given",
    Reason.NO_MODEL: "no model was given",
    Reason.NO_EXPLAINER: "no sound explainer is known for this model on this scale",
    Reason.SEPARATED: "the scores tell the group's labels apart completely, so that no slope is finite",
    Reason.CONSTANT_SCORES: "all rows of the group have the same score",
    Reason.WITHHELD: "the figure rests on fewer people than the privacy minimum, so it is withheld",
    Reason.NOT_FOUND: "the audit holds no such figure",
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong with what came in.

    Parameters
    ----------
    code : str
        Stable, for programs: ``"unknown_column"``.
    where : str
        The argument, settings key, column or file concerned.
    message : str
        The rule, what was received, and what to do, for a person.
    """

    code: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class EvenhandError(Exception):
    """The root of everything that Evenhand raises on purpose."""


class InputError(EvenhandError, ValueError):
    """What came in breaks a rule; ``problems`` holds every breach that was found.

    Examples
    --------
    >>> error = InputError([Problem("empty", "y_true", "at least one row is needed, got 0")])
    >>> str(error)
    'y_true: at least one row is needed, got 0'
    >>> InputError.of("empty", "y_true", "at least one row is needed, got 0").problems[0].code
    'empty'
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(self.__str__())

    @classmethod
    def of(cls, code: str, where: str, message: str) -> InputError:
        """Make the error of a single problem."""
        return cls([Problem(code, where, message)])

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return str(self.problems[0])
        listed = "\n".join(f"  - {problem}" for problem in self.problems)
        return f"{len(self.problems)} problems were found:\n{listed}"


class SettingsError(InputError):
    """The settings or the policy break a rule."""


class ModelError(InputError):
    """The model cannot be read, or cannot score these rows."""


class UntrustedModelError(ModelError):
    """The model file could run code when loaded, and its SHA-256 is not among the trusted ones."""


class RecordError(InputError):
    """A record file is damaged, or of a version that this release does not read."""


class OutputError(InputError):
    """A result cannot be written where it was asked for."""


class EvenhandWarning(UserWarning):
    """The result stands, with a limit that the caller should know."""


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """End an error sentence with the closest known name, or with the known names.

    Examples
    --------
    >>> did_you_mean("sexx", ["sex", "race"])
    "did you mean 'sex'?"
    >>> did_you_mean("zzz", ["sex", "race"])
    'known are: sex, race'
    """
    names = [str(item) for item in known]
    close = difflib.get_close_matches(str(name), names, n=1, cutoff=0.6)
    if not close:
        lowered = {item.lower(): item for item in names}
        close = [lowered[str(name).lower()]] if str(name).lower() in lowered else []
    if close:
        return f"did you mean {close[0]!r}?"
    shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    return f"known are: {shown}" if names else "there are none"


def all_of(*steps: Callable[[], Any]) -> list[Any]:
    """Take every step, and raise the problems of all of them at once.

    Examples
    --------
    >>> all_of(lambda: 1, lambda: "two")
    [1, 'two']
    """
    results, errors = [], []
    for step in steps:
        try:
            results.append(step())
        except InputError as error:
            errors.append(error)
    if len(errors) > 1:
        raise InputError(problem for error in errors for problem in error.problems)
    if errors:
        raise errors[0]
    return results
