"""Time of the search for slices, as Markdown on stdout.

    python benchmarks/subgroups.py --rows 50000 --columns 50 --depth 3

Columns of four levels drawn at random; one slice of two conditions is treated worse, and the search must
find it. Beside it: the same search by a loop over combinations of columns with numpy's ``bincount`` over
joint codes, on a share of the combinations and scaled up.
"""

from __future__ import annotations

import argparse
import sys
import time
from itertools import combinations, islice
from math import comb

import numpy as np
from numpy.typing import NDArray

from evenhand.metrics.subgroups import find_slices

LEVELS = 4
LOOPED = 500


def table(rows: int, columns: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, LEVELS, (columns, rows))
    worse = (codes[0] == 1) & (codes[1] == 2)
    return codes, rng.random(rows) < np.where(worse, 0.5, 0.7)


def by_loop(codes: NDArray[np.int64], hits: NDArray[np.bool_], depth: int) -> float:
    """Seconds to count every combination of ``depth`` columns, scaled up from the first few."""
    start, done = time.perf_counter(), 0
    for chosen in islice(combinations(codes, depth), LOOPED):
        joint = np.ravel_multi_index(chosen, (LEVELS,) * depth)
        np.bincount(joint, minlength=LEVELS**depth)
        np.bincount(joint, weights=hits, minlength=LEVELS**depth)
        done += 1
    return (time.perf_counter() - start) * comb(len(codes), depth) / done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--depth", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    codes, hits = table(chosen.rows, chosen.columns, chosen.seed)
    named = {f"column {i}": column for i, column in enumerate(codes)}
    start = time.perf_counter()
    found = find_slices(named, y_pred=hits, rate="selection_rate", depth=chosen.depth)
    ours = time.perf_counter() - start
    loop = by_loop(codes, hits, chosen.depth)
    out = sys.stdout.write
    out("| rows | columns | depth | slices tested | seconds | counting by a loop, seconds | best slice |\n")
    out("|---|---|---|---|---|---|---|\n")
    best = found.slices[0].name if found.slices else "none"
    out(
        f"| {chosen.rows:,} | {chosen.columns} | {chosen.depth} | {found.tested:,} | {ours:.1f} |"
        f" {loop:.1f} | {best} |\n\n{found.words}\n"
    )


if __name__ == "__main__":
    main()
