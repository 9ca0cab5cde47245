"""Whether an explanation of a gap stays the same with other random draws and other background rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from ...errors import InputError, Problem
from .asking import Scorer, scorer_of
from .pairing import Floats, Ints
from .rowwise import row_contributions


@dataclass(frozen=True, eq=False)
class Stability:
    """The bars of a gap, explained again and again.

    Parameters
    ----------
    columns : tuple of str
    by_seed, by_background : ndarray of float, shape (runs, columns)
        Bars with the same background and other draws; and with other background rows.
    largest : float
        Size of the largest mean bar.
    """

    columns: tuple[str, ...]
    by_seed: Floats
    by_background: Floats
    largest: float

    @staticmethod
    def change(bars: Floats) -> float:
        """Give the largest change of any bar between two runs, in units of the output."""
        return float(np.ptp(bars, axis=0).max())

    @staticmethod
    def agreement(bars: Floats) -> float:
        """Give the lowest rank correlation (Spearman) of the bars of two runs; 1 where bars do not vary."""
        ranks = np.apply_along_axis(rankdata, 1, bars)
        found = [
            float(np.corrcoef(ranks[one], ranks[two])[0, 1])
            for one, two in combinations(range(len(ranks)), 2)
            if np.ptp(ranks[one]) > 0 and np.ptp(ranks[two]) > 0
        ]
        return min(*found, 1.0) if found else 1.0


def explanation_stability(
    predict: Callable[[Any], Any] | Scorer,
    X: pd.DataFrame,
    *,
    group_rows: Any,
    reference_rows: Any,
    runs: int = 3,
    max_rows: int = 250,
    background: int = 300,
    walks: int = 8,
    seed: int = 0,
) -> Stability:
    """Explain one gap several times, with other draws and with other background rows.

    Parameters
    ----------
    predict : callable or Scorer
        A frame like ``X`` to one number a row.
    X : pandas.DataFrame of shape (rows, columns)
    group_rows, reference_rows : array of bool, shape (rows,)
        The two groups; both are compared with a common background.
    runs : int
        Explanations of each kind, at least 2.
    max_rows, background, walks : int
        Rows of each group, background rows, and walks for each row; the same rows in every run.
    seed : int

    Returns
    -------
    Stability

    Raises
    ------
    InputError
        A group has no rows, or fewer than two runs are asked for.
    ModelError
        The function fails its contract.

    Examples
    --------
    >>> X = pd.DataFrame({"a": [0.0, 1.0] * 50, "b": np.arange(100.0)})
    >>> found = explanation_stability(
    ...     lambda rows: rows["a"], X, group_rows=X["a"] == 1, reference_rows=X["a"] == 0
    ... )
    >>> round(found.agreement(found.by_seed), 6), round(found.change(found.by_seed), 6)
    (1.0, 0.0)
    """
    scorer = scorer_of(predict, X)
    sides = [np.flatnonzero(np.asarray(side, dtype=bool)) for side in (group_rows, reference_rows)]
    problems = [
        Problem("empty_group", name, "the group needs at least one row, got 0")
        for name, side in zip(("group_rows", "reference_rows"), sides, strict=True)
        if not len(side)
    ]
    if runs < 2:
        problems.append(Problem("runs", "runs", f"at least 2 are needed to compare, got {runs}"))
    if problems:
        raise InputError(problems)
    rng = np.random.default_rng(seed)
    kept = [side if len(side) <= max_rows else rng.choice(side, max_rows, replace=False) for side in sides]
    size = min(background, max(1, len(X) // 2))
    first = rng.choice(len(X), size, replace=False)
    others = [first, *(rng.choice(len(X), size, replace=False) for _ in range(runs - 1))]
    by_seed = np.stack([_bars(scorer, kept, first, walks, (seed, 1, run)) for run in range(runs)])
    by_background = np.stack([_bars(scorer, kept, rows, walks, (seed, 2, 0)) for rows in others])
    largest = float(np.abs(np.concatenate([by_seed, by_background]).mean(axis=0)).max())
    return Stability(scorer.columns, by_seed, by_background, largest)


def _bars(
    scorer: Scorer, sides: list[Ints], background: Ints, walks: int, seeds: tuple[int, int, int]
) -> Floats:
    rng = np.random.default_rng(seeds)
    one, other = (row_contributions(scorer, rows, background, walks=walks, rng=rng) for rows in sides)
    bars: Floats = one.mean(axis=0) - other.mean(axis=0)
    return bars
