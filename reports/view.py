"""From a record to the plain sections of the report: what is said, in which order, in which words.

No HTML here: :mod:`.html` draws what this module returns, and :mod:`.charts` the pictures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from ..audit.masking import masked
from ..audit.privacy import Hidden, concealed_figures, conceals, hidden_groups, hidden_joints
from ..audit.record import Record
from ..metrics.catalogue import CATALOGUE
from . import formats
from .bands import with_bands
from .formats import figure, kind_of
from .names import shorten
from .view_conditional import conditional_section
from .view_explain import explain_section
from .view_facts import facts
from .view_frontier import frontier_section
from .view_gaps import leads
from .view_global import global_section
from .view_groups import first_only, grouping_section, rate_chart
from .view_marks import mark, state_mark
from .view_methods import footer_lines, glossary, methods_section, software_facts
from .view_mitigation import mitigation_section
from .view_neural import neural_sections
from .view_parts import Cell, Chart, Column, Mark, Page, Row, Section, Table
from .view_profiles import profiles_section
from .view_proxies import proxies_section
from .view_recourse import recourse_section
from .view_scope import Scope, glossary_id, worst_of
from .view_scores import scores_section
from .view_slices import slices_section
from .view_trust import trust_section
from .view_unknown import unknown_section
from .view_verdict import decisions, headline, rule, subject, summary, verdict_line
from .view_what_if import what_if
from .wording import passage, say, say_many, words_of


def build_page(record: Record) -> Page:
    """Turn a record into the plain sections of its report.

    Parameters
    ----------
    record : Record

    Returns
    -------
    Page
        Everything that the page says; the same record gives the same page.
    """
    record = with_bands(record)
    hidden = hidden_groups(record)
    concealed = concealed_figures(record, hidden, hidden_joints(record, hidden))
    record = masked(record)
    scopes = _scopes(record, hidden)
    return Page(
        title=shorten(record.title, 200),
        kicker=say("page.kicker"),
        subject=subject(record),
        mark=None if record.verdict is None else state_mark(record.verdict),
        headline=headline(record),
        summary=summary(record),
        lines=tuple(verdict_line(item, scopes, concealed) for item in record.verdicts),
        rule=rule(record),
        decide=tuple(decisions(record)),
        facts=tuple(facts(record)),
        picture=_picture(scopes),
        unknown=unknown_section(record, scopes),
        matrix=_matrix(record, scopes),
        groupings=tuple(grouping_section(scope) for scope in scopes),
        further=tuple(_further(record, hidden)),
        reasons=tuple(_reasons(record, hidden)),
        what_if=what_if(record),
        explanations=explain_section(record, hidden),
        mitigation=mitigation_section(record, concealed, frontier_section(record, hidden, concealed)),
        profiles=profiles_section(record, hidden, concealed),
        methods=methods_section(record),
        method_facts=tuple(software_facts(record)),
        glossary=glossary(record),
        footer=tuple(footer_lines(record)),
    )


def _further(record: Record, hidden: Hidden) -> Iterator[Section]:
    """Give what was measured beyond the groups' rates."""
    found = (
        scores_section(record),
        conditional_section(record, hidden),
        slices_section(record),
    )
    yield from (section for section in found if section is not None)


def _reasons(record: Record, hidden: Hidden) -> Iterator[Section]:
    """Give what tells of the model's workings, after the explanation of the gaps."""
    found = (
        trust_section(record),
        proxies_section(record, hidden),
        global_section(record, hidden),
        *neural_sections(record, hidden),
        recourse_section(record, hidden),
    )
    yield from (section for section in found if section is not None)


def _scopes(record: Record, hidden: Hidden) -> tuple[Scope, ...]:
    return tuple(
        Scope(record, part, hidden[part.name], f"by-{place}")
        for place, part in enumerate(record.groupings, start=1)
    )


def _picture(scopes: tuple[Scope, ...]) -> Section:
    single = [scope for scope in scopes if len(scope.part.attributes) == 1] or list(scopes)
    charts = [
        rate_chart(scope, "selection_rate", title=say("picture.title", name=scope.name), suffix="-picture")
        for scope in single
    ]
    shared = max((chart.domain[1] for chart in charts if chart.domain), default=100.0)
    charts = [replace(chart, domain=(0.0, shared)) for chart in charts if chart.dots]
    record = scopes[0].record if scopes else None
    estimate = record.overall.rates.get("selection_rate") if record else None
    overall = figure(estimate.value if estimate else math.nan, "rate")
    level = formats.level(record.level if record else 0.95)
    intro = passage((say("picture.intro", level=level, overall=overall), *first_only(single)))
    return Section("picture", say("picture.heading"), intro, charts=tuple(charts))


def _matrix(record: Record, scopes: tuple[Scope, ...]) -> Section:
    """Lay out measures by groupings: a line for each measure, for measures are many and groupings few."""
    found = {item.metric for scope in scopes for item in worst_of(scope.part)}
    metrics = [name for name in CATALOGUE if name in found] + sorted(found - set(CATALOGUE))
    limited = {item.limit.metric for item in record.verdicts}
    first = [name for name in metrics if leads(name, judged=name in limited)] or metrics
    rest = [name for name in metrics if name not in first]
    table = Table(
        id="matrix-table",
        caption=say("matrix.caption"),
        corner=say("column.measure"),
        columns=tuple(Column(say("matrix.column", name=scope.name), link=scope.id) for scope in scopes),
        rows=tuple(_matrix_row(scopes, metric) for metric in first),
        more=tuple(_matrix_row(scopes, metric) for metric in rest),
        more_label=say_many("grouping.more_ratios", len(rest)),
    )
    intro = say("matrix.intro", level=formats.level(record.level))
    return Section("matrix", say("matrix.heading"), intro, tables=(table,) if metrics else ())


def _matrix_row(scopes: tuple[Scope, ...], metric: str) -> Row:
    head = Cell(words_of(metric).name, link=glossary_id(metric))
    return Row(head, tuple(_matrix_cell(scope, metric) for scope in scopes))


def _matrix_cell(scope: Scope, metric: str) -> Cell:
    marks: tuple[Mark, ...] = tuple(state_mark(v.state) for v in scope.verdicts(metric))
    item = next((d for d in worst_of(scope.part) if d.metric == metric), None)
    if item is None:
        return Cell(formats.NO_FIGURE, marks=marks)
    if conceals(item, scope.hidden):
        return Cell("", marks=(mark("withheld"), *marks))
    kind = kind_of(metric, item.comparison)
    return Cell(figure(item.value, kind), sub=formats.span(item.interval, kind), marks=marks)


def charts_of(page: Page) -> tuple[Chart, ...]:
    """Give every picture of a page, in reading order."""
    sections = (
        page.picture,
        *page.groupings,
        *page.further,
        page.explanations,
        *page.reasons,
        page.mitigation,
        *([page.profiles] if page.profiles else []),
    )
    return tuple(chart for section in sections for chart in _charts_in(section))


def _charts_in(section: Section) -> Iterator[Chart]:
    yield from section.charts
    for part in section.sections:
        yield from _charts_in(part)
    for fold in section.folds:
        yield from fold.charts
