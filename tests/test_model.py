"""The model door: what loads, what is refused unopened, and what a model may answer."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import os
import pickle
import zipfile

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io as sio
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from evenhand.audit import trust
from evenhand.audit.model import Model, load_model, save_model, wrap_model
from evenhand.errors import ModelError, OutputError, UntrustedModelError

TREE = "sklearn.tree._tree.Tree"


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"a": rng.normal(size=120), "sex": rng.choice(["F", "M"], 120), "k": rng.integers(0, 5, 120)}
    )
    frame.loc[::17, "sex"] = np.nan
    frame.loc[::13, "a"] = np.nan
    return frame


@pytest.fixture(scope="module")
def labels(rows) -> np.ndarray:
    return np.where(rows["a"].fillna(0) + rows["k"] > 2, "yes", "no")


def pipeline(last):
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    encode = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    selector = make_column_selector(dtype_include="number")
    return make_pipeline(ColumnTransformer([("n", numbers, selector), ("c", encode, ["sex"])]), last)


class Touch:
    """A pickle that makes a file when it is loaded."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


MODELS = [
    LogisticRegression(),
    DecisionTreeClassifier(max_depth=4),
    RandomForestClassifier(3, random_state=0),
    ExtraTreesClassifier(3, random_state=0),
    GradientBoostingClassifier(n_estimators=3),
    HistGradientBoostingClassifier(max_iter=3),
    AdaBoostClassifier(n_estimators=2),
    CalibratedClassifierCV(LogisticRegression(), cv=2),
    StackingClassifier([("l", LogisticRegression())], cv=2),
]


@pytest.mark.parametrize("last", MODELS, ids=lambda model: type(model).__name__)
def test_scikit_learns_own_models_load_without_asking(rows, labels, tmp_path, last):
    fitted = pipeline(last).fit(rows, labels)
    digest = save_model(fitted, tmp_path / "m.skops")
    model = load_model(tmp_path / "m.skops")
    np.testing.assert_array_equal(model.scores(rows, "yes"), fitted.predict_proba(rows)[:, 1])
    assert model.sha256 == digest == hashlib.sha256((tmp_path / "m.skops").read_bytes()).hexdigest()
    assert model.inputs == ("a", "sex", "k")
    assert model.description == f"Pipeline: ColumnTransformer, {type(last).__name__}"


def test_boosting_from_categories_loads_too(rows, labels, tmp_path):
    frame = rows.assign(sex=rows["sex"].astype("category"))
    fitted = HistGradientBoostingClassifier(max_iter=3, categorical_features="from_dtype").fit(frame, labels)
    save_model(fitted, tmp_path / "m.skops")
    scores = load_model(tmp_path / "m.skops").scores(frame, "yes")
    np.testing.assert_array_equal(scores, fitted.predict_proba(frame)[:, 1])


def test_a_type_that_is_not_listed_is_refused_until_its_sum_is(tmp_path):
    hostile = DummyClassifier().fit([[0], [1]], [0, 1])
    hostile.extra = functools.partial(os.path.join, "x")
    path = tmp_path / "m.skops"
    path.write_bytes(sio.dumps(hostile))
    with pytest.raises(
        UntrustedModelError, match=r"also holds: posixpath\.join; .* add its SHA-256 to trusted"
    ):
        load_model(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert load_model(path, trusted=[digest.upper()]).classes == (0, 1)


def schema_of(data: bytes) -> tuple[dict, dict[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return json.loads(files.pop("schema.json")), files


def zipped(schema: object, files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.writestr("schema.json", json.dumps(schema))
    return buffer.getvalue()


def test_a_crafted_file_that_names_a_function_of_the_system_is_never_imported(tmp_path, monkeypatch):
    imported = []
    monkeypatch.setattr("skops.io._utils.importlib.import_module", lambda name, **_: imported.append(name))
    call = {"__class__": "mkdir", "__module__": "os", "__loader__": "FunctionNode", "content": "os.mkdir"}
    (tmp_path / "m.skops").write_bytes(zipped(call | {"protocol": 2, "_skops_version": "0.16"}, {}))
    with pytest.raises(ModelError):
        load_model(tmp_path / "m.skops")
    assert imported == []


def crafted(estimator, change) -> bytes:
    """A file of a fitted tree, the arrays of which are changed."""
    schema, files = schema_of(sio.dumps(estimator))
    for name, data in files.items():
        array = np.load(io.BytesIO(data))
        if array.dtype.names and {"left_child", "left"} & set(array.dtype.names):
            change(array)
            buffer = io.BytesIO()
            np.save(buffer, array)
            files[name] = buffer.getvalue()
    return zipped(schema, files)


def put(column: str, value: int):
    def change(nodes: np.ndarray) -> None:
        nodes[column][0] = value

    return change


@pytest.mark.parametrize(
    ("model", "column", "value", "message"),
    [
        (DecisionTreeClassifier(), "left_child", 10**9, "a child lies outside"),
        (DecisionTreeClassifier(), "right_child", -5, "a child lies outside"),
        (DecisionTreeClassifier(), "left_child", 0, "a child comes before its parent"),
        (DecisionTreeClassifier(), "feature", 10**9, "a feature lies outside"),
        (RandomForestClassifier(2), "feature", -7, "a feature lies outside"),
        (HistGradientBoostingClassifier(max_iter=2), "left", 10**9, "a child lies outside"),
        (HistGradientBoostingClassifier(max_iter=2), "right", 0, "a child comes before its parent"),
        (HistGradientBoostingClassifier(max_iter=2), "feature_idx", 10**9, "a feature lies outside"),
        (HistGradientBoostingClassifier(max_iter=2), "is_categorical", 1, "it splits numbers by category"),
    ],
)
def test_a_tree_that_points_outside_itself_is_refused_before_it_predicts(
    tmp_path, model, column, value, message
):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 2))
    model.set_params(random_state=0).fit(X, X[:, 0] > 0)
    (tmp_path / "m.skops").write_bytes(crafted(model, put(column, value)))
    with pytest.raises(ModelError, match=message):
        load_model(tmp_path / "m.skops")


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (lambda tree: functools.partial(np.log1p, 3), "it binds the arguments of log1p"),
        (lambda tree: functools.partial(type(tree.tree_), 3), "it binds the arguments of Tree"),
        (lambda tree: type(tree.tree_), "a Tree is not stored as skops stores one"),
        (
            lambda tree: LogisticRegression().fit,
            r"also holds: .*LogisticRegression\.fit",
        ),
    ],
)
def test_what_could_call_a_tree_or_a_function_is_refused(tmp_path, extra, message):
    tree = DecisionTreeClassifier().fit(np.eye(4), [0, 1, 0, 1])
    tree.extra = extra(tree)
    (tmp_path / "m.skops").write_bytes(sio.dumps(tree))
    with pytest.raises(ModelError, match=message):
        load_model(tmp_path / "m.skops")


def test_an_ensemble_of_trees_for_other_columns_is_refused(tmp_path):
    wide = RandomForestClassifier(2).fit(np.eye(6), [0, 1] * 3)
    wide.n_features_in_ = 1
    (tmp_path / "m.skops").write_bytes(sio.dumps(wide))
    with pytest.raises(ModelError, match="it counts other columns than its ensemble"):
        load_model(tmp_path / "m.skops")


def test_stages_that_are_no_trees_are_refused(tmp_path):
    boosted = GradientBoostingClassifier(n_estimators=2).fit(np.eye(6), [0, 1] * 3)
    boosted.estimators_[0, 0] = LogisticRegression()
    (tmp_path / "m.skops").write_bytes(sio.dumps(boosted))
    with pytest.raises(ModelError, match="a member of the ensemble is no tree"):
        load_model(tmp_path / "m.skops")


def test_a_bomb_is_refused_unopened(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "m.skops", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", " " * (80 << 20))
    monkeypatch.setattr(trust.zipfile.ZipFile, "read", lambda *_: pytest.fail("the bomb was unpacked"))
    with pytest.raises(ModelError, match="must not unpack to 83886080 bytes"):
        load_model(tmp_path / "m.skops")


@pytest.mark.parametrize(
    "data", [b"", b"not a zip", zipped([], {}), zipped({"protocol": 2}, {}), zipped({"protocol": "x"}, {})]
)
def test_files_that_are_no_models_are_refused(tmp_path, data):
    (tmp_path / "m.skops").write_bytes(data)
    with pytest.raises(ModelError, match="the model file cannot be read"):
        load_model(tmp_path / "m.skops")


def test_a_nest_of_lists_that_is_too_deep_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.skops", "w") as archive:
        archive.writestr("schema.json", "[" * 100_000)
    with pytest.raises(ModelError, match="the model file cannot be read"):
        load_model(tmp_path / "m.skops")


def test_a_truncated_file_is_refused(rows, labels, tmp_path):
    path = tmp_path / "m.skops"
    save_model(pipeline(LogisticRegression()).fit(rows, labels), path)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(ModelError, match="the model file cannot be read"):
        load_model(path)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ModelError, match="a model file is needed: No such file"):
        load_model(tmp_path / "m.skops")


@pytest.mark.parametrize(
    ("write", "ending"), [(joblib.dump, ".joblib"), (joblib.dump, ".zip"), (None, ".pkl")]
)
def test_a_hostile_pickle_is_not_even_opened(tmp_path, write, ending):
    path, victim = tmp_path / f"m{ending}", tmp_path / "executed"
    if write is None:
        path.write_bytes(pickle.dumps(Touch(str(victim))))
    else:
        write(Touch(str(victim)), path)
    with pytest.raises(UntrustedModelError) as caught:
        load_model(path, trusted=["0" * 64])
    assert f'trusted = ["{hashlib.sha256(path.read_bytes()).hexdigest()}"]' in str(caught.value)
    assert not victim.exists()


def test_a_hostile_pickle_named_skops_is_not_opened_either(tmp_path):
    (tmp_path / "m.skops").write_bytes(pickle.dumps(Touch(str(tmp_path / "executed"))))
    with pytest.raises(ModelError):
        load_model(tmp_path / "m.skops")
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("compress", [0, 3])
def test_a_pickle_loads_when_its_sum_is_trusted(rows, labels, tmp_path, compress):
    fitted = pipeline(LogisticRegression()).fit(rows, labels)
    joblib.dump(fitted, tmp_path / "m.joblib", compress=compress)
    digest = hashlib.sha256((tmp_path / "m.joblib").read_bytes()).hexdigest()
    model = load_model(tmp_path / "m.joblib", trusted=[digest])
    np.testing.assert_array_equal(model.scores(rows, "yes"), fitted.predict_proba(rows)[:, 1])


def test_a_trusted_pickle_that_is_damaged_is_told(tmp_path):
    (tmp_path / "m.pkl").write_bytes(pickle.dumps({"a": 1})[:-3])
    digest = hashlib.sha256((tmp_path / "m.pkl").read_bytes()).hexdigest()
    with pytest.raises(ModelError, match="the model file cannot be read"):
        load_model(tmp_path / "m.pkl", trusted=[digest])


def test_columns_in_another_order_are_put_in_order(rows, labels):
    fitted = pipeline(LogisticRegression()).fit(rows, labels)
    shuffled = rows.assign(more=1)[["k", "more", "sex", "a"]]
    np.testing.assert_array_equal(
        wrap_model(fitted).scores(shuffled, "yes"), fitted.predict_proba(rows)[:, 1]
    )


def test_columns_that_are_absent_are_all_named(rows, labels):
    model = wrap_model(pipeline(LogisticRegression()).fit(rows, labels))
    with pytest.raises(ModelError) as caught:
        model.scores(rows.rename(columns={"sex": "sexx"}).drop(columns="k"), "yes")
    assert [item.message.partition(";")[0] for item in caught.value.problems] == [
        "the model wants the column 'sex'",
        "the model wants the column 'k'",
    ]
    assert "did you mean 'sexx'" in str(caught.value)


def test_a_model_fitted_on_arrays_counts_its_columns():
    model = wrap_model(LogisticRegression().fit(np.eye(4), [0, 1, 0, 1]))
    assert model.scores(pd.DataFrame(np.eye(4), columns=list("abcd")), 1).shape == (4,)
    with pytest.raises(ModelError, match="fitted on 4 columns without names, got 2"):
        model.scores(pd.DataFrame({"a": [1], "b": [2]}), 1)
    named = wrap_model(LogisticRegression().fit(np.eye(4), [0, 1, 0, 1]), columns=list("abcd"))
    assert named.scores(pd.DataFrame(np.eye(4), columns=list("abcd"))[list("dcba")], 1).shape == (4,)


def test_decisions_reach_the_threshold(rows, labels):
    model = wrap_model(pipeline(LogisticRegression()).fit(rows, labels))
    scores = model.scores(rows, "yes")
    np.testing.assert_array_equal(model.decide(rows, "yes", float(scores[3])), scores >= scores[3])
    np.testing.assert_array_equal(model.decide(rows, "no", 1.0), model.scores(rows, "no") >= 1.0)


def test_a_model_without_probabilities_decides_by_its_labels(rows, labels):
    fitted = pipeline(RidgeClassifier()).fit(rows, labels)
    model = wrap_model(fitted)
    assert model.scores(rows, "yes") is None
    np.testing.assert_array_equal(model.decide(rows, "yes"), fitted.predict(rows) == "yes")


@pytest.mark.parametrize(("classes", "label"), [([0, 1], "1"), ([False, True], 1), (["0", "1"], 1.0)])
def test_the_positive_label_is_matched_as_people_write_it(classes, label):
    fitted = DecisionTreeClassifier().fit([[0.0], [1.0]], classes)
    assert wrap_model(fitted).decide(pd.DataFrame({"x": [0.0, 1.0]}), label).tolist() == [False, True]


def test_a_label_that_the_model_does_not_know_is_told(rows, labels):
    model = wrap_model(pipeline(LogisticRegression()).fit(rows, labels))
    with pytest.raises(ModelError, match="got 'maybe'; the column holds: 'no', 'yes'"):
        model.scores(rows, "maybe")


class Stub:
    """A model that answers what it is told to."""

    classes_ = np.array(["no", "yes"])

    def __init__(self, answer) -> None:
        self.answer = answer

    def predict_proba(self, rows):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


FRAME = pd.DataFrame({"x": [1, 2]})


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (np.array([0.1, 0.9]), r"2 rows and 2 classes, got the shape \(2,\)"),
        (np.array([[0.1, 0.9]]), r"got the shape \(1, 2\)"),
        (np.array([[0.1], [0.9]]), r"got the shape \(2, 1\)"),
        (np.array([[0.1, np.nan], [0.5, 0.5]]), "got none for 1 rows"),
        (np.array([[0.1, 1.5], [0.5, 0.5]]), "probabilities lie between 0 and 1, got 1.5"),
        (np.array([["a", "b"], ["c", "d"]]), "predict_proba must give numbers"),
        (ValueError("could not convert string to float: 'x'\nmore"), "ValueError: could not convert string"),
        (KeyError("k"), "the model fails on these rows: KeyError: 'k'"),
    ],
)
def test_what_is_no_probability_is_told(answer, message):
    with pytest.raises(ModelError, match=message):
        wrap_model(Stub(answer)).scores(FRAME, "yes")


def test_a_regressor_is_no_classifier(rows, labels):
    regressor = LinearRegression().fit(rows[["k"]], labels == "yes")
    with pytest.raises(ModelError, match="predict must give labels, got fractions such as"):
        wrap_model(regressor).decide(rows, 1)


def test_a_regressor_that_predicts_labels_is_taken_at_its_word(rows, labels):
    tree = DecisionTreeRegressor().fit(np.arange(120)[:, None], labels == "yes")
    numbers = pd.DataFrame({"n": np.arange(120)})
    assert wrap_model(tree).decide(numbers, 1).tolist() == (labels == "yes").tolist()


def test_a_model_must_be_able_to_predict():
    with pytest.raises(ModelError, match="a model can predict_proba or predict, got dict"):
        wrap_model({})


def test_a_model_is_wrapped_once_and_classes_may_be_given():
    model = Model(Stub(np.eye(2)), classes=("b", "a"))
    assert wrap_model(model) is model
    assert wrap_model(Stub(np.eye(2)), classes=["yes", "no"]).scores(FRAME, "yes").tolist() == [1.0, 0.0]


def test_a_model_that_skops_cannot_write_is_told_and_nothing_is_left(tmp_path):
    odd = DummyClassifier().fit([[0], [1]], [0, 1])
    odd.extra = (item for item in [1])
    with pytest.raises(ModelError, match="skops cannot write this model"):
        save_model(odd, tmp_path / "m.skops")
    assert list(tmp_path.iterdir()) == []


def test_a_model_cannot_be_saved_where_nothing_can(tmp_path):
    with pytest.raises(OutputError):
        save_model(DummyClassifier().fit([[0], [1]], [0, 1]), tmp_path / "none" / "m.skops")


def test_the_list_of_types_lets_no_function_of_the_system_in():
    assert not [
        name
        for name in trust.ALLOWED_TYPES
        if not name.startswith(("sklearn.", "evenhand.mitigation.", "numpy.dtype", "functools.partial"))
        and name != "evenhand.audit.deployed.MitigatedModel"
        and not name.startswith("fairlearn.preprocessing.")
        # Types that nothing can be made of: a column selector names them to choose numbers or words.
        and name not in ("builtins.object", "numpy.number", "numpy.integer", "numpy.floating")
    ]
    assert TREE in trust.ALLOWED_TYPES
