"""Rows of the catalogue: rates where rows are not independent people of known groups."""

from __future__ import annotations

import math

from .catalogue import Metric
from .catalogue_harms import ALLOCATION
from .results import RATE_INTERVAL

_RATE = ("y_pred",)
_BOUNDS = (
    "Kallus, Mao and Zhou (2022), Assessing Algorithmic Fairness with Unobserved Protected Class, section 4"
)
_AROUND = f"{RATE_INTERVAL}, linearised over rows, around both bounds"

DESIGNS = (
    Metric(
        "design_effect",
        "design",
        "design effect of repeated people",
        "variance of the rate counted by people / variance as if rows were independent",
        "How many times as many rows it would take, from people who stand in several, to know a rate as well"
        " as from people who stand in one.",
        (*_RATE, "ids"),
        ALLOCATION,
        "Liang and Zeger (1986), Longitudinal data analysis using generalized linear models; Kish (1965)",
        high=math.inf,
        better="1: rows are as good as people",
        function="clusters.cluster_robust",
    ),
    Metric(
        "clustered_rate",
        "design",
        "rate of repeated people",
        "the rate, resampled by people, each with all their rows",
        "A rate as counted, with an interval that knows who stands in several rows.",
        (*_RATE, "ids"),
        ALLOCATION,
        "Davison and Hinkley (1997), Bootstrap Methods and their Application, section 3.8; Efron (1987)",
        interval="cluster bootstrap, BCa",
        function="cluster_resampling.cluster_bootstrap",
    ),
    Metric(
        "survey_rate",
        "design",
        "rate of a survey",
        "sum of w a / sum of w b, with the variance of its strata and sampling units",
        "A rate of the population that a sample of households, schools or clinics stands for.",
        (*_RATE, "sample_weight"),
        ALLOCATION,
        "Lumley (2010), Complex Surveys; Korn and Graubard (1998) for the effective size",
        interval=f"{RATE_INTERVAL}, design-based size",
        function="survey.survey_rates",
    ),
    Metric(
        "membership_rate",
        "design",
        "rate of probable members",
        "sum of P(member) a / sum of P(member) b",
        "A group's rate where membership is known as a probability only, as BISG gives it: each row counts in"
        " every group by its probability. Where outcome and group are related given the proxy, it is biased.",
        (*_RATE, "membership"),
        ALLOCATION,
        "Chen, Kallus, Mao, Svacha and Udell (2019), Fairness Under Unawareness",
        interval=f"{RATE_INTERVAL}, linearised over rows",
        function="membership.probabilistic_rates",
    ),
    Metric(
        "membership_rate_lower_bound",
        "design",
        "least rate of probable members",
        "sum over proxies of max(0, m + q - 1) / sum of m",
        "The least that a group's rate can be where membership is known as a probability only, whatever"
        " outcome and group have to do with each other: m is the group's share among the rows of one proxy,"
        " q the share that was selected.",
        (*_RATE, "membership"),
        ALLOCATION,
        _BOUNDS,
        interval=_AROUND,
        function="membership_bounds.rate_bounds",
    ),
    Metric(
        "membership_rate_upper_bound",
        "design",
        "greatest rate of probable members",
        "sum over proxies of min(m, q) / sum of m",
        "The most that a group's rate can be where membership is known as a probability only. Where the two"
        " bounds lie far apart, no method can tell the rate from such data.",
        (*_RATE, "membership"),
        ALLOCATION,
        _BOUNDS,
        interval=_AROUND,
        function="membership_bounds.rate_bounds",
    ),
)
