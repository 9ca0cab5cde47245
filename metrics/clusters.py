"""People who stand in several rows: counts per person, and intervals that resample or sum over people.

A thousand rows of a hundred people tell less than a thousand people would. A cube has forgotten who is who.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..errors import InputError, Problem
from .cube import WeightKind
from .labels import binary_codes
from .linearised import outcome_flags, places_of, robust_size, row_variance
from .people import Repeats, person_codes
from .rates import RATES, Counted, Design, GroupTable, Rate, count, divide, group_table, rate_named
from .results import Level
from .row_groups import RowGroups, grouped_rows
from .tally import cube_of, refuse_unaligned

Floats = NDArray[np.float64]
ROBUST = "cluster-robust sizes"
"""What the names of intervals add where people repeat."""


@dataclass(frozen=True, eq=False)
class ClusterCounts:
    """The confusion matrix of every person in every group.

    Parameters
    ----------
    table : GroupTable
        All people together, as `group_table` counts them.
    cells : sparse array of shape (people, groups x labels x decisions)
        Rows, or sums of weights, of each person; a person may stand in several groups.
    repeats : Repeats
    """

    table: GroupTable
    cells: Any
    repeats: Repeats

    @property
    def shape(self) -> tuple[int, ...]:
        """Groups, labels and decisions."""
        return self.table.measures.shape[:3]


def cluster_counts(
    y_true: Any = None,
    y_pred: Any = None,
    *,
    sensitive_features: Any,
    ids: Any,
    sample_weight: Any = None,
    weight_kind: WeightKind = "survey",
    pos_label: Level = None,
) -> ClusterCounts:
    """Count rows by person, group, label and decision. Reads all rows; a cube does not hold the people.

    Parameters
    ----------
    y_true, y_pred, sensitive_features, pos_label
        As for `cube_of`; several sensitive columns make intersections.
    ids : array-like of shape (rows,)
        Equal values are one person; a missing one is a person of its own.
    sample_weight : array-like of shape (rows,), optional
        At least zero.
    weight_kind : {"survey", "frequency"}
        As for `cube_of`; it decides what variance rows would have were they independent.

    Returns
    -------
    ClusterCounts

    Raises
    ------
    InputError
        With every problem found: those of `cube_of`, and ids of another length or index.

    Examples
    --------
    >>> counts = cluster_counts(None, [1, 1, 0], sensitive_features=["F", "F", "M"], ids=["a", "a", "b"])
    >>> counts.repeats.people, counts.cells.toarray().tolist()
    (2, [[0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
    """
    cube = cube_of(
        y_true,
        y_pred,
        sensitive_features=sensitive_features,
        sample_weight=sample_weight,
        weight_kind=weight_kind,
        pos_label=pos_label,
    )
    given = {"y_true": y_true, "y_pred": y_pred}
    outcomes = {name: values for name, values in given.items() if values is not None}
    person, unnamed = person_codes(ids)
    features = sensitive_features if isinstance(sensitive_features, dict) else {"": sensitive_features}
    _refuse_other_rows({**outcomes, **features}, ids, len(person), cube.rows)
    table = group_table(cube, *cube.of_role("sensitive"))
    flags = {name: binary_codes(values, name, pos_label) for name, values in outcomes.items()}
    rows = grouped_rows(sensitive_features, flags, sample_weight=sample_weight)
    cell = np.repeat(places_of(rows.groups, table.groups), np.diff(rows.starts))
    for size, name in zip(table.measures.shape[1:3], ("y_true", "y_pred"), strict=True):
        cell = cell * size + (rows.columns[name].astype(np.intp) if name in flags else 0)
    return ClusterCounts(
        table, *_counted(person, unnamed, cell, rows, int(np.prod(table.measures.shape[:3])))
    )


def _refuse_other_rows(beside: dict[str, Any], ids: Any, got: int, rows: int) -> None:
    problems: list[Problem] = []
    refuse_unaligned([*beside.items(), ("ids", ids)], problems)
    if got != rows:
        rule = f"one id a row is wanted, got {got:,} ids for {rows:,} rows; give both of the same rows"
        problems.append(Problem("lengths_differ", "ids", rule))
    if problems:
        raise InputError(problems)


def _counted(
    person: NDArray[np.intp], unnamed: int, cell: NDArray[np.intp], rows: RowGroups, width: int
) -> tuple[Any, Repeats]:
    who = person[rows.order]
    people = int(person.max()) + 1
    joint, where = np.unique(who * width + cell, return_inverse=True)
    weight = np.bincount(where, weights=rows.weight, minlength=len(joint)).astype(float)
    cells = sparse.csr_array((weight, (joint // width, joint % width)), shape=(people, width))
    wide = len(rows.groups)
    group = np.repeat(np.arange(wide), np.diff(rows.starts))
    places = np.bincount(np.unique(who * wide + group) // wide, minlength=people)
    most = int(np.bincount(person).max())
    return cells, Repeats(people, len(person), most, unnamed, int((places > 1).sum()))


@dataclass(frozen=True, eq=False)
class ClusterRobust:
    """A rate of every group with what people, not rows, make of its variance; arrays of shape (G,).

    Parameters
    ----------
    counted : Counted
        With the effective sizes that `clustered` gives.
    covariance : ndarray of shape (G, G)
        Linearised (sandwich), over people; off the diagonal what people in two groups bring.
    effect : ndarray of shape (G,)
        Design effect: variance over people / variance as if rows were independent.
    people : ndarray of shape (G,)
        People with rows in the rate's denominator.
    """

    counted: Counted
    covariance: Floats
    effect: Floats
    people: Floats


def cluster_robust(counts: ClusterCounts, rate: Rate | str, level: float = 0.95) -> ClusterRobust:
    """Compute the cluster-robust variance of a rate in every group (Liang & Zeger 1986).

    ``var = m / (m - 1) sum_i (x_i - p n_i)^2 / n^2``: of the ``n_i`` rows that person i has in the
    denominator, ``x_i`` are above the line. The effective size is the plain one over the design effect,
    ``p (1 - p) / var`` without weights, shrunk where people are few (Korn & Graubard 1998) and never above
    the plain one. At a rate of 0 or 1 it is ``(sum n_i)^2 / sum n_i^2``, the people if all have equal rows.

    Parameters
    ----------
    counts : ClusterCounts
    rate : Rate or str
    level : float
        Of the interval that the sizes are for, in (0, 1).

    Returns
    -------
    ClusterRobust
        ``nan`` where the rate is undefined or has one person only.

    Examples
    --------
    >>> counts = cluster_counts(
    ...     None, [1, 1, 0, 0, 1, 0], sensitive_features=["F"] * 6, ids=[1, 1, 2, 2, 3, 3])
    >>> found = cluster_robust(counts, "selection_rate")
    >>> float(found.covariance[0, 0].round(4)), float(found.effect[0].round(2))
    (0.0833, 1.67)
    """
    rate = rate if isinstance(rate, Rate) else rate_named(rate)
    plain = count(counts.table, rate)
    groups = len(counts.table.groups)
    if plain.missing_input is not None:
        nothing = np.full(groups, np.nan)
        return ClusterRobust(plain, np.full((groups, groups), np.nan), nothing, nothing)
    rows = plain.denominator if counts.table.weight_kind == "frequency" else plain.rows
    below, scores = _scores(counts, rate, plain)
    people = np.bincount(below.indices, minlength=groups).astype(float)
    widen = np.sqrt(divide(people, people - 1))
    defined = np.where(np.isnan(plain.value), np.nan, 1.0)
    covariance = (scores.T @ scores).toarray() * np.multiply.outer(widen * defined, widen * defined)
    independent = row_variance(counts.table, plain) * divide(rows, rows - 1)
    variance = np.diagonal(covariance)
    alike = np.nan_to_num(divide(plain.denominator**2, (below.multiply(below)).sum(axis=0)))
    size = robust_size(variance, independent, plain.effective, alike, rows, people - 1, level)
    counted = replace(plain, effective=np.where(people == rows, plain.effective, size))
    return ClusterRobust(counted, covariance, divide(variance, independent), people)


def _scores(counts: ClusterCounts, rate: Rate, plain: Counted) -> tuple[Any, Any]:
    """Weights below the line, and linearised scores, of every person in every group: (people, G)."""
    above, below = outcome_flags(rate, counts.table)
    each = sparse.eye_array(len(plain.value), format="csr")
    up, down = (counts.cells @ sparse.kron(each, flags[:, None], format="csr") for flags in (above, below))
    down = sparse.csr_array(down)
    down.eliminate_zeros()
    value = sparse.diags_array(np.nan_to_num(plain.value))
    share = sparse.diags_array(np.nan_to_num(divide(1.0, plain.denominator)))
    return down, sparse.csr_array((up - down @ value) @ share)


def contrast_variance(counts: ClusterCounts, rate: Rate | str, weights: Floats) -> float:
    """Compute the variance, over people, of a weighted sum of the groups' rates.

    ``m / (m - 1) sum_i s_i^2`` of the m people in question, with ``s_i`` the weighted sum of person i's
    linearised scores; a person may stand in several groups. The weights are taken as known.

    Parameters
    ----------
    counts : ClusterCounts
    rate : Rate or str
    weights : ndarray of shape (G,)
        In the order of the groups; 0 leaves a group out.

    Returns
    -------
    float
        ``nan`` where fewer than two people have rows in the groups weighted.

    Examples
    --------
    >>> counts = cluster_counts(
    ...     None, [1, 1, 0, 0, 1, 0], sensitive_features=["F"] * 6, ids=[1, 1, 2, 2, 3, 3])
    >>> round(contrast_variance(counts, "selection_rate", np.array([1.0])), 4)
    0.0833
    """
    rate = rate if isinstance(rate, Rate) else rate_named(rate)
    below, scores = _scores(counts, rate, count(counts.table, rate))
    people = int(np.count_nonzero(below @ (weights != 0).astype(float)))
    if people < 2:
        return float("nan")
    return float(((scores @ weights) ** 2).sum()) * people / (people - 1)


def clustered(counts: ClusterCounts, rate: Rate | str, level: float = 0.95) -> Counted:
    """Count a rate with effective sizes that are right for people who repeat; see `cluster_robust`.

    `rates.estimates` and every interval of counts take ``successes`` and ``effective`` as they are. Without
    repeats it is what `rates.count` gives. People who stand in several groups make groups alike: intervals
    of differences then err on the wide side.

    Parameters, returns and errors as for `cluster_robust`.

    Examples
    --------
    >>> counts = cluster_counts(None, [1, 1, 0, 0], sensitive_features=["F"] * 4, ids=[1, 1, 2, 2])
    >>> clustered(counts, "selection_rate").effective.round(3).tolist()
    [0.084]
    """
    return cluster_robust(counts, rate, level).counted


def clustered_table(
    counts: ClusterCounts, rates: Iterable[Rate | str] = tuple(RATES), level: float = 0.95
) -> GroupTable:
    """Give the confusion matrices with effective sizes that are right for people who repeat.

    Whatever takes a `GroupTable` (estimates, comparisons, the worst of several) is then right for them too.

    Parameters
    ----------
    counts : ClusterCounts
    rates : iterable of Rate or str
        Those whose sizes are worked out; what the counts cannot tell is left out.
    level : float
        Of the intervals that the sizes are for.

    Examples
    --------
    >>> counts = cluster_counts(None, [1, 1, 0, 0], sensitive_features=["F"] * 4, ids=[1, 1, 2, 2])
    >>> table = clustered_table(counts)
    >>> table.design.name, sorted(table.design.sizes)
    ('cluster-robust sizes', ['selection_rate'])
    """
    found = [clustered(counts, rate, level) for rate in rates]
    sizes = {one.rate.name: one.effective for one in found if one.missing_input is None}
    return replace(counts.table, design=Design(sizes, ROBUST))


def overall_effect(counts: ClusterCounts, rate: Rate | str = RATES["selection_rate"]) -> float:
    """Give the design effect of the overall rate: by how much repeats widen its variance.

    Examples
    --------
    >>> counts = cluster_counts(None, [1, 0] * 9, sensitive_features=["F", "M"] * 9, ids=range(18))
    >>> round(overall_effect(counts), 12)
    1.0
    """
    groups, width = counts.shape[0], int(np.prod(counts.shape[1:]))
    fold = sparse.kron(np.ones((groups, 1)), sparse.eye_array(width), format="csr")
    pooled = ClusterCounts(counts.table.overall, sparse.csr_array(counts.cells @ fold), counts.repeats)
    return float(cluster_robust(pooled, rate).effect[0])
