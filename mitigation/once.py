"""Methods that act after training train the same model on the same rows: in one search, once is enough."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from .base import Sensitivity, Wrapper, fit_weighted

_KEPT: dict[tuple[str, ...], Any] = {}
"""What this process has trained and scored for the search in hand: its first key is the search."""


class FitOnce(Wrapper):
    """Train an estimator once for each choice of rows, and let it score each choice of rows once.

    Rows are told apart by their index, so that it serves within one search, whose rows have unique names;
    with another search everything is forgotten.

    Parameters
    ----------
    estimator : estimator
    search : str
        Names the search.

    Attributes
    ----------
    estimator_ : estimator
    """

    needs_sensitive: ClassVar[Sensitivity] = "never"

    def __init__(self, estimator: Any, *, search: str = "") -> None:
        self.estimator = estimator
        self.search = search

    def fit(self, X: Any, y: Any, *, sensitive_features: Any = None, sample_weight: Any = None) -> FitOnce:  # noqa: ARG002 - a wrapper's signature
        """Train, or take what was trained on these rows before.

        Parameters
        ----------
        X : frame of shape (rows, columns)
        y : array-like of shape (rows,)
        sensitive_features : ignored
        sample_weight : array-like of shape (rows,), optional

        Returns
        -------
        FitOnce
            Itself.
        """
        self.key_ = _digest(X.index, X.columns, y, sample_weight)
        kept = _of_search(self.search)
        place = (self.search, self.key_)
        if place not in kept:
            kept[place] = fit_weighted(self.estimator, X, y, sample_weight)
        self.estimator_ = kept[place]
        return self

    def _ask(self, method: str, X: Any) -> Any:
        check_is_fitted(self)
        kept = _of_search(self.search)
        place = (self.search, self.key_, method, _digest(X.index))
        if place not in kept:
            kept[place] = getattr(self.estimator_, method)(X)
        return kept[place]


def _of_search(search: str) -> dict[tuple[str, ...], Any]:
    if _KEPT and next(iter(_KEPT))[0] != search:
        _KEPT.clear()
    return _KEPT


def _digest(*parts: Any) -> str:
    """Name some columns by what they hold.

    Examples
    --------
    >>> _digest(pd.Index([1, 2])) == _digest(pd.Index([1, 2])) != _digest(pd.Index([2, 1]))
    True
    """
    total = hashlib.sha256()
    for part in parts:
        values = np.empty(0) if part is None else np.asarray(part)
        hashed = pd.util.hash_array(values) if values.size else values
        total.update(hashed.tobytes())
        total.update(str(values.shape).encode())
    return total.hexdigest()
