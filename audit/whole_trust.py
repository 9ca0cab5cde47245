"""Whether the explanations of an audit can be trusted: every check, and what they come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ..errors import InputError
from ..metrics.results import Estimate
from ..mitigation.rows import RowGroups
from .explain.asking import Scorer
from .explain.background import background_test
from .explain.deletion import deletion_insertion
from .explain.off_manifold import off_manifold_check
from .explain.pairing import Ints
from .explain.stability import Stability, explanation_stability
from .explaining import Subject
from .explaining_pairs import furthest
from .record import GroupingFacts
from .record_explain import GapExplanation
from .record_trust import (
    BackgroundFacts,
    CurvesFacts,
    Fault,
    ManifoldFacts,
    ManifoldUse,
    StabilityFacts,
    SumFacts,
    TrustFacts,
    TrustState,
    Unchecked,
)

REMAINDER = 0.001
"""A gap and the sum of its bars may differ by so much, in units of the gap: a tenth of a percentage point."""
UNSTEADY = 0.25
"""Bars that change by more than this share of the largest bar are called unsteady: a convention."""
UNLIKE = 0.01
"""A background that a random sample would be this unlike only so rarely does not resemble the data."""
MANIFOLD_ROWS = 1_600
BACKGROUND_ROWS = 300

SEVERE: tuple[Fault, ...] = ("sum", "resemblance", "off_manifold")
"""With any of these, explanations are not to be believed; with the others, they are to be read with care."""


@dataclass(frozen=True, eq=False)
class Trusted:
    """What is checked.

    Parameters
    ----------
    subject : Subject
    scorer : Scorer
        The model as a function of the sampled rows.
    groups : dict of str to RowGroups
    plain : ndarray of int
        Positions of the simple random sample among the sampled rows.
    min_group_size : int
    """

    subject: Subject
    scorer: Scorer
    groups: dict[str, RowGroups]
    plain: Ints
    min_group_size: int


_Found = TypeVar("_Found")


def trust_facts(
    trusted: Trusted, groupings: Sequence[GroupingFacts], explanations: Sequence[GapExplanation]
) -> TrustFacts:
    """Make every check, and sum them up.

    Parameters
    ----------
    trusted : Trusted
    groupings : sequence of GroupingFacts
        The first gap between two large enough groups is explained again and again.
    explanations : sequence of GapExplanation

    Returns
    -------
    TrustFacts
        ``unchecked`` names what could not be checked; none of these counts as a fault or as passed.
    """
    seed = trusted.subject.seed
    plain = trusted.scorer.part(trusted.plain)
    sums = _sums(explanations)
    stability = _possible(lambda: _stability(trusted, groupings))
    curves = _possible(lambda: _curves(plain, trusted.subject.level, seed))
    background = _possible(lambda: _background(plain, seed))
    manifold = _possible(lambda: _manifold(plain, seed))
    made = {
        "sum": sums,
        "stability": stability,
        "curves": curves,
        "resemblance": background,
        "off_manifold": manifold if manifold is not None and manifold.checked else None,
    }
    unchecked: list[Unchecked] = [name for name in UNCHECKED if made[name] is None]
    faults = tuple(_faults(trusted, sums, stability, curves, background, manifold))
    state: TrustState = "trusted" if not faults else "suspect" if set(faults) & set(SEVERE) else "care"
    return TrustFacts(
        state=state,
        faults=faults,
        unchecked=tuple(unchecked),
        scored=trusted.subject.model.has_scores,
        sums=sums,
        stability=stability,
        curves=curves,
        background=background,
        manifold=manifold,
        seed=seed,
    )


UNCHECKED: tuple[Unchecked, ...] = ("sum", "stability", "curves", "resemblance", "off_manifold")


def _possible(check: Callable[[], _Found | None]) -> _Found | None:
    """Make a check; None where the rows are too few for it, or where the model fails on perturbed rows."""
    try:
        return check()
    except InputError:
        return None


def _faults(  # noqa: PLR0917 - one result a check
    trusted: Trusted,
    sums: SumFacts | None,
    stability: StabilityFacts | None,
    curves: CurvesFacts | None,
    background: BackgroundFacts | None,
    manifold: ManifoldFacts | None,
) -> list[Fault]:
    if float(np.ptp(trusted.scorer.known)) == 0:
        return ["constant"]
    found: list[Fault] = []
    if sums is not None and sums.largest > sums.tolerance:
        found.append("sum")
    if stability is not None:
        allowed = UNSTEADY * stability.largest
        found += ["seeds"] if stability.seed_change > allowed else []
        found += ["backgrounds"] if stability.background_change > allowed else []
    if curves is not None:
        found += ["deletion"] if _no_gain(curves.deletion_gain) else []
        found += ["insertion"] if _no_gain(curves.insertion_gain) else []
    if background is not None and background.p_value < UNLIKE:
        found.append("resemblance")
    if manifold is not None and manifold.alarm:
        found.append("off_manifold")
    return found


def _no_gain(item: Estimate) -> bool:
    low = item.value if item.interval is None else item.interval.low
    return not low > 0


def _sums(explanations: Sequence[GapExplanation]) -> SumFacts | None:
    """Look at the remainders of those explanations that are said to be exact sums."""
    remainders = [abs(item.residual) for item in explanations if not item.approximate]
    if not remainders:
        return None
    return SumFacts(explanations=len(remainders), largest=max(remainders), tolerance=REMAINDER)


def _stability(trusted: Trusted, groupings: Sequence[GroupingFacts]) -> StabilityFacts | None:
    for grouping in groupings:
        if len(grouping.attributes) > 1:
            continue
        pair = furthest(grouping, "selection_rate", trusted.min_group_size)
        if pair is None:
            continue
        groups = trusted.groups[grouping.attributes[0]]
        one, other = (grouping.groups[at].group for at in pair)
        found = explanation_stability(
            trusted.scorer,
            trusted.scorer.X,
            group_rows=groups.codes == groups.levels.index(one),
            reference_rows=groups.codes == groups.levels.index(other),
            seed=trusted.subject.seed,
        )
        return StabilityFacts(
            grouping=grouping.name,
            group=one,
            reference=other,
            runs=len(found.by_seed),
            seed_change=Stability.change(found.by_seed),
            seed_agreement=Stability.agreement(found.by_seed),
            background_change=Stability.change(found.by_background),
            background_agreement=Stability.agreement(found.by_background),
            largest=found.largest,
        )
    return None


def _curves(scorer: Scorer, level: float, seed: int) -> CurvesFacts:
    found = deletion_insertion(scorer, scorer.X, level=level, seed=seed)
    return CurvesFacts(
        deletion=found.deletion,
        random_deletion=found.random_deletion,
        insertion=found.insertion,
        random_insertion=found.random_insertion,
        deletion_gain=found.deletion_gain,
        insertion_gain=found.insertion_gain,
        rows=found.rows,
    )


def _background(scorer: Scorer, seed: int) -> BackgroundFacts:
    order = np.random.default_rng(seed).permutation(len(scorer.X))
    size = min(BACKGROUND_ROWS, len(order) // 2)
    found = background_test(scorer.X.iloc[order[:size]], scorer.X.iloc[order[size:]], seed=seed)
    column, distance = found.columns[0]
    return BackgroundFacts(
        statistic=found.statistic,
        p_value=found.p_value,
        column=column,
        distance=distance,
        background_rows=found.background_rows,
        data_rows=found.data_rows,
        permutations=found.permutations,
    )


def _manifold(scorer: Scorer, seed: int) -> ManifoldFacts:
    found = off_manifold_check(scorer, scorer.X, max_rows=MANIFOLD_ROWS, seed=seed)
    return ManifoldFacts(
        detector_auc=found.detector_auc,
        real_mean=found.real_mean,
        perturbed_mean=found.perturbed_mean,
        real_r2=found.real_r2,
        perturbed_r2=found.perturbed_r2,
        lost=found.lost,
        moved=found.moved,
        uses=tuple(
            ManifoldUse(column=use.column, real=use.real, perturbed=use.perturbed) for use in found.uses
        ),
        checked=found.checked,
        alarm=found.alarm,
        rows=found.rows,
    )
