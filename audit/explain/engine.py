"""The Monte Carlo engine: balanced passes of walks until the bars are sure enough, and what error remains."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from .explained import TRUE_LABEL, Explained, Game, explained_from
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

ENGINE = "Monte Carlo"

TRIAL = 400
"""Pairs looked at to foresee how many predictions a pass takes."""

Ways = Literal["one", "both", "as needed"]


@dataclass(frozen=True)
class Pass:
    """One balanced pass, with the orders in which its pairs were walked."""

    draws: Draws
    ranks: Ints
    calls: int


@dataclass(frozen=True)
class Plan:
    """What a pass needs.

    Parameters
    ----------
    walker : Walker
    group, reference : Side
    background : Side or None
        None in the direct game.
    ways : {"one", "both", "as needed"}
        Whether pairs are walked in an order only, or in its reverse too (antithetic orders).
    rng : numpy.random.Generator
    """

    walker: Walker
    group: Side
    reference: Side
    background: Side | None
    ways: Ways
    rng: np.random.Generator

    def one_pass(self) -> Pass:
        """Draw one balanced pass and walk it."""
        at_group, at_reference, share = pair(self.group, self.reference, self.rng)
        at_background = None if self.background is None else spread_over(self.background, share, self.rng)
        players = len(self.walker.table.players)
        ranks = random_ranks(len(at_group), players, self.rng)
        values, calls = self._walk(at_group, at_reference, at_background, ranks)
        found = Pass(Draws(at_group, at_reference, at_background, share, values), ranks, calls)
        return self.walked_back(found) if self.ways == "both" else found

    def walked_back(self, one_way: Pass) -> Pass:
        """Walk the pairs of a pass in the reverse order too."""
        draws, players = one_way.draws, len(self.walker.table.players)
        back, more = self._walk(
            draws.at_group, draws.at_reference, draws.at_background, (players - 1) - one_way.ranks
        )
        return Pass(replace(draws, values=(draws.values + back) / 2), one_way.ranks, one_way.calls + more)

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
        return (2 if self.ways == "both" else 1) * (1 if self.background is None else 2)

    def calls_per_pair(self) -> float:
        """Foresee the predictions for one pair, from a few pairs drawn apart."""
        rng = np.random.default_rng(0)
        codes = self.walker.table.codes
        one = codes[rng.choice(self.group.rows, TRIAL, p=self.group.shares)]
        two = codes[rng.choice(self.reference.rows, TRIAL, p=self.reference.shares)]
        ways = 2 if self.ways == "both" else 1
        if self.background is None:
            return ways * _inner_steps(one, two)
        start = codes[rng.choice(self.background.rows, TRIAL, p=self.background.shares)]
        return ways * (_inner_steps(one, start) + _inner_steps(two, start))

    def within(self, max_calls: int) -> Plan:
        """Make two passes stay within the predictions allowed, over a sample of rows if need be."""
        pairs = int(max_calls / max(2 * self.calls_per_pair(), 1e-9))
        sizes = len(self.group.rows), len(self.reference.rows)
        if pairs >= sum(sizes):
            return self
        small = max(1, min(*sizes, pairs // 2))
        most = max(2, small, pairs - small)
        group, reference = (
            sample(side, min(most, max(2, len(side.rows))), self.walker.figures(side.rows), self.rng)
            for side in (self.group, self.reference)
        )
        return replace(self, group=group, reference=reference)


def _inner_steps(one: Ints, two: Ints) -> float:
    return float(np.maximum((one != two).sum(axis=1) - 1, 0).mean())


@dataclass(frozen=True)
class Drawn:
    """All passes of one output, with their errors."""

    draws: Draws
    effects: Effects
    variance: Floats


@dataclass(frozen=True)
class AllDrawn:
    """What was drawn, for each output."""

    plan: Plan
    of: tuple[Drawn, ...]
    passes: int
    calls: int


def draw(plan: Plan, tolerance: float, max_calls: int, progress: Progress | None) -> AllDrawn:
    """Draw passes until every bar's 95 % Monte Carlo half width is within the tolerance, or calls run out.

    Where pairs may be walked back as needed, two passes are made one way first, and made good if they do not
    do.

    Parameters
    ----------
    plan : Plan
    tolerance : float
        In multiples of each output's unit.
    max_calls : int
    progress : callable or None
        Called after each pass with rows predicted, and rows expected in all.
    """
    parts: list[Pass] = []
    target = 2
    while True:
        while len(parts) < target:
            parts.append(plan.one_pass())
            _tell(progress, parts, target)
        drawn = _with_errors(plan, parts)
        width = _half_width(drawn, tolerance)
        calls = drawn.calls
        if width > 1 and math.isfinite(width) and plan.ways == "as needed" and 2 * calls <= max_calls:
            parts = [plan.walked_back(item) for item in parts]
            plan = replace(plan, ways="both")
            _tell(progress, parts, target)
            continue
        allowed = int(max_calls / (calls / len(parts))) if calls else len(parts)
        # Variance falls as one over the passes; a little more than foreseen, so that one round mostly does.
        wanted = 1.05 * len(parts) * width**2
        more = math.ceil(wanted) if wanted < allowed else allowed
        target = min(max(more, len(parts) + 1), allowed) if math.isfinite(wanted) else len(parts) + 1
        if width <= 1 or target <= len(parts):
            return drawn


def _tell(progress: Progress | None, parts: Sequence[Pass], target: int) -> None:
    if progress is not None:
        calls = sum(item.calls for item in parts)
        progress(calls, round(calls / len(parts) * target))


def _half_width(drawn: AllDrawn, tolerance: float) -> float:
    """Give the widest bar's half width, in multiples of what is tolerated."""
    outputs = drawn.plan.walker.outputs
    widest = [
        1.96 * math.sqrt(float(item.variance.max())) / (tolerance * output.unit)
        for item, output in zip(drawn.of, outputs, strict=True)
    ]
    return max(widest)


def _with_errors(plan: Plan, parts: Sequence[Pass]) -> AllDrawn:
    draws = [item.draws for item in parts]
    backgrounds = [item.at_background for item in draws if item.at_background is not None]
    at_group = np.concatenate([item.at_group for item in draws])
    at_reference = np.concatenate([item.at_reference for item in draws])
    at_background = np.concatenate(backgrounds) if backgrounds else None
    share = np.concatenate([item.share for item in draws]) / len(parts)
    size = 0 if plan.background is None else len(plan.background.rows)
    found = []
    for at in range(len(plan.walker.outputs)):
        values = np.concatenate([item.values[at] for item in draws])
        one = Draws(at_group, at_reference, at_background, share, values)
        effects = fit_effects(one, len(plan.group.rows), len(plan.reference.rows), size)
        found.append(Drawn(one, effects, monte_carlo_variance(one, effects)))
    return AllDrawn(plan, tuple(found), len(parts), sum(item.calls for item in parts))


@dataclass(frozen=True)
class Asked:
    """How results are told: the game, the seed, and what their errors and intervals are made with."""

    game: Game
    seed: int
    tolerance: float
    blocks: int
    level: float


def results_of(drawn: AllDrawn, measured: Floats, bands: Floats, asked: Asked) -> tuple[Explained, ...]:
    """Turn what was drawn into bars with both kinds of error, one result for each output.

    Parameters
    ----------
    drawn : AllDrawn
    measured : ndarray of float, shape (outputs,)
    bands : ndarray of float, shape (outputs, players)
    asked : Asked
    """
    return tuple(_result(drawn, at, float(measured[at]), bands[at], asked) for at in range(len(drawn.of)))


def _result(drawn: AllDrawn, at: int, measured: float, band: Floats, asked: Asked) -> Explained:
    plan, one, output = drawn.plan, drawn.of[at], drawn.plan.walker.outputs[at]
    players = plan.walker.table.players
    names = (*players, TRUE_LABEL) if output.by_label else players
    used = slice(0, len(names))
    monte_carlo = one.variance + _left_out_variance(plan, at, one, asked.blocks)
    variance, degrees = _sampling_variance(plan, one, asked.blocks)
    sides = (plan.group, plan.reference)
    found = explained_from(
        names,
        (one.draws.share @ one.draws.values)[used],
        sampling=(variance[used], degrees),
        monte_carlo=monte_carlo[used],
        measured=measured,
        rows=(sum(len(side.rows) for side in sides), sum(side.population for side in sides)),
        engine=ENGINE,
        seed=asked.seed,
        level=asked.level,
        band=band[used],
    )
    return replace(
        found,
        walks=len(one.draws.share) * plan.walks_per_pair,
        calls=drawn.calls,
        passes=drawn.passes,
        game=asked.game,
        reached=bool(1.96 * math.sqrt(float(monte_carlo.max())) <= asked.tolerance * output.unit),
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


def _left_out_variance(plan: Plan, at: int, drawn: Drawn, blocks: int) -> Floats:
    variance = np.zeros(drawn.draws.values.shape[1])
    for side, effects in ((plan.group, drawn.effects.group), (plan.reference, drawn.effects.reference)):
        if side.unused > 0:
            influence = given_output(side, influences(side, effects), plan.walker.figures(side.rows)[at])
            found, _ = jackknife_variance(influence, blocks, np.random.default_rng(0))
            variance = variance + side.unused * np.nan_to_num(found)
    return variance
