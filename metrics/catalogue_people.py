"""Rows of the catalogue: predicted numbers, and individuals."""

from __future__ import annotations

import math

from .catalogue import Metric
from .catalogue_harms import ALIKE, ALLOCATION, QUALITY
from .results import RATE_INTERVAL

_BOTH, _PREDICTED = ("y_true", "y_pred"), ("y_pred",)

_AGARWAL = "Agarwal, Dudik and Wu (2019), Fair Regression: Quantitative Definitions and Algorithms"


def _fit(  # noqa: PLR0917 - a row of the table
    name: str, title: str, formula: str, meaning: str, low: float, high: float, better: str, interval: str
) -> Metric:
    needs, harm = (_PREDICTED, ALLOCATION) if name == "mean_prediction" else (_BOTH, QUALITY)
    return Metric(
        name, "regression", title, formula, meaning, needs, harm, _AGARWAL, low, high,
        better=better, interval=interval, function="regression.fitted",
    )  # fmt: skip


_T, _DELTA = "Student t", "Student t, delta method"
_FITS = (
    _fit("mean_prediction", "mean prediction", "sum of predictions / n", "Average prediction for the group.",
         -math.inf, math.inf, "equal in all groups", _T),
    _fit("mean_error", "mean error", "mean of (prediction − label)",
         "Above 0 the model promises the group too much, below 0 too little.",
         -math.inf, math.inf, "nearer to 0, and equal in all groups", _T),
    _fit("mean_absolute_error", "mean absolute error", "mean of |prediction − label|",
         "How far predictions lie from labels on average.",
         0.0, math.inf, "lower, and equal in all groups", _T),
    _fit("mean_squared_error", "mean squared error", "mean of (prediction − label)^2",
         "Mean squared distance of predictions from labels; large errors count most.",
         0.0, math.inf, "lower, and equal in all groups", _T),
    _fit("root_mean_squared_error", "root mean squared error", "sqrt(mean of (prediction − label)^2)",
         "Typical size of an error, in the unit of the labels.",
         0.0, math.inf, "lower, and equal in all groups", _DELTA),
    _fit("r2_score", "coefficient of determination",
         "1 − sum of (prediction − label)^2 / sum of (label − mean label)^2",
         "Share of the variance of the group's labels that the predictions explain.",
         -math.inf, 1.0, "higher, and equal in all groups", _DELTA),
)  # fmt: skip


def _gap(of: Metric) -> Metric:
    return Metric(
        f"{of.name}_difference",
        "regression",
        f"{of.title} difference",
        f"max over groups a, b of |{of.title} of a − of b|",
        f"How far apart any two groups are at most in their {of.title}.",
        of.needs,
        of.harm,
        of.source,
        0.0,
        math.inf,
        0.0,
        "lower",
        interval="worst of several, right at zero",
        function="fit_gaps.worst_regression_gap",
    )


_JIANG = "Jiang, Pacchiano, Stepleton, Jiang and Chiappa (2020), Wasserstein Fair Classification"


def _shape(  # noqa: PLR0917 - a row of the table
    name: str, title: str, formula: str, meaning: str, high: float, interval: str
) -> Metric:
    return Metric(
        name, "regression", title, formula, meaning, _PREDICTED, ALLOCATION, _JIANG, 0.0, high, 0.0, "lower",
        interval=interval, function="prediction_distance.prediction_distances",
    )  # fmt: skip


REGRESSION = (
    *_FITS,
    *(_gap(row) for row in _FITS),
    _shape("prediction_wasserstein_distance", "Wasserstein distance of predictions",
           "integral over t of |F_a(t) − F_b(t)|",
           "How far a group's predictions would have to move on average to be distributed like the others'.",
           math.inf, "bootstrap, triangle inequality below"),
    _shape("prediction_ks_distance", "Kolmogorov-Smirnov distance of predictions",
           "max over t of |F_a(t) − F_b(t)|",
           "Largest gap of the shares above a line, wherever the line is drawn (statistical parity).",
           1.0, "Dvoretzky-Kiefer-Wolfowitz"),
    _shape("prediction_mean_gap", "mean gap of predictions over thresholds",
           "integral over t of |F_a(t) − F_b(t)| / range of the predictions",
           "Mean gap of the shares above a line, over all lines within the range of the predictions.",
           1.0, ""),
)  # fmt: skip

_SPEICHER = "Speicher et al. (2018), A Unified Approach to Quantifying Algorithmic Unfairness"
_OUTER = "bootstrap, basic below and percentile above"
INDIVIDUAL = (
    Metric(
        "consistency",
        "individual",
        "consistency",
        "1 − mean of |decision − mean decision of the k nearest neighbours|",
        "How far people are decided like the people who are most like them.",
        ("features", "y_pred"),
        ALIKE,
        "Zemel, Wu, Swersky, Pitassi and Dwork (2013), Learning Fair Representations, section 4",
        fair=1.0,
        better="higher",
        function="individual.consistency",
    ),
    Metric(
        "counterfactual_flip_rate",
        "individual",
        "counterfactual flip rate",
        "rows whose decision changes when only the sensitive column changes / n",
        "How often the model itself would have decided otherwise for the same person of another"
        " group; proxies"
        " keep their values.",
        ("predict", "table"),
        ALIKE,
        "Galhotra, Brun and Meliou (2017), Fairness Testing: Testing Software for Discrimination",
        fair=0.0,
        better="lower",
        interval=RATE_INTERVAL,
        function="flips.counterfactual_flip_rate",
    ),
    Metric(
        "generalized_entropy",
        "individual",
        "generalised entropy of benefits",
        "mean of ((b / mean b)^alpha − 1) / (alpha (alpha − 1)), b = decision − label + 1",
        "How unequally benefits are spread over people: 0 for one wrongly rejected, 2 for one"
        " wrongly selected,"
        " 1 for everyone else.",
        _BOTH,
        ALIKE,
        _SPEICHER,
        high=math.inf,
        fair=0.0,
        better="lower",
        interval=_OUTER,
        function="benefits.decision_inequality",
    ),
    Metric(
        "theil_index",
        "individual",
        "Theil index of benefits",
        "mean of (b / mean b) ln(b / mean b)",
        "Generalised entropy with alpha 1: inequality among those with much counts more.",
        _BOTH,
        ALIKE,
        _SPEICHER,
        high=math.inf,
        fair=0.0,
        better="lower",
        interval=_OUTER,
        function="benefits.decision_inequality",
    ),
    Metric(
        "coefficient_of_variation",
        "individual",
        "coefficient of variation of benefits",
        "standard deviation of b / mean b",
        "Spread of the benefits as a share of their mean; the root of twice the entropy with alpha 2.",
        _BOTH,
        ALIKE,
        _SPEICHER,
        high=math.inf,
        fair=0.0,
        better="lower",
        function="inequality.coefficient_of_variation",
    ),
    Metric(
        "between_group_entropy",
        "individual",
        "between-group part of the entropy",
        "generalised entropy with each b replaced by its group's mean",
        "How much of the inequality of benefits lies between the groups; the rest lies within them.",
        _BOTH,
        ALLOCATION,
        _SPEICHER,
        high=math.inf,
        fair=0.0,
        better="lower",
        interval=_OUTER,
        function="benefits.decision_inequality",
    ),
    Metric(
        "benefit_inequality",
        "individual",
        "inequality of any benefits",
        "generalised entropy of given benefits, in all, between and within groups",
        "How unequally something that is a number (an amount, a price, a waiting time) is spread"
        " over people.",
        ("benefits",),
        ALIKE,
        _SPEICHER,
        high=math.inf,
        fair=0.0,
        better="lower",
        function="benefits.benefit_inequality",
    ),
)
