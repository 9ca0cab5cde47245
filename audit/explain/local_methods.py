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
import pandas as pd

from ...errors import ModelError
from .exact_games import shapley_matrix
from .local_pool import BATCH, Pool
from .pairing import Floats, Ints
from .shap_models import shap_explainer
from .walks import Walker, random_ranks

MOST_MIXED = 250_000
"""Subsets times background rows, up to which all subsets of the columns that differ are tried."""
ORDERS = 4
"""Orders of the columns a background row, where orders are drawn; half of them are the others reversed."""
PARTS = 10
"""The tree explainer's background is used in so many parts; how they differ tells the error of its draw."""


@dataclass(frozen=True)
class Attribution:
    """What each column adds to the output of one row, by one method.

    Parameters
    ----------
    method : str
    values : ndarray of float, shape (columns,)
    errors : ndarray of float, shape (columns,)
        Standard error over other draws of the background and of what else the method draws; nan where it
        cannot tell.
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
    pool: Pool, row: int, background: Ints, *, orders: int = ORDERS, exact: int = MOST_MIXED, seed: int = 0
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
        Subsets are enumerated where their number times the background's rows is no larger.
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
    if 2.0 ** differs.sum() * len(background) <= exact:
        found, engine = _enumerated(pool, row, background, differs), "all subsets"
    else:
        by_trees = _by_trees(pool, row, background)
        if by_trees is not None:
            found, engine = by_trees, "SHAP TreeExplainer"
        else:
            found = _walked(pool, row, background, orders, np.random.default_rng(seed))
            engine = f"{orders} orders of the columns a background row"
    values, errors = found.mean(axis=0), _errors(found)
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
    return Attribution(
        "occlusion", lost.mean(axis=1), _errors(lost.T), np.nan, np.nan, f"{count} replacements"
    )


def _errors(found: Floats) -> Floats:
    """Give standard errors of the mean over independent draws, shape (draws, columns)."""
    if len(found) < 2:
        return np.full(found.shape[1], np.nan)
    spread: Floats = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    return spread


def _enumerated(pool: Pool, row: int, background: Ints, differs: Ints) -> Floats:
    """Try all subsets of the columns that differ, for each background row: shape (background, columns)."""
    players = np.flatnonzero(differs)
    values = np.zeros((len(background), len(differs)))
    if not len(players):
        return values
    taken = ((np.arange(2 ** len(players))[:, None] >> np.arange(len(players))) & 1).astype(bool)
    own = pool.places[row, players]
    size = max(1, BATCH // len(taken))
    for at in range(0, len(background), size):
        others = background[at : at + size]
        mixed = np.repeat(pool.places[others][:, None, :], len(taken), axis=1)
        mixed[:, :, players] = np.where(taken[None], own, mixed[:, :, players])
        worth = pool.values(mixed.reshape(-1, len(differs))).reshape(len(others), len(taken))
        values[at : at + size, players] = worth @ shapley_matrix(len(players))
    return values


def _walked(pool: Pool, row: int, background: Ints, orders: int, rng: np.random.Generator) -> Floats:
    """Walk from each background row to the row, in pairs of orders: shape (background, columns)."""
    pairs = max(1, orders // 2)
    others = np.tile(background, pairs)
    ranks = random_ranks(len(others), len(pool.columns), rng)
    both = np.concatenate([ranks, len(pool.columns) - 1 - ranks])
    walker = Walker(pool.table, pool.predict, pool.known)
    (found,), _ = walker.walk(np.full(2 * len(others), row), np.tile(others, 2), both)
    means: Floats = found.reshape(2, pairs, len(background), -1).mean(axis=(0, 1))
    return means


def _by_trees(pool: Pool, row: int, background: Ints) -> Floats | None:
    """Ask SHAP's tree explainer: shape (parts, columns); None where it has no sound one for the score."""
    if pool.output != "score" or len(pool.model.classes) != 2:
        return None
    rows = pool.model.rows(pool.frame)
    if not isinstance(rows, pd.DataFrame):
        return None
    parts = np.array_split(background, min(PARTS, len(background)))
    # Weighed by their sizes, so that the mean over the parts is that over all rows.
    weights = np.array([len(part) * len(parts) / len(background) for part in parts])
    try:
        explainer = shap_explainer(pool.model.estimator, rows, pool.position)
        if explainer.scale != "probability":
            return None
        found = [explainer.by_column(np.array([row]), part)[0] for part in parts]
    except ModelError:
        # Walks explain any model's score; the tree explainer is only the quicker way.
        return None
    weighed: Floats = weights[:, None] * np.stack(found)
    return weighed
