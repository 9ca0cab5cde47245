"""Somebody with everything that leaves an audit tries to work out the groups that are withheld."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import numpy as np
import pytest

from evenhand import audit_predictions
from evenhand.audit.privacy import hidden_groups, hidden_joints
from evenhand.audit.record import Record
from evenhand.reports.outputs import render_files
from evenhand.tests.rich_audit import rich_record

CELLS = [(label, decision) for label in (0, 1) for decision in (0, 1)]
COUNTED = {
    "selection_rate": (lambda _, decision: decision == 1, lambda *_: True),
    "base_rate": (lambda label, _: label == 1, lambda *_: True),
    "true_positive_rate": (lambda *cell: cell == (1, 1), lambda label, _: label == 1),
    "false_positive_rate": (lambda *cell: cell == (0, 1), lambda label, _: label == 0),
    "positive_predictive_value": (lambda *cell: cell == (1, 1), lambda _, decision: decision == 1),
    "accuracy": (lambda label, decision: label == decision, lambda *_: True),
}
"""Each rate as the cells over the bar and the cells under it."""
TEXTS = {"tr", "li", "p", "dt", "dd", "summary", "figcaption", "caption", "text", "script"}


class Reader(HTMLParser):
    """Collect every text of a page, block by block, and every text alternative."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[list[str]] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("aria-label", "title")]
        if tag in TEXTS:
            self.open.append([tag, ""])

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1][0] == tag:
            text = self.open.pop()[1]
            self.found.append(text)
            if self.open:
                self.open[-1][1] += text

    def handle_data(self, data: str) -> None:
        if self.open:
            self.open[-1][1] += f"{data} "


def plain(text: str) -> str:
    return " ".join(re.sub("[\u2066-\u2069\u202a-\u202e]", "", text).split())


def texts_of(page: str) -> list[str]:
    reader = Reader()
    reader.feed(page)
    return [plain(text) for text in reader.found]


@pytest.fixture(scope="module")
def small() -> Record:
    """Two attributes whose crossing has small cells, with scores."""
    rng = np.random.default_rng(5)
    sex = rng.choice(["Ada", "Bob"], 900)
    region = rng.choice(["Nord", "Sued", "Ost", "Quagga", "Yak"], 900, p=[0.5, 0.3, 0.18, 0.009, 0.011])
    score = np.round(rng.beta(2, 3, 900), 3)
    labels = (rng.random(900) < score).astype(int)
    groups = {"sex": sex, "region": region}
    job = rng.choice(["smith", "baker", "falconer"], 900, p=[0.6, 0.393, 0.007])
    return audit_predictions(
        labels, y_score=score, sensitive_features=groups, control_features={"job": job}
    ).record


@pytest.fixture(scope="module", params=["small", "rich"])
def record(request: pytest.FixtureRequest) -> Record:
    return request.getfixturevalue("small") if request.param == "small" else rich_record()


@pytest.fixture(scope="module")
def leaving(record: Record) -> dict[str, str]:
    """All that an audit hands to others, by file name."""
    files = render_files(record, ("html", "json", "md", "csv", "junit", "sarif"))
    del files["record.json"]
    return {name: str(text) for name, text in files.items()}


@pytest.fixture(scope="module")
def withheld(record: Record) -> list[str]:
    """Names of the withheld groups and of the withheld levels of control columns."""
    hidden = hidden_groups(record)
    found = [g.name for part in record.groupings for g in part.groups if g.group in hidden[part.name]]
    assert len(found) >= 4
    found += [level.name for part in record.conditional for level in part.strata if level.withheld]
    return [plain(name) for name in found]


def test_no_line_that_names_a_withheld_group_has_a_figure(leaving, withheld):
    lines = [
        plain(line)
        for name in ("summary.md", "junit.xml", "results.sarif")
        for line in leaving[name].splitlines()
    ]
    for text in (*texts_of(leaving["report.html"]), *lines):
        for name in withheld:
            for after in text.split(name)[1:] if len(name) < 60 else ():
                # A name that is part of a longer one, or of a list of names, is followed by no figure.
                assert not re.match(r"[\s▨:–]*(withheld|undefined)?[\s▨:–]*[−+]?\d", after), text[:300]


def test_rows_of_withheld_groups_are_empty(leaving, withheld):
    rows = re.findall(r'<tr[^>]*><th scope="row">(.*?)</th>(.*?)</tr>', leaving["report.html"], re.DOTALL)
    seen = 0
    for head, cells in rows:
        if any(plain(re.sub("<[^>]+>", " ", head)).startswith(f"{name} ▨") for name in withheld):
            seen += 1
            assert not re.search(r"\d", re.sub("<[^>]+>", "", cells)), head
    assert seen or not any(name.isalpha() for name in withheld)


def test_tables_have_no_figure_of_them(leaving, withheld):
    for name in ("groups.csv", "disparities.csv", "verdicts.csv"):
        for row in csv.DictReader(io.StringIO(leaving[name])) if name in leaving else ():
            if plain(row["group"]).lstrip("'") in withheld or plain(row.get("reference", "")) in withheld:
                assert {row[key] for key in ("value", "low", "high") if key in row} == {""}


# --- linear algebra ------------------------------------------------------------------------------------


class Unknowns:
    """The counts of the finest cells (group of the crossing, label, decision), and what is known of them."""

    def __init__(self, public: dict) -> None:
        self.parts = public["groupings"]
        finest = max(self.parts, key=lambda part: len(part["attributes"]))
        self.names = finest["attributes"]
        self.groups = [tuple(group["group"]) for group in finest["groups"]]
        self.known: list[np.ndarray] = []

    def members(self, attributes: list[str], group: list) -> set[int]:
        """Give the finest groups that make up a group."""
        places = [self.names.index(name) for name in attributes]
        return {i for i, key in enumerate(self.groups) if [key[place] for place in places] == list(group)}

    def row(self, members: set[int], cell) -> np.ndarray:
        """Count some cells of some groups."""
        return np.array([float(i in members and cell(*c)) for i in range(len(self.groups)) for c in CELLS])

    def learn(self, members: set[int], group: dict) -> None:
        """Take in the size of a group and every rate that is shown of it, as equations of counts."""
        self.known.append(self.row(members, lambda *_: True))
        for name, (over, under) in COUNTED.items():
            rate = group["rates"].get(name, {})
            if isinstance(rate.get("value"), float):
                bar = self.row(members, over) - rate["value"] * self.row(members, under)
                self.known.append(bar)

    def tells(self, wanted: np.ndarray) -> bool:
        """Tell whether a count follows from what is known: whether it lies in the span of the equations."""
        rows = np.array(self.known)
        solution = np.linalg.lstsq(rows.T, wanted, rcond=1e-9)[0]
        return bool(np.allclose(rows.T @ solution, wanted, atol=1e-6))


@pytest.fixture(scope="module")
def unknowns(leaving) -> Unknowns:
    public = json.loads(leaving["record-public.json"])
    found = Unknowns(public)
    found.learn(set(range(len(found.groups))), public["overall"])
    for part in found.parts:
        for group in part["groups"]:
            if not group["withheld"]:
                found.learn(found.members(part["attributes"], group["group"]), group)
    for part in (public.get("coarse") or {"groupings": []})["groupings"]:
        at = public["coarse"]["at"]
        for group in part["groups"]:
            members = found.members([part["name"]], group["group"])
            place = group["edges"].index(at) + 1
            counts = [[sum(row[:place]), sum(row[place:])] for row in group["counts"]]
            assert np.sum(counts) > 0
            found.known += [found.row(members, lambda *c, cell=cell: c == cell) for cell in CELLS]
    return found


def secrets(record: Record, unknowns: Unknowns) -> Iterator[tuple[str, np.ndarray]]:
    """Give every count that is withheld: whole groups, and what needs label and decision together."""
    hidden = hidden_groups(record)
    joints = hidden_joints(record, hidden)
    for part in record.groupings:
        for group in part.groups:
            members = unknowns.members(list(part.attributes), list(group.group))
            if group.group in hidden[part.name]:
                yield f"{group.name}: size", unknowns.row(members, lambda *_: True)
                yield f"{group.name}: positives", unknowns.row(members, lambda label, _: label == 1)
                yield f"{group.name}: selected", unknowns.row(members, lambda _, decision: decision == 1)
            if group.group in joints[part.name]:
                yield f"{group.name}: true positives", unknowns.row(members, lambda *cell: cell == (1, 1))


def test_no_withheld_count_follows_from_what_is_shown(record, unknowns):
    found = [name[-60:] for name, wanted in secrets(record, unknowns) if unknowns.tells(wanted)]
    assert found == []


def test_the_search_itself_finds_what_is_not_withheld(record, unknowns):
    hidden = hidden_joints(record, hidden_groups(record))
    part = record.groupings[-1]
    shown = next(group for group in part.groups if group.group not in hidden[part.name])
    members = unknowns.members(list(part.attributes), list(shown.group))
    assert unknowns.tells(unknowns.row(members, lambda *cell: cell == (1, 1)))


def test_no_mean_score_of_a_withheld_group_follows(record, unknowns):
    """A mean score of the positives and their number give a sum; sums are as telling as counts."""
    facts = record.scores
    everybody = set(range(len(unknowns.groups)))
    rows = [unknowns.row(everybody, lambda label, _, of=of: label == of) for of in (0, 1)]
    secret = []
    for part in facts.groupings:
        attributes = next(item.attributes for item in record.groupings if item.name == part.name)
        for group in part.groups:
            members = unknowns.members(list(attributes), list(group.group))
            sums = [unknowns.row(members, lambda label, _, of=of: label == of) for of in (0, 1)]
            (secret if group.withheld else rows).extend(sums)
    known = np.array(rows)
    for wanted in secret:
        solution = np.linalg.lstsq(known.T, wanted, rcond=1e-9)[0]
        assert not np.allclose(known.T @ solution, wanted, atol=1e-6)


def test_every_bin_of_the_embedded_counts_holds_enough_people(record, leaving):
    data = json.loads(re.search(r'id="what-if-data">(.*?)</script>', leaving["report.html"])[1])
    bins = [n for part in data["groupings"] for g in part["groups"] for row in g["counts"] for n in row]
    assert min(bins) >= record.privacy_minimum


def test_what_subtraction_leaves_of_the_embedded_counts_holds_enough_people(record, leaving):
    """All rows minus the given groups, at any thresholds that all of them share."""
    public = json.loads(leaving["record-public.json"])
    for part in public["coarse"]["groupings"]:
        grouping = next(item for item in record.groupings if item.name == part["name"])
        given = {tuple(group["group"]) for group in part["groups"]}
        left = [group for group in grouping.groups if group.group not in given]
        assert not left or sum(group.rows for group in left) >= record.privacy_minimum
