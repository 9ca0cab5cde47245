"""Facts about a data set, held against pandas, scipy, statsmodels and counts by hand."""

from __future__ import annotations

import json

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from evenhand.audit.data import adult_path
from evenhand.audit.facts import dataset_facts, written_by
from evenhand.errors import InputError


def relation(**columns):
    return duckdb.connect().from_arrow(pa.table(columns))


@pytest.fixture(scope="module")
def clean(adult):
    return adult.replace("?", None)


@pytest.fixture(scope="module")
def facts(clean):
    rows = duckdb.connect().from_arrow(pa.Table.from_pandas(clean, preserve_index=False))
    return dataset_facts(
        rows, target="income", pos_label=">50K", sensitive=["sex", "race", "age"],
        intersections=[["sex", "race"]], bands={"age": [40]}, split="split",
    )  # fmt: skip


def test_columns_agree_with_pandas(facts, clean):
    for column in facts.columns:
        series = clean[column.name]
        assert (column.missing, column.distinct) == (series.isna().sum(), series.nunique())
        if column.kind == "number":
            assert (column.low, column.high) == (series.min(), series.max())
            assert column.middle == series.quantile(0.5, interpolation="lower")
        else:
            counts = series.value_counts()
            assert all(counts[level] == rows for level, rows in column.top)


def test_groups_and_intersections_agree_with_pandas(facts, clean):
    both = facts.groupings[3]
    expected = clean.assign(y=clean["income"] == ">50K").groupby(["sex", "race"])["y"].agg(["size", "sum"])
    assert both.total == len(expected)
    for group in both.groups:
        rows, positives = expected.loc[group.levels]
        assert (group.label.rows, group.label.positives) == (rows, positives)
        assert group.share == pytest.approx(rows / len(clean))


def test_intervals_are_wilsons(facts):
    for group in facts.groupings[1].groups:
        low, high = proportion_confint(group.label.positives, group.label.labelled, method="wilson")
        assert (group.label.low, group.label.high) == pytest.approx((low, high))


def test_a_band_holds_its_lower_edge(facts, clean):
    sizes = {group.levels[0]: group.label.rows for group in facts.groupings[2].groups}
    assert sizes == {"under 40": (clean["age"] < 40).sum(), "40 and over": (clean["age"] >= 40).sum()}


def test_repeats_and_overlap_agree_with_pandas(facts, clean):
    features = clean.drop(columns="split")
    assert facts.repeats.repeats == features.duplicated().sum()
    spread = clean.groupby(list(features), dropna=False)["split"].nunique()
    assert facts.splits.shared_patterns == (spread > 1).sum()
    labels = clean.groupby(list(features.drop(columns="income")), dropna=False)["income"].nunique()
    assert facts.repeats.contradictions == (labels > 1).sum()


def test_k_anonymity_agrees_with_pandas(facts, clean):
    sizes = clean.groupby(["sex", "race", "age"]).size()
    found = facts.anonymity
    assert (found.classes, found.smallest) == (len(sizes), sizes.min())
    assert found.unique == ((sizes == 1).sum(), (sizes == 1).sum())
    assert found.below_5 == ((sizes < 5).sum(), sizes[sizes < 5].sum())
    assert found.below_10 == ((sizes < 10).sum(), sizes[sizes < 10].sum())


def test_missing_by_group_is_tested_as_scipy_does(facts, clean):
    found = next(m for m in facts.missing if (m.column, m.attribute) == ("workclass", "sex"))
    table = pd.crosstab(clean["sex"], clean["workclass"].isna())
    assert found.p_value == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    assert {level: missing for level, _, missing in found.cells} == table[True].to_dict()


def test_proxies_are_cramers_v(facts, clean):
    found = next(p for p in facts.proxies if (p.column, p.attribute) == ("relationship", "sex"))
    table = pd.crosstab(clean["relationship"], clean["sex"])
    assert found.strength == pytest.approx(stats.contingency.association(table, method="cramer"))


def test_the_joint_counts_add_up(facts):
    assert sum(sum(sides) for _, sides in facts.joint.cells) == facts.rows


def test_facts_are_plain_json(facts):
    assert json.loads(json.dumps(facts.to_dict(), allow_nan=False)) == facts.to_dict()


def test_the_order_of_the_rows_does_not_matter(clean):
    part = clean.head(3000)
    given = {"target": "income", "pos_label": ">50K", "sensitive": ["sex"], "weight": "fnlwgt"}
    first, second = (
        dataset_facts(duckdb.connect().from_arrow(pa.Table.from_pandas(frame, preserve_index=False)), **given)
        for frame in (part, part.sample(frac=1, random_state=3))
    )
    assert first == second


def test_hostile_column_names_are_only_names():
    names = ['a"b', "x; DROP TABLE t", "c 'd'", "Sex", "select", "{{ y }}"]
    rows = relation(**{name: [0, 1, 1] for name in names})
    facts = dataset_facts(rows, target=names[0], pos_label=1, sensitive=[names[1], names[2]])
    assert [column.name for column in facts.columns] == names
    assert facts.label.overall.positives == 2


def test_nan_is_missing_and_a_missing_level_is_a_group():
    rows = relation(x=[1.0, float("nan"), None], g=["a", None, "a"])
    facts = dataset_facts(rows, sensitive=["g"])
    assert facts.columns[0].missing == 2
    assert [(g.levels, g.label.rows) for g in facts.groupings[0].groups] == [(("a",), 2), ((None,), 1)]


def test_a_label_rate_leaves_out_rows_without_a_label():
    facts = dataset_facts(
        relation(y=[1, 1, 0, None], g=["a"] * 4), target="y", pos_label="1", sensitive=["g"]
    )
    assert (facts.label.overall.labelled, facts.label.overall.rate) == (3, pytest.approx(2 / 3))


@pytest.mark.parametrize(
    ("values", "label"), [([True, False], True), ([1.0, 0.0], 1), (["1", "0"], 1), ([2, 1], "2")]
)
def test_a_positive_label_is_found_whatever_its_type(values, label):
    assert dataset_facts(relation(y=values), target="y", pos_label=label).label.overall.positives == 1


def test_weights():
    facts = dataset_facts(
        relation(y=[1, 0], g=["a", "b"], w=[3.0, 1.0]), target="y", pos_label=1, sensitive=["g"], weight="w"
    )
    assert facts.label.overall.weighted == pytest.approx(0.75)
    assert [group.weighted_share for group in facts.groupings[0].groups] == [0.75, 0.25]


def test_no_label_rate_without_a_positive_label():
    overall = dataset_facts(relation(y=[1, 0]), target="y").label.overall
    assert (overall.positives, overall.rate, overall.low) == (None, None, None)


def test_ids_tell_of_repeated_people_and_of_overlap():
    rows = relation(person=[1, 1, 2, 3], x=[1, 2, 3, 4], part=["a", "b", "a", "a"])
    facts = dataset_facts(rows, id="person", split="part")
    assert (facts.ids[0].distinct, facts.ids[0].repeated, facts.ids[0].most_rows) == (3, 1, 2)
    assert facts.splits.shared_ids == 1


def test_a_key_column_does_not_hide_repeats():
    facts = dataset_facts(relation(row_id=[1, 2, 3], x=["a", "a", "b"]))
    assert (facts.repeats.ignored, facts.repeats.repeats) == (("row_id",), 1)


def test_dates_as_text_and_years():
    rows = relation(day=["2020-01-05", "2020-01-20", "2020-04-01"], start_year=[1994, 1996, 1995])
    found = {item.column: item for item in dataset_facts(rows).times}
    assert (found["day"].first, found["day"].last, found["day"].empty_months) == (
        "2020-01-05",
        "2020-04-01",
        2,
    )
    assert (found["start_year"].first, found["start_year"].last) == ("1994", "1996")


def test_direct_identifiers_by_value_and_by_name():
    rows = relation(
        contact=["a@b.org", "c@d.net"], call=["+44 20 7946 0958", "020 7946 0123"], surname=["x", "y"],
        site=["https://a.org/x", "https://b.org"], model_kind=["p", "q"],
    )  # fmt: skip
    found = {(item.column, item.what, item.by) for item in dataset_facts(rows).detections}
    assert found == {
        ("contact", "e-mail address", "values"),
        ("call", "telephone number", "values"),
        ("surname", "name of a person", "name"),
        ("site", "web address", "values"),
    }


def test_free_text_is_found():
    notes = [f"The applicant number {k} said that the rent was late again." for k in range(60)]
    assert dataset_facts(relation(note=notes)).detections[0].what == "free text"


def test_only_special_categories_carry_an_article():
    rows = relation(
        race=["x", "y"], sex=["f", "m"], age=[1, 2], diagnosis=["a", "b"], arrests=[0, 1], average=[1, 2]
    )
    found = {item.column: item.article for item in dataset_facts(rows).content}
    assert found == {
        "race": "GDPR Art. 9", "diagnosis": "GDPR Art. 9", "arrests": "GDPR Art. 10", "sex": None, "age": None
    }  # fmt: skip


def test_religion_is_found_by_its_values():
    found = dataset_facts(relation(q7=["Catholic", "Muslim", "Catholic"])).content
    assert [(item.content, item.by) for item in found] == [("religious or philosophical beliefs", "values")]


def test_codes_for_missing_and_impossible_ages():
    rows = relation(age=[-62] + [30] * 99, gain=[99999] * 12 + [5] * 88, answer=["?"] * 50 + ["yes"] * 50)
    facts = dataset_facts(rows)
    assert facts.impossible == ("age",)
    assert {c.name: c.blanks for c in facts.columns if c.blanks} == {
        "gain": ((99999, 12),),
        "answer": (("?", 50),),
    }


def test_constant_columns():
    facts = dataset_facts(relation(a=[1, 1], b=[1, 2], c=[None, None]))
    assert [column.constant for column in facts.columns] == [True, False, True]


def test_all_problems_at_once():
    rows = relation(sex=["f", "m"], y=[0, 1])
    with pytest.raises(InputError) as caught:
        dataset_facts(rows, target="z", sensitive=["sexx"], split="y", weight="w")
    assert {problem.where for problem in caught.value.problems} == {"target", "sensitive", "weight"}
    assert "did you mean 'sex'?" in str(caught.value)


def test_roles_that_break_a_rule():
    rows = relation(sex=["f", "m"], y=[0, 1])
    with pytest.raises(InputError) as caught:
        dataset_facts(rows, sensitive=["sex"], intersections=[["sex", "y"]], bands={"sex": [1]}, weight="sex")
    assert {problem.code for problem in caught.value.problems} == {"intersection", "bands", "weight"}


def test_a_positive_label_that_does_not_occur():
    with pytest.raises(InputError, match="must occur"):
        dataset_facts(relation(y=[0, 1]), target="y", pos_label="yes")


def test_an_empty_table():
    with pytest.raises(InputError, match="at least one row"):
        dataset_facts(relation(y=np.array([], dtype=int)))


def test_the_writer_of_a_parquet_file():
    assert "parquet" in written_by(adult_path()).lower()
    assert written_by("rows.csv") is None
