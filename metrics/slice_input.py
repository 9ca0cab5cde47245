"""What a search is given: its choices checked, its columns coded, its rate as one yes or no for each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Problem, did_you_mean
from .cube import DECISION, LABEL, WeightKind
from .groups import Column, frame_columns
from .labels import binary_outcome, collect, positive_occurs, refuse_other_labels, weights
from .rates import RATES, Cells, Rate
from .results import Level
from .slice_columns import Conditions, searchable
from .slice_tests import Direction
from .tally import refuse_unaligned

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DEEPEST = 4
"""The most conditions of a slice; nobody acts on longer ones, and their number explodes."""


@dataclass(frozen=True)
class Choices:
    """The options of a search, as `find_slices` takes them."""

    rate: str
    direction: Direction
    depth: int
    min_size: int
    effect: float
    level: float
    top: int
    bins: int
    permutations: int
    seed: int

    def problems(self) -> list[Problem]:
        """List every rule that the options break."""
        found = []
        if self.rate not in RATES:
            message = f"no rate is called {self.rate!r}; {did_you_mean(self.rate, RATES)}"
            found.append(Problem("unknown_rate", "rate", message))
        if self.direction not in get_args(Direction):
            message = f"one of {', '.join(get_args(Direction))} is wanted, got {self.direction!r}"
            found.append(Problem("choice", "direction", message))
        rules = {"depth": (1, DEEPEST), "min_size": (2, None), "top": (1, None), "bins": (2, None)}
        for name, (low, high) in {**rules, "permutations": (0, None), "seed": (0, None)}.items():
            found += _whole(name, getattr(self, name), low, high)
        if not _is_number(self.effect) or not 0 <= self.effect < 1:
            message = f"the effect lies from 0 to below 1, got {self.effect!r}; write 0.05"
            found.append(Problem("effect", "effect", message))
        if not _is_number(self.level) or not 0 < self.level < 1:
            message = f"the false discovery rate lies between 0 and 1, got {self.level!r}; write 0.05"
            found.append(Problem("level", "level", message))
        return found


def _whole(name: str, value: Any, low: int, high: int | None) -> list[Problem]:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if whole and low <= value and (high is None or value <= high):
        return []
    rule = f"of at least {low}" if high is None else f"from {low} to {high}"
    return [Problem(name, name, f"a whole number {rule} is wanted, got {value!r}")]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


@dataclass(frozen=True, eq=False)
class Given:
    """The rows of a search.

    Parameters
    ----------
    columns : list of (Column, bool)
        With whether each was binned.
    hits, inside : ndarray of bool, shape (rows,)
        Whether a row is in the rate's numerator, and in its denominator.
    weight : ndarray of float, shape (rows,), or None
    kind : {"frequency", "survey"} or None
    """

    columns: list[tuple[Column, bool]]
    hits: Flags
    inside: Flags
    weight: Floats | None
    kind: WeightKind | None

    @property
    def exact(self) -> bool:
        """Whether sizes are whole numbers of rows."""
        return self.weight is None or (
            self.kind == "frequency" and bool(np.all(self.weight == np.floor(self.weight)))
        )

    def rows(self, conditions: Conditions, members: Sequence[int] | NDArray[np.int32]) -> int:
        """Count the rows that meet all of these conditions, in the denominator or not."""
        met = np.ones(self.hits.size, dtype=bool)
        for member in members:
            if member >= 0:
                column, _ = self.columns[conditions.column[member]]
                met &= column.codes == conditions.code[member]
        return int(np.count_nonzero(met))


def read_input(  # noqa: PLR0917 - what the caller gave, in the caller's order
    columns: Any,
    y_true: Any,
    y_pred: Any,
    choices: Choices,
    sample_weight: Any,
    weight_kind: WeightKind,
    pos_label: Level,
) -> Given:
    """Check and code everything that `find_slices` is given.

    Raises
    ------
    InputError
        With every problem found.

    Examples
    --------
    >>> choices = Choices("true_positive_rate", "worst", 1, 2, 0.05, 0.05, 20, 4, 0, 0)
    >>> given = read_input({"sex": ["F", "M", "M"]}, [1, 1, 0], [0, 1, 1], choices, None, "survey", None)
    >>> given.inside.tolist(), given.hits.tolist()
    ([True, True, False], [False, True, False])
    """
    problems = choices.problems()
    if weight_kind not in get_args(WeightKind):
        message = f"one of {', '.join(get_args(WeightKind))} is wanted, got {weight_kind!r}"
        problems.append(Problem("choice", "weight_kind", message))
    rate = RATES.get(choices.rate)
    named = collect(problems, partial(frame_columns, columns, "column")) or []
    if not named and not problems:
        problems.append(Problem("no_columns", "columns", "a column to search is needed, got none"))
    bins = choices.bins if isinstance(choices.bins, int) else 2
    coded = [collect(problems, partial(searchable, values, name, bins)) for name, values in named]
    known = [one for one in coded if one is not None]
    given = {LABEL: y_true, DECISION: y_pred}
    outcomes = {name: values for name, values in given.items() if rate is None or _needs(rate, name)}
    problems += [_lacking(choices.rate, name) for name, values in outcomes.items() if values is None]
    found = _outcomes({n: v for n, v in outcomes.items() if v is not None}, pos_label, problems)
    weight = None if sample_weight is None else collect(problems, partial(weights, sample_weight))
    features = columns.items() if isinstance(columns, dict) else [("columns", columns)]
    refuse_unaligned([*outcomes.items(), ("sample_weight", sample_weight), *features], problems)
    lengths = {column.name: len(column.codes) for column, _ in known}
    lengths |= {name: len(values) for name, values in found.items()}
    lengths |= {} if weight is None else {"sample_weight": len(weight)}
    problems += _length_problems(lengths)
    if problems or rate is None:
        raise InputError(problems)
    hits, inside = _parts(rate, found)
    inside = inside if weight is None else inside & (weight > 0)
    return Given(known, hits & inside, inside, weight, None if weight is None else weight_kind)


def _needs(rate: Rate, name: str) -> bool:
    return rate.label if name == LABEL else rate.decision


def _lacking(rate: str, name: str) -> Problem:
    return Problem("missing_input", name, f"the {rate.replace('_', ' ')} needs {name}, got none; give it")


def _outcomes(
    values: dict[str, Any], pos_label: Level, problems: list[Problem]
) -> dict[str, NDArray[np.integer[Any]]]:
    before = len(problems)
    coded = {
        name: collect(problems, partial(binary_outcome, column, name, pos_label))
        for name, column in values.items()
    }
    found = {name: pair for name, pair in coded.items() if pair is not None}
    seen = {name: pair[1] for name, pair in found.items()}
    if len(problems) == before and seen:
        collect(problems, partial(refuse_other_labels, seen, pos_label))
        if pos_label is not None and len(problems) == before:
            collect(problems, partial(positive_occurs, seen, pos_label))
    return {name: pair[0] for name, pair in found.items()}


def _length_problems(lengths: dict[str, int]) -> list[Problem]:
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {length:,}" for name, length in lengths.items())
        message = f"all inputs have one value a row, got lengths {shown}"
        return [Problem("lengths_differ", "", message)]
    if 0 in lengths.values():
        return [Problem("empty", "", "at least one row is needed, got 0")]
    return []


def _parts(rate: Rate, outcomes: dict[str, NDArray[np.integer[Any]]]) -> tuple[Flags, Flags]:
    """Tell of each row whether it is in the rate's numerator and denominator."""
    one_each = Cells(np.eye(4).reshape(4, 2, 2))
    cell: NDArray[np.intp] = np.zeros(len(next(iter(outcomes.values()))), dtype=np.intp)
    for name, step in ((LABEL, 2), (DECISION, 1)):
        if name in outcomes:
            cell += step * outcomes[name].astype(np.intp)
    return rate.numerator(one_each)[cell] > 0, rate.denominator(one_each)[cell] > 0
