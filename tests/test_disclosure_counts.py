"""What a report publishes leaves every withheld count more than one value, with all sums taken together."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from evenhand import audit_predictions
from evenhand.audit import privacy
from evenhand.audit.coarse import coarse_facts
from evenhand.audit.privacy import Hidden, hidden_groups, hidden_joints
from evenhand.audit.public import public_record
from evenhand.audit.record import GroupFacts, Record
from evenhand.audit.subtraction import Sum, known_counts
from evenhand.metrics.tally import cube_of
from evenhand.tests.attacker import Attacker, Cell, Floats, crossing

BARS = {
    "selection_rate": (lambda c: c["d"] == 1, lambda _: True),
    "base_rate": (lambda c: c["y"] == 1, lambda _: True),
    "true_positive_rate": (lambda c: c["y"] == c["d"] == 1, lambda c: c["y"] == 1),
    "false_positive_rate": (lambda c: c["y"] == 0 and c["d"] == 1, lambda c: c["y"] == 0),
    "positive_predictive_value": (lambda c: c["y"] == c["d"] == 1, lambda c: c["d"] == 1),
    "accuracy": (lambda c: c["y"] == c["d"], lambda _: True),
}
"""Each rate as the cells over the bar and the cells under it."""


@dataclass(frozen=True)
class Case:
    """Rows to draw and an audit to make of them."""

    seed: int
    rows: int
    shares: tuple[float, ...]
    minimum: int
    threshold: float
    base: float = 0.8
    weighted: bool = False

    def drawn(self) -> dict[str, object]:
        rng = np.random.default_rng(self.seed)
        place = rng.choice(len(self.shares), self.rows, p=np.array(self.shares) / sum(self.shares))
        score = np.round(rng.beta(2, 3, self.rows), 2)
        return {
            "y_true": (rng.random(self.rows) < self.base * score).astype(int),
            "y_score": score,
            "sensitive_features": {
                "a": np.array(list("abcdefgh"))[place],
                "b": rng.choice(["F", "M"], self.rows, p=[0.4, 0.6]),
            },
            "sample_weight": rng.choice([0.5, 1.0, 2.0], self.rows) if self.weighted else None,
        }

    def record(self) -> Record:
        options = {"threshold": self.threshold, "privacy_minimum": self.minimum}
        return audit_predictions(**self.drawn(), **options).record


FEW, SOME, MANY = (0.7, 0.2, 0.1), (0.45, 0.3, 0.15, 0.06, 0.04), (3, 2.5, 2, 1, 0.5, 0.4, 0.3, 0.3)
CASES = [
    Case(1, 90, (0.5, 0.4, 0.06, 0.04), 5, 0.7, 0.3),
    Case(4, 400, SOME, 5, 0.7),
    Case(7, 150, MANY, 5, 0.7, 0.3),
    Case(10, 90, FEW, 5, 0.7),
    Case(14, 400, FEW, 20, 0.35),
    Case(19, 400, MANY, 5, 0.35),
    Case(24, 400, SOME, 10, 0.5, weighted=True),
    Case(143, 600, MANY, 3, 0.35, 0.3),
]


def levels_of(attributes: tuple[str, ...], item: GroupFacts) -> Cell:
    return dict(zip(attributes, item.group, strict=True))


def named(shown: Record) -> Iterator[tuple[Cell, GroupFacts]]:
    yield {}, shown.overall
    for part in shown.groupings:
        for item in part.groups:
            yield levels_of(part.attributes, item), item


def attacked(shown: Record, cells: list[Cell] | None = None) -> Attacker:
    """Take in all that a public record says of its groups; it holds what pages and tables hold."""
    finest = max(shown.groupings, key=lambda part: len(part.attributes))
    own = [
        {**levels_of(finest.attributes, item), **cell}
        for item in finest.groups
        for cell in crossing(y=(0, 1), d=(0, 1))
    ]
    found = Attacker(cells or own)
    for levels, item in named(shown):
        if item.withheld:
            found.names(found.where(**levels))
            continue
        found.learn(found.where(**levels), item.rows)
        for name, (over, under) in BARS.items():
            rate = item.rates[name]
            if math.isfinite(rate.value):
                people = found.where(under, **levels)
                found.learn(people, rate.rows)
                if shown.task.weight is None or rate.value in (0.0, 1.0):
                    found.learn(found.where(over, **levels), round(rate.value * rate.rows))
    return found


def weighted(record: Record, case: Case) -> Record:
    """Say of an audit of arrays that its rows are weighted."""
    return (
        record.model_copy(update={"task": record.task.model_copy(update={"weight": "w"})})
        if case.weighted
        else record
    )


def cells_of(item: GroupFacts) -> dict[tuple[int, int], float]:
    """Count a group by label and decision; under weights these are whole numbers only where nobody is."""
    positive, negative = item.rates["true_positive_rate"], item.rates["false_positive_rate"]
    hits, alarms = (round(one.value * one.rows, 6) if one.rows else 0 for one in (positive, negative))
    return {(1, 1): hits, (1, 0): positive.rows - hits, (0, 1): alarms, (0, 0): negative.rows - alarms}


def margins_of(item: GroupFacts) -> list[tuple[Cell, int]]:
    """Count a group's positives, negatives, selected and rejected."""
    positives, negatives, selected = (
        item.rates[name].rows
        for name in ("true_positive_rate", "false_positive_rate", "positive_predictive_value")
    )
    return [
        ({"y": 1}, positives),
        ({"y": 0}, negatives),
        ({"d": 1}, selected),
        ({"d": 0}, item.rows - selected),
    ]


def unavoidable(record: Record, found: Attacker) -> Attacker:
    """Give what totals say by themselves: everybody's figures, the groups' own margins, cells of nobody."""
    hidden = hidden_groups(record)
    joints = hidden_joints(record, hidden)
    plain = Attacker(found.cells)

    def learn_cells(levels: Cell, item: GroupFacts, *, every: bool) -> None:
        for (y, d), people in cells_of(item).items():
            # Under weights rates count nobody; that nobody is there they say all the same.
            if people == 0 or (every and record.task.weight is None):
                plain.learn(plain.where(y=y, d=d, **levels), people)

    for levels, item in named(record):
        part = next((one for one in record.groupings if one.attributes == tuple(levels)), None)
        if part is None or item.group not in hidden[part.name]:
            for margin, people in margins_of(item):
                plain.learn(plain.where(**levels, **margin), people)
        if part is None or item.group not in joints[part.name]:
            learn_cells(levels, item, every=part is None)
    return plain


def secrets(record: Record, found: Attacker) -> dict[str, Floats]:
    """Give every count that is withheld."""
    hidden = hidden_groups(record)
    joints = hidden_joints(record, hidden)
    wanted = {}
    for part in record.groupings:
        for item in part.groups:
            levels = levels_of(part.attributes, item)
            if item.group in hidden[part.name]:
                wanted[f"{item.name}: rows"] = found.where(**levels)
                for kind in ({"y": 0}, {"y": 1}, {"d": 0}, {"d": 1}):
                    wanted[f"{item.name}: {kind}"] = found.where(**levels, **kind)
            if item.group in joints[part.name]:
                for cell in crossing(y=(0, 1), d=(0, 1)):
                    wanted[f"{item.name}: {cell}"] = found.where(**levels, **cell)
    return wanted


def leaks(record: Record, shown: Record, cells: list[Cell] | None = None) -> list[str]:
    found = attacked(shown, cells)
    wanted = secrets(record, found)
    told = found.pinned(wanted)
    plain = set(unavoidable(record, found).pinned({name: wanted[name] for name in told})) if told else set()
    return [name for name in told if name not in plain]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"seed {case.seed}")
def test_no_withheld_count_has_one_value_only(case):
    record = weighted(case.record(), case)
    assert leaks(record, public_record(record)) == []


def test_without_complements_the_attack_finds_withheld_counts(monkeypatch):
    """Withhold what must be and nothing more: the same attack then succeeds everywhere."""

    def begun(_record, *hiding):
        return {name: frozenset(groups) for name, groups in hiding[-1].items()}

    records = [weighted(case.record(), case) for case in CASES[1:4]]
    monkeypatch.setattr(privacy, "closed_groups", begun)
    monkeypatch.setattr(privacy, "closed_joints", begun)
    assert all(leaks(record, public_record(record)) for record in records)


def test_sums_that_tell_only_together_are_found():
    """Two rows and two columns of a table leave four cells together no one: no single sum says so."""
    cells = {name: at for at, name in enumerate(("qx", "qy", "qz", "rx", "ry", "rz", "q", "r"))}
    ends = dict.fromkeys(cells.values(), (0, 20))

    def line(total: float, names: str, minus: str | None = None) -> Sum:
        return Sum(tuple(cells[one] for one in names.split()), total, None if minus is None else cells[minus])

    sums = [line(0, "qx qy qz", "q"), line(0, "rx ry rz", "r"), line(8, "q r"), line(8, "qx rx")]
    assert known_counts(ends, sums, together=False) == set()
    assert known_counts(ends, sums) == {cells[one] for one in ("qy", "qz", "ry", "rz")}


def test_crossings_that_share_an_attribute_pin_no_count():
    """Three attributes in three crossings: their finest cells are in no table, and tie all tables."""
    rng = np.random.default_rng(6)
    features = {
        "a": rng.choice(list("pqr"), 150, p=[0.6, 0.3, 0.1]),
        "b": rng.choice(["F", "M"], 150, p=[0.4, 0.6]),
        "c": rng.choice(list("xyz"), 150, p=[0.7, 0.2, 0.1]),
    }
    score = np.round(rng.beta(2, 3, 150), 2)
    labels = (rng.random(150) < 0.8 * score).astype(int)
    record = audit_predictions(labels, y_score=score, threshold=0.4, sensitive_features=features).record
    assert len(record.groupings) == 6
    everything = crossing(a=list("pqr"), b=["F", "M"], c=list("xyz"), y=(0, 1), d=(0, 1))
    assert leaks(record, public_record(record), everything) == []


# --- several thresholds --------------------------------------------------------------------------------


def moved(record: Record, case: Case, hidden: Hidden, minimum: int) -> tuple[Attacker, dict[str, Floats]]:
    """Take in the embedded counts at every threshold, for one attribute; give what is left out of them."""
    drawn = case.drawn()
    cube = cube_of(drawn["y_true"], y_score=drawn["y_score"], sensitive_features=drawn["sensitive_features"])
    facts = coarse_facts(cube, case.threshold, ["a"], hidden, minimum)
    part = facts.groupings[0]
    used = sorted({edge for group in part.groups for edge in group.edges})
    names = [item.group for item in record.groupings[0].groups]
    found = Attacker(crossing(a=names, y=(0, 1), bin=range(len(used) + 1)))
    at = used.index(facts.at)
    for group in part.groups:
        ends = [0, *(used.index(edge) + 1 for edge in group.edges), len(used) + 1]
        for y, row in enumerate(group.counts):
            for (low, high), people in zip(pairwise(ends), row, strict=True):
                found.learn(
                    found.where(lambda c, low=low, high=high: low <= c["bin"] < high, a=group.group, y=y),
                    people,
                )
    for (y, d), people in cells_of(record.overall).items():
        found.learn(found.where(lambda c, d=d: (c["bin"] > at) == d, y=y), people)
    for item in public_record(record).groupings[0].groups:
        if not item.withheld:
            found.learn(found.where(a=item.group), item.rows)
    left = [
        item.group for item in record.groupings[0].groups if item.group not in {g.group for g in part.groups}
    ]
    wanted = {
        f"{group} {y} from {place}": found.where(lambda c, place=place: c["bin"] > place, a=group, y=y)
        for group in left for y in (0, 1) for place in range(len(used))
    }  # fmt: skip
    return found, wanted


THRESHOLDS = [Case(2, 500, SOME, 5, 0.5), Case(19, 500, SOME, 10, 0.35), Case(5, 600, SOME, 10, 0.5)]


@pytest.mark.parametrize("case", THRESHOLDS, ids=lambda case: f"seed {case.seed}")
def test_no_threshold_pins_a_count_of_a_group_that_is_left_out(case):
    record = case.record()
    found, wanted = moved(record, case, hidden_joints(record, hidden_groups(record)), case.minimum)
    assert wanted
    assert found.pinned(wanted) == []


def test_thresholds_that_leave_one_group_alone_pin_its_counts():
    """Leave out the smallest group alone, at thresholds that hold single people: the same attack succeeds."""
    case = THRESHOLDS[0]
    record = case.record()
    smallest = min(record.groupings[0].groups, key=lambda item: item.rows).group
    found, wanted = moved(record, case, {"a": frozenset({smallest})}, 1)
    assert found.pinned(wanted)


# --- several audits ------------------------------------------------------------------------------------


def test_two_models_on_the_same_people_hide_the_same_groups():
    """What one report hides to protect another group, the report on another model must not show."""
    for case in CASES[1:4]:
        drawn = case.drawn()
        other = {**drawn, "y_score": np.round(1 - drawn["y_score"], 2)}
        options = {"threshold": case.threshold, "privacy_minimum": case.minimum}
        records = [audit_predictions(**rows, **options).record for rows in (drawn, other)]
        finest = records[0].groupings[-1]
        found = Attacker(levels_of(finest.attributes, item) for item in finest.groups)
        wanted = {}
        for record in records:
            for levels, item in named(public_record(record)):
                if not item.withheld:
                    found.learn(found.where(**levels), item.rows)
            for levels, item in named(record):
                if item.rows < case.minimum:
                    found.names(found.where(**levels))
                    wanted[item.name] = found.where(**levels)
        assert found.pinned(wanted) == []
