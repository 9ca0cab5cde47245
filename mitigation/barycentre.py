"""Scores repaired so that all groups share one distribution: their Wasserstein barycentre.

A score becomes the average, over groups and by their size, of the scores at its rank in each group. Of all
scores that are independent of the group this one is nearest to the given ones (E. Chzhen, C. Denis,
M. Hebiri, L. Oneto and M. Pontil, "Fair Regression with Wasserstein Barycenters", NeurIPS 2020; T. Le Gouic,
J.-M. Loubes and P. Rigollet, "Projection to Fairness in Statistical Learning", 2020). Partial repair moves a
part of the way (P. Gordaliza, E. del Barrio, F. Gamboa and J.-M. Loubes, ICML 2019).
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from .decision import GroupDecider
from .options import refuse, strength_problems
from .quantiles import Distributions, distributions
from .rows import Floats, Integers, summed
from .training_rows import TrainingRows


class ScoreBarycentre(GroupDecider):
    """Move each group's scores to the distribution that lies between those of all groups.

    Every threshold then selects about the same share of each group (demographic parity at all thresholds).
    Order within a group stays.

    Parameters
    ----------
    estimator : classifier
        With ``predict_proba``. In a ``sklearn.frozen.FrozenEstimator`` it is taken as trained.
    sensitive_columns, unseen, pos_label, cv, random_state
        As in `GroupThresholds`. Unseen groups, where pooled, are taken to be distributed as all rows are.
    strength : float in [0, 1]
        How much of the way to go.

    Attributes
    ----------
    estimator_ : classifier
    scores_, ranks_ : list of ndarray
        For each of ``groups_`` and last for all rows together: the distinct held-out scores, and the middle
        of the ranks, in (0, 1), of the rows that have them.
    shares_ : ndarray of float, shape (groups,)
        The weight of each group.
    groups_, group_names_ : list

    Raises
    ------
    InputError
        At ``fit``: no binary classifier with probabilities, a strength out of range, or unfit rows.

    References
    ----------
    Chzhen et al. (2020), algorithm 1; Gordaliza et al. (2019), section 4, for partial repair.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, sex = [[1], [2], [3], [4], [5], [6], [7], [8]] * 10, ["F", "F", "F", "M", "F", "M", "M", "M"] * 10
    >>> y = [0, 0, 1, 0, 1, 1, 1, 1] * 10
    >>> model = ScoreBarycentre(LogisticRegression(), cv=None).fit(X, y, sensitive_features=sex)
    >>> score = model.predict_proba(X[:8], sensitive_features=sex[:8])[:, 1]
    >>> women, men = score[[0, 1, 2, 4]], score[[3, 5, 6, 7]]
    >>> bool(np.allclose(women, men))
    True
    """

    strength_parameter: ClassVar[str | None] = "strength"
    strengths: ClassVar[tuple[float, ...]] = (0.25, 0.5, 0.75, 1.0)

    def __init__(
        self,
        estimator: Any,
        *,
        sensitive_columns: Any = None,
        strength: float = 1.0,
        unseen: Literal["error", "pooled"] = "error",
        pos_label: Any = None,
        cv: Any = 5,
        random_state: int = 0,
    ) -> None:
        self.estimator = estimator
        self.sensitive_columns = sensitive_columns
        self.strength = strength
        self.unseen = unseen
        self.pos_label = pos_label
        self.cv = cv
        self.random_state = random_state

    def _learn(self, scores: Floats, rows: TrainingRows) -> None:
        refuse(strength_problems(self.strength))
        groups = len(rows.groups.levels)
        found = distributions(scores, rows.groups.codes, rows.weights, groups)
        self.scores_, self.ranks_ = found.values, found.ranks
        total = summed(rows.groups.codes, rows.weights, groups)
        self.shares_ = total / total.sum()

    def _changed(self, scores: Floats, codes: Integers, X: Any) -> Floats:  # noqa: ARG002
        known = Distributions(self.scores_, self.ranks_)
        repaired = self.shares_ @ known.at(known.ranks_of(scores, codes))
        return np.asarray(np.clip((1 - self.strength) * scores + self.strength * repaired, 0.0, 1.0))
