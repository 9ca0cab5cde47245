"""Whether a model behaves differently on rows that do not occur: then explanations say nothing of people.

SHAP and LIME ask a model about rows put together from several people. A model can be built to notice such
rows and answer them innocently, while it discriminates on real ones (Slack et al. 2020). So three things are
looked at: whether such rows can be told from real ones at all; whether what a stand-in learns of the model on
real rows still holds on perturbed rows; and whether the model leans on the same columns on both.

An honest model may answer strangely far from the data, too, and lean there on another of two columns that
tell the same. So an alarm needs both of the last two signs, beyond what honest models of many kinds showed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from ...errors import InputError
from .asking import Scorer, scorer_of
from .encoding import Encoded, encoded_rows
from .pairing import Floats, Ints

LOST = 0.85
"""Alarm: so much of the stand-in's fidelity on real rows is lost on perturbed rows (honest: up to 0.7)."""
MOVED = 0.25
"""Alarm: and so much of the reliance lies on other columns on perturbed rows (honest: up to 0.5)."""
LEAST_R2 = 0.3
"""A stand-in with less than this R2 on real rows tells nothing."""


@dataclass(frozen=True)
class ColumnUse:
    """How much of the model's reliance lies on one column.

    Parameters
    ----------
    column : str
    real : float
        Share on real rows, by the stand-in; in [0, 1].
    perturbed : float
        Share on perturbed rows, by the model itself.
    """

    column: str
    real: float
    perturbed: float


@dataclass(frozen=True)
class OffManifold:
    """How a model behaves on real and on perturbed rows.

    Parameters
    ----------
    detector_auc : float
        How well real and perturbed rows can be told apart, out of sample; 0.5 not at all.
    real_mean, perturbed_mean : float
        Mean output.
    real_r2, perturbed_r2 : float
        How well the stand-in, fitted on real rows, gives the model's output on other real rows and on
        perturbed ones.
    lost : float
        Fidelity lost on perturbed rows, as a share of ``real_r2``; in [0, 1], nan where the stand-in tells
        nothing.
    moved : float
        Half the sum of the differences between the columns' shares on real and on perturbed rows; in [0, 1].
    uses : tuple of ColumnUse
        The largest difference first.
    rows, seed : int
    """

    detector_auc: float
    real_mean: float
    perturbed_mean: float
    real_r2: float
    perturbed_r2: float
    lost: float
    moved: float
    uses: tuple[ColumnUse, ...]
    rows: int
    seed: int

    @property
    def checked(self) -> bool:
        """Whether the check can tell: a stand-in imitates the model on real rows."""
        return self.real_r2 >= LEAST_R2

    @property
    def alarm(self) -> bool:
        """Whether the model behaves differently on rows that do not occur: both signs together."""
        return self.checked and self.lost >= LOST and self.moved >= MOVED


def off_manifold_check(
    predict: Callable[[Any], Any] | Scorer,
    X: pd.DataFrame,
    *,
    max_rows: int = 1600,
    seed: int = 0,
) -> OffManifold:
    """Compare a model's behaviour on real rows with that on rows as SHAP and LIME perturb them.

    Parameters
    ----------
    predict : callable or Scorer
        A frame like ``X`` to one number a row.
    X : pandas.DataFrame of shape (rows, columns)
        Real rows; at least 100.
    max_rows : int
        More are sampled down; half of them train the stand-in, half test it.
    seed : int

    Returns
    -------
    OffManifold

    Raises
    ------
    InputError
        There are fewer than 100 rows.
    ModelError
        The function fails its contract.

    Notes
    -----
    Half of the perturbed rows take a random set of columns from one other row (as SHAP's do), half take each
    column of a random set from a row of its own (as LIME's do). Values that no row holds are not tried. A
    scaffold that hides one of two columns which tell the same, or a model with no regularity on real rows, is
    beyond this check.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"a": rng.normal(size=400), "b": rng.normal(size=400)})
    >>> found = off_manifold_check(lambda rows: (rows["a"] + rows["b"] > 0) * 1.0, X)
    >>> found.alarm, found.real_r2 > 0.5
    (False, True)
    """
    if len(X) < 100:
        said = f"at least 100 rows are needed to learn what real rows look like, got {len(X)}"
        raise InputError.of("rows", "X", said)
    scorer = scorer_of(predict, X)
    with threadpool_limits(1):  # threads cost more than they bring with so few rows
        return _checked(scorer, max_rows, seed)


def _checked(scorer: Scorer, max_rows: int, seed: int) -> OffManifold:
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(scorer.X))[:max_rows]
    train, test = order[: len(order) // 2], order[len(order) // 2 :]
    rows = encoded_rows(scorer.X)
    picks = perturbed_picks(test, rows.matrix.shape[1], rng)
    perturbed = _encode(rows, picks)
    real_out, perturbed_out = scorer.known[test], scorer.ask(picks)
    stand_in = _regressor(rows, seed).fit(rows.matrix[train], scorer.known[train])
    real = _r2(real_out, stand_in.predict(rows.matrix[test]))
    off = _r2(perturbed_out, stand_in.predict(perturbed))
    uses = _uses(scorer, rows, stand_in, test, picks, rng)
    return OffManifold(
        detector_auc=_detector(rows, rows.matrix[order], perturbed, seed),
        real_mean=float(real_out.mean()),
        perturbed_mean=float(perturbed_out.mean()),
        real_r2=real,
        perturbed_r2=off,
        lost=_lost(real, off),
        moved=math.fsum(abs(use.real - use.perturbed) for use in uses) / 2,
        uses=uses,
        rows=len(order),
        seed=seed,
    )


def perturbed_picks(rows: Ints, columns: int, rng: np.random.Generator) -> Ints:
    """Draw perturbed rows: which row each column is taken from.

    Parameters
    ----------
    rows : ndarray of int, shape (n,)
    columns : int
    rng : Generator

    Returns
    -------
    ndarray of int, shape (n, columns)
        The first half as SHAP perturbs, the second as LIME does; at least one column is taken from elsewhere,
        and one is kept, where there are two.

    Examples
    --------
    >>> perturbed_picks(np.arange(6), 3, np.random.default_rng(0)).shape
    (6, 3)
    """
    count, half = len(rows), len(rows) // 2
    size = rng.integers(1, max(columns, 2), size=count)
    away = np.argsort(np.argsort(rng.random((count, columns)), axis=1), axis=1) < size[:, None]
    donors = rng.choice(rows, size=(count, columns))
    donors[:half] = donors[:half, :1]
    return np.where(away, donors, np.asarray(rows)[:, None]).astype(np.int64)


def _encode(rows: Encoded, picks: Ints) -> Floats:
    found: Floats = rows.matrix[picks, np.arange(picks.shape[1])]
    return found


def _regressor(rows: Encoded, seed: int) -> HistGradientBoostingRegressor:
    return HistGradientBoostingRegressor(
        max_iter=50,
        learning_rate=0.15,
        max_leaf_nodes=15,
        min_samples_leaf=10,
        categorical_features=rows.categorical,
        early_stopping=False,
        random_state=seed,
    )


def _detector(rows: Encoded, real: Floats, perturbed: Floats, seed: int) -> float:
    """Train on half of both kinds, and rank the other half."""
    points = np.concatenate([real, perturbed])
    truth = np.concatenate([np.ones(len(real)), np.zeros(len(perturbed))])
    fold = np.concatenate([np.arange(len(real)) % 2, np.arange(len(perturbed)) % 2])
    # A perturbed row shares values with the real row it came from: the other half holds neither.
    model = HistGradientBoostingClassifier(
        max_iter=40,
        learning_rate=0.2,
        max_leaf_nodes=15,
        categorical_features=rows.categorical,
        early_stopping=False,
        random_state=seed,
    )
    scores = model.fit(points[fold == 0], truth[fold == 0]).predict_proba(points[fold == 1])[:, 1]
    ranks, own = rankdata(scores), truth[fold == 1] == 1
    inside = int(own.sum())
    pairs = inside * (len(own) - inside)
    return float((ranks[own].sum() - inside * (inside + 1) / 2) / pairs)


def _r2(out: Floats, given: Floats) -> float:
    around = float(((out - out.mean()) ** 2).mean())
    return 1 - float(((out - given) ** 2).mean()) / around if around > 1e-18 else math.nan


def _lost(real: float, off: float) -> float:
    if not real >= LEAST_R2:
        return math.nan
    if math.isnan(off):
        return 1.0  # the output varies on real rows and is constant on perturbed ones
    return float(np.clip((real - off) / real, 0.0, 1.0))


def _uses(  # noqa: PLR0917 - the model and its stand-in, and the rows that both are asked about
    scorer: Scorer, rows: Encoded, stand_in: Any, real: Ints, picks: Ints, rng: np.random.Generator
) -> tuple[ColumnUse, ...]:
    """Shuffle each column: on real rows the stand-in answers, on perturbed rows the model."""
    own, off = scorer.ask(picks), stand_in.predict(rows.matrix[real])
    on_real, on_perturbed = [], []
    for at in range(picks.shape[1]):
        donors = rng.permutation(real)
        swapped, varied = rows.matrix[real].copy(), picks.copy()
        swapped[:, at] = rows.matrix[donors, at]
        varied[:, at] = donors
        on_real.append(float(np.abs(stand_in.predict(swapped) - off).mean()))
        on_perturbed.append(float(np.abs(scorer.ask(varied) - own).mean()))
    found = [
        ColumnUse(name, one, other)
        for name, one, other in zip(scorer.columns, _shares(on_real), _shares(on_perturbed), strict=True)
    ]
    return tuple(sorted(found, key=lambda use: (-abs(use.real - use.perturbed), use.column)))


def _shares(sizes: list[float]) -> list[float]:
    total = math.fsum(sizes)
    return [size / total if total > 0 else 0.0 for size in sizes]
