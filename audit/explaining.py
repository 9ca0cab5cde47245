"""Explanation in an audit: which gaps are explained, with which engine, and how they enter the record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import EvenhandError, ModelError
from ..metrics.groups import Column
from ..metrics.results import Group
from .explain.convert import to_record
from .explain.gap import KINDS, Explained, explain_gap, gap_rows
from .explain.scorers import Scorer, scorer_of
from .explain.shap_values import explain_mean_score, shap_scale
from .mitigating import crossed
from .model import Model
from .record import Absent, GapExplanation, GroupingFacts

Progress = Callable[[str, int, int], None]
Rows = NDArray[np.bool_]


@dataclass(frozen=True)
class Subject:
    """What is explained: the model on the rows of the audit.

    Parameters
    ----------
    model : Model
    frame : pandas.DataFrame
        The model's input columns.
    labels : ndarray of bool or None
    attributes : dict of str to Column
    weight : ndarray of float or None
    pos_label, threshold, seed, level
        As in the settings.
    """

    model: Model
    frame: pd.DataFrame
    labels: Rows | None
    attributes: dict[str, Column]
    weight: NDArray[np.float64] | None
    pos_label: Any
    threshold: float
    seed: int
    level: float
