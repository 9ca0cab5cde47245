"""The search for slices: planted ones are found, chance finds none, and nothing differs from brute force."""

from __future__ import annotations

import math
from itertools import combinations, product

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evenhand.errors import InputError
from evenhand.metrics.groups import encode
from evenhand.metrics.intervals import miettinen_nurminen_difference
from evenhand.metrics.rates import RATES
from evenhand.metrics.slice_columns import bin_names, conditions_of, quantile_edges, searchable
from evenhand.metrics.slice_counts import Outcomes, every_slice
from evenhand.metrics.slice_search import candidates, step_up
from evenhand.metrics.slice_tests import Compared, Rules, beyond_hope, lower_tail, p_values
from evenhand.metrics.subgroups import find_slices

LEVELS = np.array(["p", "q", "r", "s"])


def drawn(rows, columns, seed, levels=3):
    rng = np.random.default_rng(seed)
    return rng, {f"c{i}": LEVELS[rng.integers(0, levels, rows)] for i in range(columns)}


def planted(length, rows=6000, columns=6, seed=0, low=0.3, high=0.7):
    """Decisions that are worse where the first ``length`` columns are all "p"."""
    rng, table = drawn(rows, columns, seed)
    worse = np.all([table[f"c{i}"] == "p" for i in range(length)], axis=0)
    return table, rng.random(rows) < np.where(worse, low, high)


def names(search):
    return [one.name for one in search.slices]


# ---- what is planted is found --------------------------------------------------------------------


@pytest.mark.parametrize("length", [1, 2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_a_planted_slice_is_found_alone(length, seed):
    table, decided = planted(length, seed=seed)
    search = find_slices(table, y_pred=decided, rate="selection_rate", depth=3)
    assert names(search) == [" and ".join(f"c{i} = p" for i in range(length))]


def test_a_slice_deeper_than_the_search_shows_in_its_parts():
    table, decided = planted(2)
    assert set(names(find_slices(table, y_pred=decided, rate="selection_rate", depth=1))) == {
        "c0 = p",
        "c1 = p",
    }


def test_two_planted_slices_are_both_found_the_surer_one_first():
    rng, table = drawn(6000, 6, 1)
    p = np.where(table["c0"] == "p", 0.3, np.where((table["c1"] == "q") & (table["c2"] == "r"), 0.5, 0.8))
    found = names(find_slices(table, y_pred=rng.random(6000) < p, rate="selection_rate"))
    assert found[0] == "c0 = p"
    assert "c1 = q and c2 = r" in found


def test_a_worse_part_of_a_bad_slice_is_shown_beside_it():
    rng, table = drawn(9000, 4, 2)
    bad, worst = table["c0"] == "p", (table["c0"] == "p") & (table["c1"] == "q")
    hired = rng.random(9000) < np.where(worst, 0.1, np.where(bad, 0.5, 0.8))
    found = names(find_slices(table, y_pred=hired, rate="selection_rate"))
    assert found == ["c0 = p and c1 = q", "c0 = p"]


def test_errors_are_worse_where_they_are_higher():
    rng, table = drawn(6000, 4, 3)
    errs = rng.random(6000) < np.where(table["c1"] == "q", 0.3, 0.1)
    labels = rng.integers(0, 2, 6000)
    search = find_slices(table, labels, labels ^ errs, rate="error_rate")
    assert names(search) == ["c1 = q"]
    assert search.slices[0].difference > 0
    assert find_slices(table, labels, labels ^ errs, rate="error_rate", direction="lower").found > 0
    assert names(find_slices(table, labels, labels ^ errs, rate="accuracy")) == ["c1 = q"]


def test_both_directions_are_found_if_asked():
    table, decided = planted(1, low=0.95, high=0.5)
    assert "c0 = p" in names(find_slices(table, y_pred=decided, rate="selection_rate", direction="both"))
    assert "c0 = p" not in names(find_slices(table, y_pred=decided, rate="selection_rate"))


@pytest.mark.parametrize("rate", RATES)
def test_every_rate_is_what_rates_say_of_the_slice(rate):
    rng, table = drawn(4000, 2, 5)
    bad = table["c0"] == "p"
    y_true = rng.random(4000) < np.where(bad, 0.3, 0.6)
    y_pred = np.where(rng.random(4000) < np.where(bad, 0.5, 0.9), y_true, ~y_true)
    search = find_slices(table, y_true, y_pred, rate=rate, direction="both", effect=0.0, depth=1)
    one = next(one for one in search.slices if one.name == "c0 = p")
    for estimate, rows in ((one.rate, bad), (one.rest, ~bad), (search.overall, bad | True)):
        t, d = y_true[rows], y_pred[rows]
        cells = np.array([[np.sum(~t & ~d), np.sum(~t & d)], [np.sum(t & ~d), np.sum(t & d)]], dtype=float)
        assert estimate.value == pytest.approx(float(RATES[rate](cells)))
    assert one.rows == bad.sum()


def test_figures_of_a_slice_are_those_of_the_house():
    table, decided = planted(1)
    one = find_slices(table, y_pred=decided, rate="selection_rate").slices[0]
    bad = table["c0"] == "p"
    counts = decided[bad].sum(), bad.sum(), decided[~bad].sum(), (~bad).sum()
    low, high = miettinen_nurminen_difference(*counts)
    assert (one.interval.low, one.interval.high) == pytest.approx((float(low), float(high)))
    exact = 2 * stats.hypergeom.cdf(counts[0], bad.size, decided.sum(), bad.sum())
    assert one.p_value == pytest.approx(exact, rel=1e-6)
    assert one.selected.low < one.interval.low < one.interval.high < one.selected.high < 0
    assert one.p_value < one.adjusted_p <= 0.05


# ---- chance is not found -------------------------------------------------------------------------


def test_without_any_gap_false_alarms_are_as_rare_as_stated():
    alarms = 0
    for seed in range(200):
        rng, table = drawn(800, 5, seed)
        alarms += find_slices(table, y_pred=rng.random(800) < 0.9, rate="selection_rate").found > 0
    # 20 of 200 has a chance of less than 1 in 1,000 at a rate of 5 %.
    assert alarms <= 20


def test_beside_a_true_slice_few_shown_are_false():
    false = shown = 0
    for seed in range(40):
        table, decided = planted(1, rows=3000, columns=5, seed=seed)
        search = find_slices(table, y_pred=decided, rate="selection_rate", depth=3)
        shown += len(search.slices)
        false += sum("c0 = p" not in one.name for one in search.slices)
        assert "c0 = p" in names(search)
    assert false <= 0.1 * shown


def test_the_normal_tail_would_not_do():
    x, n, hits, total = (np.array([value], dtype=float) for value in (20, 30, 9500, 10_000))
    c = Compared(x / n, n, (hits - x) / (total - n), total - n)
    z = (20 / 30 - 0.95) / math.sqrt(0.95 * 0.05 / 30)
    assert p_values(c, exact=True)[0] > 1000 * 2 * stats.norm.cdf(z)


# ---- brute force ---------------------------------------------------------------------------------


def brute(table, hits, depth, least):
    """Every slice by a mask of its own: name -> (rows, hits)."""
    found = {}
    for length in range(1, depth + 1):
        for chosen in combinations(table, length):
            for levels in product(*(sorted(set(table[name].tolist())) for name in chosen)):
                met = np.all([table[n] == v for n, v in zip(chosen, levels, strict=True)], axis=0)
                if least <= met.sum() < met.size:
                    found[tuple(zip(chosen, levels, strict=True))] = (int(met.sum()), int(hits[met].sum()))
    return found


def ours(table, hits, depth, rules, *, prune):
    columns = [searchable(values, name, 4) for name, values in table.items()]
    conditions = conditions_of(columns, np.arange(hits.size), rules.least)
    outcomes = Outcomes(hits, None)
    whole = outcomes.totals()

    def hope(counts):
        return ~beyond_hope(counts, whole, rules) if prune else np.ones(counts.shape[1:], dtype=bool)

    found, tested = {}, 0
    for block in every_slice(conditions, outcomes, depth=depth, least=rules.least, hope=hope):
        tested += block.tested
        for members, counts in zip(block.members, block.counts.T, strict=True):
            key = tuple((conditions.listed[m].column, conditions.listed[m].level) for m in members)
            assert key not in found
            found[key] = (int(counts[0]), int(counts[3]))
    return found, tested


@settings(max_examples=60, deadline=None)
@given(
    st.integers(5, 60), st.integers(1, 4), st.integers(1, 4), st.integers(2, 9), st.integers(0, 99),
    st.sampled_from([0.05, 0.2, 0.5, 0.97]),
)  # fmt: skip
def test_counts_are_those_of_brute_force(rows, columns, depth, least, seed, rate):
    rng, table = drawn(rows, columns, seed, levels=4)
    hits = rng.random(rows) < rate
    rules = Rules(True, False, 0.3, least, None, True)
    every = brute(table, hits, depth, least)
    assert ours(table, hits, depth, rules, prune=False) == (every, len(every))


@settings(max_examples=60, deadline=None)
@given(st.integers(20, 80), st.integers(2, 9), st.integers(0, 99), st.sampled_from([0.03, 0.2, 0.5, 0.97]))
def test_pruning_loses_no_slice_whose_gap_counts(rows, least, seed, rate):
    rng, table = drawn(rows, 4, seed)
    hits = rng.random(rows) < rate
    rules = Rules(True, seed % 2 == 0, 0.3, least, None, True)
    found, tested = ours(table, hits, 3, rules, prune=True)
    every = brute(table, hits, 3, least)
    assert tested == len(every)
    assert set(found.items()) <= set(every.items())
    for key, (n, x) in every.items():
        gap = x / n - (hits.sum() - x) / (rows - n)
        assert key in found or not rules.counts(np.array([gap]))[0]


def test_pruning_spares_work_where_successes_are_rare():
    rng, table = drawn(4000, 5, 0)
    rules = Rules(False, True, 0.3, 30, None, True)
    hits = rng.random(4000) < 0.002
    assert len(ours(table, hits, 3, rules, prune=True)[0]) < 0.1 * len(brute(table, hits, 3, 30))


@settings(max_examples=30, deadline=None)
@given(st.integers(60, 200), st.integers(0, 99))
def test_p_values_and_the_correction_are_those_of_brute_force(rows, seed):
    rng, table = drawn(rows, 3, seed)
    hits = rng.random(rows) < np.where(table["c0"] == "p", 0.2, 0.8)
    every = brute(table, hits, 2, 5)
    p = []
    for n, x in every.values():
        gap = x / n - (hits.sum() - x) / (rows - n)
        p.append(min(1, 2 * stats.hypergeom.cdf(x, rows, hits.sum(), n)) if gap <= -0.05 else 1.0)
    expected = stats.false_discovery_control(p)
    columns = [searchable(values, name, 4) for name, values in table.items()]
    conditions = conditions_of(columns, np.arange(rows), 5)
    found = candidates(conditions, Outcomes(hits, None), Rules(True, False, 0.05, 5, None, True), 2, 0.05)
    adjusted = step_up(found.p_value, found.tested)
    assert sorted(adjusted[adjusted <= 0.05]) == pytest.approx(sorted(expected[expected <= 0.05]), rel=1e-7)


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 400), st.data())
def test_the_tail_is_the_hypergeometric_one(total, data):
    n, hits = data.draw(st.integers(1, total)), data.draw(st.integers(0, total))
    x = data.draw(st.integers(max(0, n + hits - total), min(n, hits)))
    tail = lower_tail(*(np.array([value], dtype=float) for value in (x, n, hits, total)))
    assert tail[0] == pytest.approx(stats.hypergeom.cdf(x, total, hits, n), rel=1e-8, abs=1e-300)


def test_a_capped_tail_is_right_below_the_cap_and_above_it_beyond():
    x = np.arange(0, 40, dtype=float)
    whole = lower_tail(x, np.full(40, 100.0), np.full(40, 300.0), np.full(40, 1000.0))
    capped = lower_tail(x, np.full(40, 100.0), np.full(40, 300.0), np.full(40, 1000.0), 0.01)
    assert capped[whole <= 0.01] == pytest.approx(whole[whole <= 0.01])
    assert np.all(capped[whole > 0.01] > 0.01)


# ---- redundancy ----------------------------------------------------------------------------------


def test_variants_of_a_slice_are_left_out_and_told():
    table, decided = planted(1)
    search = find_slices(table, y_pred=decided, rate="selection_rate")
    assert search.found == 1 + search.shorter + search.shared + search.overlap + search.not_shown
    assert search.shorter > 10
    assert all(str(out.by[0]) == "c0 = p" for out in search.left_out)
    assert f"{search.shorter:,} that a shorter slice explains" in search.words


def test_a_slice_that_owes_its_gap_to_a_part_is_left_out():
    table, decided = planted(2)
    search = find_slices(table, y_pred=decided, rate="selection_rate")
    owing = {" and ".join(map(str, out.conditions)) for out in search.left_out if out.why == "shared"}
    assert {"c0 = p", "c1 = p"} <= owing


def test_two_columns_that_say_the_same_give_one_slice():
    table, decided = planted(1)
    copy = np.where(np.arange(6000) % 20 == 0, "q", table["c0"])
    search = find_slices({"copy": copy, **table}, y_pred=decided, rate="selection_rate", depth=1)
    assert len([one for one in search.slices if "p" in one.name]) == 1
    assert [out.why for out in search.left_out] == ["overlap"]


def test_no_two_slices_shown_share_most_of_their_rows():
    rng, table = drawn(3000, 5, 9)
    table["d"] = np.where(rng.random(3000) < 0.1, "x", table["c0"])
    hits = rng.random(3000) < np.where(table["c0"] == "p", 0.3, np.where(table["c1"] == "q", 0.5, 0.9))
    shown = find_slices(table, y_pred=hits, rate="selection_rate").slices
    met = [np.all([table[c.column] == c.level for c in one.conditions], axis=0) for one in shown]
    assert len(met) > 1
    assert all((a & b).sum() <= 0.8 * (a | b).sum() for a, b in combinations(met, 2))


def test_top_bounds_what_is_shown():
    rng, table = drawn(8000, 4, 4)
    rate = 0.9 - 0.25 * (table["c0"] == "p") - 0.25 * (table["c1"] == "q") - 0.25 * (table["c2"] == "r")
    decided = rng.random(8000) < rate
    every, two = (
        find_slices(table, y_pred=decided, rate="selection_rate", depth=1, top=top) for top in (20, 2)
    )
    assert names(two) == names(every)[:2]
    assert (len(every.slices), two.not_shown) == (3, 1)


# ---- size, weights, permutations -----------------------------------------------------------------


def test_the_minimum_size_counts_rows_of_the_denominator():
    sex = np.array(["F"] * 100 + ["M"] * 900)
    y_true = np.r_[np.ones(29), np.zeros(71), np.ones(900)].astype(int)
    y_pred = np.r_[np.zeros(100), np.ones(900)].astype(int)
    assert find_slices({"sex": sex}, y_true, y_pred).slices == ()
    one = find_slices({"sex": sex}, y_true, y_pred, min_size=29).slices[0]
    assert (one.name, one.rows, one.rate.rows) == ("sex = F", 100, 29)


def test_small_data_gives_an_empty_search_that_says_so():
    search = find_slices({"a": ["x", "y"]}, [1, 0], [1, 0])
    assert (search.tested, search.slices) == (0, ())
    assert search.words.startswith("0 slices")


def test_no_row_in_the_denominator_is_an_undefined_rate():
    search = find_slices({"a": ["x", "y"]}, [0, 0], [1, 0])
    assert math.isnan(search.overall.value)
    assert search.overall.reason == "no_positives"


def test_a_frequency_weight_of_two_is_a_row_twice():
    table, decided = planted(1, rows=900)
    twice = {name: np.repeat(values, 2) for name, values in table.items()}
    weighted = find_slices(
        table, y_pred=decided, rate="selection_rate", sample_weight=np.full(900, 2), weight_kind="frequency"
    )
    plain = find_slices(twice, y_pred=np.repeat(decided, 2), rate="selection_rate")
    assert names(weighted) == names(plain) != []
    for a, b in zip(weighted.slices, plain.slices, strict=True):
        assert a.difference == pytest.approx(b.difference)
        assert a.p_value == pytest.approx(b.p_value)
        assert (a.interval.low, a.interval.high) == pytest.approx((b.interval.low, b.interval.high))


def test_survey_weights_move_the_rate_and_shrink_the_size():
    rng, table = drawn(5000, 3, 6)
    weight = rng.uniform(0.2, 3, 5000)
    bad = table["c0"] == "p"
    decided = rng.random(5000) < np.where(bad, 0.3, 0.7)
    one = find_slices(table, y_pred=decided, rate="selection_rate", sample_weight=weight).slices[0]
    w = weight[bad]
    assert one.name == "c0 = p"
    assert one.rate.value == pytest.approx(np.average(decided[bad], weights=w))
    assert one.rate.effective == pytest.approx(w.sum() ** 2 / (w**2).sum())
    assert one.rate.effective < one.rate.rows == bad.sum()


def test_equal_survey_weights_change_rates_in_nothing():
    table, decided = planted(2)
    plain = find_slices(table, y_pred=decided, rate="selection_rate")
    weighted = find_slices(table, y_pred=decided, rate="selection_rate", sample_weight=np.full(6000, 0.5))
    assert names(weighted) == names(plain)
    assert weighted.tested == plain.tested
    one, other = weighted.slices[0], plain.slices[0]
    assert (one.rate.value, one.z) == pytest.approx((other.rate.value, other.z))
    assert math.log(one.p_value) == pytest.approx(math.log(other.p_value), rel=0.1)


def test_survey_weights_without_any_gap_raise_few_alarms():
    alarms = 0
    for seed in range(60):
        rng, table = drawn(800, 4, seed)
        weight = rng.uniform(0.5, 2, 800)
        alarms += (
            find_slices(
                table, y_pred=rng.random(800) < 0.8, rate="selection_rate", sample_weight=weight
            ).found
            > 0
        )
    assert alarms <= 9


def test_rows_of_weight_zero_do_not_count():
    table, decided = planted(1, rows=2000)
    weight = (np.arange(2000) < 1500).astype(float)
    part = {name: values[:1500] for name, values in table.items()}
    some = find_slices(
        table, y_pred=decided, rate="selection_rate", sample_weight=weight, weight_kind="frequency"
    )
    plain = find_slices(part, y_pred=decided[:1500], rate="selection_rate")
    assert (names(some), some.tested) == (names(plain), plain.tested)


def test_the_permutation_p_value_bounds_any_false_alarm():
    table, decided = planted(1, rows=1500, columns=3)
    search = find_slices(table, y_pred=decided, rate="selection_rate", permutations=99, depth=2)
    assert search.slices[0].permutation_p == pytest.approx(0.01)


def test_with_one_question_the_permutation_p_value_is_the_p_value():
    sex, decided = np.repeat(["F", "M"], 400), np.r_[np.arange(400) < 170, np.arange(400) < 200]
    search = find_slices({"sex": sex}, y_pred=decided, rate="selection_rate", level=0.3, permutations=999)
    one = search.slices[0]
    assert 0.02 < one.p_value < 0.06
    assert one.permutation_p == pytest.approx(one.p_value, abs=0.02)


def test_the_search_is_the_same_every_time():
    table, decided = planted(2, rows=1500)
    options = {"rate": "selection_rate", "permutations": 20, "seed": 3}
    assert find_slices(table, y_pred=decided, **options) == find_slices(table, y_pred=decided, **options)


# ---- columns -------------------------------------------------------------------------------------


def test_numbers_are_binned_at_their_quantiles():
    rng = np.random.default_rng(0)
    age = rng.integers(18, 80, 4000)
    decided = rng.random(4000) < np.where(age < 33, 0.4, 0.8)
    search = find_slices({"age": age}, y_pred=decided, rate="selection_rate", bins=4)
    edge = int(np.quantile(age, 0.25, method="higher"))
    assert names(search) == [f"age under {edge}"]
    assert search.slices[0].rows == (age < edge).sum()


def test_names_of_bins():
    assert bin_names([25, 38], whole=True)[1] == "25 to 37"
    assert bin_names([25, 26], whole=True)[1] == "25"
    assert bin_names([0.25, 0.5], whole=False) == ("under 0.25", "0.25 to under 0.5", "0.5 and over")
    assert bin_names([], whole=True) == ("any number",)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=11, max_size=60, unique=True), st.integers(2, 8))
def test_bins_part_all_numbers_and_none_is_empty(values, bins):
    edges = quantile_edges(np.array(values), bins)
    codes = np.searchsorted(edges, values, side="right")
    assert set(codes.tolist()) == set(range(len(edges) + 1))


def test_few_numbers_and_truth_values_stay_as_they_are():
    assert searchable([0, 1, 2, 1], "n", 4)[0].levels == (0, 1, 2)
    assert searchable(np.array([True, False]), "n", 4)[0].levels == (False, True)


@pytest.mark.parametrize("make", [pd.Series, pl.Series, np.array, list])
def test_numbers_with_missing_ones_have_a_level_for_them(make):
    values = [float(i) for i in range(40)] + [float("nan")] * 40
    column, binned = searchable(make(values), "n", 2)
    assert binned
    assert column.levels == ("under 20", "20 and over", None)
    assert np.bincount(column.codes).tolist() == [20, 20, 40]


def test_a_missing_value_is_a_condition():
    rng = np.random.default_rng(0)
    job = rng.choice(np.array(["a", "b", None], dtype=object), 3000)
    decided = rng.random(3000) < np.where([one is None for one in job], 0.3, 0.7)
    assert names(find_slices({"job": job}, y_pred=decided, rate="selection_rate")) == ["job is missing"]


@pytest.mark.parametrize(
    "frame",
    [pd.DataFrame, pl.DataFrame, lambda t: pl.DataFrame(t).lazy(), lambda t: pl.DataFrame(t).to_arrow()],
)
def test_frames_of_any_library_give_the_same(frame):
    table, decided = planted(2)
    expected = find_slices(table, y_pred=decided, rate="selection_rate")
    assert find_slices(frame(table), y_pred=decided, rate="selection_rate") == expected


def test_categories_without_rows_make_no_slices():
    table, decided = planted(1)
    frame = pd.DataFrame(table)
    frame["c0"] = pd.Categorical(frame["c0"], categories=["p", "q", "r", "never"])
    assert names(find_slices(frame, y_pred=decided, rate="selection_rate")) == ["c0 = p"]


@pytest.mark.parametrize("name", ["", " ", "a = b and c", "<script>", "y_pred", "ß\n\t", "__index__", "-1"])
def test_any_column_name_will_do(name):
    table, decided = planted(1, columns=2)
    search = find_slices({name: table["c0"], "other": table["c1"]}, y_pred=decided, rate="selection_rate")
    assert [c.column for c in search.slices[0].conditions] == [name]


def test_a_column_of_many_levels_is_no_burden():
    table, decided = planted(1)
    table["id"] = np.array([f"person {i}" for i in range(6000)])
    search = find_slices(table, y_pred=decided, rate="selection_rate", depth=2)
    assert names(search) == ["c0 = p"]


def test_labels_in_words_need_the_positive_one():
    table, decided = planted(1)
    words = np.where(decided, "yes", "no")
    assert names(find_slices(table, y_pred=words, rate="selection_rate", pos_label="yes")) == ["c0 = p"]
    with pytest.raises(InputError, match="pos_label"):
        find_slices(table, y_pred=words, rate="selection_rate")


# ---- bad input -----------------------------------------------------------------------------------


def wheres(caught):
    return {problem.where for problem in caught.value.problems}


def test_every_bad_option_is_told_at_once():
    with pytest.raises(InputError) as caught:
        find_slices(
            {"a": [1, 0]}, [1, 0], [1, 0], rate="tpr", depth=5, min_size=1, direction="up", effect=1.0,
            level=0, top=0, seed=-1, bins=1, permutations=-1, weight_kind="none",
        )  # fmt: skip
    assert wheres(caught) == {
        "rate", "depth", "min_size", "direction", "effect", "level", "top", "seed", "bins", "permutations",
        "weight_kind",
    }  # fmt: skip


@pytest.mark.parametrize("bad", [True, 2.5, None, "3"])
def test_options_that_are_no_whole_numbers_are_refused(bad):
    with pytest.raises(InputError, match="a whole number"):
        find_slices({"a": [1, 0]}, [1, 0], [1, 0], depth=bad)
    with pytest.raises(InputError, match="a whole number"):
        find_slices({"a": [1, 0]}, [1, 0], [1, 0], bins=bad)


def test_what_the_rate_needs_must_be_there():
    with pytest.raises(InputError) as caught:
        find_slices({"a": [1, 0]})
    assert wheres(caught) == {"y_true", "y_pred"}
    with pytest.raises(InputError, match="needs y_pred"):
        find_slices({"a": [1, 0]}, [1, 0], rate="selection_rate")


def test_lengths_and_indexes_must_agree():
    with pytest.raises(InputError, match="got lengths a 3, y_true 2, y_pred 2"):
        find_slices({"a": [1, 0, 1]}, [1, 0], [1, 0])
    rows = pd.DataFrame({"a": list("xyz")})
    with pytest.raises(InputError, match="matched by index"):
        find_slices(rows, y_pred=pd.Series([1, 0, 1], index=[2, 1, 0]), rate="selection_rate")


@pytest.mark.parametrize("columns", [{}, {"a": []}])
def test_nothing_to_search_is_told(columns):
    with pytest.raises(InputError, match=r"got none|got 0"):
        find_slices(columns, y_pred=[], rate="selection_rate")


def test_equal_names_and_bad_weights_are_told():
    twice = pd.DataFrame([["x", "y"]] * 2, columns=["a", "a"])
    with pytest.raises(InputError) as caught:
        find_slices(twice, y_pred=[1, 0], rate="selection_rate", sample_weight=[1, -1])
    assert {problem.code for problem in caught.value.problems} == {"duplicate_columns", "bad_weights"}


def test_probabilities_are_no_decisions():
    with pytest.raises(InputError, match="decisions or labels are wanted"):
        find_slices({"a": [1, 0]}, y_pred=[0.2, 0.7], rate="selection_rate")


def test_an_encoded_column_is_taken_as_it_is():
    table, decided = planted(1)
    table["c0"] = encode(table["c0"], "other name")
    assert names(find_slices(table, y_pred=decided, rate="selection_rate")) == ["c0 = p"]


# ---- in an audit ---------------------------------------------------------------------------------


def test_an_audit_searches_the_columns_that_its_settings_name(tmp_path):
    from evenhand.api import audit_file
    from evenhand.reading import settings_from

    table, decided = planted(1, rows=2000, columns=3)
    frame = pd.DataFrame({**table, "y": decided.astype(int), "d": decided.astype(int)})
    path = tmp_path / "rows.csv"
    frame.to_csv(path, index=False)
    flags = {
        "target": "y",
        "prediction": "d",
        "sensitive": ["c1"],
        "search": ["c0", "c2"],
        "out": str(tmp_path),
    }
    record = audit_file(settings_from(path, flags)).record
    assert [facts.metric for facts in record.slices] == [
        "selection_rate",
        "true_positive_rate",
        "false_positive_rate",
        "accuracy",
    ]
    assert [row.name for row in record.slices[0].slices] == ["c0 = p"]
    assert [facts.slices for facts in record.slices[1:]] == [(), (), ()]
    assert type(record).model_validate_json(record.to_json()).slices == record.slices


@pytest.mark.parametrize("search", [["zzz"], ["d"], ["c0", "c0"]])
def test_an_audit_refuses_columns_it_cannot_search(tmp_path, search):
    from evenhand.api import audit_file
    from evenhand.reading import settings_from

    table, decided = planted(1, rows=200, columns=2)
    path = tmp_path / "rows.csv"
    pd.DataFrame({**table, "d": decided.astype(int)}).to_csv(path, index=False)
    flags = {"prediction": "d", "sensitive": ["c1"], "search": search, "out": str(tmp_path)}
    with pytest.raises(InputError, match="search"):
        audit_file(settings_from(path, flags))
