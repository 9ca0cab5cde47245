"""A gap of a metric that is no average of a fixed figure: a ratio, a predictive value, an area under a curve.

Such a metric has no exact sum of contributions of rows. What is shared out is the metric itself, in a game of
the columns (Begley and others 2020, arXiv:2010.07389): a coalition S is worth the metric of all rows
whose columns outside S come from background rows. Orders of the columns are drawn, each with its reverse; the
columns are swapped in one after another for all rows at once, and the metric is taken after each swap. The
result is approximate: few orders are walked, since each costs a prediction of every row for every column.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ...errors import InputError, Reason
from .explained import TRUE_LABEL, Explained, explained_from
from .gap import check_sides, weights_of
from .group_metric import METRICS, GroupMetric
from .metric_worth import Rows, Worth, bins_of, constant, edges_of, rows_of, worth_of
from .pairing import Floats, Ints, Side, side_of, spread_over
from .walks import Predict, Table, numbers_of, table_of

log = logging.getLogger("evenhand")

ENGINE = "permutation game of the metric, approximate"
FEWEST, MOST = 8, 32
"""Orders walked, reverses among them."""


def explain_metric(
    predict: Predict,
    X: pd.DataFrame,
    *,
    metric: str,
    labels: NDArray[np.bool_],
    threshold: float,
    group_rows: Any,
    reference_rows: Any,
    sample_weight: Any = None,
    players: Mapping[str, Sequence[str]] | None = None,
    as_array: bool = False,
    max_calls: int = 1_000_000,
    seed: int = 0,
    blocks: int = 20,
    level: float = 0.95,
) -> Explained | Reason:
    """Share a gap of a ratio, a predictive value or an area out among the columns, approximately.

    Parameters
    ----------
    predict, X, group_rows, reference_rows, sample_weight, players, as_array, seed, level
        As in ``gap.explain_gap``; ``predict`` gives scores.
    metric : str
        A key of ``group_metric.METRICS``.
    labels : ndarray of bool, shape (rows,)
    threshold : float
        Scores at or above it are selected.
    max_calls : int
        Predict about so many rows at most; at least eight orders are walked, over a sample of rows if need
        be.
    blocks : int
        Blocks of rows of each group for the jackknife.

    Returns
    -------
    Explained or Reason
        In the common game. The Monte Carlo error is that of the orders and background rows drawn; the bars
        sum to the metric's measured gap, or miss it by what a sample of rows leaves. Where the metric rests
        on labels, what these contribute by themselves is a bar of its own. A Reason where the metric is
        undefined for one of the groups.

    Raises
    ------
    InputError, ModelError
        As ``gap.explain_gap``.

    Examples
    --------
    >>> X = pd.DataFrame({"pay": np.tile([0.1, 0.7, 0.9, 0.9], 10), "shoe": np.tile([1, 2], 20)})
    >>> found = explain_metric(lambda rows: rows["pay"], X, metric="demographic_parity_ratio", threshold=0.5,
    ...                        labels=np.ones(40, dtype=bool), group_rows=np.arange(40) % 4 < 2,
    ...                        reference_rows=np.arange(40) % 4 > 1)
    >>> found.measured, found.start, round(found.bar("pay").value, 1), abs(found.residual) < 1e-12
    (0.5, 1.0, -0.5, True)
    """
    if metric not in METRICS:
        raise InputError.of("unknown_gap", "metric", f"one of {', '.join(METRICS)} is needed, got {metric!r}")
    kind = METRICS[metric]
    weight = weights_of(sample_weight, len(X))
    group, reference = check_sides(X, group_rows, reference_rows, weight)
    table = table_of(X, players, as_array=as_array)
    known = numbers_of(predict, X.to_numpy() if as_array else X, len(X))
    rng = np.random.default_rng(seed)
    edges = edges_of(known, threshold, kind)
    whole = rows_of((group, reference), weight, labels, blocks, rng)
    measured = worth_of(whole, bins_of(known[whole.at], edges), kind, len(edges)).value
    if not np.isfinite(measured):
        return Reason.GROUP_UNDEFINED
    game = _Game(table, predict, known, kind, edges, side_of(np.arange(len(X)), weight))
    rows, orders = _within(game, (group, reference), whole, max_calls, rng)
    drawn, calls = game.play(rows, orders, rng)
    if not np.isfinite(drawn[:, :, 0]).all():
        return Reason.GROUP_UNDEFINED
    log.info("%s explained: seed %d, %d orders, %d rows predicted", metric, seed, len(drawn), calls)
    names = (*table.players, TRUE_LABEL) if kind.by_label else table.players
    start = 1.0 if kind.ratio else 0.0
    found = _result(drawn, int(rows.block.max()) + 1, names=names, level=level, measured=(measured, start))
    return replace(
        found,
        rows=len(rows.at),
        rows_given=len(whole.at),
        walks=orders * len(rows.at),
        calls=calls,
        passes=orders,
        seed=seed,
    )


def _result(
    drawn: Floats, blocks: int, *, names: tuple[str, ...], level: float, measured: tuple[float, float]
) -> Explained:
    # An order and its reverse are one draw. Turned orders are spread more evenly than draws apart would be,
    # so their spread says rather too much of the error than too little.
    pairs = (drawn[0::2] + drawn[1::2]) / 2
    means = pairs.mean(axis=0)
    without = means[:, 1 : 1 + blocks]
    apart = without - without.mean(axis=1, keepdims=True)
    return explained_from(
        names,
        means[:, 0],
        sampling=((blocks - 1) / blocks * (apart**2).sum(axis=1), blocks - 1),
        monte_carlo=pairs[:, :, 0].var(axis=0, ddof=1) / len(pairs),
        measured=measured[0],
        rows=(0, 0),
        engine=ENGINE,
        seed=0,
        level=level,
        start=measured[1],
        band=stats.norm.ppf(0.95) * np.nanstd(means[:, 1 + blocks :], axis=1),
        monte_carlo_degrees=len(pairs) - 1,
    )


@dataclass(frozen=True)
class _Game:
    table: Table
    predict: Predict
    known: Floats
    kind: GroupMetric
    edges: Floats
    background: Side

    def play(self, rows: Rows, orders: int, rng: np.random.Generator) -> tuple[Floats, int]:
        """Walk orders and their reverses: contributions (orders, players, columns of ``Worth.less``)."""
        found, calls = [], 0
        players = len(self.table.players)
        first = rng.permutation(players)
        for at in range(orders // 2):
            # Turned orders: each column stands early, in the middle and late about equally often.
            order = np.roll(first, at * players // (orders // 2))
            for way in (order, order[::-1]):
                behind = np.empty(len(rows.at), dtype=np.int64)
                for side in (0, 1):
                    here = np.flatnonzero(rows.side[0] == side)
                    share = rows.weight[here] / rows.weight[here].sum()
                    behind[here] = self.background.rows[spread_over(self.background, share, rng)]
                values, made = self._walk(rows, way, behind)
                found.append(values)
                calls += made
        return np.stack(found), calls

    def _walk(self, rows: Rows, order: Ints, behind: Ints) -> tuple[Floats, int]:
        codes = self.table.codes
        differs = codes[rows.at] != codes[behind]
        taken = np.zeros(differs.shape, dtype=bool)
        score = self.known[behind].copy()
        # All rows have background rows' scores: what the metric then is follows from the labels alone.
        fair = 1.0 if self.kind.ratio else 0.0
        nobody = self._nobody(rows)
        found = np.zeros((len(order) + self.kind.by_label, 1 + len(nobody.without) + len(nobody.regrouped)))
        if self.kind.by_label:
            found[-1] = nobody.less(constant(fair, nobody))
        # The draw of background rows misses that a little; the columns that move rows share what is missed.
        before, calls = worth_of(rows, bins_of(score, self.edges), self.kind, len(self.edges)), 0
        active = np.flatnonzero(differs.any(axis=0))
        found[active] = before.less(nobody) / max(len(active), 1)
        for place, player in enumerate(order):
            taken[:, player] = True
            moved = np.flatnonzero(differs[:, player])
            if place == len(order) - 1:
                score = self.known[rows.at]
            elif len(moved):
                hybrids = self.table.hybrids(rows.at[moved], behind[moved], taken[moved])
                score[moved] = numbers_of(self.predict, hybrids, len(moved))
                calls += len(moved)
            after = worth_of(rows, bins_of(score, self.edges), self.kind, len(self.edges))
            found[player] += after.less(before)
            before = after
        return found, calls

    def _nobody(self, rows: Rows) -> Worth:
        shape = worth_of(rows, np.zeros(len(rows.at), dtype=np.int64), self.kind, len(self.edges))
        if not self.kind.by_label:
            return constant(1.0 if self.kind.ratio else 0.0, shape)
        # Every bin alike: scores tell nothing of the labels.
        return worth_of(rows, None, self.kind, len(self.edges))


def _within(
    game: _Game, sides: tuple[Side, Side], whole: Rows, max_calls: int, rng: np.random.Generator
) -> tuple[Rows, int]:
    """Choose how many orders to walk, and the rows: a sample of each side where all are too many."""
    trial = rng.choice(whole.at, min(400, len(whole.at)))
    behind = rng.choice(game.background.rows, len(trial), p=game.background.shares)
    per_row = float((game.table.codes[trial] != game.table.codes[behind]).sum(axis=1).mean())
    afforded = max_calls / max(per_row * len(whole.at), 1.0)
    if afforded >= FEWEST:
        return whole, 2 * (int(min(afforded, MOST)) // 2)
    share = afforded / FEWEST
    chosen = np.sort(
        np.concatenate(
            [
                rng.permutation(np.flatnonzero(whole.side[0] == at))[: max(50, int(share * len(side.rows)))]
                for at, side in enumerate(sides)
            ]
        )
    )
    kept = Rows(
        whole.at[chosen],
        whole.weight[chosen],
        whole.label[chosen],
        whole.side[:, chosen],
        whole.block[chosen],
    )
    return kept, FEWEST
