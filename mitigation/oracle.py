"""The estimator that fairlearn's loops train: it learns the caller's classes, counts and keeps time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from ..errors import InputError
from .base import fit_weighted

Progress = Callable[[str, int, int], None]
"""Called with what is done, how many steps are done, and how many there are at most."""


@dataclass
class Watch:
    """Counts the models that a loop trains, and tells when its time is up.

    Parameters
    ----------
    name : str
        What is being done, for the progress callback.
    most : int
        Steps at most.
    seconds : float or None
        None: no limit.
    progress : callable or None
    halt : callable or None
        Called once when the time is up, so that a loop can end at its next step.
    """

    name: str
    most: int
    seconds: float | None
    progress: Progress | None
    halt: Callable[[], None] | None = None
    trained: int = 0
    stopped: bool = False
    began: float = field(default_factory=time.monotonic)

    def is_up(self) -> bool:
        """Tell whether the time is up, and remember it; the first model is always trained."""
        if self.stopped or self.seconds is None or not self.trained:
            return self.stopped
        if time.monotonic() - self.began >= self.seconds:
            self.stopped = True
            if self.halt is not None:
                self.halt()
        return self.stopped

    def count(self) -> None:
        """Count one model."""
        self.trained += 1
        if self.progress is not None:
            self.progress(self.name, min(self.trained, self.most), self.most)


class Oracle(BaseEstimator):  # type: ignore[misc]
    """An estimator of labels 0 and 1 around one of the caller's classes.

    After the time is up it answers as the first model that was trained, which a loop takes for no news.

    Parameters
    ----------
    estimator : estimator
    watch : Watch
    pair : ndarray of shape (2,) or None
        The caller's negative and positive class; None for numbers.
    first : list
        Holds the first fitted copy.
    """

    def __init__(self, estimator: Any, watch: Watch, pair: Any, first: list[Any]) -> None:
        self.estimator = estimator
        self.watch = watch
        self.pair = pair
        self.first = first

    def __sklearn_clone__(self) -> Oracle:
        return Oracle(self.estimator, self.watch, self.pair, self.first)

    def __deepcopy__(self, memo: Any) -> Oracle:
        return self.__sklearn_clone__()

    def fit(self, X: Any, y: Any, sample_weight: Any) -> Oracle:
        """Train a clone of the estimator on the caller's classes; or, out of time, take the first."""
        if self.watch.is_up():
            self.fitted_ = self.first[0]
            return self
        weights = np.asarray(sample_weight, dtype=np.float64)
        self.fitted_ = fit_weighted(self.estimator, X, self._answers(y), weights)
        if not self.first:
            self.first.append(self.fitted_)
        self.watch.count()
        return self

    def _answers(self, y: Any) -> Any:
        return np.asarray(y) if self.pair is None else self.pair[np.asarray(y, dtype=np.int64)]

    def predict(self, X: Any) -> Any:
        """Predict 0 or 1; or the number."""
        given = np.asarray(self.fitted_.predict(X))
        if self.pair is not None:
            return (given == self.pair[1]).astype(np.int64)
        if given.ndim != 1:
            raise InputError.of(
                "shape", "estimator", f"one number a row is needed, got the shape {given.shape}"
            )
        return given
