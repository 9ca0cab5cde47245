"""The model card: nine sections from the public record and an answers file, in every format."""

from __future__ import annotations

import math
import re

import pytest

from evenhand.audit.about import About
from evenhand.audit.answers import Answer, Answers, read_answers, write_template
from evenhand.audit.card import card_of
from evenhand.audit.forms import MODEL_CARD
from evenhand.reports.model_card import FROM_RECORD
from evenhand.reports.model_card_files import CARD_WRITERS, card_header, card_page
from evenhand.tests.sample_record import SMALL, sample_record

HOSTILE = "<script>alert(1)</script> {{ 7*7 }} a\u202eb\n---\nlicense: mit"


@pytest.fixture(scope="module")
def card():
    answers = Answers({"I1": Answer("To teach.", "Ada", "2026-03-01")}, about=About(license="Apache-2.0"))
    return card_of(sample_record(), answers)


@pytest.fixture(scope="module")
def prompts(card):
    return {prompt.id: prompt for prompt in card_page(card).prompts}


def test_nine_sections(card):
    assert [section.id[-1] for section in card_page(card).sections] == list("DIFMETQSR")


def test_every_prompt_of_the_record_has_a_function_and_no_other():
    assert set(FROM_RECORD) == {p.id for p in MODEL_CARD.prompts.values() if p.source != "author"}


def test_the_record_answers_and_people_answer(prompts):
    assert prompts["I1"].state == "author"
    assert prompts["I1"].signed == "Ada, 2026-03-01"
    assert prompts["Q1"].state == "data"
    assert prompts["I3"].state == "open"


def test_results_by_group_and_intersection_stand_with_intervals(card, prompts):
    table = next(block for block in prompts["Q1"].blocks if "sex" in block.caption)
    female = next(row for row in table.rows if row[0].text == "Female")
    assert (female[1].text, female[3].text) == ("5,421", "7.6% [6.9\u00a0to\u00a08.3]")
    assert prompts["Q2"].blocks


def test_the_header_names_results_by_group(card):
    header = card_header(card)
    metrics = {m["name"]: m for m in header["model-index"][0]["results"][0]["metrics"]}
    assert metrics["TPR | sex=Female"]["type"] == "recall"
    assert {"TPR", "FPR | sex=Male"} <= set(metrics)
    assert all(math.isfinite(m["value"]) for m in metrics.values())
    assert header["license"] == "apache-2.0"


def test_withheld_groups_have_no_figures():
    card = card_of(sample_record(SMALL))
    hidden = {group.name for part in card.record.groupings for group in part.groups if group.withheld}
    assert hidden
    header = card_header(card)
    names = " ".join(m["name"] for m in header["model-index"][0]["results"][0]["metrics"])
    assert not any(f"={name}" in names for name in hidden)


@pytest.mark.parametrize("key", list(CARD_WRITERS))
def test_hostile_text_is_inert_in_every_format(key):
    answers = Answers({"I1": Answer(HOSTILE, HOSTILE)}, about=About(name=HOSTILE, license=HOSTILE))
    text = CARD_WRITERS[key][1](card_of(sample_record().model_copy(update={"title": HOSTILE}), answers))
    assert "\u202e" not in text
    if key == "html":
        assert not re.search(r"<script", text)
    else:
        assert "<script>" not in text.split("\n---\n")[-1].replace("\\<script\\>", "")
    if key == "hf":
        assert text.startswith("---\n")
        assert text.split("---\n")[1].count("\nlicense: mit") == 0


def test_the_same_card_gives_the_same_bytes(card):
    assert all(write(card) == write(card) for _, write in CARD_WRITERS.values())


def test_the_answers_file_keeps_text_author_and_date(tmp_path):
    path = tmp_path / "card.toml"
    offered = Answers({"S1": Answer("two\n\nparts", "Ada", "2026-03-01")}, about=About(version="2"))
    write_template(path, answers=offered, form=MODEL_CARD)
    assert write_template(path, form=MODEL_CARD) == read_answers(path, MODEL_CARD) == offered


def test_the_verb_writes_and_counts(cli, audited, tmp_path):
    done = cli("model-card", audited / "record.json", "--out", tmp_path, "--format", "html,md,hf")
    assert done.code == 0
    assert "prompts have an answer" in done.out
    assert "Unanswered: D1, " in done.out
    assert {path.name for path in tmp_path.iterdir()} == {
        "model-card.html",
        "model-card.md",
        "model-card-hf.md",
    }


def test_a_public_record_gives_the_same_card(cli, audited, tmp_path):
    for name in ("record", "record-public"):
        cli("model-card", audited / f"{name}.json", "--out", tmp_path / name, "--format", "hf", "-q")
    whole, public = (
        (tmp_path / name / "model-card-hf.md").read_text("utf-8") for name in ("record", "record-public")
    )
    assert whole == public


def test_questions_are_written_and_a_record_is_asked_for(cli, tmp_path):
    path = tmp_path / "card.toml"
    assert cli("model-card", "--init", path).code == 0
    assert "Q1" in path.read_text(encoding="utf-8")
    done = cli("model-card")
    assert (done.code, done.out) == (2, "")


@pytest.mark.parametrize("content", ['C13 = "x"', "I1 = 3", 'about.url = "ftp://x"', "about = 3", "I1 = "])
def test_bad_answers_are_refused(cli, audited, tmp_path, content):
    path = tmp_path / "card.toml"
    path.write_text(content, encoding="utf-8")
    done = cli("model-card", audited / "record.json", "--answers", path, "--out", tmp_path / "out")
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    assert not (tmp_path / "out").exists()
