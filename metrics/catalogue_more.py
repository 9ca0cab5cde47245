"""The catalogue's metrics beyond the confusion matrix: each is computed on request by the function named."""

from __future__ import annotations

from .catalogue import Metric
from .catalogue_data import DATA, MULTICLASS
from .catalogue_decisions import COMPOSITES, CONDITIONAL, PRACTICE
from .catalogue_designs import DESIGNS
from .catalogue_people import INDIVIDUAL, REGRESSION
from .catalogue_rankings import RANKINGS
from .catalogue_scores import SCORES

_ROWS: tuple[Metric, ...] = (
    *COMPOSITES,
    *PRACTICE,
    *CONDITIONAL,
    *SCORES,
    *DATA,
    *MULTICLASS,
    *REGRESSION,
    *INDIVIDUAL,
    *RANKINGS,
    *DESIGNS,
)
MORE: dict[str, Metric] = {row.name: row for row in _ROWS}
