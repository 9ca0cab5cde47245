"""What an audit's record says to the prompts of a model card."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..audit.card import Card
from ..audit.public import LEFT_OUT
from ..audit.record import GroupFacts, GroupingFacts, Record, SourceFacts
from ..errors import Reason
from ..metrics.results import Estimate
from . import formats
from .datasheet_parts import (
    NO_BREAK,
    Block,
    Cell,
    Para,
    Table,
    clean,
    count,
    heads,
    listed,
    number,
    said,
    withheld,
)
from .phrases import reworded
from .wording import clauses, passage, say, words_of

RATES = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "positive_predictive_value",
    "accuracy",
    "mean_score",
)
"""The rates that a card's tables show, where the audit has them."""

MOST_GROUPS = 40
Blocks = list[Block]


def _model(record: Record) -> Blocks:
    model = record.model
    if model is None:
        return []
    found = [clean(model.description, 1000)]
    if model.sha256:
        found.append(say("card.model.sha256", sha256=clean(model.sha256)))
    if model.inputs:
        found.append(say("card.model.inputs", names=listed(model.inputs, 40)))
    return [Para(text) for text in found]


def _factors(record: Record) -> Blocks:
    if not record.groupings:
        return []
    groups = [
        say("card.factor", name=said(part.name), groups=listed([group.name for group in part.groups]))
        for part in record.groupings
    ]
    return [Para(text) for text in groups]


def _measures(record: Record) -> Blocks:
    names = [*shown_rates(record), *dict.fromkeys(item.limit.metric for item in record.verdicts)]
    found = [words_of(name) for name in dict.fromkeys(names)]
    rows = tuple(
        (Cell(words.name), Cell(words.plain), Cell(words.formula), Cell(words.fair)) for words in found
    )
    head = heads(*(say(f"card.measures.head.{key}") for key in ("name", "plain", "formula", "fair")))
    return [Table(say("card.measures.caption"), head, rows)] if rows else []


def _threshold(record: Record) -> Blocks:
    task = record.task
    if task.threshold is not None:
        return [Para(say("card.threshold", threshold=formats.number(task.threshold)))]
    return [Para(say("card.threshold.column", name=said(task.prediction)))] if task.prediction else []


def _uncertainty(record: Record) -> Blocks:
    methods = {
        estimate.interval.method
        for part in record.groupings
        for group in part.groups
        for estimate in group.rates.values()
        if estimate.interval is not None
    }
    if not methods:
        return []
    level = formats.level(record.level)
    words = say("card.uncertainty", level=level, methods=clauses(map(reworded, sorted(methods))))
    small = say("card.uncertainty.small", minimum=record.min_group_size, privacy=record.privacy_minimum)
    return [Para(passage((words, small)))]


def _tested_on(record: Record) -> Blocks:
    return [_table_of(record.data)]


def _trained_on(record: Record) -> Blocks:
    return [] if record.train is None else [_table_of(record.train)]


def _table_of(source: SourceFacts) -> Block:
    text = say("card.table", name=said(source.name), rows=count(source.rows), columns=count(source.columns))
    if source.sha256:
        text += " " + say("card.table.sha256", sha256=clean(source.sha256))
    return Para(text + (f" {clean(source.credit, 1000)}" if source.credit else ""))


def _unitary(record: Record) -> Blocks:
    return [_rates(record, part) for part in record.groupings if len(part.attributes) == 1]


def _joint(record: Record) -> Blocks:
    return [_rates(record, part) for part in record.groupings if len(part.attributes) > 1]


def shown_rates(record: Record) -> tuple[str, ...]:
    """Name the rates that the card shows: those of the list that the audit has."""
    return tuple(name for name in RATES if name in record.overall.rates)


def _rates(record: Record, part: GroupingFacts) -> Table:
    names = shown_rates(record)
    groups = part.groups[:MOST_GROUPS]
    rows = tuple(_group(group, names) for group in groups)
    everybody = (Cell(say("card.everybody")), *_cells(record.overall, names))
    head = heads(
        say("card.head.group"), say("card.head.rows"), say("card.head.share"),
        *(words_of(name).name for name in names), numbers=range(1, 3 + len(names)),
    )  # fmt: skip
    caption = say("card.rates.caption", name=said(part.name), level=formats.level(record.level))
    if len(part.groups) > MOST_GROUPS:
        caption += " " + say("card.rates.more", shown=MOST_GROUPS, groups=count(len(part.groups)))
    return Table(caption, head, (*rows, everybody))


def _group(group: GroupFacts, names: tuple[str, ...]) -> tuple[Cell, ...]:
    if group.withheld:
        return (Cell(clean(group.name)), *withheld(2 + len(names)))
    return (Cell(clean(group.name)), *_cells(group, names))


def _cells(group: GroupFacts, names: tuple[str, ...]) -> Iterator[Cell]:
    yield number(count(group.rows))
    yield number(formats.figure(group.share, "rate"))
    for name in names:
        yield _figure(name, group.rates[name])


def _figure(name: str, estimate: Estimate) -> Cell:
    if estimate.reason is Reason.WITHHELD:
        return withheld(1)[0]
    kind = formats.kind_of(name)
    shown, ends = formats.figure(estimate.value, kind), formats.span(estimate.interval, kind)
    # Where the cell is too narrow for one line, the interval takes a line of its own.
    return number(f"{shown} [{ends.replace(' ', NO_BREAK)}]" if ends else shown)


def _limits(record: Record) -> Blocks:
    if not record.verdicts:
        return []
    rows = tuple(
        (
            Cell(say("card.limit", metric=words_of(item.limit.metric).name, name=said(item.limit.attribute))),
            Cell(_bounds(item.limit.min, item.limit.max)),
            Cell(say(f"card.state.{item.state}")),
            Cell(reworded(clean(item.words, 1000))),
        )
        for item in record.verdicts
    )
    head = heads(*(say(f"card.limits.head.{key}") for key in ("limit", "bounds", "verdict", "words")))
    return [Table(say("card.limits.caption", policy=said(record.policy_name or "")), head, rows)]


def _bounds(low: float | None, high: float | None) -> str:
    parts = [] if low is None else [say("card.at_least", bound=formats.number(low))]
    return ", ".join([*parts, *([] if high is None else [say("card.at_most", bound=formats.number(high))])])


def _ethics(record: Record) -> Blocks:
    used = record.model.uses_sensitive if record.model is not None else ()
    if record.model is None or not record.model.inputs:
        return []
    return [Para(say("card.uses", names=listed(used)) if used else say("card.uses.none"))]


def _caveats(record: Record) -> Blocks:
    found = [reworded(clean(note.text, 1000)) for note in record.notes]
    found += [
        say("card.absent", part=said(item.part), reason=reworded(clean(item.reason, 1000)))
        for item in record.absent
        if item.reason != LEFT_OUT
    ]
    hidden = sum(group.withheld for part in record.groupings for group in part.groups)
    if hidden:
        found.append(say("card.hidden", groups=count(hidden), minimum=record.privacy_minimum))
    return [Para(text) for text in found]


FROM_RECORD: dict[str, Callable[[Record], Blocks]] = {
    "D2": _model,
    "F2": _factors,
    "M1": _measures,
    "M2": _threshold,
    "M3": _uncertainty,
    "E1": _tested_on,
    "T1": _trained_on,
    "Q1": _unitary,
    "Q2": _joint,
    "Q3": _limits,
    "S1": _ethics,
    "R1": _caveats,
}
"""Each prompt that the record can answer; an empty list means that for this audit it cannot."""


def blocks_of(card: Card, prompt: str) -> Blocks:
    """Give what the record says to a prompt."""
    return FROM_RECORD[prompt](card.record) if prompt in FROM_RECORD else []
