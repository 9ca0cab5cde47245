"""Which of the metrics that a caller names or hands over are functions of counts, and which need rows.

Functions of scikit-learn and fairlearn are recognised by their module and name, and only if that module
really holds them under that name; neither library is imported.
"""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, did_you_mean
from .catalogue import CATALOGUE
from .rates import RATES, Cells, Rate, divide
from .results import Level

Floats = NDArray[np.float64]
Source = Literal["cells", "match", "size", "rows"]


@dataclass(frozen=True)
class Figure:
    """A figure of one group that follows from its confusion matrix.

    Parameters
    ----------
    name : str
    compute : callable
        Takes counts of shape (..., labels, decisions), gives (...,); ``nan`` where undefined.
    rate : Rate or None
        The rate of the table of rates that it is; None for what is not a share of rows.
    label, decision : bool
        Whether true labels and decisions are needed.
    other_labels : {"match", "rows"} or None
        What is read where labels are not binary and no positive one is declared: whether label and
        decision match, or the rows; None where that is an error.
    whole : bool
        Whether it is a whole number.
    """

    name: str
    compute: Callable[[Floats], Floats]
    rate: Rate | None = None
    label: bool = True
    decision: bool = True
    other_labels: Literal["match", "rows"] | None = None
    whole: bool = False


def _f1(array: Floats) -> Floats:
    cells = Cells(array)
    return divide(2 * cells.tp, 2 * cells.tp + cells.fp + cells.fn)


def _jaccard(array: Floats) -> Floats:
    cells = Cells(array)
    return divide(cells.tp, cells.tp + cells.fp + cells.fn)


def _balanced_accuracy(array: Floats) -> Floats:
    return np.asarray((RATES["true_positive_rate"](array) + RATES["true_negative_rate"](array)) / 2)


def _matthews(array: Floats) -> Floats:
    # Matthews (1975): the correlation of label and decision.
    c = Cells(array)
    scale = np.sqrt(c.positives) * np.sqrt(c.negatives) * np.sqrt(c.selected) * np.sqrt(c.rejected)
    return divide(c.tp * c.tn - c.fp * c.fn, scale)


def _kappa(array: Floats) -> Floats:
    # Cohen (1960): agreement beyond what the margins give by chance.
    c = Cells(array)
    observed = divide(c.tp + c.tn, c.total)
    chance = divide(c.positives * c.selected + c.negatives * c.rejected, c.total * c.total)
    return divide(observed - chance, 1 - chance)


def _size(array: Floats) -> Floats:
    return np.asarray(array.sum(axis=(-2, -1)))


def _of_rate(rate: Rate) -> Figure:
    matched: Literal["match"] | None = "match" if rate.name in ("accuracy", "error_rate") else None
    return Figure(rate.name, rate, rate, rate.label, rate.decision, matched)


FIGURES: dict[str, Figure] = {
    **{name: _of_rate(rate) for name, rate in RATES.items()},
    "balanced_accuracy": Figure("balanced_accuracy", _balanced_accuracy, other_labels="rows"),
    "f1": Figure("f1", _f1),
    "jaccard": Figure("jaccard", _jaccard),
    "matthews_corrcoef": Figure("matthews_corrcoef", _matthews, other_labels="rows"),
    "cohen_kappa": Figure("cohen_kappa", _kappa, other_labels="rows"),
    "count": Figure("count", _size, label=False, decision=False, whole=True),
}
"""Every figure of a group that counts give, by its name."""

ALIASES: dict[str, str] = {
    "accuracy_score": "accuracy",
    "zero_one_loss": "error_rate",
    "hamming_loss": "error_rate",
    "recall_score": "true_positive_rate",
    "precision_score": "positive_predictive_value",
    "balanced_accuracy_score": "balanced_accuracy",
    "f1_score": "f1",
    "jaccard_score": "jaccard",
    "cohen_kappa_score": "cohen_kappa",
}
"""scikit-learn's name of a figure to ours; the other names are equal."""

_LIBRARIES = ("sklearn", "fairlearn", __name__.partition(".")[0])


@dataclass(frozen=True, eq=False)
class Request:
    """One metric of a frame, as it will be computed.

    Parameters
    ----------
    name : str
        What the caller calls it.
    source : {"cells", "match", "size", "rows"}
        What it is computed from: labels and decisions, whether they match, sizes of groups, or rows.
    figure : Figure or None
        None where only rows give it.
    call : callable or None
        The caller's own function; None where a name was given.
    pos_label : optional
    fill : float
        What an undefined value is replaced by: the caller's ``zero_division``, else ``nan``.
    weight : array-like or None
    params : mapping
        What goes to ``call`` beside labels and decisions, split by rows.
    """

    name: str
    source: Source
    figure: Figure | None
    call: Callable[..., Any] | None = None
    pos_label: Level = None
    fill: float = math.nan
    weight: Any = None
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> tuple[Source, type, Level]:
        """Metrics of one kind come from one cube; the type counts, since True, 1 and 1.0 are equal."""
        return self.source, type(self.pos_label), self.pos_label


def request(name: str, metric: Any, params: Mapping[str, Any], pos_label: Level = None) -> Request:
    """Tell how a metric is computed.

    Parameters
    ----------
    name : str
    metric : str or callable
        A name of `FIGURES` or of scikit-learn, a function known by module and name, a
        `functools.partial` of one, or any other ``callable(y_true, y_pred, **params)``.
    params : mapping
        Values by row; None stands for absent.
    pos_label : optional
        Counts where the metric itself does not say.

    Raises
    ------
    InputError
        The name is not known, or the metric is neither a name nor callable.

    Examples
    --------
    >>> request("recall", "recall_score", {}).figure.name
    'true_positive_rate'
    >>> request("spread", lambda y_true, y_pred: y_pred.std(), {}).source
    'rows'
    """
    given = {key: value for key, value in params.items() if value is not None}
    function, options = _unwrap(metric)
    figure = _named(name, function) if isinstance(function, str) else _recognised(function)
    call = None if isinstance(function, str) else metric
    if figure is None or not _only_counts(options, given):
        if call is None:
            raise _refused(name, f"the metric {metric!r} takes no row values but sample_weight", given)
        return Request(name, "rows", None, call, params=given)
    weight = given.get("sample_weight")
    if not figure.label and not figure.decision:
        if weight is not None:
            raise _refused(name, "a count of rows takes no row values", given)
        return Request(name, "size", figure, call)
    fill = options.get("zero_division", math.nan)
    return Request(
        name,
        "cells",
        figure,
        call,
        options.get("pos_label", pos_label),
        math.nan if fill == "warn" else float(fill),
        weight,
        given,
    )


def _refused(name: str, rule: str, params: Mapping[str, Any]) -> InputError:
    return InputError.of("sample_params", name, f"{rule}, got {', '.join(map(repr, params))}; leave it out")


def _unwrap(metric: Any) -> tuple[Any, dict[str, Any]]:
    options: dict[str, Any] = {}
    while isinstance(metric, functools.partial) and not metric.args:
        options = {**metric.keywords, **options}
        metric = metric.func
    return metric, options


def _only_counts(options: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    plain = {key for key, value in options.items() if (key, value) != ("average", "binary")}
    return plain <= {"pos_label", "zero_division"} and set(params) <= {"sample_weight"}


def _named(where: str, metric: str) -> Figure:
    name = ALIASES.get(metric, metric)
    if name not in FIGURES:
        if metric in CATALOGUE:
            rule = "a frame holds figures of single groups, and difference() or ratio() compare them"
            raise InputError.of("not_a_rate", where, f"{rule}; got {metric!r}")
        known = [*FIGURES, *ALIASES]
        raise InputError.of(
            "unknown_metric", where, f"no metric is called {metric!r}; {did_you_mean(metric, known)}"
        )
    return FIGURES[name]


def _recognised(function: Any) -> Figure | None:
    if not callable(function):
        raise InputError.of(
            "not_a_metric",
            "metrics",
            f"a metric is a name or callable(y_true, y_pred), got {function!r} of type"
            f" {type(function).__name__}",
        )
    module, name = getattr(function, "__module__", None), getattr(function, "__name__", "")
    if not isinstance(module, str) or module.partition(".")[0] not in _LIBRARIES:
        return None
    # A function of the caller's that only borrows the name (functools.wraps) is not the library's.
    if getattr(sys.modules.get(module), name, None) is not function:
        return None
    return FIGURES.get(ALIASES.get(name, name))
