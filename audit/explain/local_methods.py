"""What each column adds to the output of one row: Shapley values and occlusion, against a background of rows.

The background is drawn from all rows with a logged seed. A source column is one player. Shapley values are
interventional: columns outside a coalition take their values from a background row. They are enumerated where
few columns differ from the background, taken from SHAP's tree explainer where it is sound on the scale of the
score, and else sampled by walks with antithetic orders; in every case they sum to the row's output minus the
background's mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from .exact_games import shapley_matrix
from .local_pool import Pool
from .pairing import Floats, Ints
from .shap_models import shap_explainer
from .walks import Walker, random_ranks

MOST_ENUMERATED = 11
"""Columns that differ from the background, up to which all their subsets are tried."""
ORDERS = 20
"""Orders of the columns a background row, where orders are drawn; half of them are the others reversed."""


@dataclass(frozen=True)
class Attribution:
    """What each column adds to the output of one row, by one method.

    Parameters
    ----------
    method : str
    values : ndarray of float, shape (columns,)
    errors : ndarray of float, shape (columns,)
        Standard error of the method's own random draws; 0 where it draws nothing, nan where it cannot tell.
    base : float
        What the values are measured from; nan where the method has no such figure.
    residual : float
        ``output - base - values.sum()``; nan for methods whose values need not sum to the output.
    engine : str
    """

    method: str
    values: Floats
    errors: Floats
    base: float
    residual: float
    engine: str


def shapley_row(
    pool: Pool, row: int, background: Ints, *, orders: int = ORDERS, exact: int = MOST_ENUMERATED, seed: int = 0
) -> Attribution:
    """Give the interventional Shapley values of one row (Lundberg and Lee 2017; Janzing et al. 2020).

    Parameters
    ----------
    pool : Pool
    row : int
        Place of the explained row.
    background : ndarray of int
        Places of the rows to compare with.
    orders : int
        Orders drawn for each background row, where they are drawn; an even number.
    exact : int
        Most columns whose subsets are enumerated.
    seed : int

    Returns
    -------
    Attribution
        ``base`` is the background's mean output, and the residual is rounding.

    Raises
    ------
    ModelError
        The model fails on a mix of two rows.
    """
    differs = (pool.places[background] != pool.places[row]).any(axis=0)
    base = float(pool.known[background].mean())
    if differs.sum() <= exact:
        values, errors, engine = _enumerated(pool, row, background, differs), np.zeros(len(differs)), "exact"
    else:
        by_trees = _by_trees(pool, row, background)
        if by_trees is not None:
            values, errors, engine = by_trees, np.zeros(len(differs)), "SHAP TreeExplainer"
        else:
            values, errors = _walked(pool, row, background, orders, np.random.default_rng(seed))
            engine = f"permutation, {orders} orders"
    residual = float(pool.known[row]) - base - float(values.sum())
    return Attribution("shap", values, errors, base, residual, engine)


def occlude_row(pool: Pool, row: int, background: Ints) -> Attribution:
    """Replace each column alone by the background's values, and give the mean loss of output.

    Parameters
    ----------
    pool : Pool
    row : int
    background : ndarray of int

    Returns
    -------
    Attribution
        Values need not sum to anything: columns that stand for each other are missed one by one.
    """
    count, width = len(background), len(pool.columns)
    places = np.tile(pool.places[row], (width, count, 1))
    for at in range(width):
        places[at, :, at] = pool.places[background, at]
    lost = pool.known[row] - pool.values(places.reshape(-1, width)).reshape(width, count)
    errors = lost.std(axis=1, ddof=1) / np.sqrt(count) if count > 1 else np.full(width, np.nan)
    return Attribution("occlusion", lost.mean(axis=1), errors, np.nan, np.nan, f"{count} replacements")


def _enumerated(pool: Pool, row: int, background: Ints, differs: Ints) -> Floats:
    players = np.flatnonzero(differs)
    values = np.zeros(len(differs))
    if not len(players):
        return values
    taken = ((np.arange(2 ** len(players))[:, None] >> np.arange(len(players))) & 1).astype(bool)
    worth = np.zeros(len(taken))
    own = pool.places[row]
    for other in background:
        mixed = np.tile(pool.places[other], (len(taken), 1))
        mixed[:, players] = np.where(taken, own[players], mixed[:, players])
        worth += pool.values(mixed) / len(background)
    values[players] = worth @ shapley_matrix(len(players))
    return values


def _walked(
    pool: Pool, row: int, background: Ints, orders: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    pairs = max(1, orders // 2)
    others = np.tile(background, pairs)
    ranks = random_ranks(len(others), len(pool.columns), rng)
    both = np.concatenate([ranks, len(pool.columns) - 1 - ranks])
    walker = Walker(pool.table, pool.predict, pool.known)
    found, _ = walker.walk(np.full(2 * len(others), row), np.tile(others, 2), both)
    # The background rows are given; only the orders are drawn, and each pair of orders is one draw.
    draws = found.reshape(2, pairs, len(background), -1).mean(axis=(0, 2))
    errors = draws.std(axis=0, ddof=1) / np.sqrt(pairs) if pairs > 1 else np.full(draws.shape[1], np.nan)
    return draws.mean(axis=0), errors


def _by_trees(pool: Pool, row: int, background: Ints) -> Floats | None:
    """Ask SHAP's tree explainer; None where it has no sound one for this model's score."""
    if pool.output != "score" or len(pool.model.classes) != 2:
        return None
    try:
        frame = pool.model.rows(pool.frame)
        explainer = shap_explainer(pool.model.estimator, frame, pool.position)
        if explainer.scale != "probability":
            return None
        return explainer.by_column(np.array([row]), background)[0]
    except ModelError:
        # Walks explain any model's score; the tree explainer is only the quicker way.
        return None
