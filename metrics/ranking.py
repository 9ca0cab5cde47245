"""Rankings by group: who is at the top, who is seen, and how far every prefix departs from everybody.

Rows are ranked by score, the highest first. Rows of equal score share the places that they take: of two
rows tied for the last place each has half of it. So nothing depends on the order in which rows came.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import rel_entr

from ..errors import InputError
from .cube import SCORE, Cube
from .label_distances import js_divergence
from .rates import ROWS, divide
from .results import Group
from .row_groups import grouped_rows

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ladder:
    """How many rows of each group stand on each rung, the highest score first.

    Parameters
    ----------
    attributes : tuple of str
    groups : tuple of tuple, length G
    counts : ndarray of float, shape (G, rungs)
        Every rung has rows; rows of one rung are tied.
    """

    attributes: tuple[str, ...]
    groups: tuple[Group, ...]
    counts: Floats

    @property
    def sizes(self) -> Floats:
        """Rows of each group, shape (G,)."""
        return np.asarray(self.counts.sum(axis=-1))

    @property
    def rows(self) -> int:
        """All rows."""
        return int(self.counts.sum())


def ladder_of(y_score: Any, *, sensitive_features: Any) -> Ladder:
    """Rank rows by score, the highest first.

    Parameters
    ----------
    y_score : array-like of shape (rows,)
        Finite numbers.
    sensitive_features : series, frame, mapping, array or list
        As in `evenhand.metrics.row_groups.grouped_rows`, which also says what is raised.

    Examples
    --------
    >>> ladder = ladder_of([3, 1, 1, 2], sensitive_features=["F", "F", "M", "M"])
    >>> ladder.counts.tolist()
    [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]
    """
    rows = grouped_rows(sensitive_features, {SCORE: y_score})
    _, rung = np.unique(-rows.columns[SCORE], return_inverse=True)
    counts = np.zeros((len(rows.groups), int(rung.max()) + 1))
    np.add.at(counts, (np.repeat(np.arange(len(rows.groups)), np.diff(rows.starts)), rung), 1.0)
    return Ladder(rows.attributes, rows.groups, counts)


def cube_ladder(cube: Cube, *attributes: str) -> Ladder:
    """Rank the rows of a cube by its score axis; weights are not looked at.

    Exact on a grid of distinct scores; on a fixed grid the scores of one bin are taken as tied.

    Raises
    ------
    InputError
        No such axis.

    Examples
    --------
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of(y_score=[0.9, 0.1, 0.4], sensitive_features={"sex": ["F", "M", "M"]})
    >>> cube_ladder(cube, "sex").counts.tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]
    """
    kept = cube.keep(*attributes, SCORE)
    used, rung = np.unique(-kept.codes[:, -1].astype(np.int64), return_inverse=True)
    keys, group = np.unique(kept.codes[:, :-1], axis=0, return_inverse=True)
    counts = np.zeros((len(keys), len(used)))
    counts[group.reshape(-1), rung] = kept.measures[:, ROWS]
    axes = kept.axes[:-1]
    groups = tuple(tuple(axis.levels[c] for axis, c in zip(axes, key, strict=True)) for key in keys)
    return Ladder(attributes, groups, counts)


def discount(rows: int, k: int, stop: float | None = None) -> Floats:
    """Attention that the first places get, added up: entry ``i`` is that of the first ``i`` places.

    Parameters
    ----------
    rows : int
    k : int
        Nothing beyond this place is seen.
    stop : float, optional
        Chance in (0, 1) that a reader stops at a place, which makes attention geometric (Sapiezynski et al.
        2019); ``1 / log2(1 + place)`` without it (Järvelin & Kekäläinen 2002).

    Returns
    -------
    ndarray of shape (rows + 1,)

    Raises
    ------
    InputError
        A chance outside (0, 1), or a k outside 1 to the number of rows.

    Examples
    --------
    >>> discount(3, 2).round(4).tolist()
    [0.0, 1.0, 1.6309, 1.6309]
    """
    _refuse_k(k, rows)
    if stop is not None and not 0 < stop < 1:
        raise InputError.of("stop", "stop", f"a chance in (0, 1) is wanted, got {stop}; write 0.5")
    place = np.arange(1, rows + 1)
    weight = 1 / np.log2(1 + place) if stop is None else stop * (1 - stop) ** (place - 1.0)
    return np.concatenate([[0.0], np.cumsum(np.where(place <= k, weight, 0.0))])


def _refuse_k(k: int, rows: int) -> None:
    if not 1 <= k <= rows:
        raise InputError.of("k", "k", f"a place from 1 to the number of rows, {rows:,}, is wanted, got {k}")


def shared_attention(counts: Floats, cumulative: Floats) -> Floats:
    """Attention that each group gets in all; rows of one rung share that of their places.

    Parameters
    ----------
    counts : ndarray of shape (..., G, rungs)
    cumulative : ndarray of shape (rows + 1,)
        Of `discount`, or ``min(i, k)`` for the number of places at the top.

    Returns
    -------
    ndarray of shape (..., G)

    Examples
    --------
    >>> shared_attention(np.array([[1.0, 1.0], [0.0, 2.0]]), np.minimum(np.arange(5), 2)).round(3).tolist()
    [1.333, 0.667]
    """
    sizes = counts.sum(axis=-2)
    ends = np.cumsum(sizes, axis=-1).astype(np.intp)
    block = cumulative[ends] - cumulative[ends - sizes.astype(np.intp)]
    return np.asarray(
        (counts * divide(block, sizes)[..., None, :]).sum(axis=-1, where=sizes[..., None, :] > 0)
    )


def top_k(counts: Floats, k: int) -> Floats:
    """Rows of each group among the first k, shape (..., G); ties for the last place count in part."""
    rows = int(counts.sum(axis=(-2, -1)).max())
    return shared_attention(counts, np.minimum(np.arange(rows + 1), k).astype(float))


def skew(counts: Floats, k: int) -> Floats:
    """Skew@k of each group: ``ln(share among the first k / share of all)``; 0 is fair (Geyik et al. 2019).

    ``-inf`` where nobody of the group is among the first k.

    Examples
    --------
    >>> skew(np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]), 1).round(4).tolist()
    [0.6931, -inf]
    """
    top = top_k(counts, k)
    shares = divide(top, top.sum(axis=-1, keepdims=True))
    sizes = counts.sum(axis=-1)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(divide(shares, divide(sizes, sizes.sum(axis=-1, keepdims=True)))))


def ndkl(counts: Floats, k: int) -> float:
    """Normalised discounted cumulative Kullback-Leibler divergence of one ranking; 0 is fair.

    ``sum over places i up to k of KL(shares among the first i || shares of all) / log2(i + 1)``, divided by
    the sum of the discounts (Geyik et al. 2019). Within a rung the shares move evenly from end to end.

    Examples
    --------
    >>> round(ndkl(np.array([[1.0, 0.0], [0.0, 1.0]]), 2), 4)
    0.425
    """
    alive = counts[counts.sum(axis=-1) > 0]
    rows = int(alive.sum())
    _refuse_k(k, rows)
    ends = np.concatenate([[0.0], np.cumsum(alive.sum(axis=0))])
    place = np.arange(1, k + 1)
    totals = [np.interp(place, ends, np.concatenate([[0.0], np.cumsum(row)])) for row in alive]
    shares = np.stack(totals) / place
    base = alive.sum(axis=-1, keepdims=True) / rows
    weight = 1 / np.log2(1 + place)
    return float(rel_entr(shares, base).sum(axis=0) @ weight / weight.sum())


def rank_fairness(counts: Floats, k: int, stop: float | None = None) -> Floats:
    """Attention-weighted rank fairness: 1 minus the distance of attention from the shares of rows; 1 is fair.

    The distance between the groups' shares of attention (Sapiezynski et al. 2019) and of rows is the
    Jensen-Shannon divergence to base 2, as in the TREC Fair Ranking tracks; in [0, 1].

    Parameters
    ----------
    counts : ndarray of shape (..., G, rungs)
    k, stop
        As in `discount`.

    Examples
    --------
    >>> float(rank_fairness(np.array([[1.0, 0.0], [0.0, 1.0]]), 2).round(4))
    0.9906
    """
    rows = int(counts.sum(axis=(-2, -1)).max())
    seen = shared_attention(counts, discount(rows, k, stop))
    sizes = counts.sum(axis=-1)
    distance = js_divergence(
        divide(seen, seen.sum(axis=-1, keepdims=True)), divide(sizes, sizes.sum(axis=-1, keepdims=True))
    )
    return np.asarray(1 - distance / np.log(2))
