"""Intervals for a rate, for a difference and a ratio of two rates, and for a difference of means.

All functions work elementwise on arrays that broadcast. ``x`` is a number of successes among ``n``;
both may be fractions of a row: for survey weights pass ``x = p * n`` with ``n`` the effective sample
size. Every interval is a pair of arrays ``(low, high)``; both are nan where a group has no rows.
``z`` replaces the level by a critical value of one's own, as simultaneous bounds need it.
"""

from __future__ import annotations

from .interval_basics import Array, Ends, Table, checked_counts, checked_table, critical_value, falling_root
from .interval_difference import (
    agresti_caffo_difference,
    miettinen_nurminen_difference,
    newcombe_difference,
    score_z_difference,
    widened_difference,
)
from .interval_mean import welch_difference
from .interval_rate import clopper_pearson, jeffreys, modified_wilson, wilson
from .interval_ratio import katz_ratio, koopman_ratio, miettinen_nurminen_ratio, score_z_ratio, widened_ratio

__all__ = [
    "Array",
    "Ends",
    "Table",
    "agresti_caffo_difference",
    "checked_counts",
    "checked_table",
    "clopper_pearson",
    "critical_value",
    "falling_root",
    "jeffreys",
    "katz_ratio",
    "koopman_ratio",
    "miettinen_nurminen_difference",
    "miettinen_nurminen_ratio",
    "modified_wilson",
    "newcombe_difference",
    "score_z_difference",
    "score_z_ratio",
    "welch_difference",
    "widened_difference",
    "widened_ratio",
    "wilson",
]
