"""Guessed settings: they are TOML that the loader reads, with roles that a person would guess."""

from __future__ import annotations

import pandas as pd
import pytest

from evenhand.audit.data import adult_path
from evenhand.audit.dataset import open_dataset
from evenhand.audit.init_settings import guess_settings, write_guess
from evenhand.audit.settings import load_settings
from evenhand.errors import OutputError


@pytest.fixture
def guess(tmp_path):
    def guess(frame, name: str = "data.csv"):
        path = tmp_path / "evenhand.toml"
        path.write_text(guess_settings(open_dataset(frame, name=name)), encoding="utf-8")
        return load_settings(path)

    return guess


def test_adult_is_guessed_as_the_demo_has_it(tmp_path):
    write_guess(open_dataset(adult_path()), tmp_path / "evenhand.toml")
    settings = load_settings(tmp_path / "evenhand.toml")
    assert (settings.target, settings.pos_label, settings.missing) == ("income", ">50K", ("?",))
    assert {"sex", "race", "age"} <= set(settings.sensitive)
    assert settings.bands["age"] == (40.0,)
    assert (settings.split.column, settings.split.train, settings.split.test) == ("split", "train", "test")


def test_a_file_is_never_overwritten(tmp_path):
    (tmp_path / "evenhand.toml").write_text("mine")
    with pytest.raises(OutputError, match="never overwritten, and this one exists"):
        write_guess(open_dataset(adult_path()), tmp_path / "evenhand.toml")
    assert (tmp_path / "evenhand.toml").read_text() == "mine"


def test_roles_are_guessed_from_names_and_values(guess):
    rows = 40
    settings = guess(
        pd.DataFrame(
            {
                "person_id": range(1000, 1000 + rows),
                "Gender": ["f", "m"] * 20,
                "maritalStatus": ["single", "married", "NA", "single"] * 10,
                "approved": ["no", "yes"] * 20,
                "score": [0.25, 0.75] * 20,
                "decision": ["yes", "no"] * 20,
            }
        )
    )
    assert (settings.target, settings.pos_label, settings.id) == ("approved", "yes", "person_id")
    assert settings.sensitive == ("Gender", "maritalStatus")
    assert (settings.score, settings.prediction, settings.missing) == ("score", "decision", ("NA",))


def test_words_within_words_do_not_count(guess):
    settings = guess(pd.DataFrame({"message": ["a", "b"], "embrace": ["c", "d"], "y": [0, 1]}))
    assert settings.sensitive == ()
    assert (settings.target, settings.pos_label) == ("y", None)


def test_the_last_column_of_two_values_is_the_target_without_a_name(guess):
    assert guess(pd.DataFrame({"a": ["x", "y", "x"], "b": ["u", "v", "v"], "c": [1, 2, 3]})).target == "b"


@pytest.mark.parametrize(
    "name", ['say "sex"', "back\\slash sex", "年 sex", "sex\ttab", "sex = 1 # no", "sex\u202etfel"]
)
def test_hostile_names_and_values_stay_text(guess, name):
    value = 'x"\n[[limit]]\n# \u2028'
    settings = guess(pd.DataFrame({name: ["a", "b"], "outcome": [value, "z"]}), name='d"\n.csv')
    assert (settings.sensitive, settings.data) == ((name,), 'd"\n.csv')
    assert settings.target == "outcome"
    assert settings.limit == ()


@pytest.mark.parametrize(
    "name", ["german_credit.csv", "titanic.csv", "student_mat.csv", "default_credit_taiwan.parquet"]
)
def test_real_tables_give_settings_that_load(shared_data, tmp_path, name):
    write_guess(open_dataset(shared_data(name)), tmp_path / "evenhand.toml")
    assert load_settings(tmp_path / "evenhand.toml").target is not None
