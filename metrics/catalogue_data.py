"""Rows of the catalogue: labels before training, and several classes."""

from __future__ import annotations

import math

from .catalogue import Metric
from .catalogue_harms import LABELS, QUALITY
from .results import RATE_INTERVAL, WIDENED_INTERVAL

_LABEL, _BOTH = ("y_true",), ("y_true", "y_pred")
_CLARIFY = "Hardt et al. (2021), Amazon SageMaker Clarify: Machine Learning Bias Detection"
_NORM = f"bootstrap, triangle inequality below; {WIDENED_INTERVAL}, where labels are binary"
_OUTER = "bootstrap, basic below and percentile above"


def _distance(  # noqa: PLR0917 - a row of the table
    name: str, title: str, formula: str, meaning: str, high: float, interval: str
) -> Metric:
    return Metric(
        name,
        "data",
        title,
        formula,
        meaning,
        _LABEL,
        LABELS,
        _CLARIFY,
        high=high,
        fair=0.0,
        better="lower",
        interval=interval,
        function="data_bias.label_bias",
    )


DATA = (
    Metric(
        "class_imbalance",
        "data",
        "class imbalance",
        "(n_a − n_d) / (n_a + n_d)",
        "How much smaller the group is than the reference group; above 0 it is the smaller one.",
        ("sensitive_features",),
        "representation: how many people of each group the data hold",
        _CLARIFY,
        low=-1.0,
        fair=0.0,
        better="nearer to 0",
        interval=RATE_INTERVAL,
        function="data_bias.label_bias",
    ),
    Metric(
        "label_difference",
        "data",
        "difference in proportions of labels",
        "base rate of a − base rate of d",
        "How much more often the reference group has the favourable label.",
        _LABEL,
        LABELS,
        _CLARIFY,
        low=-1.0,
        fair=0.0,
        better="nearer to 0",
        interval=WIDENED_INTERVAL,
        function="data_bias.label_bias",
    ),
    _distance(
        "label_kl_divergence",
        "Kullback-Leibler divergence of labels",
        "sum over labels of P_a ln(P_a / P_d)",
        "How surprising the reference group's labels are to who expects the group's, in nats; infinite where"
        " the group lacks a label.",
        math.inf,
        _OUTER,
    ),
    _distance(
        "label_js_divergence",
        "Jensen-Shannon divergence of labels",
        "(KL(P_a || M) + KL(P_d || M)) / 2, M = (P_a + P_d) / 2",
        "Mean divergence of both groups' labels from their middle, in nats.",
        math.log(2),
        _OUTER,
    ),
    _distance(
        "label_lp_norm",
        "Euclidean distance of labels",
        "sqrt(sum over labels of (P_a − P_d)^2)",
        "Euclidean distance between the two groups' shares of labels.",
        math.sqrt(2),
        _NORM,
    ),
    _distance(
        "label_total_variation",
        "total variation of labels",
        "sum over labels of |P_a − P_d| / 2",
        "Share of a group's rows whose label would have to change for both to be alike.",
        1.0,
        _NORM,
    ),
    _distance(
        "label_ks_distance",
        "largest difference of labels",
        "max over labels of |P_a − P_d|",
        "Largest difference in the share of one label; Clarify calls it Kolmogorov-Smirnov.",
        1.0,
        _NORM,
    ),
    Metric(
        "conditional_label_disparity",
        "data",
        "conditional demographic disparity in labels",
        "sum over strata of n_i (P(group | negative, i) − P(group | positive, i)) / n",
        "Within strata, how much larger the group's share of the unfavourable labels is than its share of the"
        " favourable ones, on average.",
        ("y_true", "control_features"),
        LABELS,
        "Wachter, Mittelstadt and Russell (2021), Why Fairness Cannot Be Automated",
        low=-1.0,
        fair=0.0,
        better="nearer to 0",
        interval="bootstrap, percentile",
        function="data_bias.label_bias",
    ),
)

_SOKOLOVA = "Sokolova and Lapalme (2009), A Systematic Analysis of Performance Measures, section 3"
MULTICLASS = (
    Metric(
        "class_rates",
        "multiclass",
        "rate of each class against the rest",
        "any rate with TP, FP, FN, TN counted for one class against all others",
        "A rate of the confusion matrix for every class and group, with its mean over classes and"
        " the class that"
        " is worst off.",
        _BOTH,
        QUALITY,
        _SOKOLOVA,
        interval=RATE_INTERVAL,
        function="multiclass.class_rates",
    ),
    Metric(
        "multiclass_accuracy",
        "multiclass",
        "accuracy over all classes",
        "rows whose decision is their class / n",
        "Share of the group that is put into its own class.",
        _BOTH,
        QUALITY,
        _SOKOLOVA,
        interval=RATE_INTERVAL,
        function="multiclass.multiclass_accuracy",
    ),
    Metric(
        "multiclass_difference",
        "multiclass",
        "largest difference of a class's rate",
        "max over classes and groups a, b of |rate of a − rate of b|; or of the mean over classes",
        "How far apart the groups are in the class where they are furthest apart, or on average over"
        " classes.",
        _BOTH,
        QUALITY,
        _SOKOLOVA,
        fair=0.0,
        better="lower",
        interval="worst of several, right at zero",
        function="multiclass.multiclass_difference",
    ),
    Metric(
        "multiclass_ratio",
        "multiclass",
        "smallest ratio of a class's rate",
        "min over classes and groups a, b of rate of a / rate of b; or of the mean over classes",
        "The lowest rate of a group as a share of the highest, in the class where that is least.",
        _BOTH,
        QUALITY,
        _SOKOLOVA,
        fair=1.0,
        better="higher",
        interval="worst of several, right at one",
        function="multiclass.multiclass_ratio",
    ),
)
