"""Logistic regression of labels on the logit of scores, from counts by bin, for all groups at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from .rates import divide
from .scores_table import Floats

_STEPS = 60
_CLOSE = 1e-11


@dataclass(frozen=True, eq=False)
class LogitCounts:
    """Logits of mean scores, and sums of weights of both labels, by group and bin; (G, B)."""

    x: Floats
    negatives: Floats
    positives: Floats

    def chance(self, a: Floats, b: Floats | float) -> Floats:
        """Give the fitted chance of a positive at intercepts ``a`` and slopes ``b`` of shape (G,)."""
        return np.asarray(special.expit(a[:, None] + np.asarray(b).reshape(-1, 1) * self.x))

    def sums(self, p: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """Both score equations and the three parts of the information, (G,) each."""
        total = self.positives + self.negatives
        residual, w = self.positives - total * p, total * p * (1 - p)
        wx = w * self.x
        return (
            residual.sum(axis=1), (residual * self.x).sum(axis=1),
            w.sum(axis=1), wx.sum(axis=1), (wx * self.x).sum(axis=1),
        )  # fmt: skip

    def likelihood(self, a: Floats, b: Floats) -> Floats:
        """Give the logarithm of the likelihood of every group."""
        eta = a[:, None] + b[:, None] * self.x
        fit = self.positives * special.log_expit(eta) + self.negatives * special.log_expit(-eta)
        return np.asarray(fit.sum(axis=1))


def fit_line(data: LogitCounts, usable: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Fit intercept and slope by Newton's method for all groups at once; nan where not usable.

    Steps are halved where the likelihood would fall.

    Examples
    --------
    >>> data = LogitCounts(np.array([[-1.0, 1.0]]), np.array([[6.0, 4.0]]), np.array([[4.0, 6.0]]))
    >>> [one.round(4).tolist() for one in fit_line(data, np.array([True]))]
    [[0.0], [0.4055]]
    """
    positive, total = data.positives.sum(axis=1), (data.positives + data.negatives).sum(axis=1)
    a = np.where(usable, special.logit(np.where(usable, divide(positive, total), 0.5)), 0.0)
    b, now = np.zeros_like(a), data.likelihood(a, np.zeros_like(a))
    for _ in range(_STEPS):
        u, v, h, k, q = data.sums(data.chance(a, b))
        determinant = np.where(usable, h * q - k * k, 1.0)
        da, db = divide(q * u - k * v, determinant), divide(h * v - k * u, determinant)
        da, db = (np.where(usable & np.isfinite(d), d, 0.0) for d in (da, db))
        for _ in range(30):
            following = data.likelihood(a + da, b + db)
            worse = following < now - 1e-9 * np.abs(now)
            if not worse.any():
                break
            da, db = np.where(worse, da / 2, da), np.where(worse, db / 2, db)
        a, b, now = a + da, b + db, following
        if (np.abs(da) + np.abs(db)).max(initial=0.0) < _CLOSE:
            break
    return np.where(usable, a, np.nan), np.where(usable, b, np.nan)


def fit_offset(data: LogitCounts, usable: NDArray[np.bool_]) -> Floats:
    """Fit the intercept with the slope at 1, by Newton's method with short steps; nan where not usable.

    Examples
    --------
    >>> data = LogitCounts(np.array([[-1.0, 1.0]]), np.array([[6.0, 4.0]]), np.array([[4.0, 6.0]]))
    >>> abs(float(fit_offset(data, np.array([True]))[0])) < 1e-9
    True
    """
    a = np.zeros(len(data.x))
    for _ in range(_STEPS):
        u, _, h, _, _ = data.sums(data.chance(a, 1.0))
        step = np.where(usable, np.clip(np.nan_to_num(divide(u, h)), -2, 2), 0.0)
        a = a + step
        if np.abs(step).max(initial=0.0) < _CLOSE:
            break
    return np.where(usable, a, np.nan)
