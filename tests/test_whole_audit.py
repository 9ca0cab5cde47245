"""The model as a whole, in an audit: what enters the record and the pages, and what cannot be looked at."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from evenhand.audit.explaining import Subject
from evenhand.audit.model import wrap_model
from evenhand.audit.record import read_record
from evenhand.audit.whole import WholeWanted, examine_model
from evenhand.metrics.groups import encode
from evenhand.reports.html import render_report
from evenhand.reports.view import build_page, charts_of
from evenhand.reports.view_parts import LineChart, MapChart


def people(rows=900, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice([0.0, 1.0], rows)
    return pd.DataFrame(
        {
            "sex": sex,
            "height": 170 + 10 * sex + rng.normal(0, 5, rows),
            "pay": rng.normal(size=rows),
            "one": 1.0,
        }
    )


def subject(model, frame, **more):
    given = {
        "model": wrap_model(model, columns=list(frame), classes=[False, True]),
        "frame": frame,
        "labels": (frame["pay"] > 0).to_numpy(),
        "attributes": {"sex": encode(frame["sex"].map({0.0: "F", 1.0: "M"}).to_numpy(), "sex")},
        "weight": None,
        "pos_label": True,
        "threshold": 0.5,
        "seed": 0,
        "level": 0.95,
    }
    return Subject(**(given | more))


WANTED = WholeWanted((), ("sex",), (), 30)


def examined(model, frame, wanted=WANTED, **more):
    return examine_model(subject(model, frame, **more), (), wanted, (), lambda *_: None)


X = people()
FITTED = LogisticRegression().fit(X, X["pay"] + 0.05 * X["height"] > 8.75)


@pytest.fixture(scope="module")
def found():
    return examined(FITTED, X)


def test_everything_is_found(found):
    assert not found.absent
    assert found.whole.reliance[-1].column == "one"
    assert found.whole.columns == ("pay", "height", "sex")[: len(found.whole.columns)]
    assert found.proxies[0].rows[0].column == "height"
    assert set(found.proxies[0].groups) == {("F",), ("M",)}
    assert found.whole.surrogate.fidelity[0].grouping == ""
    assert {item.grouping for item in found.whole.importances} == {"", "sex"}


def test_the_same_seed_gives_the_same_record(found):
    again = examined(FITTED, X)
    assert again.whole == found.whole
    assert again.trust.manifold == found.trust.manifold
    assert again.proxies == found.proxies


def test_columns_can_be_chosen_and_others_are_said_to_be_unknown():
    chosen = examined(FITTED, X, WholeWanted(("pay", "hight"), ("sex",), (), 30))
    assert chosen.whole.columns == ("pay",)
    assert [item.part for item in chosen.absent] == ["curves of hight"]


class Decides:
    """A model without scores."""

    feature_names_in_ = np.array(["sex", "height", "pay", "one"])

    def predict(self, rows):
        return rows["pay"].to_numpy() > 0


def test_a_model_without_scores_is_looked_at_by_its_decisions():
    seen = examined(Decides(), X)
    assert not seen.whole.scored
    figures = {item.figure for item in seen.whole.importances if item.change.reason is None}
    assert figures == {"accuracy", "selection_rate"}
    assert seen.whole.surrogate.verdict == "faithful"


class Fails(Decides):
    def predict(self, rows):
        if (rows["height"].to_numpy() > 0).any():
            raise ValueError("no such people")
        return rows["pay"].to_numpy() > 0


def test_a_model_that_fails_is_said_to_fail():
    seen = examined(Fails(), X)
    assert seen.whole is None
    assert seen.trust is None
    assert "no such people" in seen.absent[0].reason


class Jealous(Decides):
    """It fails on people who do not exist."""

    def predict(self, rows):
        known = set(map(tuple, X.to_numpy()))
        if not set(map(tuple, rows.to_numpy())) <= known:
            raise KeyError("a stranger")
        return rows["pay"].to_numpy() > 0


def test_a_model_that_fails_on_rows_put_together_is_a_stated_limit():
    seen = examined(Jealous(), X)
    assert seen.whole is None
    assert "a stranger" in seen.absent[0].reason


class Constant(Decides):
    def predict(self, rows):
        return np.ones(len(rows), dtype=bool)


def test_a_constant_model_leaves_nothing_to_explain():
    seen = examined(Constant(), X)
    assert seen.trust.faults == ("constant",)
    assert seen.whole.columns == ()
    assert seen.whole.surrogate.verdict == "unknown"


def test_one_group_and_few_rows():
    alone = {"sex": encode(np.array(["F"] * 60), "sex")}
    few = X.head(60)
    seen = examined(FITTED, few, labels=np.ones(60, dtype=bool), attributes=alone)
    assert [item.part for item in seen.absent] == ["proxies of sex"]
    assert "off_manifold" in seen.trust.unchecked


def test_missing_attributes_have_no_curves():
    values = X["sex"].map({0.0: "F", 1.0: "M"}).where(X.index > 100, None)
    seen = examined(FITTED, X, attributes={"sex": encode(values.to_numpy(), "sex")})
    groups = {curve.group for item in seen.whole.dependences for curve in item.curves}
    assert groups == {("F",), ("M",)}


def test_the_audit_writes_it_all_down(audited):
    record = read_record(audited / "record.json")
    assert record.trust.state in ("trusted", "care")
    assert record.whole.columns
    assert {item.attribute for item in record.proxies} == {"sex", "race"}
    page = build_page(record)
    wanted = ["trust", "proxies", "whole"]
    assert [section.id for section in page.reasons if section.id in wanted] == wanted
    kinds = [type(chart) for chart in charts_of(page)]
    assert LineChart in kinds
    assert MapChart in kinds
    text = render_report(record)
    assert len(text) < 1_500_000
    assert "Whether the explanations can be trusted" in text


def test_old_records_have_none_of_it(audited):
    record = read_record(audited / "record.json")
    old = record.model_copy(update={"proxies": (), "whole": None, "trust": None})
    assert not {"proxies", "whole", "trust"} & {section.id for section in build_page(old).reasons}


def test_withheld_groups_are_shown_nowhere(audited):
    record = read_record(audited / "record.json")
    part = record.groupings[0]
    hidden = part.groups[0].model_copy(update={"withheld": True, "name": "Secret"})
    grouping = part.model_copy(update={"groups": (hidden, *part.groups[1:])})
    page = build_page(record.model_copy(update={"groupings": (grouping, *record.groupings[1:])}))
    (whole,) = [section for section in page.reasons if section.id == "whole"]
    assert "Secret" not in repr(whole)


def test_it_can_be_switched_off(cli, files, tmp_path):
    words = [
        "--target",
        "income",
        "--pos-label",
        ">50K",
        "--sensitive",
        "sex",
        "--no-explain",
        "--no-mitigate",
    ]
    done = cli(
        "audit",
        files / "loans.parquet",
        *words,
        "--model",
        files / "model.skops",
        "--no-whole",
        "--out",
        tmp_path,
    )
    assert done.code in (0, 3), done.err
    record = read_record(tmp_path / "record.json")
    assert record.whole is None
    assert "the model as a whole" in {item.part for item in record.absent}


def test_unknown_columns_are_refused_before_any_work(cli, files, tmp_path):
    words = ["--target", "income", "--pos-label", ">50K", "--sensitive", "sex", "--global-columns", "agee"]
    done = cli(
        "audit", files / "loans.parquet", *words, "--model", files / "model.skops", "--out", tmp_path / "o"
    )
    assert done.code == 2
    assert "did you mean 'age'" in done.err
    assert not (tmp_path / "o").exists()
