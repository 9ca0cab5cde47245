"""The shares of groups against those of a population."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evenhand.audit.facts import dataset_facts
from evenhand.audit.facts_reference import drawn, stability
from evenhand.audit.settings import Settings, merge
from evenhand.errors import InputError
from evenhand.reports.datasheet_view import build_view

COUNTS = st.lists(st.integers(20, 500), min_size=2, max_size=6)


def facts_of(groups, **shares):
    table = pa.table({"sex": groups})
    return dataset_facts(
        duckdb.connect().from_arrow(table), sensitive=["sex"], reference_shares={"sex": shares}
    )


def words(facts):
    page = build_view(facts.to_dict(), None, title="x", credit=None, created="now")
    prompt = next(prompt for prompt in page.prompts if prompt.id == "C3")
    rows = [
        [cell.text for cell in row] for block in prompt.blocks if block.kind == "table" for row in block.rows
    ]
    return rows, " ".join(block.text for block in prompt.blocks if block.kind == "para")


@given(COUNTS)
def test_equal_shares_give_no_shift_and_no_doubt(counts):
    shares = [count / sum(counts) for count in counts]
    assert stability(counts, shares) == pytest.approx(0, abs=1e-9)
    assert drawn(counts, shares) == pytest.approx(1)


@given(COUNTS, st.randoms())
def test_a_shift_is_positive_and_does_not_depend_on_the_order(counts, random):
    even = [1 / len(counts)] * len(counts)
    mixed = random.sample(counts, len(counts))
    assert stability(counts, even) >= 0
    assert stability(counts, even) == pytest.approx(stability(mixed, even))


def test_the_test_is_pearsons():
    assert drawn([30, 70], [0.4, 0.6]) == pytest.approx(stats.binomtest(30, 100, 0.4).pvalue, abs=0.02)


def test_the_shares_stand_against_the_population():
    found = facts_of(["f"] * 60 + ["m"] * 40, f=0.5, m=0.5).references[0]
    assert [(share.level, share.rows, share.share, share.reference) for share in found.shares] == [
        ("f", 60, 0.6, 0.5),
        ("m", 40, 0.4, 0.5),
    ]
    assert round(found.psi, 4) == 0.0405


def test_the_page_shows_gap_psi_and_test():
    rows, text = words(facts_of(["f"] * 60 + ["m"] * 40, f=0.5, m=0.5))
    assert rows[0] == ["f", "60.0%", "50.0%", "+10.0"]
    assert rows[1][3] == "\u221210.0"
    assert "0.041: little difference" in text
    assert "p = 0.046" in text


def test_a_group_that_the_data_lack_counts_none():
    found = facts_of(["f"] * 60 + ["m"] * 40, f=0.5, m=0.4, x=0.1).references[0]
    assert (found.shares[2].rows, found.psi) == (0, None)


def test_small_groups_hide_the_figures_that_would_tell_them():
    rows, text = words(facts_of(["f"] * 60 + ["m"] * 40 + ["x"] * 3, f=0.5, m=0.4, x=0.1))
    assert [row[1] for row in rows] == ["58.3%", "withheld", "withheld"]
    assert "is withheld, because a group's figures are" in text
    assert "p = " not in text


def test_a_hidden_group_outside_the_comparison_hides_the_comparison():
    rows, text = words(facts_of(["f"] * 60 + ["m"] * 40 + [None] * 3, f=0.5, m=0.5))
    assert not rows
    assert "would tell the size of a group that is withheld" in text


@pytest.mark.parametrize("shares", [{"f": 0.5}, {"f": 1.2, "m": -0.2}, {}])
def test_shares_that_are_none_are_refused(shares):
    with pytest.raises(InputError, match="add up to 1"):
        merge(Settings(), {"reference_shares": {"sex": shares}})


def test_unknown_columns_and_groups_are_refused_at_once():
    table = duckdb.connect().from_arrow(pa.table({"sex": ["f", "m"]}))
    with pytest.raises(InputError) as caught:
        dataset_facts(table, sensitive=["sex"], reference_shares={"sexx": {"f": 1.0}, "sex": {"Female": 1.0}})
    assert [item.code for item in caught.value.problems] == ["not_sensitive", "unknown_level"]
