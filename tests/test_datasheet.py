"""The datasheet's page: what it answers, how it counts answers, what it withholds, and that it is inert."""

from __future__ import annotations

import json
import re
from unittest import mock

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError
from scipy import optimize

from evenhand.audit.answers import Answer, Answers
from evenhand.audit.data import CREDIT, adult_path
from evenhand.audit.facts import dataset_facts, written_by
from evenhand.audit.prompts import PROMPTS
from evenhand.reports import datasheet
from evenhand.reports.datasheet import render_datasheet
from evenhand.reports.datasheet_data import FROM_DATA
from evenhand.reports.datasheet_view import build_view
from evenhand.reports.datasheet_withhold import Count, shown_counts

PLAIN = {"title": "Data", "credit": None, "created": "2026-03-01"}


def facts_of(columns, **roles):
    return dataset_facts(duckdb.connect().from_arrow(pa.table(columns)), **roles).to_dict()


@pytest.fixture(scope="module")
def adult_facts(adult):
    rows = duckdb.connect().from_arrow(pa.Table.from_pandas(adult.replace("?", None), preserve_index=False))
    found = dataset_facts(
        rows, target="income", pos_label=">50K", sensitive=["sex", "race", "age"],
        intersections=[["sex", "race"]], bands={"age": [40]}, split="split", name="adult.parquet",
        sha256="36314b80", size_bytes=412_784, credit=CREDIT, written_by=written_by(adult_path()),
    )  # fmt: skip
    return json.loads(json.dumps(found.to_dict(), allow_nan=False))


@pytest.fixture(scope="module")
def view(adult_facts):
    return build_view(adult_facts, None, **PLAIN)


def prompts(page):
    return {prompt.id: prompt for section in page.sections for prompt in section.prompts}


def table(prompt, caption):
    found = next(block for block in prompt.blocks if block.kind == "table" and block.caption == caption)
    return {row[0].text: [cell.text for cell in row[1:]] for row in found.rows}


def small_group(few=3):
    """Give 100 rows of groups a, b and few rows of c, the label spread evenly."""
    groups = ["a"] * 60 + ["b"] * 40 + ["c"] * few
    return {"g": groups, "h": ["u", "v"] * ((len(groups) + 1) // 2), "y": [0, 0, 1, 1] * 26}


def cut(columns):
    length = min(len(column) for column in columns.values())
    return {name: column[:length] for name, column in columns.items()}


def test_every_prompt_of_the_data_has_a_function_and_no_other():
    assert set(FROM_DATA) == {prompt.id for prompt in PROMPTS.values() if prompt.source != "author"}


def test_adults_data_answer_21_prompts(view):
    states = {name: prompt.state for name, prompt in prompts(view).items()}
    assert [name for name, state in states.items() if state == "data"] == ["C2", "C4", "C13"]
    assert sum(state == "part" for state in states.values()) == 18
    assert view.headline == "21 of 57 prompts have an answer, 18 of them in part"


def test_adults_groups_stand_with_their_rates(view):
    assert table(prompts(view)["C13"], "sex")["Female"] == [
        "16,192",
        "33.2%",
        "10.9% (10.5\u201311.4)",
    ]


def test_a_part_says_what_remains_until_a_person_answers(adult_facts):
    before = prompts(build_view(adult_facts, None, **PLAIN))["C5"]
    after = prompts(
        build_view(adult_facts, Answers({"C5": Answer("Income.", "Ada", "2026-01-01")}), **PLAIN)
    )["C5"]
    assert (before.state, before.remains) == ("part", "how the label is defined")
    assert (after.state, after.remains, after.signed) == ("both", "", "Ada, 2026-01-01")
    assert after.paragraphs == ("Income.",)


def test_an_author_answers_a_prompt_of_their_own(adult_facts):
    page = build_view(adult_facts, Answers({"M1": Answer("Why.\n\nAnd\nhow.")}), **PLAIN)
    assert prompts(page)["M1"].state == "author"
    assert prompts(page)["M1"].paragraphs == ("Why.", "And how.")
    assert page.headline.startswith("22 of 57")


def test_data_that_are_not_about_people(adult_facts):
    page = build_view(adult_facts, Answers(relates_to_people=False), **PLAIN)
    off = [name for name, prompt in prompts(page).items() if prompt.state == "off"]
    assert off == ["C13", "C14", "C15", "L7", "L8", "L9", "L10", "L11", "N5"]
    assert page.headline.startswith("18 of 48")


def test_without_roles_the_page_claims_less():
    page = prompts(build_view(facts_of({"x": [1, 2, 2]}), None, **PLAIN))
    assert {
        name: page[name].state for name in ("C3", "C5", "C8", "C13", "D2", "D4", "N4", "P3")
    } == dict.fromkeys(("C3", "C5", "C8", "C13", "D2", "D4", "N4", "P3"), "open")


def test_a_small_group_and_its_complement_are_withheld():
    page = prompts(build_view(facts_of(cut(small_group()), sensitive=["g"]), None, **PLAIN))
    shown = table(page["C13"], "g")
    assert shown["a"][0] == "60"
    assert shown["b"] == shown["c"] == ["withheld", "withheld"]


def test_few_missing_values_of_a_sensitive_column_are_withheld():
    columns = cut(small_group(0))
    columns["g"] = [None, None, None, *columns["g"][3:]]
    page = prompts(build_view(facts_of(columns, sensitive=["g"]), None, **PLAIN))
    assert table(page["C4"], "Columns, in the order of the file")["g"][2] == "withheld"
    assert not [block for block in page["C6"].blocks if block.kind == "table"]


def test_a_rate_that_few_people_stand_behind_is_withheld():
    columns = {"g": ["a"] * 50 + ["b"] * 50 + ["c"] * 50, "y": [1] * 2 + [0] * 48 + [1, 0] * 50}
    shown = table(
        prompts(build_view(facts_of(columns, sensitive=["g"], target="y", pos_label=1), None, **PLAIN))[
            "C13"
        ],
        "g",
    )
    assert shown["a"] == ["50", "33.3%", "withheld"]
    assert sorted(row[2] == "withheld" for row in shown.values()) == [False, True, True]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 25), min_size=3, max_size=3), min_size=2, max_size=4))
def test_no_withheld_count_can_be_worked_out(cells):
    """Solve the shown counts of a table with margins: each withheld small count could also be 10 or more."""
    grid = np.array(cells)
    places = np.arange(grid.size).reshape(grid.shape)
    lines = [*places, *places.T, *([cell] for cell in places.ravel())]
    counts = {
        at: Count(int(grid.ravel()[line].sum()), frozenset(map(int, line))) for at, line in enumerate(lines)
    }
    total = Count(int(grid.sum()), frozenset(range(grid.size)), total=True)
    shown = shown_counts({"all": total, **counts}, 10)
    assert all(counts[key].value >= 10 for key in shown - {"all"})
    known = [total, *(counts[key] for key in shown - {"all"})]
    system = [[float(cell in count.cells) for cell in range(grid.size)] for count in known]
    if total.value < 10:
        return
    for count in counts.values():
        if count.value < 10:
            goal = [-float(cell in count.cells) for cell in range(grid.size)]
            found = optimize.milp(
                goal,
                constraints=optimize.LinearConstraint(system, *[[count.value for count in known]] * 2),
                integrality=np.ones(grid.size),
                bounds=optimize.Bounds(0, np.inf),
            )
            assert -found.fun >= 10


def test_totals_and_large_counts_stay():
    counts = {
        "all": Count(50, frozenset({0, 1}), total=True),
        "a": Count(20, frozenset({0})),
        "b": Count(30, frozenset({1})),
    }
    assert shown_counts(counts, 10) == {"all", "a", "b"}


def test_too_many_joint_groups_still_protect_small_ones():
    rng = np.random.default_rng(5)
    columns = {name: rng.integers(0, 12, 4000).tolist() for name in ("p", "q", "r")}
    columns["p"][:3] = [99, 99, 99]
    facts = facts_of(columns, sensitive=["p", "q", "r"], intersections=[["p", "q"]])
    assert facts["joint"] is None
    shown = table(prompts(build_view(facts, None, **PLAIN))["C13"], "p")
    assert shown["99"] == ["withheld", "withheld"]
    assert sum(row[0] == "withheld" for row in shown.values()) == 2


HOSTILE = [
    "<script>alert(1)</script>",
    "a\u202eb",
    "x" * 10_000,
    "{{ 7*7 }}",
    "</style>",
    '" onload="x',
    "=1+1\n",
    "🙂",
]


def test_hostile_names_render_inert():
    columns = {name: ["<img src=x onerror=alert(1)>", "{{ y }}"] * 30 for name in HOSTILE}
    facts = facts_of(columns, sensitive=HOSTILE, target=HOSTILE[0], pos_label="{{ y }}", name=HOSTILE[0])
    answers = Answers({"M1": Answer("<script>x</script> {{ 7*7 }}", "<b>Ada</b>")})
    page = render_datasheet(facts, answers, title=HOSTILE[0], credit=HOSTILE[4], created="<i>")
    assert not re.search(r"<(script|img|i|b)\b", page)
    assert "\u202e" not in page
    assert "x" * 200 not in page
    assert "{{ 7*7 }}" in page
    assert page.count("</style>") == 1


def test_the_page_stands_alone(adult_facts):
    page = render_datasheet(adult_facts, **PLAIN)
    assert not re.search(r"https?://|<script|<link|url\(|@import|src=", page)
    assert page.count("<article") == 57
    identities = re.findall(r' id="([^"]+)"', page)
    assert len(identities) == len(set(identities))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(identities)


def test_the_same_arguments_give_the_same_bytes(adult_facts):
    assert render_datasheet(adult_facts, **PLAIN) == render_datasheet(adult_facts, **PLAIN)


def test_a_template_that_asks_for_what_is_not_there_fails():
    with pytest.raises(UndefinedError):
        datasheet._environment().from_string("{{ nothing }}").render()


@pytest.mark.parametrize("name", ["german_credit.csv", "titanic.csv", "default_credit_taiwan.parquet"])
def test_real_files_make_a_page(shared_data, name):
    facts = dataset_facts(duckdb.connect().sql(f"SELECT * FROM '{shared_data(name)}'"), name=name).to_dict()
    assert "prompts have an answer" in render_datasheet(facts, **PLAIN)


def test_a_thousand_small_groups_are_withheld_at_once():
    counts = {at: Count(3, frozenset({at})) for at in range(1000)}
    total = Count(3000, frozenset(range(1000)), total=True)
    with mock.patch("scipy.optimize.linprog", side_effect=AssertionError("nothing is left to withhold")):
        assert shown_counts({"all": total, **counts}, 10) == {"all"}
