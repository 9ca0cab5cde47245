"""What an explanation of a gap is: bars with two kinds of error each, and the check that they add up."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ...metrics.results import Interval
from .pairing import Floats
from .spread import quantile

Game = Literal["direct", "common"]
TRUE_LABEL = "(true label)"
"""The player that stands for what the groups' true labels contribute by themselves."""

METHOD = "Student's t on block jackknife and Monte Carlo errors"


@dataclass(frozen=True)
class Contribution:
    """What one player, a column or a set of columns, contributes to a gap.

    Parameters
    ----------
    player : str
    value : float
        In units of the output: 0.01 is one percentage point of a rate.
    interval : Interval or None
        Holds both errors; None where a group has a single row, so that nothing can be said of other rows.
    sampling_error : float
        Standard error over other rows; ``nan`` where a group has a single row.
    monte_carlo_error : float
        Standard error over other draws of the same rows; ``inf`` where too few draws were made to tell.
    band : float
        Nine in ten random regroupings of the same rows give a bar within this distance of 0; ``nan`` where
        it was not looked at.
    """

    player: str
    value: float
    interval: Interval | None
    sampling_error: float
    monte_carlo_error: float
    band: float = math.nan


@dataclass(frozen=True)
class Explained:
    """A gap and the contributions that it is made of.

    Parameters
    ----------
    bars : tuple of Contribution
        In the order of the columns.
    measured : float
        Mean output of the group minus that of the reference, over all rows given.
    total : float
        Sum of the bars.
    residual : float
        ``measured - start - total``: rounding, or what a sample of rows leaves.
    gross : float
        Sum of the bars' sizes; larger than ``abs(total)`` where contributions offset each other.
    walks, calls, passes : int
        Walks made, rows predicted, balanced passes.
    rows, rows_given : int
        Rows of the two groups that were walked, and that there were; fewer where ``max_calls`` allows no
        more.
    engine : str
    game : {"direct", "common"}
    seed : int
    reached : bool
        Whether every bar's 95 % Monte Carlo half width is within the tolerance asked for.
    start : float
        What the bars start from: 0 for a difference, 1 for a ratio; they sum to ``measured - start``.
    strata : int
        Levels of a control column within which the gap was explained; 0 where none was held fixed.
    """

    bars: tuple[Contribution, ...]
    measured: float
    total: float
    residual: float
    gross: float
    walks: int
    calls: int
    passes: int
    rows: int
    rows_given: int
    engine: str
    game: Game
    seed: int
    reached: bool
    start: float = 0.0
    strata: int = 0

    def bar(self, player: str) -> Contribution:
        """Find one player's bar by name; ``KeyError`` where there is none."""
        return {item.player: item for item in self.bars}[player]

    def banded(self, bands: Floats) -> Explained:
        """Give each bar its band of random regrouping, in the order of the columns."""
        bars = (replace(bar, band=float(band)) for bar, band in zip(self.bars, bands, strict=True))
        return replace(self, bars=tuple(bars))


def explained_from(
    players: tuple[str, ...],
    values: Floats,
    *,
    sampling: tuple[Floats, int],
    monte_carlo: Floats,
    measured: float,
    rows: tuple[int, int],
    engine: str,
    seed: int,
    level: float,
    start: float = 0.0,
    band: Floats | None = None,
    monte_carlo_degrees: int = 1_000,
) -> Explained:
    """Put bars together from their values and the variances of both kinds of error.

    Parameters
    ----------
    players : tuple of str
    values : ndarray of float, shape (players,)
    sampling : (ndarray of float, shape (players,), int)
        Variance over other rows, and its degrees of freedom.
    monte_carlo : ndarray of float, shape (players,)
        Variance over other draws.
    measured : float
    rows : (int, int)
        Rows used, rows given.
    engine : str
    seed : int
    level : float
    start : float
    band : ndarray of float, shape (players,), optional
    monte_carlo_degrees : int
        Degrees of freedom of ``monte_carlo``.
    """
    by_rows, degrees = sampling
    student = quantile(level, [by_rows, monte_carlo], [degrees, monte_carlo_degrees])
    reach = student * np.sqrt(by_rows + monte_carlo)
    bands = np.full(len(values), np.nan) if band is None else band
    bars = tuple(
        Contribution(
            player,
            float(value),
            _interval(float(value), float(half), level),
            float(other),
            float(draw),
            float(wide),
        )
        for player, value, half, other, draw, wide in zip(
            players, values, reach, np.sqrt(by_rows), np.sqrt(monte_carlo), bands, strict=True
        )
    )
    total, gross = float(np.sum(values)), float(np.abs(values).sum())
    return Explained(
        bars=bars,
        measured=measured,
        total=total,
        residual=measured - start - total,
        gross=gross,
        walks=0,
        calls=0,
        passes=0,
        rows=rows[0],
        rows_given=rows[1],
        engine=engine,
        game="common",
        seed=seed,
        reached=True,
        start=start,
    )


def _interval(value: float, half: float, level: float) -> Interval | None:
    return None if math.isnan(half) else Interval(value - half, value + half, level, METHOD)
