"""What a frame is made from: the metrics asked for, and the columns that make its groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ..errors import InputError, Problem
from .frame_counts import Features
from .frame_figures import Request, request
from .groups import Column, encode, frame_columns
from .labels import collect
from .results import Level
from .tally import refuse_unaligned

Metric = str | Callable[..., Any]
Metrics = Metric | Sequence[str] | Mapping[str, Metric]


def requests_of(metrics: Metrics, sample_params: Any, pos_label: Level = None) -> list[Request]:
    """Read the metrics and sample parameters of a frame.

    Raises
    ------
    InputError
        A metric is unknown, or sample parameters belong to no metric.

    Examples
    --------
    >>> [one.name for one in requests_of(["accuracy", "f1"], None)]
    ['accuracy', 'f1']
    """
    if sample_params is not None and not isinstance(sample_params, Mapping):
        rule = "a mapping of name to values by row is wanted"
        raise InputError.of("sample_params", "sample_params", f"{rule}, got {type(sample_params).__name__}")
    params = dict(sample_params or {})
    if isinstance(metrics, str) or callable(metrics):
        name = metrics if isinstance(metrics, str) else getattr(metrics, "__name__", "metric")
        return [request(name, metrics, params, pos_label)]
    named = dict(metrics) if isinstance(metrics, Mapping) else {name: name for name in metrics}
    problems = _wrong_params(named, params)
    if not named:
        problems.append(Problem("no_metrics", "metrics", "at least one metric is wanted, got none"))
    if problems:
        raise InputError(problems)
    asked = [
        collect(problems, partial(request, name, metric, params.get(name) or {}, pos_label))
        for name, metric in named.items()
    ]
    if problems:
        raise InputError(problems)
    return [one for one in asked if one is not None]


def _wrong_params(named: Mapping[str, Any], params: Mapping[str, Any]) -> list[Problem]:
    problems = []
    for key, value in params.items():
        if key not in named:
            rule = f"no metric is called so; known are: {', '.join(named)}"
            problems.append(Problem("sample_params", str(key), rule))
        elif value is not None and not isinstance(value, Mapping):
            rule = "each metric takes a mapping of parameter to values by row"
            problems.append(Problem("sample_params", str(key), f"{rule}, got {type(value).__name__}"))
    return problems


def features_of(
    y_true: Any, y_pred: Any, sensitive: Any, control: Any, requests: Sequence[Request]
) -> Features:
    """Encode the columns that make groups, and check that all inputs are of the same rows.

    Raises
    ------
    InputError
        Indexes or lengths differ, two columns share a name, or there is none.

    Examples
    --------
    >>> features_of([1], [1], ["F"], None, []).sensitive[0].name
    'sensitive_feature_0'
    """
    problems: list[Problem] = []
    outcomes = [("y_true", y_true), ("y_pred", y_pred)]
    indexed = [*outcomes, *(pair for r in requests for pair in r.params.items())]
    for values, name in ((sensitive, "sensitive_features"), (control, "control_features")):
        columns = values.items() if isinstance(values, dict) else [(name, values)]
        indexed += [(str(key), column) for key, column in columns]
    refuse_unaligned(indexed, problems)
    controls = [] if control is None else _encoded(control, "control_feature", problems)
    sensitives = _encoded(sensitive, "sensitive_feature", problems)
    _refuse_twice([column.name for column in (*controls, *sensitives)], problems)
    lengths = {name: len(values) for name, values in outcomes if hasattr(values, "__len__")}
    lengths |= {column.name: len(column.codes) for column in (*controls, *sensitives)}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {length:,}" for name, length in lengths.items())
        rule = "all inputs have one value a row, got lengths"
        problems.append(Problem("lengths_differ", "", f"{rule} {shown}"))
    if problems:
        raise InputError(problems)
    return Features(tuple(controls), tuple(sensitives))


def _encoded(values: Any, prefix: str, problems: list[Problem]) -> list[Column]:
    columns = collect(problems, partial(frame_columns, values, prefix)) or []
    if not columns and not problems:
        problems.append(Problem("no_columns", prefix, "at least one column is needed, got none"))
    # fairlearn numbers a single column without a name, too.
    if len(columns) == 1 and columns[0][0] == prefix:
        columns = frame_columns(values, f"{prefix}_0")
    found = [collect(problems, partial(encode, column, name)) for name, column in columns]
    # The order of ordered categories is dropped, so that levels are listed as fairlearn lists them.
    return [Column(column.name, column.codes, column.levels) for column in found if column is not None]


def _refuse_twice(names: Sequence[str], problems: list[Problem]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        problems.append(Problem("duplicate_columns", twice[0], "no two columns share a name; rename one"))
