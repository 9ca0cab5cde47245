"""An explained gap as a part of the record."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from ...metrics.results import Group
from ..record_explain import Bar, GapExplanation
from .explained import TRUE_LABEL, Contribution, Explained
from .kinds import KINDS


@dataclass(frozen=True)
class Between:
    """Whose gap it is.

    Parameters
    ----------
    grouping : str
        For example ``"sex x race"``.
    group, reference : tuple
        Keys of the groups; the reference is empty where all others together are compared with.
    against : {"reference", "rest"}
    control : str or None
        The column whose levels are held fixed.
    """

    grouping: str
    group: Group
    reference: Group
    against: Literal["reference", "rest"] = "reference"
    control: str | None = None


def to_record(explained: Explained, metric: str, between: Between) -> GapExplanation:
    """Turn an explained gap into a part of the record, largest contribution first.

    Parameters
    ----------
    explained : Explained
    metric : str
        A key of ``kinds.KINDS``.
    between : Between
    """
    ordered = sorted(explained.bars, key=lambda bar: -abs(bar.value))
    return GapExplanation(
        grouping=between.grouping,
        gap=KINDS[metric].gap,
        metric=metric,
        group=between.group,
        reference=between.reference,
        measured=explained.measured,
        total=explained.total,
        residual=explained.residual,
        gross=explained.gross,
        bars=tuple(_bar(bar) for bar in ordered),
        engine=explained.engine,
        game=explained.game,
        rows=explained.rows,
        walks=explained.walks,
        seed=explained.seed,
        start=explained.start,
        against=between.against,
        control=between.control,
        strata=explained.strata,
        approximate=KINDS[metric].output == "metric",
        reached=explained.reached,
    )


def _bar(bar: Contribution) -> Bar:
    return Bar(
        column=bar.player,
        value=bar.value,
        interval=bar.interval,
        sampling_error=bar.sampling_error,
        monte_carlo_error=bar.monte_carlo_error,
        band=None if math.isnan(bar.band) else bar.band,
        role="label" if bar.player == TRUE_LABEL else "column",
    )
