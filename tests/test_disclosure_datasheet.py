"""Somebody with a datasheet in every format, and with the report beside it, works at the withheld counts."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from evenhand.api import audit_file
from evenhand.audit.about import About
from evenhand.audit.facts import dataset_facts
from evenhand.audit.public import public_record
from evenhand.audit.record import Record
from evenhand.audit.told import told_counts
from evenhand.reports import datasheet_counts
from evenhand.reports.croissant import croissant
from evenhand.reports.datasheet_markdown import render_markdown
from evenhand.reports.datasheet_parts import Table
from evenhand.reports.datasheet_view import build_view
from evenhand.reports.huggingface import render_dataset_card
from evenhand.tests.attacker import Attacker, Cell, Floats, crossing

ROLES = {
    "target": "y",
    "pos_label": 1,
    "sensitive": ["a", "b"],
    "intersections": [["a", "b"]],
    "split": "part",
}
MISSING = "(missing)"
LABELS = {1: "yes", 0: "no", None: "none"}
HALF = 0.0005 + 1e-9
"""Half of the last digit of a percentage with one decimal."""
Columns = dict[str, list[object]]
Shown = dict[tuple[str, str], Table]


def people(seed: int) -> Columns:
    """Draw a table with small groups, splits, missing values and, for odd seeds, rows without a label."""
    rng = np.random.default_rng(seed)
    rows = (80, 150, 300, 200)[seed % 4]
    shares = ((0.5, 0.3, 0.15, 0.05), (0.6, 0.3, 0.06, 0.04), (0.4, 0.3, 0.2, 0.05, 0.05))[seed % 3]
    b = rng.choice(["F", "M"], rows, p=[0.4, 0.6]).tolist()
    a = rng.choice(list("pqrst")[: len(shares)], rows, p=shares).tolist()
    return {
        "a": [None if seed % 3 == 0 and rng.random() < 0.04 else one for one in a],
        "b": b,
        "part": rng.choice(["train", "test"], rows, p=[0.7, 0.3]).tolist(),
        "y": [
            None if seed % 2 and rng.random() < 0.05 else int(rng.random() < (0.4, 0.1)[seed % 2]) for _ in a
        ],
        "x": [
            None if rng.random() < (0.3 if one == "F" else 0.06) else float(at) for at, one in enumerate(b)
        ],
    }


def facts_of(columns: Columns, minimum: int = 10, **roles: object) -> dict[str, object]:
    rows = duckdb.connect().from_arrow(pa.table(columns))
    return dataset_facts(rows, privacy_minimum=minimum, **(roles or ROLES)).to_dict()


def tables_of(facts: dict[str, object]) -> Shown:
    view = build_view(facts, None, title="t", credit=None, created="2026-01-01")
    return {
        (prompt.id, block.caption): block
        for section in view.sections for prompt in section.prompts for block in prompt.blocks
        if isinstance(block, Table)
    }  # fmt: skip


def percent(text: str) -> float:
    return float(re.match(r"[\d.]+", text)[0]) / 100


def levels_of(columns: Columns) -> dict[str, list[object]]:
    return {
        name: sorted({MISSING if one is None else one for one in columns[name]})
        for name in ("a", "b", "part")
    }


def attacked(columns: Columns, shown: Shown) -> Attacker:
    """Take in every table of a datasheet that counts people."""
    known = levels_of(columns)
    found = Attacker(crossing(**known, y=tuple(LABELS.values()), x=(False, True)))
    found.learn(found.where(), len(columns["a"]))
    for value, label in LABELS.items():
        found.learn(found.where(y=label), columns["y"].count(value))
    found.learn(found.where(x=True), columns["x"].count(None))
    for caption in ("a", "b", "a × b"):
        for name, rows, _, *rate in shown["C13", caption].rows:
            levels = dict(zip(caption.split(" × "), name.text.split(", "), strict=True))
            levels = {key: one.split(" ", 1)[0] if one != MISSING else one for key, one in levels.items()}
            levels = {key: MISSING if one == MISSING[:8] else one for key, one in levels.items()}
            _group(found, levels, rows.text, rate[0].text)
    for (prompt, _), table in shown.items():
        heads = [head.text for head in table.head]
        if prompt == "C8" and heads[1] == "Rows":
            for name, rows, rate in table.rows:
                _group(found, {"part": name.text}, rows.text, rate.text)
        elif prompt == "C8":
            _shares(found, heads, table)
        elif prompt == "C4":
            _gone(found, known, table)
        elif prompt == "C6" and heads[1] == "By":
            _by_group(found, known, table)
    return found


def _group(found: Attacker, levels: Cell, rows: str, rate: str) -> None:
    if rows == "withheld":
        found.names(found.where(**levels))
    else:
        found.learn(found.where(**levels), int(rows.replace(",", "")))
    if rate not in {"withheld", "\u2013"}:
        labelled = found.where(lambda c: c["y"] != "none", **levels)
        found.rate(found.where(y="yes", **levels), labelled, percent(rate), HALF)


def _shares(found: Attacker, heads: list[str], table: Table) -> None:
    for name, *cells in table.rows:
        for part, cell in zip(heads[1:], cells, strict=True):
            if cell.text != "withheld":
                levels = {table.caption.split("“")[1].split("”")[0]: name.text, "part": part}
                found.rate(found.where(**levels), found.where(part=part), percent(cell.text), HALF)


def _gone(found: Attacker, known: dict[str, list[object]], table: Table) -> None:
    for row in table.rows:
        name, share = row[0].text, row[3].text
        if MISSING in known.get(name, ()) and share != "withheld":
            found.rate(found.where(**{name: MISSING}), found.where(), percent(share), HALF)


def _by_group(found: Attacker, known: dict[str, list[object]], table: Table) -> None:
    for column, by, cells, _ in table.rows:
        if column.text == "x" and by.text in known:
            for part in cells.text.split("; "):
                if ": " in part:
                    level, share = part.split(": ")
                    under = found.where(**{by.text: level})
                    found.rate(found.where(x=True, **{by.text: level}), under, percent(share), HALF)


def few(columns: Columns, found: Attacker, minimum: int) -> dict[str, Floats]:
    """Give every count of the tables that is above zero and below the minimum."""
    rows = [
        {name: MISSING if one is None else one for name, one in row.items()}
        | {"y": LABELS[row["y"]], "x": row["x"] is None}
        for row in (dict(zip(columns, one, strict=True)) for one in zip(*columns.values(), strict=True))
    ]
    truth = np.array([float(rows.count(cell)) for cell in ({k: c[k] for k in columns} for c in found.cells)])
    known, wanted = levels_of(columns), {}
    for names in (("a",), ("b",), ("part",), ("a", "b"), ("a", "part"), ("b", "part")):
        for levels in crossing(**{name: known[name] for name in names}):
            kinds: list[Cell] = [{}, *({"y": label} for label in LABELS.values())]
            kinds += [{"x": True}] if names in {("a",), ("b",)} else []
            for kind in kinds:
                row = found.where(**levels, **kind)
                if 0 < truth @ row < minimum:
                    wanted[f"{levels} {kind}"] = row
    return wanted


@pytest.mark.parametrize(("seed", "minimum"), [(0, 10), (7, 5), (10, 5)])
def test_no_small_count_of_a_datasheet_has_one_value_only(seed, minimum):
    columns = people(seed)
    found = attacked(columns, tables_of(facts_of(columns, minimum)))
    assert found.pinned(few(columns, found, minimum)) == []


def test_a_datasheet_that_withholds_small_counts_alone_is_found_out(monkeypatch):
    def alone(counts, minimum):
        return frozenset(key for key, it in counts.items() if it.value >= minimum or it.total)

    monkeypatch.setattr(datasheet_counts, "shown_counts", alone)
    columns = people(10)
    found = attacked(columns, tables_of(facts_of(columns, 5)))
    assert found.pinned(few(columns, found, 5))


def test_every_format_shows_the_same_figures_of_groups():
    """The attack on the view stands for all formats: none of them has a figure that the view lacks."""
    facts = facts_of(people(10), 5)
    view = build_view(facts, None, title="t", credit=None, created="2026-01-01")
    shown = tables_of(facts)
    rows = {row[0].text: row for (prompt, _), table in shown.items() if prompt == "C13" for row in table.rows}
    hidden = {name for name, row in rows.items() if row[1].text == "withheld"}
    assert hidden
    for text in (render_markdown(view), render_dataset_card(view, facts, About())):
        lines = [line for line in text.splitlines() if line.startswith("| ") and line.count("|") == 5]
        found = {line.split("|")[1].strip().replace("\\", ""): line for line in lines}
        assert all(not re.search(r"\d", found[name].split("|", 2)[2]) for name in hidden)
    statistics = croissant(view, facts, About())["recordSet"][-1]["cr:annotation"]
    named = {item["name"].split(" = ")[-1] for item in statistics if " = " in item["name"]}
    assert named
    assert not named & hidden
    rated = [item["name"] for item in statistics if "label_rate" in item["@id"] and " = " in item["name"]]
    told = [name for name, row in rows.items() if re.match(r"\d", row[3].text)]
    assert len(rated) == len(told)


# --- single figures that told more than they said ------------------------------------------------------


def test_a_label_rate_tells_of_no_few_negatives_or_unlabelled():
    """Of 40 rows 12 have a label, 11 of them the positive one: the rate would tell that one has not."""
    y = [1] * 11 + [0] + [None] * 28 + [1, 0] * 40
    facts = facts_of({"g": ["p"] * 40 + ["q"] * 80, "y": y}, target="y", pos_label=1, sensitive=["g"])
    assert {row[3].text for row in tables_of(facts)["C13", "g"].rows} == {"withheld"}


def test_a_test_of_missing_values_is_withheld_with_one_of_its_counts():
    """With two counts hidden and their sum known, the p-value would say which is which."""
    g = ["p"] * 300 + ["q"] * 200 + ["r"] * 200
    gone = {*range(90), *range(300, 305), *range(500, 520)}
    columns = {"g": g, "x": [None if at in gone else at for at in range(700)]}
    table = tables_of(facts_of(columns, sensitive=["g"]))[
        "C6", "Where missing values depend on the group or the label"
    ]
    assert [row[3].text for row in table.rows if row[1].text == "g"] == ["withheld"]


def test_the_commonest_values_name_no_withheld_group():
    """Which of two hidden groups is large enough to be common would tell the other one's size."""
    columns = {"g": ["p"] * 50 + ["q"] * 40 + ["r"] * 10 + ["s"]}
    shown = tables_of(facts_of(columns, sensitive=["g"]))
    assert [row[1].text for row in shown["C13", "g"].rows] == ["50", "40", "withheld", "withheld"]
    assert shown["C4", "Columns, in the order of the file"].rows[0][5].text == "p, q and 2 more"


def test_missing_splits_are_withheld_where_they_are_few():
    columns = {"g": ["p", "q"] * 60, "part": [None] * 3 + ["train"] * 80 + ["test"] * 37}
    shown = tables_of(facts_of(columns, sensitive=["g"], split="part"))
    assert shown["C4", "Columns, in the order of the file"].rows[1][3].text == "withheld"


def test_rows_in_rare_combinations_of_the_groups_own_columns_are_withheld():
    columns = {"g": ["p"] * 50 + ["q", "r", "s", "t"] * 4}
    table = tables_of(facts_of(columns, sensitive=["g"]))["C14", "How many rows stand out (k-anonymity)"]
    assert all(row[2].text in {"withheld", "0"} for row in table.rows)


def test_named_groups_have_somebody_in_them():
    """Twelve groups of one row each, in a total of twelve: all are hidden, and all are known to be 1."""
    columns = {"g": ["p"] * 50 + [f"r{at}" for at in range(12)]}
    shown = tables_of(facts_of(columns, sensitive=["g"]))["C13", "g"]
    assert {row[1].text for row in shown.rows} == {"withheld"}


# --- the datasheet and the report of one audit ---------------------------------------------------------


def table_of(folder: Path, seed: int) -> Path:
    rng = np.random.default_rng(seed)
    score = np.round(rng.beta(2, 3, 700), 3)
    frame = pd.DataFrame({
        "a": rng.choice(list("pqrst"), 700, p=[0.5, 0.31, 0.15, 0.01, 0.03]),
        "score": score,
        "y": (rng.random(700) < score).astype(int),
        "part": rng.choice(["train", "test"], 700, p=[0.4, 0.6]),
    })  # fmt: skip
    frame.to_csv(folder / "rows.csv", index=False)
    return folder / "evenhand.toml"


SETTINGS = 'data = "rows.csv"\ntarget = "y"\npos_label = 1\nscore = "score"\nsensitive = ["a"]\n'
SPLIT = '[split]\ncolumn = "part"\ntrain = "train"\ntest = "test"\n'


@pytest.fixture(scope="module", params=["whole", "split"])
def audited(request, tmp_path_factory) -> Record:
    folder = tmp_path_factory.mktemp(request.param)
    path = table_of(folder, 5)
    path.write_text(SETTINGS + (SPLIT if request.param == "split" else ""), encoding="utf-8")
    return audit_file(path).record


def both(record: Record, told: list[dict[str, object]]) -> list[str]:
    """Take the report and the datasheet together, and name the small sizes that follow."""
    facts = json.loads(json.dumps({**record.datasheet, "told": told}))
    columns = facts["joint"]["attributes"]
    found = Attacker(dict(zip(columns, levels, strict=True)) for levels, _ in facts["joint"]["cells"])
    found.learn(found.where(), facts["rows"])
    shown = datasheet_counts.choose(facts)
    truth = np.array([float(sum(sides)) for _, sides in facts["joint"]["cells"]])
    wanted = {}
    for attributes in datasheet_counts.tables(facts):
        for levels in {tuple(cell[name] for name in attributes) for cell in found.cells}:
            cell = dict(zip(attributes, levels, strict=True))
            row = found.where(**cell)
            if shown.size(attributes, levels):
                found.learn(row, truth @ row)
            elif truth @ row < record.privacy_minimum:
                found.learn(row, 1, math.inf)
                wanted[str(cell)] = row
    part = {"part": "test"} if "part" in columns else {}
    public = public_record(record)
    found.learn(found.where(**part), public.overall.rows)
    for grouping in public.groupings:
        for item in grouping.groups:
            row = found.where(**dict(zip(grouping.attributes, item.group, strict=True)), **part)
            if not item.withheld:
                found.learn(row, item.rows)
            elif truth @ row < record.privacy_minimum:
                wanted[f"{item.name} in the report"] = row
    return found.pinned(wanted)


def test_report_and_datasheet_together_pin_no_small_size(audited):
    assert both(audited, told_counts(audited)) == []


def test_a_datasheet_that_knows_of_no_report_gives_small_sizes_away(audited):
    reports = audited.model_copy(update={"groupings": tuple(_other(part) for part in audited.groupings)})
    assert both(audited, []) or both(reports, [])


def _other(part):
    """Hide another complement than the datasheet does: the largest group."""
    small = {item.group for item in part.groups if item.rows < 10}
    largest = max(part.groups, key=lambda item: item.rows).group
    hidden = small | ({largest} if small else set())
    groups = (item.model_copy(update={"withheld": item.group in hidden}) for item in part.groups)
    return part.model_copy(update={"groups": tuple(groups)})
