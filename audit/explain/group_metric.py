"""Group metrics that are no averages, as functions of weights by label and score, and their gaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .pairing import Floats


@dataclass(frozen=True)
class GroupMetric:
    """A metric of one group, and how two groups' are compared.

    Parameters
    ----------
    of : callable
        Weights by label and by bin of the score, shape (..., 2, bins), to the metric, shape (...).
    needs : {"decision", "score"}
        Two bins, rejected and selected; or many.
    by_label : bool
        Whether the gap of a model that tells nobody from anybody depends on the groups' labels.
    ratio : bool
        Compared by a ratio, not by a difference.
    """

    of: Callable[[Floats], Floats]
    needs: Literal["decision", "score"]
    by_label: bool
    ratio: bool

    def between(self, group: Floats, reference: Floats) -> Floats:
        """Compare: difference or ratio; nan where either metric is undefined."""
        one, two = self.of(group), self.of(reference)
        if not self.ratio:
            return one - two
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(two > 0, one / two, np.nan)


def selection_rate(counts: Floats) -> Floats:
    """Give the share in the upper bin."""
    return _share(counts[..., 1].sum(axis=-1), counts.sum(axis=(-1, -2)))


def predictive_value(counts: Floats) -> Floats:
    """Give the share of positive labels in the upper bin."""
    return _share(counts[..., 1, 1], counts[..., 1].sum(axis=-1))


def area(counts: Floats) -> Floats:
    """Give the area under the ROC curve; within a bin positives and negatives count half.

    Examples
    --------
    >>> float(area(np.array([[2.0, 0.0, 1.0], [0.0, 1.0, 1.0]])))
    0.75
    """
    negative, positive = counts[..., 0, :], counts[..., 1, :]
    below = np.cumsum(negative, axis=-1) - negative / 2
    return _share((positive * below).sum(axis=-1), positive.sum(axis=-1) * negative.sum(axis=-1))


def _share(part: Floats, whole: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(whole > 0, part / whole, np.nan)
    return found


METRICS = {
    "demographic_parity_ratio": GroupMetric(selection_rate, "decision", by_label=False, ratio=True),
    "positive_predictive_value": GroupMetric(predictive_value, "decision", by_label=True, ratio=False),
    "roc_auc": GroupMetric(area, "score", by_label=False, ratio=False),
}
"""By the catalogue's name."""
