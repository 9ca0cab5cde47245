"""A hostile statistician: unknown counts of people, what is published of them, and what follows.

Every published figure becomes a linear condition on whole numbers of people. The least and the greatest value
that a withheld count can then have are found by integer programming; where they are equal, it has leaked.
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
        self.learn(np.zeros(len(self.cells)), 0)

    def where(self, wanted: Callable[[Cell], bool] | None = None, **levels: object) -> Floats:
        """Mark the cells with some levels, and that meet a condition."""
        found = (
            all(cell[key] == level for key, level in levels.items()) and (wanted is None or wanted(cell))
            for cell in self.cells
        )
        return np.array([float(one) for one in found])

    def learn(self, row: Floats, low: float, high: float | None = None) -> None:
        """Take in that a sum of counts lies between two numbers, or is one number."""
        self.rows.append(row)
        self.lows.append(low)
        self.highs.append(low if high is None else high)

    def names(self, row: Floats) -> None:
        """Take in that somebody is there, as a page names the group."""
        self.learn(row, 1, math.inf)

    def rate(self, over: Floats, under: Floats, value: float, half: float) -> None:
        """Take in a rate that is printed to within half a digit."""
        self.learn(over - (value - half) * under, 0.0, math.inf)
        self.learn(over - (value + half) * under, -math.inf, 0.0)

    def solved(self, goal: Floats) -> Floats | None:
        """Give counts that agree with all that is known and make a sum as small as can be; None: no end."""
        conditions = optimize.LinearConstraint(sparse.csr_matrix(np.array(self.rows)), self.lows, self.highs)
        found = optimize.milp(goal, constraints=conditions, integrality=np.ones(len(goal)))
        if found.status == 3:
            return None
        assert found.x is not None, f"what is published contradicts itself: {found.message}"
        return np.round(found.x)

    def pinned(self, wanted: Mapping[str, Floats]) -> list[str]:
        """Name the counts that can have one value only."""
        seen: dict[str, set[float]] = {name: set() for name in wanted}

        def see(counts: Floats | None, name: str) -> None:
            if counts is None:
                seen[name] |= {0.0, math.inf}
                return
            for other, row in wanted.items():
                seen[other].add(float(counts @ row))

        for name, row in wanted.items():
            for sign in (1.0, -1.0):
                if len(seen[name]) < 2:
                    see(self.solved(sign * row), name)
        return [name for name, values in seen.items() if len(values) == 1]


def crossing(**levels: Sequence[object]) -> list[Cell]:
    """Give every combination of levels as a cell."""
    return [dict(zip(levels, combination, strict=True)) for combination in product(*levels.values())]
