"""Principal reasons for a refusal, and recourse by group."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from evenhand.api import audit_model
from evenhand.audit.explain.local_pool import pool_of
from evenhand.audit.explain.reasons import compared_with, principal, reasons_of, shortfalls
from evenhand.audit.explain.recourse_groups import costlier, share_of
from evenhand.audit.explain.recourse_rules import rules_of
from evenhand.audit.model import wrap_model
from evenhand.audit.record import Record
from evenhand.audit.settings_recourse import Recourse
from evenhand.cli.summary import summary
from evenhand.errors import InputError
from evenhand.metrics.interval_median import median_of
from evenhand.reports.html import render_report


class Scorecard:
    """Points for pay, years and no late payments; women lose points where ``biased``."""

    classes_ = np.array([0, 1])
    feature_names_in_ = np.array(["pay", "years", "late", "sex"], dtype=object)

    def __init__(self, biased: float = 0.0) -> None:
        self.biased = biased

    def predict_proba(self, X):
        points = 0.1 * X["pay"] + 0.05 * X["years"] - 0.2 * X["late"] - self.biased * (X["sex"] == "F")
        score = np.clip(points.to_numpy(dtype=float), 0, 1)
        return np.column_stack([1 - score, score])


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "pay": rng.integers(0, 8, 3000),
            "years": rng.integers(0, 8, 3000),
            "late": rng.integers(0, 4, 3000),
            "sex": rng.choice(["F", "M"], 3000),
        }
    )
    rows.loc[0] = [1, 7, 0, "M"]
    rows.loc[1] = [7, 7, 3, "M"]
    rows.loc[2] = [4, 4, 0, "F"]
    return rows


def reasons(people, row, biased=0.0, **options):
    pool = pool_of(wrap_model(Scorecard(biased)), people, [row], pos_label=1)
    return reasons_of(pool, 0, **options)


def test_the_reason_is_the_column_that_is_short(people):
    found = reasons(people, 0)
    assert [(item.column, item.direction, item.value) for item in found] == [("pay", "low", 1)]
    assert found[0].share == pytest.approx(1)
    assert found[0].usual > 3


def test_a_high_value_can_be_the_reason(people):
    found = reasons(people, 1, against="all")
    assert [(item.column, item.direction) for item in found] == [("late", "high")]


def test_a_sensitive_column_that_decides_is_named(people):
    assert reasons(people, 2, biased=0.5)[0].column == "sex"
    assert "sex" not in [item.column for item in reasons(people.replace({"pay": {4: 1}}), 2)]


def test_reasons_are_at_most_four_and_none_is_small():
    assert principal(np.array([-1.0, -1, -1, -1, -1, 2])) == [0, 1, 2, 3]
    assert principal(np.array([-1.0, -0.01])) == [0]
    assert principal(np.array([0.0, 1.0])) == []


def test_shortfalls_sum_to_what_lies_between(people):
    pool = pool_of(wrap_model(Scorecard()), people, [0, 1], pos_label=1)
    others = compared_with(pool, "approved")[:30]
    found = shortfalls(pool, [0, 1], others, draws=30)
    assert found.sum(axis=1) == pytest.approx(pool.known[:2] - pool.known[others].mean())


def test_whom_it_is_compared_with(people):
    pool = pool_of(wrap_model(Scorecard()), people, [0], pos_label=1)
    approved, near = compared_with(pool, "approved"), compared_with(pool, "threshold")
    assert pool.selected[approved].all()
    assert set(near) < set(approved)
    assert pool.known[near].max() <= np.quantile(pool.known[approved], 0.3)
    with pytest.raises(InputError, match="one of approved"):
        compared_with(pool, "nobody")


def test_no_reasons_for_an_acceptance_or_without_anybody_accepted(people):
    accepted = int(np.argmax(Scorecard().predict_proba(people)[:, 1]))
    with pytest.raises(InputError, match="is accepted"):
        reasons(people, accepted)
    pool = pool_of(wrap_model(Scorecard()), people, [0], pos_label=1, threshold=1.0)
    none = pool_of(wrap_model(Scorecard(5.0)), people.assign(sex="F"), [0], pos_label=1)
    assert len(compared_with(pool, "all")) == len(pool.others)
    with pytest.raises(InputError, match="none is"):
        compared_with(none, "approved")


def test_a_missing_value_can_be_the_reason(people):
    class Filled(Scorecard):
        def predict_proba(self, X):
            return super().predict_proba(X.fillna({"pay": 0}))

    gaps = people.assign(pay=people["pay"].astype(float))
    gaps.loc[0, "pay"] = np.nan
    pool = pool_of(wrap_model(Filled()), gaps, [0], pos_label=1)
    found = reasons_of(pool, 0)[0]
    assert (found.column, found.direction, found.value) == ("pay", "missing", None)


# ---- by group ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def audited(people) -> Record:
    labelled = people.assign(paid=np.random.default_rng(1).integers(0, 2, len(people)))
    recourse = {"immutable": ("years",), "monotone": {"late": "down"}}
    options = {"mitigate": False, "seed": 4, "recourse": recourse}
    return audit_model(Scorecard(0.3), labelled, target="paid", sensitive_features=["sex"], **options).record


def test_the_group_that_loses_points_has_the_costlier_ways(audited):
    facts = audited.recourse.groupings[0]
    women, men = sorted(facts.groups, key=lambda item: item.name)
    assert (women.name, men.name) == ("F", "M")
    assert women.cost.value > men.cost.value
    gap = next(item for item in facts.gaps)
    value = gap.costlier.value if gap.group == ("F",) else 1 - gap.costlier.value
    assert value > 0.6
    assert gap.costlier.interval.holds(gap.costlier.value)


def test_the_rules_are_in_the_record(audited):
    facts = audited.recourse
    assert set(facts.immutable) == {"years", "sex"}
    assert facts.monotone == {"late": "down"}


def test_the_reasons_by_group_show_the_bias_and_are_stable(audited):
    women = next(item for item in audited.recourse.groupings[0].groups if item.name == "F")
    assert {one.column: one.share.value for one in women.reasons}["sex"] > 0.9
    assert women.same_first.value > 0.8
    assert women.same_first.interval.method == "Wilson"


def test_the_flip_rate_is_that_of_the_rule(audited, people):
    flip = audited.recourse.flips[0]
    changed = [Scorecard(0.3).predict_proba(people.assign(sex=sex))[:, 1] >= 0.5 for sex in "FM"]
    assert flip.value.value == pytest.approx((changed[0] != changed[1]).mean())


def test_the_page_shows_it_and_the_record_is_read_again(audited, tmp_path):
    page = render_report(audited)
    assert "What refused people could change, and why they were refused" in page
    assert "Taken as fixed: years, sex" in page
    (tmp_path / "record.json").write_text(audited.to_json(), encoding="utf-8")
    from evenhand.audit.record import read_record

    assert read_record(tmp_path / "record.json").to_json() == audited.to_json()


def test_the_terminal_shows_it(audited):
    text = summary(audited)
    assert "Refused people with a plausible way to acceptance" in text
    assert re.search(r"F +\d+\.\d% \[.* sex", text)


def test_nobody_refused_is_said(people):
    class Yes(Scorecard):
        def predict_proba(self, X):
            return np.tile([0.1, 0.9], (len(X), 1))

    labelled = people.assign(paid=np.random.default_rng(1).integers(0, 2, len(people)))
    record = audit_model(
        Yes(), labelled, target="paid", sensitive_features="sex", mitigate=False, explain=True
    ).record
    assert record.recourse is None
    assert any("nobody is refused" in item.reason for item in record.absent)


def test_small_groups_have_no_figures(people):
    labelled = people.assign(paid=np.random.default_rng(1).integers(0, 2, len(people)))
    labelled.loc[:12, "sex"] = "X"
    record = audit_model(
        Scorecard(), labelled, target="paid", sensitive_features="sex", mitigate=False
    ).record
    small = next(item for item in record.recourse.groupings[0].groups if item.name == "X")
    assert (small.sampled, str(small.reason)) == (0, "below_minimum")
    assert np.isnan(small.share.value)


# ---- figures -------------------------------------------------------------------------------------


def test_medians_and_their_intervals():
    found = median_of(np.arange(1, 101))
    assert (found.value, found.interval.low, found.interval.high) == (50.5, 40, 61)
    assert median_of([1, np.inf, np.inf]).value == np.inf
    assert np.isinf(median_of([1.0]).interval.low)
    assert np.isnan(median_of([]).value)


def test_medians_are_covered_at_their_level():
    rng = np.random.default_rng(0)
    held = [median_of(rng.exponential(size=41)).interval.holds(np.log(2)) for _ in range(600)]
    assert np.mean(held) > 0.94


def test_costlier_counts_ties_half_and_swaps():
    one, two = np.array([1.0, 2, 2, np.inf]), np.array([2.0, np.inf])
    wins = np.mean([(a > b) + 0.5 * (a == b) for a in one for b in two])
    assert costlier(one, two).value == pytest.approx(wins)
    assert costlier(one, two).value + costlier(two, one).value == pytest.approx(1)
    assert costlier(np.full(3, np.inf), np.full(2, np.inf)).value == 0.5
    assert share_of(np.zeros(0, dtype=bool), 0.95).reason is not None


def test_rules_from_settings():
    columns = ["sex", "age", "pay", "home"]
    default = rules_of(Recourse(immutable=("age",)), columns, sensitive=["sex"], proxies=["home"])
    assert default.immutable == {"sex", "age", "home"}
    named = rules_of(Recourse(changeable=("pay", "home")), columns, sensitive=["sex"], proxies=["home"])
    assert named.immutable == {"sex", "age"}
    with pytest.raises(InputError, match="did you mean 'pay'"):
        rules_of(Recourse(changeable=("payy",)), columns)


def test_a_model_that_refuses_changed_rows_leaves_the_audit_whole(people):
    class Picky(Scorecard):
        def predict_proba(self, X):
            if len(X) and ((X["pay"] == 7) & (X["late"] == 2)).any():
                raise ValueError("never seen")
            return super().predict_proba(X)

    rows = people[~((people["pay"] == 7) & (people["late"] == 2))].reset_index(drop=True)
    labelled = rows.assign(paid=np.random.default_rng(1).integers(0, 2, len(rows)))
    options = {"mitigate": False, "explain": True}
    import evenhand.audit.run_extras as run

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "explain_gaps", lambda *_args, **_kwargs: ((), ()))
        record = audit_model(Picky(), labelled, target="paid", sensitive_features="sex", **options).record
    assert record.recourse is None
    assert any("never seen" in item.reason for item in record.absent)
