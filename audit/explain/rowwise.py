"""Contributions of columns to single rows' outputs, by random walks, for checks that need many rows."""

from __future__ import annotations

import numpy as np

from .asking import Scorer
from .pairing import Floats, Ints
from .walks import Walker, random_ranks


def row_contributions(
    scorer: Scorer, rows: Ints, background: Ints, *, walks: int, rng: np.random.Generator
) -> Floats:
    """Estimate the Shapley contributions of every column to each row's output.

    Parameters
    ----------
    scorer : Scorer
    rows, background : ndarray of int
        Positions in the scorer's table; each of ``background`` is met equally often.
    walks : int
        Walks for each row, in pairs of opposite orders; at least 2.
    rng : Generator

    Returns
    -------
    ndarray of float, shape (rows, columns)
        Each row sums to its output less the mean output of the background rows it met.

    Examples
    --------
    >>> import pandas as pd
    >>> from evenhand.audit.explain.asking import scorer_of
    >>> X = pd.DataFrame({"a": [0.0, 1.0], "b": [0.0, 0.0]})
    >>> scorer = scorer_of(lambda rows: 2 * rows["a"], X)
    >>> rng = np.random.default_rng(0)
    >>> row_contributions(scorer, np.array([1]), np.array([0]), walks=4, rng=rng).tolist()
    [[2.0, 0.0]]
    """
    pairs, columns = max(1, walks // 2), len(scorer.columns)
    each = np.repeat(np.asarray(rows, dtype=np.int64), pairs)
    # Each background row is used equally often, so that two groups meet the same background.
    met = rng.permutation(np.resize(np.asarray(background, dtype=np.int64), len(each)))
    ranks = random_ranks(len(each), columns, rng)
    walker = Walker(scorer.table, scorer.predict, scorer.known)
    forth, _ = walker.walk(each, met, ranks)
    back, _ = walker.walk(each, met, (columns - 1 - ranks).astype(ranks.dtype))
    mean: Floats = ((forth[0] + back[0]) / 2).reshape(len(rows), pairs, columns).mean(axis=1)
    return mean
