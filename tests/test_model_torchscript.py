"""TorchScript at the model door: programs are made anew, and score as torch's own to the last bit."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from evenhand import audit_model
from evenhand.audit.explain.neural.chance import with_chance_weights
from evenhand.audit.explain.neural.layers import Network
from evenhand.audit.explain.neural.maximisation import movable
from evenhand.audit.explain.neural.subject import positive_output
from evenhand.audit.model import load_model
from evenhand.audit.torchscript.building import ASKS, SAVED_IN_TRAINING, build_script
from evenhand.audit.torchscript.refusal import Unmade
from evenhand.errors import ModelError, UntrustedModelError

torch = pytest.importorskip("torch")
nn, functional = torch.nn, torch.nn.functional

from evenhand.tests.script_nets import (  # noqa: E402 - they need torch
    NETWORKS,
    WAYS,
    archived,
    loaded,
    network,
    parts_of,
    saved,
    scripted,
    traced,
)  # fmt: skip

DECLARED = {"columns": ["a", "b", "c"], "output": "logit"}
KINDS = {"float32": torch.float32, "float64": torch.float64}
ATTENDS = ("encoder",)
"""torch runs its own attention on a path of its own, whose figures differ in the last place."""


@pytest.fixture(scope="module", autouse=True)
def single_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def rows_of(kind) -> torch.Tensor:
    return torch.randn(50, 3, dtype=kind, generator=torch.Generator().manual_seed(2))


def compare(name: str, data: bytes, kind: str, wanted) -> None:
    program = build_script(data, "m.pt", 3)
    assert program.kind == (kind if name != "columns" else "float32")
    rows = rows_of(KINDS[program.kind])
    with torch.no_grad():
        given, own = program.module(rows), wanted(rows)
    assert given.shape == own.shape
    np.testing.assert_allclose(given, own, rtol=0, atol=1e-6 if name in ATTENDS else 0)


@pytest.mark.parametrize(
    ("way", "kind"), [*((way, "float32") for way in WAYS), ("scripted", "float64"), ("traced", "float64")]
)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_program_made_anew_gives_what_torch_gives_to_the_last_bit(name, way, kind):
    data = saved(WAYS[way](network(name, KINDS[kind]).eval()))
    compare(name, data, kind, loaded(data))


@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "columns"])
def test_a_program_saved_in_training_mode_is_evaluated_and_says_so(name):
    data = saved(scripted(network(name).train()))
    compare(name, data, "float32", loaded(data))
    assert SAVED_IN_TRAINING in build_script(data, "m.pt", 3).notes


@pytest.mark.parametrize("name", ["sequence", "activations", "lookup", "loop", "encoder"])
def test_a_trace_in_training_mode_is_evaluated_and_says_so(name):
    module = network(name).train()
    data = saved(traced(module))
    compare(name, data, "float32", module.eval())
    assert SAVED_IN_TRAINING in build_script(data, "m.pt", 3).notes


def test_what_asks_where_it_runs_is_told():
    assert build_script(saved(scripted(network("encoder").eval())), "m.pt", 3).notes == (ASKS,)
    assert build_script(saved(scripted(network("sequence").eval())), "m.pt", 3).notes == ()


@pytest.fixture
def put(tmp_path):
    def write(program, name="m.pt"):
        (tmp_path / name).write_bytes(program if isinstance(program, bytes) else saved(program))
        return tmp_path / name

    return write


ROWS = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 3)), columns=["a", "b", "c"])


def test_a_file_scores_rows_without_a_sum_and_one_row_as_many(put):
    model = load_model(put(scripted(network("residual").eval())), **{**DECLARED, "output": "probability"})
    assert model.description == "TorchScript program"
    scores = model.scores(ROWS[["c", "a", "b"]].assign(other="x"), 1)
    own = network("residual").eval()(torch.tensor(ROWS.to_numpy(), dtype=torch.float32))
    np.testing.assert_allclose(scores, own.detach().numpy()[:, 1], atol=1e-7)
    np.testing.assert_allclose(model.scores(ROWS.iloc[:1], 1), scores[:1], atol=1e-7)


def test_a_sum_changes_nothing_for_a_file_that_can_be_made_anew(put):
    path = put(scripted(network("sequence").eval()))
    model = load_model(path, trusted=[hashlib.sha256(path.read_bytes()).hexdigest()], **DECLARED)
    assert isinstance(model.estimator.module, torch.fx.GraphModule)


class Draws(nn.Module):
    def forward(self, rows):
        return (rows + torch.randn_like(rows)).sum(1)


class Drops(nn.Module):
    def forward(self, rows):
        return functional.dropout(rows, 0.5).sum(1)


class Together(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(3, track_running_stats=False)

    def forward(self, rows):
        return self.norm(rows).sum(1)


class OnRows(nn.Module):
    def forward(self, rows):
        if bool((rows > 0).all()):
            return rows.sum(1)
        return rows.mean(1)


class OnCount(nn.Module):
    def forward(self, rows):
        if rows.shape[0] > 100:
            return rows.sum(1)
        return rows.mean(1)


class OverRows(nn.Module):
    def forward(self, rows):
        total = torch.zeros(1)
        for place in range(rows.shape[0]):
            total = total + rows[place].sum()
        return total + rows.sum(1)


class Until(nn.Module):
    def forward(self, rows):
        place = 0
        while place < 3:
            rows = rows + 1
            place += 1
        return rows.sum(1)


class Named(nn.Module):
    def forward(self, rows):
        parts = {"a": rows.sum(1)}
        return parts["a"]


class Two(nn.Module):
    def forward(self, rows, others):
        return rows.sum(1) + others.sum(1)


class Pair(nn.Module):
    def forward(self, rows):
        return rows.sum(1), rows.mean(1)


class Total(nn.Module):
    def forward(self, rows):
        return rows.sum()


class Counts(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros(1))

    def forward(self, rows):
        self.seen += 1
        return rows.sum(1) + self.seen


class Aliased(nn.Module):
    def forward(self, rows):
        doubled = rows * 2
        first = doubled[:, 0]
        doubled.add_(1)
        return first + doubled.sum(1)


class Running(nn.Module):
    def forward(self, rows):
        return torch.cummax(rows, 1)[0][:, 0]


UNMADE = [
    (Draws, "it calls torch.randn_like, which is not on the list"),
    (Drops, "it draws random numbers whenever it scores"),
    (Together, "so that the score of a row depends on the others"),
    (OnRows, "it decides by what the rows hold"),
    (OnCount, "it decides by how many rows there are"),
    (OverRows, "it holds a loop over the rows"),
    (Until, "it holds a loop"),
    (Named, "it holds a dictionary"),
    (Two, "it takes 2 inputs, and one table of numbers is given"),
    (Pair, "it gives tuple and not one tensor"),
    (Total, "it does not give one entry for each row"),
    (Counts, "it changes a weight of its own while it scores"),
    (Aliased, "it changes a tensor in place and then uses a part of it"),
    (Running, "it calls torch.cummax, which is not on the list"),
]


@pytest.mark.parametrize(("kind", "message"), UNMADE, ids=lambda item: getattr(item, "__name__", ""))
def test_what_cannot_be_made_anew_is_named_with_what_to_do(put, kind, message):
    with pytest.raises(UntrustedModelError, match=message) as error:
        load_model(put(scripted(kind().eval())), **DECLARED)
    assert "save the network with torch.export.save, or, if you trust the file" in str(error.value)


@pytest.mark.parametrize("kind", [Draws, OnCount, Named, Running])
def test_what_cannot_be_made_anew_runs_once_its_sum_is_listed(put, kind):
    path = put(scripted(kind().eval()))
    with pytest.raises(UntrustedModelError) as error:
        load_model(path, **DECLARED)
    digest = str(error.value).split('trusted = ["')[1][:64]
    model = load_model(path, trusted=[digest], **DECLARED)
    assert isinstance(model.estimator.module, torch.jit.ScriptModule)
    assert model.scores(ROWS, 1).shape == (40,)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"columns": ["a", "b", "c"]}, 'must be declared: model_output = "probability"'),
        ({"output": "logit"}, "name them in order in model_columns"),
        (
            {"output": "logit", "columns": ["a", "b"]},
            "fails on rows of 2 numbers, at torch.linear: ",
        ),
    ],
)
def test_what_must_be_declared_is_told(put, declared, message):
    with pytest.raises(ModelError, match=message):
        load_model(put(scripted(network("sequence").eval())), **declared)


def test_a_program_that_refuses_the_table_itself_is_told(put):
    parts = parts_of(saved(scripted(network("branches").eval())))
    (name,) = [part for part in parts if part.endswith("script_nets.py")]
    parts[name] = parts[name].replace(b"(torch.size(x2))[1], 3)", b"3, 4)").replace(b"[1], 3)", b"[1], 4)")
    with pytest.raises(ModelError, match="refuses this table itself, with 'three columns are needed, not 3'"):
        load_model(put(archived(parts)), **DECLARED)


def test_old_division_and_new_versions_are_told(put):
    class Halves(nn.Module):
        def forward(self, rows):
            return (rows.long() / 2).sum(1)

    parts = parts_of(saved(scripted(Halves())))
    (name,) = [part for part in parts if part.endswith("version")]
    for version, message in ((b"3\n", "reckoned otherwise than today's"), (b"99\n", "it is of version 99")):
        with pytest.raises(ModelError, match=message):
            load_model(put(archived({**parts, name: version})), **DECLARED)


def test_weights_keep_their_names_and_chance_draws_them_anew():
    module = build_script(saved(scripted(network("lookup").eval())), "m.pt", 3).module
    learnt = sorted(name.partition("_")[2] for name, _ in module.named_parameters())
    assert learnt == ["bias", "bias", "weight", "weight", "weight", "weight"]
    assert sorted(name.partition("_")[2] for name, _ in module.named_buffers()) == [
        "running_mean",
        "running_var",
    ]
    other = with_chance_weights(module, 0)
    assert all(float(item.min()) == 1 for name, item in other.named_buffers() if name.endswith("_var"))
    assert not movable(module)


def test_a_frozen_program_tells_weights_by_their_use():
    module = build_script(saved(WAYS["frozen"](network("residual").eval())), "m.pt", 3).module
    assert len(list(module.parameters())) == 6
    assert [tuple(item.shape) for item in module.buffers()] == [(3,)]


def test_hidden_layers_are_found_read_and_silenced_as_in_the_module():
    own = Network(network("sequence").eval(), positive_output("probability", 1))
    data = saved(scripted(network("sequence").eval()))
    made = Network(build_script(data, "m.pt", 3).module, positive_output("probability", 1))
    rows = rows_of(torch.float32)
    layers, same = made.layers(rows[:2]), own.layers(rows[:2])
    assert [(layer.name, layer.width) for layer in layers] == [("1. batch_norm", 8)]
    assert [layer.width for layer in same] == [8]
    np.testing.assert_allclose(
        made.read(rows, layers)[layers[0].key], own.read(rows, same)[same[0].key], atol=1e-6
    )
    for units in ([0], [2, 5]):
        silenced = (np.array(units), np.zeros(len(units)))
        np.testing.assert_allclose(
            made.scores(rows, (layers[0].key, *silenced)),
            own.scores(rows, (same[0].key, *silenced)),
            atol=1e-6,
        )


def test_an_audit_says_in_which_mode_a_file_was_saved(put):
    model = load_model(put(scripted(network("sequence").train())), **{**DECLARED, "output": "probability"})
    frame = ROWS.assign(sex=["F", "M"] * 20, y=(ROWS["a"] > 0).astype(int))
    result = audit_model(
        model, frame, target="y", sensitive_features="sex", mitigate=False, explain=False, neural=False
    )
    assert SAVED_IN_TRAINING in [note.text for note in result.record.notes]


def test_a_program_that_asks_for_no_rows_is_read_by_name_only():
    with pytest.raises(Unmade, match="holds no method forward"):
        build_script(archived({
            "m/data.pkl": b"\x80\x02c__torch__\nNet\n)\x81}b.", "m/constants.pkl": b"\x80\x02).",
            "m/version": b"3", "m/code/__torch__.py": b"class Net(Module):\n  training : bool\n",
        }), "m.pt", 3)  # fmt: skip
