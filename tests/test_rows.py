"""Rows as the metrics see them: labels, decisions, scores, weights and groups, batch by batch."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evenhand.audit.dataset import open_dataset
from evenhand.audit.model import wrap_model
from evenhand.audit.roles import check_roles
from evenhand.audit.rows import Table, attribute, check_inputs, columns_read, count_rows, inputs_of, part_of
from evenhand.audit.settings import Settings
from evenhand.errors import ModelError
from evenhand.metrics.rates import RATES, count, group_table

ROWS = pd.DataFrame(
    {
        "y": ["no", "yes", "yes", "no", "yes", "no"],
        "d": ["yes", "yes", "no", "no", "yes", "no"],
        "p": [0.5, 0.9, 0.2, 0.1, 0.7, 0.4999],
        "age": [39, 40, 64, 65, 20, None],
        "sex": ["F", "M", None, "F", "M", "F"],
        "w": [1.0, 2.0, 0.0, 1.5, 1.0, 1.0],
    }
)


def roles(**settings):
    chosen = Settings(target="y", pos_label="yes", **{"sensitive": ("sex",), **settings})
    return check_roles(
        open_dataset(ROWS), chosen, model_given="prediction" not in settings and "score" not in settings
    )


def test_labels_and_decisions_are_flags():
    part = part_of(ROWS, roles(prediction="d"), None)
    assert part.labels.tolist() == [False, True, True, False, True, False]
    assert part.decisions.tolist() == [True, True, False, False, True, False]
    assert part.scores is None


def test_a_score_at_the_threshold_is_selected():
    part = part_of(ROWS, roles(score="p"), None)
    assert part.decisions.tolist() == [True, True, False, False, True, False]
    assert part_of(ROWS, roles(score="p", threshold=0.9), None).decisions.sum() == 1


def test_named_decisions_win_over_the_score():
    part = part_of(ROWS, roles(score="p", prediction="d", threshold=0.9), None)
    assert part.decisions.sum() == 3
    assert part.scores.tolist() == ROWS["p"].tolist()


def test_a_missing_level_is_a_group_and_bands_keep_their_order():
    part = part_of(ROWS, roles(prediction="d", sensitive=("sex", "age"), bands={"age": (40, 65)}), None)
    assert part.attributes["sex"].levels == ("F", "M", None)
    assert part.attributes["age"].levels == ("under 40", "40 to 64", "65 and over", None)
    assert part.attributes["age"].codes.tolist() == [0, 1, 1, 2, 0, 3]


def test_a_banded_column_without_missing_values_has_no_such_level():
    assert attribute(pd.Series([39.5, 40]), "age", (40.0,), whole=False).levels == ("under 40", "40 and over")


def test_weights_come_as_numbers():
    part = part_of(ROWS, roles(prediction="d", weight="w"), None)
    assert part.weight.tolist() == ROWS["w"].tolist()


def tables(rows):
    """The same rows as one frame, and in batches of a few rows each."""
    whole = open_dataset(rows)

    class Small(Table):
        def frames(self, columns):
            for at in range(0, len(rows), 2):
                yield rows[list(columns)].iloc[at : at + 2]

    return Table(whole), Small(whole)


@pytest.mark.parametrize(
    "settings",
    [
        {"prediction": "d"},
        {"score": "p"},
        {"prediction": "d", "weight": "w"},
        {"prediction": "d", "sensitive": ("sex", "age"), "bands": {"age": (40, 65)}},
        {"prediction": "d", "control": ("age",), "bands": {"age": (40,)}},
    ],
)
def test_batches_add_up_to_the_whole(settings):
    chosen = roles(**settings)
    one, several = (count_rows(table, chosen, None) for table in tables(ROWS))
    assert one.axes == several.axes
    np.testing.assert_array_equal(one.codes, several.codes)
    np.testing.assert_allclose(one.measures, several.measures)


def test_counts_are_those_of_the_frame():
    cube = count_rows(Table(open_dataset(ROWS)), roles(prediction="d"), None)
    table = group_table(cube, "sex")
    assert cube.rows == 6
    found = dict(zip(table.groups, count(table, RATES["selection_rate"]).value, strict=True))
    assert found == {("F",): pytest.approx(1 / 3), ("M",): 1.0, (None,): 0.0}


class Above:
    """A model of one column that gives its value back as a score."""

    classes_ = np.array(["no", "yes"])
    feature_names_in_ = np.array(["p"], dtype=object)

    def predict_proba(self, rows):
        score = rows["p"].to_numpy()
        return np.c_[1 - score, score]


def test_a_model_is_asked_with_its_columns_alone():
    model, chosen = wrap_model(Above()), roles()
    assert inputs_of(model, chosen) == ("p",)
    assert columns_read(chosen, model) == ("sex", "y", "p")
    assert part_of(ROWS, chosen, model).decisions.tolist() == (ROWS["p"] >= 0.5).tolist()


class Silent:
    """A model that does not say which columns it wants."""

    classes_ = np.array(["no", "yes"])

    def predict(self, rows):
        return np.where(rows["sex"] == "M", "yes", "no")


def test_a_model_without_names_gets_every_column_that_has_no_other_part():
    model, chosen = wrap_model(Silent()), roles(weight="w", drop=("d",))
    assert inputs_of(model, chosen) == ("p", "age", "sex")
    part = part_of(ROWS, chosen, model)
    assert part.scores is None
    assert part.decisions.tolist() == [False, True, False, False, True, False]


def test_columns_that_the_model_wants_are_looked_for_in_every_table():
    class Greedy(Above):
        feature_names_in_ = np.array(["p", "agee", "height"], dtype=object)

    data = open_dataset(ROWS, name="rows")
    check_inputs(None, [data])
    check_inputs(wrap_model(Above()), [data])
    with pytest.raises(ModelError) as caught:
        check_inputs(wrap_model(Greedy()), [data, open_dataset(ROWS.drop(columns="p"), name="train")])
    assert [str(problem).split(";")[0] for problem in caught.value.problems] == [
        "model (rows): the model wants the column 'agee'",
        "model (rows): the model wants the column 'height'",
        "model (train): the model wants the column 'p'",
        "model (train): the model wants the column 'agee'",
        "model (train): the model wants the column 'height'",
    ]
    assert "did you mean 'age'?" in str(caught.value)


def test_the_callers_own_frame_is_given_to_the_model():
    own = ROWS.assign(sex=ROWS["sex"].astype("category"))
    frames = list(Table(open_dataset(own), own).frames(("sex",)))
    assert len(frames) == 1
    assert frames[0]["sex"].dtype == "category"
