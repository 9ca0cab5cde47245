"""The report as HTML: self-contained, well-formed, escaped, readable in light and dark."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from evenhand.audit.record import Record
from evenhand.metrics.results import Group
from evenhand.reports import html
from evenhand.reports.html import render_fragment, render_report
from evenhand.reports.palette import COLOURS
from evenhand.tests.sample_record import ADULT, SMALL, Counts, many_groups, sample_record

HOSTILE = (
    "<script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    '" onmouseover="alert(1)',
    "\u202eevil\u2066",
    "=cmd|' /C calc'!A0",
    "line\nbreak\x00\x1b",
    "😀 עברית 中文",
    "x" * 10_000,
)
VOID = {"meta", "img", "br", "hr", "link", "input"}


class Reader(HTMLParser):
    """Collects what the tests ask about, and holds every element to being closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.headings: list[int] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        found = {name: value or "" for name, value in attrs}
        self.attributes += list(found.items())
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if "href" in found else []
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def hostile_record() -> Record:
    cells: dict[Group, Counts] = {
        ("Female", name): Counts(9, 5, 3, 60 + place) for place, name in enumerate(HOSTILE)
    }
    record = sample_record({**ADULT, **cells})
    return record.model_copy(
        update={
            "title": HOSTILE[0],
            "policy_name": HOSTILE[1],
            "notes": tuple(
                note.model_copy(update={"text": text}) for note in record.notes[:1] for text in HOSTILE
            ),
            "data": record.data.model_copy(update={"name": HOSTILE[2], "credit": HOSTILE[3]}),
        }
    )


@pytest.fixture(scope="module")
def text() -> str:
    return render_report(sample_record())


@pytest.fixture(scope="module")
def hostile() -> str:
    return render_report(hostile_record())


def test_same_record_same_bytes(text: str) -> None:
    assert render_report(sample_record()) == text


def test_nothing_runs_and_nothing_is_loaded(text: str) -> None:
    read = Reader(text)
    assert not set(read.tags) & {
        "link",
        "iframe",
        "object",
        "embed",
        "img",
        "form",
        "base",
        "image",
        "use",
    }
    assert all(link.startswith("#") for link in read.links)
    assert not [
        name for name, _ in read.attributes if name.startswith("on") or name in ("src", "srcset", "action")
    ]
    assert "default-src 'none'" in text
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert read.tags["script"] == 1 + ("application/json" in text)
    assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in text.partition("<body>")[0]
    assert not re.search(r"fetch|XMLHttp|import\(|eval|innerHTML|document\.write|https?:", script)
    assert not re.search(r"@import|url\(", text)


def test_every_link_lands_and_ids_are_unique(text: str) -> None:
    read = Reader(text)
    assert max(Counter(read.ids).values()) == 1
    assert {link[1:] for link in read.links} <= set(read.ids)


def test_headings_go_down_one_step_at_a_time(text: str) -> None:
    levels = Reader(text).headings
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_landmarks_and_tables_are_named(text: str) -> None:
    read = Reader(text)
    assert (read.tags["main"], read.tags["nav"], read.tags["header"], read.tags["footer"]) == (1, 1, 1, 1)
    assert read.tags["caption"] == read.tags["table"] > 10
    assert ("scope", "col") in read.attributes
    assert ("scope", "row") in read.attributes
    assert read.tags["figcaption"] == read.tags["figure"] == read.tags["svg"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_inert(hostile: str, name: str) -> None:
    read = Reader(hostile)
    assert "img" not in read.tags
    assert read.tags["script"] == 1
    assert not [attribute for attribute, _ in read.attributes if attribute.startswith("on")]
    assert not name.startswith("<") or name not in hostile


def test_hostile_text_is_not_evaluated_and_not_lost(hostile: str) -> None:
    assert "{{ 7 * 7 }}" in hostile
    assert "\u202e" not in hostile
    assert "\x00" not in hostile
    assert "עברית" in hostile
    assert "x" * 1_501 not in hostile


def test_withheld_sizes_are_not_on_the_page() -> None:
    record = sample_record({**ADULT, **{k: Counts(0, 0, 0, n) for k, n in (
        (("Female", "Rare"), 3), (("Male", "Rare"), 1234),
    )}}, judged=False, explained=False)  # fmt: skip
    by_both = render_report(record).partition('id="by-3"')[2].partition('id="explanation"')[0]
    assert "1,234" not in by_both
    assert "withheld" in by_both


def test_what_is_folded_is_closed_and_says_what_it_holds(text: str) -> None:
    folds = re.findall(r"<details([^>]*)><summary>(.*?)</summary>", text)
    assert len(folds) > 15
    assert all("open" not in attributes and label for attributes, label in folds)


def test_every_part_is_in_the_contents(text: str) -> None:
    main = text.partition('<main id="main">')[2]
    parts = re.findall(r'<section id="([^"]+)" aria-labelledby="[^"]+">\n<h2', main)
    assert {"like-with-like", "slices", "by-1", "mitigation"} <= set(parts)
    contents = text.partition('<nav class="toc"')[2].partition("</nav>")[0]
    assert re.findall(r'href="#([^"]+)"', contents) == parts


def test_a_thousand_groups_stay_small() -> None:
    assert len(render_report(many_groups(1000)).encode()) < 1_500_000


def test_a_record_without_policy_model_or_groups_still_makes_a_page() -> None:
    bare = sample_record(judged=False, explained=False).model_copy(
        update={"model": None, "train": None, "groupings": (), "notes": (), "absent": ()}
    )
    read = Reader(render_report(bare))
    assert {link[1:] for link in read.links} <= set(read.ids)


def test_undefined_limits_are_told() -> None:
    record = sample_record(SMALL)
    undefined = record.verdicts[0].model_copy(
        update={
            "state": "undefined",
            "value": float("nan"),
            "interval": None,
            "reason": "no true labels were given",
        }
    )
    text = render_report(record.model_copy(update={"verdicts": (undefined,), "verdict": "undefined"}))
    assert "Undefined: no true labels were given." in text


def test_fragment_is_short_and_styles_only_itself() -> None:
    text = render_fragment(sample_record())
    Reader(text)
    style = text.partition("<style>")[2].partition("</style>")[0]
    selectors = [part.strip() for rule in style.split("}")[:-1] for part in rule.split("{")[0].split(",")]
    assert all(selector.startswith(".evenhand") for selector in selectors)
    assert len(text) < 40_000
    assert "2 of 5 limits are broken." in text


def test_saved_pages_hold_no_path_of_the_machine(text: str) -> None:
    assert str(Path(html.__file__).parent) not in text


# --- contrast ------------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def themes() -> list[dict[str, str]]:
    style = (Path(html.__file__).parent / "templates" / "report.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    return [dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block)) for block in blocks]


@pytest.mark.parametrize("theme", themes())
@pytest.mark.parametrize("ground", ["paper", "soft"])
@pytest.mark.parametrize("name", ["text", "muted", "accent", "pass", "fail", "inconclusive", "undefined"])
def test_text_has_contrast_aa(theme: dict[str, str], ground: str, name: str) -> None:
    assert contrast(theme[name], theme[ground]) >= 4.5


def test_pictures_use_the_light_theme_where_there_is_no_style() -> None:
    light = themes()[0]
    shared = set(light) & set(COLOURS) - {"undefined"}
    assert {name: light[name] for name in shared} == {name: COLOURS[name] for name in shared}
