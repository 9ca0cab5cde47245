"""Any scikit-learn scorer on decisions and scores that are ready, with intervals by a paired bootstrap."""

from __future__ import annotations

import inspect
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.utils.metaestimators import available_if

from ..errors import InputError, Reason, did_you_mean
from ..metrics.results import Estimate, Interval
from .paired_intervals import percentile
from .rows import Floats

METHOD = "percentile bootstrap of rows, the same rows for both models"


def _scored(ready: Ready) -> bool:
    return ready.scores is not None


class Ready(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Decisions and scores that were made before, as a classifier of row numbers.

    Parameters
    ----------
    decisions : ndarray of bool, shape (rows,)
    scores : ndarray of float, shape (rows,), or None
        Without scores it has no ``predict_proba``, and scorers that need one refuse it.
    """

    def __init__(self, decisions: Any, scores: Any = None) -> None:
        self.decisions = decisions
        self.scores = scores
        self.classes_ = np.array([0, 1])

    def predict(self, X: Any) -> Any:
        """Give the decisions on rows, named by their numbers; shape (rows,)."""
        return np.asarray(self.decisions)[np.asarray(X).ravel()].astype(int)

    @available_if(_scored)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Any:
        """Give the scores of rows, named by their numbers; shape (rows, 2)."""
        chosen = np.asarray(self.scores)[np.asarray(X).ravel()]
        return np.column_stack([1 - chosen, chosen])


@dataclass(frozen=True)
class ScoreChange:
    """A score before and after on the same rows."""

    before: Estimate
    after: Estimate
    change: Estimate


def scorer_named(name: str) -> Any:
    """Find a scorer of scikit-learn.

    Raises
    ------
    InputError
        There is none of that name.
    """
    if name not in get_scorer_names():
        known = did_you_mean(name, get_scorer_names())
        message = f"a scorer of scikit-learn is wanted, got {name!r}; {known}"
        raise InputError.of("unknown_scorer", "scoring", message)
    return get_scorer(name)


def score_change(
    scoring: str,
    labels: NDArray[Any],
    before: Ready,
    after: Ready,
    *,
    sample_weight: Floats | None = None,
    level: float = 0.95,
    draws: int = 200,
    seed: int = 0,
) -> ScoreChange:
    """Score two models on the same rows, with an interval for each and for the change.

    Parameters
    ----------
    scoring : str
        A name that scikit-learn knows.
    labels : ndarray of 0/1, shape (rows,)
    before, after : Ready
    sample_weight : ndarray of float, shape (rows,), optional
    level : float
        Nominal coverage, in (0, 1).
    draws : int
        Of the bootstrap.
    seed : int

    Returns
    -------
    ScoreChange
        nan with a reason where a score cannot be computed, as of a model without probabilities by a scorer
        that needs them. Higher is better in every scorer of scikit-learn.

    Raises
    ------
    InputError
        There is no such scorer.

    Examples
    --------
    >>> labels = np.array([0, 1] * 50)
    >>> worse, better = Ready(np.array([0, 1, 0, 0] * 25)), Ready(labels)
    >>> change = score_change("balanced_accuracy", labels, worse, better).change
    >>> change.value, change.interval.low > 0.1
    (0.25, True)
    """
    scorer = scorer_named(scoring)
    rows = len(labels)
    rng = np.random.default_rng(seed)
    picks = [np.arange(rows), *(rng.integers(0, rows, rows) for _ in range(draws))]
    drawn = np.array(
        [[_score(scorer, model, pick, labels, sample_weight) for model in (before, after)] for pick in picks]
    )
    first, second = drawn[:, 0], drawn[:, 1]
    return ScoreChange(*(_estimate(values, level, rows) for values in (first, second, second - first)))


def _estimate(values: Floats, level: float, rows: int) -> Estimate:
    if not np.isfinite(values[0]):
        return Estimate(float("nan"), rows=rows, reason=Reason.NO_SCORES)
    ends = percentile(values[1:], level)
    interval = None if ends is None else Interval(*ends, level, METHOD)
    return Estimate(float(values[0]), interval, rows=rows)


def _score(
    scorer: Any, model: Ready, pick: NDArray[Any], labels: NDArray[Any], weight: Floats | None
) -> float:
    given = {} if weight is None or not _weighs(scorer) else {"sample_weight": weight[pick]}
    try:
        with warnings.catch_warnings():
            # scikit-learn warns of draws without positive labels, whose score is then left out.
            warnings.simplefilter("ignore")
            return float(scorer(model, pick.reshape(-1, 1), labels[pick], **given))
    except (AttributeError, ValueError, TypeError):
        return float("nan")


def _weighs(scorer: Any) -> bool:
    function = getattr(scorer, "_score_func", None)
    return function is None or "sample_weight" in inspect.signature(function).parameters
