"""Deletion and insertion curves: whether the columns that an explanation names really hold the output up.

Each row's columns are replaced, the most important first, by the values of another row, and the output falls
back to what is usual. If an explanation is right, it falls sooner than in a random order. Insertion goes the
other way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputError, Problem
from ...metrics.results import Estimate
from .asking import Scorer, scorer_of
from .averages import mean_estimate
from .pairing import Floats, Ints
from .rowwise import row_contributions


@dataclass(frozen=True)
class Curves:
    """How the output falls and rises as columns are replaced, in the explanation's order and in random order.

    Curves start at 0 columns replaced and are in units of the output: how far it is, on average, from the
    output of the rows that values are taken from, in each row's own direction.

    Parameters
    ----------
    deletion, random_deletion, insertion, random_insertion : tuple of float
        One value for each number of columns replaced, from none to all.
    deletion_gain, insertion_gain : Estimate
        Area between the random curve and the explanation's, as a share of the mean fall; above 0 where the
        explanation is better than chance. About 0.5 at most.
    rows, seed : int
    """

    deletion: tuple[float, ...]
    random_deletion: tuple[float, ...]
    insertion: tuple[float, ...]
    random_insertion: tuple[float, ...]
    deletion_gain: Estimate
    insertion_gain: Estimate
    rows: int
    seed: int


def deletion_insertion(
    predict: Callable[[Any], Any] | Scorer,
    X: pd.DataFrame,
    contributions: Any = None,
    *,
    rows: Any = None,
    max_rows: int = 150,
    draws: int = 4,
    walks: int = 16,
    level: float = 0.95,
    seed: int = 0,
) -> Curves:
    """Replace columns in the order of an explanation, and in random order, and compare what the output does.

    Parameters
    ----------
    predict : callable or Scorer
        A frame like ``X`` to one number a row.
    X : pandas.DataFrame of shape (rows, columns)
        Rows, and the background that values are taken from.
    contributions : array of float, shape (len(rows), columns), optional
        The explanation of each row, in the order of the columns; None: Shapley values by walks.
    rows : array of int, optional
        Positions of the rows explained; None draws ``max_rows``.
    max_rows, draws, walks : int
        Rows drawn, background rows for each, and walks for each row where contributions are made here.
    level : float in (0, 1)
    seed : int

    Returns
    -------
    Curves

    Raises
    ------
    InputError
        Contributions have another shape, or come without their rows.
    ModelError
        The function fails its contract.

    Notes
    -----
    Petsiuk, Das and Saenko (2018) for pictures; values of other rows stand for a blurred picture here.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "c"])
    >>> found = deletion_insertion(lambda rows: 3 * rows["a"] + rows["b"], X)
    >>> found.deletion_gain.interval.low > 0, found.insertion_gain.interval.low > 0
    (True, True)
    """
    scorer = scorer_of(predict, X)
    rng = np.random.default_rng(seed)
    chosen, given = _given(scorer, contributions, rows, max_rows, rng)
    if given is None:
        given = row_contributions(scorer, chosen, np.arange(len(X)), walks=walks, rng=rng)
    # Values are taken from other draws of rows than those the explanation was made with.
    each = np.repeat(chosen, draws)
    donors = rng.integers(len(X), size=len(each))
    start, end = scorer.known[each], scorer.known[donors]
    sign = np.where(start >= end, 1.0, -1.0)
    toward = np.repeat(given, draws, axis=0) * sign[:, None]
    ordered = np.lexsort((rng.random(toward.shape), -toward), axis=1)  # ties fall at random
    chance = np.argsort(rng.random(toward.shape), axis=1)
    fall = float(np.abs(start - end).mean())
    curves = {
        (name, kind): sign[:, None] * (_path(scorer, one, other, order) - end[:, None])
        for name, one, other in (("deletion", each, donors), ("insertion", donors, each))
        for kind, order in (("own", ordered), ("random", chance))
    }
    gains = {
        name: _gain(curves[name, "own"], curves[name, "random"], fall, draws, level)
        for name in ("deletion", "insertion")
    }
    mean = {key: tuple(float(value) for value in curve.mean(axis=0)) for key, curve in curves.items()}
    return Curves(
        mean["deletion", "own"],
        mean["deletion", "random"],
        mean["insertion", "own"],
        mean["insertion", "random"],
        _turned(gains["deletion"]),
        gains["insertion"],
        len(chosen),
        seed,
    )


def _given(
    scorer: Scorer, contributions: Any, rows: Any, max_rows: int, rng: np.random.Generator
) -> tuple[Ints, Floats | None]:
    count = len(scorer.X)
    if contributions is None:
        if rows is not None:
            return np.asarray(rows, dtype=np.int64), None
        return np.sort(rng.choice(count, min(count, max_rows), replace=False)), None
    values = np.asarray(contributions, dtype=np.float64)
    chosen = np.arange(count) if rows is None else np.asarray(rows, dtype=np.int64)
    if values.shape != (len(chosen), len(scorer.columns)):
        said = (
            f"one number for each of {len(chosen):,} rows and {len(scorer.columns)} columns is needed,"
            f" got shape {values.shape}; name the rows that were explained"
        )
        raise InputError([Problem("shape", "contributions", said)])
    return chosen, values


def _path(scorer: Scorer, start: Ints, end: Ints, order: Ints) -> Floats:
    """Ask for each row with none, one, two ... of its columns replaced, in its order."""
    count, columns = order.shape
    place = np.argsort(order, axis=1)
    replaced = place[:, None, :] < np.arange(columns + 1)[None, :, None]
    picks = np.where(replaced, end[:, None, None], start[:, None, None])
    return scorer.ask(picks.reshape(-1, columns)).reshape(count, columns + 1)


def _gain(own: Floats, chance: Floats, fall: float, draws: int, level: float) -> Estimate:
    area = (own - chance).mean(axis=1).reshape(-1, draws).mean(axis=1)
    scaled = area / fall if fall > 0 else area * 0.0
    return mean_estimate(scaled, np.ones(len(scaled)), level)


def _turned(item: Estimate) -> Estimate:
    """Count a curve that lies lower as a gain."""
    span = item.interval
    turned = None if span is None else type(span)(-span.high, -span.low, span.level, span.method)
    return Estimate(-item.value, turned, rows=item.rows, effective=item.effective, reason=item.reason)
