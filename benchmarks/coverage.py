"""Coverage of the 95 % intervals, as Markdown on stdout.

    python benchmarks/coverage.py --runs 1000

Intervals of a rate or of a pair are enumerated exactly (sizes to 10,000 for a rate, to 300 for a pair);
worst-of-several intervals are simulated, beside fairlearn's percentile bootstrap on the same rows.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from evenhand.metrics import intervals, worst_case

Array = NDArray[np.float64]
EVERY = np.round(np.arange(1, 100) / 100, 2)
RATES = np.round(
    np.r_[np.arange(0.01, 0.05, 0.01), np.arange(0.05, 0.951, 0.05), np.arange(0.96, 0.995, 0.01)], 2
)
INNER = np.flatnonzero((RATES >= 0.05) & (RATES <= 0.95))
PAIRS = [(10, 10), (17, 15), (10, 30), (30, 30), (30, 100), (100, 100), (10, 300), (300, 300)]


def rate_coverage(method: Callable[..., tuple[Array, Array]], n: int) -> Array:
    x = np.arange(n + 1)
    low, high = method(x, n)
    inside = (low[:, None] <= EVERY) & (high[:, None] >= EVERY)
    return np.asarray((inside * stats.binom.pmf(x[:, None], n, EVERY)).sum(axis=0))


def pair_coverage(
    method: Callable[..., tuple[Array, Array]], sizes: tuple[int, int], compare: Callable[..., Array]
) -> Array:
    """Coverage at every pair of rates."""
    n1, n2 = sizes
    low, high = method(np.arange(n1 + 1)[:, None], n1, np.arange(n2 + 1), n2)
    one, two = (stats.binom.pmf(np.arange(n + 1)[:, None], n, RATES) for n in sizes)
    found = np.empty((RATES.size, RATES.size))
    for i, p1 in enumerate(RATES):
        truth = compare(p1, RATES)
        inside = (low[..., None] <= truth + 1e-12) & (truth - 1e-12 <= high[..., None])
        found[i] = np.einsum("a,abp,bp->p", one[:, i], inside, two)
    return found


def rows_of_rates() -> list[list[str]]:
    rows = []
    for method in (
        intervals.modified_wilson,
        intervals.wilson,
        intervals.clopper_pearson,
        intervals.jeffreys,
    ):
        for n in (10, 13, 15, 20, 30, 100, 300, 1000, 10_000):
            found = rate_coverage(method, n)
            inner = found[(EVERY >= 0.05) & (EVERY <= 0.95)].min()
            rows.append([method.__name__, f"{n:,}", *shown(found.mean(), inner, found.min())])
    return rows


def rows_of_pairs() -> list[list[str]]:
    methods: list[tuple[Callable[..., tuple[Array, Array]], Callable[..., Array]]] = [
        (intervals.widened_difference, np.subtract),
        (intervals.miettinen_nurminen_difference, np.subtract),
        (intervals.newcombe_difference, np.subtract),
        (intervals.agresti_caffo_difference, np.subtract),
        (intervals.widened_ratio, np.divide),
        (intervals.miettinen_nurminen_ratio, np.divide),
        (intervals.koopman_ratio, np.divide),
        (intervals.katz_ratio, np.divide),
    ]
    rows = []
    for method, compare in methods:
        for sizes in PAIRS:
            found = pair_coverage(method, sizes, compare)
            inner = found[np.ix_(INNER, INNER)].min()
            rows.append(
                [method.__name__, f"{sizes[0]} and {sizes[1]}", *shown(found.mean(), inner, found.min())]
            )
    return rows


def shown(*figures: float) -> list[str]:
    return [f"{figure:.3f}" for figure in figures]


def rows_of_zero(runs: int, fairlearn_runs: int) -> list[list[str]]:
    """Share of runs whose interval of the largest difference holds the true zero."""
    designs = [(f"{k} groups of 200", np.full(k, 200)) for k in (2, 3, 6, 20, 50)]
    designs += [(f"10,000 and {k} groups of 20", np.r_[10_000, np.full(k, 20)]) for k in (1, 5, 19, 49)]
    rows = []
    for name, sizes in designs:
        rng = np.random.default_rng(7)
        drawn = [rng.binomial(sizes, 0.3) for _ in range(runs)]
        ours = [worst_case.worst_difference(x, sizes, draws=999, seed=s) for s, x in enumerate(drawn)]
        theirs = [fairlearn_low(x, sizes) <= 0 for x in drawn[:fairlearn_runs]]
        kept, high = np.mean([w.low == 0 for w in ours]), np.mean([w.high for w in ours])
        rows.append([name, *shown(float(kept), float(high)), f"{sum(theirs)} of {len(theirs)}"])
    return rows


def fairlearn_low(x: NDArray[np.int64], sizes: NDArray[np.int64]) -> float:
    """Lower end of fairlearn's bootstrap of the largest difference of selection rates."""
    from fairlearn.metrics import MetricFrame, selection_rate

    group = np.repeat(np.arange(sizes.size), sizes)
    chosen = np.concatenate([np.arange(n) < k for k, n in zip(x, sizes, strict=True)]).astype(int)
    frame = MetricFrame(
        metrics=selection_rate,
        y_true=chosen,
        y_pred=chosen,
        sensitive_features=group,
        n_boot=50,
        ci_quantiles=[0.025, 0.975],
        random_state=0,
    )
    return float(frame.difference_ci()[0])


def rows_of_power(runs: int) -> list[list[str]]:
    rows, sizes = [], np.full(20, 1000)
    for rate in (0.1, 0.3, 0.5):
        rng = np.random.default_rng(8)
        found = [
            worst_case.worst_difference(rng.binomial(sizes, rate), sizes, draws=100, seed=s)
            for s in range(runs)
        ]
        ends = np.mean([w.value for w in found]), np.mean([w.high for w in found])
        rows.append([f"{rate}", *shown(*map(float, ends))])
    return rows


def table(title: str, heads: list[str], rows: list[list[str]]) -> None:
    lines = [f"## {title}", "", f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    sys.stdout.write("\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1000, help="simulated audits per design")
    parser.add_argument("--fairlearn-runs", type=int, default=20, help="how many of them fairlearn also gets")
    given = parser.parse_args()
    heads = ["mean", "least at 0.05-0.95", "least at 0.01-0.99"]
    table("A rate, exact", ["interval", "n", *heads], rows_of_rates())
    table("Two rates, exact", ["interval", "sizes", *heads], rows_of_pairs())
    zero = ["design, rate 0.3", "holds a true zero", "mean upper end", "fairlearn holds it"]
    table("Largest difference, no gap", zero, rows_of_zero(given.runs, given.fairlearn_runs))
    power = ["rate", "mean figure", "mean upper end"]
    table("20 groups of 1,000, no gap", power, rows_of_power(given.runs))


if __name__ == "__main__":
    main()
