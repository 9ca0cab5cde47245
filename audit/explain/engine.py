"""The Monte Carlo engine: balanced passes of walks until the bars are sure enough, and what error remains."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from .explained import Explained, Game, explained_from
from .pairing import Floats, Ints, Side, pair, sample, spread_over
from .spread import (
    Draws,
    Effects,
    fit_effects,
    given_output,
    influences,
    jackknife_variance,
    monte_carlo_variance,
    noise_of,
)
from .walks import Walker, random_ranks

Progress = Callable[[int, int], None]

TRIAL = 400
"""Pairs looked at to foresee how many predictions a pass takes."""


@dataclass(frozen=True)
class Plan:
    """What a pass needs."""

    walker: Walker
    group: Side
    reference: Side
    background: Side | None
    antithetic: bool
    rng: np.random.Generator

    def one_pass(self) -> tuple[Draws, int]:
        """Draw one balanced pass and walk it."""
        at_group, at_reference, share = pair(self.group, self.reference, self.rng)
        at_background = None if self.background is None else spread_over(self.background, share, self.rng)
        values, calls = self.contributions(at_group, at_reference, at_background)
        return Draws(at_group, at_reference, at_background, share, values), calls

    def contributions(
        self, at_group: Ints, at_reference: Ints, at_background: Ints | None
    ) -> tuple[Floats, int]:
        """Walk each pair once, or both ways."""
        players = len(self.walker.table.players)
        ranks = random_ranks(len(at_group), players, self.rng)
        values, calls = self._walk(at_group, at_reference, at_background, ranks)
        if not self.antithetic:
            return values, calls
        back, more = self._walk(at_group, at_reference, at_background, (players - 1) - ranks)
        return (values + back) / 2, calls + more

    def _walk(
        self, at_group: Ints, at_reference: Ints, at_background: Ints | None, ranks: Ints
    ) -> tuple[Floats, int]:
        rows, others = self.group.rows[at_group], self.reference.rows[at_reference]
        if self.background is None or at_background is None:
            return self.walker.walk(rows, others, ranks)
        start = self.background.rows[at_background]
        up, calls = self.walker.walk(rows, start, ranks)
        down, more = self.walker.walk(others, start, ranks)
        return up - down, calls + more

    @property
    def walks_per_pair(self) -> int:
        """Walks for each pair of rows."""
        return (2 if self.antithetic else 1) * (1 if self.background is None else 2)

    def calls_per_pair(self) -> float:
        """Foresee the predictions for one pair, from a few pairs drawn apart."""
        rng = np.random.default_rng(0)
        codes = self.walker.table.codes
        one = codes[rng.choice(self.group.rows, TRIAL, p=self.group.shares)]
        two = codes[rng.choice(self.reference.rows, TRIAL, p=self.reference.shares)]
        ways = 2 if self.antithetic else 1
        if self.background is None:
            return ways * _inner_steps(one, two)
        start = codes[rng.choice(self.background.rows, TRIAL, p=self.background.shares)]
        return ways * (_inner_steps(one, start) + _inner_steps(two, start))

    def within(self, max_calls: int, *, keep_antithetic: bool) -> Plan:
        """Make two passes stay within the predictions allowed: walk one way only, and if need be fewer rows.

        All rows once are worth more than a part of them both ways.
        """
        pairs = int(max_calls / max(2 * self.calls_per_pair(), 1e-9))
        sizes = len(self.group.rows), len(self.reference.rows)
        if pairs >= sum(sizes):
            return self
        if self.antithetic and not keep_antithetic:
            return replace(self, antithetic=False).within(max_calls, keep_antithetic=False)
        small = max(1, min(*sizes, pairs // 2))
        most = max(2, small, pairs - small)
        known = self.walker.known
        group = sample(self.group, min(most, max(2, sizes[0])), known, self.rng)
        reference = sample(self.reference, min(most, max(2, sizes[1])), known, self.rng)
        return replace(self, group=group, reference=reference)


def _inner_steps(one: Ints, two: Ints) -> float:
    return float(np.maximum((one != two).sum(axis=1) - 1, 0).mean())


@dataclass(frozen=True)
class Drawn:
    """All passes, with their errors."""

    draws: Draws
    effects: Effects
    variance: Floats
    passes: int
    calls: int


def draw(plan: Plan, tolerance: float, max_calls: int, progress: Progress | None) -> Drawn:
    """Draw passes until every bar's 95 % Monte Carlo half width is within the tolerance, or calls run out.

    Parameters
    ----------
    plan : Plan
    tolerance : float
    max_calls : int
    progress : callable or None
        Called after each pass with rows predicted, and rows expected in all.
    """
    parts: list[Draws] = []
    calls, target = 0, 2
    while True:
        while len(parts) < target:
            draws, made = plan.one_pass()
            parts.append(draws)
            calls += made
            if progress is not None:
                progress(calls, round(calls / len(parts) * target))
        drawn = _with_errors(plan, parts, calls)
        half_width = 1.96 * math.sqrt(float(drawn.variance.max()))
        allowed = int(max_calls / (calls / len(parts))) if calls else len(parts)
        # Variance falls as one over the passes; a little more than foreseen, so that one round mostly does.
        wanted = 1.05 * len(parts) * (half_width / tolerance) ** 2
        more = math.ceil(wanted) if wanted < allowed else allowed
        target = min(max(more, len(parts) + 1), allowed) if math.isfinite(wanted) else len(parts) + 1
        if half_width <= tolerance or target <= len(parts):
            return drawn


def _with_errors(plan: Plan, parts: list[Draws], calls: int) -> Drawn:
    backgrounds = [item.at_background for item in parts if item.at_background is not None]
    draws = Draws(
        np.concatenate([item.at_group for item in parts]),
        np.concatenate([item.at_reference for item in parts]),
        np.concatenate(backgrounds) if backgrounds else None,
        np.concatenate([item.share for item in parts]) / len(parts),
        np.concatenate([item.values for item in parts]),
    )
    size = 0 if plan.background is None else len(plan.background.rows)
    effects = fit_effects(draws, len(plan.group.rows), len(plan.reference.rows), size)
    return Drawn(draws, effects, monte_carlo_variance(draws, effects), len(parts), calls)


def result_of(
    plan: Plan,
    drawn: Drawn,
    measured: float,
    *,
    game: Game,
    seed: int,
    tolerance: float,
    blocks: int,
    level: float,
) -> Explained:
    """Turn what was drawn into bars with both kinds of error."""
    monte_carlo = drawn.variance + _left_out_variance(plan, drawn, blocks)
    sides = (plan.group, plan.reference)
    found = explained_from(
        plan.walker.table.players,
        drawn.draws.share @ drawn.draws.values,
        sampling=_sampling_variance(plan, drawn, blocks),
        monte_carlo=monte_carlo,
        measured=measured,
        rows=(sum(len(side.rows) for side in sides), sum(side.population for side in sides)),
        engine="Monte Carlo",
        seed=seed,
        level=level,
    )
    return replace(
        found,
        walks=len(drawn.draws.share) * plan.walks_per_pair,
        calls=drawn.calls,
        passes=drawn.passes,
        game=game,
        reached=bool(1.96 * math.sqrt(float(monte_carlo.max())) <= tolerance),
    )


def _sampling_variance(plan: Plan, drawn: Drawn, blocks: int) -> tuple[Floats, int]:
    # A row may act as row of a group and as background: its parts are added up before the blocks are formed.
    draws, effects = drawn.draws, drawn.effects
    influence = np.zeros((len(plan.walker.known), draws.values.shape[1]))
    roles: list[tuple[Side, Floats, Ints]] = [
        (plan.group, effects.group, draws.at_group),
        (plan.reference, effects.reference, draws.at_reference),
    ]
    if plan.background is not None and effects.background is not None and draws.at_background is not None:
        roles.append((plan.background, effects.background, draws.at_background))
    single = drawn.variance / float((draws.share**2).sum())
    noise = np.zeros(len(single))
    for side, found, at in roles:
        used = 1.0 - side.unused
        influence[side.rows] += math.sqrt(used) * influences(side, found)
        noise += used * noise_of(side, at, np.where(np.isfinite(single), single, 0.0))
    variance, degrees = _over_strata(plan, influence, blocks)
    return np.where(np.isnan(variance), np.nan, np.maximum(variance - noise, 0.0)), degrees


def _over_strata(plan: Plan, influence: Floats, blocks: int) -> tuple[Floats, int]:
    in_group, in_reference = np.zeros(len(influence), dtype=bool), np.zeros(len(influence), dtype=bool)
    in_group[plan.group.rows] = True
    in_reference[plan.reference.rows] = True
    rng = np.random.default_rng(0)
    parts = [
        jackknife_variance(influence[in_group], blocks, rng),
        jackknife_variance(influence[in_reference & ~in_group], blocks, rng),
    ]
    others = ~in_group & ~in_reference
    if plan.background is not None and others.sum() > 1:
        parts.append(jackknife_variance(influence[others], blocks, rng))
    return np.sum([variance for variance, _ in parts], axis=0), min(degrees for _, degrees in parts)


def _left_out_variance(plan: Plan, drawn: Drawn, blocks: int) -> Floats:
    variance = np.zeros(drawn.draws.values.shape[1])
    for side, effects in ((plan.group, drawn.effects.group), (plan.reference, drawn.effects.reference)):
        if side.unused > 0:
            influence = given_output(side, influences(side, effects), plan.walker.known[side.rows])
            found, _ = jackknife_variance(influence, blocks, np.random.default_rng(0))
            variance = variance + side.unused * np.nan_to_num(found)
    return variance
