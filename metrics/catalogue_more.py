"""The catalogue's metrics beyond the confusion matrix: each is computed on request by the function named."""

from __future__ import annotations

from .catalogue import Metric

_ROWS: tuple[Metric, ...] = ()
MORE: dict[str, Metric] = {row.name: row for row in _ROWS}
