"""From a table, a model and settings to explained decisions; what is asked is checked at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, get_args

import pandas as pd

from ..errors import InputError, Problem, SettingsError
from .dataset import Dataset, unknown_columns
from .explain.local import Question, check_methods, explain_decisions
from .explain.reasons import Against
from .explain.recourse_rules import rules_of
from .labels import plain, readings, resolve_label
from .model import Model
from .record import ModelFacts, SourceFacts
from .record_decision import DecisionRecord
from .rows import Table, check_inputs
from .settings import Settings

Progress = Callable[[str, int, int], None]

_AGAINST: dict[str, Against] = {name: name for name in get_args(Against)}
MOST_ROWS = 100
"""Decisions explained at once; each is a page section of its own."""


@dataclass(frozen=True)
class Ask:
    """Which decisions are explained, and how; see `Question` for the rest.

    Parameters
    ----------
    rows : tuple of int
        Positions, counted from 0.
    people : tuple of str
        Values of the column that names people (the setting ``id``).
    methods : tuple of str or None
    background : int
    ways : int
    against : {"approved", "threshold", "all"}
        Anything else is refused with the other problems.
    """

    rows: tuple[int, ...] = ()
    people: tuple[str, ...] = ()
    methods: tuple[str, ...] | None = None
    background: int = 500
    ways: int = 3
    against: str = "approved"


def explain_table(
    table: Table, model: Model, settings: Settings, ask: Ask, progress: Progress
) -> DecisionRecord:
    """Explain decisions of a model on rows of a table.

    Parameters
    ----------
    table : Table
    model : Model
    settings : Settings
        Neither a target nor sensitive columns are needed.
    ask : Ask
    progress : callable

    Raises
    ------
    InputError
        With every problem of the question: columns, rows or people that are not there, labels that are not
        named, unknown methods.
    ModelError
        The model fails on the rows.
    """
    dataset = table.dataset
    problems = [*_columns(dataset, settings), *_numbers(ask)]
    inputs = model.inputs or _features(dataset, settings)
    label = None
    for step in (
        lambda: check_inputs(model, [dataset]),
        lambda: check_methods(ask.methods or ()),
    ):
        problems += _problems(step)
    try:
        label = positive_label(model, settings.pos_label)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    wanted = tuple(dict.fromkeys([*inputs, *([settings.id] if settings.id else [])]))
    frame = table.frame(wanted)
    rows = _chosen(frame, settings.id, ask)
    sensitive = settings.sensitive
    question = Question(
        model=model,
        frame=frame[list(inputs)],
        rows=rows,
        people=tuple(_person(frame[settings.id].iloc[row]) for row in rows) if settings.id else (),
        pos_label=label,
        threshold=settings.threshold,
        sensitive=sensitive,
        rules=rules_of(settings.recourse, inputs, sensitive=sensitive, proxies=settings.proxies),
        methods=ask.methods,
        background=ask.background,
        ways=ask.ways,
        against=_AGAINST[ask.against],
        seed=settings.seed,
        least=settings.privacy_minimum,
    )
    data = SourceFacts(
        name=dataset.name,
        sha256=dataset.sha256,
        rows=dataset.rows,
        columns=len(dataset.columns),
        credit=settings.credit,
    )
    uses = tuple(name for name in sensitive if name in inputs)
    facts = ModelFacts(
        description=model.description, sha256=model.sha256, inputs=tuple(inputs), uses_sensitive=uses
    )
    return explain_decisions(question, data, facts, progress)


def positive_label(model: Model, named: Any) -> Any:
    """Resolve the positive label among a model's; of the labels 0 and 1, or false and true, it is the second.

    Raises
    ------
    SettingsError
        It is not named, or the model does not know it.

    Examples
    --------
    >>> from evenhand.audit.model import Model
    >>> positive_label(Model(None, classes=(0, 1)), None), positive_label(Model(None, classes=(0, 1)), "0")
    (1, 0)
    """
    if not model.classes:
        return 1 if named is None else named
    if named is not None:
        try:
            return resolve_label(plain(named), model.classes, "pos_label")
        except InputError as error:
            raise SettingsError(error.problems) from error
    if len(model.classes) == 2 and all(
        "1" in readings(value) or "0" in readings(value) for value in model.classes
    ):
        return next(value for value in model.classes if "1" in readings(value))
    shown = ", ".join(repr(value) for value in model.classes[:10])
    example = f"pos_label = {str(model.classes[-1])!r}"
    message = (
        f"the label that counts as positive must be named, for example {example}; the model's are {shown}"
    )
    raise SettingsError.of("no_pos_label", "pos_label", message)


def _problems(step: Callable[[], None]) -> tuple[Problem, ...]:
    try:
        step()
    except InputError as error:
        return error.problems
    return ()


def _columns(dataset: Dataset, settings: Settings) -> Iterator[Problem]:
    named = [(f"sensitive[{at}]", name) for at, name in enumerate(settings.sensitive)]
    named += [(f"proxies[{at}]", name) for at, name in enumerate(settings.proxies)]
    named += [("id", settings.id)] if settings.id else []
    for key, name in named:
        yield from unknown_columns([name], dataset.columns, f"{key} ({dataset.name})")


def _numbers(ask: Ask) -> Iterator[Problem]:
    if not ask.rows and not ask.people:
        yield Problem("no_row", "row", "an explanation is of a row; name it by its place, as in --row 17")
    if not isinstance(ask.background, int) or ask.background < 2:
        message = f"at least 2 rows to compare with are needed, got {ask.background!r}; the default is 500"
        yield Problem("option", "background", message)
    if not isinstance(ask.ways, int) or ask.ways < 0:
        yield Problem("option", "ways", f"a whole number of at least 0 is needed, got {ask.ways!r}")
    if ask.against not in _AGAINST:
        message = f"one of {', '.join(_AGAINST)} is needed, got {ask.against!r}"
        yield Problem("choice", "against", message)


def _features(dataset: Dataset, settings: Settings) -> tuple[str, ...]:
    s = settings
    taken = {s.target, s.prediction, s.score, s.weight, s.id, *s.drop, s.split.column if s.split else None}
    return tuple(name for name in dataset.columns if name not in taken)


def _chosen(frame: pd.DataFrame, column: str | None, ask: Ask) -> tuple[int, ...]:
    """Find the rows: by place, then by person; a person's several rows are all explained."""
    found, problems = list(ask.rows), []
    wrong = [row for row in ask.rows if not 0 <= row < len(frame)]
    if wrong:
        rule = f"rows are counted from 0, so a row is a whole number from 0 to {len(frame) - 1}"
        got = ", ".join(map(str, wrong))
        problems.append(Problem("unknown_row", "row", f"{rule}, got {got}; choose another row"))
    if ask.people and column is None:
        message = 'people are found by the column that names them; say which, as in id = "person"'
        problems.append(Problem("no_id", "id", message))
    elif ask.people and column is not None:
        texts = frame[column].map(lambda value: readings(plain(value)))
        for person in ask.people:
            held = [at for at, known in enumerate(texts) if person in known]
            if not held:
                message = f"no row holds {person!r} in the column {column!r}; check the name"
                problems.append(Problem("unknown_person", "person", message))
            found += held
    kept = tuple(dict.fromkeys(found))
    if len(kept) > MOST_ROWS:
        message = f"at most {MOST_ROWS} decisions are explained at once, got {len(kept)}; ask for fewer"
        problems.append(Problem("too_many_rows", "row", message))
    if problems:
        raise InputError(problems)
    return kept


def _person(value: Any) -> Any:
    known = plain(value)
    if known is None or pd.isna(known):
        return None
    return known if isinstance(known, str | int | float | bool) else str(known)
