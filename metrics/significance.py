"""Tests of equal rates, pooling over strata, corrections for many tests, power, and partial pooling.

Counts are arrays that broadcast; results carry what they were computed from. A table in which
nothing varies (all succeed, or none) holds no evidence against equal rates: statistic 0, p-value 1.
"""

from __future__ import annotations

from .corrections import benjamini_hochberg, holm
from .equality import Significance, chi_squared, equivalence, two_proportion_z
from .exact import fisher_exact, permutation_of_labels
from .pooling import Shrunk, partial_pooling
from .power import smallest_detectable_gap
from .stratified import (
    Pooled,
    breslow_day,
    cochran_mantel_haenszel,
    mantel_haenszel_difference,
    mantel_haenszel_ratio,
)

__all__ = [
    "Pooled",
    "Shrunk",
    "Significance",
    "benjamini_hochberg",
    "breslow_day",
    "chi_squared",
    "cochran_mantel_haenszel",
    "equivalence",
    "fisher_exact",
    "holm",
    "mantel_haenszel_difference",
    "mantel_haenszel_ratio",
    "partial_pooling",
    "permutation_of_labels",
    "smallest_detectable_gap",
    "two_proportion_z",
]
