"""The pictures of figures before and after: one for each measure, a line for each method and grouping."""

from __future__ import annotations

from collections.abc import Iterator

from ..audit.record import MitigationFacts, MitigationFigure, Record
from ..metrics.results import Estimate
from . import formats
from .formats import Kind, kind_of, scaled
from .names import clean, isolate, unlike
from .view_effects import Concealed, shown_figures
from .view_parts import Dot, Pair, PairChart
from .view_scope import LABEL
from .wording import clauses, say, words_of

TOP_PAIRS = 24
PICTURED = (
    "accuracy",
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "equalized_odds_difference",
)
"""The measures whose pictures stand unfolded; where the record has none of them, all do."""

_Line = tuple[MitigationFacts, MitigationFigure]


def pictured_pairs(record: Record, concealed: Concealed) -> Iterator[PairChart]:
    """Draw the measures that stand unfolded."""
    found = _by_metric(record, concealed)
    chosen = [name for name in PICTURED if name in found] or list(found)
    return (_chart(name, found[name]) for name in chosen)


def folded_pairs(record: Record, concealed: Concealed) -> Iterator[PairChart]:
    """Draw the other measures."""
    found = _by_metric(record, concealed)
    if not set(found) & set(PICTURED):
        return iter(())
    return (_chart(name, lines) for name, lines in found.items() if name not in PICTURED)


def _by_metric(record: Record, concealed: Concealed) -> dict[str, list[_Line]]:
    found: dict[str, list[_Line]] = {}
    for method in record.mitigation:
        for item in shown_figures(method, concealed):
            if formats.defined(item.before) and formats.defined(item.after):
                found.setdefault(item.metric, []).append((method, item))
    return found


def _chart(metric: str, every: list[_Line]) -> PairChart:
    kind = kind_of(metric)
    lines = sorted(every, key=lambda line: line[1].grouping)[:TOP_PAIRS]
    names = [
        _name(method, item, alone=len({line.grouping for _, line in lines}) == 1) for method, item in lines
    ]
    figures = clauses(
        say(
            "mitigate.line",
            label=isolate(name),
            before=formats.figure(item.before.value, kind),
            after=formats.figure(item.after.value, kind),
        )
        for name, (_, item) in zip(names, lines, strict=True)
    )
    return PairChart(
        id=f"mitigation-{metric.replace('_', '-')}",
        title=words_of(metric).name,
        description=say("mitigate.described", metric=words_of(metric).name, figures=figures),
        kind=kind,
        pairs=tuple(
            Pair(label, _dot(item.before, kind), _dot(item.after, kind))
            for label, (_, item) in zip(unlike(names, LABEL), lines, strict=True)
        ),
        rule={"points": 0.0, "ratio": 1.0}.get(kind),
    )


def _name(method: MitigationFacts, item: MitigationFigure, *, alone: bool) -> str:
    """Name a line by its method, and by its grouping where there are several."""
    name = clean(method.method)
    return name if alone else say("mitigate.label", grouping=clean(item.grouping), method=name)


def _dot(estimate: Estimate, kind: Kind) -> Dot:
    return Dot(
        label="",
        value=scaled(estimate.value, kind),
        low=scaled(estimate.interval.low, kind) if estimate.interval else None,
        high=scaled(estimate.interval.high, kind) if estimate.interval else None,
        text=formats.bare(estimate.value, kind),
    )
