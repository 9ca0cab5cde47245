"""The coarsened cube: no bin of a given group, nor of what subtraction leaves, speaks of too few people."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand import audit_predictions
from evenhand.audit.coarse import MOST_THRESHOLDS, coarse_facts
from evenhand.metrics.cube import LABEL
from evenhand.metrics.grid import Grid
from evenhand.metrics.tally import cube_of


def population(seed: int, rows: int, shares: tuple[float, ...]):
    rng = np.random.default_rng(seed)
    group = rng.choice([chr(97 + i) for i in range(len(shares))], rows, p=np.array(shares) / sum(shares))
    sex = rng.choice(["F", "M"], rows)
    score = np.round(rng.beta(2, 3, rows), 3)
    y = (rng.random(rows) < score).astype(int)
    return group, sex, score, y


def made(seed: int, rows: int, shares: tuple[float, ...], minimum: int, hidden=None):
    group, sex, score, y = population(seed, rows, shares)
    cube = cube_of(
        y, y_score=score, sensitive_features={"g": group, "sex": sex}, grid=Grid(thresholds=(0.4,))
    )
    return cube, coarse_facts(cube, 0.4, ["g", "sex"], hidden or {}, minimum)


populations = st.tuples(
    st.integers(0, 10_000),
    st.integers(40, 3_000),
    st.lists(st.sampled_from([0.01, 0.05, 0.3, 1.0]), min_size=2, max_size=5).map(tuple),
    st.sampled_from([1, 5, 10]),
)


@settings(max_examples=60, deadline=None)
@given(populations)
def test_no_bin_holds_fewer_than_the_minimum(drawn):
    _, facts = made(*drawn)
    for grouping in facts.groupings if facts else ():
        for group in grouping.groups:
            assert np.array(group.counts).min() >= drawn[3]
            assert facts.at in group.edges
            assert list(group.edges) == sorted(set(group.edges))


@settings(max_examples=60, deadline=None)
@given(populations)
def test_an_attacker_who_knows_all_rows_by_score_learns_no_small_bin(drawn):
    """Whoever has the totals at every threshold subtracts the given groups where they share edges."""
    cube, facts = made(*drawn)
    for grouping in facts.groupings if facts else ():
        shared = sorted(set.intersection(*(set(group.edges) for group in grouping.groups)))
        total = np.array([under(cube, facts.thresholds[place]) for place in shared])
        known = sum(np.array([below(group, place) for place in shared]) for group in grouping.groups)
        left = np.diff(np.vstack([np.zeros(2), total - known, whole(cube) - ends(grouping)]), axis=0)
        assert np.all(left == 0) or left.min() >= drawn[3]


def under(cube, threshold):
    counts = cube.threshold(threshold).keep("y_pred", LABEL)
    return [sum_of(counts, 0, label) for label in (0, 1)]


def sum_of(cube, decision, label):
    chosen = (cube.codes[:, 0] == decision) & (cube.codes[:, 1] == label)
    return cube.measures[chosen, 0].sum()


def whole(cube):
    kept = cube.keep(LABEL)
    return np.array([kept.measures[kept.codes[:, 0] == label, 0].sum() for label in (0, 1)])


def below(group, place):
    return np.array(group.counts)[:, : group.edges.index(place) + 1].sum(axis=1)


def ends(grouping):
    return sum(np.array(group.counts).sum(axis=1) for group in grouping.groups)


def test_counts_at_an_edge_are_those_of_the_cube():
    cube, facts = made(3, 2_000, (1.0, 0.6), 10)
    group = facts.groupings[0].groups[0]
    for place in group.edges:
        rows = cube.slice("g", *group.group)
        assert below(group, place).tolist() == under(rows, facts.thresholds[place])


def test_at_most_101_thresholds_and_the_one_in_use_among_them():
    _, facts = made(0, 500, (1.0, 1.0), 5)
    assert len(facts.thresholds) <= MOST_THRESHOLDS
    assert facts.thresholds[facts.at] == 0.4


def test_a_withheld_group_is_left_out_and_cannot_be_subtracted():
    _, facts = made(1, 4_000, (1.0, 0.8, 0.4, 0.02), 10, {"g": frozenset({("d",)})})
    part = next(part for part in facts.groupings if part.name == "g")
    assert part.left_out == (("c",), ("d",))


@pytest.mark.parametrize("kind", ["relative", "distinct"])
def test_scores_of_any_range_are_cut_at_shares_of_the_rows(kind):
    group, _, score, y = population(5, 2_000, (1.0, 1.0))
    cube = cube_of(
        y, y_score=score * 500 - 100, sensitive_features={"g": group}, grid=Grid(kind, thresholds=(12.0,))
    )
    facts = coarse_facts(cube, 12.0, ["g"], {}, 10)
    assert len(facts.groupings[0].groups[0].edges) > 20


def test_without_labels_a_bin_holds_people_only():
    group, _, score, _ = population(2, 400, (1.0, 1.0))
    cube = cube_of(None, y_score=score, sensitive_features={"g": group}, grid=Grid(thresholds=(0.5,)))
    facts = coarse_facts(cube, 0.5, ["g"], {}, 10)
    assert not facts.labelled
    assert len(facts.groupings[0].groups[0].counts) == 1


def test_an_audit_of_scores_carries_it_and_one_of_decisions_does_not():
    group, _, score, y = population(7, 600, (1.0, 1.0))
    scored = audit_predictions(y, y_score=score, sensitive_features={"g": group}).record
    decided = audit_predictions(y, score >= 0.5, sensitive_features={"g": group}).record
    assert scored.coarse is not None
    assert scored.coarse.thresholds[scored.coarse.at] == 0.5
    assert decided.coarse is None
