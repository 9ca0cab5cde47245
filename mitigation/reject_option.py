"""Reject-option classification: near the threshold, decide in favour of the disadvantaged groups.

F. Kamiran, A. Karim and X. Zhang, "Decision Theory for Discrimination-Aware Classification", ICDM 2012,
section IV. Rows whose score lies within a band around 0.5 are those the model is least sure of: of them, rows
of disadvantaged groups are selected and the others rejected.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from ..metrics.rates import RATES
from .decision import GroupDecider
from .group_reader import POOLED
from .rows import Floats, Integers
from .score_moves import moved
from .threshold_curves import pooled_curve
from .threshold_question import UNMITIGATED, Question, question, say_one_sided, say_unmet
from .threshold_search import Choice
from .training_rows import TrainingRows


class RejectOption(GroupDecider):
    """Select the disadvantaged and reject the others within a band around the threshold of 0.5.

    A group is disadvantaged if, at 0.5, its rate is below that of all rows: the first rate that the
    constraint compares, if it is a share of rows selected, or its selection rate. The band is the one of the
    greatest utility within the limit, tried at every width that changes a decision of a held-out row.

    Parameters
    ----------
    estimator : classifier
        With ``predict_proba``. In a ``sklearn.frozen.FrozenEstimator`` it is taken as trained.
    sensitive_columns, constraint, limit, objective, min_group_size, unseen, pos_label, cv, random_state
        As in `GroupThresholds`. Groups too small to be held to the limit, and unseen ones, keep 0.5.
    strength : float in [0, 1]
        How far from the unmitigated disparity to the limit to go; 0 leaves no band.

    Attributes
    ----------
    estimator_ : classifier
    half_width_ : float
        Of the band.
    favoured_ : list of bool
        For each of ``groups_``, whether the band rejects it; None for a group left as it is.
    utility_, gap_, unmitigated_gap_ : float
    met_ : bool
    groups_, group_names_, free_groups_ : list
        As in `GroupThresholds`.

    Raises
    ------
    InputError
        As `GroupThresholds`.

    References
    ----------
    Kamiran, Karim and Zhang (2012), section IV.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, sex = [[1], [2], [3], [4], [5], [6], [7], [8]] * 10, ["F", "F", "F", "M", "F", "M", "M", "M"] * 10
    >>> y = [0, 0, 1, 0, 1, 1, 1, 1] * 10
    >>> model = RejectOption(LogisticRegression(), constraint="demographic_parity_difference", limit=0.3)
    >>> _ = model.fit(X, y, sensitive_features=sex)
    >>> model.favoured_, model.gap_ < model.unmitigated_gap_, model.met_
    ([False, True], True, True)
    """

    strength_parameter: ClassVar[str | None] = "strength"
    strengths: ClassVar[tuple[float, ...]] = (0.25, 0.5, 0.75, 1.0)

    def __init__(
        self,
        estimator: Any,
        *,
        sensitive_columns: Any = None,
        constraint: str = "demographic_parity_difference",
        limit: float = 0.05,
        objective: Any = "accuracy",
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
        self.strength = strength
        self.min_group_size = min_group_size
        self.unseen = unseen
        self.pos_label = pos_label
        self.cv = cv
        self.random_state = random_state

    def _learn(self, scores: Floats, rows: TrainingRows) -> None:
        asked = question(self, scores, rows, mixed=False)
        self.unmitigated_gap_ = asked.before
        self.free_groups_ = [rows.groups.levels[i] for i in asked.free]
        favoured = _favoured(asked)
        self.favoured_ = [favoured.get(i) for i in range(len(asked.curves))]
        widths = _widths(scores) if self.strength > 0 and len(asked.held) > 1 else np.zeros(1)
        choice, self.half_width_ = _best_band(asked, favoured, widths)
        self.utility_, self.gap_, self.met_ = choice.utility, choice.gap, choice.met
        if len(widths) > 1:
            say_unmet(asked.aim, choice)
            say_one_sided(choice, [asked.curves[i] for i in asked.held])

    def _changed(self, scores: Floats, codes: Integers, X: Any) -> Floats:  # noqa: ARG002
        thresholds = [_threshold(favoured, self.half_width_) for favoured in self.favoured_]
        table = np.array([*thresholds, UNMITIGATED])
        return moved(scores, table[np.where(codes == POOLED, len(thresholds), codes)])


def _threshold(favoured: bool | None, half_width: float) -> float:  # noqa: FBT001 - a fact of the group
    if favoured is None or half_width == 0:
        return UNMITIGATED
    if favoured:
        return float(np.nextafter(UNMITIGATED + half_width, 2.0))
    return UNMITIGATED - half_width


def _favoured(asked: Question) -> dict[int, bool]:
    """Tell for each group held to the limit whether its rate at 0.5 is at least that of all rows."""
    name = asked.asked.metric.rates[0]
    selecting = ("selection_rate", "true_positive_rate", "false_positive_rate")
    rate = RATES[name if name in selecting else "selection_rate"]
    overall = (
        float(rate(pooled_curve([asked.curves[i] for i in asked.held]).cells_at(UNMITIGATED)))
        if asked.held
        else 0.0
    )
    return {i: bool(rate(asked.curves[i].cells_at(UNMITIGATED)) >= overall) for i in asked.held}


def _widths(scores: Floats) -> Floats:
    """List the half widths at which the band reaches another row, from none to all."""
    return np.unique(np.append(0.0, np.abs(scores - UNMITIGATED)))


def _best_band(asked: Question, favoured: dict[int, bool], widths: Floats) -> tuple[Choice, float]:
    """Try every width at once: the greatest utility within the limit, or the nearest gap."""
    curves = [asked.curves[i] for i in asked.held]
    thresholds = [
        np.nextafter(UNMITIGATED + widths, 2.0) if favoured[i] else UNMITIGATED - widths for i in asked.held
    ]
    for each in thresholds:
        each[widths == 0] = UNMITIGATED
    places = [c.place(t) for c, t in zip(curves, thresholds, strict=True)]
    worth = np.sum([asked.utility.of_curve(c)[at] for c, at in zip(curves, places, strict=True)], axis=0)
    if len(curves) < 2:
        gaps, met = np.full(len(widths), np.nan), np.ones(len(widths), dtype=bool)
    else:
        cells = np.stack([c.cells[at] for c, at in zip(curves, places, strict=True)])
        gaps = asked.aim.gap(asked.aim.rates(cells))
        met = asked.aim.meets(gaps)
    far = np.where(np.isnan(gaps), np.inf, np.abs(gaps - asked.aim.limit))
    allowed = met if met.any() else far <= far.min()
    best = int(np.argmax(np.where(allowed, worth, -np.inf))) if curves else 0
    chosen = [t[[best]] for t in thresholds]
    ones = [np.ones(1) for _ in chosen]
    utility = float(np.broadcast_to(worth, widths.shape)[best])
    return Choice(chosen, ones, utility, float(gaps[best]), bool(met[best])), float(widths[best])
