"""Networks: integrated gradients, DeepLIFT and saliency beside SHAP, LIME and occlusion."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evenhand import explain_row, wrap_model
from evenhand.audit.explain.local_pool import pool_of
from evenhand.audit.explain.local_torch import torch_row
from evenhand.errors import InputError

torch = pytest.importorskip("torch")
pytest.importorskip("captum")

COLUMNS = ["pay", "age", "town"]


def to_tensor(rows: pd.DataFrame):
    town = np.stack([(rows["town"] == name).to_numpy() for name in "abc"], axis=1)
    return torch.tensor(np.column_stack([rows["pay"] / 100, rows["age"] / 100, town]).astype(np.float32))


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "pay": rng.integers(0, 100, 300),
            "age": rng.integers(18, 80, 300),
            "town": rng.choice(list("abc"), 300),
        }
    )


def network(outputs: int = 1):
    """A network whose log-odds are 6 pay - 3, less 1 in the town b; age has no weight."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(5, 2), torch.nn.ReLU(), torch.nn.Dropout(0.5), torch.nn.Linear(2, outputs)
    )
    with torch.no_grad():
        net[0].weight[:] = torch.tensor([[6.0, 0, 0, -1, 0], [-6.0, 0, 0, 1, 0]])
        net[0].bias[:] = torch.tensor([-3.0, 3.0])
        net[3].weight[:] = torch.tensor([[1.0, -1.0]]) if outputs == 1 else torch.tensor([[0.0, 0], [1, -1]])
        net[3].bias[:] = 0
    return net


@pytest.fixture
def pool(rows):
    model = wrap_model(network(), COLUMNS, [0, 1], output="logit", to_tensor=to_tensor)
    return pool_of(model, rows, [4], pos_label=1)


@pytest.mark.parametrize("method", ["integrated_gradients", "deeplift"])
def test_values_sum_to_the_probability_and_a_block_moves_together(pool, method):
    found = torch_row(pool, 0, pool.others, method)
    assert abs(found.residual) < 0.01
    assert found.values[1] == pytest.approx(0, abs=1e-6)
    assert len(found.values) == 3


def test_two_outputs_and_the_other_label_give_the_same_and_the_opposite(rows):
    values = []
    for outputs, label in ((1, 1), (2, 1), (1, 0)):
        model = wrap_model(network(outputs), COLUMNS, [0, 1], output="logit", to_tensor=to_tensor)
        pool = pool_of(model, rows, [4], pos_label=label)
        values.append(torch_row(pool, 0, pool.others, "integrated_gradients").values)
    assert values[0] == pytest.approx(values[1], abs=1e-4)
    assert values[0] == pytest.approx(-values[2], abs=1e-4)


def test_all_methods_stand_side_by_side_and_the_mode_is_kept(rows):
    net = network().train()
    model = wrap_model(net, COLUMNS, [0, 1], output="logit", to_tensor=to_tensor)
    row = int(rows["pay"].argmin())
    found = explain_row(model, rows, row).record
    methods = {one.method: one for one in found.decisions[0].methods}
    assert {"shap", "occlusion", "integrated_gradients", "deeplift", "saliency"} <= set(methods)
    for name, one in methods.items():
        if name != "saliency":
            assert np.argmax(np.abs(one.values)) == 0, name
            assert one.values[0] < 0, name
    assert net.training
    assert [note.code for note in found.notes] == ["model"]
    assert "training mode" in found.notes[0].text


def test_a_model_that_is_no_network_is_refused(rows):
    class Plain:
        classes_ = np.array([0, 1])

        def predict_proba(self, X):
            return np.column_stack([1 - X["pay"] / 100, X["pay"] / 100])

    with pytest.raises(InputError, match="looks into a network"):
        explain_row(Plain(), rows, 0, methods=["deeplift"])
