"""Thresholds chosen after training: one for each group, or one for all, within a limit on a disparity.

M. Hardt, E. Price and N. Srebro, "Equality of Opportunity in Supervised Learning", NeurIPS 2016. Counts of
held-out scores hold every threshold, so that the search needs no rows and no refitting.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from .base import Sensitivity
from .decision import GroupDecider, ScoreChanger
from .rows import Floats, Integers
from .score_moves import moved, row_draws
from .threshold_mixing import best_mixtures
from .threshold_question import UNMITIGATED, Question, choice_at, question, say_one_sided, say_unmet
from .threshold_search import Choice, best_shared, best_thresholds
from .training_rows import TrainingRows


class GroupThresholds(GroupDecider):
    """Decide with a threshold for each group: the best utility within a limit on a disparity.

    The groups' thresholds are found together, exactly, on held-out scores of the training rows. The model
    needs the group of each row for every decision, which is unlawful in some uses.

    Parameters
    ----------
    estimator : classifier
        With ``predict_proba``. In a ``sklearn.frozen.FrozenEstimator`` it is taken as trained.
    sensitive_columns : name, position, or sequence of them, optional
        Columns of X that define the groups where no ``sensitive_features`` are given.
    constraint : str
        A difference or a ratio of the catalogue: ``"equalized_odds_difference"``.
    limit : float in [0, 1]
        A difference must not exceed it, a ratio must reach it.
    objective : {"accuracy", "balanced_accuracy"} or mapping
        What is greatest within the limit; a mapping gives the worth of ``tp``, ``fp``, ``fn``, ``tn``.
    randomised : bool
        Whether a group's threshold may be drawn for each row, among few, so that the limit is met exactly
        in expectation. A row's draw depends on what it holds, so that asking again changes nothing.
    strength : float in [0, 1]
        How far from the unmitigated disparity to the limit to go; 0 leaves the threshold at 0.5 for all.
    min_group_size : int
        A group with fewer rows in a rate's denominator takes the best threshold of all groups together.
    unseen : {"error", "pooled"}
        What to do with a group that was not seen in training: refuse, or the threshold of all together.
    pos_label : object, optional
        The class that is selected; None means the greater one.
    cv : int, splitter, iterable of (train, test), or None
        Folds that give held-out scores; None uses scores of the training rows themselves.
    random_state : int
        Deals the folds, and enters the draws.

    Attributes
    ----------
    estimator_ : classifier
    thresholds_ : list of ndarray
        One a group, in the order of ``groups_``; several where drawn.
    shares_ : list of ndarray
        The chance of each.
    pooled_threshold_ : float
        The best threshold of all groups together.
    utility_, gap_ : float
        Of the choice, on held-out scores: as expected over draws, over the groups that are held to the limit.
    unmitigated_gap_ : float
        The disparity at 0.5.
    met_ : bool
        Whether the limit is kept there; if not, an EvenhandWarning says what can be reached.
    groups_, group_names_, free_groups_ : list
        The groups, their columns, and those too small to be held to the limit.

    Raises
    ------
    InputError
        At ``fit``: no binary classifier with probabilities, an unknown constraint, or unfit rows.

    References
    ----------
    Hardt, Price and Srebro (2016), sections 3 and 4.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, sex = [[1], [2], [3], [4], [5], [6], [7], [8]] * 10, ["F", "F", "F", "M", "F", "M", "M", "M"] * 10
    >>> y = [0, 0, 1, 0, 1, 1, 1, 1] * 10
    >>> model = GroupThresholds(LogisticRegression(), constraint="demographic_parity_difference", limit=0.0)
    >>> _ = model.fit(X, y, sensitive_features=sex)
    >>> model.groups_, round(model.unmitigated_gap_, 2), model.gap_, model.met_
    ([('F',), ('M',)], 0.75, 0.0, True)
    """

    strength_parameter: ClassVar[str | None] = "strength"
    strengths: ClassVar[tuple[float, ...]] = (0.25, 0.5, 0.75, 1.0)

    def __init__(
        self,
        estimator: Any,
        *,
        sensitive_columns: Any = None,
        constraint: str = "equalized_odds_difference",
        limit: float = 0.05,
        objective: Any = "accuracy",
        randomised: bool = False,
        strength: float = 1.0,
        min_group_size: int = 30,
        unseen: Literal["error", "pooled"] = "error",
        pos_label: Any = None,
        cv: Any = 5,
        random_state: int = 0,
    ) -> None:
        self.estimator = estimator
        self.sensitive_columns = sensitive_columns
        self.constraint = constraint
        self.limit = limit
        self.objective = objective
        self.randomised = randomised
        self.strength = strength
        self.min_group_size = min_group_size
        self.unseen = unseen
        self.pos_label = pos_label
        self.cv = cv
        self.random_state = random_state

    def _learn(self, scores: Floats, rows: TrainingRows) -> None:
        asked = question(self, scores, rows, mixed=bool(self.randomised))
        self.pooled_threshold_ = asked.pooled_threshold
        self.unmitigated_gap_ = asked.before
        self.free_groups_ = [rows.groups.levels[i] for i in asked.free]
        choice = self._choice(asked)
        self.utility_, self.gap_, self.met_ = choice.utility, choice.gap, choice.met
        self.thresholds_ = [np.array([self.pooled_threshold_])] * len(asked.curves)
        self.shares_ = [np.ones(1)] * len(asked.curves)
        for place, thresholds, shares in zip(asked.held, choice.thresholds, choice.shares, strict=True):
            self.thresholds_[place], self.shares_[place] = thresholds, shares

    def _choice(self, asked: Question) -> Choice:
        held = [asked.curves[i] for i in asked.held]
        if self.strength == 0:
            self.pooled_threshold_ = UNMITIGATED
            return choice_at(held, asked.asked, asked.utility, UNMITIGATED)
        if not held:
            return choice_at(held, asked.asked, asked.utility, self.pooled_threshold_)
        search = best_mixtures if self.randomised else best_thresholds
        choice = search(held, asked.aim, asked.utility)
        say_unmet(asked.aim, choice)
        say_one_sided(choice, held)
        return choice

    def _changed(self, scores: Floats, codes: Integers, X: Any) -> Floats:
        thresholds = np.full(len(scores), self.pooled_threshold_)
        draws = row_draws(X, scores, self.random_state) if self.randomised else np.zeros(len(scores))
        for group, (values, shares) in enumerate(zip(self.thresholds_, self.shares_, strict=True)):
            rows = np.flatnonzero(codes == group)
            drawn = np.searchsorted(np.cumsum(shares)[:-1], draws[rows], side="right")
            thresholds[rows] = values[drawn]
        return moved(scores, thresholds)


class SharedThreshold(ScoreChanger):
    """Decide with one threshold for all groups: the best utility within a limit on a disparity.

    The group is needed to choose the threshold, and never to decide.

    Parameters
    ----------
    estimator : classifier
        With ``predict_proba``. In a ``sklearn.frozen.FrozenEstimator`` it is taken as trained.
    sensitive_columns, constraint, limit, objective, strength, min_group_size, pos_label, cv, random_state
        As in `GroupThresholds`. A single threshold often cannot keep a limit without selecting nobody or
        everybody; an EvenhandWarning says so.

    Attributes
    ----------
    estimator_ : classifier
    threshold_ : float
    utility_, gap_, unmitigated_gap_, met_, free_groups_
        As in `GroupThresholds`; the utility is that of all groups.

    Raises
    ------
    InputError
        As `GroupThresholds`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, sex = [[1], [2], [3], [4], [5], [6], [7], [8]] * 10, ["F", "F", "F", "M", "F", "M", "M", "M"] * 10
    >>> y = [0, 0, 1, 0, 1, 1, 1, 1] * 10
    >>> model = SharedThreshold(LogisticRegression(), constraint="demographic_parity_difference", limit=0.3)
    >>> _ = model.fit(X, y, sensitive_features=sex)
    >>> model.unmitigated_gap_, model.gap_, model.met_
    (0.75, 0.25, True)
    """

    needs_sensitive: ClassVar[Sensitivity] = "training"
    strength_parameter: ClassVar[str | None] = "strength"
    strengths: ClassVar[tuple[float, ...]] = (0.25, 0.5, 0.75, 1.0)

    def __init__(
        self,
        estimator: Any,
        *,
        sensitive_columns: Any = None,
        constraint: str = "equalized_odds_difference",
        limit: float = 0.05,
        objective: Any = "accuracy",
        strength: float = 1.0,
        min_group_size: int = 30,
        pos_label: Any = None,
        cv: Any = 5,
        random_state: int = 0,
    ) -> None:
        self.estimator = estimator
        self.sensitive_columns = sensitive_columns
        self.constraint = constraint
        self.limit = limit
        self.objective = objective
        self.strength = strength
        self.min_group_size = min_group_size
        self.pos_label = pos_label
        self.cv = cv
        self.random_state = random_state

    def _learn(self, scores: Floats, rows: TrainingRows) -> None:
        asked = question(self, scores, rows, mixed=False)
        self.unmitigated_gap_ = asked.before
        self.free_groups_ = [rows.groups.levels[i] for i in asked.free]
        held = [asked.curves[i] for i in asked.held]
        if self.strength == 0:
            choice = choice_at(held, asked.asked, asked.utility, UNMITIGATED)
            self.threshold_ = UNMITIGATED
        else:
            choice = best_shared(asked.curves, asked.aim, asked.utility, held=asked.held)
            self.threshold_ = float(choice.thresholds[0][0])
            say_unmet(asked.aim, choice)
            say_one_sided(choice, asked.curves)
        self.utility_, self.gap_, self.met_ = choice.utility, choice.gap, choice.met

    def _changed(self, scores: Floats, codes: Integers, X: Any) -> Floats:  # noqa: ARG002
        return moved(scores, self.threshold_)
