"""Two tables of the summary: what is left within the levels of a control column, and where gaps come from."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from ..audit.limit_figures import group_name
from ..audit.record import ConditionalFacts, PooledFacts
from ..audit.record_explain import GapExplanation
from ..audit.record_recourse import GroupRecourse, RecourseFacts
from ..metrics.results import Disparity
from ..reports.formats import bare, figure, span, with_span

MOST_POOLED, MOST_BARS, MOST_REFUSED = 5, 3, 5


def conditional_table(part: ConditionalFacts) -> Table:
    """Put the pooled difference of each group beside the crude one, and name the worst level below."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("groups", overflow="fold")
    for heading in ("crude", "within", "interval", "levels"):
        table.add_column(heading, justify="right")
    found = [
        item
        for item in part.pooled
        if item.metric == "selection_rate" and not (item.below_minimum or item.withheld)
    ]
    found.sort(key=lambda item: -abs(item.value) if math.isfinite(item.value) else math.inf)
    for item in found[:MOST_POOLED]:
        table.add_row(*_pooled(item))
    worst = _worst_level(part)
    if worst is not None:
        name, gap = worst
        pair = f"{group_name(gap.group or ())} / {group_name(gap.reference or ())}"
        ends = span(gap.interval, "points")
        table.add_row(Text(f"widest in {name}: {pair}"), "", figure(gap.value, "points"), ends, "")
    return table


def _pooled(item: PooledFacts) -> list[Text | str]:
    pair = Text(f"{group_name(item.group)} / {group_name(item.reference)}")
    figures = [figure(item.crude, "points"), figure(item.value, "points"), span(item.interval, "points")]
    return [pair, *figures, str(item.strata)]


def _worst_level(part: ConditionalFacts) -> tuple[str, Disparity] | None:
    gaps = [
        (stratum.name, gap)
        for stratum in part.strata
        if not stratum.withheld
        for gap in stratum.figures
        if gap.metric == "demographic_parity_difference" and gap.reason is None
    ]
    return max(gaps, key=lambda item: item[1].value, default=None)


def explanation_table(explanations: Sequence[GapExplanation]) -> Table:
    """Give each gap as a sum: the columns that contribute most, then all others together."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column("groups", overflow="fold")
    table.add_column("gap", justify="right")
    table.add_column("sum", overflow="fold")
    for item in explanations:
        other = "all others" if item.against == "rest" else group_name(item.reference)
        held = "" if item.control is None else f", within {item.control}"
        pair = Text(f"{group_name(item.group)} − {other}{held}")
        table.add_row(pair, _signed(item.measured), Text(_sum(item)))
    return table


def _sum(item: GapExplanation) -> str:
    ranked = sorted(item.bars, key=lambda bar: -abs(bar.value))
    parts = [f"{bar.column} {_signed(bar.value)}" for bar in ranked[:MOST_BARS]]
    others = ranked[MOST_BARS:]
    if others:
        named = "1 other" if len(others) == 1 else f"{len(others)} others"
        parts.append(f"{named} {_signed(math.fsum(bar.value for bar in others))}")
    return "= " + ", ".join(parts)


def _signed(value: float) -> str:
    text = bare(value, "points")
    return text if text.startswith("−") or text == "0.0" else f"+{text}"


def recourse_table(found: RecourseFacts) -> Table:
    """Give the refused people of each group: who has a way, how large it is, and the commonest reason."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("refused", overflow="fold")
    for heading in ("with a way", "median size", "commonest reasons"):
        table.add_column(heading, justify="left" if "reason" in heading else "right", overflow="fold")
    for part in found.groupings:
        shown = [item for item in part.groups if item.reason is None]
        for item in sorted(shown, key=lambda item: (item.share.value, item.name))[:MOST_REFUSED]:
            table.add_row(*_refused(item))
    return table


def _refused(item: GroupRecourse) -> list[Text | str]:
    size = "none for most" if math.isinf(item.cost.value) else bare(item.cost.value, "ratio")
    reasons = ", ".join(one.column for one in item.reasons[:2])
    return [Text(item.name), with_span(item.share.value, item.share.interval, "rate"), size, Text(reasons)]
