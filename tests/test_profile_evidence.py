"""Profiles of an audit: figures against hand counts and statsmodels, and what an audit holds or lacks."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from sklearn.linear_model import LogisticRegression

from evenhand import audit_predictions, mitigate_model
from evenhand.audit.record import Record, read_record
from evenhand.errors import InputError
from evenhand.metrics.group_regression import approval_regression
from evenhand.metrics.rates import group_table
from evenhand.metrics.tally import cube_of
from evenhand.reports.html import render_report
from evenhand.reports.view import build_page

ALL = ("nyc-ll144", "four-fifths", "fair-lending", "eu-ai-act", "nist-ai-rmf", "colorado-10-1-1")


def people(counts, repeat=1):
    """Groups and decisions of so many selected of so many."""
    groups = [name for name, (_, n) in counts.items() for _ in range(n * repeat)]
    chosen = [int(i < x * repeat) for x, n in counts.values() for i in range(n * repeat)]
    return np.array(groups, dtype=object), np.array(chosen)


def audited(counts, name="race", profiles=ALL, **settings):
    groups, chosen = people(counts)
    result = audit_predictions(None, chosen, sensitive_features={name: groups}, profiles=profiles, **settings)
    return result.record


def profile(record, name):
    return next(item for item in record.profiles if item.id == name)


def standing(record, name):
    return {ask.id: ask.standing for ask in profile(record, name).asks}


def test_four_fifths_by_hand():
    # 48 of 80 and 12 of 40: 0.6 and 0.3, half; at the higher rate 24 would be selected, so 12 lack.
    record = audited({"W": (48, 80), "B": (12, 40)})
    [part] = profile(record, "four-fifths").impact
    [row] = part.rows
    assert (part.reference, part.reference_rate) == (("W",), 0.6)
    assert (row.ratio.value, row.finding, row.flip, row.flip_flop) == (0.5, "below_and_significant", 6, False)
    assert row.shortfall == pytest.approx(12)
    pooled = 60 / 120
    z = (0.3 - 0.6) / math.sqrt(pooled * (1 - pooled) * (1 / 80 + 1 / 40))
    assert row.deviations == pytest.approx(z)
    assert row.p_value == pytest.approx(2 * stats.norm.sf(abs(z)))


@pytest.mark.parametrize(
    ("counts", "finding"),
    [
        ({"W": (600, 1000), "B": (300, 1000)}, "below_and_significant"),
        ({"W": (24, 40), "B": (14, 35)}, "below_only"),
        ({"W": (600, 1000), "B": (530, 1000)}, "significant_only"),
        ({"W": (60, 100), "B": (55, 100)}, "neither"),
    ],
)
def test_four_readings(counts, finding):
    [part] = profile(audited(counts), "four-fifths").impact
    assert part.rows[0].finding == finding


def test_small_tables_are_tested_exactly():
    [part] = profile(audited({"W": (36, 40), "B": (25, 33)}), "four-fifths").impact
    assert part.rows[0].test.startswith("two-proportion")
    [part] = profile(audited({"W": (3, 40), "B": (0, 33)}), "four-fifths").impact
    table = [[0, 33], [3, 37]]
    exact, own = stats.fisher_exact(table).pvalue, stats.hypergeom.pmf(0, 73, 3, 33)
    assert part.rows[0].p_value == pytest.approx(exact - own / 2)


def test_a_tiny_group_is_not_the_reference():
    record = audited({"W": (24, 40), "B": (20, 40), "A": (9, 10)})
    [part] = profile(record, "four-fifths").impact
    assert part.reference == ("W",)
    assert part.left_out == (("A",),)


def test_fair_lending_bands_and_signs():
    record = audited(
        {"W": (60, 100), "B": (57, 100), "C": (50, 100), "D": (30, 100)}, reference={"race": "W"}
    )
    [part] = profile(record, "fair-lending").lending
    assert part.control == ("W",)
    assert {row.name: row.band for row in part.rows} == {"B": "fine", "C": "concern", "D": "low"}
    by_name = {row.name: row for row in part.rows}
    assert by_name["D"].effect.value == pytest.approx(0.3)
    assert by_name["D"].effect.interval.low < 0.3 < by_name["D"].effect.interval.high
    assert math.isnan(by_name["D"].smd.value)


@pytest.mark.parametrize(("higher", "flagged"), [(True, True), (False, False)])
def test_the_mean_difference_of_scores_is_flagged_where_it_is_adverse(higher, flagged):
    rng = np.random.default_rng(0)
    group = np.repeat(["W", "B"], 500)
    score = np.clip(rng.normal(0.5, 0.1, 1000) - 0.05 * (group == "B"), 0, 1)
    record = audit_predictions(
        None, y_score=score, sensitive_features={"race": group}, profiles=("fair-lending",),
        reference={"race": "W"}, fair_lending={"higher_is_better": higher},
    ).record  # fmt: skip
    [row] = profile(record, "fair-lending").lending[0].rows
    means = [score[group == name].mean() for name in "BW"]
    assert row.smd.value == pytest.approx((means[0] - means[1]) / score.std(), rel=2e-3)
    assert row.flagged is flagged


def test_the_draft_test_is_statsmodels_logistic_regression():
    counts = {"W": (60, 100), "B": (45, 100), "C": (48, 90)}
    groups, chosen = people(counts)
    dummies = np.column_stack([np.ones(len(groups)), groups == "B", groups == "C"]).astype(float)
    fit = sm.Logit(chosen, dummies).fit(disp=0)
    [part] = profile(audited(counts, reference={"race": "W"}), "colorado-10-1-1").insurance
    assert [row.name for row in part.rows] == ["B", "C"]
    np.testing.assert_allclose([row.coefficient.value for row in part.rows], fit.params[1:], rtol=1e-6)
    np.testing.assert_allclose([row.p_value for row in part.rows], fit.pvalues[1:], rtol=1e-5)
    ends = [(row.coefficient.interval.low, row.coefficient.interval.high) for row in part.rows]
    np.testing.assert_allclose(ends, fit.conf_int()[1:], rtol=1e-5)


@pytest.mark.parametrize(
    ("counts", "flagged"),
    [
        ({"W": (60, 100), "B": (45, 100)}, True),  # 15 points, p 0.034
        ({"W": (6000, 10_000), "B": (5700, 10_000)}, False),  # significant, 3 points
        ({"W": (60, 100), "B": (55, 100)}, False),  # 5 points, may be chance
        ({"W": (6000, 10_000), "B": (5500, 10_000)}, True),  # exactly 5 points
        ({"W": (45, 100), "B": (60, 100)}, False),  # approved more often
        ({"W": (60, 100), "B": (0, 100)}, None),  # no finite coefficient
    ],
)
def test_the_draft_test_flags_what_is_significant_and_large(counts, flagged):
    [part] = profile(audited(counts, reference={"race": "W"}), "colorado-10-1-1").insurance
    assert part.rows[0].flagged is flagged


def test_swapping_the_groups_turns_the_coefficient():
    groups, chosen = people({"W": (60, 100), "B": (45, 100)})
    table = group_table(cube_of(None, chosen, sensitive_features={"g": groups}), "g")
    [one], [other] = (approval_regression(table, (name,)) for name in "WB")
    assert one.coefficient == pytest.approx(-other.coefficient)
    assert one.p_value == pytest.approx(other.p_value)


def test_missing_groups_are_in_no_regression():
    groups, chosen = people({"W": (60, 100), "B": (45, 100)})
    groups[:5] = None
    table = group_table(cube_of(None, chosen, sensitive_features={"g": groups}), "g")
    assert [one.group for one in approval_regression(table)] == [("W",)]


def test_what_an_audit_holds_and_lacks():
    plain = audited({"W": (60, 100), "B": (45, 100)})
    assert standing(plain, "eu-ai-act")["before"] == "lacking"
    assert standing(plain, "eu-ai-act")["signed"] == "partly"
    assert standing(plain, "colorado-10-1-1") == {
        "approval": "held", "premium": "lacking", "variables": "lacking",
    }  # fmt: skip
    assert standing(plain, "nyc-ll144")["sex"] == "lacking"
    assert standing(plain, "four-fifths")["strata"] == "lacking"


@pytest.mark.parametrize(("day", "found"), [("2020-01-01", "held"), ("2999-01-01", "partly")])
def test_limits_count_as_fixed_before_only_if_they_were(day, found):
    limit = [{"metric": "demographic_parity_ratio", "attribute": "race", "min": 0.8}]
    record = audited({"W": (60, 100), "B": (45, 100)}, policy=limit, evidence={"thresholds_fixed": day})
    assert standing(record, "eu-ai-act")["before"] == found


def test_the_day_of_the_policy_is_that_of_its_limits():
    limit = [{"metric": "demographic_parity_ratio", "attribute": "race", "min": 0.8}]
    record = audited({"W": (60, 100), "B": (45, 100)}, policy=limit, policy_fixed="2020-01-01")
    assert standing(record, "eu-ai-act")["before"] == "held"
    assert profile(record, "eu-ai-act").said == {"thresholds_fixed": "2020-01-01"}


def test_what_people_say_is_evidence():
    said = {"metrics_why": "A refusal is the harm.", "signed_by": "R. {Reviewer}", "signed_on": "2026-03-01"}
    record = audited({"W": (60, 100), "B": (45, 100)}, evidence=said)
    assert standing(record, "eu-ai-act")["signed"] == "held"
    assert standing(record, "eu-ai-act")["why"] == "held"
    assert profile(record, "eu-ai-act").said == said
    assert profile(record, "nist-ai-rmf").said == {}
    assert all(text in render_report(record) for text in said.values())


def test_a_record_keeps_what_the_pack_said():
    record = audited({"W": (60, 100), "B": (45, 100)})
    again = Record.model_validate(json.loads(record.to_json()))
    assert again.to_json() == record.to_json()
    found = profile(again, "nyc-ll144")
    assert (found.status, found.status_date, found.version) == ("in_force", "2023-07-05", "2026.1")


def test_an_audit_without_profiles_has_none():
    record = audited({"W": (60, 100), "B": (45, 100)}, profiles=())
    assert record.profiles == ()
    assert build_page(record).profiles is None


def test_the_report_shows_every_profile_with_its_status_and_limits():
    record = audited({"W": (60, 100), "B": (45, 100)})
    page = render_report(record)
    for item in record.profiles:
        assert f'id="profile-{item.id}"' in page
        assert item.status_date in page
    assert page.count("no legal advice") >= len(ALL)


def test_withheld_groups_have_no_figures_in_the_tables_of_profiles():
    record = audited({"W": (60, 100), "B": (45, 100), "A": (2, 7)})
    section = build_page(record).profiles
    rows = [
        row for part in section.sections for table in part.tables for row in table.rows
        if "figures" in table.id and row.head.text == "A"
    ]  # fmt: skip
    assert rows
    assert all(cell.text == "–" and not cell.sub for row in rows for cell in row.cells)


def test_profiles_need_decisions():
    with pytest.raises(InputError, match="compares decisions"):
        audit_predictions(
            [0, 1] * 40, sensitive_features={"race": ["a", "b"] * 40}, profiles=("four-fifths",)
        )


def test_profiles_from_the_command_line(cli, files, tmp_path):
    words = ("audit", files / "loans.parquet", "--target", "income", "--pos-label", ">50K")
    flags = ("--sensitive", "sex", "--sensitive", "race", "--prediction", "decision", "--out", tmp_path / "o")
    done = cli(*words, *flags, "--profile", "nyc-ll144", "--profile", "four-fifths", "-q")
    assert done.code == 0, done.err
    assert (tmp_path / "o" / "local-law-144.html").exists()
    done = cli(*words, *flags, "--profile", "nyc")
    assert done.code == 2
    assert "there is no profile 'nyc'" in done.err


def test_alternatives_that_were_searched_stand_beside_the_figures_of_fair_lending():
    rng = np.random.default_rng(1)
    sex = rng.choice(["F", "M"], 900)
    skill = rng.normal(size=900)
    hired = (skill + 0.9 * (sex == "M") + rng.normal(scale=0.7, size=900) > 0.5).astype(int)
    rows = pd.DataFrame({"skill": skill, "man": (sex == "M").astype(float), "sex": sex, "hired": hired})
    train, test = rows[:500], rows[500:]
    model = LogisticRegression().fit(train[["skill", "man"]], train["hired"])
    record = mitigate_model(
        model, test, train=train, target="hired", sensitive_features=["sex"], reference={"sex": "M"},
        metric="demographic_parity_difference", limit=0.1, methods=["reweighing", "single_threshold"],
        profiles=("fair-lending",),
    ).result.record  # fmt: skip
    assert standing(record, "fair-lending")["alternatives"] == "partly"
    section = build_page(record).profiles
    tables = [table for fold in section.sections[0].folds for table in fold.tables]
    [found] = [table for table in tables if table.id == "profile-fair-lending-frontier-alternatives"]
    assert len(found.rows) == len(record.frontier.points)


def test_alternatives_that_were_retrained_have_a_table(cli, files, tmp_path):
    words = (
        "audit",
        files / "loans.parquet",
        "--target",
        "income",
        "--pos-label",
        ">50K",
        "--sensitive",
        "sex",
    )
    flags = ("--model", files / "model.skops", "--train", files / "train.parquet", "--methods", "reweighing")
    quick = ("--no-explain", "--no-whole", "--format", "json", "-q", "--out", tmp_path)
    done = cli(*words, *flags, *quick, "--profile", "fair-lending")
    assert done.code == 0, done.err
    section = build_page(read_record(tmp_path / "record.json")).profiles
    [table] = [one for one in section.sections[0].tables if one.caption == "Alternatives tried"]
    assert [row.head.text for row in table.rows] == ["reweighing"]


def test_of_many_groups_the_worst_stand_first_and_the_rest_is_folded():
    counts = {f"g{i:03d}": (20 + i % 37, 80) for i in range(60)}
    section = build_page(audited(counts)).profiles
    table = next(one for one in section.sections[1].tables if "figures" in one.id)
    ratios = [float(row.cells[2].text) for row in (*table.rows, *table.more)]
    assert len(table.rows) == 20
    assert ratios == sorted(ratios)
    assert len(ratios) == 59


def test_groups_below_the_minimum_size_are_marked():
    record = audited({"W": (60, 100), "B": (45, 100), "C": (6, 20)})
    section = build_page(record).profiles
    tables = [one for part in section.sections for one in part.tables if "figures" in one.id]
    marked = {row.head.text: bool(row.head.marks) for table in tables for row in table.rows}
    assert marked == {"W": False, "B": False, "C": True}
