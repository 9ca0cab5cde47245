"""MetricFrame gives fairlearn's frames where every figure is defined, and says so where none is."""

from __future__ import annotations

import functools
import inspect
import warnings

import fairlearn.metrics as fm
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn.metrics as skm
from hypothesis import given, settings
from hypothesis import strategies as st

import evenhand.metrics as em
from evenhand.errors import InputError, Reason
from evenhand.metrics.frame_figures import ALIASES, FIGURES, request
from evenhand.metrics.frame_intervals import quantile, seed_of
from evenhand.metrics.frame_layout import combinations
from evenhand.metrics.intervals import modified_wilson
from evenhand.metrics.worst_case import worst_difference

METRICS = {
    "accuracy": skm.accuracy_score,
    "selected": fm.selection_rate,
    "n": fm.count,
    "recall": skm.recall_score,
    "precision": skm.precision_score,
    "balanced": skm.balanced_accuracy_score,
    "f1": skm.f1_score,
    "mcc": skm.matthews_corrcoef,
    "loss": skm.zero_one_loss,
    "fpr": fm.false_positive_rate,
    "tnr": fm.true_negative_rate,
    "fnr": fm.false_negative_rate,
    "kappa": skm.cohen_kappa_score,
    "jaccard": skm.jaccard_score,
    "hamming": skm.hamming_loss,
}
AGGREGATES = [
    ("overall", {}),
    ("by_group", {}),
    ("group_min", {}),
    ("group_max", {}),
    *(
        (name, {"method": method})
        for name in ("difference", "ratio")
        for method in ("between_groups", "to_overall")
    ),
]
CELL = [(1, 1), (1, 1), (1, 0), (0, 1), (0, 0), (0, 0), (0, 0)]


@pytest.fixture(scope="module")
def test_split(adult):
    rows = adult[adult["split"] == "test"].iloc[:6000]
    # Where control and race meet, the smallest groups have no positives: they are a test of their own.
    return rows[rows["race"].isin(["White", "Black", "Asian-Pac-Islander"])].reset_index(drop=True)


@pytest.fixture(scope="module")
def outcomes(test_split):
    y = (test_split["income"] == ">50K").astype(int)
    p = ((test_split["education-num"] > 10) | (test_split["hours-per-week"] > 44)).astype(int)
    return y, p


def get(frame, name, options):
    found = getattr(frame, name)
    return found(**options) if callable(found) else found


def same(ours, theirs):
    if isinstance(theirs, pd.DataFrame):
        pd.testing.assert_frame_equal(ours, theirs)
    elif isinstance(theirs, pd.Series):
        pd.testing.assert_series_equal(ours, theirs)
    else:
        assert ours == pytest.approx(theirs, abs=1e-12)


def agree(**arguments):
    ours, theirs = em.MetricFrame(**arguments), fm.MetricFrame(**arguments)
    for name, options in AGGREGATES:
        same(get(ours, name, options), get(theirs, name, options))
    assert ours.control_levels == theirs.control_levels
    assert ours.sensitive_levels == theirs.sensitive_levels


def features_of(rows, names):
    return rows[names[0]] if len(names) == 1 else rows[names]


def controls_of(rows, names):
    made = pd.DataFrame({"long": rows["hours-per-week"] > 40, "older": rows["age"] > 38}, index=rows.index)
    return None if names is None else features_of(made, names)


@pytest.mark.parametrize("weighted", [False, True], ids=["rows", "weights"])
@pytest.mark.parametrize("control", [None, ["long"], ["long", "older"]], ids=["plain", "one", "two"])
@pytest.mark.parametrize("sensitive", [["sex"], ["sex", "race"]], ids="-".join)
def test_frames_equal_fairlearns(test_split, outcomes, sensitive, control, weighted):
    y, p = outcomes
    metrics = (
        METRICS if len(sensitive) == 1 and control != ["long", "older"] else {"selected": fm.selection_rate}
    )
    params = {name: {"sample_weight": test_split["fnlwgt"]} for name in metrics if name != "n"}
    agree(
        metrics=metrics,
        y_true=y,
        y_pred=p,
        sensitive_features=features_of(test_split, sensitive),
        control_features=controls_of(test_split, control),
        sample_params=params if weighted else None,
    )


@pytest.mark.parametrize(
    "metric", [skm.accuracy_score, fm.count, skm.mean_squared_error], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("control", [None, ["long"], ["long", "older"]], ids=["plain", "one", "two"])
def test_a_single_callable_gives_series_and_numbers(test_split, outcomes, metric, control):
    y, p = outcomes
    agree(
        metrics=metric,
        y_true=y,
        y_pred=p,
        sensitive_features=test_split["sex"],
        control_features=controls_of(test_split, control),
    )


def test_a_single_callable_with_weights(test_split, outcomes):
    y, p = outcomes
    params = {"sample_weight": test_split["fnlwgt"], "other": None}
    agree(
        metrics=skm.recall_score,
        y_true=y,
        y_pred=p,
        sensitive_features=test_split["sex"],
        sample_params=params,
    )


def test_counts_alone_stay_whole_numbers(test_split, outcomes):
    y, p = outcomes
    agree(metrics={"n": fm.count}, y_true=y, y_pred=p, sensitive_features=test_split["sex"])


def test_combinations_without_rows_are_nan_and_no_groups():
    rows = pd.DataFrame({"sex": list("FFMM") * 7, "race": list("ABAA") * 7})
    y, p = zip(*CELL * 4, strict=True)
    agree(metrics={"rate": fm.selection_rate, "n": fm.count}, y_true=y, y_pred=p, sensitive_features=rows)


FORMS = {
    "lists": lambda s: s.tolist(),
    "arrays": lambda s: s.to_numpy(dtype=object),
    "categories": lambda s: s.astype("category"),
    "unused categories": lambda s: s.astype(pd.CategoricalDtype(["zz", "Male", "Female"])),
    "ordered categories": lambda s: s.astype(pd.CategoricalDtype(["Male", "Female"], ordered=True)),
    "a mapping": lambda s: {"sex": s.to_numpy()},
    "booleans": lambda s: s == "Male",
    "numbers": lambda s: (s == "Male").astype("Int64"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_sensitive_features_of_every_form(test_split, outcomes, form):
    y, p = outcomes
    metrics = {"selected": fm.selection_rate, "mse": skm.mean_squared_error}
    agree(metrics=metrics, y_true=y.tolist(), y_pred=p.to_numpy(), sensitive_features=form(test_split["sex"]))


def test_two_unnamed_columns_are_numbered(test_split, outcomes):
    y, p = outcomes
    columns = test_split[["sex", "race"]].to_numpy(dtype=object)
    agree(metrics={"selected": fm.selection_rate}, y_true=y, y_pred=p, sensitive_features=columns)


populated = st.lists(st.permutations(range(1, 5)), min_size=2, max_size=4)


@settings(max_examples=8, deadline=None)
@given(populated)
def test_any_populated_counts(counts):
    rows = [
        (g, y, p)
        for g, cell in enumerate(counts)
        for (y, p), n in zip(CELL[::2], cell, strict=True)
        for _ in range(n)
    ]
    group, y, p = (np.array(column) for column in zip(*rows, strict=True))
    metrics = {name: METRICS[name] for name in ("accuracy", "recall", "precision", "f1")}
    agree(metrics=metrics, y_true=y, y_pred=p, sensitive_features=group)


# ---- what metrics may be -------------------------------------------------------------------------


def frame(metrics, y=None, p=None, groups=None, **options):
    true, decided = zip(*CELL * 2, strict=True)
    groups = ["F"] * 7 + ["M"] * 7 if groups is None else groups
    return em.MetricFrame(
        metrics=metrics,
        y_true=list(true) if y is None else y,
        y_pred=list(decided) if p is None else p,
        sensitive_features=groups,
        **options,
    )


def test_names_and_functions_of_all_three_libraries_are_one_figure():
    metrics = {
        "name": "true_positive_rate",
        "sklearn's name": "recall_score",
        "ours": em.true_positive_rate,
        "fairlearn": fm.true_positive_rate,
        "sklearn": skm.recall_score,
        "partial": functools.partial(skm.recall_score, pos_label=1),
    }
    assert frame(metrics).overall.tolist() == pytest.approx([2 / 3] * 6)
    assert {request("x", metric, {}).source for metric in metrics.values()} == {"cells"}


def test_a_list_of_names():
    found = frame(["accuracy", "count"])
    assert found.by_group.columns.tolist() == ["accuracy", "count"]
    assert found.group_max()["count"] == 7


def test_every_name_can_be_asked_for():
    found = frame([*FIGURES, *ALIASES])
    assert found.overall.notna().all()
    assert set(ALIASES.values()) <= set(FIGURES)


@pytest.mark.parametrize("name", sorted(ALIASES))
def test_sklearn_has_a_function_of_each_alias(name):
    y, p = (np.array(column) for column in zip(*CELL, strict=True))
    assert frame(name).overall == pytest.approx(getattr(skm, name)(y, p))


def test_a_function_that_borrows_a_name_is_called():
    @functools.wraps(skm.accuracy_score)
    def opposite(y_true, y_pred):
        return 1 - skm.accuracy_score(y_true, y_pred)

    assert frame(opposite).overall == pytest.approx(2 / 7)


@pytest.mark.parametrize(
    "metric",
    [
        functools.partial(skm.fbeta_score, beta=0.5),
        functools.partial(skm.recall_score, average="macro"),
        functools.partial(skm.accuracy_score, normalize=False),
        lambda y_true, y_pred: float(np.mean(y_pred)),
    ],
    ids=["fbeta", "macro", "unnormalised", "lambda"],
)
def test_what_counts_do_not_give_is_called_on_rows(test_split, outcomes, metric):
    y, p = outcomes
    agree(metrics={"own": metric}, y_true=y, y_pred=p, sensitive_features=test_split[["sex", "race"]])


def test_row_parameters_are_split():
    def weighed(y_true, y_pred, *, cost):
        return float(cost @ (y_true != y_pred))

    found = frame(weighed, sample_params={"cost": np.arange(14.0)})
    assert found.by_group.to_dict() == {"F": 2.0 + 3.0, "M": 9.0 + 10.0}


def test_predictions_may_have_two_columns():
    chance = np.tile([[0.2, 0.8]], (14, 1))
    found = frame(lambda y_true, y_pred: y_pred[:, 1].sum(), p=chance)
    assert found.by_group.tolist() == pytest.approx([5.6, 5.6])


def test_what_is_not_a_number_is_kept_and_not_compared(outcomes, test_split):
    y, p = outcomes
    arguments = {"metrics": skm.confusion_matrix, "y_true": y, "y_pred": p}
    found = em.MetricFrame(**arguments, sensitive_features=test_split["sex"])
    theirs = fm.MetricFrame(**arguments, sensitive_features=test_split["sex"])
    assert all((found.by_group[g] == theirs.by_group[g]).all() for g in ("Female", "Male"))
    assert np.isnan(found.difference())
    assert np.isnan(found.group_min(errors="coerce"))
    for call in (found.group_min, functools.partial(found.difference, errors="raise")):
        with pytest.raises(InputError, match="only numbers are compared"):
            call()


def test_accuracy_takes_labels_of_any_kind_and_the_rest_asks_sklearn(outcomes, test_split):
    y, p = (np.where(column == 1, "yes", "no") for column in outcomes)
    metrics = {
        "accuracy": skm.accuracy_score,
        "loss": skm.zero_one_loss,
        "mcc": skm.matthews_corrcoef,
        "balanced": skm.balanced_accuracy_score,
    }
    params = {"accuracy": {"sample_weight": test_split["fnlwgt"]}}
    agree(metrics=metrics, y_true=y, y_pred=p, sensitive_features=test_split["sex"], sample_params=params)


def test_three_classes(test_split):
    y, p = test_split["age"] // 30, test_split["education-num"] // 6
    agree(metrics={"accuracy": skm.accuracy_score}, y_true=y, y_pred=p, sensitive_features=test_split["sex"])


def test_positive_labels_of_the_frame_and_of_one_metric():
    y, p = (["yes" if one else "no" for one in column] for column in zip(*CELL * 2, strict=True))
    found = frame(
        {"tpr": skm.recall_score, "tnr": functools.partial(skm.recall_score, pos_label="no")},
        y,
        p,
        pos_label="yes",
    )
    assert found.overall.tolist() == pytest.approx([2 / 3, 3 / 4])


# ---- where fairlearn differs ---------------------------------------------------------------------


def test_a_group_without_positives_is_undefined_and_fairlearn_says_zero():
    y, p = [1, 1, 0, 0], [1, 0, 0, 1]
    arguments = {
        "metrics": {"tpr": fm.true_positive_rate},
        "y_true": y,
        "y_pred": p,
        "sensitive_features": list("FFMM"),
    }
    ours, theirs = em.MetricFrame(**arguments), fm.MetricFrame(**arguments)
    assert theirs.by_group["tpr"]["M"] == 0
    assert theirs.difference()["tpr"] == 0.5
    assert np.isnan(ours.by_group["tpr"]["M"])
    assert all(np.isnan(get(ours, name, options)["tpr"]) for name, options in AGGREGATES[2:])


def test_the_reason_is_told():
    y, p, sex = [1, 1, 0, 0], [1, 0, 0, 0], {"sex": list("FFMM")}
    found = frame({"tpr": "recall_score", "mcc": "matthews_corrcoef", "all": "count"}, y, p, sex)
    assert found.undefined() == {
        ("tpr", ("M",)): Reason.NO_POSITIVES,
        ("mcc", ("F",)): Reason.ZERO_DENOMINATOR,
        ("mcc", ("M",)): Reason.ZERO_DENOMINATOR,
    }


def test_labels_may_be_absent_where_no_metric_reads_them():
    options = {"y_pred": [1, 0], "sensitive_features": ["F", "M"]}
    assert em.MetricFrame(metrics="selection_rate", y_true=None, **options).difference() == 1.0
    for metric in ("accuracy", skm.recall_score, skm.mean_squared_error):
        with pytest.raises(InputError, match="y_true"):
            em.MetricFrame(metrics=metric, y_true=None, **options)


def test_who_asks_for_zero_gets_it():
    groups = ["F"] * 13 + ["M"]
    metrics = {"asked": functools.partial(skm.recall_score, zero_division=0), "not": skm.recall_score}
    found = frame(metrics, groups=groups)
    assert found.by_group["asked"]["M"] == 0
    assert np.isnan(found.by_group["not"]["M"])


def test_undeclared_labels_and_probabilities_are_refused_where_fairlearn_says_zero():
    words = ["yes", "no"] * 7
    assert (
        fm.MetricFrame(
            metrics=fm.selection_rate, y_true=words, y_pred=words, sensitive_features=["F"] * 14
        ).overall
        == 0
    )
    with pytest.raises(InputError, match="pos_label"):
        frame(fm.selection_rate, words, words)
    with pytest.raises(InputError, match="score"):
        frame(fm.selection_rate, p=np.linspace(0.1, 0.9, 14))


def test_rows_are_matched_by_index_where_fairlearn_takes_positions():
    y = pd.Series(list(next(zip(*CELL * 2, strict=True))))
    turned = pd.Series(["F"] * 7 + ["M"] * 7).iloc[::-1]
    with pytest.raises(InputError, match="index"):
        frame("base_rate", y=y, groups=turned)


def test_a_missing_group_is_shown_and_compared_only_if_asked():
    groups = ["F"] * 6 + ["M"] * 7 + [None]
    assert frame("selection_rate", groups=groups).by_group.index.isna().tolist() == [False, False, True]
    assert frame("selection_rate", groups=groups).group_min() > 0
    assert frame("selection_rate", groups=groups, compare_missing=True).group_min() == 0
    with pytest.raises(ValueError, match="missing"):
        fm.MetricFrame(metrics=fm.count, y_true=[1] * 14, y_pred=[1] * 14, sensitive_features=groups)


def test_a_group_whose_weights_are_zero_is_undefined():
    weight = np.repeat([1.0, 0.0], 7)
    found = frame("accuracy", sample_params={"sample_weight": weight})
    assert found.by_group.round(4).tolist()[0] == 0.7143
    assert np.isnan(found.by_group["M"])


# ---- other frames --------------------------------------------------------------------------------


def test_polars_callers_get_polars_frames(test_split, outcomes):
    y, p = outcomes
    rows = pl.from_pandas(test_split[["sex", "race"]])
    metrics = {"accuracy": skm.accuracy_score, "n": fm.count}
    ours = em.MetricFrame(metrics=metrics, y_true=pl.Series(y), y_pred=pl.Series(p), sensitive_features=rows)
    theirs = fm.MetricFrame(
        metrics=metrics, y_true=y, y_pred=p, sensitive_features=test_split[["sex", "race"]]
    ).by_group
    assert isinstance(ours.by_group, pl.DataFrame)
    assert ours.by_group.columns == ["sex", "race", "accuracy", "n"]
    assert ours.by_group["accuracy"].to_list() == pytest.approx(theirs["accuracy"].tolist())
    assert isinstance(ours.difference(), pl.DataFrame)
    single = em.MetricFrame(metrics="accuracy", y_true=y, y_pred=p, sensitive_features=rows.lazy())
    assert single.by_group.columns == ["sex", "race", "accuracy"]
    assert isinstance(single.difference(), float)


def test_arrow_tables_and_clashing_names():
    groups = ["F"] * 7 + ["M"] * 7
    assert frame(["accuracy"], groups=pa.table({"sex": groups})).by_group.column_names == ["sex", "accuracy"]
    with pytest.raises(InputError, match="share a name"):
        frame(["accuracy"], groups=pl.DataFrame({"accuracy": groups}))
    assert frame(["accuracy"], groups=pd.DataFrame({"accuracy": groups})).by_group.index.name == "accuracy"


def test_levels_of_mixed_types():
    found = frame("count", groups=pd.DataFrame({"a": [1, "x"] * 7, "b": [True] * 14}))
    assert found.by_group.to_dict() == {(1, True): 7, ("x", True): 7}
    mixed = frame("count", groups={"a": [1, "x"] * 7, "b": pl.Series([True] * 14)})
    assert mixed.by_group["a"].to_list() == ["1", "x"]


def test_very_many_combinations_list_only_those_with_rows():
    keys = [(i, i, i) for i in range(200)]
    every, places = combinations(keys)
    assert (every, places.tolist()) == (keys, list(range(200)))


# ---- bootstrap and intervals ---------------------------------------------------------------------


BOOT = {"n_boot": 200, "ci_quantiles": [0.1, 0.5, 0.9], "random_state": 3}


def test_quantiles_of_replicates_are_those_of_fairlearn_up_to_chance(test_split, outcomes):
    y, p = outcomes
    rows = test_split.index[:2000]
    arguments = {
        "metrics": {"accuracy": skm.accuracy_score, "recall": skm.recall_score},
        "y_true": y[rows],
        "y_pred": p[rows],
        "sensitive_features": test_split["sex"][rows],
        **BOOT,
    }
    theirs = fm.MetricFrame(**{**arguments, "n_boot": 60})
    ours = em.MetricFrame(**arguments)
    for name in ("overall_ci", "by_group_ci", "group_min_ci", "group_max_ci", "difference_ci", "ratio_ci"):
        for mine, other in zip(get(ours, name, {}), get(theirs, name, {}), strict=True):
            assert type(mine) is type(other)
            assert mine.index.equals(other.index)
            np.testing.assert_allclose(mine.to_numpy(), other.to_numpy(), atol=0.04)


def test_replicates_of_weights_follow_their_theory(test_split, outcomes):
    y, p = outcomes
    weight = test_split["fnlwgt"]
    found = em.MetricFrame(
        metrics="selection_rate", y_true=y, y_pred=p, sensitive_features=["all"] * len(y),
        sample_params={"sample_weight": weight}, n_boot=2000, ci_quantiles=[0.1587, 0.8413],
    )  # fmt: skip
    share = weight / weight.sum()
    spread = np.sqrt((share**2 * (p - p @ share) ** 2).sum())
    low, high = found.overall_ci
    assert (high - low) / 2 == pytest.approx(spread, rel=0.08)


def test_rows_are_resampled_for_a_callable_of_your_own():
    y, p = (np.tile(column, 10) for column in zip(*CELL * 2, strict=True))
    groups = np.tile(["F"] * 7 + ["M"] * 7, 10)
    own = frame(lambda y_true, y_pred: float(y_pred.mean()), y, p, groups, **BOOT)
    counts = frame("selection_rate", y, p, groups, **BOOT)
    for mine, other in zip(own.by_group_ci, counts.by_group_ci, strict=True):
        assert mine.to_numpy() == pytest.approx(other.to_numpy(), abs=0.03)


def test_equal_seeds_give_equal_replicates():
    assert frame("accuracy", **BOOT).difference_ci() == frame("accuracy", **BOOT).difference_ci()
    assert seed_of(np.random.RandomState(1)) == seed_of(np.random.RandomState(1))
    assert seed_of(np.random.default_rng(1)) == seed_of(np.random.default_rng(1))


def test_groups_lost_in_a_draw_widen_the_interval():
    low, middle, high = frame("accuracy", groups=["F"] * 13 + ["M"], **BOOT).by_group_ci
    assert (low["M"], middle["M"], high["M"]) == (-np.inf, 1.0, np.inf)
    assert np.isnan(quantile(np.full(5, np.nan), 0.5))


def test_an_interval_needs_its_options():
    with pytest.raises(InputError, match="difference_interval"):
        frame("accuracy").difference_ci()
    for wrong in ({"n_boot": 5}, {"n_boot": 0, "ci_quantiles": [0.5]}, {"n_boot": 5, "ci_quantiles": [1]}):
        with pytest.raises(InputError):
            frame("accuracy", **wrong)
    with pytest.raises(InputError, match="random_state"):
        frame("accuracy", n_boot=5, ci_quantiles=[0.5], random_state="x")


def test_intervals_of_groups_are_those_of_rates():
    low, high = frame({"recall": skm.recall_score, "own": skm.mean_squared_error}).by_group_interval()
    ends = modified_wilson(np.array([2.0]), np.array([3.0]), 0.95)
    assert [low["recall"]["F"], high["recall"]["F"]] == pytest.approx([end.item() for end in ends])
    assert low["own"].isna().all()


def test_intervals_of_other_functions_of_counts_are_of_replicates_of_the_group():
    y, p = (np.tile(column, 20) for column in zip(*CELL, strict=True))
    low, high = frame("f1", y, p, np.repeat(["F", "M"], [133, 7])).by_group_interval()
    assert 0.5 < low["F"] < 2 / 3 < high["F"] < 0.8
    assert high["M"] - low["M"] > 0.5


def test_interval_of_a_difference_is_right_where_no_gap_exists_and_the_bootstraps_is_not():
    y, p = (np.tile(column, 30) for column in zip(*CELL * 2, strict=True))
    groups = np.tile(["F"] * 7 + ["M"] * 7, 30)
    found = frame(skm.accuracy_score, y, p, groups, n_boot=500, ci_quantiles=[0.025, 0.975])
    low, high = found.difference_interval()
    expected = worst_difference([150, 150], [210, 210])
    assert (low, high) == (0.0, expected.high)
    assert found.difference_ci()[0] > 0
    assert found.ratio_interval()[1] == 1.0


def test_intervals_follow_control_strata():
    y, p = (np.tile(column, 2) for column in zip(*CELL * 2, strict=True))
    control = pd.Series(["a"] * 14 + ["b"] * 14, name="where")
    metrics = {"recall": "recall_score", "own": skm.mean_squared_error}
    found = frame(metrics, y, p, [*"FFFFFFFMMMMMMM"] * 2, control_features=control)
    low, high = found.difference_interval()
    assert high["recall"].tolist() == pytest.approx([worst_difference([2, 2], [3, 3]).high] * 2)
    assert high["own"].isna().all()
    assert low.index.tolist() == ["a", "b"]


# ---- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metrics", "options", "words"),
    [
        ("acuracy", {}, "did you mean 'accuracy'"),
        ("equalized_odds_difference", {}, "difference\\(\\)"),
        ({"a": 3}, {}, "callable"),
        ({"a": "acuracy", "b": "recal_score"}, {}, "2 problems"),
        ({}, {}, "at least one metric"),
        ({"a": "accuracy"}, {"sample_params": {"b": {}}}, "no metric is called so"),
        ({"a": "accuracy"}, {"sample_params": {"a": [1]}}, "mapping"),
        ("accuracy", {"sample_params": [1]}, "mapping"),
        ("accuracy", {"sample_params": {"cost": [1] * 14}}, "sample_weight"),
        (fm.count, {"sample_params": {"sample_weight": [1] * 14}}, "no row values"),
        ("accuracy", {"groups": ["F"] * 13}, "lengths"),
        ("count", {"p": [1] * 13}, "lengths"),
        (skm.mean_squared_error, {"sample_params": {"sample_weight": [1] * 13}}, "one value a row"),
        ("accuracy", {"control_features": {"sensitive_feature_0": [1] * 14}}, "share a name"),
        ("accuracy", {"groups": {}}, "at least one column"),
        (lambda y_true, y_pred: "x", {"n_boot": 3, "ci_quantiles": [0.5]}, "of numbers"),
    ],
)
def test_wrong_input_is_named(metrics, options, words):
    with pytest.raises(InputError, match=words):
        frame(metrics, **options)


@pytest.mark.parametrize("name", ["difference", "ratio", "difference_ci", "ratio_ci"])
def test_wrong_methods(name):
    with pytest.raises(InputError, match="between_groups"):
        getattr(frame("accuracy", **BOOT), name)(method="pairs")


def test_wrong_errors():
    with pytest.raises(InputError, match="coerce"):
        frame("accuracy").group_min(errors="ignore")


# ---- the functions of fairlearn ------------------------------------------------------------------

PLOTS = {"plot_model_comparison", "plot_roc_curve_by_group"}
DERIVED = [name for name in fm.__all__ if name.endswith(("_group_min", "_group_max")) or "_score_" in name
           or (name.endswith(("_difference", "_ratio")) and "rate" in name) or "loss" in name]  # fmt: skip


def test_every_function_of_fairlearn_but_the_plots_is_here():
    assert [name for name in fm.__all__ if name not in em.__all__] == sorted(PLOTS)


def test_the_face_is_fairlearns():
    for name in ["difference", "ratio", "group_min", "group_max", "difference_ci", "ratio_ci"]:
        ours, theirs = (inspect.signature(getattr(m.MetricFrame, name)).parameters for m in (em, fm))
        assert {k: v.default for k, v in ours.items()} == {k: v.default for k, v in theirs.items()}
    theirs = {name for name in dir(fm.MetricFrame) if not name.startswith("_")}
    assert theirs <= set(dir(em.MetricFrame))
    wanted = inspect.signature(fm.MetricFrame).parameters
    ours = inspect.signature(em.MetricFrame).parameters
    assert all(ours[name].default == one.default for name, one in wanted.items())


@pytest.mark.parametrize("weighted", [False, True], ids=["rows", "weights"])
@pytest.mark.parametrize("name", DERIVED)
def test_derived_functions_equal_fairlearns(test_split, outcomes, name, weighted):
    y, p = (column[:1500] for column in outcomes)
    scores = name.startswith(("log_loss", "roc_auc", "mean_", "r2"))
    p = (test_split["education-num"][:1500] / 20 + p / 8).clip(0.02, 0.98) if scores else p
    options = {"sample_weight": test_split["fnlwgt"][:1500]} if weighted else {}
    features = test_split["sex"][:1500]
    ours = getattr(em, name)(y, p, sensitive_features=features, **options)
    assert ours == pytest.approx(getattr(fm, name)(y, p, sensitive_features=features, **options), abs=1e-12)


def test_a_derived_metric_of_your_own(test_split, outcomes):
    y, p = outcomes
    for transform in ("difference", "ratio", "group_min", "group_max"):
        ours, theirs = (
            m.make_derived_metric(metric=skm.fbeta_score, transform=transform)(
                y, p, beta=0.5, sensitive_features=test_split["sex"], sample_weight=test_split["fnlwgt"]
            )
            for m in (em, fm)
        )
        assert ours == pytest.approx(theirs)
    assert em.make_derived_metric(metric=fm.count, transform="ratio").__name__ == "count_ratio"


def test_derived_metrics_compare_to_the_overall():
    made = em.make_derived_metric(metric="selection_rate", transform="difference", sample_param_names=None)
    y, words = ["no", "yes"], {"pos_label": "yes", "sensitive_features": ["F", "M"]}
    assert made(y, y, **words) == 1.0
    assert made(y, y, method="to_overall", **words) == 0.5
    with pytest.raises(InputError, match="beta"):
        made(y, y, beta=1, **words)


@pytest.mark.parametrize(
    "wrong",
    [
        {"metric": "accuracy", "transform": "mean"},
        {"metric": 3, "transform": "ratio"},
        {"metric": lambda y_true, y_pred, method: 0.0, "transform": "ratio"},
    ],
)
def test_wrong_derivations(wrong):
    with pytest.raises(InputError):
        em.make_derived_metric(**wrong)


def test_undefined_scores_are_nan():
    features = ["F", "F", "M", "M"]
    chance = [0.2, 0.6, 0.3, 0.9]
    assert np.isnan(em.roc_auc_score_group_min([1, 0, 1, 1], chance, sensitive_features=features))
    assert np.isnan(em.r2_score_group_min([1, 0, 1, 1], chance, sensitive_features=features))
    found = em.log_loss_group_max([1, 0, 1, 1], chance, sensitive_features=features)
    assert found == pytest.approx(-np.log([0.2, 0.4]).mean())
    zero = em.mean_squared_error_group_max(
        [1, 0, 1, 1], chance, sensitive_features=features, sample_weight=[1, 1, 0, 0]
    )
    assert np.isnan(zero)


def test_wrong_scores_are_refused():
    with pytest.raises(InputError, match=r"\[0, 1\]"):
        em.log_loss_group_max([1, 0], [0.5, 1.5], sensitive_features=["F", "M"])
    with pytest.raises(InputError, match="finite"):
        em.roc_auc_score_group_min([1, 0], [0.5, np.nan], sensitive_features=["F", "M"])
    with pytest.raises(InputError, match="one value a row"):
        em.count([1, 0], [1])
    with pytest.raises(InputError, match="one value a row"):
        em.mean_prediction([1, 0], [1])


def test_two_columns_of_probabilities_are_one():
    y, chance = [1, 0, 1], np.array([0.2, 0.6, 0.7])
    both = np.stack([1 - chance, chance], axis=1)
    assert em.log_loss_group_max(y, both, sensitive_features=["F"] * 3) == pytest.approx(
        skm.log_loss(y, chance)
    )


def test_no_warning_leaves_a_frame():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = frame(list(FIGURES), groups=["F"] * 13 + ["M"])
        for name, options in AGGREGATES:
            get(found, name, options)
        found.by_group_interval()
