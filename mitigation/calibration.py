"""Calibration for each group: a score of 0.7 then means seven positives in ten, whatever the group.

Two ways: Platt's, a logistic regression on the logit of the score (J. Platt, "Probabilistic Outputs for
Support Vector Machines", 1999), and isotonic regression (B. Zadrozny and C. Elkan, KDD 2002).
"""

from __future__ import annotations

import warnings
from typing import Any, ClassVar, Literal

import numpy as np
from scipy import special
from scipy.optimize import isotonic_regression

from ..errors import EvenhandWarning
from ..metrics.scores_logistic import LogitCounts, fit_line
from .decision import GroupDecider
from .group_reader import POOLED
from .options import choice_problems, refuse, size_problems, strength_problems
from .rows import Floats, Integers
from .training_rows import TrainingRows

_CLIP = 1e-6


class GroupCalibration(GroupDecider):
    """Calibrate a classifier's scores within each group, on held-out scores of the training rows.

    Calibration and equal error rates cannot both hold where base rates differ (Kleinberg, Mullainathan and
    Raghavan 2016): this method serves those who read the score, not a limit on decisions.

    Parameters
    ----------
    estimator : classifier
        With ``predict_proba``. In a ``sklearn.frozen.FrozenEstimator`` it is taken as trained.
    sensitive_columns, unseen, pos_label, cv, random_state
        As in `GroupThresholds`.
    method : {"sigmoid", "isotonic"}
        Platt's needs few rows; isotonic regression follows any rising curve and wants a thousand or more.
    strength : float in [0, 1]
        The share of the calibrated score in the new one; the rest is the score as it was.
    min_group_size : int
        A group with fewer rows of either label is calibrated together with all rows, and a warning says so.

    Attributes
    ----------
    estimator_ : classifier
    inputs_, outputs_ : list of ndarray
        For each of ``groups_`` and last for all rows together: the calibration maps ``inputs_`` to
        ``outputs_``, linearly between them. For "sigmoid" on the logit scale.
    groups_, group_names_, free_groups_ : list
        As in `GroupThresholds`; the last are calibrated with all rows.

    Raises
    ------
    InputError
        At ``fit``: no binary classifier with probabilities, an unknown method, or unfit rows.

    References
    ----------
    Platt (1999); Zadrozny and Elkan (2002), Transforming Classifier Scores into Accurate Multiclass
    Probability Estimates; for groups Pleiss, Raghavan, Wu, Kleinberg and Weinberger (2017).

    Examples
    --------
    Among men half of the rows are positive whatever the score says; among women it is right.

    >>> from sklearn.linear_model import LogisticRegression
    >>> X = [[0.0], [1.0]] * 100
    >>> sex = ["F", "F", "M", "M"] * 50
    >>> y = [0, 1, 0, 0, 0, 1, 1, 1] * 25
    >>> model = GroupCalibration(LogisticRegression()).fit(X, y, sensitive_features=sex)
    >>> model.predict_proba([[0.0], [1.0]], sensitive_features=["M", "M"])[:, 1].round(2).tolist()
    [0.5, 0.5]
    """

    strength_parameter: ClassVar[str | None] = "strength"
    strengths: ClassVar[tuple[float, ...]] = (0.5, 1.0)

    def __init__(
        self,
        estimator: Any,
        *,
        sensitive_columns: Any = None,
        method: Literal["sigmoid", "isotonic"] = "sigmoid",
        strength: float = 1.0,
        min_group_size: int = 30,
        unseen: Literal["error", "pooled"] = "error",
        pos_label: Any = None,
        cv: Any = 5,
        random_state: int = 0,
    ) -> None:
        self.estimator = estimator
        self.sensitive_columns = sensitive_columns
        self.method = method
        self.strength = strength
        self.min_group_size = min_group_size
        self.unseen = unseen
        self.pos_label = pos_label
        self.cv = cv
        self.random_state = random_state

    def _learn(self, scores: Floats, rows: TrainingRows) -> None:
        refuse(
            strength_problems(self.strength),
            size_problems(self.min_group_size),
            choice_problems(self.method, ("sigmoid", "isotonic"), "method"),
        )
        groups, codes = len(rows.groups.levels), rows.groups.codes
        fewest = np.min([np.bincount(codes[rows.labels == k], minlength=groups) for k in (0, 1)], axis=0)
        least = max(int(self.min_group_size), 1) if groups > 1 else 0
        small = np.flatnonzero(fewest < least).tolist()
        self.free_groups_ = [rows.groups.levels[i] for i in small]
        if self.free_groups_:
            _say_small(self.free_groups_, int(self.min_group_size))
        pooled = _fitted_map(self.method, scores, rows.labels, rows.weights)
        maps = []
        for group in range(groups):
            held = codes == group
            maps.append(
                pooled
                if group in set(small)
                else _fitted_map(self.method, scores[held], rows.labels[held], rows.weights[held])
            )
        maps.append(pooled)
        self.inputs_, self.outputs_ = [x for x, _ in maps], [y for _, y in maps]

    def _changed(self, scores: Floats, codes: Integers, X: Any) -> Floats:  # noqa: ARG002
        calibrated = np.empty_like(scores)
        codes = np.where(codes == POOLED, len(self.inputs_) - 1, codes)
        for group, (x, y) in enumerate(zip(self.inputs_, self.outputs_, strict=True)):
            held = codes == group
            calibrated[held] = _mapped(self.method, scores[held], x, y)
        return (1 - self.strength) * scores + self.strength * calibrated


def _say_small(groups: list[Any], least: int) -> None:
    shown = "; ".join(", ".join(map(str, group)) for group in groups[:10])
    more = f"; and {len(groups) - 10} more" if len(groups) > 10 else ""
    warnings.warn(
        f"these groups have fewer than {least} training rows of a label, so they are calibrated together with"
        f" all rows: {shown}{more}",
        EvenhandWarning,
        stacklevel=5,
    )


def _fitted_map(method: str, scores: Floats, labels: Integers, weights: Floats) -> tuple[Floats, Floats]:
    """Fit a rising map of scores: two points of a line on the logit scale, or the steps of a stair."""
    if method == "sigmoid":
        return _fitted_line(scores, labels, weights)
    found, place = np.unique(scores, return_inverse=True)
    weight = np.bincount(place, weights=weights)
    used = weight > 0
    share = np.bincount(place, weights=weights * labels)[used] / weight[used]
    fit = isotonic_regression(share, weights=weight[used])
    ends = np.unique(np.concatenate([fit.blocks[:-1], fit.blocks[1:] - 1]))
    return found[used][ends], np.asarray(fit.x[ends])


def _fitted_line(scores: Floats, labels: Integers, weights: Floats) -> tuple[Floats, Floats]:
    """Fit Platt's line, with his priors: one positive and one negative more, spread over the rows."""
    x = special.logit(np.clip(scores, _CLIP, 1 - _CLIP))
    high, low = float(weights @ labels), float(weights @ (1 - labels))
    target = np.where(labels == 1, (high + 1) / (high + 2), 1 / (low + 2))
    counts = LogitCounts(x[None], (weights * (1 - target))[None], (weights * target)[None])
    if np.ptp(x[weights > 0]) == 0:
        level = special.logit((high + 1) / (high + low + 2))
        return np.array([-1.0, 1.0]), np.array([level, level])
    intercept, slope = (float(one[0]) for one in fit_line(counts, np.array([True])))
    slope = max(slope, 0.0)  # a falling map would turn the order of the scores round
    return np.array([-1.0, 1.0]), np.array([intercept - slope, intercept + slope])


def _mapped(method: str, scores: Floats, x: Floats, y: Floats) -> Floats:
    if method == "isotonic":
        return np.interp(scores, x, y)
    z = special.logit(np.clip(scores, _CLIP, 1 - _CLIP))
    return np.asarray(special.expit(y[0] + (y[1] - y[0]) * (z - x[0]) / (x[1] - x[0])))
