"""Rows of the catalogue: rankings by score."""

from __future__ import annotations

import math

from .catalogue import Metric
from .catalogue_harms import ALLOCATION, EXPOSURE

_SCORE = ("y_score",)
_GEYIK = "Geyik, Ambler and Kenthapadi (2019), Fairness-Aware Ranking in Search and Recommendation"
_SINGH = "Singh and Joachims (2018), Fairness of Exposure in Rankings"
_RESAMPLED = "bootstrap, percentile"

RANKINGS = (
    Metric(
        "selection_at_k",
        "ranking",
        "selection at k",
        "rows of the group among the first k / rows of the group",
        "Share of the group that stands among the first k; tied rows share their places.",
        _SCORE,
        ALLOCATION,
        _GEYIK,
        interval=_RESAMPLED,
        function="rank_audit.audit_ranking",
    ),
    Metric(
        "selection_ratio_at_k",
        "ranking",
        "selection ratio at k",
        "selection at k of the group / that of the reference",
        "The group's share among the first k beside that of the reference group.",
        _SCORE,
        ALLOCATION,
        _GEYIK,
        high=math.inf,
        fair=1.0,
        better="nearer to 1",
        interval=_RESAMPLED,
        function="rank_audit.audit_ranking",
    ),
    Metric(
        "exposure",
        "ranking",
        "exposure",
        "sum over places i <= k held by the group of 1 / log2(i + 1), / rows of the group",
        "Mean attention that a row of the group gets where attention falls with the place.",
        _SCORE,
        EXPOSURE,
        _SINGH,
        interval=_RESAMPLED,
        function="rank_audit.audit_ranking",
    ),
    Metric(
        "exposure_ratio",
        "ranking",
        "exposure ratio",
        "exposure of the group / exposure of the reference",
        "Mean attention to the group beside that to the reference group (demographic parity of exposure).",
        _SCORE,
        EXPOSURE,
        _SINGH,
        high=math.inf,
        fair=1.0,
        better="nearer to 1",
        interval=_RESAMPLED,
        function="rank_audit.audit_ranking",
    ),
    Metric(
        "skew_at_k",
        "ranking",
        "skew at k",
        "ln(share of the group among the first k / its share of all)",
        "Above 0 the top has too many of the group, below 0 too few.",
        _SCORE,
        EXPOSURE,
        _GEYIK,
        low=-math.inf,
        high=math.inf,
        fair=0.0,
        better="nearer to 0",
        interval=_RESAMPLED,
        function="ranking.skew",
    ),
    Metric(
        "ndkl",
        "ranking",
        "normalised discounted cumulative KL divergence",
        "sum over i <= k of KL(shares among the first i || shares of all) / log2(i + 1), normalised",
        "How far every prefix of the ranking departs from everybody, early places counting most.",
        _SCORE,
        EXPOSURE,
        _GEYIK,
        high=math.inf,
        fair=0.0,
        better="lower",
        interval="bootstrap, basic below and percentile above",
        function="ranking.ndkl",
    ),
    Metric(
        "attention_weighted_rank_fairness",
        "ranking",
        "attention-weighted rank fairness",
        "1 − JS(shares of attention, shares of rows)",
        "How near the groups' shares of attention are to their shares of rows.",
        _SCORE,
        EXPOSURE,
        "Sapiezynski, Zeng, Robertson, Mislove and Wilson (2019); the measure of the TREC Fair"
        " Ranking tracks",
        fair=1.0,
        better="higher",
        interval="bootstrap, basic below and percentile above",
        function="ranking.rank_fairness",
    ),
)
