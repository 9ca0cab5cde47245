"""Multiple imputation of membership: groups are drawn from their probabilities, results joined by Rubin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from ..errors import InputError
from .interval_basics import critical_value
from .intervals import modified_wilson
from .member_rows import MemberRows
from .rates import divide
from .results import RATE_INTERVAL, Estimate, Interval

Floats = NDArray[np.float64]
METHOD = f"multiple imputation, Rubin; {RATE_INTERVAL}"


def imputed_rates(
    rows: MemberRows, *, draws: int = 50, seed: int = 0, level: float = 0.95
) -> tuple[Estimate, ...]:
    """Draw every row's group from its probabilities, and join the draws by Rubin's rules (1987).

    ``T = U + (1 + 1/M) B``: mean variance within draws plus variance between them; the modified Wilson
    interval on the size ``p (1 - p) / T`` with Student's t of Rubin's degrees of freedom. Groups are drawn
    without a look at the outcome, so this rests on the same assumption as `probabilistic_rates`, and its
    interval is the wider of the two (an imputer who knows more than the analyst; Meng 1994).

    Parameters
    ----------
    rows : MemberRows
        As `membership_rows` reads them.
    draws : int
        M, at least 2.
    seed : int
    level : float
        In (0, 1).

    Returns
    -------
    tuple of Estimate
        In the order of the groups; undefined where a draw leaves a group without rows.

    Raises
    ------
    InputError
        Fewer than two draws, or a level outside (0, 1).

    Examples
    --------
    >>> from evenhand.metrics.member_rows import membership_rows
    >>> rows = membership_rows(None, [1, 0] * 50, membership={"A": [0.8, 0.4] * 50, "B": [0.2, 0.6] * 50})
    >>> [round(e.value, 1) for e in imputed_rates(rows)]
    [0.7, 0.3]
    """
    critical_value(level)
    if draws < 2:
        raise InputError.of("draws", "draws", f"at least two draws are wanted, got {draws}; write 50")
    rng = np.random.default_rng(seed)
    edges = np.cumsum(rows.shares, axis=1)[:, :-1]
    each = [_one(rows, (rng.random(len(edges))[:, None] >= edges).sum(axis=1)) for _ in range(draws)]
    values, inside, totals = (np.stack(part) for part in zip(*each, strict=True))
    p, between = values.mean(axis=0), values.var(axis=0, ddof=1) * (1 + 1 / draws)
    spread = inside.mean(axis=0)
    joined = spread + between
    df = (draws - 1) * (1 + np.nan_to_num(divide(spread, between), nan=np.inf)) ** 2
    size = np.where(joined > 0, divide(p * (1 - p), joined), totals.mean(axis=0))
    x = np.clip(np.nan_to_num(p), 0, 1) * np.nan_to_num(size)
    low, high = modified_wilson(x, np.nan_to_num(size), z=stdtrit(np.minimum(df, 1e9), 0.5 + level / 2))
    return tuple(
        Estimate(
            value=float(p[g]),
            interval=None if np.isnan(low[g]) else Interval(float(low[g]), float(high[g]), level, METHOD),
            rows=len(rows.above),
            effective=float(np.nan_to_num(size[g])),
            reason=rows.rate.empty if np.isnan(p[g]) else None,
        )
        for g in range(len(p))
    )


def _one(rows: MemberRows, group: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
    """Rates of one draw, their linearised variances, and effective sizes."""
    groups = len(rows.groups)
    below, above = rows.weight * rows.below, rows.weight * rows.above
    total = np.bincount(group, weights=below, minlength=groups)
    value = divide(np.bincount(group, weights=above, minlength=groups), total)
    error = above - below * np.nan_to_num(value)[group]
    spread = divide(np.bincount(group, weights=error**2, minlength=groups), total**2)
    size = divide(total**2, np.bincount(group, weights=below**2, minlength=groups))
    return value, spread, size
