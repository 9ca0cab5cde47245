"""Cost over rows: writes docs/speed.md and its picture docs/speed.svg.

    python benchmarks/metrics.py > peers.md
    python benchmarks/scaling.py --peers peers.md --out docs

The pass is timed from 10,000 rows to 100,000,000. Rows beyond ten million come in batches whose cubes are
added up, and the adding is part of the time; drawing the rows is not. The bootstrap is that of 8 metrics in
60 groups, 1,000 replicates, from the cube.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from evenhand.metrics.cube import Cube
from evenhand.metrics.tally import cube_of
from metrics import Sample, bootstrap_audit, sample, say, seconds, shown

BATCH = 10_000_000
SERIES = ("pass, categorical columns", "pass, string columns", "bootstrap, 1,000 replicates")
PAGE = """# Speed

Rows are read once into a cube of counts; everything after that works on the cube. So the cost of the
pass grows with rows, and the cost of the rest with groups. The figures are of one machine; run
`benchmarks/metrics.py` and `benchmarks/scaling.py` to have your own.

{machine}

## Over rows

Labels and decisions by sex x race x age: 60 groups, 240 cells. Medians; one core.

{table}

![Time over rows: the pass grows in line with rows, the bootstrap stays flat](speed.svg)

## Beside other libraries

Both sides compute the same figures from the same rows in one process, in turn. "Wanted" is the least
ratio that this project accepts: the pass may take twice the time of a compiled loop over ready codes
(a ratio of 0.5), and from plain strings 1.2 times that of pyarrow's encoding alone (0.83).

"String columns" are what pandas gives text today. "Object columns" hold a Python string of its own in each
row, the slowest form there is: every one is looked up in memory, on both sides, and the lead is smaller
there. In "shared object columns" equal strings are one object, as pandas read text files up to its version 2.

{peers}
"""


@dataclass(frozen=True)
class Point:
    """What one number of rows takes, in seconds."""

    rows: int
    categorical: float
    string: float
    bootstrap: float


def passed(batch: Sample, groups: Any, cube: Cube | None) -> tuple[Cube, float]:
    """Count a batch and add it to the cube so far; gives the cube and the median time."""
    times = []
    for _ in range(3 if len(batch.y_true) >= BATCH else 9):
        start = time.perf_counter()
        found = cube_of(batch.y_true, batch.y_pred, sensitive_features=groups)
        found = found if cube is None else cube + found
        times.append(time.perf_counter() - start)
    return found, statistics.median(times)


def measure(rows: int) -> Point:
    """Time the pass from both kinds of columns, in batches, and the bootstrap of the whole."""
    cubes: list[Cube | None] = [None, None]
    total = [0.0, 0.0]
    for start in range(0, rows, BATCH):
        batch = sample(min(BATCH, rows - start), small=True, seed=20 + start // BATCH)
        for i, groups in enumerate((batch.groups, batch.groups.astype(str))):
            cubes[i], taken = passed(batch, groups, cubes[i])
            total[i] += taken
    cube = cubes[0]
    if cube is None or cube.rows != rows:
        raise SystemExit(f"{rows} rows were drawn, the cube holds others")
    bootstrap = statistics.median(seconds(lambda: bootstrap_audit(cube)) for _ in range(5))
    return Point(rows, total[0], total[1], bootstrap)


def table(points: list[Point]) -> str:
    """Write the points as Markdown."""
    lines = ["| rows | pass, categorical columns | ns a row | pass, string columns | bootstrap |"]
    lines.append("|---|---|---|---|---|")
    for point in points:
        each = f"{1e9 * point.categorical / point.rows:.1f}"
        times = (shown(point.categorical), each, shown(point.string), shown(point.bootstrap))
        lines.append(f"| {point.rows:,} | {' | '.join(times)} |")
    return "\n".join(lines)


def picture(points: list[Point], path: Path) -> None:
    """Draw time over rows, both on logarithmic scales."""
    parts: list[Callable[[Point], float]] = [
        lambda p: p.categorical,
        lambda p: p.string,
        lambda p: p.bootstrap,
    ]
    data = pd.DataFrame(
        [(p.rows, part(p), name) for p in points for part, name in zip(parts, SERIES, strict=True)],
        columns=["rows", "seconds", "what"],
    )
    ticks = {"values": [10.0**k for k in range(-4, 9)], "labelExpr": "format(datum.value, '~s')"}
    chart = (
        alt.Chart(data, width=520, height=280)
        .mark_line(point=True)
        .encode(
            x=alt.X("rows:Q", title="rows", axis=alt.Axis(**ticks)).scale(type="log"),
            y=alt.Y("seconds:Q", title="seconds", axis=alt.Axis(**ticks)).scale(type="log"),
            color=alt.Color("what:N", title=None, sort=list(SERIES)).legend(orient="top"),
            shape=alt.Shape("what:N", title=None, sort=list(SERIES)).legend(orient="top"),
        )
        .configure(background="#ffffff")
    )
    chart.save(str(path))


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="up to a million rows")
    parser.add_argument("--peers", type=Path, required=True, help="what benchmarks/metrics.py printed")
    parser.add_argument("--out", type=Path, required=True, help="a folder")
    given = parser.parse_args()
    here, peers = given.peers.read_text(encoding="utf-8").split("\n", 1)
    measure(10_000)
    points = [measure(10**k) for k in range(4, 7 if given.quick else 9)]
    given.out.mkdir(parents=True, exist_ok=True)
    page = PAGE.format(machine=here, table=table(points), peers=peers.strip())
    (given.out / "speed.md").write_text(page, encoding="utf-8")
    picture(points, given.out / "speed.svg")
    say(table(points))


if __name__ == "__main__":
    main()
