"""The report's sections: what they say of a record, and what they keep back."""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.audit.privacy import hidden_groups
from evenhand.audit.public import LEFT_OUT
from evenhand.audit.record import Absent, MitigationFigure, Record
from evenhand.metrics.results import Estimate, Group, Interval
from evenhand.reports import formats, names, wording
from evenhand.reports.view import build_page, charts_of
from evenhand.reports.view_effects import effect_of
from evenhand.reports.view_parts import BarChart, Cell, DotChart, Page, Row, Section, Table, Tone
from evenhand.reports.view_scope import TOP, Scope, gathered
from evenhand.tests.sample_record import (
    ADULT,
    SMALL,
    Counts,
    conditional,
    explanation,
    grouping,
    many_groups,
    sample_record,
    slices,
)


@pytest.fixture(scope="module")
def page() -> Page:
    return build_page(sample_record())


def tables(section: Section) -> list[Table]:
    folded = [table for fold in section.folds for table in fold.tables]
    return [*section.tables, *folded, *(table for part in section.sections for table in tables(part))]


def table_of(page: Page, name: str) -> Table:
    sections = (*page.groupings, *page.further, page.explanations, page.mitigation, page.matrix)
    return next(table for section in sections for table in tables(section) if table.id == name)


def row(table: Table, name: str) -> list[str]:
    found = next(item for item in (*table.rows, *table.more) if item.head.text == name)
    return [cell.text for cell in found.cells]


def judged(record: Record, *states: str) -> Record:
    verdicts = tuple(
        item.model_copy(update={"state": state}) for item, state in zip(record.verdicts, states, strict=False)
    )
    return record.model_copy(update={"verdicts": verdicts, "verdict": states[0]})


@pytest.mark.parametrize(
    ("states", "words"),
    [
        (["pass"], "The one limit of the policy is met."),
        (["pass", "pass"], "All 2 limits of the policy are met."),
        (["fail"], "The one limit of the policy is broken."),
        (["fail", "pass"], "1 of 2 limits is broken."),
        (["fail", "fail", "pass"], "2 of 3 limits are broken."),
        (["inconclusive", "pass"], "No limit is broken, and 1 of 2 cannot be decided."),
        (["undefined", "inconclusive"], "No limit is broken, and 2 of 2 cannot be decided."),
    ],
)
def test_headline_says_the_verdict_in_words(states: list[str], words: str) -> None:
    assert build_page(judged(sample_record(), *states)).headline == words


def test_without_a_policy_nothing_is_called_passed() -> None:
    page = build_page(sample_record(judged=False))
    assert page.mark is None
    assert page.lines == ()
    assert "Nothing was judged" in page.headline


def test_each_limit_is_told_with_figure_interval_and_reason(page: Page) -> None:
    line = page.lines[0]
    assert line.claim == "Demographic parity difference by sex: at most 10.0 points"
    assert line.found == "Found 17.6 points (Male against Female), 95% interval 16.5 to 18.7."
    assert (line.mark.symbol, line.mark.word) == ("✕", "fail")


def test_a_limit_for_everybody_names_no_attribute() -> None:
    record = sample_record()
    limit = record.verdicts[0].limit.model_copy(
        update={"metric": "accuracy", "attribute": "overall", "max": 0.9}
    )
    verdict = record.verdicts[0].model_copy(update={"limit": limit, "value": 0.85})
    page = build_page(record.model_copy(update={"verdicts": (verdict,)}))
    assert page.lines[0].claim == "Accuracy, overall: at most 90.0%"


def test_a_limit_on_a_rate_names_the_group_that_decides() -> None:
    record = sample_record()
    limit = record.verdicts[0].limit.model_copy(update={"metric": "accuracy", "attribute": "race"})
    changes = {"limit": limit, "value": 0.874, "group": ("Other",), "reference": None}
    verdict = record.verdicts[0].model_copy(update=changes)
    line = build_page(record.model_copy(update={"verdicts": (verdict,)})).lines[0]
    assert line.found.startswith("Found 87.4% (Other, the group that decides), 95% interval")


def test_a_verdict_of_a_withheld_group_is_withheld_by_its_group() -> None:
    record = sample_record(SMALL)
    limit = record.verdicts[0].limit.model_copy(update={"metric": "accuracy", "attribute": "sex x race"})
    changes = {"limit": limit, "value": 0.123, "group": ("Female", "Unlisted"), "reference": None}
    verdict = record.verdicts[0].model_copy(update=changes)
    line = build_page(record.model_copy(update={"verdicts": (verdict,)})).lines[0]
    assert line.found == "The figure concerns a group whose figures are withheld."


def test_limits_judged_as_a_family_say_so(page: Page) -> None:
    record = sample_record()
    wide = record.verdicts[0].model_copy(update={"interval": Interval(0.15, 0.2, 0.99, "Wilson")})
    assert "judged together as one family" not in page.rule
    found = build_page(record.model_copy(update={"verdicts": (wide, *record.verdicts[1:])})).rule
    assert "the 5 limits being judged together as one family" in found


def test_held_back_limit_says_why() -> None:
    record = judged(sample_record(), "inconclusive")
    held = record.verdicts[0].model_copy(update={"reason": "held back by groups too small to judge: Other"})
    line = build_page(record.model_copy(update={"verdicts": (held,)})).lines[0]
    assert line.words == "Inside the limit, but held back by groups too small to judge: Other."


def test_a_limit_decided_on_the_point_says_so() -> None:
    record = sample_record()
    limit = record.verdicts[0].limit.model_copy(update={"decide_on": "point", "waive": ("Other",)})
    verdict = record.verdicts[0].model_copy(update={"limit": limit})
    words = build_page(record.model_copy(update={"verdicts": (verdict,)})).lines[0].words
    assert "decided on the figure itself" in words
    assert "waives these groups: Other" in words


def test_figures_are_those_of_the_counts(page: Page) -> None:
    first, second = (table_of(page, name) for name in ("by-1-first", "by-1-second"))
    assert row(first, "Female") == ["5,421", "33.3%", "10.9%", "7.6%", "93.0%"]
    assert row(second, "Female")[0] == formats.figure(310 / 590, "rate")


def test_matrix_holds_every_measure_of_every_grouping(page: Page) -> None:
    table = page.matrix.tables[0]
    assert [item.text for item in table.columns] == ["By sex", "By race", "By sex x race"]
    assert len(table.rows) == 6
    assert all(len(item.cells) == len(table.columns) for item in table.rows)
    assert [mark.word for mark in table.rows[0].cells[0].marks] == ["fail"]


def test_undefined_is_never_zero() -> None:
    cells = {**ADULT, ("Female", "None positive"): Counts(0, 0, 3, 40)}
    table = table_of(build_page(sample_record(cells)), "by-2-second")
    found = next(item for item in table.rows if item.head.text == "None positive")
    assert found.cells[0].text == formats.NO_FIGURE
    assert found.cells[0].sub == "undefined"


def test_groups_stand_with_the_worst_first(page: Page) -> None:
    chart = page.picture.charts[1]
    assert isinstance(chart, DotChart)
    values = [dot.value or 0.0 for dot in chart.dots]
    assert values == sorted(values)


def test_a_thousand_groups_fill_tables_and_not_pictures() -> None:
    page = build_page(many_groups(1000))
    assert max(len(chart.dots) for chart in charts_of(page) if isinstance(chart, DotChart)) == 30
    table = table_of(page, "by-1-first")
    assert len(table.rows) + len(table.more) == 1001
    assert table.more_label == "970 more groups"


def test_what_is_absent_says_why() -> None:
    record = sample_record(explained=False)
    reason = record.absent[0].model_copy(update={"part": "explanation", "reason": "no model was given"})
    page = build_page(record.model_copy(update={"absent": (reason,)}))
    assert page.explanations.notes == ("No gap was explained: no model was given.",)
    assert "Nothing was retrained" in page.mitigation.notes[0]
    assert "Explanation is absent: no model was given." in page.unknown.notes


def test_gaps_of_one_pair_of_groups_stand_in_one_block(page: Page) -> None:
    (block,) = page.explanations.sections
    assert block.heading == "By sex: Female against Male"
    assert [(part.heading, part.panel) for part in block.sections] == [("Selection rate", True)]
    assert [fold.label for fold in block.folds] == ["The same on the log-odds scale, by exact linear means"]


def test_bars_are_checked_against_the_measured_gap(page: Page) -> None:
    panel = page.explanations.sections[0].sections[0]
    assert panel.notes[0] == "Bars add up to −16.8 points; measured −16.8; remainder 0.0."
    assert "Computed by Monte Carlo from 16,281 rows and 60,000 draws, seed 7." in panel.folds[0].notes[0]


def test_log_odds_are_no_points(page: Page) -> None:
    fold = page.explanations.sections[0].folds[0]
    assert fold.notes[0] == "Bars add up to −0.168; measured −0.168; remainder 0.000."
    assert "seed 7" in fold.notes[2]


def test_the_caveat_is_said_once_and_not_with_every_gap(page: Page) -> None:
    assert "not that the column causes anything" in page.explanations.intro
    assert "no cause" in page.explanations.notes[-1]
    assert "cause" not in page.explanations.sections[0].sections[0].notes[1]


@pytest.mark.parametrize(
    ("columns", "drawn", "last"), [(8, 8, "age"), (9, 9, "column-8"), (10, 9, "2 other columns")]
)
def test_small_contributions_share_a_bar(columns: int, drawn: int, last: str) -> None:
    record = sample_record().model_copy(update={"explanations": (explanation(columns),)})
    (chart,) = build_page(record).explanations.sections[0].sections[0].charts
    assert isinstance(chart, BarChart)
    assert (len(chart.bars), chart.bars[-1].label) == (drawn, last)
    assert math.fsum(bar.value or 0.0 for bar in chart.bars) == pytest.approx(
        100 * explanation(columns).total
    )


# --- what stands open, and what folded away ------------------------------------------------------------


def test_ratios_without_a_limit_are_folded_away(page: Page) -> None:
    part = sample_record().groupings[0]
    ratio = dataclasses.replace(part.disparities[-1], metric="accuracy_ratio", comparison="ratio")
    part = part.model_copy(update={"disparities": (*part.disparities, ratio)})
    record = sample_record().model_copy(update={"groupings": (part,)})
    table = table_of(build_page(record), "by-1-worst")
    assert [item.head.text for item in table.more] == ["Accuracy ratio"]
    assert "Demographic parity ratio" in [item.head.text for item in table.rows]
    assert table_of(page, "by-1-worst").more == ()


def test_a_grouping_shows_four_rates_and_folds_the_rest(page: Page) -> None:
    rates = page.groupings[0].sections[1]
    assert [chart.title for chart in rates.charts] == [
        "Selection rate", "Base rate", "True positive rate", "False positive rate",
    ]  # fmt: skip
    assert [fold.label for fold in rates.folds] == [
        "More pictures: positive predictive value, accuracy",
        "All rates of each group, as tables",
        "Compared with Male",
    ]


# --- mitigation ----------------------------------------------------------------------------------------


def changed(metric: str, grouping: str, before: float, after: float) -> MitigationFigure:
    change = after - before
    return MitigationFigure(
        grouping=grouping,
        metric=metric,
        before=Estimate(before),
        after=Estimate(after),
        change=Estimate(change, Interval(change - 0.01, change + 0.01, 0.95, "paired")),
    )


def with_figures(*figures: MitigationFigure) -> Record:
    record = sample_record()
    method = record.mitigation[0].model_copy(update={"figures": figures})
    return record.model_copy(update={"mitigation": (method,)})


def test_what_a_method_made_worse_stands_in_the_open() -> None:
    record = with_figures(
        changed("equalized_odds_difference", "sex", 0.1, 0.05),
        changed("predictive_parity_difference", "race", 0.043, 0.151),
        changed("predictive_parity_difference", "sex", 0.1, 0.105),
    )
    glance = build_page(record).mitigation.sections[0]
    assert glance.notes == (
        "Clearly wider with unaware: predictive parity difference by race (4.3 → 15.1 points).",
    )


def test_nothing_worse_is_said_too() -> None:
    record = with_figures(changed("equalized_odds_difference", "sex", 0.1, 0.05))
    assert build_page(record).mitigation.sections[0].notes == (
        "No method clearly widened any of the gaps measured.",
    )


def test_the_summary_has_a_row_a_method_and_a_column_a_grouping(page: Page) -> None:
    table = table_of(page, "mitigation-glance-table")
    assert [item.head.text for item in table.rows] == ["unaware", "reweighing"]
    assert [item.text for item in table.columns][1:] == [
        "Accuracy, overall", "By sex", "By race", "By sex x race",
    ]  # fmt: skip
    assert [item.cells[0].text for item in table.rows] == ["never", "in training only"]
    figure = next(
        f for f in sample_record().mitigation[0].figures
        if (f.grouping, f.metric) == ("sex", "equalized_odds_difference")
    )  # fmt: skip
    assert table.rows[0].cells[2].text.lstrip("+") == formats.bare(figure.change.value, "points")


def test_the_full_tables_of_methods_are_folded_and_not_printed(page: Page) -> None:
    for part in page.mitigation.sections[2:]:
        assert part.tables == ()
        assert [(len(fold.tables[0].rows), fold.printed) for fold in part.folds] == [(10, "not")]


# --- like with like, slices ----------------------------------------------------------------------------


def test_a_reversal_is_flagged_and_told(page: Page) -> None:
    table = table_of(page, "like-1-pooled")
    assert [mark.word for mark in table.rows[0].cells[-1].marks] == ["turned round"]
    assert [mark.word for mark in table.more[0].cells[-1].marks] == ["within noise"]
    (note,) = page.further[0].sections[0].notes
    assert note == (
        "Simpson's reversal: the difference in selection rate, Female minus Male, is −8.0 points with all "
        "levels together, and 5.0 points within the levels of occupation."
    )


@pytest.mark.parametrize(
    ("sizes", "gone"),
    [((9000, 7000, 281), []), ((9000, 275, 6), [1, 2]), ((9000, 5, 6), [1, 2]), ((900, 2, 3, 40), [1, 2, 3])],
)
def test_levels_that_a_total_would_give_away_are_withheld(sizes: tuple[int, ...], gone: list[int]) -> None:
    record = sample_record().model_copy(update={"conditional": (conditional(sizes),)})
    rows = table_of(build_page(record), "like-1-levels").rows
    found = [place for place, item in enumerate(rows) if item.tone == "muted"]
    assert found == gone
    assert all({cell.text for cell in rows[place].cells} == {formats.NO_FIGURE} for place in found)


def test_pooled_figures_of_a_withheld_group_are_left_out() -> None:
    part = conditional()
    pooled = tuple(item.model_copy(update={"withheld": True}) for item in part.pooled)
    part = part.model_copy(update={"pooled": pooled})
    section = build_page(sample_record().model_copy(update={"conditional": (part,)})).further[0].sections[0]
    assert section.tables[0].rows == section.tables[0].more == ()
    assert section.notes == ("The figures of 1 group are withheld.",)


def test_slices_are_told_with_both_rates_and_the_gap(page: Page) -> None:
    found = row(table_of(page, "slices-1-table"), "sex = Female and education = 11th")
    assert found == ["300", "7.0%", "25.0%", "−18.0 points", "< 0.001"]
    assert "up to 2 at a time" in page.further[1].intro


def test_a_slice_that_is_a_withheld_group_is_withheld() -> None:
    found = slices((("sex", "Female"), ("race", "Unlisted")), (("race", "White"),))
    record = sample_record(SMALL).model_copy(update={"slices": (found,)})
    table = table_of(build_page(record), "slices-1-table")
    assert set(row(table, "sex = Female and race = Unlisted")) == {formats.NO_FIGURE}
    assert formats.NO_FIGURE not in row(table, "race = White")


def test_without_control_columns_and_search_nothing_is_said() -> None:
    record = sample_record().model_copy(update={"conditional": (), "slices": ()})
    assert build_page(record).further == ()


def test_every_measure_shown_has_formula_and_fair_value(page: Page) -> None:
    assert len(page.glossary) == 15
    assert all(term.plain and term.formula and term.fair and term.source for term in page.glossary)


def test_facts_name_system_hashes_policy_and_seed(page: Page) -> None:
    facts = {fact.label: fact for fact in page.facts}
    assert facts["Policy"].text == "policy.toml"
    assert facts["Policy"].code == "77" * 32
    assert facts["Seed of random draws"].text == "7"
    assert facts["Favourable outcome"].text == "income = >50K"
    assert "CC BY 4.0" in facts["Data credit"].text


def test_methods_name_every_interval_that_was_used(page: Page) -> None:
    words = " ".join(page.methods.notes)
    for method in ("Wilson", "Newcombe", "Katz", "jackknife", "paired bootstrap", "Mantel-Haenszel, Sato"):
        assert method in words


@pytest.mark.parametrize(
    ("metric", "before", "after", "low", "high", "word"),
    [
        ("demographic_parity_difference", 0.2, 0.1, -0.12, -0.08, "narrower"),
        ("demographic_parity_difference", 0.1, 0.2, 0.08, 0.12, "wider"),
        ("demographic_parity_difference", 0.2, 0.1, -0.2, 0.01, "within noise"),
        ("demographic_parity_ratio", 0.5, 0.8, 0.2, 0.4, "narrower"),
        ("accuracy", 0.8, 0.7, -0.12, -0.08, "lower"),
    ],
)
def test_effect_of_a_method(
    metric: str, before: float, after: float, low: float, high: float, word: str
) -> None:
    change = Estimate(after - before, Interval(low, high, 0.95, "paired"))
    figure = MitigationFigure(
        grouping="sex", metric=metric, before=Estimate(before), after=Estimate(after), change=change
    )
    mark = effect_of(figure)
    assert mark is not None
    assert mark.word == word


def test_an_effect_without_an_interval_is_not_claimed() -> None:
    figure = MitigationFigure(
        grouping="sex", metric="accuracy", before=Estimate(0.8), after=Estimate(0.9), change=Estimate(0.1)
    )
    assert effect_of(figure) is None


# --- what is withheld ----------------------------------------------------------------------------------


def test_complements_of_a_small_group_are_withheld_with_it() -> None:
    hidden = hidden_groups(sample_record(SMALL))
    assert hidden["sex"] == hidden["race"] == frozenset()
    gone = hidden["sex x race"]
    assert {("Female", "Unlisted"), ("Male", "Unlisted")} <= gone
    assert all(len([g for g in gone if g[0] == sex]) >= 2 for sex in ("Female", "Male"))


def test_withheld_figures_are_nowhere_in_tables_and_pictures() -> None:
    record = sample_record(SMALL)
    page = build_page(record)
    section = page.groupings[2]
    gone = {g.name for g in record.groupings[2].groups if g.group in hidden_groups(record)["sex x race"]}
    for table in tables(section):
        for item in table.rows:
            if item.head.text in gone:
                assert {cell.text for cell in item.cells} == {formats.NO_FIGURE}
    drawn = {dot.label for chart in charts_of(page) if isinstance(chart, DotChart) for dot in chart.dots}
    assert not gone & drawn
    assert any("Withheld: " in note for note in section.notes)


def test_a_gap_that_rests_on_a_withheld_group_is_withheld_everywhere() -> None:
    cells: dict[Group, Counts] = {
        ("a",): Counts(30, 10, 5, 55),
        ("b",): Counts(2, 2, 1, 2),
        ("c",): Counts(1, 5, 1, 33),
    }
    base = sample_record()
    part = grouping("kind", ("kind",), cells)
    limit = base.verdicts[0].limit.model_copy(update={"attribute": "kind"})
    worst = next(d for d in part.disparities if d.metric == "demographic_parity_difference")
    verdict = base.verdicts[0].model_copy(update={"limit": limit, "value": worst.value})
    record = base.model_copy(update={"groupings": (part,), "verdicts": (verdict,)})
    assert hidden_groups(record)["kind"] == {("b",), ("c",)}
    page = build_page(record)
    assert page.lines[0].found == "The figure concerns a group whose figures are withheld."
    assert [mark.word for mark in page.matrix.tables[0].rows[0].cells[0].marks] == ["withheld", "fail"]


def test_a_limit_on_a_rate_does_not_give_a_withheld_group_away() -> None:
    record = sample_record(SMALL)
    group = next(g for g in record.groupings[2].groups if g.rows == 7)
    limit = record.verdicts[0].limit.model_copy(update={"metric": "accuracy", "attribute": "sex x race"})
    changes = {"limit": limit, "value": group.rates["accuracy"].value, "group": None, "reference": None}
    verdict = record.verdicts[0].model_copy(update=changes)
    line = build_page(record.model_copy(update={"verdicts": (verdict,)})).lines[0]
    assert line.found == "The figure concerns a group whose figures are withheld."


group_rows = st.dictionaries(
    st.tuples(st.sampled_from("ab"), st.sampled_from("vwxyz")), st.integers(1, 60), min_size=2, max_size=10
)


@settings(max_examples=60, deadline=None)
@given(group_rows)
def test_no_small_group_follows_from_a_published_total(rows: dict[tuple[str, str], int]) -> None:
    record = sample_record(
        {key: Counts(0, 0, 1, size - 1) for key, size in rows.items()}, judged=False, explained=False
    )
    hidden = hidden_groups(record)
    sizes = {part.name: {g.group: g.rows for g in part.groups} for part in record.groupings}
    for part, place in (("sex", 0), ("race", 1)):
        for level, total in sizes[part].items():
            inside = {g: n for g, n in sizes["sex x race"].items() if g[place] == level[0]}
            gone = [n for g, n in inside.items() if g in hidden["sex x race"]]
            if level in hidden[part]:
                assert gone
            elif gone:
                assert len(gone) == len(inside) or (len(gone) > 1 and sum(gone) >= 10)
            assert total == sum(inside.values())
        lost = [sizes[part][group] for group in hidden[part]]
        assert not lost or len(lost) == len(sizes[part]) or (len(lost) > 1 and sum(lost) >= 10)


# --- names, numbers, words -----------------------------------------------------------------------------


@given(st.text())
def test_cleaned_names_hold_no_controls_and_can_be_encoded(text: str) -> None:
    safe = names.clean(text)
    assert safe
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", safe)
    safe.encode("utf-8")


@given(st.lists(st.text(max_size=40), max_size=12), st.integers(6, 30))
def test_labels_of_a_picture_are_told_apart(texts: list[str], limit: int) -> None:
    labels = names.unlike(texts, limit)
    assert len(labels) == len(texts)
    assert all(names.width(label) <= limit + 3 for label in labels)


def test_names_that_shortening_makes_equal_are_numbered() -> None:
    labels = names.unlike([f"a very long postcode {n}" for n in range(12)], 12)
    assert len(set(labels)) == 12


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (math.inf, "ratio", "∞"),
        (math.nan, "points", "–"),
        (1234.5678, "score", "1,234.568"),
        (-0.00001, "rate", "0.0%"),
        (1.0, "rate", "100.0%"),
    ],
)
def test_number_formats(value: float, kind: formats.Kind, text: str) -> None:
    assert formats.figure(value, kind) == text


def test_an_unknown_message_is_an_error() -> None:
    with pytest.raises(KeyError):
        wording.say("no.such.message")


def test_the_catalogue_holds_what_templates_ask_for() -> None:
    folder = Path(wording.__file__).parent / "templates"
    asked = {
        key
        for path in folder.glob("*.j2")
        for key in re.findall(r'say\("([^"]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(asked) > 10
    assert asked <= set(wording.messages("en"))


# --- many groups, and what a public record is without ---------------------------------------------------


def _line(name: str, tone: Tone = "plain") -> Row:
    return Row(Cell(name), (Cell("1"),), tone)


@pytest.mark.parametrize(("gone", "rows"), [(TOP, 2 + TOP), (TOP + 1, 3)])
def test_withheld_rows_stand_last_and_are_one_where_they_are_many(gone: int, rows: int) -> None:
    found = gathered([_line("a"), *(_line(str(i), "muted") for i in range(gone)), _line("b")])
    assert len(found) == rows
    assert [row.head.text for row in found[:2]] == ["a", "b"]
    assert {row.tone for row in found[2:]} == {"muted"}


def test_groups_too_small_to_judge_follow_the_others() -> None:
    record = sample_record(SMALL)
    part = next(item for item in record.groupings if item.name == "race")
    order = [item.below_minimum for item in Scope(record, part, frozenset(), "by-2").ordered]
    assert order == sorted(order)
    assert True in order


def test_the_page_of_a_public_record_says_once_what_it_is_without() -> None:
    absent = tuple(Absent(part=name, reason=LEFT_OUT) for name in ("datasheet", "whole", "odd_part"))
    page = build_page(sample_record().model_copy(update={"absent": absent}))
    told = [note for note in page.unknown.notes if "public record" in note]
    assert [note.split(": ")[1] for note in told] == ["the datasheet, the model as a whole, odd part."]
