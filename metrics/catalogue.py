"""The table of metrics: what each one is, what it needs, what is fair, and where it comes from.

Every figure of an audit has its row here; ``grep`` finds every metric.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import InputError, did_you_mean
from .results import RATE_INTERVAL

Kind = Literal[
    "rate", "mean", "difference", "ratio",
    "composite", "practice", "conditional", "score", "data", "multiclass", "regression", "individual",
    "ranking", "design",
]  # fmt: skip
"""The first four kinds are figures that every audit computes and a policy may limit."""

_ALLOCATION = "allocation: who is given the opportunity or the burden"
_QUALITY = "quality of service: for whom the model works well"
_DATA = "the labels themselves, before any model"

_HARDT = "Hardt, Price and Srebro (2016), Equality of Opportunity in Supervised Learning, section 2"
_CHOULDECHOVA = "Chouldechova (2017), Fair Prediction with Disparate Impact, section 2"
_CORBETT = "Corbett-Davies, Pierson, Feller, Goel and Huq (2017), section 2"
_CALDERS = "Calders, Kamiran and Pechenizkiy (2009), Building Classifiers with Independency Constraints"
_FELDMAN = "Feldman, Friedler, Moeller, Scheidegger and Venkatasubramanian (2015), section 2"
_BERK = "Berk, Heidari, Jabbari, Kearns and Roth (2018), section 3"
_FAWCETT = "Fawcett (2006), An Introduction to ROC Analysis, section 2"


@dataclass(frozen=True)
class Metric:
    """One row of the catalogue.

    Parameters
    ----------
    name : str
        As scikit-learn and fairlearn spell it.
    kind : str
        ``"rate"`` and ``"mean"`` are figures of one group, ``"difference"`` and ``"ratio"`` comparisons
        between groups; the other kinds name the family of a metric that is computed on request.
    title, formula, meaning : str
        For people: a name, the formula, and what it says in plain words.
    needs : tuple of str
        Which of ``y_true``, ``y_pred``, ``y_score``.
    low, high : float
        Range.
    fair : float or None
        The value that means fair; None for a rate, which is fair or not only in comparison.
    better : str
        Which direction is better.
    harm, source : str
    rates : tuple of str
        For a comparison: the rates compared; several form one family.
    combine : {"worst", "mean"}
        For a comparison of several rates: the worst of them, or their mean.
    interval : str
        Method of the interval.
    function : str
        Where it is computed: module and function within ``evenhand.metrics``.
    """

    name: str
    kind: Kind
    title: str
    formula: str
    meaning: str
    needs: tuple[str, ...]
    harm: str
    source: str
    low: float = 0.0
    high: float = 1.0
    fair: float | None = None
    better: str = "equal in all groups"
    rates: tuple[str, ...] = ()
    combine: Literal["worst", "mean"] = "worst"
    interval: str = ""
    function: str = ""


_LABEL, _DECISION, _BOTH = ("y_true",), ("y_pred",), ("y_true", "y_pred")


def _rate(  # noqa: PLR0917 - a row of the table reads as one line
    name: str, title: str, formula: str, meaning: str, needs: tuple[str, ...], harm: str, source: str
) -> Metric:
    return Metric(
        name,
        "rate",
        title,
        formula,
        meaning,
        needs,
        harm,
        source,
        interval=RATE_INTERVAL,
        function="rates.count",
    )


def _difference(  # noqa: PLR0917 - a row of the table
    name: str, of: tuple[str, ...], title: str, meaning: str, harm: str, source: str, *, mean: bool = False
) -> Metric:
    needs = tuple(dict.fromkeys(need for rate in of for need in RATE_ROWS[rate].needs))
    shown = [f"|{RATE_ROWS[rate].title} of a − of b|" for rate in of]
    inner = shown[0] if len(of) == 1 else f"{'mean' if mean else 'max'}({', '.join(shown)})"
    formula = f"max over groups a, b of {inner}"
    return Metric(
        name,
        "difference",
        title,
        formula,
        meaning,
        needs,
        harm,
        source,
        0.0,
        1.0,
        0.0,
        "lower",
        of,
        "mean" if mean else "worst",
        "worst of several, right at zero",
        "functions.group_metric",
    )


def _ratio(  # noqa: PLR0917 - a row of the table
    name: str, of: tuple[str, ...], title: str, meaning: str, harm: str, source: str
) -> Metric:
    needs = tuple(dict.fromkeys(need for rate in of for need in RATE_ROWS[rate].needs))
    shown = [f"{RATE_ROWS[rate].title} of a / of b" for rate in of]
    formula = f"min over groups a, b of {shown[0] if len(of) == 1 else 'min(' + ', '.join(shown) + ')'}"
    return Metric(
        name,
        "ratio",
        title,
        formula,
        meaning,
        needs,
        harm,
        source,
        0.0,
        1.0,
        1.0,
        "higher",
        of,
        interval="worst of several, right at one",
        function="functions.group_metric",
    )


_RATE_TABLE = (
    _rate(
        "selection_rate",
        "selection rate",
        "(TP + FP) / n",
        "Share of the group that is selected.",
        _DECISION,
        _ALLOCATION,
        _CALDERS,
    ),
    _rate(
        "base_rate",
        "base rate",
        "(TP + FN) / n",
        "Share of the group whose true label is positive (prevalence).",
        _LABEL,
        _DATA,
        _FAWCETT,
    ),
    _rate(
        "true_positive_rate",
        "true positive rate",
        "TP / (TP + FN)",
        "Of those whose true label is positive, the share selected (recall, sensitivity).",
        _BOTH,
        _ALLOCATION,
        _HARDT,
    ),
    _rate(
        "false_negative_rate",
        "false negative rate",
        "FN / (TP + FN)",
        "Of those whose true label is positive, the share rejected.",
        _BOTH,
        _ALLOCATION,
        _CHOULDECHOVA,
    ),
    _rate(
        "false_positive_rate",
        "false positive rate",
        "FP / (FP + TN)",
        "Of those whose true label is negative, the share selected.",
        _BOTH,
        _ALLOCATION,
        _CHOULDECHOVA,
    ),
    _rate(
        "true_negative_rate",
        "true negative rate",
        "TN / (FP + TN)",
        "Of those whose true label is negative, the share rejected (specificity).",
        _BOTH,
        _ALLOCATION,
        _FAWCETT,
    ),
    _rate(
        "positive_predictive_value",
        "positive predictive value",
        "TP / (TP + FP)",
        "Of those selected, the share whose true label is positive (precision).",
        _BOTH,
        _QUALITY,
        _CHOULDECHOVA,
    ),
    _rate(
        "false_discovery_rate",
        "false discovery rate",
        "FP / (TP + FP)",
        "Of those selected, the share whose true label is negative.",
        _BOTH,
        _QUALITY,
        _FAWCETT,
    ),
    _rate(
        "negative_predictive_value",
        "negative predictive value",
        "TN / (FN + TN)",
        "Of those rejected, the share whose true label is negative.",
        _BOTH,
        _QUALITY,
        _BERK,
    ),
    _rate(
        "false_omission_rate",
        "false omission rate",
        "FN / (FN + TN)",
        "Of those rejected, the share whose true label is positive.",
        _BOTH,
        _QUALITY,
        _BERK,
    ),
    _rate(
        "accuracy",
        "accuracy",
        "(TP + TN) / n",
        "Share of the group decided in line with the true label.",
        _BOTH,
        _QUALITY,
        _BERK,
    ),
    _rate(
        "error_rate",
        "error rate",
        "(FP + FN) / n",
        "Share of the group decided against the true label.",
        _BOTH,
        _QUALITY,
        _BERK,
    ),
)
RATE_ROWS: dict[str, Metric] = {row.name: row for row in _RATE_TABLE}

_MEAN_SCORE = Metric(
    "mean_score",
    "mean",
    "mean score",
    "sum of scores / n",
    "Average score of the group.",
    ("y_score",),
    _ALLOCATION,
    "Kleinberg, Mullainathan and Raghavan (2016), section 1",
    interval="Student t",
    function="rates.score_means",
)

_SR, _TPR, _FPR, _PPV, _ACC = (
    ("selection_rate",),
    ("true_positive_rate",),
    ("false_positive_rate",),
    ("positive_predictive_value",),
    ("accuracy",),
)
_ODDS = ("true_positive_rate", "false_positive_rate")

_COMPARISONS = (
    _difference(
        "demographic_parity_difference",
        _SR,
        "demographic parity difference",
        "How far apart the groups' selection rates are at most.",
        _ALLOCATION,
        _CALDERS,
    ),
    _ratio(
        "demographic_parity_ratio",
        _SR,
        "demographic parity ratio",
        "The lowest selection rate of a group as a share of the highest (disparate impact).",
        _ALLOCATION,
        _FELDMAN,
    ),
    _difference(
        "equal_opportunity_difference",
        _TPR,
        "equal opportunity difference",
        "Among people whose true label is positive, how far apart the groups' chances of selection"
        " are at most.",
        _ALLOCATION,
        _HARDT,
    ),
    _ratio(
        "equal_opportunity_ratio",
        _TPR,
        "equal opportunity ratio",
        "Among people whose true label is positive, the lowest chance of selection as a share of"
        " the highest.",
        _ALLOCATION,
        _HARDT,
    ),
    _difference(
        "predictive_equality_difference",
        _FPR,
        "predictive equality difference",
        "Among people whose true label is negative, how far apart the groups' chances of selection"
        " are at most.",
        _ALLOCATION,
        _CORBETT,
    ),
    _ratio(
        "predictive_equality_ratio",
        _FPR,
        "predictive equality ratio",
        "Among people whose true label is negative, the lowest chance of selection as a share of"
        " the highest.",
        _ALLOCATION,
        _CORBETT,
    ),
    _difference(
        "equalized_odds_difference",
        _ODDS,
        "equalized odds difference",
        "The larger of the two gaps in the chance of selection: among true positives and among true"
        " negatives.",
        _ALLOCATION,
        _HARDT,
    ),
    _ratio(
        "equalized_odds_ratio",
        _ODDS,
        "equalized odds ratio",
        "The smaller of the two ratios of the chance of selection: among true positives and among"
        " true negatives.",
        _ALLOCATION,
        _HARDT,
    ),
    _difference(
        "average_odds_difference",
        _ODDS,
        "average odds difference",
        "The mean of the gaps in the chance of selection among true positives and among true"
        " negatives (absolute gaps).",
        _ALLOCATION,
        "Bellamy et al. (2018), AI Fairness 360, average absolute odds difference",
        mean=True,
    ),
    _difference(
        "predictive_parity_difference",
        _PPV,
        "predictive parity difference",
        "How far apart the groups' shares of right selections are at most.",
        _QUALITY,
        _CHOULDECHOVA,
    ),
    _ratio(
        "predictive_parity_ratio",
        _PPV,
        "predictive parity ratio",
        "The lowest share of right selections as a share of the highest.",
        _QUALITY,
        _CHOULDECHOVA,
    ),
    _difference(
        "conditional_use_accuracy_difference",
        ("positive_predictive_value", "negative_predictive_value"),
        "conditional use accuracy difference",
        "The larger of the two gaps in the share of right decisions: among those selected and rejected.",
        _QUALITY,
        _BERK,
    ),
    _difference(
        "accuracy_difference",
        _ACC,
        "accuracy difference",
        "How far apart the groups' accuracies are at most (overall accuracy equality).",
        _QUALITY,
        _BERK,
    ),
    _ratio(
        "accuracy_ratio",
        _ACC,
        "accuracy ratio",
        "The lowest accuracy of a group as a share of the highest.",
        _QUALITY,
        _BERK,
    ),
)

CATALOGUE: dict[str, Metric] = {row.name: row for row in (*_RATE_TABLE, _MEAN_SCORE, *_COMPARISONS)}


def metric_named(name: str) -> Metric:
    """Look a metric up by its name.

    Raises
    ------
    InputError
        There is no such metric; the closest name is suggested.

    Examples
    --------
    >>> metric_named("equalized_odds_difference").rates
    ('true_positive_rate', 'false_positive_rate')
    """
    if name not in CATALOGUE:
        raise InputError.of(
            "unknown_metric", "metric", f"no metric is called {name!r}; {did_you_mean(name, CATALOGUE)}"
        )
    return CATALOGUE[name]
