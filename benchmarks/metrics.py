"""Speed of the metrics room beside its peers, as Markdown on stdout.

    python benchmarks/metrics.py            # all cases, about ten minutes, most of them fairlearn's
    python benchmarks/metrics.py --quick    # a tenth of the rows
    python benchmarks/metrics.py --only pass --only auc

Both sides run in one process on the same rows, in turn, and the median of the ratios is shown. Where a
peer also gives the figures, they are compared first. A peer that is not installed is named and left out.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import multiprocessing
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.metrics.bootstrap import multinomial_replicates, percentile_interval
from evenhand.metrics.cube import Cube
from evenhand.metrics.rates import RATES, Cells, count, divide, group_table
from evenhand.metrics.score_bins import auc_from_counts, score_counts
from evenhand.metrics.tally import cube_of

LEVELS = {
    "sex": ["Female", "Male"],
    "race": ["White", "Black", "Asian-Pac-Islander", "Amer-Indian-Eskimo", "Other"],
    "age": ["under 20", "20 to 29", "30 to 39", "40 to 49", "50 to 59", "60 and over"],
}
SEVEN = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "true_negative_rate",
    "false_negative_rate",
    "accuracy",
    "positive_predictive_value",
)
RUNS = 7
Array = NDArray[Any]


@dataclass(frozen=True)
class Row:
    """One line of the table; times in seconds. ``ours`` and ``theirs`` are medians."""

    case: str
    peer: str
    ours: float
    theirs: float
    ratio: float
    wanted: str


@dataclass(frozen=True)
class Sample:
    """Rows that look like a decision system's: groups, true labels, scores and decisions."""

    groups: pd.DataFrame
    y_true: Array
    y_pred: Array
    y_score: Array


def sample(rows: int, *, small: bool = False, seed: int = 20) -> Sample:
    """Draw rows; labels and decisions are 64-bit numbers, or bytes where ``small``."""
    rng = np.random.default_rng(seed)
    codes = {name: rng.integers(0, len(known), rows, dtype=np.int8) for name, known in LEVELS.items()}
    groups = {name: pd.Categorical.from_codes(codes[name], pd.Index(known)) for name, known in LEVELS.items()}
    kind: Any = np.int8 if small else np.int64
    y_true = rng.integers(0, 2, rows, dtype=kind)
    y_score = 1 / (1 + np.exp(-rng.normal(0.8 * y_true + 0.1 * codes["sex"] - 0.5, 1.0)))
    return Sample(pd.DataFrame(groups), y_true, (y_score >= 0.5).astype(kind), y_score)


def seconds(run: Callable[[], Any]) -> float:
    """Time one run."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def side_by_side(
    case: str, peer: str, ours: Callable[[], Any], theirs: Callable[[], Any], *, wanted: str, runs: int = RUNS
) -> Row:
    """Run both in turn, ``runs`` times after a warm-up."""
    ours()
    theirs()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(runs)]
    mine, other = (statistics.median(side) for side in zip(*pairs, strict=True))
    return Row(case, peer, mine, other, statistics.median(b / a for a, b in pairs), wanted)


def against_slow(case: str, peer: str, ours: Callable[[], Any], theirs: float, wanted: str) -> Row:
    """Compare with a peer's time of a single run."""
    ours()
    mine = statistics.median(seconds(ours) for _ in range(3 * RUNS))
    return Row(case, peer, mine, theirs, theirs / mine, wanted)


def audit(rows: Sample, groups: Any) -> dict[str, tuple[Array, Array, float, float]]:
    """Evenhand: 7 rates and the count, each by group, overall, and as largest difference and ratio."""
    cube = cube_of(rows.y_true, rows.y_pred, sensitive_features=groups)
    table = group_table(cube, *cube.of_role("sensitive"))
    overall = table.overall
    figures = {name: (count(table, RATES[name]).value, count(overall, RATES[name]).value) for name in SEVEN}
    figures["count"] = (table.rows, overall.rows)
    return {
        name: (groups, pooled, float(np.ptp(groups)), float(groups.min() / groups.max()))
        for name, (groups, pooled) in figures.items()
    }


def fairlearn_frame(rows: Sample, groups: Any, **options: Any) -> Any:
    """Let fairlearn compute the same eight metrics."""
    import fairlearn.metrics as fm
    from sklearn.metrics import accuracy_score, precision_score

    names = ("selection_rate", "true_positive_rate", "false_positive_rate", "true_negative_rate")
    metrics = {name: getattr(fm, name) for name in (*names, "false_negative_rate", "count")}
    metrics |= {"accuracy": accuracy_score, "positive_predictive_value": precision_score}
    frame = fm.MetricFrame(
        metrics=metrics, y_true=rows.y_true, y_pred=rows.y_pred, sensitive_features=groups, **options
    )
    frame.difference()
    frame.ratio()
    return frame


def same_figures(frame: Any, figures: dict[str, tuple[Array, Array, float, float]]) -> None:
    """Stop unless fairlearn's figures are ours."""
    for name, (by_group, overall, difference, ratio) in figures.items():
        np.testing.assert_allclose(np.sort(frame.by_group[name].to_numpy(float)), np.sort(by_group))
        np.testing.assert_allclose(frame.overall[name], overall[0])
        np.testing.assert_allclose(frame.difference()[name], difference)
        np.testing.assert_allclose(frame.ratio()[name], ratio)


def shared(groups: pd.DataFrame) -> pd.DataFrame:
    """Give columns of Python's own strings in which equal ones are one object, as from a list of levels."""
    return pd.DataFrame({
        name: pd.Series(np.array(LEVELS[name], dtype=object)[groups[name].cat.codes], dtype=object)
        for name in LEVELS
    })  # fmt: skip


def cells_cases(size: int) -> Iterator[Row]:
    """Sex x race x age: 60 groups, from each kind of column."""
    rows = sample(size)
    frames: list[Any] = []
    text = rows.groups.astype(str)
    own = text.astype(object)
    kinds = {"categorical": rows.groups, "string": text, "object": own, "shared object": shared(rows.groups)}
    slow = seconds(lambda: frames.append(fairlearn_frame(rows, rows.groups)))
    same_figures(frames[0], audit(rows, rows.groups))
    for kind, groups in kinds.items():
        wanted = {"categorical": "2,000", "string": "200"}.get(kind, "")
        case = f"8 metrics, 60 groups, {size:,} rows, {kind} columns"
        if kind == "string":
            slow = seconds(lambda: fairlearn_frame(rows, text))
        yield against_slow(case, "fairlearn", partial(audit, rows, groups), slow, wanted)


def county_cases(size: int) -> Iterator[Row]:
    """One column of 1,000 groups."""
    rows = sample(size)
    codes = np.random.default_rng(21).integers(0, 1000, size, dtype=np.int16)
    names = pd.Index([f"county {i:03}" for i in range(1000)])
    county = pd.Series(pd.Categorical.from_codes(codes, names), name="county")
    frames: list[Any] = []
    slow = seconds(lambda: frames.append(fairlearn_frame(rows, county)))
    same_figures(frames[0], audit(rows, county))
    yield against_slow(
        f"8 metrics, 1,000 counties, {size:,} rows", "fairlearn", lambda: audit(rows, county), slow, "1,000"
    )


def bootstrap_audit(cube: Cube, draws: int = 1000) -> list[Any]:
    """Evenhand: intervals of the eight metrics by group, of their differences and of their ratios."""
    counts = group_table(cube, *cube.of_role("sensitive")).measures[..., 0]
    drawn = multinomial_replicates(counts.reshape(-1), draws).reshape(draws, *counts.shape)
    values = np.stack([*(RATES[name](drawn) for name in SEVEN), Cells(drawn).total], axis=-1)
    low, high = values.min(axis=1), values.max(axis=1)
    return [percentile_interval(part) for part in (values, high - low, divide(low, high))]


def bootstrap_cases(size: int) -> Iterator[Row]:
    """A thousand replicates of ours, a few of fairlearn's, per replicate."""
    rows, few = sample(size), 2
    options = {"n_boot": few, "ci_quantiles": [0.025, 0.975], "random_state": 0}
    plain = seconds(lambda: fairlearn_frame(rows, rows.groups))
    slow = (seconds(lambda: fairlearn_frame(rows, rows.groups, **options)) - plain) / few

    def ours() -> list[Any]:
        return bootstrap_audit(cube_of(rows.y_true, rows.y_pred, sensitive_features=rows.groups))

    ours()
    mine = statistics.median(seconds(ours) for _ in range(RUNS)) / 1000
    case = f"bootstrap of the same, {size:,} rows, a replicate of 1,000"
    yield Row(case, "fairlearn", mine, slow, slow / mine, "20,000")


def three_audits(rows: Sample, groups: Any) -> list[Any]:
    """Evenhand: every rate of three attributes one by one, and its ratio to the largest group's."""
    cube = cube_of(rows.y_true, rows.y_pred, sensitive_features=groups)
    found = []
    for name in LEVELS:
        table = group_table(cube, name)
        largest = int(np.argmax(table.rows))
        for rate in RATES.values():
            value = count(table, rate).value
            found.append((value, divide(value, value[largest])))
    return found


def aequitas_cases(size: int) -> Iterator[Row]:
    """Aequitas takes Python's own strings only; we are timed from these and from the quicker kinds."""
    from aequitas.audit import Audit

    rows = sample(size)
    text = rows.groups.astype(str)
    own = text.astype(object)
    table = own.assign(score=rows.y_pred, label=rows.y_true)

    def theirs() -> None:
        Audit(table, label_column="label", sensitive_attribute_column=list(LEVELS)).audit()

    kinds = {"string": text, "categorical": rows.groups, "object": own, "shared object": shared(rows.groups)}
    for kind, groups in kinds.items():
        case = f"audit of three attributes, {size:,} rows, {kind} columns"
        yield side_by_side(case, "aequitas", partial(three_audits, rows, groups), theirs, wanted="5")


def pass_cases(size: int) -> Iterator[Row]:
    """The pass alone, beside a compiled loop over ready codes, and beside polars."""
    for small in (True, False):
        yield from _pass_beside(sample(size, small=small), "bytes" if small else "64-bit numbers", size)


def _pass_beside(rows: Sample, kind: str, size: int) -> Iterator[Row]:
    import polars as pl

    codes = [rows.groups[name].cat.codes.to_numpy() for name in LEVELS]
    fused = fused_loop()
    frame = pl.from_pandas(rows.groups.assign(y_true=rows.y_true, y_pred=rows.y_pred))
    query = frame.lazy().group_by(frame.columns).len()

    def ours() -> Any:
        return cube_of(rows.y_true, rows.y_pred, sensitive_features=rows.groups)

    expected = np.sort(fused(*codes, rows.y_true, rows.y_pred))
    np.testing.assert_array_equal(np.sort(ours().measures[:, 0]), expected[expected > 0])
    case = f"pass over {size:,} rows, categorical columns, labels of {kind}"
    # Labels of bytes are ready codes; wider ones are also checked and narrowed, which the loop leaves out.
    wanted = "0.5"
    theirs = partial(fused, *codes, rows.y_true, rows.y_pred)
    yield side_by_side(case, "numba loop", ours, theirs, wanted=wanted, runs=2 * RUNS)
    yield side_by_side(case, "polars lazy group_by", ours, query.collect, wanted="1")


def fused_loop() -> Any:
    """Compile the loop that a specialist would write for exactly these five columns."""
    import numba

    @numba.njit
    def loop(sex: Array, race: Array, age: Array, y_true: Array, y_pred: Array) -> Array:
        counts = np.zeros(240, dtype=np.int64)
        for i in range(len(sex)):
            counts[(((sex[i] * 5 + race[i]) * 6 + age[i]) * 2 + y_true[i]) * 2 + y_pred[i]] += 1
        return counts

    return loop


def string_cases(size: int) -> Iterator[Row]:
    """The pass from plain strings, beside nothing but pyarrow's encoding of them."""
    import pyarrow as pa

    rows = sample(size, small=True)
    text = rows.groups.astype(str)
    arrays = [pa.array(text[name], from_pandas=True) for name in LEVELS]
    yield side_by_side(
        f"pass over {size:,} rows, string columns",
        "pyarrow's encoding alone",
        lambda: cube_of(rows.y_true, rows.y_pred, sensitive_features=text),
        lambda: [array.dictionary_encode() for array in arrays],
        wanted="0.83",
    )


def auc_cases(size: int) -> Iterator[Row]:
    """AUC of 60 groups."""
    from sklearn.metrics import roc_auc_score

    rows = sample(size)
    codes = [rows.groups[name].cat.codes.to_numpy() for name in LEVELS]
    group = np.ravel_multi_index(tuple(codes), tuple(map(len, LEVELS.values())))

    def ours() -> Any:
        cube = cube_of(rows.y_true, y_score=rows.y_score, sensitive_features=rows.groups)
        counts = score_counts(cube, *LEVELS)
        return counts.groups, auc_from_counts(counts.positives, counts.negatives)

    def theirs() -> list[float]:
        masks = (group == i for i in range(60))
        return [roc_auc_score(rows.y_true[mask], rows.y_score[mask]) for mask in masks]

    names, area = ours()
    ordered = [
        np.ravel_multi_index([LEVELS[k].index(v) for k, v in zip(LEVELS, one, strict=True)], (2, 5, 6))
        for one in names
    ]
    assert np.all(np.abs(area.value - np.array(theirs())[ordered]) <= area.error + 1e-12)
    case = f"AUC of 60 groups, {size:,} rows (error at most {area.error.max():.1e})"
    yield side_by_side(case, "scikit-learn", ours, theirs, wanted="10")


def _peak(answer: Any, rows: Sample, groups: Any) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cube_of(rows.y_true, rows.y_pred, sensitive_features=groups)
    answer.send(1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))


def memory(size: int) -> Iterator[str]:
    """Extra memory of the pass: the rise of the peak of a process that holds the rows already."""
    rows = sample(size)
    text = rows.groups.astype(str)
    cube_of(rows.y_true[:1000], rows.y_pred[:1000], sensitive_features=text[:1000])
    forked = multiprocessing.get_context("fork")
    for kind, groups, codes in (("categorical", rows.groups, 5 * size), ("string", text, (4 * 3 + 2) * size)):
        here, there = forked.Pipe()
        child = forked.Process(target=_peak, args=(there, rows, groups))
        child.start()
        extra = here.recv()
        child.join()
        yield f"| {size:,} | {kind} | {codes / 2**20:.0f} | {extra / 2**20:.0f} | {codes / 2**20 + 64:.0f} |"


CASES: dict[str, tuple[Callable[[int], Iterator[Row]], int]] = {
    "pass": (pass_cases, 10_000_000),
    "strings": (string_cases, 10_000_000),
    "auc": (auc_cases, 1_000_000),
    "aequitas": (aequitas_cases, 1_000_000),
    "bootstrap": (bootstrap_cases, 100_000),
    "cells": (cells_cases, 1_000_000),
    "county": (county_cases, 1_000_000),
}


def shown(time_taken: float) -> str:
    """Write a time with its unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if time_taken >= size:
            return f"{time_taken / size:.3g} {unit}"
    return f"{time_taken / 1e-6:.3g} µs"


def machine() -> str:
    """Say what it ran on."""
    packages = ("numpy", "pandas", "pyarrow", "polars", "numba", "scikit-learn", "fairlearn", "aequitas")
    found = []
    for package in packages:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{package} not installed")
    cores = multiprocessing.cpu_count()
    return f"Python {platform.python_version()}, {platform.machine()}, {cores} cores; {', '.join(found)}"


def say(line: str) -> None:
    """Write a line at once: the slow cases take minutes."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run the cases asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    parser.add_argument("--only", action="append", choices=[*CASES, "memory"], help="a case; repeatable")
    given = parser.parse_args()
    # The coverage.py beside this file is not the package of that name, for which numba looks.
    sys.path[:] = [
        place for place in sys.path if Path(place or ".").resolve() != Path(__file__).resolve().parent
    ]
    wanted = given.only or ["memory", *CASES]
    say(machine() + "\n")
    if "memory" in wanted:
        say("| rows | columns | codes, MB | extra memory, MB | limit, MB |\n|---|---|---|---|---|")
        for line in memory(1_000_000 if given.quick else 10_000_000):
            say(line)
        say("")
    say("| case | Evenhand | peer | its time | times faster | wanted |\n|---|---|---|---|---|---|")
    for name, (cases, rows) in CASES.items():
        if name in wanted:
            run_case(name, cases(rows // 10 if given.quick else rows))


def run_case(name: str, rows: Iterator[Row]) -> None:
    """Print the lines of one case; a peer that is not installed is named instead."""
    try:
        for row in rows:
            ratio = f"{row.ratio:,.0f}" if row.ratio >= 10 else f"{row.ratio:.2f}"
            times = f"{shown(row.ours)} | {row.peer} | {shown(row.theirs)}"
            say(f"| {row.case} | {times} | {ratio} | {row.wanted} |")
    except ModuleNotFoundError as error:
        say(f"| {name}: {error.name} is not installed | | | | | |")


if __name__ == "__main__":
    main()
