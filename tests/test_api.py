"""The Python face: audits from objects, arrays and files, and the traps on the way in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import evenhand
from evenhand import InputError, audit_file, audit_model, audit_predictions
from evenhand.api import write_settings
from evenhand.audit.policy import Limit
from evenhand.errors import OutputError, SettingsError
from evenhand.reading import settings_from

MODEL = {"target": "income", "pos_label": ">50K", "sensitive_features": ["sex"], "explain": False}
RNG = np.random.default_rng(0)
SEX = RNG.choice(["F", "M"], 400)
Y = RNG.integers(0, 2, 400)
P = np.where(SEX == "M", Y, Y * RNG.integers(0, 2, 400))
GAP = 1 - P[(SEX == "F") & (Y == 1)].mean()


def opportunity(*args, **kwargs):
    return audit_predictions(*args, **kwargs).disparity("equal_opportunity_difference", "sex")


def problems(call, *args, **kwargs):
    with pytest.raises(InputError) as caught:
        call(*args, **kwargs)
    return {problem.code: problem.message for problem in caught.value.problems}


# ---- traps, through arrays -----------------------------------------------------------------------


def test_the_plain_case():
    assert opportunity(Y, P, sensitive_features={"sex": SEX}).value == pytest.approx(GAP)


@pytest.mark.parametrize(
    ("no", "yes"), [("no", "yes"), (1, 2), (-1, 1), (False, True), ("a", "b"), (0.0, 1.0)]
)
def test_any_two_labels_will_do_once_one_is_declared(no, yes):
    made = [np.where(values, yes, no) for values in (Y == 1, P == 1)]
    assert opportunity(*made, sensitive_features={"sex": SEX}, pos_label=yes).value == pytest.approx(GAP)


@pytest.mark.parametrize(("no", "yes"), [("no", "yes"), (1, 2), (2, 0)])
def test_other_labels_are_refused_undeclared(no, yes):
    with pytest.raises(InputError, match="pos_label=") as caught:
        audit_predictions(np.where(Y, yes, no), np.where(P, yes, no), sensitive_features={"sex": SEX})
    assert [problem.where for problem in caught.value.problems] == ["y_true", "y_pred"]


def test_probabilities_are_no_decisions():
    with pytest.raises(InputError, match="y_score"):
        audit_predictions(Y, RNG.random(400), sensitive_features={"sex": SEX})


def test_scores_are_decided_at_the_threshold():
    score = np.where(P == 1, 0.7, 0.6)
    found = opportunity(Y, y_score=score, threshold=0.65, sensitive_features={"sex": SEX})
    assert found.value == pytest.approx(GAP)


@pytest.mark.parametrize("turned", ["y_pred", "sensitive_features", "sample_weight", "y_score"])
def test_an_index_in_another_order_is_refused(turned):
    given = {
        "y_pred": pd.Series(P),
        "sensitive_features": pd.Series(SEX, name="sex"),
        "sample_weight": pd.Series(np.ones(400)),
        "y_score": pd.Series(P * 0.5),
    }
    given[turned] = given[turned].sample(frac=1, random_state=0)
    with pytest.raises(InputError, match="matched by index"):
        audit_predictions(pd.Series(Y), **given)


def test_a_missing_sensitive_value_is_a_group_and_not_compared():
    sex = pd.DataFrame({"sex": np.where(np.arange(400) < 40, None, SEX)})
    result = audit_predictions(Y, P, sensitive_features=sex)
    assert result.by_group["group"].tolist() == ["F", "M", "(missing)"]
    assert result.by_group["rows"].sum() == 400
    compared = result.disparities.query("against != 'all_pairs'")["group"]
    assert "(missing)" not in set(compared)


def test_a_group_of_one_row_is_shown_and_left_out():
    sex = SEX.copy()
    sex[0] = "X"
    result = audit_predictions(Y, P, sensitive_features={"sex": sex})
    worst = result.disparity("demographic_parity_difference", "sex")
    assert worst.left_out == (("X",),)
    assert "X" in result.by_group["group"].tolist()


def test_a_group_without_positives_has_no_equalized_odds():
    y = np.where(SEX == "F", 0, Y)
    result = audit_predictions(y, P, sensitive_features={"sex": SEX}, min_group_size=1)
    worst = result.disparity("equalized_odds_difference", "sex")
    assert np.isnan(worst.value)
    frame = result.by_group.set_index("group")
    assert np.isnan(frame.loc["F", "true_positive_rate"])


def test_a_group_without_positives_is_left_out_where_a_size_is_asked_for():
    sex = np.where(np.arange(400) % 3 == 0, "X", SEX)
    y = np.where(sex == "X", 0, Y)
    worst = audit_predictions(y, P, sensitive_features={"sex": sex}).disparity(
        "equalized_odds_difference", "sex"
    )
    assert worst.left_out == (("X",),)
    assert worst.value < 1


def test_decisions_that_are_all_zero_are_no_proof_of_fairness():
    result = audit_predictions(Y, 0 * P, sensitive_features={"sex": SEX})
    assert result.disparity("demographic_parity_difference", "sex").interval.high > 0
    ratio = result.disparity("demographic_parity_ratio", "sex")
    assert (ratio.reason, np.isnan(ratio.value)) == ("all_zero", True)


KINDS = {
    "integers": (SEX == "M").astype(int),
    "booleans": SEX == "M",
    "objects": SEX.astype(object),
    "categories with unused levels": pd.Categorical(SEX, categories=["X", "M", "F", "Z"]),
    "nullable": pd.array(SEX, dtype="string"),
    "arrow": pd.array(SEX, dtype="string[pyarrow]"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_groups_of_any_type(kind):
    result = audit_predictions(Y, P, sensitive_features=pd.DataFrame({"sex": KINDS[kind]}))
    sizes = [(SEX == "F").sum(), (SEX == "M").sum()]
    assert sorted(result.by_group["rows"]) == sorted(sizes)
    assert result.disparity("equal_opportunity_difference", "sex").value == pytest.approx(GAP)


@pytest.mark.parametrize("dtype", ["Int64", "int64[pyarrow]", "boolean", "bool[pyarrow]", "Float64", "uint8"])
def test_labels_of_any_type(dtype):
    made = [pd.Series(values).astype(bool if "bool" in dtype else int).astype(dtype) for values in (Y, P)]
    assert opportunity(*made, sensitive_features={"sex": SEX}).value == pytest.approx(GAP)


FRAMES = {
    "pandas": (pd.Series, pd.DataFrame, pd.DataFrame),
    "polars": (pl.Series, pl.DataFrame, pl.DataFrame),
    "pyarrow": (pa.array, pa.table, pa.Table),
}


@pytest.mark.parametrize("library", FRAMES)
def test_tables_come_back_in_the_callers_kind(library):
    series, frame, kind = FRAMES[library]
    result = audit_predictions(series(Y), series(P), sensitive_features=frame({"sex": SEX}))
    assert type(result.by_group) is kind
    assert type(result.disparities) is kind
    assert result.disparity("equal_opportunity_difference", "sex").value == pytest.approx(GAP)


# ---- bad arrays ----------------------------------------------------------------------------------

WHO = {"sensitive_features": {"sex": SEX}}
BAD = {
    "no rows": ((), [], {"sensitive_features": {"sex": []}}, "at least one row"),
    "lengths": (Y, P[:-1], WHO, "got lengths sex 400, y_true 400, y_pred 399"),
    "one class": (0 * Y, P, WHO, "labels of both classes are needed, got only 0"),
    "no such label": (Y, P, {**WHO, "pos_label": 7}, "got 7; they are 0, 1"),
    "constant": (Y, P, {"sensitive_features": {"sex": ["F"] * 400}}, "two values at least, got only 'F'"),
    "all missing": (Y, P, {"sensitive_features": {"sex": [None] * 400}}, "every one is missing"),
    "missing decision": (Y, np.where(P, 1.0, np.nan), WHO, "missing; drop or fill"),
    "scores outside": (Y, P, {**WHO, "y_score": P + 0.5}, "probabilities lie in [0, 1]"),
    "negative weight": (Y, P, {**WHO, "sample_weight": -1.0 - Y}, "400 negative"),
    "missing weight": (Y, P, {**WHO, "sample_weight": np.full(400, np.nan)}, "400 missing"),
    "zero weights": (Y, P, {**WHO, "sample_weight": 0.0 * Y}, "got only zeros"),
    "unbanded": (Y, P, {"sensitive_features": {"age": np.arange(400)}}, "bands beyond 20 values, got 400"),
    "unbanded control": (Y, P, {**WHO, "control_features": {"c": np.arange(400)}}, "needs bands"),
    "unknown setting": (Y, P, {**WHO, "treshold": 1}, "did you mean 'threshold'?"),
    "reference": (Y, P, {**WHO, "reference": {"sex": "X"}}, "known are: F, M"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arrays_are_refused_in_words(case):
    y_true, y_pred, given, message = BAD[case]
    with pytest.raises(InputError) as caught:
        audit_predictions(y_true, y_pred, **given)
    assert message in str(caught.value)


def test_bad_arrays_are_told_all_at_once():
    found = problems(
        audit_predictions,
        np.where(Y, "yes", "no"),
        P,
        sensitive_features={"sex": SEX},
        sample_weight=-1.0 * Y,
    )
    assert len(found) == 2


def test_bands_and_controls_of_arrays():
    result = audit_predictions(
        Y,
        P,
        sensitive_features={"age": np.arange(400)},
        control_features={"sex": SEX},
        bands={"age": [100, 200]},
    )
    assert result.by_group["group"].tolist() == ["under 100", "100 to 199", "200 and over"]
    assert result.record.conditional[0].control == "sex"


def test_without_labels_only_selection_is_measured():
    result = audit_predictions(None, P, sensitive_features={"sex": SEX})
    assert "selection_rate" in result.by_group.columns
    assert "true_positive_rate" not in result.by_group.columns


# ---- models --------------------------------------------------------------------------------------


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_a_model_is_asked_with_any_frame(library, pipeline, tested):
    frame = pl.from_pandas(tested) if library == "polars" else pa.Table.from_pandas(tested)
    one, two = (audit_model(pipeline, table, **MODEL) for table in (frame, tested))
    assert type(one.by_group) is FRAMES[library][2]
    rates = [result.record.groupings[0].groups[0].rates for result in (one, two)]
    assert rates[0] == rates[1]


def test_a_model_that_wants_other_columns(pipeline, tested):
    found = problems(audit_model, pipeline, tested.rename(columns={"age": "agee"}), **MODEL)
    assert found == {"model_column": "the model wants the column 'age'; did you mean 'agee'?"}


def test_problems_of_columns_and_of_the_model_come_together(pipeline, tested):
    rows = tested.rename(columns={"age": "agee"}).assign(sex="F")
    assert set(problems(audit_model, pipeline, rows, **MODEL)) == {"model_column", "constant"}


def test_a_model_on_a_table_with_missing_sensitive_values(pipeline, tested):
    rows = tested.assign(sex=tested["sex"].where(tested.index % 10 != 0))
    result = audit_model(pipeline, rows, **MODEL)
    assert result.by_group["group"].tolist() == ["Female", "Male", "(missing)"]


@pytest.mark.parametrize("dtype", ["category", "string", "string[pyarrow]"])
def test_a_model_on_any_text_type(pipeline, tested, dtype):
    words = {name: tested[name].astype(dtype) for name in ("sex", "race", "occupation", "marital-status")}
    result = audit_model(pipeline, tested.assign(**words), **MODEL)
    plain = audit_model(pipeline, tested, **MODEL)
    pd.testing.assert_frame_equal(result.by_group, plain.by_group)


def test_an_object_that_cannot_predict(tested):
    with pytest.raises(InputError, match="give a fitted classifier"):
        audit_model(object(), tested, **MODEL)


def test_limits_of_every_kind(pipeline, tested, tmp_path):
    line = {"metric": "accuracy", "attribute": "sex", "min": 0.5}
    file = tmp_path / "policy.toml"
    file.write_text('[[limit]]\nmetric = "accuracy"\nattribute = "sex"\nmin = 0.5\n', encoding="utf-8")
    kinds = ([line], (Limit(**line),), file, str(file))
    verdicts = [audit_model(pipeline, tested, policy=policy, **MODEL).verdict for policy in kinds]
    assert verdicts == ["pass"] * 4


# ---- files ---------------------------------------------------------------------------------------


def test_settings_of_a_table_and_of_a_file(files, tmp_path):
    chosen = {"target": "income", "pos_label": ">50K", "sensitive": ("sex",), "prediction": "decision"}
    direct = audit_file(settings_from(files / "loans.parquet", chosen))
    file = tmp_path / "evenhand.toml"
    lines = [f'{key} = "{value}"' for key, value in chosen.items() if key != "sensitive"]
    file.write_text(
        "\n".join([f'data = "{files / "loans.csv"}"', 'sensitive = ["sex"]', *lines]), encoding="utf-8"
    )
    named = audit_file(file)
    pd.testing.assert_frame_equal(direct.by_group, named.by_group)


def test_an_audit_without_a_table_is_refused():
    assert "no_data" in problems(audit_file, evenhand.api.Settings(sensitive=("sex",)))


def test_problems_of_all_files_come_together(files, tmp_path):
    (tmp_path / "policy.toml").write_text("[[limit]]", encoding="utf-8")
    (tmp_path / "model.pkl").write_bytes(b"x")
    chosen = {
        "model": str(tmp_path / "model.pkl"),
        "policy": str(tmp_path / "policy.toml"),
        "sensitive": ("sex",),
    }
    found = problems(audit_file, settings_from(tmp_path / "none.csv", chosen))
    assert set(found) >= {"missing_file", "untrusted_model", "missing_key"}


def test_a_failure_leaves_no_folder_behind(tmp_path):
    out = tmp_path / "a" / "b"
    with pytest.raises(InputError):
        audit_file(settings_from(tmp_path / "none.csv", {"out": str(out)}))
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_a_folder_that_was_there(tmp_path):
    (tmp_path / "kept").mkdir()
    with pytest.raises(InputError):
        audit_file(settings_from(tmp_path / "none.csv", {"out": str(tmp_path / "kept" / "deep")}))
    assert [path.name for path in tmp_path.rglob("*")] == ["kept"]


def test_a_folder_that_cannot_be_written_is_told_before_the_work(files, tmp_path):
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="name another place"):
        audit_file(settings_from(files / "loans.parquet", {"out": str(tmp_path / "taken")}))


def test_guessed_settings_can_be_audited_once_corrected(files, tmp_path):
    path = write_settings(files / "loans.csv", tmp_path / "evenhand.toml")
    chosen = {"prediction": "decision", "target": "income", "pos_label": ">50K", "sensitive": ("sex",)}
    settings = settings_from(path, {**chosen, "score": "p", "bands": {}, "intersections": ()})
    assert audit_file(settings).record.data.rows == 2000
    with pytest.raises(InputError):
        write_settings(files / "loans.csv", path)


def test_overrides_win_over_the_file(tmp_path):
    path = tmp_path / "evenhand.toml"
    path.write_text('threshold = 0.3\ndata = "x.csv"\n', encoding="utf-8")
    assert settings_from(path, {"threshold": 0.4}).threshold == 0.4
    with pytest.raises(SettingsError, match="treshold"):
        settings_from(path, {"treshold": 0.4})


# ---- the face ------------------------------------------------------------------------------------


def python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(sys.prefix)
    )
    assert done.stderr == ""
    return done.stdout


def test_importing_evenhand_imports_nothing_heavy():
    heavy = ("pandas", "sklearn", "numpy", "duckdb", "shap", "torch", "typer", "pydantic", "narwhals")
    assert python(f"import sys, evenhand; print([name for name in {heavy} if name in sys.modules])") == "[]\n"


def test_the_command_line_and_the_api_load_no_library_that_one_audit_in_many_needs():
    heavy = (
        "altair",
        "captum",
        "catboost",
        "fairlearn",
        "lightgbm",
        "shap",
        "torch",
        "vl_convert",
        "xgboost",
    )
    code = "import sys, evenhand.cli.app; from evenhand import audit_model, explain_row, mitigate_model;"
    assert python(f"{code} print([name for name in {heavy} if name in sys.modules])") == "[]\n"


def test_the_metrics_import_neither_pandas_nor_scikit_learn():
    code = "import sys; from evenhand.metrics import demographic_parity_difference;"
    assert python(f"{code} print([name for name in ('pandas', 'sklearn') if name in sys.modules])") == "[]\n"


def test_what_the_package_offers_is_there():
    assert set(evenhand.__all__) <= set(dir(evenhand))
    assert all(getattr(evenhand, name) is not None for name in evenhand.__all__)
    with pytest.raises(AttributeError, match="no attribute 'audits'"):
        _ = evenhand.audits
