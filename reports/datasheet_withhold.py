"""Which counts of groups a page may show: none below the privacy minimum, and none that would give one away.

A count is given away when it is a sum and difference of counts that are shown. So the counts on a page are
taken as a system of linear equations over the finest cells (every combination of attributes, split and
label), and as long as a withheld count lies in the span of the shown ones, one more of these is withheld.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Key = Hashable


@dataclass(frozen=True)
class Count:
    """One count that a page would show: its value, and the finest cells that it is the sum of.

    Parameters
    ----------
    value : int
    cells : frozenset of int
        Places of the finest cells, from 0.
    total : bool
        Whether it is a total over all rows, which is always shown.
    """

    value: int
    cells: frozenset[int]
    total: bool = False


def shown_counts(counts: Mapping[Key, Count], minimum: int) -> frozenset[Key]:
    """Choose the counts that a page may show.

    Parameters
    ----------
    counts : mapping of key to Count
        Everything that the page would show, totals included.
    minimum : int
        Counts below it are withheld, totals apart.

    Returns
    -------
    frozenset
        Keys of the counts that may be shown: none is below the minimum, and none of those withheld for
        that reason is a linear combination of them.

    Examples
    --------
    Of three groups one is small; its complement in the total must go too.

    >>> counts = {"all": Count(120, frozenset({0, 1, 2}), total=True), "a": Count(80, frozenset({0})),
    ...           "b": Count(37, frozenset({1})), "c": Count(3, frozenset({2}))}
    >>> sorted(shown_counts(counts, 10))
    ['a', 'all']
    """
    width = 1 + max((cell for count in counts.values() for cell in count.cells), default=0)
    small = [key for key, count in counts.items() if count.value < minimum and not count.total]
    shown = [key for key in counts if key not in set(small)]
    secrets = _matrix([counts[key] for key in small], width)
    while shown and small:
        system = _matrix([counts[key] for key in shown], width)
        victims = _givers(system, secrets, [counts[key] for key in shown])
        if not victims:
            break
        shown = [key for at, key in enumerate(shown) if at not in victims]
    return frozenset(shown)


def _matrix(counts: list[Count], width: int) -> NDArray[np.float64]:
    matrix = np.zeros((len(counts), width))
    for row, count in zip(matrix, counts, strict=True):
        row[list(count.cells)] = 1.0
    return matrix


def _givers(system: NDArray[np.float64], secrets: NDArray[np.float64], shown: list[Count]) -> frozenset[int]:
    """Name, for the first secret that the system gives away, the smallest shown count that takes part."""
    solution = np.linalg.lstsq(system.T, secrets.T, rcond=1e-10)[0]
    left = np.abs(system.T @ solution - secrets.T).max(axis=0, initial=0.0)
    victims = set()
    for at in np.flatnonzero(left < 1e-7):
        parts = np.flatnonzero(np.abs(solution[:, at]) > 1e-9)
        if not victims & set(parts.tolist()):
            open_ = [int(part) for part in parts if not shown[part].total]
            victims |= {min(open_, key=lambda part: (shown[part].value, part))} if open_ else set()
    return frozenset(victims)
