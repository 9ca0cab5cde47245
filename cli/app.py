"""The verbs of the command line, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import __version__
from .audit import audit
from .compare import compare
from .datasheet import datasheet
from .demo import demo
from .explain import explain
from .guard import guarded
from .init import init
from .ll144 import ll144
from .metrics import metrics
from .mitigate import mitigate
from .model_card import model_card
from .profiles import profiles
from .report import report
from .terminal import out

_HELP = """Audit a tabular model for fairness: measure, explain, mitigate, judge, document.

Exit codes: 0 every limit is kept; 1 a limit is broken; 2 the input, the settings or the program are at
fault; 3 a limit is inconclusive or undefined and none is broken; 130 interrupted.
"""

app = typer.Typer(
    name="evenhand", help=_HELP, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)


def _version(value: bool) -> None:
    if value:
        out(f"evenhand {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


app.command(
    help="Audit the embedded UCI Adult data, as an example of everything.",
    short_help="Audit the embedded data, as an example.",
)(guarded(demo))
app.command(
    help="Audit a table with a model, or with a column of decisions or scores.",
    short_help="Audit a table, with or without a model.",
)(guarded(audit))
app.command(
    help="Search what narrows a model's gap, at what price; the exit code is that of the chosen model.",
    short_help="Search what narrows a gap, at what price.",
)(guarded(mitigate))
app.command(
    help="Explain single decisions: what each column adds, by several methods; what would have to change for"
    " another decision; the principal reasons for a refusal.",
    short_help="Explain single decisions of a model.",
)(guarded(explain))
app.command(
    help="Render the pages of an audit record again; the exit code is that of its verdict.",
    short_help="Render the pages of a record again.",
)(guarded(report))
app.command(
    help="Hold audits against the first one: what got better, what got worse, what is within noise.",
    short_help="Compare audits over time or between models.",
)(guarded(compare))
app.command(
    help="Write the datasheet of a table: what the data can answer, and what people did; no model is needed.",
    short_help="Write the datasheet of a table.",
)(guarded(datasheet))
app.command(
    "model-card",
    help="Write the model card of an audit from its record and an answers file.",
    short_help="Write the model card of an audit.",
)(guarded(model_card))
app.command(
    help="Write a commented settings file for a table, with guessed roles to correct.",
    short_help="Write a settings file with guessed roles.",
)(guarded(init))
app.command(help="List the metrics, or explain one in plain words.")(guarded(metrics))
app.command(
    help="List the rule packs that an audit can be held against, or explain one: status, date, what it asks"
    " for and what it does not cover.",
    short_help="List the rule packs, or explain one.",
)(guarded(profiles))
app.command(
    help="Make the summary of New York City's Local Law 144 from a CSV file of counts: columns sex and race"
    " (or category), n, and selected or above_median.",
    short_help="Local Law 144 from published counts.",
)(guarded(ll144))
