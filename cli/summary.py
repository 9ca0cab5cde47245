"""An audit in the terminal: groups, rates, disparities with intervals, verdicts."""

from __future__ import annotations

import io
import shutil
import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..audit.limit_figures import group_name
from ..audit.record import GroupingFacts, Record, State
from ..metrics.catalogue import CATALOGUE
from ..reports.numbers import count, kind_of, p_value, with_span

RATES = ("selection_rate", "true_positive_rate", "false_positive_rate", "accuracy")
WORST = (
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equal_opportunity_difference",
    "equalized_odds_difference",
    "predictive_parity_difference",
    "accuracy_difference",
)
MOST_GROUPS = 12
STATES: dict[State, tuple[str, str]] = {
    "pass": ("✓ pass", "green"),
    "fail": ("✕ fail", "red"),
    "inconclusive": ("? inconclusive", "yellow"),
    "undefined": ("– undefined", "yellow"),
}
PIPE_WIDTH = 110


def summary(record: Record) -> str:
    """Write the summary of an audit, coloured only on a terminal and only without ``NO_COLOR``."""
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else PIPE_WIDTH
    buffer = io.StringIO()
    console = Console(
        file=buffer, width=max(width, 60), force_terminal=terminal, highlight=False, soft_wrap=False
    )
    console.print(Text(record.title, style="bold"))
    console.print(_sources(record))
    for grouping in record.groupings:
        _show_grouping(console, grouping, record)
    _show_explanations(console, record)
    _show_mitigation(console, record)
    for absent in record.absent:
        console.print(Text(f"Not made: {absent.part}: {absent.reason}", style="dim"))
    for note in record.notes:
        console.print(Text(f"Note: {note.text}"))
    _show_verdicts(console, record)
    return buffer.getvalue().rstrip("\n")


def _sources(record: Record) -> Text:
    parts = [f"{record.data.name}, {count(record.data.rows)} rows"]
    if record.model is not None:
        parts.append(f"model {record.model.description}")
    return Text("; ".join(parts), style="dim")


def _table(title: str, first: str, headings: list[str]) -> Table:
    table = Table(
        title=Text(title, style="bold"), title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    table.add_column(first, overflow="fold")
    for heading in headings:
        table.add_column(heading, justify="right", overflow="fold")
    return table


def _show_grouping(console: Console, grouping: GroupingFacts, record: Record) -> None:
    shown = [rate for rate in RATES if any(rate in group.rates for group in grouping.groups)]
    level = f"{record.level:.0%} intervals"
    table = _table(
        f"\nBy {grouping.name} ({level})", "group", ["rows", *(CATALOGUE[rate].title for rate in shown)]
    )
    ranked = sorted(grouping.groups, key=lambda group: -group.rows)
    for group in ranked[:MOST_GROUPS]:
        if group.withheld:
            table.add_row(Text(group.name), f"< {record.privacy_minimum}", *["withheld" for _ in shown])
            continue
        figures = [with_span(group.rates[rate].value, group.rates[rate].interval, "rate") for rate in shown]
        table.add_row(Text(group.name + (" *" if group.below_minimum else "")), count(group.rows), *figures)
    console.print(table)
    if len(ranked) > MOST_GROUPS:
        console.print(Text(f"... and {len(ranked) - MOST_GROUPS} smaller groups", style="dim"))
    if any(group.below_minimum and not group.withheld for group in ranked):
        console.print(Text(f"* fewer than {record.min_group_size} rows: shown, not judged", style="dim"))
    console.print(_disparities(grouping))


def _disparities(grouping: GroupingFacts) -> Table:
    table = _table("", "worst of all pairs", ["figure", "p", "between"])
    by_name = {d.metric: d for d in grouping.disparities if d.against == "all_pairs" and d.metric in WORST}
    for name in WORST:
        found = by_name.get(name)
        if found is None:
            continue
        if found.reason is not None:
            table.add_row(Text(CATALOGUE[name].title), Text(f"undefined: {found.reason.sentence}"), "", "")
            continue
        pair = f"{group_name(found.group or ())} / {group_name(found.reference or ())}"
        figure = with_span(found.value, found.interval, kind_of(name))
        table.add_row(Text(CATALOGUE[name].title), figure, p_value(found.p_value), Text(pair))
    return table


def _show_explanations(console: Console, record: Record) -> None:
    chosen = [item for item in record.explanations if item.metric == "selection_rate"]
    if chosen:
        console.print(Text("\nWhere the gaps in selection come from", style="bold"))
    for item in chosen:
        console.print(Text(f"  {item.grouping}: {item.words}"))


def _show_mitigation(console: Console, record: Record) -> None:
    if not record.mitigation:
        return
    wanted = ("accuracy", "demographic_parity_difference", "equalized_odds_difference")
    table = _table(
        "\nTrained again with less bias (same test rows)",
        "method",
        ["grouping", "figure", "before", "after", "change"],
    )
    for method in record.mitigation:
        for figure in method.figures:
            if figure.metric not in wanted or " x " in figure.grouping:
                continue
            kind = kind_of(figure.metric)
            table.add_row(
                Text(method.method),
                Text(figure.grouping),
                CATALOGUE[figure.metric].title,
                with_span(figure.before.value, None, kind),
                with_span(figure.after.value, None, kind),
                with_span(figure.change.value, figure.change.interval, "points"),
            )
    console.print(table)


def _show_verdicts(console: Console, record: Record) -> None:
    if record.verdict is None:
        console.print(Text("\nNo policy was given, so nothing was judged.", style="dim"))
        return
    console.print(Text("\nVerdicts", style="bold"))
    for verdict in record.verdicts:
        word, colour = STATES[verdict.state]
        console.print(Text.assemble((f"  {word:<15}", colour), verdict.words))
    word, colour = STATES[record.verdict]
    console.print(Text.assemble("Overall: ", (word, f"bold {colour}")))
