"""How the shares of the groups compare with those of a population that the user gives."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ..errors import Problem, did_you_mean
from ..metrics.results import Level
from .facts_groups import GroupingFacts


@dataclass(frozen=True)
class ReferenceShare:
    """A group's share of the rows compared, and its share of the population."""

    level: Level
    rows: int
    share: float
    reference: float


@dataclass(frozen=True)
class ReferenceFacts:
    """The groups of one attribute against a population.

    Parameters
    ----------
    attribute : str
    rows : int
        Rows of the groups that the population's shares name; the shares of the data are among these.
    shares : tuple of ReferenceShare
        In the order of the population's shares.
    left_out : tuple of level
        Groups of the data that the population's shares do not name; None is a missing value.
    psi : float or None
        Population stability index, the sum of (share - reference) ln(share / reference): 0 where all shares
        are equal, usually called a shift from 0.1 and a large one from 0.25; None where a share is zero.
    p_value : float or None
        Of Pearson's chi-squared test that the rows were drawn from the population; None where fewer than 5
        rows of a group are expected, or there is one group.
    """

    attribute: str
    rows: int
    shares: tuple[ReferenceShare, ...]
    left_out: tuple[Level, ...]
    psi: float | None
    p_value: float | None


def unknown_references(
    reference: Mapping[str, Mapping[str, float]], groupings: Sequence[GroupingFacts]
) -> list[Problem]:
    """List what is wrong with the population's shares: columns that are not sensitive, groups not there."""
    alone = {item.attributes[0]: item for item in groupings if len(item.attributes) == 1}
    problems = []
    for name, shares in reference.items():
        where = f"reference_shares.{name}"
        if name not in alone:
            rule = f"reference shares are for a sensitive column, got {name!r}"
            problems.append(Problem("not_sensitive", where, f"{rule}; {did_you_mean(name, alone)}"))
            continue
        levels = [str(group.levels[0]) for group in alone[name].groups if group.levels[0] is not None]
        if not set(shares) & set(levels):
            rule = f"none of the groups {list(shares)} is in the data, which hold {levels[:10]}"
            problems.append(Problem("unknown_level", where, f"{rule}; write the groups as the data do"))
    return problems


def reference_facts(
    reference: Mapping[str, Mapping[str, float]], groupings: Sequence[GroupingFacts]
) -> tuple[ReferenceFacts, ...]:
    """Compare the groups of each attribute with the population's shares.

    A group of the population that the data do not hold has no rows. The population's shares are divided by
    their sum, because rounded ones may miss 1 by a little.
    """
    alone = {item.attributes[0]: item for item in groupings if len(item.attributes) == 1}
    return tuple(_compared(alone[name], shares) for name, shares in reference.items())


def _compared(grouping: GroupingFacts, reference: Mapping[str, float]) -> ReferenceFacts:
    held = {str(group.levels[0]): group for group in grouping.groups if group.levels[0] is not None}
    total = math.fsum(reference.values())
    counts = [held[name].label.rows if name in held else 0 for name in reference]
    wanted = [share / total for share in reference.values()]
    rows = sum(counts)
    shares = tuple(
        ReferenceShare(held[name].levels[0] if name in held else name, count, count / rows, share)
        for name, count, share in zip(reference, counts, wanted, strict=True)
    )
    left_out = tuple(
        group.levels[0]
        for group in grouping.groups
        if group.levels[0] is None or str(group.levels[0]) not in reference
    )
    return ReferenceFacts(
        grouping.attributes[0], rows, shares, left_out, stability(counts, wanted), drawn(counts, wanted)
    )


def stability(counts: Sequence[int], reference: Sequence[float]) -> float | None:
    """Measure how far counts lie from a population's shares (population stability index).

    Parameters
    ----------
    counts : sequence of int
        Rows of each group.
    reference : sequence of float
        The population's shares; they add up to 1.

    Returns
    -------
    float or None
        At least 0; None where a share is zero on either side.

    Examples
    --------
    >>> stability([50, 50], [0.5, 0.5]), round(stability([60, 40], [0.5, 0.5]), 4)
    (0.0, 0.0405)
    >>> stability([0, 10], [0.5, 0.5]) is None
    True
    """
    total = sum(counts)
    if not total or min(counts) == 0 or min(reference) == 0:
        return None
    shares = [count / total for count in counts]
    return math.fsum(
        (share - wanted) * math.log(share / wanted) for share, wanted in zip(shares, reference, strict=True)
    )


def drawn(counts: Sequence[int], reference: Sequence[float]) -> float | None:
    """Test whether rows may have been drawn from a population (Pearson's chi-squared, goodness of fit).

    Returns
    -------
    float or None
        The p-value; None where there are fewer than two groups or an expected count is below 5.

    Examples
    --------
    >>> round(drawn([60, 40], [0.5, 0.5]), 4), drawn([3, 4], [0.5, 0.5]) is None
    (0.0455, True)
    """
    expected = np.asarray(reference) * sum(counts)
    if len(counts) < 2 or expected.min() < 5:
        return None
    return float(stats.chisquare(counts, expected).pvalue)
