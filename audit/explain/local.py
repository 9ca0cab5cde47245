"""One decision, from every side: methods side by side, ways to another decision, reasons, flips."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputError
from ...metrics.results import Level
from ..labels import plain
from ..model import Model
from ..record import Absent, ModelFacts, Note, SourceFacts
from ..record_decision import (
    AgreementFacts,
    ChangeFacts,
    ColumnValue,
    DecisionFacts,
    DecisionRecord,
    FlipFacts,
    MethodFacts,
    ReasonFacts,
    RuleFacts,
    WayFacts,
)
from .counterfactual import find_counterfactuals
from .counterfactual_rules import Rules, check_rules, tied_columns
from .counterfactual_search import Counterfactual, Limits
from .local_agreement import agreements
from .local_lime import has_lime, lime_row
from .local_methods import Attribution, occlude_row, shapley_row
from .local_pool import Pool, pool_of
from .local_torch import TORCH_METHODS, torch_network, torch_row
from .pairing import Ints
from .reasons import DRAWS, Against, ReasonItem, reasons_of

METHODS = ("shap", "lime", "occlusion", *TORCH_METHODS)
MOST_LEVELS = 12

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Question:
    """Which decisions are explained, and how.

    Parameters
    ----------
    model : Model
    frame : pandas.DataFrame
        All rows; the model's input columns.
    rows : tuple of int
        Positions of the rows that are explained.
    people : tuple
        What the column of people holds for each; empty where there is no such column.
    pos_label : object
    threshold : float
    sensitive : tuple of str
    rules : Rules
    methods : tuple of str or None
        Of ``METHODS``; None for all that the model and the installed packages allow.
    background : int
        Rows that SHAP and occlusion compare with.
    ways : int
        Ways to another decision that are looked for.
    against : {"approved", "threshold", "all"}
        Whom principal reasons compare a refused row with.
    seed : int
    least : int
        The privacy minimum: what is usual is said of so many people and more.
    """

    model: Model
    frame: pd.DataFrame
    rows: tuple[int, ...]
    pos_label: Any
    rules: Rules
    people: tuple[Level, ...] = ()
    threshold: float = 0.5
    sensitive: tuple[str, ...] = ()
    methods: tuple[str, ...] | None = None
    background: int = 500
    ways: int = 3
    against: Against = "approved"
    seed: int = 0
    least: int = 1


def explain_decisions(
    question: Question, data: SourceFacts, facts: ModelFacts, progress: Progress
) -> DecisionRecord:
    """Explain some decisions.

    Parameters
    ----------
    question : Question
    data : SourceFacts
    facts : ModelFacts
    progress : callable

    Returns
    -------
    DecisionRecord

    Raises
    ------
    InputError
        There is no such row, no other row to compare with, or a method or rule does not fit.
    ModelError
        The model fails on the rows, or on mixes of them.
    """
    q = question
    pool = pool_of(q.model, q.frame, q.rows, pos_label=q.pos_label, threshold=q.threshold, seed=q.seed)
    check_rules(q.rules, pool)
    background = pool.others[: q.background]
    found = []
    for place in range(len(q.rows)):
        progress("explaining", place, len(q.rows))
        found.append(_decision(q, pool, place, background))
    progress("explaining", len(q.rows), len(q.rows))
    return DecisionRecord(
        evenhand=version("evenhand"),
        data=data,
        model=facts,
        pos_label=str(q.pos_label),
        output=pool.output,
        threshold=pool.threshold,
        background=len(background),
        drawn=len(pool.others),
        available=len(q.frame),
        against=q.against,
        reason_draws=DRAWS,
        seed=q.seed,
        rules=_rules(q.rules, pool),
        decisions=tuple(found),
        notes=tuple(_notes(q, pool)),
    )


def _decision(q: Question, pool: Pool, place: int, background: Ints) -> DecisionFacts:
    attributions, absent = _attributions(q, pool, place, background)
    ways = find_counterfactuals(pool, [place], q.rules, Limits(wanted=q.ways))[0] if q.ways else []
    reasons: tuple[ReasonItem, ...] = ()
    if not pool.selected[place]:
        try:
            reasons = reasons_of(pool, place, against=q.against, seed=q.seed, least=q.least)
        except InputError as error:
            absent.append(Absent(part="principal reasons", reason=error.problems[0].message))
    return DecisionFacts(
        row=q.rows[place],
        person=q.people[place] if q.people else None,
        value=float(pool.known[place]),
        selected=bool(pool.selected[place]),
        columns=tuple(
            ColumnValue(column=name, value=_level(pool.value_at(place, at)), sensitive=name in q.sensitive)
            for at, name in enumerate(pool.columns)
        ),
        methods=tuple(map(_method, attributions)),
        agreement=tuple(AgreementFacts(**vars(item)) for item in agreements(attributions)),
        ways=tuple(_way(pool, way) for way in ways),
        flips=tuple(_flips(q, pool, place)),
        reasons=tuple(
            ReasonFacts(
                **{**vars(item), "value": _level(item.value), "usual": _level(item.usual)},
                sensitive=item.column in q.sensitive,
            )
            for item in reasons
        ),
        notes=tuple(_row_notes(pool, place)),
        absent=tuple(absent),
    )


def _attributions(
    q: Question, pool: Pool, place: int, background: Ints
) -> tuple[list[Attribution], list[Absent]]:
    found, absent = [], []
    for name in METHODS if q.methods is None else q.methods:
        if q.methods is None and name == "lime" and not has_lime():
            why = 'the package lime is not installed; pip install "evenhand[explain]"'
            absent.append(Absent(part="LIME", reason=why))
        elif name == "shap":
            found.append(shapley_row(pool, place, background, seed=q.seed))
        elif name == "lime":
            found.append(lime_row(pool, place, seed=q.seed))
        elif name == "occlusion":
            found.append(occlude_row(pool, place, background))
        elif q.methods is not None:
            found.append(torch_row(pool, place, background, name))
        elif torch_network(pool) is not None:
            try:
                found.append(torch_row(pool, place, background, name))
            except InputError as error:
                absent.append(Absent(part=name, reason=error.problems[0].message))
    return found, absent


def _method(item: Attribution) -> MethodFacts:
    return MethodFacts(
        method=item.method,
        values=tuple(item.values.tolist()),
        errors=tuple(item.errors.tolist()),
        base=item.base,
        residual=item.residual,
        engine=item.engine,
    )


def _way(pool: Pool, way: Counterfactual) -> WayFacts:
    return WayFacts(
        changes=tuple(
            ChangeFacts(
                column=pool.columns[at],
                before=_level(pool.value_at(way.row, at)),
                after=_level(pool.value_at(int(way.places[at]), at)),
            )
            for at in way.columns
        ),
        count=way.changes,
        cost=way.cost,
        output=way.output,
        neighbour=way.neighbour,
        rarity=way.rarity,
        plausible=way.plausible,
    )


def _flips(q: Question, pool: Pool, place: int) -> Iterator[FlipFacts]:
    """Give the row every other value of each sensitive column that the model reads, where values are few."""
    for name in q.sensitive:
        if name not in pool.columns:
            continue
        at = pool.columns.index(name)
        held = pool.others[~pool.absent[pool.others, at]]
        values = [one for one in np.unique(pool.places[held, at]) if one != pool.places[place, at]]
        if not 0 < len(values) <= MOST_LEVELS:
            continue
        changed = np.tile(pool.places[place], (len(values), 1))
        changed[:, at] = values
        outputs = pool.values(changed)
        for value, output in zip(values, outputs, strict=True):
            yield FlipFacts(
                column=name,
                before=_level(pool.value_at(place, at)),
                after=_level(pool.value_at(int(value), at)),
                output=float(output),
                selected=bool(output >= pool.threshold),
            )


def _level(value: Any) -> Level:
    """Keep what JSON knows, and spell the rest: dates, decimals."""
    known = plain(value)
    return known if known is None or isinstance(known, str | int | float | bool) else str(known)


def _rules(rules: Rules, pool: Pool) -> RuleFacts:
    return RuleFacts(
        immutable=tuple(name for name in pool.columns if name in rules.immutable),
        changeable=tuple(name for name in pool.columns if name not in rules.immutable),
        monotone={name: str(way) for name, way in rules.monotone.items()},
        ranges=dict(rules.ranges),
        tied=tuple(tuple(pool.columns[at] for at in block) for block in tied_columns(pool) if len(block) > 1),
        most_changes=Limits().most_changes,
    )


def _notes(q: Question, pool: Pool) -> Iterator[Note]:
    for text in q.model.notes:
        yield Note(code="model", text=text)
    others = len(q.model.classes) - 1
    if others > 1:
        text = (
            f"The model has {others + 1} classes. What is explained is the {pool.output} of {q.pos_label!s}"
            f" against the {others} others together."
        )
        yield Note(code="several_classes", text=text)
    if pool.output == "decision":
        text = (
            "The model gives no scores, so what is explained is its decision, as 1 or 0: a column that must"
            " change together with others to turn it seems to do nothing alone."
        )
        yield Note(code="no_scores", text=text)
    same = [name for at, name in enumerate(pool.columns) if len(np.unique(pool.places[:, at])) == 1]
    if same:
        text = f"Hold one value in every row, so that nothing can be said of them: {', '.join(same)}."
        yield Note(code="constant", text=text)


def _row_notes(pool: Pool, place: int) -> Iterator[Note]:
    alone = [
        name
        for at, name in enumerate(pool.columns)
        if not pool.numeric[at] and not (pool.places[pool.others, at] == pool.places[place, at]).any()
    ]
    if alone:
        text = (
            f"Its value occurs in none of the {len(pool.others):,} rows drawn, so that explanations rest on"
            f" what the model makes of a rare value: {', '.join(alone)}."
        )
        yield Note(code="unseen", text=text)
    gone = [name for at, name in enumerate(pool.columns) if pool.absent[place, at]]
    if gone:
        yield Note(code="missing", text=f"Missing in this row: {', '.join(gone)}.")


def check_methods(methods: Sequence[str]) -> None:
    """Refuse methods that are not known.

    Raises
    ------
    InputError
        With the methods there are.
    """
    wrong = [name for name in methods if name not in METHODS]
    if wrong:
        message = f"there is no method {wrong[0]!r}; known are: {', '.join(METHODS)}"
        raise InputError.of("unknown_method", "method", message)
