"""Figures of scores: everything that needs the score axis of a cube, computed from counts by score bin.

Make a table of the groups once with `score_table`; every figure is a function of it, for all groups at once.
Each says how far it may lie from the figure of the scores before they were binned (``bound``).
"""

from __future__ import annotations

from .scores_abroca import AreaBetween, abroca
from .scores_auc import auc, power_mean, subgroup_auc
from .scores_balance import balance, mean_score
from .scores_cross import CrossAreas, cross_auc, delta_xauc
from .scores_losses import brier_score, log_loss
from .scores_recalibration import Recalibration, recalibration
from .scores_reliability import CalibrationError, Reliability, expected_calibration_error, reliability
from .scores_results import ScoreFigures, ScoreGaps, differences
from .scores_roc import RocCurves, roc_curves
from .scores_table import ScoreTable, score_table

__all__ = [
    "AreaBetween",
    "CalibrationError",
    "CrossAreas",
    "Recalibration",
    "Reliability",
    "RocCurves",
    "ScoreFigures",
    "ScoreGaps",
    "ScoreTable",
    "abroca",
    "auc",
    "balance",
    "brier_score",
    "cross_auc",
    "delta_xauc",
    "differences",
    "expected_calibration_error",
    "log_loss",
    "mean_score",
    "power_mean",
    "recalibration",
    "reliability",
    "roc_curves",
    "score_table",
    "subgroup_auc",
]
