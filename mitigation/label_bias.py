"""Label-bias reweighting: training weights that undo a bias in the labels.

H. Jiang and O. Nachum, "Identifying and Correcting Label Bias in Machine Learning", AISTATS 2020. Biased
labels are taken to be those nearest to the true ones (by relative entropy) that break a fairness constraint,
so that the true labels are the given ones, each weighted by an exponential of the constraint's multipliers.
The multipliers rise for groups whose rate falls short, until a model trained with the weights keeps it.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from scipy import special
from sklearn.base import is_regressor
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import validate_data

from ..errors import EvenhandWarning, InputError, Problem
from .base import BinaryWrapper, Sensitivity, fit_weighted, refuse_unweighable
from .options import choice_problems, refuse, strength_problems
from .rows import Floats, Integers, summed
from .splitting import dealt_folds
from .training_rows import TrainingRows, training_rows
from .unaware import table_of

Goal = Literal["demographic_parity", "equal_opportunity", "equalized_odds"]
GOALS = ("demographic_parity", "equal_opportunity", "equalized_odds")


@dataclass(frozen=True, eq=False)
class _Measured:
    """How far each group's rates lie below those of all rows, (kinds, groups), and the widest gap."""

    shortfall: Floats
    gap: float
    accuracy: float


class LabelBias(BinaryWrapper):
    """Train a classifier on weights that undo a bias in the labels, found by training it again and again.

    A positive row of group g weighs ``2 / (1 + exp(-2 m_g))``, a negative one ``2 / (1 + exp(2 m_g))``. After
    each training, a multiplier ``m_g`` rises by a step times how far the group's rate lies below that of all
    rows. For equalized odds positives and negatives have multipliers of their own. The method needs the
    sensitive attribute at training only.

    Parameters
    ----------
    estimator : classifier
        Any that weighs rows, or a pipeline or search that ends in one.
    sensitive_columns : name, position, or sequence of them, optional
        Columns of X that define the groups where ``fit`` gets no ``sensitive_features``.
    goal : {"demographic_parity", "equal_opportunity", "equalized_odds"}
        What decisions on the given labels would satisfy if these were not biased.
    strength : float in [0, 1]
        The share of the multipliers found that the final model is trained with; 0 trains it as it is.
    tolerance : float
        The gap between groups' rates up to which the loop has converged.
    max_iter : int
        Trainings at most, the final one not counted.
    step, decay : float
        Step ``t`` is ``step / (1 + decay t)``, counted from 0. The published loop has step 1 and decay 0.
    cap : float
        No multiplier exceeds it in size: at 3 a row's weight lies between 0.005 and 1.995. The published loop
        has none, and for equalized odds its multipliers may grow without end.
    measure : {"decisions", "scores"}
        What the rates are means of. Decisions change in steps; probabilities are smoother, for few rows.
    validation : float in [0, 0.5]
        Share of rows held out to choose the best step; 0 chooses on the training rows.
    pos_label : object, optional
        None means the greater class.
    random_state : int
        Deals the rows held out.

    Attributes
    ----------
    estimator_ : classifier
        Trained on all rows with the best multipliers.
    multipliers_ : ndarray of float, shape (1 or 2, groups)
        Of the final model, strength applied; two rows for equalized odds: positives, negatives.
    groups_ : list of tuple
    converged_ : bool
        Whether the gap of the best step is within the tolerance, on the rows held out.
    n_iter_, best_iter_ : int
        Trainings, and the one whose multipliers were taken, counted from 0.
    gaps_ : ndarray of float, shape (n_iter,)
        On the rows held out, after each training.

    Raises
    ------
    InputError
        At ``fit``: no binary classifier that weighs rows, options out of range, or unfit rows.

    References
    ----------
    Jiang and Nachum (2020), algorithms 1 to 3; weights as in their published code.

    Examples
    --------
    The labels of half of the qualified women were turned to 0; weights bring them back.

    >>> from sklearn.linear_model import LogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> skill, woman = rng.normal(size=2000), np.arange(2000) % 2
    >>> truth = (skill > 0).astype(int)
    >>> given = truth * (1 - woman * (rng.random(2000) < 0.5))
    >>> X = np.column_stack([skill, woman])
    >>> plain = LogisticRegression().fit(X, given)
    >>> fair = LabelBias(LogisticRegression(), sensitive_columns=1).fit(X, given)
    >>> fair.converged_, bool(fair.score(X, truth) > plain.score(X, truth))
    (True, True)
    """

    needs_sensitive: ClassVar[Sensitivity] = "training"
    strength_parameter: ClassVar[str | None] = "strength"
    strengths: ClassVar[tuple[float, ...]] = (0.25, 0.5, 0.75, 1.0)

    def __init__(
        self,
        estimator: Any,
        *,
        sensitive_columns: Any = None,
        goal: Goal = "demographic_parity",
        strength: float = 1.0,
        tolerance: float = 0.02,
        max_iter: int = 50,
        step: float = 1.0,
        decay: float = 0.05,
        cap: float = 3.0,
        measure: Literal["decisions", "scores"] = "decisions",
        validation: float = 0.2,
        pos_label: Any = None,
        random_state: int = 0,
    ) -> None:
        self.estimator = estimator
        self.sensitive_columns = sensitive_columns
        self.goal = goal
        self.strength = strength
        self.tolerance = tolerance
        self.max_iter = max_iter
        self.step = step
        self.decay = decay
        self.cap = cap
        self.measure = measure
        self.validation = validation
        self.pos_label = pos_label
        self.random_state = random_state

    def fit(self, X: Any, y: Any, *, sensitive_features: Any = None, sample_weight: Any = None) -> LabelBias:
        """Find the multipliers and train the final model.

        Parameters
        ----------
        X : array-like of shape (rows, columns)
        y : array-like of shape (rows,)
            Two classes.
        sensitive_features : array-like of shape (rows,) or (rows, attributes), optional
            None means the columns named in the constructor; where none are named, all rows are one group,
            nothing changes, and an EvenhandWarning says so.
        sample_weight : array-like of shape (rows,), optional

        Returns
        -------
        LabelBias
            Itself.

        Raises
        ------
        InputError
        """
        self._refuse()
        validate_data(self, X, y, skip_check_array=True)
        rows = training_rows(
            X,
            y,
            sensitive_features=sensitive_features,
            sensitive_columns=self.sensitive_columns,
            sample_weight=sample_weight,
            pos_label=self.pos_label,
        )
        self.groups_ = list(rows.groups.levels)
        found = self._searched(table_of(X), rows)
        self.multipliers_ = self.strength * found
        weights = rows.weights * _factors(self.multipliers_, rows.labels, rows.groups.codes)
        self.estimator_ = fit_weighted(self.estimator, X, rows.target, weights)
        return self

    def _refuse(self) -> None:
        if is_regressor(self.estimator):
            said = f"a classifier is needed, but {type(self.estimator).__name__} is a regressor"
            raise InputError.of("regressor", "estimator", f"{said}; band the target into classes")
        refuse_unweighable(self.estimator)
        refuse(
            choice_problems(self.goal, GOALS, "goal"),
            choice_problems(self.measure, ("decisions", "scores"), "measure"),
            strength_problems(self.strength),
            _range_problems(self),
        )
        if self.measure == "scores" and not hasattr(self.estimator, "predict_proba"):
            said = f"measure='scores' needs predict_proba, but {type(self.estimator).__name__} has none"
            raise InputError.of("no_scores", "estimator", f"{said}; use measure='decisions'")

    def _searched(self, X: Any, rows: TrainingRows) -> Floats:
        """Train with changing weights; give the multipliers of the training whose gap is smallest."""
        groups, codes = len(rows.groups.levels), rows.groups.codes
        learn, test = self._split(rows)
        tables = [_safe_indexing(X, part) for part in (learn, test)]
        multipliers = np.zeros((2 if self.goal == "equalized_odds" else 1, groups))
        best, gaps, least = multipliers, [], (np.inf, np.inf)
        self.best_iter_ = 0
        _say_uncompared(self.goal, rows, learn)
        for turn in range(int(self.max_iter)):
            weights = rows.weights[learn] * _factors(multipliers, rows.labels[learn], codes[learn])
            model = fit_weighted(self.estimator, tables[0], rows.target[learn], weights)
            there = self._measured(model, tables[0], rows, learn)
            held_out = self._measured(model, tables[1], rows, test)
            gaps.append(held_out.gap)
            if (held_out.gap, -held_out.accuracy) < least:
                best, least, self.best_iter_ = multipliers, (held_out.gap, -held_out.accuracy), turn
            if max(held_out.gap, there.gap) <= self.tolerance:
                break
            moved = multipliers + self.step / (1 + self.decay * turn) * there.shortfall
            multipliers = np.clip(moved, -self.cap, self.cap)
        self.gaps_, self.n_iter_ = np.array(gaps), len(gaps)
        self.converged_ = bool(least[0] <= self.tolerance)
        if not self.converged_:
            _say_not_converged(self, least[0])
        return best

    def _split(self, rows: TrainingRows) -> tuple[Integers, Integers]:
        everything = np.arange(len(rows.labels))
        if self.validation == 0:
            return everything, everything
        folds = max(round(1 / self.validation), 2)
        cells = rows.labels * len(rows.groups.levels) + rows.groups.codes
        held = dealt_folds(cells, folds, self.random_state) == 0
        learn = np.flatnonzero(~held)
        usable = (rows.labels[learn] * (rows.weights[learn] > 0)).any() and held.any()
        both = usable and ((1 - rows.labels[learn]) * (rows.weights[learn] > 0)).any()
        return (learn, np.flatnonzero(held)) if both else (everything, everything)

    def _measured(self, model: Any, X: Any, rows: TrainingRows, chosen: Integers) -> _Measured:
        decided = np.asarray(model.predict(X) == rows.positive, dtype=float)
        counted = decided
        if self.measure == "scores":
            counted = model.predict_proba(X)[:, list(model.classes_).index(rows.positive)]
        labels, codes, weights = rows.labels[chosen], rows.groups.codes[chosen], rows.weights[chosen]
        kept = _kept(self.goal, labels)
        found = [_shortfall(counted, codes, weights * keep, len(rows.groups.levels)) for keep in kept]
        right = float(weights @ (decided == labels) / weights.sum()) if weights.any() else 0.0
        return _Measured(np.stack([short for short, _ in found]), max(gap for _, gap in found), right)


def _range_problems(model: LabelBias) -> list[Problem]:
    wanted = (
        ("tolerance", 0.0, 1.0),
        ("step", 1e-12, np.inf),
        ("decay", 0.0, np.inf),
        ("cap", 0.0, 350.0),
        ("validation", 0.0, 0.5),
        ("max_iter", 1, np.inf),
    )
    return [
        Problem("range", name, f"must be a number from {low:g} to {high:g}, got {getattr(model, name)!r}")
        for name, low, high in wanted
        if isinstance(getattr(model, name), bool)
        or not isinstance(getattr(model, name), int | float | np.number)
        or not low <= getattr(model, name) <= high
    ]


def _kept(goal: Goal, labels: Integers) -> list[Integers]:
    """Say which rows count, once for each rate: all, the positives, or positives and negatives."""
    if goal == "demographic_parity":
        return [np.ones_like(labels)]
    return [labels] if goal == "equal_opportunity" else [labels, 1 - labels]


def _factors(multipliers: Floats, labels: Integers, codes: Integers) -> Floats:
    """Give the factor of each row's weight: 1 where its multiplier is 0."""
    high, low = multipliers[0][codes], multipliers[-1][codes]
    return np.asarray(2 * np.where(labels == 1, special.expit(2 * high), special.expit(-2 * low)))


def _shortfall(counted: Floats, codes: Integers, weights: Floats, groups: int) -> tuple[Floats, float]:
    """Give how far each group's mean lies below that of all rows, 0 where it has none, and the widest gap."""
    held = summed(codes, weights, groups)
    if not held.any():
        return np.zeros(groups), 0.0
    there = held > 0
    mean = np.divide(summed(codes, weights * counted, groups), held, out=np.zeros(groups), where=there)
    overall = float(weights @ counted / held.sum())
    return np.where(there, overall - mean, 0.0), float(np.ptp(mean[there]))


def _say_uncompared(goal: Goal, rows: TrainingRows, learn: Integers) -> None:
    groups = len(rows.groups.levels)
    weights, labels, codes = rows.weights[learn], rows.labels[learn], rows.groups.codes[learn]
    empty = {
        int(group)
        for keep in _kept(goal, labels)
        for group in np.flatnonzero(summed(codes, weights * keep, groups) == 0)
    }
    if empty:
        shown = "; ".join(", ".join(map(str, rows.groups.levels[group])) for group in sorted(empty)[:10])
        said = f"no training row of these groups has a label that {goal.replace('_', ' ')} compares"
        warnings.warn(f"{said}, so no weight can help them: {shown}", EvenhandWarning, stacklevel=4)


def _say_not_converged(model: LabelBias, gap: float) -> None:
    warnings.warn(
        f"label-bias reweighting did not converge: after {model.n_iter_} trainings the smallest gap on rows"
        f" held out is {gap:.4g}, above the tolerance of {model.tolerance:g}; the weights of that training"
        " are used. More iterations, a smaller step or measure='scores' may help",
        EvenhandWarning,
        stacklevel=4,
    )
