"""A gap explained within the levels of a control column, and put together again: like compared with like."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .explained import Explained, explained_from
from .pairing import Floats


def pooled(parts: Sequence[Explained], weights: Floats, level: float) -> Explained:
    """Put explanations of one gap in several strata together, by weight.

    Parameters
    ----------
    parts : sequence of Explained
        One for each stratum, with the same players.
    weights : ndarray of float, shape (strata,)
        They sum to 1; Mantel and Haenszel's are ``n m / (n + m)`` for a stratum with n rows of the group and
        m of the reference.
    level : float
        Of the intervals.

    Returns
    -------
    Explained
        Its ``measured`` is the weighted gap. Strata hold other rows, so variances add; the weights are taken
        as given.

    Examples
    --------
    >>> from evenhand.audit.explain.gap import explain_gap
    >>> import pandas as pd
    >>> X = pd.DataFrame({"pay": [1.0, 2.0, 3.0, 5.0]})
    >>> one = explain_gap(lambda rows: rows["pay"], X, group_rows=[0, 1], reference_rows=[2, 3])
    >>> two = explain_gap(lambda rows: rows["pay"], X, group_rows=[0], reference_rows=[1])
    >>> pooled([one, two], np.array([0.5, 0.5]), 0.95).bar("pay").value
    -1.75
    """

    def squares(name: str) -> Floats:
        errors = np.array([[getattr(bar, name) for bar in part.bars] for part in parts])
        found: Floats = (weights[:, None] ** 2 * errors**2).sum(axis=0)
        return found

    values = weights @ np.array([[bar.value for bar in part.bars] for part in parts])
    found = explained_from(
        tuple(bar.player for bar in parts[0].bars),
        values,
        sampling=(squares("sampling_error"), 20 * len(parts)),
        monte_carlo=squares("monte_carlo_error"),
        measured=math.fsum(weight * part.measured for weight, part in zip(weights, parts, strict=True)),
        rows=(sum(part.rows for part in parts), sum(part.rows_given for part in parts)),
        engine=parts[0].engine,
        seed=parts[0].seed,
        level=level,
        band=np.sqrt(squares("band")),
    )
    return replace(
        found,
        walks=sum(part.walks for part in parts),
        calls=sum(part.calls for part in parts),
        passes=max(part.passes for part in parts),
        game=parts[0].game,
        reached=all(part.reached for part in parts),
        strata=len(parts),
    )
