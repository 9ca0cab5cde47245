"""Label bias or feature bias: a diagnostic model, trained without the protected attribute and with it.

A gap in scores does not tell whether the labels that a model learnt differ between people who are otherwise
alike, or whether the columns themselves differ. If a model is trained with the protected attribute, it puts
on the attribute what the labels owe to it, and leaves the rest with the other columns (Lundberg, SHAP's
notebook on measures of fairness).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import InputError
from .exact import explain_gap_exact
from .explained import Explained
from .pairing import Floats

LEARNER = "Histogram gradient boosting"
ATTRIBUTE = "(protected attribute)"
ROUNDS = 100


@dataclass(frozen=True)
class LabelCheckResult:
    """What the columns contribute to the diagnostic model's gap in log-odds.

    Parameters
    ----------
    without, added : Explained
        Of the model that was not given the attribute, and of the one that was; there it is the last player,
        ``ATTRIBUTE``.
    """

    without: Explained
    added: Explained

    @property
    def own(self) -> float:
        """What the attribute itself contributes once it is given."""
        return self.added.bar(ATTRIBUTE).value

    @property
    def moved(self) -> float:
        """How far the other columns' contributions, together, moved when it was given."""
        return self.added.total - self.own - self.without.total


def check_labels(
    train: pd.DataFrame,
    train_labels: NDArray[np.bool_],
    train_attribute: NDArray[np.integer[Any]],
    test: pd.DataFrame,
    test_attribute: NDArray[np.integer[Any]],
    *,
    group: int,
    reference: int,
    train_weight: Floats | None = None,
    test_weight: Floats | None = None,
    seed: int = 0,
    level: float = 0.95,
) -> LabelCheckResult:
    """Train the diagnostic model twice, and explain the gap between two groups in both.

    Parameters
    ----------
    train, test : pandas.DataFrame
        The same columns, the protected attribute not among them.
    train_labels : ndarray of bool, shape (rows of train,)
    train_attribute, test_attribute : ndarray of int
        Each row's group, as a number.
    group, reference : int
        The numbers of the groups whose gap is explained.
    train_weight, test_weight : ndarray of float, optional
    seed : int
    level : float

    Returns
    -------
    LabelCheckResult

    Raises
    ------
    InputError
        The training labels are all alike; or one of the groups has no rows.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> skill, woman = rng.normal(size=600), rng.integers(0, 2, 600)
    >>> labels = skill - 1.5 * woman > 0
    >>> X = pd.DataFrame({"skill": skill})
    >>> found = check_labels(X, labels, woman, X, woman, group=1, reference=0)
    >>> bool(found.own < -1), bool(abs(found.without.total) < abs(found.own) / 2)
    (True, True)
    """
    if len(np.unique(train_labels)) < 2:
        raise InputError.of(
            "one_class", "train", "labels of both kinds are needed to learn from, got one kind"
        )
    numbered = [_numbered(train, test, frame) for frame in (train, test)]
    rows = {"group_rows": test_attribute == group, "reference_rows": test_attribute == reference}
    found = []
    for given in (False, True):
        one, two = (
            frame.assign(**{ATTRIBUTE: codes.astype(np.float64)}) if given else frame
            for frame, codes in zip(numbered, (train_attribute, test_attribute), strict=True)
        )
        model = _learner(seed).fit(one, train_labels.astype(np.int64), sample_weight=train_weight)
        found.append(explain_gap_exact(model, two, **rows, sample_weight=test_weight, level=level))
    return LabelCheckResult(*found)


def _learner(seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - only this check needs it

    return HistGradientBoostingClassifier(
        max_iter=ROUNDS, learning_rate=0.1, early_stopping=False, random_state=seed
    )


def _numbered(train: pd.DataFrame, test: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    # Words become numbers in alphabetical order; what is missing stays missing.
    columns = {}
    for name in train.columns:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
            columns[str(name)] = column.to_numpy(dtype=np.float64, na_value=np.nan)
            continue
        words = pd.concat([train[name], test[name]]).dropna().astype(str).unique()
        codes = pd.Categorical(column.astype(str).where(column.notna()), categories=sorted(words)).codes
        columns[str(name)] = np.where(codes < 0, np.nan, codes)
    return pd.DataFrame(columns)
