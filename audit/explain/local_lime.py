"""LIME for one row: a small linear model of the output, fitted to rows around it (Ribeiro et al. 2016).

Numbers are cut into quarters of the drawn rows, and a missing value is a part of its own, so every column is
a category to LIME: a weight says what it does to the output that the row is in *its* part of the column and
not in another. The values that rows are put together from are values of the data.
"""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import InputError
from .local_methods import Attribution
from .local_pool import Pool
from .pairing import Floats, Ints

SAMPLES = 3000
PARTS = 4
"""A column of numbers is cut into so many parts of about equal size."""


def has_lime() -> bool:
    """Tell whether the package lime is installed."""
    return find_spec("lime") is not None


def lime_row(pool: Pool, row: int, *, samples: int = SAMPLES, seed: int = 0) -> Attribution:
    """Explain one row by LIME.

    Parameters
    ----------
    pool : Pool
    row : int
        Place of the explained row.
    samples : int
        Rows drawn around it.
    seed : int

    Returns
    -------
    Attribution
        ``base`` is the intercept of the linear model, and ``engine`` tells its fit, the weighted R²: a low
        one says that no line describes the model around this row.

    Raises
    ------
    InputError
        The package lime is not installed.
    """
    if not has_lime():
        raise InputError.of(
            "missing_package", "lime", 'LIME needs the package lime; pip install "evenhand[explain]"'
        )
    from lime.lime_tabular import LimeTabularExplainer  # noqa: PLC0415 - only this explanation needs it

    codes = _codes(pool)
    explainer = LimeTabularExplainer(
        codes[pool.others],
        mode="regression",
        feature_names=list(pool.columns),
        categorical_features=list(range(len(pool.columns))),
        random_state=np.random.RandomState(seed),
    )
    decode = _Decoder(pool, codes, row, np.random.default_rng(seed))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = explainer.explain_instance(
            codes[row], decode, num_features=len(pool.columns), num_samples=samples
        )
    values = np.zeros(len(pool.columns))
    for at, weight in found.local_exp[1]:
        values[at] = weight
    unknown = np.full(len(values), np.nan)
    fit = f"{samples} rows around it, R² {float(found.score):.2f}"
    return Attribution("lime", values, unknown, float(np.ravel(found.intercept[1])[0]), np.nan, fit)


class _Decoder:
    """Turns LIME's codes into rows: of the explained row's own part its own value, else one of the data."""

    def __init__(self, pool: Pool, codes: Floats, row: int, rng: np.random.Generator) -> None:
        self.pool, self.codes, self.row, self.rng = pool, codes, row, rng

    def __call__(self, asked: NDArray[Any]) -> Floats:
        places = np.tile(self.pool.places[self.row], (len(asked), 1))
        for at in range(asked.shape[1]):
            for code in np.unique(asked[:, at]):
                if code != self.codes[self.row, at]:
                    there = np.flatnonzero(asked[:, at] == code)
                    donors = self.pool.others[self.codes[self.pool.others, at] == code]
                    places[there, at] = self.pool.places[self.rng.choice(donors, len(there)), at]
        return self.pool.values(places)


def _codes(pool: Pool) -> Floats:
    return np.column_stack([_parts(pool, at) for at in range(len(pool.columns))]).astype(np.float64)


def _parts(pool: Pool, at: int) -> Ints:
    if not pool.numeric[at]:
        return pd.factorize(pool.frame.iloc[:, at])[0].astype(np.int64) + 1
    numbers, gone = pool.numbers[:, at], pool.absent[:, at]
    known = numbers[pool.others][np.isfinite(numbers[pool.others])]
    edges = np.unique(np.quantile(known, np.arange(1, PARTS) / PARTS)) if len(known) else np.zeros(0)
    codes = np.searchsorted(edges, numbers, side="left") + 1
    return np.where(gone, 0, codes)
