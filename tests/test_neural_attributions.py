"""Contributions of a network's inputs: complete, exact where theory says so, the module left as it was."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.audit.explain.neural.attributions import (
    METHODS,
    deeplift,
    integrated_gradients,
    missed,
    outputs_of,
    saliency,
)
from evenhand.errors import InputError, ModelError

torch = pytest.importorskip("torch")


@pytest.fixture
def net():
    generator = torch.Generator().manual_seed(0)
    made = torch.nn.Sequential(
        torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Dropout(0.5), torch.nn.Linear(8, 1)
    )
    for parameter in made.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    return made


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(size=(40, 4))


@pytest.mark.parametrize("name", METHODS)
def test_complete_methods_sum_to_the_output_less_the_baselines(net, rows, name):
    baseline = rows.mean(axis=0)
    values = METHODS[name](net, rows, baseline)
    assert missed(net, rows, baseline, values) < (0.1 if name == "integrated_gradients" else 1e-4)


@pytest.mark.parametrize("name", METHODS)
def test_a_linear_module_is_attributed_exactly(rows, name):
    net = torch.nn.Linear(4, 1)
    weight = net.weight.detach().numpy()[0]
    np.testing.assert_allclose(METHODS[name](net, rows, np.zeros(4)), rows * weight, atol=1e-5)
    np.testing.assert_allclose(saliency(net, rows), np.tile(weight, (40, 1)), atol=1e-6)


def test_several_baselines_are_averaged(net, rows):
    several = integrated_gradients(net, rows[:5], rows[5:8])
    single = [integrated_gradients(net, rows[:5], row) for row in rows[5:8]]
    np.testing.assert_allclose(several, np.mean(single, axis=0), atol=1e-6)


def test_a_module_in_training_is_evaluated_and_left_in_training(net, rows):
    net.train()
    state = torch.get_rng_state()
    assert np.array_equal(outputs_of(net, rows), outputs_of(net, rows))
    deeplift(net, rows, rows[0])
    assert net.training
    assert net[2].training
    assert torch.equal(torch.get_rng_state(), state)


def test_a_function_in_the_forward_pass_is_missed_by_deeplift_and_told(rows):
    class Functional(torch.nn.Module):
        def forward(self, given):
            return torch.relu(given).sum(dim=1) ** 2

    net = Functional()
    assert missed(net, rows, np.zeros(4), deeplift(net, rows, np.zeros(4))) > 0.1
    assert missed(net, rows, np.zeros(4), integrated_gradients(net, rows, np.zeros(4))) < 0.05


def test_several_outputs_must_be_chosen_from(rows):
    net = torch.nn.Linear(4, 3)
    with pytest.raises(ModelError, match=r"one number a row is needed, got the shape \(40, 3\)"):
        saliency(net, rows)
    assert saliency(net, rows, output=2).shape == (40, 4)


@pytest.mark.parametrize(
    ("given", "baseline", "message"),
    [
        (np.zeros(4), np.zeros(4), "rows are a table of numbers"),
        (np.zeros((2, 4)), np.zeros(3), "as many inputs as the rows, 4"),
    ],
)
def test_shapes_that_do_not_fit_are_told(net, given, baseline, message):
    with pytest.raises(InputError, match=message):
        integrated_gradients(net, given, baseline)


def test_a_module_that_gives_no_tensor_is_told(rows):
    class Pair(torch.nn.Module):
        def forward(self, given):
            return given, given

    with pytest.raises(ModelError, match="a network gives one tensor, got tuple"):
        saliency(Pair(), rows)
