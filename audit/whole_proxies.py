"""The proxies of one sensitive attribute, in an audit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..metrics.results import Estimate, Interval
from ..mitigation.proxies import Proxies
from .explain.importance import Reliance
from .explain.proxy_use import proxy_map
from .explaining import Subject
from .paired_figures import crossed
from .record_proxies import OwnUse, ProxyFacts, ProxyRow, RemainingFacts

STRENGTH_ROWS = 3_000
"""Rows that strength is measured on."""


def proxy_facts(
    subject: Subject,
    attribute: str,
    reliance: Sequence[Reliance],
    sensitive: Sequence[str],
    proxies: Sequence[str],
) -> ProxyFacts:
    """Measure which columns tell an attribute, which the model leans on, and what dropping them leaves.

    Raises
    ------
    InputError
        No column is left beside the attribute's own, or there are no two groups to tell apart.
    """
    codes, groups = crossed(subject.attributes, (attribute,))
    labels = [None if None in groups[code] else code for code in codes.tolist()]
    found = proxy_map(
        lambda rows: rows,
        subject.frame,
        {attribute: labels},
        own=(attribute,),
        sensitive_columns=sensitive,
        proxies=proxies,
        reliance=reliance,
        max_rows=STRENGTH_ROWS,
        level=subject.level,
        seed=subject.seed,
    )
    strength = found.strength
    return ProxyFacts(
        attribute=attribute,
        groups=tuple(groups[int(str(group[0]))] for group in strength.groups),
        left_out=tuple(groups[int(str(group[0]))] for group in strength.left_out if group[0] is not None),
        rows=tuple(
            ProxyRow(
                column=row.strength.column,
                auc=_estimate(row.strength.auc, row.strength.interval, strength.sampled),
                information=row.strength.information,
                use=row.use,
                product=row.product,
            )
            for row in found.rows
        ),
        own=tuple(OwnUse(column=item.column, use=item.share) for item in found.own),
        remaining=tuple(
            RemainingFacts(
                why=item.why,
                dropped=item.dropped,
                auc=None if item.found is None else _together(item.found),
                by_group=() if item.found is None else item.found.together_by_group,
            )
            for item in found.remaining
        ),
        sampled=strength.sampled,
        folds=strength.folds,
        seed=strength.seed,
    )


def _together(found: Proxies) -> Estimate:
    return _estimate(found.together, found.together_interval, found.sampled)


def _estimate(value: float, interval: Interval | None, rows: int) -> Estimate:
    return Estimate(value, interval if math.isfinite(value) else None, rows=rows)
