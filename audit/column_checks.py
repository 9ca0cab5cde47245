"""Whether a column can play its part: one small check for each part, from the facts of ``scan``."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import InputError, Problem
from .labels import plain, readings, resolve_label
from .scan import ColumnFacts

MOST_LEVELS = 20
"""A numeric sensitive column with more distinct values than this needs bands."""

Outcome = tuple[Any, list[Problem]]
"""The label that was found, and what was wrong."""


def check_target(fact: ColumnFacts, wanted: Any) -> Outcome:
    """Check a column of true labels, and find the positive one.

    Parameters
    ----------
    fact : ColumnFacts
        With its distinct values.
    wanted : object
        The positive label as the settings write it; None is enough where the labels are 0 and 1.

    Returns
    -------
    pos_label : object
        As the column holds it; None with problems.
    problems : list of Problem

    Examples
    --------
    >>> check_target(ColumnFacts("y", "number", 4, 4, 2, (0, 1)), None)
    (1, [])
    >>> print(check_target(ColumnFacts("y", "text", 4, 4, 2, ("no", "yes")), None)[1][0])
    pos_label: the positive label must be named, as 'y' holds 'no', 'yes'; for example: pos_label = "yes"
    """
    problems = [lacking("target", fact, "take the rows without a label out")] if fact.missing else []
    if fact.distinct < 2:
        held = f"only {plain(fact.values[0])!r}" if fact.values else "no value"
        message = f"a target needs two classes at least, but {fact.name!r} holds {held}; check the rows"
        return None, [*problems, Problem("one_class", "target", message)]
    if wanted is None and not is_zero_one(fact.values):
        example = toml_value(fact.values[-1])
        message = f"the positive label must be named, as {fact.name!r} holds {shown(fact)}"
        problem = Problem("no_pos_label", "pos_label", f"{message}; for example: pos_label = {example}")
        return None, [*problems, problem]
    try:
        return resolve_label(1 if wanted is None else wanted, fact.values, "pos_label"), problems
    except InputError as error:
        return None, [*problems, *error.problems]


def check_prediction(fact: ColumnFacts, labels: Sequence[Any], positive: Any) -> Outcome:
    """Check a column of decisions, and find what stands for a positive one.

    Decisions are the target's labels, or 0 and 1, or false and true.

    Parameters
    ----------
    fact : ColumnFacts
        With its distinct values.
    labels : sequence
        The target's; empty without a target.
    positive : object
        The positive label; None where it is unknown.

    Returns
    -------
    pos_prediction : object
        As the column holds it, or would hold it if any row were selected.
    problems : list of Problem

    Examples
    --------
    >>> check_prediction(ColumnFacts("p", "number", 4, 4, 1, (0,)), ["no", "yes"], "yes")
    (1, [])
    """
    problems = [lacking("prediction", fact, "every row needs a decision")] if fact.missing else []
    if not fact.present:
        return None, problems
    if _are_probabilities(fact):
        message = f"decisions are wanted, but {fact.name!r} holds numbers between 0 and 1; name it as score"
        return None, [*problems, Problem("probabilities", "prediction", message)]
    label, found = _decision_label(fact, labels, positive)
    return label, [*problems, *found]


def _decision_label(fact: ColumnFacts, labels: Sequence[Any], positive: Any) -> Outcome:
    known = frozenset[str]().union(*map(readings, labels))
    if positive is not None and all(readings(value) & known for value in fact.values):
        same = [value for value in fact.values if readings(value) & readings(positive)]
        return next(iter(same), positive), []
    if is_zero_one(fact.values):
        return next((value for value in fact.values if "1" in readings(value)), 1), []
    if positive is not None and not labels:
        try:
            return resolve_label(positive, fact.values, "pos_label"), []
        except InputError as error:
            return None, list(error.problems)
    spoken = ", ".join(repr(plain(label)) for label in labels[:10]) or "what pos_label names"
    message = f"decisions are {spoken}, or 0 and 1, but {fact.name!r} holds {shown(fact)}; recode one of them"
    return None, [Problem("unknown_decision", "prediction", message)]


def check_score(fact: ColumnFacts, kind: str = "probability") -> Iterator[Problem]:
    """Check a column of scores; probabilities lie from 0 to 1, ``"real"`` scores anywhere.

    Examples
    --------
    >>> next(check_score(ColumnFacts("p", "number", 2, 2, low=0.2, high=1.5))).code
    'score_range'
    >>> list(check_score(ColumnFacts("p", "number", 2, 2, low=0.2, high=1.5), "real"))
    []
    """
    yield from _check_numbers("score", fact)
    if kind == "real" or fact.low is None or fact.high is None or fact.infinite:
        return
    if fact.low < 0 or fact.high > 1:
        message = (
            f"scores are probabilities from 0 to 1, but {fact.name!r} runs from {fact.low} to {fact.high}"
        )
        hint = 'rescale them, or write: score_kind = "real"'
        yield Problem("score_range", "score", f"{message}; {hint}")


def check_weight(fact: ColumnFacts, kind: str) -> Iterator[Problem]:
    """Check a column of weights.

    Examples
    --------
    >>> print(next(check_weight(ColumnFacts("w", "number", 2, 2, low=0, high=0), "survey")))
    weight: some weight must be above zero, but all of 'w' are 0; correct them
    """
    yield from _check_numbers("weight", fact)
    if fact.low is None or fact.high is None:
        return
    if fact.low < 0:
        message = f"weights are zero or above, but {fact.name!r} holds {fact.low}; correct them"
        yield Problem("negative_weight", "weight", message)
    elif fact.high == 0:
        message = f"some weight must be above zero, but all of {fact.name!r} are 0; correct them"
        yield Problem("zero_weights", "weight", message)
    if kind == "frequency" and not fact.whole and not fact.infinite:
        message = f"frequency weights are whole numbers, but {fact.name!r} holds others"
        yield Problem("fractional_weight", "weight_kind", f'{message}; write: weight_kind = "survey"')


def check_grouping(where: str, fact: ColumnFacts, edges: Sequence[float] | None) -> Iterator[Problem]:
    """Check a sensitive or control column, with its bands if it has any.

    Examples
    --------
    >>> print(next(check_grouping("sensitive[0]", ColumnFacts("sex", "text", 3, 3, 1, ("F",)), None)))
    sensitive[0]: groups need two values at least, but 'sex' holds only 'F'; take it out
    """
    if not fact.present:
        yield Problem(
            "all_missing", where, f"{fact.name!r} has no value in any row; take it out, or mend the data"
        )
    elif fact.distinct == 1:
        held = repr(plain(fact.values[0]))
        message = f"groups need two values at least, but {fact.name!r} holds only {held}; take it out"
        yield Problem("constant", where, message)
    elif edges is not None:
        yield from _check_bands(fact, edges)
    elif fact.kind == "number" and fact.distinct > MOST_LEVELS:
        message = (
            f"numbers with more than {MOST_LEVELS} different values need bands, but {fact.name!r} holds"
            f" {fact.distinct}, from {fact.low} to {fact.high};"
            f" write for example: bands = {{ {_toml_key(fact.name)} = [{_middle(fact)}] }}"
        )
        yield Problem("needs_bands", where, message)


def lacking(where: str, fact: ColumnFacts, step: str) -> Problem:
    """Say that a column lacks values where none may be missing.

    Examples
    --------
    >>> print(lacking("score", ColumnFacts("p", "number", 10, 8), "every row needs one"))
    score: no value may be missing, but 'p' lacks 2 of 10; every row needs one
    """
    message = f"no value may be missing, but {fact.name!r} lacks {fact.missing} of {fact.rows}; {step}"
    return Problem("missing_values", where, message)


def is_zero_one(values: Sequence[Any]) -> bool:
    """Tell whether labels are 0 and 1, or false and true, however they are written.

    Examples
    --------
    >>> is_zero_one([False, True]), is_zero_one(["0", "1"]), is_zero_one([1, 2])
    (True, True, False)
    """
    return bool(values) and all(readings(value) & {"0", "1"} for value in values)


def shown(fact: ColumnFacts) -> str:
    """List a column's values for a message, ten at most.

    Examples
    --------
    >>> shown(ColumnFacts("y", "text", 2, 2, 2, ("no", "yes")))
    "'no', 'yes'"
    """
    return ", ".join(repr(plain(value)) for value in fact.values[:10]) + (
        ", ..." if fact.distinct > 10 else ""
    )


def toml_value(value: Any) -> str:
    r"""Write a label as TOML does.

    Examples
    --------
    >>> toml_value(">50K"), toml_value(True), toml_value(1)
    ('">50K"', 'true', '1')
    """
    item = plain(value)
    if isinstance(item, bool):
        return str(item).lower()
    if isinstance(item, int | float):
        return repr(item)
    escaped = str(item).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\u{ord(char):04X}" for char in escaped) + '"'


def _toml_key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if bare else toml_value(name)


def _middle(fact: ColumnFacts) -> int:
    return 0 if fact.low is None or fact.high is None or fact.infinite else round((fact.low + fact.high) / 2)


def _are_probabilities(fact: ColumnFacts) -> bool:
    if fact.kind != "number" or fact.whole or fact.low is None or fact.high is None:
        return False
    return fact.low >= 0 and fact.high <= 1


def _check_bands(fact: ColumnFacts, edges: Sequence[float]) -> Iterator[Problem]:
    where = f"bands.{fact.name}"
    if fact.kind != "number" or fact.low is None or fact.high is None:
        yield Problem(
            "not_numeric", where, f"bands need numbers, but {fact.name!r} holds {fact.kind}; leave it out"
        )
    elif bisect_right(edges, fact.low) == bisect_right(edges, fact.high):
        message = f"the values of {fact.name!r} ({fact.low} to {fact.high}) all fall into one band"
        yield Problem("constant", where, f"{message}; choose edges between them")


def _check_numbers(where: str, fact: ColumnFacts) -> Iterator[Problem]:
    if fact.kind != "number":
        yield Problem(
            "not_numeric", where, f"numbers are wanted, but {fact.name!r} holds {fact.kind}; convert it"
        )
    if fact.missing:
        yield lacking(where, fact, "every row needs one")
    if fact.infinite:
        message = (
            f"finite numbers are wanted, but {fact.infinite} of {fact.name!r} are infinite; correct them"
        )
        yield Problem("infinite", where, message)
