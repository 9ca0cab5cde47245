"""An audit in the terminal: groups, rates, disparities with intervals, verdicts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from ..audit.limit_figures import group_name
from ..audit.public import told_record
from ..audit.record import GroupFacts, GroupingFacts, MitigationFacts, MitigationFigure, Record, State
from ..errors import Reason
from ..metrics.catalogue import CATALOGUE
from ..metrics.results import Disparity, Estimate, Group
from ..reports.formats import Kind, bare, count, figure, kind_of, level, p_value, span, with_span
from .sheet import Sheet
from .summary_parts import conditional_table, explanation_table, recourse_table

RATES = {
    "selection_rate": "selected",
    "base_rate": "base rate",
    "true_positive_rate": "TPR",
    "false_positive_rate": "FPR",
    "accuracy": "accuracy",
}
WORST = {
    "demographic_parity_difference": "demographic parity",
    "demographic_parity_ratio": "  as a ratio",
    "equal_opportunity_difference": "equal opportunity",
    "equalized_odds_difference": "equalized odds",
    "predictive_parity_difference": "predictive parity",
    "accuracy_difference": "accuracy",
}
WORDS = (
    "selected: share given a positive decision. TPR, FPR: that share among rows whose true label is positive,"
    " negative. Largest gaps are between any two groups."
)
MOST_GROUPS, MOST_CROSSED = 12, 5
STATES: dict[State, tuple[str, str]] = {
    "pass": ("✓ pass", "green"),
    "fail": ("✕ fail", "red"),
    "inconclusive": ("? inconclusive", "yellow"),
    "undefined": ("– undefined", "yellow"),
}
WIDE = 104


@dataclass(frozen=True)
class Page:
    """Where the summary is printed, and of what."""

    console: Console
    record: Record

    @property
    def wide(self) -> bool:
        """Whether p-values have room."""
        return self.console.width >= WIDE

    def fits(self, table: Table) -> bool:
        """Tell whether a table needs no folded cells."""
        roomy = self.console.options.update(max_width=10 * self.console.width)
        return Measurement.get(self.console, roomy, table).maximum <= self.console.width

    def heading(self, text: str) -> None:
        """Print a heading after an empty line."""
        self.console.print()
        self.console.print(Text(text, style="bold"))

    def hanging(self, first: Text, text: str, indent: int) -> None:
        """Print a paragraph whose lines all start after the first words."""
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=indent)
        grid.add_column()
        grid.add_row(first, Text(text))
        self.console.print(grid)


def summary(record: Record, width: int | None = None) -> str:
    """Write the summary of an audit, coloured only on a terminal and only without ``NO_COLOR``.

    Parameters
    ----------
    record : Record
    width : int, optional
        Columns; by default the terminal's, or 110 in a pipe.
    """
    console = Sheet(width)
    record = told_record(record)
    page = Page(console, record)
    console.print(Text(record.title, style="bold"))
    console.print(_sources(record))
    for grouping in record.groupings:
        _show_grouping(page, grouping)
    _show_conditional(page)
    _show_explanations(page)
    _show_recourse(page)
    _show_mitigation(page)
    _show_frontier(page)
    _show_remarks(page)
    _show_verdicts(page)
    return console.text()


def _sources(record: Record) -> Text:
    named = "" if record.title == record.data.name else f"{record.data.name}, "
    parts = [f"{named}{count(record.overall.rows)} rows"]
    if record.model is not None:
        parts.append(f"model {record.model.description}")
    parts.append(f"{level(record.level)} intervals")
    return Text("; ".join(parts) + f"\n{WORDS}", style="dim")


def plain_table(first: str, headings: Sequence[str]) -> Table:
    """Make a table without lines: one column of names, the rest of figures."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(first, overflow="fold")
    for heading in headings:
        table.add_column(heading, justify="right", overflow="fold")
    return table


def _show_grouping(page: Page, grouping: GroupingFacts) -> None:
    page.heading(f"By {grouping.name}")
    ranked, rest = _chosen(grouping)
    known = page.record.overall.rates
    wanted = [name for name in RATES if name != "base_rate" or "selection_rate" not in known]
    shown = [name for name in wanted if name in known]
    full, short = (_rates(ranked, shown, with_ends=ends) for ends in (True, False))
    page.console.print(full if page.fits(full) and len(grouping.attributes) == 1 else short)
    _show_marks(page, ranked, rest)
    page.console.print(_gaps(page, grouping))


def _rates(groups: Sequence[GroupFacts], shown: Sequence[str], *, with_ends: bool) -> Table:
    table = plain_table("group", ["rows", *(RATES[name] for name in shown)])
    for group in groups:
        table.add_row(*_row(group, shown, with_ends=with_ends))
    return table


def _chosen(grouping: GroupingFacts) -> tuple[list[GroupFacts], int]:
    """Choose the groups to show: of an intersection the reference and those furthest from it."""
    if len(grouping.attributes) == 1:
        ranked = sorted(grouping.groups, key=lambda group: -group.rows)
        return ranked[:MOST_GROUPS], max(len(ranked) - MOST_GROUPS, 0)
    able = [
        group for group in grouping.groups if not (group.below_minimum or group.withheld or group.missing)
    ]
    able.sort(key=lambda group: (group.group != grouping.reference, -group.rows))
    furthest = sorted(able[1:], key=lambda group: -abs(_selected(group) - _selected(able[0])))
    kept = [*able[:1], *furthest[:MOST_CROSSED]]
    return kept, len(grouping.groups) - len(kept)


def _selected(group: GroupFacts) -> float:
    found = group.rates.get("selection_rate", group.rates.get("base_rate"))
    return 0.0 if found is None or found.reason is not None else found.value


def _row(group: GroupFacts, shown: Sequence[str], *, with_ends: bool) -> list[Text | str]:
    if group.withheld:
        return [Text(group.name), *["withheld" for _ in ("rows", *shown)]]
    name = Text(group.name + (" *" if group.below_minimum else ""))
    rates = [group.rates[rate] for rate in shown]
    figures = [_figure(rate, with_ends=with_ends) for rate in rates]
    return [name, count(group.rows), *figures]


def _figure(rate: Estimate, *, with_ends: bool) -> str:
    if rate.reason is Reason.WITHHELD:
        return "withheld"
    return with_span(rate.value, rate.interval, "rate") if with_ends else figure(rate.value, "rate")


def _show_marks(page: Page, shown: Sequence[GroupFacts], rest: int) -> None:
    if rest:
        page.console.print(Text(f"and {rest} more, in the report", style="dim"))
    if any(group.below_minimum and not group.withheld for group in shown):
        text = f"* fewer than {page.record.min_group_size} rows: shown, not judged"
        page.console.print(Text(text, style="dim"))


def _gaps(page: Page, grouping: GroupingFacts) -> Table:
    table = plain_table("largest gap", ["figure", "interval", *(["p"] if page.wide else [])])
    table.add_column("between", overflow="fold")
    by_name = {d.metric: d for d in grouping.disparities if d.against == "all_pairs"}
    hidden = {group.group for group in grouping.groups if group.withheld}
    for name, title in WORST.items():
        if name in by_name:
            table.add_row(title, *_gap(page, by_name[name], hidden))
    return table


def _gap(page: Page, found: Disparity, hidden: Collection[Group]) -> list[Text | str]:
    p = [p_value(found.p_value)] if page.wide else []
    dashes = ["–" for _ in ("figure", "interval", *p)]
    if found.reason not in {None, Reason.WITHHELD}:
        return [*dashes, Text(f"undefined: {found.reason.sentence}")]
    if found.reason is not None or found.group in hidden or found.reference in hidden:
        return [*dashes, Text("withheld: a group is too small to be shown")]
    kind = kind_of(found.metric)
    pair = f"{group_name(found.group or ())} / {group_name(found.reference or ())}"
    pair += f" ({len(found.left_out)} left out)" if found.left_out else ""
    return [figure(found.value, kind), span(found.interval, kind), *p, Text(pair)]


def _show_conditional(page: Page) -> None:
    for part in page.record.conditional:
        if " x " in part.grouping or not part.pooled:
            continue
        page.heading(f"Selection by {part.grouping}, like with like: within the levels of {part.control}")
        page.console.print(conditional_table(part))


def _show_explanations(page: Page) -> None:
    chosen = [item for item in page.record.explanations if item.metric == "selection_rate"]
    if chosen:
        page.heading("Where the gaps in selection come from, in the model (points; not causes)")
        page.console.print(explanation_table(chosen))


def _show_recourse(page: Page) -> None:
    found = page.record.recourse
    if found is not None and any(item.reason is None for part in found.groupings for item in part.groups):
        page.heading("Refused people with a plausible way to acceptance, and how large the smallest one is")
        page.console.print(recourse_table(found))


def _show_mitigation(page: Page) -> None:
    methods = page.record.mitigation
    if not methods:
        return
    names = [grouping.name for grouping in page.record.groupings if len(grouping.attributes) == 1]
    page.heading("Trained again with less bias: equalized odds gap, before → after [interval of the change]")
    table = plain_table("method", ["accuracy", *names])
    for method in methods:
        table.add_row(Text(method.method), *(_moved(method, name) for name in ("overall", *names)))
    page.console.print(table)


def _show_frontier(page: Page) -> None:
    facts = page.record.frontier
    if facts is None:
        return
    title = CATALOGUE[facts.metric].title
    page.heading(f"The trade-off: {facts.scoring} against {title} by {facts.grouping}")
    point = next((item for item in facts.points if item.name == facts.chosen), None)
    if point is None:
        page.hanging(
            Text("Chosen:", style="dim"), "none, for no candidate has both figures", len("Not made:")
        )
        return
    score: Kind = "rate" if facts.scoring == "accuracy" else "score"
    kind = kind_of(facts.metric)
    name = "the unmitigated model" if point.method == "refit" else point.name
    text = (
        f"{name}, of {len(facts.points)} candidates: {facts.scoring} {bare(point.score.before.value, score)}"
        f" → {bare(point.score.after.value, score)}, gap {bare(point.gap.before.value, kind)}"
        f" → {bare(point.gap.after.value, kind)} on rows held back; on the test rows the limits:"
        f" {facts.verdict or 'none set'}"
    )
    page.hanging(Text("Chosen:", style="dim"), text, len("Not made:"))


def _moved(method: MitigationFacts, grouping: str) -> str:
    metric = "accuracy" if grouping == "overall" else "equalized_odds_difference"
    found = [f for f in method.figures if f.grouping == grouping and f.metric == metric]
    return _change(found[0]) if found else "–"


def _change(moved: MitigationFigure) -> str:
    kind, ends = kind_of(moved.metric), moved.change.interval
    text = f"{bare(moved.before.value, kind)} → {bare(moved.after.value, kind)}"
    return text if ends is None else f"{text}\n[{bare(ends.low, 'points')}, {bare(ends.high, 'points')}]"


def _show_remarks(page: Page) -> None:
    remarks = [("Not made:", f"{item.part}: {item.reason}") for item in page.record.absent]
    remarks += [("Note:", note.text) for note in page.record.notes]
    if remarks:
        page.console.print()
    for first, text in remarks:
        page.hanging(Text(first, style="dim"), text, len("Not made:"))


def _show_verdicts(page: Page) -> None:
    if page.record.verdict is None:
        page.console.print(Text("\nNo policy was given, so nothing was judged.", style="dim"))
        return
    page.heading("Verdicts")
    for verdict in page.record.verdicts:
        page.hanging(Text(*STATES[verdict.state]), verdict.words, len("? inconclusive"))
    word, colour = STATES[page.record.verdict]
    page.console.print(Text.assemble("Overall: ", (word, f"bold {colour}")))
