"""Comparisons by hand, their signs and ends, and who is left out."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.errors import InputError, Reason
from evenhand.metrics.catalogue import CATALOGUE, metric_named
from evenhand.metrics.disparity import Options, against_each, all_pairs, find_reference, worst_of
from evenhand.metrics.functions import group_metric
from evenhand.metrics.intervals import miettinen_nurminen_difference, widened_ratio
from evenhand.metrics.rates import RATES, count, group_table
from evenhand.metrics.tally import cube_of

SELECTION = metric_named("selection_rate")
SELECTED = {"a": (30, 100), "b": (60, 120), "c": (20, 80)}


def table_of(selected, **more):
    groups = [g for g, (_, n) in selected.items() for _ in range(n)]
    p = [int(i < x) for x, n in selected.values() for i in range(n)]
    return group_table(cube_of(None, p, sensitive_features={"g": groups}, **more), "g")


TABLE = table_of(SELECTED)
RATE = {g: x / n for g, (x, n) in SELECTED.items()}
ALL, ROWS = 110, 300


def rest(group):
    x, n = SELECTED[group]
    return (ALL - x) / (ROWS - n)


@pytest.mark.parametrize(
    ("reference", "against", "expected"),
    [
        ("largest", "largest", {"a": RATE["b"], "c": RATE["b"]}),
        ("best", "best", {"a": RATE["b"], "c": RATE["b"]}),
        (("c",), "reference", {"a": RATE["c"], "b": RATE["c"]}),
        ("overall", "overall", dict.fromkeys("abc", ALL / ROWS)),
        ("rest", "rest", {g: rest(g) for g in "abc"}),
    ],
    ids=["largest", "best", "named", "overall", "rest"],
)
def test_values_by_hand(reference, against, expected):
    for comparison, value in [
        ("difference", lambda p, q: p - q),
        ("ratio", lambda p, q: p / q),
        ("log_ratio", lambda p, q: np.log(p / q)),
    ]:
        found = against_each(TABLE, SELECTION, comparison, reference)
        assert {d.group[0]: d.value for d in found} == pytest.approx(
            {g: value(RATE[g], q) for g, q in expected.items()}
        )
        assert all(d.interval.holds(d.value) for d in found)
        assert {d.against for d in found} == {against}


def test_pairs_carry_miettinen_and_nurminens_ends():
    [a, _] = against_each(TABLE, SELECTION, "difference", ("b",))
    assert [a.interval.low, a.interval.high] == pytest.approx(
        np.array(miettinen_nurminen_difference(30, 100, 60, 120))
    )
    [a, _] = against_each(TABLE, SELECTION, "ratio", ("b",))
    assert [a.interval.low, a.interval.high] == pytest.approx(np.array(widened_ratio(30, 100, 60, 120)))


@pytest.mark.parametrize("reference", ["largest", "overall", "rest", ("a",)], ids=str)
def test_the_log_ratio_is_the_logarithm(reference):
    ratios = against_each(TABLE, SELECTION, "ratio", reference)
    for ratio, log in zip(ratios, against_each(TABLE, SELECTION, "log_ratio", reference), strict=True):
        assert log.value == pytest.approx(np.log(ratio.value))
        assert (log.interval.low, log.interval.high) == pytest.approx(
            np.log([ratio.interval.low, ratio.interval.high])
        )
        assert (ratio.fair, log.fair) == (1, 0)


def test_swapping_the_groups_flips_the_sign():
    for comparison, flip in [
        ("difference", lambda v: -v),
        ("log_ratio", lambda v: -v),
        ("ratio", lambda v: 1 / v),
    ]:
        [there] = [d for d in against_each(TABLE, SELECTION, comparison, ("b",)) if d.group == ("a",)]
        [back] = [d for d in against_each(TABLE, SELECTION, comparison, ("a",)) if d.group == ("b",)]
        assert back.value == pytest.approx(flip(there.value))
        assert sorted([flip(there.interval.low), flip(there.interval.high)]) == pytest.approx(
            [back.interval.low, back.interval.high]
        )
        assert back.p_value == pytest.approx(there.p_value)


@pytest.mark.parametrize("reference", ["overall", "rest"])
def test_ends_against_all_agree_with_the_delta_method(reference):
    sizes = {"a": (30_000, 100_000), "b": (80_000, 200_000), "c": (5_000, 50_000)}
    x, n = (np.array(v, dtype=float) for v in zip(*sizes.values(), strict=True))
    counts = np.stack([n - x, x], axis=-1)
    measures = np.repeat(counts[:, None, :, None], 5, axis=3)
    measures[..., 3:] = 0
    table = type(TABLE)(
        ("g",), tuple((g,) for g in sizes), measures, has_label=False, has_decision=True, weight_kind=None
    )
    variance = x / n * (1 - x / n) / n
    for i, found in enumerate(against_each(table, SELECTION, "difference", reference)):
        others = np.arange(3) != i
        share = n / n.sum()
        pooled = x[others].sum() / n[others].sum()
        spread = variance[i] + pooled * (1 - pooled) / n[others].sum()
        half = 1.96 * np.sqrt(spread) * (1 - share[i] if reference == "overall" else 1)
        assert found.interval.high - found.value == pytest.approx(half, rel=0.01)
        assert found.value - found.interval.low == pytest.approx(half, rel=0.01)


def test_intervals_against_all_cover_the_truth():
    rng = np.random.default_rng(5)
    truth, sizes = np.array([0.2, 0.35, 0.5]), [60, 100, 140]
    overall = truth @ sizes / sum(sizes)
    held = 0
    for _ in range(150):
        x = rng.binomial(sizes, truth)
        table = table_of({g: (int(k), n) for g, k, n in zip("abc", x, sizes, strict=True)})
        found = against_each(table, SELECTION, "difference", "overall")
        held += sum(d.interval.holds(p - overall) for d, p in zip(found, truth, strict=True))
    assert 0.92 <= held / 450 <= 0.99


def test_the_rest_of_unequal_weights_is_as_sure_as_its_effective_size():
    # Groups b and c have one rate; c's people weigh ten times b's, so the two are worth fewer than their sum.
    groups = ["a"] * 400 + ["b"] * 400 + ["c"] * 400
    p = [1, 0] * 600
    w = np.repeat([1.0, 1.0, 10.0], 400)
    table = group_table(cube_of(None, p, sensitive_features={"g": groups}, sample_weight=w), "g")
    a = against_each(table, SELECTION, "difference", "rest")[0]
    kish = w[400:].sum() ** 2 / (w[400:] ** 2).sum()
    low, high = miettinen_nurminen_difference(200, 400, kish / 2, kish)
    assert (a.interval.low, a.interval.high) == pytest.approx((float(low), float(high)))


def test_against_all_with_frequencies_is_with_the_rows():
    double = table_of(SELECTED, sample_weight=np.full(ROWS, 2), weight_kind="frequency")
    rows = table_of({g: (2 * x, 2 * n) for g, (x, n) in SELECTED.items()})
    for reference in ("overall", "rest", "largest"):
        for one, other in zip(
            *(against_each(t, SELECTION, "ratio", reference) for t in (double, rows)), strict=True
        ):
            assert (one.value, one.interval.low, one.interval.high) == pytest.approx(
                (other.value, other.interval.low, other.interval.high)
            )


def test_a_missing_level_is_compared_only_if_asked():
    selected = {"a": (3, 10), "b": (5, 10), None: (9, 30)}
    table = table_of(selected)
    for reference in ("largest", "best", "overall", "rest", ("a",)):
        assert (None,) not in [d.group for d in against_each(table, SELECTION, "difference", reference)]
        assert all(d.reference != (None,) for d in against_each(table, SELECTION, "difference", reference))
    asked = Options(compare_missing=True)
    assert (None,) in [d.group for d in against_each(table, SELECTION, "difference", "overall", asked)]
    worst = worst_of(table, metric_named("demographic_parity_difference"))
    assert (worst.left_out, worst.compared) == (((None,),), 2)
    assert worst_of(table, metric_named("demographic_parity_difference"), asked).compared == 3


def test_missing_rows_are_part_of_all():
    table = table_of({"a": (3, 10), "b": (5, 10), None: (10, 20)})
    assert [d.value for d in against_each(table, SELECTION, "difference", "overall")] == pytest.approx(
        [0.3 - 0.45, 0.05]
    )


def test_all_pairs_are_each_pair_once():
    pairs = all_pairs(TABLE, SELECTION, "difference")
    assert [(d.reference[0], d.group[0]) for d in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    with_missing = table_of({"a": (3, 10), "b": (5, 10), None: (10, 20)})
    assert len(all_pairs(with_missing, SELECTION, "difference")) == 1
    assert len(all_pairs(with_missing, SELECTION, "difference", Options(compare_missing=True))) == 3


def test_a_group_without_company_is_undefined():
    alone = table_of({"a": (3, 10)})
    for reference in ("overall", "rest"):
        [d] = against_each(alone, SELECTION, "difference", reference)
        assert (np.isnan(d.value), d.interval, d.reason) == (True, None, Reason.SINGLE_GROUP)
    assert against_each(alone, SELECTION, "difference", "largest") == []
    assert worst_of(alone, metric_named("demographic_parity_difference")).reason == Reason.SINGLE_GROUP


def test_a_reference_rate_of_zero_has_no_ratio():
    table = table_of({"a": (0, 10), "b": (5, 10)})
    [b] = against_each(table, SELECTION, "ratio", ("a",))
    assert (np.isnan(b.value), b.interval, b.reason) == (True, None, Reason.ZERO_REFERENCE)
    [a] = against_each(table, SELECTION, "log_ratio", ("b",))
    assert (a.value, a.interval.low) == (-np.inf, -np.inf)


def test_a_group_without_positives_says_so():
    y, p, g = [1, 0, 1, 0, 0, 0], [1, 0, 0, 0, 1, 0], list("aabbcc")
    table = group_table(cube_of(y, p, sensitive_features={"g": g}), "g")
    found = {
        d.group: d for d in against_each(table, metric_named("true_positive_rate"), "difference", ("a",))
    }
    assert (found[("c",)].reason, found[("c",)].interval) == (Reason.NO_POSITIVES, None)
    assert found[("b",)].value == -1
    assert worst_of(table, metric_named("equalized_odds_difference")).reason == Reason.NO_POSITIVES


def test_small_groups_are_left_out_by_their_denominator_and_named():
    table = table_of({"a": (30, 100), "b": (60, 120), "c": (5, 5)})
    worst = worst_of(table, metric_named("demographic_parity_difference"), Options(min_group_size=30))
    assert (worst.value, worst.left_out) == (pytest.approx(0.2), (("c",),))
    few = worst_of(table, metric_named("demographic_parity_difference"), Options(min_group_size=110))
    assert (few.reason, few.compared) == (Reason.BELOW_MINIMUM, 1)


def test_the_worst_pair_is_named_lower_rate_first():
    worst = worst_of(TABLE, metric_named("demographic_parity_ratio"))
    assert (worst.group, worst.reference, worst.value) == (("c",), ("b",), pytest.approx(0.5))
    assert worst.interval.holds(worst.value)


def test_all_zero_has_no_ratio_and_no_gap():
    table = table_of({"a": (0, 50), "b": (0, 50)})
    assert worst_of(table, metric_named("demographic_parity_ratio")).reason == Reason.ALL_ZERO
    assert worst_of(table, metric_named("demographic_parity_difference")).value == 0


@pytest.mark.parametrize("name", [m.name for m in CATALOGUE.values() if m.rates])
def test_the_worst_of_all_equals_the_function(name):
    rng = np.random.default_rng(1)
    y, p, g, w = rng.integers(0, 2, 300), rng.integers(0, 2, 300), rng.integers(0, 5, 300), rng.random(300)
    table = group_table(cube_of(y, p, sensitive_features={"g": g}, sample_weight=w), "g")
    value = group_metric(name, y, p, sensitive_features=g, sample_weight=w)
    assert worst_of(table, metric_named(name), Options(draws=100)).value == pytest.approx(value)


def test_equal_seeds_give_equal_results():
    metric = metric_named("demographic_parity_difference")
    assert worst_of(TABLE, metric, Options(seed=4)) == worst_of(TABLE, metric, Options(seed=4))


def test_a_reference_is_found_by_type_then_by_spelling():
    counted, sizes = count(TABLE, RATES["selection_rate"]), TABLE.rows
    groups = (("1",), (1,), (None,))
    assert find_reference(counted, groups, (1,), sizes) == 1
    assert find_reference(counted, groups, ("1",), sizes) == 0
    assert find_reference(counted, ((1,), (2,), (3,)), ("2",), sizes) == 1
    assert find_reference(counted, groups, (None,), sizes) == 2
    assert find_reference(counted, (("None",), ("x",), (None,)), (None,), sizes) == 2


def test_unknown_references_are_refused():
    with pytest.raises(InputError, match="no group is called 'z'"):
        against_each(TABLE, SELECTION, "difference", ("z",))
    with pytest.raises(InputError, match="a group or one of largest, best"):
        against_each(TABLE, SELECTION, "difference", "biggest")


def test_a_comparison_is_not_a_rate_nor_the_other_way_round():
    with pytest.raises(InputError, match="no rate is called"):
        against_each(TABLE, metric_named("demographic_parity_difference"), "difference")
    with pytest.raises(InputError, match="a difference or ratio is wanted"):
        worst_of(TABLE, SELECTION)


def test_what_was_not_given_is_the_reason():
    for d in against_each(TABLE, metric_named("base_rate"), "difference", "rest"):
        assert d.reason == Reason.NO_LABELS
    assert worst_of(TABLE, metric_named("equalized_odds_difference")).reason == Reason.NO_LABELS
