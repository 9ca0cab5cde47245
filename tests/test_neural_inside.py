"""Inside a network: a unit wired to a group is found by probes, dissection and ablation, and they agree."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from evenhand import audit_model, wrap_model
from evenhand.audit.explain.neural.attributions import METHODS
from evenhand.audit.explain.neural.chance import with_chance_weights
from evenhand.audit.explain.neural.dissection import chosen_signs, dissect
from evenhand.audit.explain.neural.embedding import averaged, embed
from evenhand.audit.explain.neural.inputs import inputs_of
from evenhand.audit.explain.neural.layers import Network
from evenhand.audit.explain.neural.maximisation import excite
from evenhand.audit.explain.neural.probes import probe_area, probe_layers
from evenhand.audit.explain.neural.subject import Concept, Rows, network_of, positive_output, sample
from evenhand.audit.model import load_model
from evenhand.audit.record import read_record
from evenhand.errors import EvenhandWarning
from evenhand.reports.html import render_report

torch = pytest.importorskip("torch")
nn = torch.nn

COLUMNS = ["a", "b", "c", "proxy"]
PLANTED = 3


@pytest.fixture(scope="module", autouse=True)
def single_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    group = rng.integers(0, 2, 1200)
    frame = pd.DataFrame(rng.normal(size=(1200, 3)), columns=COLUMNS[:3])
    frame["proxy"] = group + 0.3 * rng.normal(size=1200)
    frame["sex"] = np.where(group == 1, "F", "M")
    frame["region"] = rng.choice(["east", "north", "west"], 1200)
    noise = 0.5 * rng.normal(size=1200)
    return frame.assign(y=(frame["a"] + frame["b"] - 0.5 * group + noise > 0).astype(int))


def planted(pull: float = -1.5) -> nn.Module:
    """Six units: two of the label, one wired to the group, the others of nothing much."""
    generator = torch.Generator().manual_seed(1)
    net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Dropout(0.3), nn.Linear(6, 1))
    with torch.no_grad():
        net[0].weight.copy_(0.5 * torch.randn(6, 4, generator=generator))
        net[0].weight[:, 3] = 0
        net[0].bias.zero_()
        net[0].weight[0], net[0].weight[1] = torch.tensor([1.0, 1, 0, 0]), torch.tensor([-1.0, -1, 0, 0])
        net[0].weight[PLANTED], net[0].bias[PLANTED] = torch.tensor([0.0, 0, 0, 4]), -2.0
        net[3].weight.copy_(torch.tensor([[2.0, -2.0, 0.1, pull, 0.1, -0.1]]))
        net[3].bias.zero_()
    return net.eval()


def rows_of_table(table, attribute="sex") -> Rows:
    chosen, first = sample(len(table), 0)
    values = table[attribute].to_numpy()[chosen]
    known = np.ones(len(values), dtype=bool)
    concepts = tuple(
        Concept(attribute, level, level, values == level, known) for level in sorted(set(values))
    )
    inputs = table[COLUMNS].to_numpy(dtype=float)[chosen]
    tensor = torch.tensor(inputs, dtype=torch.float32)
    return Rows(tensor, inputs, table["y"].to_numpy()[chosen] == 1, concepts, first)


def network(module) -> Network:
    return Network(module, positive_output("logit", 1))


@pytest.fixture(scope="module")
def audited(table):
    return audit_model(
        wrap_model(planted().train(), columns=COLUMNS, output="logit"),
        table,
        target="y",
        sensitive_features=["sex", "region"],
        explain=False,
        mitigate=False,
    )


def test_probes_dissection_and_ablation_agree_on_the_planted_unit(audited):
    facts = audited.record.neural
    read = {(item.layer, item.attribute): item for item in facts.probes}
    assert read["1. ReLU", "sex"].area.interval.low > 0.9
    assert read["1. ReLU", "region"].area.interval.low < 0.5 < read["1. ReLU", "region"].area.interval.high
    detectors = [item for item in facts.units if item.detects]
    assert [(item.attribute, item.unit) for item in detectors] == [("sex", PLANTED)]
    (unit,) = detectors
    assert unit.excess > 0.7
    assert unit.ablation.matters
    # Silenced, the unit takes its pull from the gap: by the sign of the group that is named.
    assert unit.ablation.selection.change * (1 if unit.name == "F" else -1) > 0.1
    assert not any(item.ablation.matters for item in facts.units if item.attribute == "region")


def test_a_unit_that_is_not_read_on_detects_and_does_not_matter(table):
    result = small_audit(table.head(600), planted(pull=0.0))
    (unit,) = [item for item in result.record.neural.units if item.detects]
    assert unit.unit == PLANTED
    assert unit.ablation.selection.change == 0
    assert not unit.ablation.matters


def test_gaps_by_attributions_sum_to_the_measured_gap_and_name_the_proxy(audited):
    for item in audited.record.neural.gaps:
        assert item.total == pytest.approx(item.measured, abs=1e-3)
        if item.grouping == "sex":
            assert max(item.shares, key=lambda share: abs(share.value)).column == "proxy"
    assert {item.method for item in audited.record.neural.gaps} == set(METHODS)


def small_audit(table, module, **options):
    return audit_model(
        wrap_model(module, columns=COLUMNS, output="logit"),
        table,
        target="y",
        sensitive_features="sex",
        explain=False,
        mitigate=False,
        **options,
    )


def test_the_same_audit_gives_the_same_facts_and_leaves_torch_alone(table):
    net, state = planted(), torch.get_rng_state()
    facts = [small_audit(table.head(300), net).record.neural.model_dump_json() for _ in range(2)]
    assert facts[0] == facts[1]
    assert torch.equal(torch.get_rng_state(), state)


def test_the_record_is_read_again_and_the_page_tells_the_findings(audited, tmp_path):
    (tmp_path / "record.json").write_text(audited.record.to_json(), encoding="utf-8")
    record = read_record(tmp_path / "record.json")
    assert record.to_json() == audited.record.to_json()
    page = render_report(record)
    assert "Inside the network" in page
    assert "1. ReLU, unit 4 detects" in page
    assert "in evaluation mode" in page
    assert len(page) < 1_500_000


def test_no_dot_of_a_picture_is_fewer_people_than_the_minimum(audited):
    assert min(dot.people for cloud in audited.record.neural.clouds for dot in cloud.dots) >= 10


def test_a_program_is_dissected_too(table, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shapes = ({0: torch.export.Dim("rows")},)
        program = torch.export.export(planted(), (torch.randn(3, 4),), dynamic_shapes=shapes)
        torch.export.save(program, tmp_path / "m.pt2")
    model = load_model(tmp_path / "m.pt2", columns=COLUMNS, output="logit")
    rows = rows_of_table(table)
    found = network_of(model.estimator, table[COLUMNS].head(), 1)
    layers = found.network.layers(rows.tensor[:2])
    assert [(layer.name, layer.width) for layer in layers] == [("1. dropout", 6)]
    own = network(planted())
    same = own.layers(rows.tensor[:2])
    np.testing.assert_allclose(
        found.network.read(rows.tensor, layers)[layers[0].key],
        own.read(rows.tensor, same)[same[0].key],
        atol=1e-6,
    )
    silenced = (layers[0].key, np.array([PLANTED]), np.array([0.5]))
    np.testing.assert_allclose(
        found.network.scores(rows.tensor, silenced),
        own.scores(rows.tensor, (same[0].key, np.array([PLANTED]), np.array([0.5]))),
        atol=1e-6,
    )


class Running(nn.Module):
    """Of an operator that is not on the list."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = planted()

    def forward(self, rows):
        return torch.cummax(self.inner(rows), 1)[0]


@pytest.mark.parametrize(("made", "closed"), [(planted, False), (Running, True)])
def test_a_torchscript_program_is_opened_or_says_why_it_stays_closed(table, made, closed):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        script = torch.jit.script(made())
    result = small_audit(table, script)
    assert (result.record.neural is None) == closed
    assert any("cannot be built anew" in item.reason for item in result.record.absent) == closed


class Estimator:
    """As trainers make them: a module of its own, and rows turned into its tensor."""

    classes_ = np.array([0, 1])

    def __init__(self, module) -> None:
        self.module_ = module
        self.feature_names_in_ = np.array([*COLUMNS, "region"], dtype=object)

    def to_tensor(self, rows):
        regions = [rows["region"] == name for name in ("east", "north", "west")]
        return torch.tensor(np.column_stack([rows[COLUMNS], *regions]).astype(np.float32))

    def predict_proba(self, rows):
        with torch.no_grad():
            ahead = torch.sigmoid(self.module_(self.to_tensor(rows)))[:, 0].numpy()
        return np.column_stack([1 - ahead, ahead])


def of_estimator() -> nn.Module:
    net, inner = nn.Sequential(nn.Linear(7, 6), nn.ReLU(), nn.Linear(6, 1)), planted()
    with torch.no_grad():
        net[0].weight.zero_()
        net[0].weight[:, :4], net[0].bias[:] = inner[0].weight, inner[0].bias
        net[2].load_state_dict(inner[3].state_dict())
    return net


def test_an_estimator_with_a_module_of_its_own_is_looked_into(table):
    found = network_of(Estimator(of_estimator()), table.head(50), 1)
    wanted = Estimator(of_estimator()).predict_proba(table)[:, 1]
    np.testing.assert_allclose(found.network.scores(found.to_tensor(table)), wanted, atol=1e-6)
    inputs = inputs_of(table[[*COLUMNS, "region"]], found.to_tensor, plain=False, least=10)
    assert inputs.names == (*COLUMNS, "region = east", "region = north", "region = west")
    assert inputs.owner.tolist() == [0, 1, 2, 3, 4, 4, 4]


def test_inputs_that_mix_columns_stand_for_themselves(table):
    def mixed(rows):
        return torch.tensor((rows[["a"]].to_numpy() + rows[["b"]].to_numpy()).astype(np.float32))

    assert inputs_of(table[["a", "b"]], mixed, plain=False, least=10).names == ("input 1",)


def test_a_network_without_hidden_layers_says_so(table):
    result = small_audit(table, nn.Linear(4, 1))
    assert result.record.neural is None
    assert any("no hidden layer" in item.reason for item in result.record.absent)


def test_no_part_is_made_where_the_settings_switch_it_off(table):
    assert small_audit(table, planted(), neural=False).record.neural is None


def test_groups_of_a_handful_are_not_looked_at(table):
    few = table.head(400).assign(sex=np.where(np.arange(400) < 20, "X", table["sex"].head(400)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvenhandWarning)
        result = small_audit(few, planted())
    facts = result.record.neural
    assert {item.name for item in facts.exciting} == {"F", "M"}
    assert "X" not in {name for cloud in facts.clouds for name in cloud.levels}


def test_layers_are_what_the_next_weights_read():
    net = nn.Sequential(
        nn.Linear(4, 8),
        nn.BatchNorm1d(8),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(8, 5),
        nn.Tanh(),
        nn.Linear(5, 2),
    )
    layers = network(net).layers(torch.randn(3, 4))
    assert [(layer.name, layer.width) for layer in layers] == [("1. ReLU", 8), ("2. Tanh", 5)]


def test_a_part_that_is_used_twice_is_two_layers():
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two, self.three, self.act = (
                nn.Linear(4, 4),
                nn.Linear(4, 4),
                nn.Linear(4, 1),
                nn.ReLU(),
            )

        def forward(self, rows):
            return self.three(self.act(self.two(self.act(self.one(rows)))))

    layers = network(Twice()).layers(torch.randn(3, 4))
    assert [layer.key for layer in layers] == ["act#1", "act#2"]


def test_weights_of_chance_are_drawn_from_a_seed_and_leave_the_module_alone():
    net = planted()
    before = [parameter.clone() for parameter in net.parameters()]
    one, two = with_chance_weights(net, 0), with_chance_weights(net, 0)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), before, strict=True))


def test_the_control_task_shows_what_any_kind_of_row_tells(table):
    rows = rows_of_table(table)
    own = network(planted())
    probes = probe_layers(own, rows, own.layers(rows.tensor[:2]), level=0.95, seed=0)
    assert all(item.selectivity > 0.2 for item in probes)
    assert all(0.5 < item.control < 0.8 for item in probes)


def test_a_probe_reads_nothing_from_noise_at_the_stated_rate():
    rng = np.random.default_rng(0)
    fit = np.arange(300) < 150
    held = 0
    for _ in range(100):
        area = probe_area(rng.normal(size=(300, 3)), rng.integers(0, 2, 300), fit, ~fit)
        held += area.interval.low <= 0.5 <= area.interval.high
    assert held >= 88


def test_no_unit_detects_a_group_that_is_drawn_at_random(table):
    rng = np.random.default_rng(3)
    rows = rows_of_table(table.assign(coin=rng.choice(["heads", "tails"], len(table))), "coin")
    own = network(planted())
    units = dissect(own, rows, own.layers(rows.tensor[:2]), level=0.95, seed=0)
    assert not any(unit.detects for unit in units)


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_a_unit_that_is_the_group_overlaps_it_whole_and_its_opposite_too(share):
    rng = np.random.default_rng(0)
    member = rng.random(1000) < share
    concept = Concept("g", "x", "x", member, np.ones(1000, dtype=bool))
    rows = Rows(None, np.zeros((1000, 1)), member, (concept,), np.arange(1000) < 500)
    values = np.column_stack([member.astype(float), -member.astype(float), np.zeros(1000)])
    excess, signs, _ = chosen_signs(values, concept, rows)
    assert excess[:2].tolist() == [1.0, 1.0]
    assert signs[:2].tolist() == [1, -1]
    assert excess[2] <= 0


def test_the_exciting_input_raises_the_score_and_stays_among_what_is_usual(table):
    rows = rows_of_table(table)
    group = rows.concepts[0].member
    made = excite(network(planted()), rows.inputs, group, (4,))
    assert made.after > made.before + 0.2
    low, high = np.quantile(rows.inputs[group], [0.01, 0.99], axis=0)
    assert ((made.end >= low - 1e-3) & (made.end <= high + 1e-3)).all()
    # The label's inputs move, the input of nothing much hardly does.
    moved = np.abs(made.end - made.start)
    assert min(moved[0], moved[1]) > 3 * moved[2]


def test_layouts_are_the_same_twice_and_averages_keep_the_people():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(size=(60, 5)), 6 + rng.normal(size=(60, 5))])
    for method in ("pca", "tsne"):
        points, _ = embed(values, method, 0)
        np.testing.assert_array_equal(points, embed(values, method, 0)[0])
        cloud = averaged(points, np.repeat([0, 1], 60), 10)
        assert cloud.people.sum() == 120
        middles = [cloud.points[cloud.colours == code].mean(axis=0) for code in (0, 1)]
        assert np.linalg.norm(middles[0] - middles[1]) > 2


def test_a_group_of_fewer_than_the_minimum_has_no_dot():
    assert averaged(np.zeros((5, 2)), np.zeros(5, dtype=np.int64), 10).people.tolist() == []


def test_the_trainer_of_the_mitigation_room_is_looked_into(table):
    from evenhand.mitigation.torch_trainer import TabularNet

    rows = table.head(400).assign(y=np.where(table["y"].head(400) == 1, "yes", "no"))
    net = TabularNet(hidden=(8,), max_epochs=2, random_state=0).fit(rows[["a", "proxy", "region"]], rows["y"])
    result = audit_model(
        net, rows, target="y", pos_label="yes", sensitive_features="sex", explain=False, mitigate=False
    )
    facts = result.record.neural
    assert facts.layers[-1].name.startswith(f"{len(facts.layers)}. ReLU")
    assert facts.exciting == () == facts.gaps
    assert any("looks categories up by number" in item.reason for item in result.record.absent)
