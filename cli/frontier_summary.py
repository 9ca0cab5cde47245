"""The frontier in the terminal: what was tried, what it costs, what was chosen and why."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from ..audit.alternatives import why
from ..audit.record_frontier import FrontierFacts, FrontierPoint
from ..metrics.catalogue import CATALOGUE
from ..reports.formats import Kind, bare, count, figure, kind_of, span
from .sheet import Sheet
from .summary import STATES, plain_table

NEEDS = {"never": "never", "training": "at training", "decision": "at every decision"}


def frontier_summary(facts: FrontierFacts, width: int | None = None) -> str:
    """Write what a search found, coloured only on a terminal and only without ``NO_COLOR``.

    Parameters
    ----------
    facts : FrontierFacts
    width : int, optional
        Columns; by default the terminal's, or 110 in a pipe.
    """
    console = Sheet(width)
    title = CATALOGUE[facts.metric].title
    console.print(Text(f"{facts.scoring} against {title} by {facts.grouping}", style="bold"))
    console.print(Text(_question(facts), style="dim"))
    console.print(_table(facts))
    for line in _remarks(facts):
        console.print(Text(line, style="dim"))
    console.print(Text(f"\n{_answer(facts)}", style="bold"))
    for verdict in facts.verdicts:
        console.print(Text.assemble(STATES[verdict.state], f"  {verdict.words}"))
    return console.text()


def _question(facts: FrontierFacts) -> str:
    kind = kind_of(facts.metric)
    ends = [f"at least {figure(facts.limit_min, kind)}"] if facts.limit_min is not None else []
    ends += [f"at most {figure(facts.limit_max, kind)}"] if facts.limit_max is not None else []
    limit = f"limit {' and '.join(ends)}" if ends else f"no limit; tolerance {facts.tolerance:g}"
    held = "held out" if facts.folds == 1 else f"held out in {facts.folds} turns"
    return (
        f"{limit}; compared on {count(facts.validated_rows)} training rows, {held};"
        " [ ] is the interval of the change"
    )


def _table(facts: FrontierFacts) -> Table:
    table = plain_table("candidate", [facts.scoring, "gap", "needs the attribute"])
    table.add_column("", overflow="fold")
    for point in sorted(facts.points, key=lambda item: -item.score.after.value):
        table.add_row(
            Text(_name(point.name), style="bold" if point.name == facts.chosen else ""),
            _cell(point, "score", _score_kind(facts)),
            _cell(point, "gap", kind_of(facts.metric)),
            NEEDS[point.needs_sensitive],
            Text(_mark(facts, point)),
        )
    return table


def _score_kind(facts: FrontierFacts) -> Kind:
    return "rate" if facts.scoring == "accuracy" else "score"


def _name(name: str) -> str:
    return "unmitigated" if name == "refit" else name


def _cell(point: FrontierPoint, which: str, kind: Kind) -> str:
    item = point.score if which == "score" else point.gap
    shown: Kind = "points" if kind == "rate" else kind
    ends = span(item.change.interval, shown)
    return bare(item.after.value, kind) + (f" [{ends}]" if ends and point.name != "refit" else "")


def _mark(facts: FrontierFacts, point: FrontierPoint) -> str:
    marks = ["chosen"] if point.name == facts.chosen else []
    marks += ["Pareto"] if point.pareto else []
    marks += [f"dominated by {_name(point.dominated_by)}"] if point.dominated_by else []
    marks += ["within noise"] if point.within_noise and point.name != "refit" else []
    marks += ["levels down"] if point.levelling_down else []
    return ", ".join(marks)


def _remarks(facts: FrontierFacts) -> list[str]:
    lines = [f"Not tried: {item.name}: {item.reason}." for item in facts.left_out]
    if facts.cut_short:
        lines.append("The time budget cut the search short: the result depends on the machine.")
    return lines


def _answer(facts: FrontierFacts) -> str:
    point = next((item for item in facts.points if item.name == facts.chosen), None)
    if point is None:
        return "Nothing could be chosen: no candidate has both figures."
    return f"{_name(point.name)}: {why(facts, point)}. On the test rows:"
