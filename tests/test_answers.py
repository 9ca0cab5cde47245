"""The answers file: read, refused with all problems, written and kept."""

from __future__ import annotations

import pytest

from evenhand.audit.about import About
from evenhand.audit.answers import Answer, Answers, read_answers, write_template
from evenhand.audit.prompts import PROMPTS
from evenhand.errors import OutputError, SettingsError


@pytest.fixture
def written(tmp_path):
    def write(text, name="datasheet.answers.toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_string_and_a_table(written):
    answers = read_answers(written('M1 = "Why."\n[M2]\nanswer = "Who."\nauthor = "Ada"\ndate = 2026-03-01\n'))
    assert answers.get("M1") == Answer("Why.")
    assert answers.get("M2") == Answer("Who.", "Ada", "2026-03-01")


def test_the_head_of_the_file_stands_for_answers_without_their_own(written):
    answers = read_answers(
        written('author = "Ada"\ndate = "2026-03-01"\nM1 = "Why."\nM2.answer="x"\nM2.author="Bo"')
    )
    assert answers.get("M1") == Answer("Why.", "Ada", "2026-03-01")
    assert answers.get("M2").author == "Bo"


def test_an_empty_answer_is_none(written):
    answers = read_answers(written('M1 = "  "\nM2.answer = ""\nM2.author = "Ada"\n'))
    assert answers.get("M1") is None
    assert answers.get("M2") is None


def test_the_switch_for_people(written):
    assert read_answers(written("relates_to_people = false")).relates_to_people is False
    assert read_answers(written("")).relates_to_people is True


def test_all_problems_at_once_with_the_closest_id(written):
    path = written(
        'M1 = 3\nm2 = "x"\nC99 = "x"\nC1 = {anser = "x"}\nC2 = {answer = "x", date = "May"}\nauthor = 1'
    )
    with pytest.raises(SettingsError) as caught:
        read_answers(path)
    places = {problem.where.removeprefix(f"{path}: ") for problem in caught.value.problems}
    assert places == {"M1", "m2", "C99", "C1", "C1.anser", "C2.date", "author"}
    assert "did you mean 'M2'?" in str(caught.value)
    assert "did you mean 'answer'?" in str(caught.value)


@pytest.mark.parametrize("text", ["M1 = ", "M1 = 'a'\nM1 = 'b'"])
def test_what_is_not_toml_is_said(written, text):
    with pytest.raises(SettingsError, match="UTF-8 TOML"):
        read_answers(written(text))


def test_another_encoding_is_said(tmp_path):
    path = tmp_path / "answers.toml"
    path.write_bytes('M1 = "é"'.encode("latin-1"))
    with pytest.raises(SettingsError, match="UTF-8"):
        read_answers(path)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(SettingsError, match="there is none"):
        read_answers(tmp_path / "nowhere.toml")


def test_the_template_holds_every_question_and_no_answer(tmp_path):
    path = tmp_path / "answers.toml"
    assert write_template(path) == read_answers(path) == Answers()
    text = path.read_text(encoding="utf-8")
    assert all(f"# {name}. {prompt.question}" in text for name, prompt in PROMPTS.items())


@pytest.mark.parametrize(
    "text", ['a "q" and """ \\n \\', "two\nlines\n\nparagraph", "tab\t\x7f é 你 {{ x }}", "'''"]
)
def test_answers_survive_being_written(tmp_path, text):
    path = tmp_path / "answers.toml"
    offered = Answers({"M1": Answer(text, "Ada", "2026-03-01"), "C3": Answer(text)}, relates_to_people=False)
    assert write_template(path, answers=offered) == offered
    assert read_answers(path) == offered


def test_a_second_run_keeps_what_is_there(tmp_path, written):
    path = written('M1 = "mine"\nauthor = "Ada"\n')
    write_template(path, answers=Answers({"M1": Answer("other"), "M2": Answer("new")}))
    kept = read_answers(path)
    assert (kept.get("M1").answer, kept.get("M2").answer, kept.author) == ("mine", "new", "Ada")
    first = path.read_bytes()
    write_template(path)
    assert path.read_bytes() == first


def test_a_broken_file_is_left_as_it_is(written):
    path = written("M1 = ")
    with pytest.raises(SettingsError):
        write_template(path)
    assert path.read_text(encoding="utf-8") == "M1 = "


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(OutputError, match="results must go where files can be written"):
        write_template(tmp_path / "no" / "answers.toml")


def test_particulars_are_read_and_survive_being_written(written):
    path = written('about.name = " Loans "\nabout.date_published = 2026-03-01\nabout.creator = "Ada; Ben"\n')
    about = read_answers(path).about
    assert (about.name, about.date_published, about.creators) == ("Loans", "2026-03-01", ("Ada", "Ben"))
    assert write_template(path).about == read_answers(path).about == about


def test_particulars_that_break_a_rule_are_told_at_once(written):
    text = 'about = { nam = "x", url = "here", date_published = "soon", version = 2 }'
    with pytest.raises(SettingsError) as caught:
        read_answers(written(text))
    assert [item.code for item in caught.value.problems] == [
        "unknown_key",
        "wrong_value",
        "wrong_type",
        "wrong_type",
    ]


def test_a_file_keeps_particulars_and_takes_offered_ones_where_it_has_none(written):
    path = written('about.name = "Loans"\n')
    kept = write_template(path, answers=Answers(about=About(name="Other", version="2"))).about
    assert (kept.name, kept.version) == ("Loans", "2")
