"""Whether a background sample resembles the data.

An explanation can be swayed by choosing the rows that it starts from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from ...errors import InputError, Problem
from ...metrics.groups import encode
from .encoding import encoded_rows
from .grids import kind_of_column, numbers_of
from .pairing import Floats


@dataclass(frozen=True)
class BackgroundTest:
    """A two-sample test of background rows against the data.

    Parameters
    ----------
    statistic : float
        Energy distance of the two samples, 0 where they are alike.
    p_value : float
        By permutation: how often a random sample of the data lies at least so far away.
    columns : tuple of (str, float)
        How far the distributions of each column lie apart, from 0 to 1, the furthest first
        (Kolmogorov-Smirnov distance of numbers, total variation of categories).
    background_rows, data_rows, permutations, seed : int
    """

    statistic: float
    p_value: float
    columns: tuple[tuple[str, float], ...]
    background_rows: int
    data_rows: int
    permutations: int
    seed: int


def background_test(
    background: pd.DataFrame,
    data: pd.DataFrame,
    *,
    permutations: int = 499,
    max_rows: int = 400,
    seed: int = 0,
) -> BackgroundTest:
    """Test whether background rows could be a random sample of the data.

    Parameters
    ----------
    background, data : pandas.DataFrame
        With the same columns; the background's rows should not be among those of the data given here.
    permutations : int
    max_rows : int
        More rows of either are sampled down.
    seed : int

    Returns
    -------
    BackgroundTest

    Raises
    ------
    InputError
        Columns differ, or one of the two has fewer than two rows.

    Notes
    -----
    Székely and Rizzo (2013), on mid-ranks of numbers (a missing value on an axis of its own) and
    indicators of categories, Euclidean. That explanations are swayed by chosen backgrounds: Laberge et
    al. (2023).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> data = pd.DataFrame({"age": rng.normal(40, 10, 400), "sex": rng.choice(["F", "M"], 400)})
    >>> background_test(data[:100], data[100:]).p_value > 0.01
    True
    >>> chosen = background_test(data[data["age"] > 45], data[data["age"] <= 45])
    >>> chosen.p_value, chosen.columns[0][0], round(chosen.columns[0][1], 6)
    (0.002, 'age', 1.0)
    """
    _refuse(background, data, permutations)
    rng = np.random.default_rng(seed)
    one, two = (_sampled(rows, max_rows, rng) for rows in (background, data[list(background.columns)]))
    both = pd.concat([one, two], ignore_index=True)
    points = _points(both)
    distance = cdist(points, points)
    count, split = len(both), len(one)
    labels = np.zeros((permutations + 1, count))
    labels[0, :split] = 1
    for at in range(1, permutations + 1):
        labels[at, rng.permutation(count)[:split]] = 1
    found = _energies(labels, distance, split)
    p_value = float((1 + (found[1:] >= found[0] - 1e-12).sum()) / (permutations + 1))
    apart = sorted(
        ((str(name), _apart(both[name], split)) for name in both.columns),
        key=lambda item: (-item[1], item[0]),
    )
    return BackgroundTest(
        max(float(found[0]), 0.0), p_value, tuple(apart), split, count - split, permutations, seed
    )


def _refuse(background: pd.DataFrame, data: pd.DataFrame, permutations: int) -> None:
    problems = []
    if set(background.columns) != set(data.columns):
        unlike = sorted(map(str, set(background.columns) ^ set(data.columns)))
        said = f"both need the same columns, but these are in one only: {', '.join(unlike[:10])}"
        problems.append(Problem("columns", "background, data", said))
    for name, rows in (("background", background), ("data", data)):
        if len(rows) < 2:
            problems.append(Problem("rows", name, f"at least 2 rows are needed, got {len(rows)}"))
    if permutations < 1:
        problems.append(Problem("permutations", "permutations", f"at least 1 is needed, got {permutations}"))
    if problems:
        raise InputError(problems)


def _sampled(rows: pd.DataFrame, size: int, rng: np.random.Generator) -> pd.DataFrame:
    return rows if len(rows) <= size else rows.iloc[np.sort(rng.choice(len(rows), size, replace=False))]


def _points(rows: pd.DataFrame) -> Floats:
    """Lay rows out so that every column spans about the same distance."""
    encoded = encoded_rows(rows)
    parts = []
    for at in range(encoded.matrix.shape[1]):
        values = encoded.matrix[:, at]
        if encoded.categorical[at]:
            parts.append((values[:, None] == np.arange(values.max() + 1)) / np.sqrt(2))
            continue
        absent = np.isnan(values)
        rank = pd.Series(values).rank(pct=True).fillna(0.5).to_numpy()
        parts.append(np.column_stack([rank * np.sqrt(2), absent.astype(np.float64)]))
    return np.concatenate(parts, axis=1)


def _energies(labels: Floats, distance: Floats, split: int) -> Any:
    """Energy distance for every labelling: twice the mean across, less the means within."""
    other = distance.shape[0] - split
    toward = labels @ distance
    inside = (toward * labels).sum(axis=1)
    across = toward.sum(axis=1) - inside
    whole = distance.sum()
    outside = whole - inside - 2 * across
    return 2 * across / (split * other) - inside / split**2 - outside / other**2


def _apart(values: pd.Series[Any], split: int) -> float:
    if kind_of_column(values) == "number":
        level = np.unique(numbers_of(values), return_inverse=True)[1]
    else:
        level = encode(values, str(values.name)).codes.astype(np.int64)
    size = int(level.max(initial=0)) + 1
    one, two = (np.bincount(part, minlength=size) / len(part) for part in (level[:split], level[split:]))
    if kind_of_column(values) == "number":
        return min(float(np.abs(np.cumsum(one - two)).max()), 1.0)
    return float(np.abs(one - two).sum() / 2)
