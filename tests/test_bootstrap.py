"""The bootstrap over cells: the law of its draws, its intervals, and its undefined replicates."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evenhand.errors import InputError
from evenhand.metrics import bootstrap as bs
from evenhand.metrics import replicates

COUNTS = np.array([[30, 70], [5, 15]])


def rate(cells):
    return cells[..., 0] / cells.sum(axis=-1)


def gap(cells):
    return rate(cells)[..., 0] - rate(cells)[..., 1]


def test_replicates_have_the_multinomial_law():
    drawn = bs.multinomial_replicates([10, 30, 60], 20_000)
    p = np.array([0.1, 0.3, 0.6])
    assert np.allclose(drawn.mean(axis=0), 100 * p, atol=0.15)
    assert np.allclose(np.cov(drawn.T), 100 * (np.diag(p) - np.outer(p, p)), atol=0.6)


def test_a_draw_of_cells_is_a_resample_of_rows():
    rng, rows = np.random.default_rng(0), np.repeat([0, 1], [30, 70])
    by_rows = [(rng.choice(rows, 100) == 0).mean() for _ in range(4000)]
    by_cells = rate(bs.multinomial_replicates([30, 70], 4000))
    assert stats.ks_2samp(by_rows, by_cells).pvalue > 0.01


def test_strata_keep_their_rows_only_if_asked():
    kept = bs.multinomial_replicates(COUNTS, 50).sum(axis=-1)
    assert (kept == [100, 20]).all()
    free = bs.multinomial_replicates(COUNTS, 50, stratified=False).sum(axis=-1)
    assert (free.sum(axis=-1) == 120).all()
    assert free[:, 1].std() > 2


def test_blocks_and_seeds_give_the_same_replicates(monkeypatch):
    whole = bs.multinomial_replicates(COUNTS, 101, seed=3)
    monkeypatch.setattr(replicates, "CHUNK", 40)
    blocks = list(bs.replicate_blocks(COUNTS, 101, seed=3))
    assert len(blocks) == 11
    assert np.array_equal(np.concatenate(blocks), whole)
    assert not np.array_equal(whole, bs.multinomial_replicates(COUNTS, 101, seed=4))


def test_an_empty_stratum_stays_empty():
    assert (bs.multinomial_replicates([[0, 0], [3, 4]], 5)[:, 0] == 0).all()


def test_survey_weights_match_a_resample_of_rows():
    rng = np.random.default_rng(1)
    weights = rng.uniform(0.5, 3, 400)
    cell = np.repeat([0, 1], [150, 250])
    picked = rng.integers(0, 400, (3000, 400))
    by_rows = np.stack([(weights[picked] * (cell[picked] == c)).sum(axis=1) for c in (0, 1)], axis=-1)
    sums = [np.bincount(cell, weights**k) for k in (0, 1, 2)]
    by_cells = bs.weighted_replicates(*sums, 3000)
    assert np.allclose(by_cells.mean(axis=0), by_rows.mean(axis=0), rtol=0.01)
    assert np.allclose(by_cells.std(axis=0), by_rows.std(axis=0), rtol=0.08)
    assert rate(by_cells).std() == pytest.approx(rate(by_rows).std(), rel=0.08)


def test_equal_weights_scale_the_counts():
    plain = bs.multinomial_replicates([30, 70], 20)
    assert np.allclose(bs.weighted_replicates([30, 70], [60, 140], [120, 280], 20), 2 * plain)


def test_a_frequency_weight_of_two_is_a_row_twice():
    doubled = bs.weighted_replicates([15, 35], [30, 70], [60, 140], 20, kind="frequency")
    assert np.array_equal(doubled, bs.multinomial_replicates([30, 70], 20))


def test_percentile_takes_the_middle_part():
    found = bs.percentile_interval(np.random.default_rng(0).permutation(np.arange(1.0, 1000)), 0.9)
    assert (found.low, found.high, found.undefined) == (50, 950, 0)


def test_undefined_replicates_widen_the_interval():
    values = np.arange(1.0, 1000)
    few, many = values.copy(), values.copy()
    few[::100], many[::5] = np.nan, np.nan
    whole, some, lost = (bs.percentile_interval(v) for v in (values, few, many))
    assert some.low < whole.low < whole.high < some.high
    assert (lost.low, lost.high) == (-np.inf, np.inf)
    assert lost.undefined == pytest.approx(0.2, abs=0.01)


def test_bca_agrees_with_scipy():
    rows = np.repeat([1.0, 0.0], [8, 92])
    expected = stats.bootstrap(
        (rows,), lambda x, axis: x.mean(axis=axis) ** 2, n_resamples=20_000, rng=np.random.default_rng(0)
    ).confidence_interval
    found = bs.bootstrap_interval(lambda cells: rate(cells) ** 2, [8, 92], draws=20_000)
    assert np.allclose((found.low, found.high), (expected.low, expected.high), atol=0.0012)


def test_bca_of_a_symmetric_figure_is_near_the_percentile():
    bca, plain = (
        bs.bootstrap_interval(gap, COUNTS * 10, method=m, draws=4000) for m in ("BCa", "percentile")
    )
    assert np.allclose((bca.low, bca.high), (plain.low, plain.high), atol=0.012)
    assert (bca.method, plain.method) == ("BCa", "percentile")


def test_bca_covers_a_skewed_figure():
    rng, kept = np.random.default_rng(2), []
    for seed in range(300):
        found = bs.bootstrap_interval(
            rate, np.array((k := rng.binomial(120, 0.1), 120 - k)), draws=499, seed=seed
        )
        kept.append(found.low <= 0.1 <= found.high)
    assert np.mean(kept) > 0.90


def test_figures_may_be_arrays():
    found = bs.bootstrap_interval(rate, COUNTS)
    assert found.low.shape == (2,)
    assert ((found.low < [0.3, 0.25]) & (found.high > [0.3, 0.25])).all()


def test_an_undefined_figure_has_no_interval():
    found = bs.bootstrap_interval(rate, [[0, 0], [3, 4]], draws=200)
    assert np.isnan([found.low[0], found.high[0]]).all()
    assert np.isfinite([found.low[1], found.high[1]]).all()
    assert found.undefined.tolist() == [1, 0]


def test_a_figure_that_does_not_vary_is_a_point():
    found = bs.bootstrap_interval(rate, [0, 9], draws=200)
    assert (found.low, found.high) == (0, 0)


@pytest.mark.parametrize("counts", [[1.5, 2], [-1, 2], [np.nan, 1], [np.inf, 1], 3])
def test_counts_that_are_no_counts_are_refused(counts):
    with pytest.raises(InputError, match="whole numbers"):
        bs.multinomial_replicates(counts)


def test_bad_draws_and_weights_are_refused():
    with pytest.raises(InputError, match="draw"):
        bs.multinomial_replicates([1, 2], 0)
    with pytest.raises(InputError, match="squares"):
        bs.weighted_replicates([4, 4], [8, 8], [2, 16])
