"""The traps that peers fall into; each beside fairlearn's answer to the same input."""

from __future__ import annotations

import datetime
import decimal

import fairlearn.metrics as fm
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from evenhand import Result, audit_file, audit_predictions
from evenhand.errors import InputError, Reason
from evenhand.metrics import (
    cube_of,
    demographic_parity_difference,
    demographic_parity_ratio,
    equalized_odds_difference,
    group_table,
    metric_named,
    selection_rate,
    worst_of,
)

Y = np.array([1, 0, 1, 0, 1, 0, 1, 0])
P = np.array([1, 1, 1, 0, 0, 0, 1, 0])
G = np.array(["F", "F", "F", "F", "M", "M", "M", "M"])
GAP = 0.5


def both(y, p, groups, function="demographic_parity_difference", **ours):
    module = {
        "demographic_parity_difference": demographic_parity_difference,
        "equalized_odds_difference": equalized_odds_difference,
    }
    return module[function](y, p, sensitive_features=groups, **ours), getattr(fm, function)(
        y, p, sensitive_features=groups
    )


def test_the_plain_case_agrees():
    assert both(Y, P, G) == (GAP, GAP)


def test_labels_in_words():
    words = np.where(P == 1, "yes", "no")
    assert fm.demographic_parity_difference(words, words, sensitive_features=G) == 0.0
    with pytest.raises(InputError, match="got 'no', 'yes'; say which one counts with pos_label"):
        demographic_parity_difference(words, words, sensitive_features=G)
    assert demographic_parity_difference(words, words, sensitive_features=G, pos_label="yes") == GAP


def test_labels_one_and_two():
    assert (
        fm.demographic_parity_difference(Y + 1, P + 1, sensitive_features=G) == GAP
    )  # counts 1 as positive, silently
    with pytest.raises(InputError, match="got 1, 2"):
        demographic_parity_difference(Y + 1, P + 1, sensitive_features=G)
    assert demographic_parity_difference(Y + 1, P + 1, sensitive_features=G, pos_label=2) == GAP


@pytest.mark.parametrize("pos_label", [None, 1])
def test_probabilities_as_decisions(pos_label):
    scores = 0.1 + 0.8 * P
    assert fm.demographic_parity_difference(Y, scores, sensitive_features=G) == 0.0
    with pytest.raises(InputError, match="scores go into y_score"):
        demographic_parity_difference(Y, scores, sensitive_features=G, pos_label=pos_label)


def test_an_index_in_another_order():
    p, g = pd.Series(P), pd.Series(G).sample(frac=1, random_state=0)
    assert fm.demographic_parity_difference(Y, p, sensitive_features=g) != GAP
    with pytest.raises(InputError, match=r"sensitive_features\.loc\[y_pred\.index\]"):
        demographic_parity_difference(Y, p, sensitive_features=g)
    assert demographic_parity_difference(Y, p, sensitive_features=g.loc[p.index]) == GAP


def test_a_missing_sensitive_value():
    groups = pd.Series([*G, None, None], dtype=object)
    y, p = np.append(Y, [1, 0]), np.append(P, [1, 1])
    with pytest.raises(ValueError, match=r"(?i)nan|missing"):
        fm.demographic_parity_difference(y, p, sensitive_features=groups)
    assert demographic_parity_difference(y, p, sensitive_features=groups) == GAP
    table = group_table(cube_of(y, p, sensitive_features={"sex": groups}), "sex")
    assert dict(zip(table.groups, table.rows, strict=True)) == {("F",): 4, ("M",): 4, (None,): 2}


def test_a_group_of_one_row():
    rng = np.random.default_rng(0)
    g = np.array(["a"] * 500 + ["b"] * 500 + ["c"])
    p = np.append(rng.random(1000) < 0.5, False).astype(int)
    assert fm.demographic_parity_difference(p, p, sensitive_features=g) > 0.45
    cube = cube_of(p, p, sensitive_features={"g": g})
    worst = worst_of(group_table(cube, "g"), metric_named("demographic_parity_difference"))
    assert worst.interval.low == 0  # one row shows nothing, and the interval says so
    assert worst.interval.high > 0.5


def test_a_group_without_positives():
    y = np.array([1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    p = np.array([1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    g = np.array(["a"] * 5 + ["b"] * 5 + ["c"] * 5)
    ours, theirs = both(y, p, g, "equalized_odds_difference")
    assert theirs == pytest.approx(2 / 3)  # a TPR of 0 for a group that has no TPR
    assert np.isnan(ours)
    worst = worst_of(
        group_table(cube_of(y, p, sensitive_features=g), "sensitive_feature"),
        metric_named("equalized_odds_difference"),
    )
    assert worst.reason == Reason.NO_POSITIVES
    assert both(y[:10], p[:10], g[:10], "equalized_odds_difference") == (0, 0)


def test_decisions_that_are_all_zero():
    none = np.zeros(8, dtype=int)
    assert both(Y, none, G) == (0, 0)
    assert np.isnan(demographic_parity_ratio(Y, none, sensitive_features=G))
    assert np.isnan(fm.demographic_parity_ratio(Y, none, sensitive_features=G))
    assert demographic_parity_difference(None, none, sensitive_features=G, pos_label=1) == 0


@pytest.mark.parametrize("shift", [0, 5, -100, 10**9])
def test_integer_group_codes(shift):
    codes = (G == "M").astype(int) + shift
    assert both(Y, P, codes) == (GAP, GAP)


def test_categories_that_nobody_has():
    unused = pd.Series(G).astype(pd.CategoricalDtype(["F", "X", "M"]))
    assert both(Y, P, unused) == (GAP, GAP)
    assert group_table(cube_of(Y, P, sensitive_features={"g": unused}), "g").groups == (("F",), ("M",))


@pytest.mark.parametrize("ordered", [True, False])
def test_empty_intersections(ordered):
    kind = pd.CategoricalDtype(["F", "X", "M"], ordered=ordered)
    frame = pd.DataFrame({"sex": pd.Series(G).astype(kind), "site": [1, 1, 1, 1, 1, 1, 2, 2]})
    ours, theirs = both(Y, P, frame)
    assert ours == pytest.approx(theirs)
    assert len(group_table(cube_of(Y, P, sensitive_features=frame), "sex", "site").groups) == 3


@pytest.mark.parametrize(
    "dtype", ["Int64", "boolean", "Float64", "int8[pyarrow]", "bool[pyarrow]", "double[pyarrow]"]
)
def test_nullable_and_arrow_types(dtype):
    y, p = pd.Series(Y).astype(dtype), pd.Series(P).astype(dtype)
    for text in ("string", "str", pd.ArrowDtype(pa.string())):
        assert demographic_parity_difference(y, p, sensitive_features=pd.Series(G).astype(text)) == GAP


def test_polars():
    assert demographic_parity_difference(pl.Series(Y), pl.Series(P), sensitive_features=pl.Series(G)) == GAP
    lazy = pl.LazyFrame({"g": G})
    assert demographic_parity_difference(pl.Series(Y), pl.Series(P), sensitive_features=lazy) == GAP


def test_booleans():
    assert both(Y == 1, P == 1, G == "M") == (GAP, GAP)
    assert (
        demographic_parity_difference(
            [bool(v) for v in Y], [bool(v) for v in P], sensitive_features=G.tolist()
        )
        == GAP
    )


def test_infinities():
    broken = P.astype(float)
    broken[0] = np.inf
    with pytest.raises(InputError, match="finite"):
        demographic_parity_difference(Y, broken, sensitive_features=G)
    with pytest.raises(InputError, match="infinite"):
        demographic_parity_difference(Y, P, sensitive_features=G, sample_weight=broken)


def test_equal_column_names():
    frame = pd.DataFrame({"a": G, "b": G}).set_axis(["x", "x"], axis=1)
    with pytest.raises(InputError, match="got twice: x"):
        demographic_parity_difference(Y, P, sensitive_features=frame)


def test_columns_of_mixed_types():
    mixed = [1, "1", None, 2.5, True, 1, "1", 2.5]
    groups = group_table(cube_of(Y, P, sensitive_features={"x": mixed}), "x").groups
    assert [repr(level) for (level,) in groups] == ["True", "1", "2.5", "'1'", "None"]
    arrow = pd.Series(mixed, dtype=object)
    assert group_table(cube_of(Y, P, sensitive_features=arrow), "sensitive_feature").groups == groups


def test_dates_with_a_time_zone():
    days = pd.Series(pd.to_datetime(["2020-01-01", "2020-07-01"] * 4).tz_localize("Europe/Berlin"))
    groups = group_table(cube_of(Y, P, sensitive_features={"day": days}), "day").groups
    assert groups == (("2020-01-01T00:00:00+01:00",), ("2020-07-01T00:00:00+02:00",))
    listed = group_table(cube_of(Y, P, sensitive_features={"day": list(days)}), "day").groups
    assert listed == groups
    assert datetime.datetime.fromisoformat(groups[0][0]) == days[0].to_pydatetime()


def test_lengths_that_differ():
    with pytest.raises(InputError, match="got lengths sensitive_feature 8, y_true 8, y_pred 7"):
        demographic_parity_difference(Y, P[:-1], sensitive_features=G)


def test_a_number_declared_where_the_labels_are_text():
    text = P.astype(str)
    assert fm.selection_rate(text, text, pos_label=1) == 0.0
    with pytest.raises(InputError, match="got 1; they are '0', '1'"):
        selection_rate(text, text, pos_label=1)
    assert selection_rate(text, text, pos_label="1") == 0.5


def test_a_positive_label_that_does_not_occur():
    words = np.where(P == 1, "yes", "no")
    assert fm.selection_rate(words, words, pos_label="Yes") == 0.0
    with pytest.raises(InputError, match="got 'Yes'; they are 'no', 'yes'"):
        selection_rate(words, words, pos_label="Yes")


def test_decisions_in_another_spelling_than_the_labels():
    y, p = np.where(Y == 1, ">50K", "<=50K"), np.where(P == 1, ">50K.", "<=50K.")
    assert fm.selection_rate(y, p, pos_label=">50K") == 0.0
    with pytest.raises(InputError, match="decisions are written as the labels are"):
        demographic_parity_difference(y, p, sensitive_features=G, pos_label=">50K")


def test_labels_that_are_needed_and_absent():
    with pytest.raises(InputError, match="the equalized odds difference needs it"):
        equalized_odds_difference(None, P, sensitive_features=G)


def test_decimals():
    y, p = ([decimal.Decimal(int(value)) for value in values] for values in (Y, P))
    assert demographic_parity_difference(y, p, sensitive_features=G) == GAP
    arrow = pa.array(p, type=pa.decimal128(3, 2))
    assert demographic_parity_difference(pa.array(y), arrow, sensitive_features=G) == GAP
    priced = [decimal.Decimal("1.10") if group == "F" else decimal.Decimal(2) for group in G]
    assert group_table(cube_of(Y, P, sensitive_features={"g": priced}), "g").groups == ((1.1,), (2,))


@pytest.mark.parametrize("kind", [int, float, bool])
def test_masked_values_are_missing(kind):
    masked = np.ma.masked_array(Y.astype(kind), mask=[True, *[False] * 7])
    with pytest.raises(InputError, match="every row needs a value, got 1 missing"):
        demographic_parity_difference(masked, P, sensitive_features=G)
    whole = np.ma.masked_array(Y.astype(kind))
    assert demographic_parity_difference(whole, P, sensitive_features=G) == GAP


def test_codes_in_numbers_in_text_and_as_objects():
    codes = (G == "M").astype(int)
    for groups in (codes, codes.astype(object), codes.astype(str), codes.astype(float), codes == 1):
        assert demographic_parity_difference(Y, P, sensitive_features=groups) == GAP
        assert equalized_odds_difference(Y, P, sensitive_features=groups) == GAP


def test_a_rate_of_zero_does_not_escape_a_ratio():
    y, groups = np.ones(400, dtype=int), np.repeat(["a", "b"], 200)
    p = np.where(groups == "a", np.arange(400) % 2, 0)
    limit = {"metric": "demographic_parity_ratio", "attribute": "g", "min": 0.8}
    assert demographic_parity_ratio(y, p, sensitive_features=groups) == 0
    found = audit_predictions(np.arange(400) % 3 // 2, p, sensitive_features={"g": groups}, policy=[limit])
    assert (found.verdict, found.exit_code) == ("fail", 1)


def test_a_group_of_one_class_is_audited():
    groups = np.repeat(["a", "b"], 100)
    y = np.where(groups == "a", 1, np.arange(200) % 2)
    result = audit_predictions(y, y, sensitive_features={"g": groups})
    rate = next(group for group in result.record.groupings[0].groups if group.name == "a").rates
    assert rate["false_positive_rate"].reason == Reason.NO_NEGATIVES
    assert rate["true_positive_rate"].value == 1


def test_nothing_is_cut_off_and_no_row_with_a_gap_is_dropped(tmp_path):
    rows = pd.DataFrame({"y": np.arange(21_000) % 2, "g": np.arange(21_000) // 7 % 3, "pay": np.nan})
    rows.loc[20_999, "g"] = 3
    settings = 'data = "rows.parquet"\ntarget = "y"\nprediction = "d"\nsensitive = ["g"]\nexplain = false\n'
    rows.assign(d=rows["y"]).to_parquet(tmp_path / "rows.parquet")
    (tmp_path / "evenhand.toml").write_text(settings, encoding="utf-8")
    record = audit_file(tmp_path / "evenhand.toml").record
    assert record.overall.rows == sum(group.rows for group in record.groupings[0].groups) == 21_000
    assert record.groupings[0].groups[-1].rows == 1


def test_one_verdict_in_python_and_on_the_command_line(cli, tmp_path):
    rng = np.random.default_rng(5)
    rows = pd.DataFrame({"y": rng.integers(0, 2, 400), "d": rng.integers(0, 2, 400), "g": np.arange(400) % 2})
    rows.to_parquet(tmp_path / "rows.parquet")
    words = ("--target", "y", "--prediction", "d", "--sensitive", "g", "--format", "json")
    codes = set()
    for most in (0.001, 0.08, 0.9):
        limits = [{"metric": "demographic_parity_difference", "attribute": "g", "max": most}]
        (tmp_path / "policy.toml").write_text(
            f'[[limit]]\nmetric = "demographic_parity_difference"\nattribute = "g"\nmax = {most}\n',
            encoding="utf-8",
        )
        policy = ("--policy", tmp_path / "policy.toml", "--out", tmp_path / "out")
        done = cli("audit", tmp_path / "rows.parquet", *words, *policy)
        found = audit_predictions(rows["y"], rows["d"], sensitive_features=rows[["g"]], policy=limits)
        assert done.code == found.exit_code == Result.read(tmp_path / "out" / "record.json").exit_code
        codes.add(done.code)
    assert codes == {0, 3}
