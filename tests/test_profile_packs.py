"""Rule packs: what is shipped, what a pack must hold, and how a broken one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenhand.audit.profile_checks import CHECKS
from evenhand.audit.profile_evidence import TABLES
from evenhand.audit.profile_packs import EVIDENCE, options_of, pack_named, packs, read_pack
from evenhand.audit.settings import Settings, load_settings, merge
from evenhand.errors import SettingsError
from evenhand.reports.profile_pages import explanation, listing
from evenhand.reports.wording import has_message

SHIPPED = {"colorado-10-1-1", "eu-ai-act", "fair-lending", "four-fifths", "nist-ai-rmf", "nyc-ll144"}
FOLDER = Path(__file__).resolve().parents[1] / "audit" / "profiles"


def test_the_packs_that_are_shipped():
    assert set(packs()) == SHIPPED
    assert {pack.status for pack in packs().values()} >= {"in_force", "repealed", "proposed", "voluntary"}


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_pack_says_its_source_its_date_and_its_limits(name):
    pack = pack_named(name)
    assert pack.dated >= "2026-01-01"
    assert pack.sources
    assert pack.not_covered
    assert "no legal advice" in pack.no_advice


def test_every_kind_of_evidence_has_its_question_and_its_words():
    assert set(CHECKS) == set(EVIDENCE)
    assert all(has_message(f"profiles.evidence.{kind}") for kind in EVIDENCE)
    asked = {kind for pack in packs().values() for ask in pack.asks for kind in ask.evidence}
    assert asked == set(EVIDENCE)


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_the_numbers_of_a_pack_can_be_set(name):
    pack = pack_named(name)
    table = getattr(Settings(), TABLES[pack.method])
    assert all(getattr(table, key) is None for key in pack.options)
    assert options_of(pack, table) == {key: option.default for key, option in pack.options.items()}


def test_a_number_that_is_set_wins():
    chosen = merge(Settings(), {"four_fifths": {"benchmark": 0.9}})
    found = options_of(pack_named("four-fifths"), chosen.four_fifths)
    assert found == {"benchmark": 0.9, "alpha": 0.05}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('status = "in_force"', 'status = "lawful"', "status takes in_force"),
        ('status_date = "2023-07-05"', 'status_date = "last July"', "a day is written as 2026-03-01"),
        ("no legal advice", "good advice", 'must hold the words "no legal advice"'),
        ("law_sex", "law_sexx", "did you mean 'law_sex'"),
        ('id = "race"', 'id = "sex"', "each id stands once"),
        ('jurisdiction = "New York City, USA"', "", "jurisdiction is needed"),
        ('version = "2026.1"', 'version = "2026.1"\nvertion = "2"', "did you mean 'version'"),
        ('id = "nyc-ll144"', 'id = "nyc"', "a pack is named by its id"),
    ],
)
def test_a_broken_pack_is_refused(tmp_path, old, new, told):
    text = (FOLDER / "nyc-ll144.toml").read_text(encoding="utf-8")
    file = tmp_path / "nyc-ll144.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SettingsError, match=told):
        read_pack(file)


def test_all_problems_of_a_pack_are_told_at_once(tmp_path):
    file = tmp_path / "x.toml"
    file.write_text('id = "x"\nstatus = "maybe"\n', encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_pack(file)
    assert len(caught.value.problems) > 5


def test_unknown_profiles_are_refused_with_the_nearest_name():
    with pytest.raises(SettingsError, match="did you mean 'nyc-ll144'"):
        merge(Settings(), {"profiles": ("nyc-l144",)})
    with pytest.raises(SettingsError, match="named once"):
        merge(Settings(), {"profiles": ("four-fifths", "four-fifths")})


def test_tables_of_profiles_are_read_from_a_file(tmp_path):
    file = tmp_path / "evenhand.toml"
    file.write_text(
        'profiles = ["nyc-ll144"]\n[local_law]\ndistribution_date = 2025-02-01\n'
        '[evidence]\nthresholds_fixed = "2025-01-31"\n',
        encoding="utf-8",
    )
    found = load_settings(file)
    assert found.local_law.distribution_date == "2025-02-01"
    assert found.canonical()["evidence"]["thresholds_fixed"] == "2025-01-31"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"exclude_small": True}, "only with a justification"),
        ({"audit_date": "1 May"}, "a day is written"),
        ({"rate": "score"}, "rate takes"),
        ({"min_share": 2.0}, "min_share takes"),
        ({"distribution": "2025-01-01"}, "did you mean"),
    ],
)
def test_texts_and_dates_that_break_a_rule_are_refused(table, told):
    with pytest.raises(SettingsError, match=told):
        merge(Settings(), {"local_law": table})


def test_the_terminal_lists_and_explains(cli):
    done = cli("profiles")
    assert done.code == 0
    assert done.out.strip() == listing()
    assert all(name in done.out for name in SHIPPED)
    done = cli("profiles", "fair-lending")
    assert "no legal advice" in done.out.lower()
    assert done.out.strip() == explanation("fair-lending")
    done = cli("profiles", "four-fifth")
    assert done.code == 2
    assert "did you mean 'four-fifths'" in done.err


def test_the_settings_of_the_docs_are_read(tmp_path):
    page = (FOLDER.parents[1] / "docs" / "profiles.md").read_text(encoding="utf-8")
    file = tmp_path / "evenhand.toml"
    file.write_text(page.split("```ini\n")[1].split("```")[0], encoding="utf-8")
    assert load_settings(file).local_law.tool == "Screener 2.1"
    assert all(f"`{name}`" in page for name in SHIPPED)
