"""A hostile statistician: unknown counts of people, what is published of them, and what follows.

Every published figure becomes a linear condition on whole numbers of people; the least and the greatest value
that a withheld count can then have are found by integer programming. If they are equal, it has leaked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

Floats = NDArray[np.float64]
Cell = dict[str, object]


class Attacker:
    """Holds the finest cells as unknown whole numbers, and learns what is published."""

    def __init__(self, cells: Iterable[Mapping[str, object]]) -> None:
        self.cells = [dict(cell) for cell in cells]
        self.rows: list[Floats] = []
        self.lows: list[float] = []
        self.highs: list[float] = []

    def where(self, wanted: Callable[[Cell], bool] | None = None, **levels: object) -> Floats:
        """Mark the cells with some levels, and that meet a condition."""
        return np.array(
            [
                float(
                    all(cell[key] == level for key, level in levels.items()) and (not wanted or wanted(cell))
                )
                for cell in self.cells
            ]
        )

    def learn(self, row: Floats, low: float, high: float | None = None) -> None:
        """Take in that a sum of counts lies between two numbers, or is one number."""
        self.rows.append(row)
        self.lows.append(low)
        self.highs.append(low if high is None else high)

    def rate(self, over: Floats, under: Floats, value: float, half: float = 1e-9) -> None:
        """Take in a rate that is printed to within half a digit."""
        self.learn(over - (value - half) * under, 0.0, np.inf)
        self.learn(over - (value + half) * under, -np.inf, 0.0)

    def ends(self, wanted: Floats) -> tuple[float, float]:
        """Give the least and the greatest value that a count can have."""
        matrix = sparse.csr_matrix(np.array(self.rows))
        conditions = optimize.LinearConstraint(matrix, self.lows, self.highs)
        found = []
        for sign in (1, -1):
            made = optimize.milp(
                sign * wanted, constraints=conditions, integrality=np.ones(len(wanted)),
                options={"mip_rel_gap": 0.0},
            )  # fmt: skip
            if made.status == 3:
                found.append(-math.inf)
                continue
            assert made.x is not None, f"what is published contradicts itself: {made.message}"
            found.append(float(np.round(made.x) @ wanted))
        return (sign_free(found[0]), sign_free(found[1]) if math.isfinite(found[1]) else math.inf)

    def pins(self, wanted: Floats) -> bool:
        """Tell whether a count can have one value only."""
        low, high = self.ends(wanted)
        return low == high


def sign_free(value: float) -> float:
    return value + 0.0


def crossing(**levels: Sequence[object]) -> list[Cell]:
    """Give every combination of levels as a cell."""
    return [dict(zip(levels, combination, strict=True)) for combination in product(*levels.values())]
