"""Constraints as fairlearn's reductions take them, on weighted rows and with groups of any type.

fairlearn's own moments count every row once. These are the same moments with weighted counts: a weight of
two is a row that stands there twice, and weights of one give fairlearn's figures to the last bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from fairlearn.reductions import (
    AbsoluteLoss,
    BoundedGroupLoss,
    ErrorRate,
    Moment,
    SquareLoss,
    UtilityParity,
    ZeroOneLoss,
)

from ..errors import InputError
from .constraints import Constraint, event_codes, utilities
from .rows import Floats, summed
from .training_rows import TrainingRows


class WeightedErrorRate(ErrorRate):  # type: ignore[misc]
    """The share of weight that is decided wrongly.

    Parameters
    ----------
    weights : ndarray of float, shape (rows,)
        Of mean 1.
    """

    def __init__(self, weights: Floats) -> None:
        super().__init__()
        self.weights = weights

    def load_data(self, X: Any, y: Any, *, sensitive_features: Any) -> None:
        """Take the rows as they are."""
        Moment.load_data(self, X, y, sensitive_features=sensitive_features)
        self._index = ["all"]

    def gamma(self, predictor: Any) -> Any:
        """Give the error of a predictor."""
        wrong = np.abs(self.tags["label"].to_numpy() - predictor(self.X))
        return pd.Series(data=(self.weights * wrong).sum() / self.total_samples, index=self.index)

    def signed_weights(self, lambda_vec: Any = None) -> Any:
        """Give what selecting each row gains."""
        return super().signed_weights(lambda_vec) * self.weights


class WeightedParity(UtilityParity):  # type: ignore[misc]
    """A constraint on decisions.

    Parameters
    ----------
    constraint : Constraint
    weights : ndarray of float, shape (rows,)
        Of mean 1.
    eps : float
        How far a group's rate may lie from that of all rows.
    ratio : float or None
        Bound the ratio instead, with ``eps`` as slack.
    """

    def __init__(self, constraint: Constraint, weights: Floats, eps: float, ratio: float | None) -> None:
        if ratio is None:
            super().__init__(difference_bound=eps)
        else:
            super().__init__(ratio_bound=ratio, ratio_bound_slack=eps)
        self.constraint = constraint
        self.weights = weights

    def default_objective(self) -> WeightedErrorRate:
        """Give the error that is made least."""
        return WeightedErrorRate(self.weights)

    def load_data(self, X: Any, y: Any, *, sensitive_features: Any) -> None:
        """Take the rows, their events and their utilities; weigh the constraint's matrix."""
        labels = y.to_numpy()
        codes = pd.Series(event_codes(self.constraint, labels), index=y.index)
        super().load_data(
            X,
            y,
            sensitive_features=sensitive_features,
            event=codes.where(codes >= 0),
            utilities=utilities(self.constraint, labels),
        )
        self._weigh()

    def _weigh(self) -> None:
        """Write the matrix again with weighted shares, which fairlearn makes from counts of rows."""
        tags = self.tags.assign(weight=self.weights)
        self.prob_event = tags.groupby("event")["weight"].sum() / self.total_samples
        self.prob_group_event = tags.groupby(["event", "group_id"])["weight"].sum() / self.total_samples
        columns = {}
        for event, group in self.prob_group_event.index:
            inside = (tags["event"] == event).to_numpy() * self.weights
            members = inside * (tags["group_id"] == group).to_numpy()
            overall = inside / self.prob_event[event]
            own = members / self.prob_group_event[event, group]
            columns["+", event, group] = overall - self.ratio * own
            columns["-", event, group] = own - self.ratio * overall
        self.U = pd.DataFrame(columns, index=tags.index)[list(self.index)]
        self.U.columns = self.index


class WeightedGroupLoss(BoundedGroupLoss):  # type: ignore[misc]
    """A bound on the mean loss of every group.

    Parameters
    ----------
    loss : object
        fairlearn's, with ``eval``.
    weights : ndarray of float, shape (rows,)
        Of mean 1.
    upper_bound : float or None
    no_groups : bool
        Whether all rows are one group: the objective.
    """

    def __init__(
        self, loss: Any, weights: Floats, upper_bound: float | None, *, no_groups: bool = False
    ) -> None:
        super().__init__(loss, upper_bound=upper_bound)
        self.no_groups = no_groups
        self.weights = weights

    def default_objective(self) -> WeightedGroupLoss:
        """Give the mean loss that is made least."""
        return WeightedGroupLoss(self.reduction_loss, self.weights, None, no_groups=True)

    def load_data(self, X: Any, y: Any, *, sensitive_features: Any) -> None:
        """Take the rows as they are."""
        groups = pd.Series(0, index=y.index) if self.no_groups else sensitive_features
        Moment.load_data(self, X, y, sensitive_features=groups)
        codes, levels = pd.factorize(self.tags["group_id"], sort=True)
        self.codes = codes
        self._index = pd.Index(levels, name="group_id")
        self.prob_attr = pd.Series(summed(codes, self.weights, len(levels)) / self.total_samples, self._index)
        self.default_objective_lambda_vec = self.prob_attr
        self.pos_basis = pd.DataFrame(np.eye(len(levels)), index=self._index)
        self.neg_basis = pd.DataFrame(np.zeros((len(levels), len(levels))), index=self._index)
        self.neg_basis_present = pd.Series([False] * len(levels), dtype=object)

    def gamma(self, predictor: Any) -> Any:
        """Give the mean loss of every group."""
        losses = self.reduction_loss.eval(self.tags["label"].to_numpy(), np.asarray(predictor(self.X)))
        sums = summed(self.codes, self.weights * losses, len(self._index))
        return pd.Series(sums / self.total_samples / self.prob_attr.to_numpy(), index=self._index)

    def signed_weights(self, lambda_vec: Any = None) -> Any:
        """Give the weight of every row."""
        one = pd.Series(1.0, index=self._index)
        adjust = one if lambda_vec is None else lambda_vec / self.prob_attr
        return pd.Series(adjust.to_numpy()[self.codes] * self.weights, index=self.tags.index)


def loss_named(name: str | None, target: Any, *, numeric: bool) -> Any:
    """Make fairlearn's loss of a name: of decisions, or of numbers over the range of the target.

    Parameters
    ----------
    name : {"zero_one", "square", "absolute"} or None
        None means "zero_one" for classes and "square" for numbers.
    target : ndarray of shape (rows,)
    numeric : bool

    Raises
    ------
    InputError
        There is no such loss, or it does not suit the target.

    Examples
    --------
    >>> loss_named(None, np.array([1.0, 4.0]), numeric=True).max
    np.float64(9.0)
    """
    chosen = name or ("square" if numeric else "zero_one")
    suited = ("square", "absolute") if numeric else ("zero_one",)
    if chosen not in suited:
        kind = "numbers" if numeric else "classes"
        said = f"the loss of {kind} must be {' or '.join(map(repr, suited))}, got {chosen!r}"
        raise InputError.of("unknown_loss", "loss", said)
    if chosen == "zero_one":
        return ZeroOneLoss()
    return {"square": SquareLoss, "absolute": AbsoluteLoss}[chosen](target.min(), target.max())


def mean_one(rows: TrainingRows) -> Floats:
    """Scale row weights to a mean of 1.

    Examples
    --------
    >>> from evenhand.mitigation.training_rows import training_rows
    >>> rows = training_rows([[1], [2]], [0, 1], sensitive_features=["F", "M"], sensitive_columns=None,
    ...                      sample_weight=[1, 3])
    >>> mean_one(rows).tolist()
    [0.5, 1.5]
    """
    return np.asarray(rows.weights * (len(rows.weights) / rows.weights.sum()))
