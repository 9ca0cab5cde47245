"""The 57 prompts: their ids, sections and who answers them."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest

from evenhand.audit.facts_names import CLASSES, IDENTIFIERS
from evenhand.audit.facts_table import Kind
from evenhand.audit.forms import DATASHEET, MODEL_CARD
from evenhand.audit.prompts import PEOPLE_ONLY, PROMPTS, applicable
from evenhand.reports.wording import messages


def test_there_are_57_prompts_in_seven_sections():
    counts = Counter(prompt.id[0] for prompt in PROMPTS.values())
    assert counts == {"M": 4, "C": 16, "L": 12, "P": 4, "U": 6, "D": 7, "N": 8}


def test_ids_count_up_within_each_section():
    for letter in "MCLPUDN":
        numbers = [int(name[1:]) for name in PROMPTS if name[0] == letter]
        assert numbers == list(range(1, len(numbers) + 1))


def test_who_answers():
    counts = Counter(prompt.source for prompt in PROMPTS.values())
    assert counts == {"data": 3, "data and author": 18, "author": 36}


def test_a_prompt_answered_in_part_says_what_remains():
    assert all(prompt.remains for prompt in PROMPTS.values() if prompt.source == "data and author")
    assert not any(prompt.remains for prompt in PROMPTS.values() if prompt.source == "author")


def test_questions_are_questions_and_short():
    assert all(prompt.question.endswith("?") and len(prompt.question) < 110 for prompt in PROMPTS.values())


@pytest.mark.parametrize(("people", "number"), [(True, 57), (False, 48)])
def test_the_switch_for_people(people, number):
    assert len(applicable(relates_to_people=people)) == number


def test_the_nine_prompts_about_people():
    assert {"C13", "C14", "C15", "L7", "L8", "L9", "L10", "L11", "N5"} == PEOPLE_ONLY


def test_the_catalogue_of_messages_holds_the_same_english():
    found = messages("en")
    for kind, form in (("datasheet", DATASHEET), ("card", MODEL_CARD)):
        assert {found[f"{kind}.section.{letter}"] for letter in form.sections} == set(form.sections.values())
        for prompt in form.prompts.values():
            assert found[f"{kind}.{prompt.id}.question"] == prompt.question
            assert found.get(f"{kind}.{prompt.id}.remains", "") == prompt.remains


def test_the_catalogue_of_messages_holds_every_word_of_the_facts():
    named = [*IDENTIFIERS, *(item.content for item in CLASSES), *get_args(Kind)]
    assert [name for name in named if f"term.{name}" not in messages("en")] == []
