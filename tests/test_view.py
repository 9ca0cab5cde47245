"""The report's sections: what they say of a record, and what they keep back."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.audit.record import MitigationFigure, Record
from evenhand.metrics.results import Estimate, Group, Interval
from evenhand.reports import formats, names, wording
from evenhand.reports.view import build_page, charts_of
from evenhand.reports.view_mitigation import effect_of
from evenhand.reports.view_parts import DotChart, Page, Section, Table
from evenhand.reports.view_privacy import hidden_groups
from evenhand.tests.sample_record import ADULT, SMALL, Counts, grouping, many_groups, sample_record


@pytest.fixture(scope="module")
def page() -> Page:
    return build_page(sample_record())


def tables(section: Section) -> list[Table]:
    return [*section.tables, *(table for part in section.sections for table in tables(part))]


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
    assert line.found == "Found 17.6 points, 95% interval 16.5 to 18.7."
    assert (line.mark.symbol, line.mark.word) == ("✕", "fail")


def test_a_limit_for_everybody_names_no_attribute() -> None:
    record = sample_record()
    limit = record.verdicts[0].limit.model_copy(
        update={"metric": "accuracy", "attribute": "overall", "max": 0.9}
    )
    verdict = record.verdicts[0].model_copy(update={"limit": limit, "value": 0.85})
    page = build_page(record.model_copy(update={"verdicts": (verdict,)}))
    assert page.lines[0].claim == "Accuracy, overall: at most 90.0%"


def test_limits_judged_as_a_family_say_so(page: Page) -> None:
    record = sample_record()
    wide = record.verdicts[0].model_copy(update={"interval": Interval(0.15, 0.2, 0.99, "Wilson")})
    assert "judged together as one family" not in page.summary
    found = build_page(record.model_copy(update={"verdicts": (wide, *record.verdicts[1:])})).summary
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
    first, second = (
        next(t for t in tables(page.groupings[0]) if t.id == name) for name in ("by-1-first", "by-1-second")
    )
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
    table = next(t for t in tables(build_page(sample_record(cells)).groupings[1]) if t.id == "by-2-second")
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
    table = next(t for t in tables(page.groupings[0]) if t.id == "by-1-first")
    assert len(table.rows) + len(table.more) == 1001
    assert table.more_label == "970 more groups"


def test_what_is_absent_says_why() -> None:
    record = sample_record(explained=False)
    reason = record.absent[0].model_copy(update={"part": "explanation", "reason": "no model was given"})
    page = build_page(record.model_copy(update={"absent": (reason,)}))
    assert page.explanations.notes == ("No gap was explained: no model was given.",)
    assert "Nothing was retrained" in page.mitigation.notes[0]
    assert "Explanation is absent: no model was given." in page.unknown.notes


def test_bars_are_checked_against_the_measured_gap(page: Page) -> None:
    notes = page.explanations.sections[0].notes
    assert notes[0].startswith("Check: the bars add up to −16.8 points; the measured gap is −16.8 points;")


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
    for method in ("Wilson", "Newcombe", "Katz", "jackknife", "paired bootstrap"):
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
    verdict = record.verdicts[0].model_copy(update={"limit": limit, "value": group.rates["accuracy"].value})
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
    own = [path for path in folder.glob("*.j2") if not path.name.startswith(("ds_", "datasheet"))]
    asked = {key for path in own for key in re.findall(r'say\("([^"]+)"', path.read_text(encoding="utf-8"))}
    assert len(asked) > 10
    assert asked <= set(wording.ENGLISH)
