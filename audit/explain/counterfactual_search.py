"""The search of one row for the smallest changes that turn its decision, told in ``counterfactual``."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .counterfactual_plausible import USUAL, Neighbourhood
from .counterfactual_rules import Moves, distances
from .local_pool import Pool
from .pairing import Floats, Ints

Flags = NDArray[np.bool_]
Search = Generator[Ints, Floats, list["Counterfactual"]]
Keys = frozenset[int]

BUDGET = 60_000
"""Rows that the model is asked about at one number of changed columns."""
MOST_CHANGES = 4
BEAM = 40
KEPT = 4
"""Sets of columns whose changes are made smaller, for each way that is wanted."""
DONORS = 25


@dataclass(frozen=True)
class Counterfactual:
    """One way to another decision.

    Parameters
    ----------
    row : int
        Place of the row that is changed.
    places : ndarray of int, shape (columns,)
        The changed row.
    columns : tuple of int
        Columns that differ.
    changes : int
        Columns that differ; columns that are two names of one thing count once.
    cost : float
        Sum of the changes: numbers in median absolute deviations, 1 for a category.
    output : float
        Of the changed row.
    neighbour : float
        Distance to the nearest drawn row.
    rarity : float
        Share of the drawn rows that lie closer to their own nearest neighbour.
    """

    row: int
    places: Ints
    columns: tuple[int, ...]
    changes: int
    cost: float
    output: float
    neighbour: float
    rarity: float

    @property
    def plausible(self) -> bool:
        """Whether the changed row lies as close to the data as 95 % of the data's own rows do."""
        return self.rarity <= USUAL


@dataclass(frozen=True)
class Limits:
    """How far a search goes.

    Parameters
    ----------
    wanted : int
        Ways to find, each changing another set of columns.
    most_changes : int
        Columns that may change at once.
    budget : int
        Rows that the model is asked about at one number of changed columns.
    beam : int
        Combinations that are carried on where not all can be tried.
    """

    wanted: int = 3
    most_changes: int = MOST_CHANGES
    budget: int = BUDGET
    beam: int = BEAM


@dataclass(frozen=True)
class _Level:
    """Combinations of as many moves each, by the moves' numbers."""

    states: Ints
    outputs: Floats
    whole: bool


@dataclass(frozen=True)
class Searcher:
    """The search of one row; what it yields are rows to ask the model about."""

    pool: Pool
    row: int
    goal: bool
    moves: Moves
    near: Neighbourhood
    limits: Limits

    def search(self) -> Search:
        """Yield rows to ask the model about, get their outputs, and return the ways found."""
        if not len(self.moves.block):
            return []
        hits: dict[Keys, Ints] = {}
        level: _Level | None = None
        extra = 0
        for depth in range(1, min(self.limits.most_changes, len(self.moves.blocks)) + 1):
            states, whole = self._states(level, hits)
            if not len(states):
                break
            outputs = yield self._apply(states)
            self._collect(states, outputs, hits)
            level = _Level(states, outputs, whole and depth < self.limits.most_changes)
            # One number of columns more gives ways that are unlike the first.
            extra += bool(hits)
            if hits and (len(hits) >= self.limits.wanted or extra > 1) and self._any_plausible(hits):
                break
        if not hits:
            donated = yield from self._donated()
            hits.update(donated)
        kept = sorted(hits.items(), key=lambda item: (len(item[0]), self._cost(item[1]), sorted(item[0])))
        shrunk: list[tuple[Ints, float]] = []
        for _, places in kept[: KEPT * self.limits.wanted]:
            shrunk.append((yield from self._shrink(places)))
        return self._ranked(shrunk)

    def _cost(self, places: Ints) -> float:
        return float(self._steps(places).sum())

    def _steps(self, places: Ints) -> Floats:
        """Give the cost of each block's change."""
        step: Floats = (
            distances(self.pool, self.near.scales, places[None, :], self.row)[0] @ self.moves.weights
        )
        return step

    def _costs(self, states: Ints) -> Floats:
        total: Floats = self.moves.cost[states].sum(axis=1)
        return total

    def _apply(self, states: Ints) -> Ints:
        own = self.pool.places[self.row]
        places = np.tile(own, (len(states), 1))
        for at in range(states.shape[1]):
            moved = self.moves.places[states[:, at]]
            places = np.where(moved != own, moved, places)
        return places

    def _turned(self, outputs: Floats) -> Flags:
        turned: Flags = (outputs >= self.pool.threshold) == self.goal
        return turned

    def _collect(self, states: Ints, outputs: Floats, hits: dict[Keys, Ints]) -> None:
        """Keep for each set of blocks the smallest change that turns the decision."""
        turned = np.flatnonzero(self._turned(outputs))
        for at in turned[np.argsort(self._costs(states[turned]), kind="stable")]:
            keys = frozenset(self.moves.block[states[at]].tolist())
            if not any(known <= keys for known in hits):
                hits[keys] = self._apply(states[at : at + 1])[0]

    def _any_plausible(self, hits: dict[Keys, Ints]) -> bool:
        return bool((self.near.judge(np.array(list(hits.values())))[1] <= USUAL).any())

    def _states(self, level: _Level | None, hits: dict[Keys, Ints]) -> tuple[Ints, bool]:
        """Combine the moves of the last level with one more; and tell whether these are all there are."""
        begin = np.flatnonzero(self.moves.coarse)
        if level is None:
            return begin[:, None], True
        last = self.moves.block[level.states].max(axis=1)
        more = (self.moves.block[begin][None, :] > last[:, None]).sum()
        if level.whole and more <= self.limits.budget:
            base, added = np.nonzero(self.moves.block[begin][None, :] > last[:, None])
            return self._open(np.column_stack([level.states[base], begin[added]]), hits), True
        return self._open(self._promising(level, begin), hits), False

    def _promising(self, level: _Level, begin: Ints) -> Ints:
        """Join the combinations that came closest with every move of another block."""
        guide = level.outputs if self.goal else -level.outputs
        carried = max(1, min(self.limits.beam, self.limits.budget // len(begin)))
        best = level.states[np.argsort(-guide, kind="stable")[:carried]]
        taken = (self.moves.block[best][:, :, None] == self.moves.block[begin][None, None, :]).any(axis=1)
        base, added = np.nonzero(~taken)
        return np.unique(np.sort(np.column_stack([best[base], begin[added]]), axis=1), axis=0)

    def _open(self, states: Ints, hits: dict[Keys, Ints]) -> Ints:
        """Leave out combinations that contain one that is enough by itself."""
        closed = np.zeros(len(states), dtype=bool)
        blocks = self.moves.block[states]
        for keys in hits:
            closed |= np.all([(blocks == key).any(axis=1) for key in keys], axis=0)
        return states[~closed]

    def _donated(self) -> Generator[Ints, Floats, dict[Keys, Ints]]:
        """Take over whole neighbours that have the wanted decision, and take back what is not needed."""
        own = self.pool.places[self.row]
        wanted = self.near.members[self.pool.selected[self.near.members] == self.goal]
        step = distances(self.pool, self.near.scales, self.pool.places[wanted], self.row)
        nearest = wanted[np.argsort(step.sum(axis=1), kind="stable")[:DONORS]]
        rows = np.array([self._towards(self.pool.places[one]) for one in nearest]).reshape(-1, len(own))
        if not len(rows):
            return {}
        outputs = yield rows
        found: dict[Keys, Ints] = {}
        for places in rows[self._turned(outputs)][: self.limits.wanted]:
            kept = yield from self._reverted(places)
            found.setdefault(frozenset(self._changed(kept)), kept)
        return found

    def _towards(self, donor: Ints) -> Ints:
        places: Ints = self.pool.places[self.row].copy()
        for number, block in enumerate(self.moves.blocks):
            columns = list(block)
            allowed = self.moves.places[self.moves.block == number][:, columns]
            if (allowed == donor[columns]).all(axis=1).any():
                places[columns] = donor[columns]
        return places

    def _reverted(self, places: Ints) -> Generator[Ints, Floats, Ints]:
        own = self.pool.places[self.row]
        while True:
            changed = self._changed(places)
            if len(changed) < 2:
                return places
            tried = np.tile(places, (len(changed), 1))
            for at, number in enumerate(changed):
                columns = list(self.moves.blocks[number])
                tried[at, columns] = own[columns]
            outputs = yield tried
            fit = np.flatnonzero(self._turned(outputs))
            if not len(fit):
                return places
            places = tried[min(fit, key=lambda at: self._cost(tried[at]))]

    def _changed(self, places: Ints) -> list[int]:
        moved = places != self.pool.places[self.row]
        return [number for number, block in enumerate(self.moves.blocks) if moved[list(block)].any()]

    def _shrink(self, places: Ints) -> Generator[Ints, Floats, tuple[Ints, float]]:
        """Make each change as small as the decision allows, the largest first, as long as that helps."""
        for _ in range(3):
            before = places
            for number in self._changed(places):
                columns = list(self.moves.blocks[number])
                now = self._steps(places)[number]
                smaller = np.flatnonzero((self.moves.block == number) & (self.moves.cost < now - 1e-12))
                if not len(smaller):
                    continue
                tried = np.tile(places, (len(smaller), 1))
                tried[:, columns] = self.moves.places[smaller][:, columns]
                outputs = yield tried
                fit = np.flatnonzero(self._turned(outputs))
                if len(fit):
                    places = tried[fit[np.argmin(self.moves.cost[smaller[fit]])]]
            if (places == before).all():
                break
        output = yield places[None, :]
        return places, float(output[0])

    def _ranked(self, shrunk: list[tuple[Ints, float]]) -> list[Counterfactual]:
        if not shrunk:
            return []
        away, rarity = self.near.judge(np.array([places for places, _ in shrunk]))
        own = self.pool.places[self.row]
        found = [
            Counterfactual(
                row=self.row,
                places=places,
                columns=tuple(np.flatnonzero(places != own).tolist()),
                changes=len(self._changed(places)),
                cost=self._cost(places),
                output=output,
                neighbour=float(distance),
                rarity=float(rare),
            )
            for (places, output), distance, rare in zip(shrunk, away, rarity, strict=True)
        ]
        found.sort(key=lambda way: (not way.plausible, way.changes, way.cost, way.columns))
        return found[: self.limits.wanted]
