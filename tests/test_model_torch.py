"""Networks at the model door: programs are built from a list of operators, and nothing in a file runs."""

from __future__ import annotations

import io
import json
import os
import pickle
import warnings
import zipfile

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import RidgeClassifier

from evenhand import audit_model, wrap_model
from evenhand.audit.model import load_model
from evenhand.audit.torch_operators import OPERATORS
from evenhand.errors import ModelError, UntrustedModelError

torch = pytest.importorskip("torch")
nn = torch.nn


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame({name: rng.normal(size=50) for name in ("a", "b", "c")})


class Deep(nn.Module):
    """Of many operators: a residual, a normalisation, constants, pieces that change places."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(3, 8), nn.LayerNorm(8), nn.Linear(8, 2)
        self.register_buffer("mean", torch.ones(3))
        self.scale = torch.tensor([1.0, 2.0])

    def forward(self, rows):
        hidden = torch.relu(self.first((rows - self.mean) / 2.0))
        hidden = hidden + nn.functional.gelu(self.norm(hidden))
        one, other = torch.chunk(hidden, 2, dim=1)
        return torch.softmax(self.last(torch.cat([other, one], 1)) * self.scale, dim=-1)


def plain() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Linear(3, 8), nn.ReLU(), nn.BatchNorm1d(8), nn.Dropout(0.2), nn.Linear(8, 1), nn.Sigmoid()
        )


def exported(module, path, example=None) -> None:
    example = torch.randn(4, 3) if example is None else example
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(module, (example,), dynamic_shapes=({0: torch.export.Dim("rows")},))
        torch.export.save(program, path)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("torch")
    exported(plain().eval(), folder / "plain.pt2")
    exported(Deep().eval(), folder / "deep.pt2")
    exported(plain().train(), folder / "training.pt2")
    torch.save(plain(), folder / "pickled.pt")
    return folder


DECLARED = {"columns": ["a", "b", "c"], "output": "probability"}


def own_scores(path, rows) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.export.load(path).module()
    given = module(torch.tensor(rows.to_numpy().copy(), dtype=torch.float32)).detach().numpy()
    return given[:, -1].astype(float)


@pytest.mark.parametrize("name", ["plain.pt2", "deep.pt2"])
def test_a_program_scores_as_torch_does(files, rows, name):
    model = load_model(files / name, **DECLARED)
    shuffled = rows[["c", "a", "b"]].assign(other="x")
    np.testing.assert_allclose(model.scores(shuffled, 1), own_scores(files / name, rows), atol=1e-6)
    assert model.description == "torch.export program"


def test_every_operator_of_the_list_is_there_and_none_writes_files():
    for name in OPERATORS:
        function, overload = name.split(".")
        assert getattr(getattr(torch.ops.aten, function), overload)
    assert not [name for name in OPERATORS if "file" in name or "save" in name or "rand" in name]


def changed(path, change, out) -> None:
    """Write an archive again with its program, or any part of it, changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def of_program(edit):
    def change(parts) -> None:
        (name,) = [part for part in parts if part.endswith("models/model.json")]
        content = json.loads(parts[name])
        edit(content)
        parts[name] = json.dumps(content).encode()

    return change


def of_weights(edit):
    def change(parts) -> None:
        (name,) = [part for part in parts if part.endswith("model_weights_config.json")]
        content = json.loads(parts[name])
        edit(next(iter(content["config"].values())))
        parts[name] = json.dumps(content).encode()

    return change


def first(content):
    return content["graph_module"]["graph"]["nodes"][0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            of_program(lambda c: first(c).update(target="torch.ops.aten.from_file.default")),
            "also calls: torch.ops",
        ),
        (of_program(lambda c: first(c).update(target="os.system")), "also calls: os.system"),
        (of_program(lambda c: first(c).update(target="torch.ops.aten.linear")), "also calls"),
        (
            of_program(
                lambda c: first(c)["inputs"].append({"name": "x", "arg": {"as_custom_obj": {}}, "kind": 1})
            ),
            "an argument is",
        ),
        (
            of_program(lambda c: first(c)["inputs"][0].update(arg={"as_tensor": {"name": "nothing"}})),
            "a tensor that was not made",
        ),
        (
            of_program(lambda c: first(c)["inputs"][0].update(name="x=1);import os", kind=2)),
            "an argument has no name",
        ),
        (
            of_program(lambda c: first(c)["inputs"][0].update(arg={"as_string": "__import__('os')"})),
            "a text that no operator",
        ),
        (
            of_program(lambda c: first(c)["inputs"][0].update(arg={"as_int": "7"})),
            "another kind than it says",
        ),
        (of_weights(lambda w: w.update(use_pickle=True)), "is pickled, and pickles can run code"),
        (of_weights(lambda w: w.update(path_name="../../x")), "lies in another folder"),
        (
            of_weights(lambda w: w["tensor_meta"].update(sizes=[{"as_int": 10**6}, {"as_int": 3}])),
            "lies outside its numbers",
        ),
        (
            of_weights(
                lambda w: w["tensor_meta"].update(
                    strides=[{"as_int": 0}, {"as_int": 0}], sizes=[{"as_int": 9999}, {"as_int": 3}]
                )
            ),
            "repeats its numbers",
        ),
        (of_weights(lambda w: w["tensor_meta"].update(dtype=99)), "of a kind that is not read"),
        (
            lambda parts: parts.pop(next(name for name in parts if name.endswith("weight_0"))),
            "cannot be read",
        ),
    ],
)
def test_a_crafted_program_is_refused(files, tmp_path, change, message):
    changed(files / "plain.pt2", change, tmp_path / "m.pt2")
    with pytest.raises(ModelError, match=message):
        load_model(tmp_path / "m.pt2", **DECLARED)


class Touch:
    """A pickle that makes a folder when it is loaded."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_pickles_in_an_archive_are_never_opened(files, tmp_path, rows):
    made = tmp_path / "made"

    def plant(parts) -> None:
        for name in list(parts):
            if "sample_inputs" in name:
                buffer = io.BytesIO()
                torch.save(Touch(str(made)), buffer)
                parts[name] = buffer.getvalue()
        parts["plain/data/constants/custom_obj_0"] = pickle.dumps(Touch(str(made)))

    changed(files / "plain.pt2", plant, tmp_path / "m.pt2")
    assert load_model(tmp_path / "m.pt2", **DECLARED).scores(rows, 1).shape == (50,)
    assert not made.exists()


def test_texts_that_torch_would_evaluate_are_left_alone(files, tmp_path, rows):
    made = tmp_path / "made"

    def plant(content) -> None:
        text = f"__import__('os').mkdir({str(made)!r})"
        content["range_constraints"] = {text: {"min_val": 0, "max_val": 9}}
        content["guards_code"] = [text]
        for value in content["graph_module"]["graph"]["tensor_values"].values():
            for size in value["sizes"]:
                if "as_expr" in size:
                    size["as_expr"]["expr_str"] = text

    changed(files / "plain.pt2", of_program(plant), tmp_path / "m.pt2")
    load_model(tmp_path / "m.pt2", **DECLARED).scores(rows, 1)
    assert not made.exists()


def test_what_can_run_code_is_refused_until_its_sum_is_listed(files, rows):
    with pytest.raises(UntrustedModelError, match=r'trusted = \["') as error:
        load_model(files / "pickled.pt", **DECLARED)
    digest = str(error.value).split('trusted = ["')[1][:64]
    model = load_model(files / "pickled.pt", trusted=[digest], **DECLARED)
    module = plain().eval()
    wanted = module(torch.tensor(rows.to_numpy().copy(), dtype=torch.float32)).detach().numpy()[:, 0]
    np.testing.assert_allclose(model.scores(rows, 1), wanted, atol=1e-6)


def test_a_program_in_training_mode_is_refused(files):
    with pytest.raises(ModelError, match=r"exported in training mode; call eval\(\)"):
        load_model(files / "training.pt2", **DECLARED)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"columns": ["a", "b", "c"]}, 'must be declared: model_output = "probability"'),
        ({"output": "logit"}, "name them in order in model_columns"),
        ({"output": "logit", "columns": ["a", "b"]}, "takes 3 numbers a row, got 2 columns"),
    ],
)
def test_what_must_be_declared_is_told(files, declared, message):
    with pytest.raises(ModelError, match=message):
        load_model(files / "plain.pt2", **declared)


def test_a_damaged_archive_is_told(files, tmp_path):
    data = (files / "plain.pt2").read_bytes()
    (tmp_path / "m.pt2").write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelError):
        load_model(tmp_path / "m.pt2", **DECLARED)


def test_a_module_in_training_is_evaluated_put_back_and_told(rows):
    module = plain().train()
    model = wrap_model(module, columns=["a", "b", "c"], output="probability")
    np.testing.assert_array_equal(model.scores(rows, 1), model.scores(rows, 1))
    assert module.training
    assert "was in training mode" in model.notes[0]


def test_rows_become_tensors_as_the_user_says(rows):
    words = rows.assign(word=["x", "y"] * 25)

    def to_tensor(frame):
        return torch.tensor(
            np.column_stack([frame["a"], frame["word"] == "y", frame["b"]]).astype(np.float32)
        )

    model = wrap_model(plain(), columns=["a", "word", "b"], to_tensor=to_tensor, output="probability")
    assert model.scores(words, 1).shape == (50,)
    with pytest.raises(ModelError, match="these columns hold none: word; which number stands for which word"):
        wrap_model(plain(), columns=["a", "word", "b"], output="probability").scores(words, 1)


def test_missing_values_are_told_before_they_become_scores(rows):
    model = wrap_model(plain(), columns=["a", "b", "c"], output="probability")
    with pytest.raises(ModelError, match="these columns hold some: b; fill them"):
        model.scores(rows.assign(b=np.nan), 1)


@pytest.mark.parametrize(
    ("last", "output", "message"),
    [
        (nn.Linear(3, 3), "logit", r"got the shape \(50, 3\)"),
        (nn.Linear(3, 2), "probability", "probabilities of a row must sum to 1"),
        (nn.Linear(3, 1), "probability", "probabilities lie between 0 and 1"),
        (nn.LSTM(3, 2), "logit", "must give one tensor, got tuple"),
    ],
)
def test_outputs_that_were_not_declared_so_are_told(rows, last, output, message):
    model = wrap_model(last, columns=["a", "b", "c"], output=output)
    with pytest.raises(ModelError, match=message):
        model.scores(rows, 1)


def test_two_outputs_are_two_labels(rows):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = nn.Linear(3, 2)
    model = wrap_model(module, columns=["a", "b", "c"], classes=["no", "yes"], output="logit")
    logits = module(torch.tensor(rows.to_numpy().copy(), dtype=torch.float32))
    wanted = torch.softmax(logits.double(), dim=1)[:, 1].detach().numpy()
    np.testing.assert_allclose(model.scores(rows, "yes"), wanted, atol=1e-6)


def test_functions_and_rankers_are_models(rows):
    assert wrap_model(lambda frame: frame["a"] * 0 + 0.25).scores(rows, 1).tolist() == [0.25] * 50
    half = wrap_model(lambda frame: frame["a"] * 0, output="logit")
    assert half.scores(rows, 1).tolist() == [0.5] * 50
    labels = wrap_model(lambda frame: np.where(frame["a"] > 0, "yes", "no"), output="label")
    assert labels.decide(rows, "yes").tolist() == (rows["a"] > 0).tolist()

    class Ranker:
        def decision_function(self, frame):
            return frame["a"].to_numpy()

    assert (
        wrap_model(Ranker(), classes=["no", "yes"]).decide(rows, "yes").tolist() == (rows["a"] > 0).tolist()
    )
    assert not wrap_model(Ranker()).has_scores


def test_a_margin_is_a_probability_only_where_it_is_declared_so(rows):
    ridge = RidgeClassifier().fit(rows, rows["a"] > 0)
    assert not wrap_model(ridge).has_scores
    scores = wrap_model(ridge, output="logit").scores(rows, True)
    assert ((scores >= 0.5) == ridge.predict(rows)).all()


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        (lambda frame: (frame["a"] > 0).astype(int), {}, 'look like labels .*declare output="label"'),
        (lambda frame: frame[["a", "b", "c"]], {}, r"one number a row, got the shape \(50, 3\)"),
        (lambda frame: frame["a"] * 9, {}, "probabilities lie between 0 and 1"),
        (lambda frame: frame["nope"], {}, "the model fails on these rows: KeyError"),
    ],
)
def test_functions_that_give_no_scores_are_told(rows, function, options, message):
    with pytest.raises(ModelError, match=message):
        wrap_model(function, **options).scores(rows, 1)


def test_an_output_of_no_kind_is_told():
    with pytest.raises(ModelError, match="one of probability, logit, label, got 'odds'"):
        wrap_model(len, output="odds")


def test_a_network_is_audited_and_the_audit_says_how(rows):
    frame = rows.assign(sex=["F", "M"] * 25, y=(rows["a"] > 0).astype(int))
    result = audit_model(
        plain().train(),
        frame,
        target="y",
        sensitive_features="sex",
        model_columns=["a", "b", "c"],
        model_output="probability",
        mitigate=False,
        explain=False,
        neural=False,
    )
    assert any("training mode" in note.text for note in result.record.notes)
