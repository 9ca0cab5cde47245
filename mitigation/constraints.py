"""What the methods of training can hold equal among groups: events, and what a decision costs within them.

A. Agarwal, A. Beygelzimer, M. Dudik, J. Langford and H. Wallach, "A Reductions Approach to Fair
Classification", ICML 2018, section 2.1: a constraint compares, within each *event* (a set of labels), a
group's mean *utility* with the mean utility of all rows of the event.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..errors import InputError, did_you_mean
from .rows import Floats, Integers, summed

NO_EVENT = -1


@dataclass(frozen=True)
class Constraint:
    """A rate that is to be equal among groups.

    Parameters
    ----------
    name : str
    description : str
        What is held equal, to stand after "equal".
    events : tuple of tuple of int
        The labels (0 or 1) of each event; a row belongs to at most one.
    counts_errors : bool
        Whether the utility is an error rather than a selection.
    """

    name: str
    description: str
    events: tuple[tuple[int, ...], ...]
    counts_errors: bool = False


_TABLE = (
    Constraint("demographic_parity", "selection rates", ((0, 1),)),
    Constraint("equal_opportunity", "true positive rates", ((1,),)),
    Constraint("predictive_equality", "false positive rates", ((0,),)),
    Constraint("equalized_odds", "true and false positive rates", ((0,), (1,))),
    Constraint("error_rate_parity", "error rates", ((0, 1),), counts_errors=True),
)

CONSTRAINTS: dict[str, Constraint] = {constraint.name: constraint for constraint in _TABLE}
"""Every constraint on decisions, by name."""


def constraint_named(name: str, also: Iterable[str] = ()) -> Constraint:
    """Give the constraint of a name.

    Parameters
    ----------
    name : str
    also : iterable of str
        Further names that the caller knows, for the message.

    Raises
    ------
    InputError
        There is none.

    Examples
    --------
    >>> constraint_named("equal_opportunity").description
    'true positive rates'
    """
    if name not in CONSTRAINTS:
        known = [*CONSTRAINTS, *also]
        said = f"there is no constraint called {name!r}; {did_you_mean(name, known)}"
        raise InputError.of("unknown_constraint", "constraint", said)
    return CONSTRAINTS[name]


def event_codes(constraint: Constraint, labels: Integers) -> Integers:
    """Tell the event of every row.

    Parameters
    ----------
    constraint : Constraint
    labels : ndarray of int, shape (rows,)
        0 or 1.

    Returns
    -------
    ndarray of int, shape (rows,)
        Positions in ``constraint.events``; ``NO_EVENT`` for rows that the constraint says nothing about.

    Examples
    --------
    >>> event_codes(CONSTRAINTS["equal_opportunity"], np.array([0, 1, 1])).tolist()
    [-1, 0, 0]
    """
    of_label = np.full(2, NO_EVENT, dtype=np.int64)
    for code, members in enumerate(constraint.events):
        of_label[list(members)] = code
    return of_label[labels]


def utilities(constraint: Constraint, labels: Integers) -> Floats:
    """Give what a row counts if it is rejected, and if it is selected.

    Returns
    -------
    ndarray of float, shape (rows, 2)

    Examples
    --------
    >>> utilities(CONSTRAINTS["error_rate_parity"], np.array([0, 1])).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    if constraint.counts_errors:
        return np.column_stack([labels, 1 - labels]).astype(np.float64)
    return np.column_stack([np.zeros(len(labels)), np.ones(len(labels))])


@dataclass(frozen=True)
class Cells:
    """The cells of a constraint on given rows: every group within every event.

    Parameters
    ----------
    codes : ndarray of int, shape (rows,)
        ``event * groups + group``; ``NO_EVENT`` for rows outside of every event.
    shape : (int, int)
        Events and groups.
    weights : ndarray of float, shape (rows,)
    mass : ndarray of float, shape (events, groups)
        The weight of each cell as a share of all weight; 0 for an empty one.
    utilities : ndarray of float, shape (rows, 2)
    """

    codes: Integers
    shape: tuple[int, int]
    weights: Floats
    mass: Floats
    utilities: Floats

    @property
    def inside(self) -> Integers:
        """The positions of the rows that belong to an event."""
        return np.flatnonzero(self.codes != NO_EVENT)


def constraint_cells(
    constraint: Constraint, labels: Integers, groups: Integers, count: int, weights: Floats
) -> Cells:
    """Sort rows into the cells of a constraint.

    Parameters
    ----------
    constraint : Constraint
    labels, groups : ndarray of int, shape (rows,)
    count : int
        The number of groups.
    weights : ndarray of float, shape (rows,)

    Returns
    -------
    Cells

    Examples
    --------
    >>> labels, groups = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    >>> rows = constraint_cells(CONSTRAINTS["equalized_odds"], labels, groups, 2, np.ones(4))
    >>> rows.mass.tolist()
    [[0.25, 0.25], [0.25, 0.25]]
    """
    events = event_codes(constraint, labels)
    codes = np.where(events == NO_EVENT, NO_EVENT, events * count + groups)
    shape = (len(constraint.events), count)
    held = codes != NO_EVENT
    mass = summed(codes[held], weights[held], shape[0] * shape[1]).reshape(shape) / weights.sum()
    return Cells(codes, shape, weights, mass, utilities(constraint, labels))


def cell_gaps(cells: Cells, decisions: Floats) -> Floats:
    """Compare each group's mean utility with that of all rows of the event.

    Parameters
    ----------
    cells : Cells
    decisions : ndarray of float in [0, 1], shape (rows,)
        1 for a selected row; or the chance of being selected.

    Returns
    -------
    ndarray of float, shape (events, groups)
        The group's mean minus the event's; 0 for an empty cell, which constrains nothing.

    Examples
    --------
    >>> labels, groups = np.zeros(4, int), np.array([0, 0, 1, 1])
    >>> rows = constraint_cells(CONSTRAINTS["demographic_parity"], labels, groups, 2, np.ones(4))
    >>> cell_gaps(rows, np.array([1.0, 1.0, 0.0, 0.0])).tolist()
    [[0.5, -0.5]]
    """
    size = cells.shape[0] * cells.shape[1]
    kept = cells.inside
    gained = cells.utilities[:, 0] + decisions * (cells.utilities[:, 1] - cells.utilities[:, 0])
    sums = summed(cells.codes[kept], (cells.weights * gained)[kept], size).reshape(cells.shape)
    sums = sums / cells.weights.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        means = sums / cells.mass
        overall = sums.sum(axis=1, keepdims=True) / cells.mass.sum(axis=1, keepdims=True)
    return np.where(cells.mass > 0, means - overall, 0.0)
