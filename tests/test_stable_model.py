"""The same model gives the same file, and the file is the model."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import skops.io as sio
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from evenhand.audit.model import load_model, save_model
from evenhand.audit.stable_model import settled
from evenhand.demo import NUMBERS, TARGET, WORDS, pipeline

MODELS = [
    LogisticRegression(),
    RandomForestClassifier(5, max_depth=3, random_state=0),
    HistGradientBoostingClassifier(max_iter=5, random_state=0),
]


def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    return X, (X[:, 0] + rng.normal(size=200) > 0).astype(int)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_two_fits_give_the_same_bytes_and_load_as_the_model(model, tmp_path):
    X, y = rows()
    first = save_model(model.fit(X, y), tmp_path / "a.skops")
    expected = model.predict_proba(X)
    second = save_model(type(model)(**model.get_params()).fit(X, y), tmp_path / "b.skops")
    assert first == second
    assert (load_model(tmp_path / "a.skops").estimator.predict_proba(X) == expected).all()


def test_skops_itself_gives_other_bytes_for_another_object():
    X, y = rows()
    one, two = (sio.dumps(LogisticRegression().fit(X, y)) for _ in range(2))
    assert hashlib.sha256(settled(one)).digest() == hashlib.sha256(settled(two)).digest()


def test_the_demos_pipeline_keeps_its_hash(adult, tmp_path):
    train = adult.head(3000)
    sums = [
        save_model(pipeline().fit(train[[*WORDS, *NUMBERS]], train[TARGET]), tmp_path / f"{i}.skops")
        for i in range(2)
    ]
    assert sums[0] == sums[1]


def test_a_text_that_looks_like_a_part_of_the_file_is_left_alone(tmp_path):
    X, y = rows()
    model = LogisticRegression().fit(X, np.where(y == 1, "12345.npy", "no"))
    save_model(model, tmp_path / "m.skops")
    assert sorted(load_model(tmp_path / "m.skops").classes) == ["12345.npy", "no"]
