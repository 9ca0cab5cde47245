"""Which counts of groups a page may show: none below the privacy minimum, and none that would give one away.

A withheld count is given away when the shown counts leave no doubt that it is below the minimum. So the
counts of a page are taken as linear equations over the finest cells (every combination of attributes, split
and label), all of them 0 or more, and the greatest value that each withheld count could have is worked out by
linear programming. As long as one could not reach the minimum, one more shown count is withheld.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

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
        Whether it is known whatever the page shows, as a total over all rows is.
    named : bool
        Whether it is the size of a group that the page names, so that it is 1 at least.
    secret : bool
        Whether it must be withheld, whatever its value.
    """

    value: int
    cells: frozenset[int]
    total: bool = False
    named: bool = False
    secret: bool = False


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
        Keys of the counts that may be shown. None is below the minimum, and as far as they tell, each count
        withheld for being below it could also be at the minimum or above.

    Examples
    --------
    Of three groups one is small; its complement in the total must go too.

    >>> counts = {"all": Count(120, frozenset({0, 1, 2}), total=True), "a": Count(80, frozenset({0})),
    ...           "b": Count(37, frozenset({1})), "c": Count(3, frozenset({2}))}
    >>> sorted(shown_counts(counts, 10))
    ['a', 'all']
    """
    width = 1 + max((cell for count in counts.values() for cell in count.cells), default=0)
    small = {key for key, it in counts.items() if (it.value < minimum and not it.total) or it.secret}
    shown = [key for key in counts if key not in small]
    secrets = _matrix([counts[key] for key in counts if key in small], width)
    while small and any(not counts[key].total for key in shown):
        known = [counts[key] for key in shown]
        named = _matrix([it for key, it in counts.items() if it.named and key not in shown], width)
        victims = _linear_givers(known, secrets, width) or _bounding_givers(known, secrets, named, minimum)
        if not victims:
            break
        shown = [key for at, key in enumerate(shown) if at not in victims]
    return frozenset(shown)


def _matrix(counts: list[Count], width: int) -> NDArray[np.float64]:
    matrix = np.zeros((len(counts), width))
    for row, count in zip(matrix, counts, strict=True):
        row[list(count.cells)] = 1.0
    return matrix


def _smallest(places: NDArray[np.intp], known: list[Count]) -> set[int]:
    """Name the smallest of the shown counts at these places that is not a total."""
    opened = [int(place) for place in places if not known[place].total]
    return {min(opened, key=lambda place: (known[place].value, place))} if opened else set()


def _linear_givers(known: list[Count], secrets: NDArray[np.float64], width: int) -> set[int]:
    """For secrets that are sums and differences of shown counts, name a shown count that takes part in each.

    A quick first pass: whatever it finds, the bounds would find too.
    """
    system = _matrix(known, width)
    solution = np.linalg.lstsq(system.T, secrets.T, rcond=1e-10)[0]
    left = np.abs(system.T @ solution - secrets.T).max(axis=0, initial=0.0)
    victims: set[int] = set()
    for at in np.flatnonzero(left < 1e-7):
        parts = np.flatnonzero(np.abs(solution[:, at]) > 1e-9)
        if not victims & set(parts.tolist()):
            victims |= _smallest(parts, known)
    return victims


def _bounding_givers(
    known: list[Count], secrets: NDArray[np.float64], named: NDArray[np.float64], minimum: int
) -> set[int]:
    """For the first secret that cannot reach the minimum, name the smallest count that holds it down."""
    system = sparse.csr_matrix(_matrix(known, secrets.shape[1]))
    values = [count.value for count in known]
    somebody = {"A_ub": sparse.csr_matrix(-named), "b_ub": -np.ones(len(named))} if len(named) else {}
    cleared = np.zeros(len(secrets), dtype=bool)
    for at, secret in enumerate(secrets):
        if cleared[at]:
            continue
        found = optimize.linprog(
            -secret, A_eq=system, b_eq=values, bounds=(0, None), method="highs", **somebody
        )
        if found.x is None:  # unbounded: nothing shown holds this secret down
            continue
        cleared |= secrets @ found.x >= minimum - 1e-6
        if not cleared[at]:
            holding = np.flatnonzero(np.abs(found.eqlin.marginals) > 1e-9)
            if victims := _smallest(holding, known):
                return victims
    return set()
