"""Pages in every language: the catalogue whole, figures in the language's way, nothing left in English."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.audit.bands import band_levels
from evenhand.audit.public import public_record
from evenhand.audit.record import Absent, Note, Record
from evenhand.audit.settings import LANGUAGES, Settings
from evenhand.errors import InputError, Reason
from evenhand.metrics.catalogue import CATALOGUE
from evenhand.metrics.catalogue_more import MORE
from evenhand.metrics.results import Interval
from evenhand.mitigation.methods import METHODS
from evenhand.reports import formats
from evenhand.reports.bands import with_bands
from evenhand.reports.html import render_fragment, render_report
from evenhand.reports.language import TAGS, current, messages, say, written_in
from evenhand.reports.markdown import render_summary
from evenhand.reports.outputs import render_files
from evenhand.reports.phrases import reworded
from evenhand.reports.view_methods import glossary
from evenhand.reports.view_scores import SHOWN_SCORES
from evenhand.reports.wording import say_many, words_of
from evenhand.tests.sample_record import SMALL, sample_record
from evenhand.tests.test_report_html import hostile_record

OTHERS = tuple(name for name in LANGUAGES if name != "en")
PLACE = re.compile(r"\{(\w+)\}")
SHOWN = tuple(name for name in (*CATALOGUE, *sorted(SHOWN_SCORES)) if name in CATALOGUE or name in MORE)


def optional(key: str) -> bool:
    """Tell whether a language may go without a message: a form for one, where that for several will do."""
    return key.endswith(".one") and f"{key.removesuffix('.one')}.other" in messages("en")


def text_of(page: str) -> str:
    bare = re.sub(r"<(style|script).*?</\1>", " ", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", bare))


# --- the catalogue -------------------------------------------------------------------------------------


def test_every_language_has_its_folder_and_its_tag():
    assert set(TAGS) == set(LANGUAGES)
    assert all(messages(name) for name in LANGUAGES)


@pytest.mark.parametrize("language", OTHERS)
def test_no_message_is_missing_and_none_is_left_over(language):
    english, other = set(messages("en")), {key for key in messages(language) if not metric_key(key)}
    assert sorted(key for key in english - other if not optional(key)) == []
    assert sorted(other - english) == []


def metric_key(key: str) -> bool:
    return (
        key.startswith("metric.") and key.endswith((".title", ".meaning", ".formula")) and key.count(".") == 2
    )


@pytest.mark.parametrize("language", OTHERS)
def test_messages_have_the_same_places(language):
    english, other = messages("en"), messages(language)
    unlike = [key for key in other if key in english and places(other[key]) != places(english[key])]
    assert unlike == []


def places(text: str) -> set[str]:
    return set(PLACE.findall(text))


@pytest.mark.parametrize("language", OTHERS)
def test_messages_are_translated(language):
    english, other = messages("en"), messages(language)
    words = re.compile(r"[A-Za-z]{3,}(?: [A-Za-z]{2,}){2,}")
    assert {
        key
        for key in other
        if words.search(PLACE.sub("", english.get(key, ""))) and other[key] == english[key]
    } == set()


def test_chinese_stands_in_its_own_punctuation():
    han, full = "[\u4e00-\u9fff]", "[\u3002\uff0c\uff1b\uff1a\u3001\uff09]"
    wrong = re.compile(f"{han}[,;:?!]|{han}\\((?!path)|[,;:!?]{han}|{full} |{han} {han}")
    assert {key: text for key, text in messages("zh").items() if wrong.search(text)} == {}


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("metric", SHOWN)
def test_every_metric_that_pages_show_has_its_words(language, metric):
    row = CATALOGUE.get(metric) or MORE[metric]
    assert {f"metric.{metric}.title", f"metric.{metric}.meaning"} <= set(messages(language))
    assert f"metric.better.{row.better}" in messages(language) or row.fair is not None


@pytest.mark.parametrize("metric", CATALOGUE)
def test_english_formulas_are_those_of_the_catalogue(metric):
    assert words_of(metric).formula == CATALOGUE[metric].formula
    assert words_of(metric).source == CATALOGUE[metric].source


# --- the language in force -----------------------------------------------------------------------------


def test_a_language_holds_within_its_block_alone():
    with written_in("de"), written_in("zh"):
        assert current() == "zh"
    assert current() == "en"
    with pytest.raises(RuntimeError), written_in("de"):
        raise RuntimeError
    assert current() == "en"


def test_an_unknown_language_is_refused_with_a_suggestion(tmp_path):
    with pytest.raises(InputError, match="pages cannot be written in 'ed'; known are: en, de, zh"):
        render_report(sample_record(), "ed")
    with pytest.raises(ValueError, match="there is no language 'fr'; known are: en, de, zh"):
        Settings(language="fr")


def test_the_command_line_refuses_an_unknown_language(cli, tmp_path):
    path = tmp_path / "record.json"
    path.write_text(public_record(sample_record()).to_json(), encoding="utf-8")
    run = cli("report", path, "--out", tmp_path / "pages", "--language", "fr")
    assert run.code == 2
    assert "pages cannot be written in 'fr'" in run.err
    assert not list((tmp_path / "pages").glob("*"))


def test_pages_take_the_language_of_the_settings():
    record = sample_record()
    german = record.model_copy(update={"settings": {**record.settings, "language": "de"}})
    assert render_summary(german) == render_summary(record, "de")
    assert render_summary(german, "en") == render_summary(record)


def test_files_for_programs_stay_english():
    record = sample_record()
    kept = ("json", "csv", "junit", "sarif")
    assert render_files(record, kept, "de") == render_files(record, kept)


def test_a_language_without_a_form_for_one_says_the_other():
    with written_in("zh"):
        assert say_many("grouping.more", 1) == say_many("grouping.more", 970).replace("970", "1")


# --- figures -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "rate", "points", "count", "span", "level"),
    [
        ("en", "30.3%", "−19.6 points", "16,281", "−1.0 to 29.5", "99.17%"),
        ("de", "30,3\u00a0%", "−19,6\u00a0%\u2011Punkte", "16.281", "−1,0 bis 29,5", "99,17\u00a0%"),
        ("zh", "30.3%", "−19.6个百分点", "16,281", "−1.0至29.5", "99.17%"),
    ],
)
def test_figures_by_language(language, rate, points, count, span, level):
    with written_in(language):
        assert formats.figure(0.30251, "rate") == rate
        assert formats.figure(-0.19634, "points") == points
        assert formats.count(16281) == count
        assert formats.span(Interval(-0.01, 0.295, 0.95, "Wilson"), "rate") == span
        assert formats.level(1 - 0.05 / 6) == level


@given(st.floats(-1e6, 1e6))
def test_german_swaps_the_marks_and_nothing_else(value):
    english = formats.bare(value, "rate")
    with written_in("de"):
        assert formats.bare(value, "rate") == english.translate(str.maketrans(",.", ".,"))


def test_the_script_writes_figures_as_the_page_does():
    with written_in("de"):
        told = formats.script_format("rate")
        assert (told["point"], told["unit"]) == (",", "\u00a0%")


# --- what records say in words -------------------------------------------------------------------------


@pytest.mark.parametrize("language", OTHERS)
def test_reasons_methods_and_dials_are_said_in_the_language(language):
    texts = [reason.sentence for reason in Reason]
    texts += [method.description for method in METHODS.values()]
    texts += [method.dial for method in METHODS.values() if method.dial]
    with written_in(language):
        assert [text for text in texts if reworded(text) == text] == []


@pytest.mark.parametrize("language", OTHERS)
def test_names_and_figures_go_over_into_the_other_sentence(language):
    text = (
        "2,586 of 16,281 test rows (15.9%) equal a training row in every column that the model reads and in"
        " the label; there the model may look better than it is."
    )
    with written_in(language):
        said = reworded(text)
        assert all(formats.parted(figure) in said for figure in ("2,586", "16,281", "15.9"))
        assert said != text


@given(st.text(max_size=40))
def test_english_is_left_as_it_is_and_no_text_fails(text):
    kept = reworded(text)
    with written_in("de"):
        assert isinstance(reworded(text), str)
    assert reworded(text) == kept


def test_a_text_that_nobody_foresaw_stays():
    with written_in("de"):
        assert reworded("ValueError: shapes differ") == "ValueError: shapes differ"


def test_bands_are_named_in_the_language():
    record = sample_record()
    assert with_bands(record) is record
    levels = band_levels([40, 65], whole=True)
    group = record.groupings[0].groups[0]
    renamed = group.model_copy(update={"name": levels[1], "group": (levels[1],)})
    part = record.groupings[0].model_copy(update={"groups": (renamed, *record.groupings[0].groups[1:])})
    changed = record.model_copy(
        update={"settings": {**record.settings, "bands": {"age": [40, 65]}}, "groupings": (part,)}
    )
    with written_in("de"):
        assert with_bands(changed).groupings[0].groups[0].name == "40 bis 64"


# --- whole pages ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=OTHERS)
def translated(request) -> tuple[str, str]:
    record = sample_record(SMALL).model_copy(
        update={
            "absent": (Absent(part="mitigation", reason="the settings switch it off"),),
            "notes": (Note(code="weights", text="A row's weight was multiplied by 0.89 to 1.60."),),
        }
    )
    return request.param, render_report(record, request.param)


KEYS = (
    "page.kicker", "page.contents", "headline.rule", "picture.heading", "unknown.heading", "matrix.heading",
    "matrix.caption", "methods.heading", "methods.counts", "methods.privacy", "glossary.heading",
    "glossary.intro", "sign.heading", "sign.intro", "facts.heading", "footer.legal", "grouping.gaps.heading",
)  # fmt: skip


def longest(text: str) -> str:
    return max(re.split(r"\{\w+\}", text), key=len)


def test_pages_name_their_language_and_hold_its_sentences(translated):
    language, page = translated
    assert f'<html lang="{TAGS[language]}"' in page
    text = text_of(page)
    for key in KEYS:
        assert longest(messages(language)[key]) in text, key
        assert longest(messages("en")[key]) not in text, key


def test_pages_hold_no_english_of_the_record_or_the_catalogue(translated):
    _, page = translated
    text = text_of(page)
    english = [row.meaning for row in CATALOGUE.values()] + [row.title for row in CATALOGUE.values()]
    english += [reason.sentence for reason in Reason] + ["switch it off", "multiplied by", " points"]
    assert [part for part in english if part in text] == []


def test_the_glossary_has_the_language_too(translated):
    language, _ = translated
    with written_in(language):
        assert all(term.plain != CATALOGUE[name].meaning for term, name in terms(sample_record()))


def terms(record: Record) -> list[tuple[object, str]]:
    found = glossary(record)
    return [(term, term.id.removeprefix("term-").replace("-", "_")) for term in found]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_record_gives_the_same_page(language):
    record = sample_record()
    assert render_report(record, language) == render_report(record, language)
    assert say("fragment.more") in text_of(render_fragment(record))


@pytest.mark.parametrize("language", OTHERS)
def test_hostile_names_are_as_inert_as_in_english(language):
    record = hostile_record()
    english, other = render_report(record, "en"), render_report(record, language)
    for sign in ("<script", "<img", "onerror", "javascript:"):
        assert other.lower().count(sign) == english.lower().count(sign), sign


@pytest.mark.parametrize("language", OTHERS)
def test_translated_pages_fit_a_phone_and_load_nothing(language, browser, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(render_report(sample_record(), language), encoding="utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 844})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert asked == [path.as_uri()]
    page.close()
