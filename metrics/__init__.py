"""What is measured: from rows to a cube of counts, from counts to rates, disparities and intervals.

The functions bear fairlearn's names; they are loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "Cube": "cube",
    "Grid": "grid",
    "cube_of": "tally",
    "group_table": "rates",
    "group_metric": "functions",
    "selection_rate": "functions",
    "true_positive_rate": "functions",
    "false_positive_rate": "functions",
    "true_negative_rate": "functions",
    "false_negative_rate": "functions",
    "demographic_parity_difference": "functions",
    "demographic_parity_ratio": "functions",
    "equal_opportunity_difference": "functions",
    "equal_opportunity_ratio": "functions",
    "equalized_odds_difference": "functions",
    "equalized_odds_ratio": "functions",
    "against_each": "disparity",
    "worst_of": "disparity",
    "Options": "disparity",
    "metric_named": "catalogue",
}

__all__ = list(_HOME)  # noqa: PLE0605 - the table above is the one list of names


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{home}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
