"""What narrows a gap: scikit-learn estimators, and what judges their effect.

The names below are loaded when they are first used, so that importing the room costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOME = {
    "GroupCalibration": "calibration",
    "GroupThresholds": "thresholds",
    "ImpactRepair": "repair",
    "LabelBias": "label_bias",
    "LagrangianWeights": "lagrangian",
    "METHODS": "methods",
    "Massaged": "massaging",
    "Method": "method",
    "Overlap": "overlap",
    "PairedCounts": "joint",
    "Proxies": "proxies",
    "Proxy": "proxies",
    "Reductions": "reductions",
    "RejectOption": "reject_option",
    "Repaired": "repair",
    "Resampled": "resampling",
    "Residualised": "residual",
    "Retrained": "retrain",
    "Reweighed": "reweighing",
    "Reweighing": "reweighing",
    "ScoreBarycentre": "barycentre",
    "SharedThreshold": "thresholds",
    "TabularNet": "torch_trainer",
    "Unaware": "unaware",
    "best_mixtures": "threshold_mixing",
    "best_shared": "threshold_search",
    "best_thresholds": "threshold_search",
    "curves_of_cube": "threshold_curves",
    "gap_change": "paired",
    "leaves_to_imitate": "torch_tree",
    "overlapping_rows": "overlap",
    "paired_counts": "joint",
    "proxy_strength": "proxies",
    "rate_change": "paired",
    "retrain_model": "retrain",
    "reweighing_weights": "reweighing",
    "tango": "paired_intervals",
    "worst_gap_change": "paired",
}

__all__ = [*_HOME]  # noqa: PLE0604 - the table above is the one list of names

if TYPE_CHECKING:
    from .barycentre import ScoreBarycentre as ScoreBarycentre
    from .calibration import GroupCalibration as GroupCalibration
    from .joint import PairedCounts as PairedCounts
    from .joint import paired_counts as paired_counts
    from .label_bias import LabelBias as LabelBias
    from .lagrangian import LagrangianWeights as LagrangianWeights
    from .massaging import Massaged as Massaged
    from .method import Method as Method
    from .methods import METHODS as METHODS
    from .overlap import Overlap as Overlap
    from .overlap import overlapping_rows as overlapping_rows
    from .paired import gap_change as gap_change
    from .paired import rate_change as rate_change
    from .paired import worst_gap_change as worst_gap_change
    from .paired_intervals import tango as tango
    from .proxies import Proxies as Proxies
    from .proxies import Proxy as Proxy
    from .proxies import proxy_strength as proxy_strength
    from .reductions import Reductions as Reductions
    from .reject_option import RejectOption as RejectOption
    from .repair import ImpactRepair as ImpactRepair
    from .repair import Repaired as Repaired
    from .resampling import Resampled as Resampled
    from .residual import Residualised as Residualised
    from .retrain import Retrained as Retrained
    from .retrain import retrain_model as retrain_model
    from .reweighing import Reweighed as Reweighed
    from .reweighing import Reweighing as Reweighing
    from .reweighing import reweighing_weights as reweighing_weights
    from .threshold_curves import curves_of_cube as curves_of_cube
    from .threshold_mixing import best_mixtures as best_mixtures
    from .threshold_search import best_shared as best_shared
    from .threshold_search import best_thresholds as best_thresholds
    from .thresholds import GroupThresholds as GroupThresholds
    from .thresholds import SharedThreshold as SharedThreshold
    from .torch_trainer import TabularNet as TabularNet
    from .torch_tree import leaves_to_imitate as leaves_to_imitate
    from .unaware import Unaware as Unaware


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{home}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
