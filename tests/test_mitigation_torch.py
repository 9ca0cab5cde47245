"""TabularNet: what it reads, that it repeats, its penalties, its adversary and its tree."""

from __future__ import annotations

import ast
import builtins
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline

from evenhand.audit.model import load_model, save_model
from evenhand.errors import EvenhandWarning, InputError
from evenhand.metrics import functions
from evenhand.mitigation import TabularNet
from evenhand.mitigation.constraints import CONSTRAINTS
from evenhand.mitigation.rows import row_groups
from evenhand.mitigation.table_encoder import TableEncoder
from evenhand.mitigation.torch_penalties import (
    PENALTIES,
    RATES,
    Prices,
    groupings,
    penalty_value,
    soft_gaps,
)
from evenhand.mitigation.torch_tree import leaves_to_imitate

torch = pytest.importorskip("torch")
ROOM = Path(__file__).resolve().parents[1] / "mitigation"
quick = settings(max_examples=25, deadline=None)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def table(rows=1200, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], rows)
    job = np.where(rng.random(rows) < 0.7, np.where(sex == "F", "nurse", "smith"), "clerk")
    X = pd.DataFrame({"a": rng.normal(size=rows), "b": rng.normal(size=rows), "job": job, "sex": sex})
    y = (X["a"] + (sex == "M") + 0.7 * rng.normal(size=rows) > 0.8).astype(int).to_numpy()
    return X, y, sex


def net(**options):
    return TabularNet(
        **{"hidden": (16,), "max_epochs": 12, "batch_size": 64, "learning_rate": 0.01, **options}
    )


@pytest.fixture(scope="module")
def plain():
    X, y, sex = table()
    return net().fit(X, y, sensitive_features=sex)


def test_it_learns_and_says_its_parts(plain):
    X, y, _ = table(seed=1)
    assert plain.score(X, y) > 0.8
    assert plain.module_.represent(plain.to_tensor(X)).shape == (len(X), 16)
    logits = plain.module_(plain.to_tensor(X)).detach().numpy()[:, 0]
    np.testing.assert_allclose(plain.predict_proba(X)[:, 1], 1 / (1 + np.exp(-logits)), rtol=1e-5)
    assert plain.feature_names_in_.tolist() == ["a", "b", "job", "sex"]
    assert not plain.module_.training


def test_it_repeats_and_leaves_every_random_state(plain):
    X, y, sex = table()
    state, numpy_state = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    again = net().fit(X, y, sensitive_features=sex)
    np.testing.assert_array_equal(again.predict_proba(X), plain.predict_proba(X))
    assert torch.equal(torch.random.get_rng_state(), state)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)
    torch.manual_seed(5)
    other = net(dropout=0.2).fit(X, y, sensitive_features=sex).predict_proba(X)
    torch.manual_seed(6)
    np.testing.assert_array_equal(net(dropout=0.2).fit(X, y, sensitive_features=sex).predict_proba(X), other)
    assert (net(random_state=1).fit(X, y, sensitive_features=sex).predict_proba(X) != other).any()


def test_the_best_epoch_is_kept(plain):
    objectives = [epoch["objective"] for epoch in plain.history_]
    assert plain.best_epoch_ == int(np.argmin(objectives))
    assert plain.n_iter_ == len(objectives)


@pytest.mark.parametrize(
    ("penalty", "measure"),
    [
        ("equalized_odds", functions.equalized_odds_difference),
        ("demographic_parity", functions.demographic_parity_difference),
        ("false_negative_rate", functions.equal_opportunity_difference),
    ],
)
def test_a_penalty_narrows_its_gap(plain, penalty, measure):
    X, y, sex = table()
    new, labels, groups = table(3000, seed=2)
    fair = net(penalty=penalty, penalty_weight=1.5, max_epochs=20, patience=20).fit(
        X, y, sensitive_features=sex
    )
    before = measure(labels, plain.predict(new), sensitive_features=groups)
    assert measure(labels, fair.predict(new), sensitive_features=groups) < before / 2
    assert fair.score(new, labels) > 0.65


def test_predictive_values_and_intersections_can_be_punished():
    X, y, sex = table(400)
    groups = pd.DataFrame({"sex": sex, "old": X["b"].to_numpy() > 0})
    model = net(penalty="predictive_parity", penalty_weight=0.5, penalty_groups="both", max_epochs=2)
    model.fit(X, y, sensitive_features=groups)
    assert len(model.groups_) == 4
    assert all(np.isfinite(epoch["penalty"]) for epoch in model.history_)


def lost(model, X, sex):
    """How well a straight line tells the sex from the score, among rows of one label."""
    score = model.decision_function(X)
    return abs(score[sex == "M"].mean() - score[sex == "F"].mean()) / score.std()


@pytest.mark.parametrize("reads", ["score", "representation"])
def test_an_adversary_hides_the_group(plain, reads):
    X, y, sex = table()
    options = {"adversary": reads, "adversary_weight": 3.0, "adversary_sees_label": False, "max_epochs": 20}
    model = net(**options).fit(X, y, sensitive_features=sex)
    assert model.n_iter_ == 20
    assert lost(model, X, sex) < lost(plain, X, sex) / 2
    assert model.score(X, y) > 0.65


def test_a_tree_imitates_a_net_that_was_trained_towards_one():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1500, 3))
    y = (np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.3 * rng.normal(size=1500) > 0).astype(int)
    nets = [net(tree_weight=weight, max_epochs=20, hidden=(32,)).fit(X, y) for weight in (0.0, 8.0)]
    free, small = (leaves_to_imitate(X, model.predict(X), fidelity=0.9) for model in nets)
    assert small < free / 1.5
    assert nets[1].score(X, y) > 0.6


@quick
@given(st.integers(0, 1000))
def test_soft_rates_of_hard_decisions_are_the_rates(seed):
    rng = np.random.default_rng(seed)
    y, p, codes = rng.integers(0, 2, 30), rng.integers(0, 2, 30), rng.integers(0, 3, 30)
    weights = rng.random(30) + 0.1
    members = [(codes[:, None] == np.arange(3)).astype(float)]
    named = [name for name in RATES if hasattr(functions, name)]
    assert len(named) >= 5
    for name in named:
        rate = getattr(functions, name)
        overall = rate(y, p, pos_label=1, sample_weight=weights)
        (gaps,) = soft_gaps([RATES[name]], p, y, members, weights)
        for group in range(3):
            at = codes == group
            own = rate(y[at], p[at], pos_label=1, sample_weight=weights[at]) if at.any() else np.nan
            expected = 0.0 if np.isnan(own) or np.isnan(overall) else own - overall
            assert gaps[group] == pytest.approx(expected, abs=1e-9)


def test_the_penalty_of_two_groups_is_their_difference():
    y, p = np.ones(6), np.array([1.0, 1.0, 0.4, 0.2, 0.3, 0.1])
    members = [(np.array([0, 0, 0, 1, 1, 1])[:, None] == np.arange(2)).astype(float)]
    gaps = soft_gaps([RATES["selection_rate"]], p, y, members, np.ones(6))
    assert penalty_value(gaps) == pytest.approx(p[:3].mean() - p[3:].mean())


def test_prices_end_at_the_slope_of_the_absolute_gap():
    gap = torch.tensor([0.3, -0.2], requires_grad=True)
    prices = Prices(step=0.5)
    for _ in range(20):
        slope = prices.penalty([gap], [gap.detach()])
    slope.backward()
    np.testing.assert_allclose(gap.grad.numpy(), [1, -1])


def test_noise_around_a_closed_gap_has_no_price():
    noise = np.random.default_rng(0).normal(scale=0.1, size=(400, 1))
    prices = Prices(step=0.01)
    for gap in noise:
        prices.penalty([gap], [gap])
    assert abs(prices.values[0][0]) < 0.1


def test_every_constraint_is_a_penalty():
    assert set(CONSTRAINTS) <= set(PENALTIES)


def test_groupings_by_hand():
    groups = row_groups({"sex": ["F", "M", "F"], "race": ["A", "A", "B"]})
    assert [codes.tolist() for codes in groupings(groups, "each")] == [[0, 1, 0], [0, 0, 1]]


def test_missing_and_unseen_values_are_read():
    X, y, sex = table(400)
    holed = X.assign(a=X["a"].where(X["b"] > -1), job=X["job"].where(X["b"] < 1).astype("category"))
    model = net(max_epochs=2).fit(holed, y, sensitive_features=sex)
    strange = holed.assign(job="astronaut", a=np.nan)
    assert np.isfinite(model.predict_proba(strange)).all()
    assert model.encoder_.levels_[0] == ["clerk", "nurse", "smith", None]


def test_frames_of_polars_and_arrays_of_numbers():
    polars = pytest.importorskip("polars")
    X, y, sex = table(300)
    pandas_fit = net(max_epochs=2).fit(X, y, sensitive_features=sex)
    polars_fit = net(max_epochs=2).fit(polars.from_pandas(X), y, sensitive_features=sex)
    np.testing.assert_array_equal(
        polars_fit.predict_proba(polars.from_pandas(X)), pandas_fit.predict_proba(X)
    )
    numbers = X[["a", "b"]].to_numpy()
    assert net(max_epochs=1).fit(numbers, y).predict(numbers.tolist()).shape == (300,)


def test_infinity_and_changed_types_are_refused():
    X, _, _ = table(100)
    with pytest.raises(InputError, match=r"column 'a'.*infinity"):
        TableEncoder().fit(X.assign(a=np.inf))
    encoder = TableEncoder().fit(X)
    with pytest.raises(InputError, match="held numbers in training"):
        encoder.transform(X.assign(a="many"))


def test_labels_of_any_type_and_the_positive_one():
    X, y, sex = table(400)
    words = np.where(y == 1, "approved", "denied")
    model = net(pos_label="approved", max_epochs=5).fit(X, words, sensitive_features=sex)
    assert model.classes_.tolist() == ["approved", "denied"]
    assert model.score(X, words) > 0.7
    mirrored = net(max_epochs=5).fit(X, y, sensitive_features=sex)
    np.testing.assert_allclose(model.predict_proba(X)[:, 0], mirrored.predict_proba(X)[:, 1], rtol=1e-6)


def test_weights_of_zero_leave_rows_out():
    X, y, sex = table(600)
    weights = (np.arange(600) % 2).astype(float)
    wrong = np.where(weights == 0, 1 - y, y)
    model = net().fit(X, wrong, sensitive_features=sex, sample_weight=weights)
    assert model.score(X, y) > 0.75


def test_it_is_saved_without_code_and_scores_through_the_door(plain, tmp_path):
    X, _, _ = table(200, seed=3)
    save_model(plain, tmp_path / "net.skops")
    door = load_model(tmp_path / "net.skops")
    np.testing.assert_array_equal(door.scores(X, 1), plain.predict_proba(X)[:, 1])
    assert b"torch" not in pickle.dumps(plain).replace(b"torch_", b"")
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(plain)).predict(X), plain.predict(X))


def test_saving_twice_gives_the_same_bytes(plain, tmp_path):
    assert save_model(plain, tmp_path / "a.skops") == save_model(plain, tmp_path / "b.skops")


def test_it_clones_and_is_cross_validated():
    X, y, sex = table(300)
    model = clone(net(penalty_weight=0.3, max_epochs=2))
    scores = cross_validate(make_pipeline(model), X, y, params={"tabularnet__sensitive_features": sex}, cv=2)
    assert len(scores["test_score"]) == 2


def test_a_penalty_without_groups_is_said():
    X, y, _ = table(100)
    with pytest.warns(EvenhandWarning, match="nothing is held equal"):
        net(penalty_weight=1.0, max_epochs=1).fit(X, y)


def test_a_time_limit_keeps_the_best_so_far():
    X, y, sex = table(200)
    seen = []
    with pytest.warns(EvenhandWarning, match="after 1 epochs"):
        model = net(time_limit=0, progress=lambda *said: seen.append(said)).fit(X, y, sensitive_features=sex)
    assert model.stopped_
    assert seen == [("network", 1, 12)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"penalty": "equalised_odds"}, "did you mean 'equalized_odds'"),
        ({"adversary": "scores"}, "did you mean 'score'"),
        ({"penalty_groups": "all"}, "no penalty_groups called 'all'"),
        ({"dropout": 1, "batch_size": 0, "sharpness": 0, "tree_weight": -1}, "4 problems"),
        ({"device": "abacus"}, "cannot use 'abacus'"),
        ({"sensitive_columns": "sexx"}, "no column 'sexx'"),
        ({"pos_label": 2}, "no row has the positive label 2"),
    ],
)
def test_bad_options_are_refused(options, words):
    X, y, _ = table(60)
    with pytest.raises(InputError, match=words):
        net(**options).fit(X, y)


def test_a_missing_torch_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **options):
        if name.split(".")[0] == "torch":
            raise ImportError(name)
        return real(name, *rest, **options)

    X, y, _ = table(60)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r'pip install "evenhand\[torch\]"'):
        net().fit(X, y)


@pytest.mark.parametrize("path", sorted(ROOM.glob("*.py")), ids=lambda path: path.name)
def test_torch_is_imported_within_functions_only(path):
    body = ast.parse(path.read_text("utf-8")).body
    named = [alias.name for node in body if isinstance(node, ast.Import) for alias in node.names]
    named += [node.module or "" for node in body if isinstance(node, ast.ImportFrom)]
    assert not [name for name in named if name.split(".")[0] in {"torch", "lightgbm", "xgboost"}]
