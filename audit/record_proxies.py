"""The record's part on proxies: which columns tell a sensitive attribute, and which the model leans on."""

from __future__ import annotations

from typing import Literal

from ..metrics.results import Estimate, Group
from .record_part import Part


class ProxyRow(Part):
    """One column: how well it tells the attribute, how much the model leans on it, and the product."""

    column: str
    auc: Estimate
    information: float
    use: float
    product: float


class OwnUse(Part):
    """How much the model leans on a column that is the attribute itself."""

    column: str
    use: float


class RemainingFacts(Part):
    """How well all other columns together tell the attribute when some are dropped; None: none is left.

    ``by_group`` is each group against the rest, in the order of the attribute's ``groups``.
    """

    why: Literal["own", "named", "strong"]
    dropped: tuple[str, ...]
    auc: Estimate | None
    by_group: tuple[float, ...] = ()


class ProxyFacts(Part):
    """The proxies of one sensitive attribute."""

    attribute: str
    groups: tuple[Group, ...]
    left_out: tuple[Group, ...]
    rows: tuple[ProxyRow, ...]
    own: tuple[OwnUse, ...]
    remaining: tuple[RemainingFacts, ...]
    sampled: int
    folds: int
    seed: int
