"""The catalogue in words: for the terminal and for the docs page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from ..errors import InputError, did_you_mean
from .catalogue import CATALOGUE, Metric
from .catalogue_more import MORE

ALL: dict[str, Metric] = {**CATALOGUE, **MORE}
"""Every metric of the room, by name."""

FAMILIES = (
    ("Rates of a group", ("rate", "mean")),
    ("Comparisons between groups", ("difference", "ratio")),
    ("Composite figures of a group", ("composite",)),
    ("Comparisons by practice, law and intersection", ("practice",)),
    ("Conditional comparisons", ("conditional",)),
    ("Scores", ("score",)),
    ("Data before training", ("data",)),
    ("Several classes", ("multiclass",)),
    ("Regression", ("regression",)),
    ("Individuals", ("individual",)),
    ("Rankings", ("ranking",)),
    ("Repeated people, surveys, probable membership", ("design",)),
)
WIDTH = 100


def families() -> list[tuple[str, list[Metric]]]:
    """Group the metrics by what they speak of, in the order of the page."""
    return [
        (title, found)
        for title, kinds in FAMILIES
        if (found := [metric for metric in ALL.values() if metric.kind in kinds])
    ]


def listing() -> str:
    """List all metrics, a line each, under the names of their families.

    Examples
    --------
    >>> listing().splitlines()[1].split()[0]
    'selection_rate'
    """
    widest = max(map(len, ALL))
    lines: list[str] = []
    for title, found in families():
        lines += ["", title] if lines else [title]
        lines += [f"  {metric.name:<{widest}}  {metric.meaning}" for metric in found]
    return "\n".join([*lines, "", "evenhand metrics NAME explains one, with its formula and source."])


def explanation(name: str) -> str:
    """Explain one metric in plain words, with its formula.

    Raises
    ------
    InputError
        There is no such metric; the closest name is suggested.

    Examples
    --------
    >>> print(explanation("selection_rate").splitlines()[0])
    selection_rate: selection rate
    """
    if name not in ALL:
        raise InputError.of(
            "unknown_metric", "metric", f"no metric is called {name!r}; {did_you_mean(name, ALL)}"
        )
    metric = ALL[name]
    lines = [f"{metric.name}: {metric.title}", "", *textwrap.wrap(metric.meaning, WIDTH), ""]
    for label, text in facts(metric):
        lines += textwrap.wrap(
            f"{label:<10}{text}",
            WIDTH,
            subsequent_indent=" " * 10,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(lines)


def facts(metric: Metric) -> list[tuple[str, str]]:
    """List what is known of a metric, as label and text."""
    fair = f"{metric.fair:g}" if metric.fair is not None else "no value by itself: compare the groups"
    found = [
        ("Formula", metric.formula),
        ("Needs", ", ".join(metric.needs)),
        ("Range", f"{metric.low:g} to {metric.high:g}"),
        ("Fair", fair),
        ("Better", metric.better),
        ("Interval", metric.interval),
        ("Speaks of", metric.harm),
        ("Source", metric.source),
        ("Function", metric.function),
    ]
    return [(label, text) for label, text in found if text]


def page() -> str:
    """Write the docs page of all metrics, in Markdown."""
    lines = [
        "# Metrics",
        "",
        "Generated from the catalogue by `python docs/make_metrics.py`. In the terminal: `evenhand metrics`",
        "lists them, `evenhand metrics equalized_odds_difference` explains one.",
    ]
    for title, found in families():
        lines += ["", f"## {title}"]
        for metric in found:
            lines += ["", f"### `{metric.name}`", "", metric.meaning, "", *_bullets(facts(metric))]
    return "\n".join(lines) + "\n"


def _bullets(found: Iterable[tuple[str, str]]) -> list[str]:
    code = ("Formula", "Function")
    return [f"- **{label}**: {f'`{text}`' if label in code else text}" for label, text in found]
