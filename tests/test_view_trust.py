"""The one line that sums up whether explanations can be trusted, and the rules of the tree in words."""

from __future__ import annotations

import math

import pytest

from evenhand.audit.record_global import ConditionFacts, FidelityFacts, RuleFacts, SurrogateFacts, WholeFacts
from evenhand.audit.record_trust import BackgroundFacts, ManifoldFacts, ManifoldUse, SumFacts, TrustFacts
from evenhand.metrics.results import Estimate, Interval
from evenhand.reports.view_surrogate import tree_section
from evenhand.reports.view_trust import trust_line, trust_section
from evenhand.tests.sample_record import sample_record

MANIFOLD = ManifoldFacts(
    detector_auc=0.8, real_mean=0.5, perturbed_mean=0.5, real_r2=0.9, perturbed_r2=-0.2, lost=1.0, moved=0.5,
    uses=(
        ManifoldUse(column="sex", real=0.9, perturbed=0.1),
        ManifoldUse(column="luck", real=0.0, perturbed=0.8),
    ),
    checked=True, alarm=True, rows=900,
)  # fmt: skip
BACKGROUND = BackgroundFacts(
    statistic=0.01,
    p_value=0.4,
    column="age",
    distance=0.1,
    background_rows=300,
    data_rows=400,
    permutations=499,
)


def trust(state="trusted", faults=(), unchecked=("stability", "curves")):
    return TrustFacts(
        state=state, faults=faults, unchecked=unchecked, scored=True,
        sums=SumFacts(explanations=4, largest=1e-9, tolerance=0.001),
        stability=None, curves=None, background=BACKGROUND, manifold=MANIFOLD, seed=0,
    )  # fmt: skip


def test_all_good_in_one_line():
    line = trust_line(trust())
    assert line.startswith("The explanations can be trusted, as far as it can be checked: the bars add up")
    assert "\n" not in line


def test_a_scaffold_is_named_with_the_columns_it_hides_and_shows():
    line = trust_line(trust("suspect", ("off_manifold",)))
    assert line.startswith("Do not rely on the explanations")
    assert "on real rows it leans on sex, on perturbed ones on luck" in line


def test_with_care_says_what_is_wrong_and_what_is_not():
    line = trust_line(trust("care", ("deletion",), ("stability",)))
    assert line.startswith("Read the explanations with care: replacing")
    assert "the background resembles the data" in line


def test_a_constant_model():
    assert "nothing to explain" in trust_line(trust("care", ("constant",)))


def test_what_was_not_checked_is_said():
    section = trust_section(sample_record().model_copy(update={"trust": trust()}))
    assert "no two groups are large enough" in section.notes[0]
    rows = {row.head.text: row.cells[1].text for row in section.folds[0].tables[0].rows}
    assert rows["Bars add up to the gap"] == "good"


def condition(**more):
    given = {"column": "job", "above": None, "at_most": None, "among": None, "without": (), "others": False}
    return ConditionFacts(**{**given, "missing": False, **more})


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (condition(column="age", above=20.0), "age above 20"),
        (condition(column="age", above=20.0, at_most=40.5), "age above 20, at most 40.5"),
        (condition(column="age", at_most=40.0, missing=True), "age at most 40, or missing"),
        (condition(among=("cook", None)), "job is cook, missing"),
        (condition(among=("a", "b", "c"), without=("d",)), "job is anything but d"),
        (condition(among=(), others=True), "job is a rare value"),
    ],
)
def test_rules_are_told_in_words(item, words):
    assert tree_section(whole(item), {}).folds[0].tables[0].rows[0].head.text == words


def whole(*conditions, verdict="uneven", r2=0.4):
    rules = (RuleFacts(conditions=conditions, value=0.2, selected=False, share=1.0, rows=90),)
    figure = Estimate(0.9, Interval(0.88, 0.92, 0.95, "Wilson"))
    poor = Estimate(r2, Interval(r2 - 0.1, r2 + 0.1, 0.95, "linearised"))
    fidelity = (
        FidelityFacts(grouping="", group=(), agreement=figure, r2=figure),
        FidelityFacts(grouping="sex", group=("Female",), agreement=figure, r2=poor),
    )
    tree = SurrogateFacts(verdict=verdict, rules=rules, fidelity=fidelity, depth=4, grown_on=90, tested_on=90)
    return WholeFacts(
        rows=180, available=180, repeats=5, scored=True, seed=0, columns=(), reliance=(), importances=(),
        dependences=(), effects=(), surrogate=tree,
    )  # fmt: skip


def test_for_whom_the_tree_must_not_be_read_is_said():
    section = tree_section(whole(), {"sex": {("Female",): "Female"}})
    assert "must not be read as how the model treats Female" in section.intro


def test_a_withheld_group_is_not_named():
    section = tree_section(whole(), {"sex": {}})
    assert "Female" not in repr(section)


def test_a_tree_that_cannot_be_judged():
    assert "cannot be judged" in tree_section(whole(verdict="unknown", r2=math.nan), {}).intro
