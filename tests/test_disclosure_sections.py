"""Sections beside the tables of groups: what each of them tells of few people, alone and with the tables."""

from __future__ import annotations

import io
import math
import re

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from evenhand import audit_predictions, explain_row
from evenhand.api import audit_file
from evenhand.audit.card import card_of
from evenhand.audit.compare import compare_records
from evenhand.audit.law_counts import law_record
from evenhand.audit.masked_slices import masked_slices
from evenhand.audit.masking import masked
from evenhand.audit.privacy import hidden_groups, hidden_joints
from evenhand.audit.public import public_record, told_record
from evenhand.audit.record import Record
from evenhand.audit.record_explain import GapExplanation
from evenhand.audit.record_global import (
    ConditionFacts,
    DependenceFacts,
    RuleFacts,
    SurrogateFacts,
    WholeFacts,
)
from evenhand.audit.record_neural import ExcitingFacts, MoveFacts, NeuralFacts
from evenhand.audit.rows import Part
from evenhand.audit.settings import Settings
from evenhand.audit.slices import slice_facts
from evenhand.cli.summary import summary
from evenhand.reading import settings_from
from evenhand.reports.datasheet_markdown import render_markdown
from evenhand.reports.flat_tables import csv_text, flat_tables, parquet_bytes
from evenhand.reports.model_card_files import card_header, card_page
from evenhand.reports.view import build_page
from evenhand.reports.view_parts import Section, Table
from evenhand.tests.attacker import Attacker, Floats, crossing
from evenhand.tests.rich_audit import rich_record


def people(seed: int, rows: int = 500) -> dict[str, np.ndarray]:
    """Draw people of two sexes, of regions and of jobs; few women have the rarest job."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], rows)
    job = np.where(sex == "F", rng.choice(["smith", "baker", "cook"], rows, p=[0.49, 0.49, 0.02]), "smith")
    job = np.where(sex == "M", rng.choice(["smith", "baker", "cook"], rows, p=[0.3, 0.3, 0.4]), job)
    region = rng.choice(["north", "south", "east", "west"], rows, p=[0.5, 0.3, 0.17, 0.03])
    chance = 0.25 + 0.4 * (sex == "M") + 0.3 * (job == "cook") - 0.2 * (region == "east")
    return {"sex": sex, "job": job, "region": region, "chosen": rng.random(rows) < np.clip(chance, 0, 1)}


def tables_of(section: Section) -> list[Table]:
    inner = [table for part in section.sections for table in tables_of(part)]
    return [*section.tables, *(table for fold in section.folds for table in fold.tables), *inner]


# --- slices --------------------------------------------------------------------------------------------


def sliced(drawn: dict[str, np.ndarray]) -> Record:
    """Audit people and search them for slices."""
    columns = {name: drawn[name] for name in ("sex", "region", "job")}
    features = {name: drawn[name] for name in ("sex", "region")}
    record = audit_predictions(None, drawn["chosen"].astype(int), sensitive_features=features).record
    settings = Settings(search=tuple(columns), search_depth=2, min_group_size=2)
    both = (slice_facts(columns, Part({}, {}, None, one, None, None), settings) for one in (
        drawn["chosen"], ~drawn["chosen"]))  # fmt: skip
    return record.model_copy(update={"slices": tuple(item for found in both for item in found)})


def attacked(record: Record, drawn: dict[str, np.ndarray]) -> tuple[Attacker, dict[str, Floats]]:
    """Take in the groups and the slices of a page; give every count of few people with two conditions."""
    names = ("sex", "region", "job")
    levels = {name: sorted(set(drawn[name])) for name in names}
    found = Attacker(crossing(**levels, d=(0, 1)))
    public = public_record(record)
    found.learn(found.where(), public.overall.rows)
    found.learn(found.where(d=1), round(public.overall.rates["selection_rate"].value * public.overall.rows))
    for part in public.groupings:
        for item in part.groups:
            if not item.withheld:
                here = dict(zip(part.attributes, item.group, strict=True))
                found.learn(found.where(**here), item.rows)
                found.learn(found.where(d=1, **here), round(item.rates["selection_rate"].value * item.rows))
    everybody = found.where()
    for place, item in enumerate(masked(record).slices):
        for row in item.slices:
            if not row.withheld:
                here, over = found.where(**dict(row.conditions)), 1 if place == 0 else 0
                chosen = found.where(d=over, **dict(row.conditions))
                found.learn(here, row.rows)
                found.rate(chosen, here, row.rate.value, 0.0005)
                found.rate(found.where(d=over) - chosen, everybody - here, row.rest.value, 0.0005)
    wanted = {}
    for one, other in (("sex", "region"), ("sex", "job"), ("region", "job")):
        for pair in crossing(**{one: levels[one], other: levels[other]}):
            few = np.logical_and(*(drawn[name] == level for name, level in pair.items())).sum()
            if 0 < few < record.privacy_minimum:
                wanted[str(pair)] = found.where(**pair)
    return found, wanted


@pytest.mark.parametrize("seed", [1, 2])
def test_slices_pin_no_count_of_few_people(seed):
    drawn = people(seed)
    record = sliced(drawn)
    assert any(not row.withheld for item in masked(record).slices for row in item.slices)
    found, wanted = attacked(record, drawn)
    assert wanted
    assert found.pinned(wanted) == []


def test_slices_that_hide_themselves_alone_are_found_out(monkeypatch):
    monkeypatch.setattr("evenhand.audit.masking.masked_slices", lambda record, *_: record.slices)
    found = [attacked(sliced(people(seed)), people(seed)) for seed in (1, 2)]
    assert any(system.pinned(wanted) for system, wanted in found)


def test_a_slice_that_leaves_few_people_is_withheld():
    """All but five are in the slice: the rest's rate would speak of them."""
    region = np.array(["north"] * 195 + ["south"] * 5)
    columns = {"region": region}
    chosen = np.r_[np.zeros(195, dtype=bool), np.ones(5, dtype=bool)]
    record = audit_predictions(None, chosen.astype(int), sensitive_features={"sex": ["F", "M"] * 100}).record
    found = slice_facts(columns, Part({}, {}, None, chosen, None, None), Settings(search=("region",)))
    assert [row.rows for row in found[0].slices] == [195]
    record = record.model_copy(update={"slices": found})
    assert masked(record).slices[0].slices[0].withheld


def test_joint_figures_of_a_slice_are_withheld_with_those_of_its_group():
    y_true = np.r_[np.tile([1, 0], 200), np.ones(3), np.zeros(97)].astype(int)
    y_pred = np.r_[np.tile([1, 0, 0, 1], 100), np.ones(100)].astype(int)
    group = np.r_[["p"] * 400, ["q"] * 100]
    record = audit_predictions(y_true, y_pred, sensitive_features={"g": group}).record
    part = Part({}, {}, y_true == 1, y_pred == 1, None, None)
    found = slice_facts({"g": group}, part, Settings(search=("g",)))
    gone = hidden_joints(record, hidden_groups(record))
    marked = masked_slices(record.model_copy(update={"slices": found}), hidden_groups(record), gone)
    told = {item.metric for item in marked for row in item.slices if not row.withheld}
    assert {item.metric for item in found if item.slices} > told
    assert told <= {"selection_rate"}


# --- levels of a control column ------------------------------------------------------------------------


def test_pooled_rates_of_few_positives_are_withheld():
    """Group r has 3 positives: its crude true positive rate is its reference's plus the difference."""
    y_true = np.r_[np.tile([1, 0], 200), np.ones(3), np.zeros(97)].astype(int)
    y_pred = np.r_[np.tile([1, 0, 0, 1], 100), [1, 1, 0], np.tile([0, 1], 49)[:97]].astype(int)
    groups = {"g": np.r_[["p"] * 250, ["q"] * 150, ["r"] * 100]}
    job = np.tile(["smith", "baker"], 250)
    record = audit_predictions(
        y_true, y_pred, sensitive_features=groups, control_features={"job": job}
    ).record
    lines = {(line.metric, line.group): line.withheld for line in masked(record).conditional[0].pooled}
    assert lines["true_positive_rate", ("r",)]
    assert not lines["selection_rate", ("r",)]
    (table,) = [table for table in tables_of(build_page(record).further[0]) if table.id == "like-1-pooled"]
    shown = {(row.head.text, row.cells[0].text) for row in (*table.rows, *table.more)}
    assert not any(head[0] == "r" and "rue positive" in rate for head, rate in shown)


def test_a_gap_pooled_over_levels_with_few_of_a_group_is_withheld():
    """Of 40 people of group q, 3 have a job that anybody of group p has."""
    group = np.array(["p"] * 100 + ["q"] * 40)
    job = np.array(["smith"] * 100 + ["smith"] * 3 + ["cook"] * 37)
    record = audit_predictions(
        None, np.tile([1, 0], 70), sensitive_features={"g": group}, control_features={"job": job}
    ).record
    assert [line.withheld for line in record.conditional[0].pooled] == [True]


def test_gaps_within_a_level_compare_no_few_people():
    group = np.array(["p", "q"] * 50 + ["p"] * 40 + ["q"] * 4)
    job = np.array(["smith"] * 100 + ["cook"] * 44)
    record = audit_predictions(
        None, np.tile([1, 0], 72), sensitive_features={"g": group}, control_features={"job": job},
        min_group_size=1,
    ).record  # fmt: skip
    cook = next(level for level in record.conditional[0].strata if level.level == "cook")
    assert all(math.isnan(figure.value) for figure in cook.figures)


# --- explanations --------------------------------------------------------------------------------------


def explained(control: str | None, rows: int) -> GapExplanation:
    return GapExplanation(
        grouping="sex", gap="selection_rate", metric="selection_rate", group=("F",), reference=("M",),
        measured=0.1, total=0.1, residual=0.0, gross=0.1, bars=(), engine="walks", game="direct", rows=rows,
        walks=5, seed=0, control=control, strata=2,
    )  # fmt: skip


@pytest.mark.parametrize(("rows", "told"), [(893, 0), (900, 900), (880, 880)])
def test_rows_of_an_explanation_within_levels_tell_of_no_few_people(rows, told):
    record = audit_predictions(None, [1, 0] * 450, sensitive_features={"sex": ["F", "M"] * 450}).record
    items = (explained(None, 900), explained("job", rows))
    shown = masked(record.model_copy(update={"explanations": items})).explanations
    assert [item.rows for item in shown] == [900, told]


def whole(rules: tuple[RuleFacts, ...], missing: int = 0) -> WholeFacts:
    curve = DependenceFacts(
        column="region", kind="category", grouping="region", values=("north", "south"), curves=(),
        too_small=(), missing=missing, left_out=0,
    )  # fmt: skip
    tree = SurrogateFacts(verdict="faithful", rules=rules, fidelity=(), depth=2, grown_on=50, tested_on=50)
    return WholeFacts(
        rows=100, available=100, repeats=5, scored=True, seed=0, columns=("region",), reliance=(),
        importances=(), dependences=(curve,), effects=(), surrogate=tree,
    )  # fmt: skip


def rule(rows: int, *columns: str) -> RuleFacts:
    conditions = tuple(
        ConditionFacts(
            column=column, above=None, at_most=None, among=("west",), without=(), others=False, missing=False
        )
        for column in columns
    )
    return RuleFacts(conditions=conditions, value=0.5, selected=True, share=rows / 100, rows=rows)


def by_region(west: object = "west") -> Record:
    region = np.array(["north"] * 50 + ["south"] * 42 + [west] * 8, dtype=object)
    return audit_predictions(None, [1, 0] * 50, sensitive_features={"region": region}).record


def test_shares_of_a_small_tree_count_no_withheld_group():
    """A leaf of one withheld region is its size; a leaf that asks nothing about regions stays."""
    record = by_region().model_copy(
        update={"whole": whole((rule(8, "region"), rule(42, "region"), rule(50)))}
    )
    tree = masked(record).whole.surrogate
    assert [math.isnan(one.share) for one in tree.rules] == [True, True, False]
    assert "8.0%" not in str(build_page(record).reasons)


def test_a_small_tree_says_nothing_of_few_people():
    record = by_region().model_copy(update={"whole": whole((rule(4, "pay"), rule(46, "pay"), rule(50)))})
    tree = masked(record).whole.surrogate
    assert [math.isnan(one.value) for one in tree.rules] == [True, False, False]
    assert sum(math.isnan(one.share) for one in tree.rules) == 2


def test_curves_count_no_missing_level_that_is_withheld():
    record = by_region(None).model_copy(update={"whole": whole((rule(100),), missing=8)})
    assert masked(record).whole.dependences[0].missing == 0


def test_curves_name_no_withheld_group_as_too_small():
    """Two regions are withheld; which of them is the small one is not told either."""
    facts = whole((rule(100),))
    small = facts.dependences[0].model_copy(update={"too_small": (("west",), ("south",))})
    record = by_region().model_copy(update={"whole": facts.model_copy(update={"dependences": (small,)})})
    assert masked(record).whole.dependences[0].too_small == ()


def test_mean_inputs_of_a_group_are_no_shares_of_another_column():
    """The mean of an input for one region, in a group, is the share of the group that lives there."""
    rng = np.random.default_rng(3)
    groups = {
        "sex": rng.choice(["F", "M"], 300),
        "region": rng.choice(["north", "west"], 300, p=[0.97, 0.03]),
    }
    record = audit_predictions(None, rng.integers(0, 2, 300), sensitive_features=groups).record
    moves = tuple(
        MoveFacts(input=name, start=0.02, end=0.5, spread=0.1)
        for name in ("region = west", "region [2]", "pay", "regional")
    )
    one = ExcitingFacts(
        attribute="sex", group=("F",), name="F", before=0.1, after=0.9, beyond=0.0, moves=moves
    )
    facts = NeuralFacts(
        layers=(), rows=300, seed=0, probes=(), tested=0, detectors=0, units=(), together=(), clouds=(),
        exciting=(one,), gaps=(),
    )  # fmt: skip
    shown = masked(record.model_copy(update={"neural": facts})).neural.exciting[0].moves
    assert [move.input for move in shown] == ["pay", "regional"]


class OnlyHigh:
    """Accepts whoever earns 90 or more."""

    classes_ = np.array([0, 1])
    feature_names_in_ = np.array(["pay"], dtype=object)

    def predict_proba(self, X):
        score = X["pay"].to_numpy(dtype=float) / 180
        return np.column_stack([1 - score, score])


@pytest.mark.parametrize(("accepted", "few"), [(4, True), (12, False)])
def test_what_is_usual_is_said_of_enough_people_only(accepted, few):
    """With four people accepted, their median would tell of each."""
    rows = pd.DataFrame({"pay": [*range(60), *([95] * accepted)]})
    found = explain_row(OnlyHigh(), rows, 3, ways=0, methods=["occlusion"])
    (reason,) = found.record.decisions[0].reasons
    assert (reason.few, reason.usual) == (few, None if few else 95)
    assert ("too few were compared with" in found.to_html()) == few


# --- laws, cards, tables, comparisons ------------------------------------------------------------------


def test_joint_tables_of_the_law_leave_no_few_people_between_them():
    """Race is unknown of 4 women and 30 men; without them, the table of sexes would tell of the 4."""
    counts = {
        "sex": ["F", "M", "F", "M", "F", "M"], "race": ["p", "p", "q", "q", "", ""],
        "n": [400, 500, 300, 350, 4, 30], "selected": [200, 260, 130, 190, 1, 15],
    }  # fmt: skip
    law = law_record(counts, Settings(local_law={"unknown": "joint"})).profiles[0].local_law
    sexes = next(axis for axis in law.axes if axis.axis == "sex")
    assert all(one.withheld for one in sexes.categories)


@pytest.fixture(scope="module")
def rich() -> Record:
    return rich_record()


def test_parquet_holds_what_the_other_tables_hold(rich):
    for rows in flat_tables(rich).values():
        again = pq.read_table(io.BytesIO(parquet_bytes(rows))).to_pylist() if rows else []
        assert repr(again) == repr(rows)
    groups = [row for row in flat_tables(rich)["groups"] if row["withheld"]]
    assert len(groups) >= 4
    assert all(
        math.isnan(row["value"]) and row["rows"] is None and row["group_rows"] is None for row in groups
    )
    assert csv_text(groups).count("withheld") >= len(groups)


def test_model_cards_say_nothing_of_withheld_groups(rich):
    hidden = hidden_groups(rich)
    joints = hidden_joints(rich, hidden)
    card = card_of(rich)
    for part in card.record.groupings:
        for item in part.groups:
            assert item.withheld == (item.group in hidden[part.name])
            joint = item.rates.get("true_positive_rate")
            assert joint is None or math.isnan(joint.value) == (item.group in joints[part.name])
    names = [one["name"] for one in card_header(card)["model-index"][0]["results"][0]["metrics"]]
    for rate, gone in (("TPR", joints), ("Selection rate", hidden)):
        shown = sum(item.group not in gone[part.name] for part in rich.groupings for item in part.groups)
        assert sum(name.startswith(f"{rate} | ") for name in names) == shown
    page = render_markdown(card_page(card))
    lines = [line for line in page.splitlines() if " | withheld | withheld | withheld |" in line]
    lines = [line for line in lines if line.split("|", 2)[2].startswith(" withheld")]
    assert len(lines) == sum(map(len, hidden.values()))
    assert not any(re.search(r"\| *\d", line.split("|", 2)[2]) for line in lines)


def test_a_comparison_says_nothing_that_the_public_records_do_not(rich):
    """Its page is drawn from the two public records alone, so the attack on these stands for it."""
    other = replace_created(rich)
    found = compare_records([rich, other])
    assert all(record.public for record in found.records)
    withheld = {
        (part.name, item.metric)
        for part in found.records[0].groupings for item in part.disparities
        if item.against == "all_pairs" and math.isnan(item.value)
    }  # fmt: skip
    for change in found.changes:
        if (change.grouping, change.metric) in withheld:
            assert all(math.isnan(figure.value) for figure in change.figures)


def replace_created(record: Record) -> Record:
    return record.model_copy(update={"created": "2026-02-01T00:00:00+00:00"})


# --- the terminal --------------------------------------------------------------------------------------


def test_the_terminal_withholds_what_the_page_does(rich):
    """Its text goes into logs: groups that are hidden for others' sake are no more in it than small ones."""
    hidden = hidden_groups(rich)
    text = summary(rich, width=400)
    single = next(part for part in rich.groupings if hidden[part.name] and len(part.attributes) == 1)
    most = max(line.count("withheld") for line in text.splitlines())
    lines = [line for line in text.splitlines() if line.count("withheld") == most]
    assert len(lines) == len(hidden[single.name])
    for line in lines:
        assert not re.search(r"\d", line)
    rates = {f"{item.rates['selection_rate'].value * 100:.1f}%" for item in single.groups
             if item.group in hidden[single.name]}  # fmt: skip
    part = text.split(f"By {single.name}"[:20])[1].split("By ")[0]
    assert not any(rate in part for rate in rates)


def test_the_terminal_compares_no_withheld_group_within_levels():
    drawn = people(1, 200)
    record = audit_predictions(
        None, drawn["chosen"].astype(int), sensitive_features={"region": drawn["region"]},
        control_features={"job": drawn["job"]}, min_group_size=5,
    ).record  # fmt: skip
    hidden = hidden_groups(record)["region"]
    assert hidden
    told = told_record(record)
    lines = {line.group: line.withheld for line in told.conditional[0].pooled}
    assert all(lines[group] for group in hidden if group in lines)
    assert all(not item.rates for item in told.groupings[0].groups if item.group in hidden)


def test_notes_stay_in_the_terminal_where_a_withheld_group_is_called_like_a_figure(tmp_path):
    """A group called 2 is withheld, and "up to 2 rows a person" speaks of no group."""
    frame = pd.DataFrame({"group": np.repeat(["0", "1", "2"], [60, 60, 4]), "p": np.tile([0, 1, 1, 0], 31)})
    frame.assign(person=np.repeat(np.arange(62), 2)).to_parquet(tmp_path / "rows.parquet")
    settings = {"prediction": "p", "sensitive": ("group",), "id": "person"}
    record = audit_file(settings_from(tmp_path / "rows.parquet", settings)).record
    assert ("2",) in hidden_groups(record)["group"]
    codes = [{note.code for note in one.notes} for one in (record, told_record(record))]
    assert codes == [{"repeated_people", "small_groups"}, {"repeated_people"}]
