"""Retrain a given model in every way that suits it: the same pipeline, the same rows, another training."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone

from ..errors import InputError, Problem
from .base import Sensitivity, fit_weighted
from .method import Method, Plan
from .methods import method_named
from .reweighing import Reweighing
from .rows import column_names, index_of, match_rows, missing_columns, row_weights
from .unaware import Unaware


@dataclass(frozen=True)
class Retrained:
    """A model trained again in another way.

    Parameters
    ----------
    method, description : str
    needs_sensitive : {"never", "training", "decision"}
        Of the model as trained: "decision" also where the method needs the attribute at training only
        but the model still reads a sensitive column.
    estimator : estimator
        Fitted; it takes the rows that the given model takes.
    notes : tuple of str
        What a reader should know, each a sentence.
    """

    method: str
    description: str
    needs_sensitive: Sensitivity
    estimator: Any
    notes: tuple[str, ...]


def retrain_model(
    estimator: Any,
    X_train: Any,
    y_train: Any,
    *,
    method: str,
    strength: float | None = None,
    sensitive_features: Any = None,
    sensitive_columns: Any = (),
    proxies: Any = (),
    sample_weight: Any = None,
    metric: str = "equalized_odds_difference",
    seed: int = 0,
) -> Retrained:
    """Train a clone of a model again, in one of the ways of ``METHODS``.

    Parameters
    ----------
    estimator : estimator
        A classifier or a pipeline, fitted or not; left as it is.
    X_train : frame or array-like of shape (rows, columns)
        A frame is narrowed to the columns that the given model was fitted on, where it says so.
    y_train : array-like of shape (rows,)
    method : str
        A name in ``METHODS``.
    strength : float, optional
        The setting of the method's dial; None means the method's own default. ``METHODS[method].dial`` says
        what it is, and ``strengths`` which settings a search tries.
    sensitive_features : array-like of shape (rows,) or (rows, attributes), optional
        The groups of the training rows; several columns mean their intersections. Reweighing needs them.
    sensitive_columns, proxies : names or positions
        Columns of X to hide. Those that the model does not read are passed over.
    sample_weight : array-like of shape (rows,), optional
    metric : str
        The disparity that the method should narrow, where it can be told.
    seed : int
        Given to every random part of the model whose ``random_state`` is None, so that the result repeats.

    Returns
    -------
    Retrained

    Raises
    ------
    InputError
        There is no such method, it does not suit this model (the message says why), the estimator cannot be
        cloned, or the rows are unfit.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> X = pd.DataFrame({"income": [3, 1, 2, 0, 5, 4, 3, 1], "sex": [0] * 4 + [1] * 4})
    >>> y = [1, 0, 0, 0, 1, 1, 1, 0]
    >>> again = retrain_model(LogisticRegression(), X, y, method="unaware", sensitive_columns=["sex"])
    >>> again.needs_sensitive, again.estimator.hidden_
    ('never', ['sex'])
    """
    chosen = method_named(method)
    _refuse_uncloneable(estimator)
    X = _narrowed(estimator, X_train)
    plan = replace(
        plan_for(estimator, X, sensitive_features, sensitive_columns, proxies), metric=metric, seed=seed
    )
    return retrain_by(plan, chosen, strength, X, y_train, sensitive_features, sample_weight)


def retrain_by(  # noqa: PLR0917 - the method, then the rows
    plan: Plan,
    method: Method,
    strength: float | None,
    X: Any,
    y: Any,
    sensitive_features: Any,
    sample_weight: Any,
) -> Retrained:
    """Train by a plan that was made before; as ``retrain_model`` does after it has made one.

    Raises
    ------
    InputError
        The method does not suit the plan, it has no dial and a strength was given, or the rows are unfit.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> from evenhand.mitigation.methods import METHODS
    >>> X = pd.DataFrame({"income": [3, 1, 2, 0], "sex": [0, 0, 1, 1]})
    >>> plan = plan_for(LogisticRegression(), X, X["sex"], ["sex"])
    >>> again = retrain_by(plan, METHODS["reweighing"], None, X, [1, 0, 1, 0], X["sex"], None)
    >>> again.method, again.needs_sensitive
    ('reweighing', 'decision')
    """
    reason = method.why_not(plan)
    if reason is not None:
        raise InputError.of(
            "method_unsuited", "method", f"{method.name!r} does not suit this model: {reason}"
        )
    if strength is not None and not method.dial:
        message = f"{method.name!r} has no dial; leave strength out"
        raise InputError.of("no_dial", "strength", message)
    seeded, drawn = _seeded(plan.estimator, plan.seed)
    built = method.build(replace(plan, estimator=seeded), strength)
    fitted = _fit(built, X, y, sensitive_features, sample_weight)
    needs = method.needs_of(plan)
    still_reads = needs == "decision" and method.needs_sensitive == "training"
    notes = (*_notes(fitted, still_reads=still_reads), *_seed_notes(drawn, plan.seed))
    return Retrained(method.name, method.description, needs, fitted, notes)


def plan_for(
    estimator: Any, X_train: Any, sensitive_features: Any, sensitive_columns: Any = (), proxies: Any = ()
) -> Plan:
    """Say what the methods may use for a model: only columns that it reads count.

    Parameters
    ----------
    estimator : estimator
    X_train : frame or array-like of shape (rows, columns)
    sensitive_features : array-like or None
    sensitive_columns, proxies : names or positions

    Returns
    -------
    Plan
        ``METHODS[name].why_not(plan)`` tells why a method does not suit, or None.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> from evenhand.mitigation.methods import METHODS
    >>> plan = plan_for(LogisticRegression(), pd.DataFrame({"age": [1]}), ["F"], ["sex"])
    >>> METHODS["unaware"].why_not(plan), METHODS["reweighing"].why_not(plan)
    ('the model reads none of the sensitive columns', None)
    """
    X = _narrowed(estimator, X_train)
    known = set(X.columns) if hasattr(X, "columns") else set(range(np.shape(X)[1]))
    hidden = tuple(name for name in column_names(sensitive_columns) if name in known)
    stand_ins = tuple(name for name in column_names(proxies) if name in known and name not in hidden)
    return Plan(estimator, hidden, stand_ins, sensitive_features is not None)


def _refuse_uncloneable(estimator: Any) -> None:
    lacking = [name for name in ("get_params", "fit", "predict") if not hasattr(estimator, name)]
    if lacking:
        raise InputError.of(
            "not_an_estimator",
            "estimator",
            "a scikit-learn estimator or pipeline is needed to train it again,"
            f" but {type(estimator).__name__} has no {', '.join(lacking)}",
        )


def _narrowed(estimator: Any, X: Any) -> Any:
    names = getattr(estimator, "feature_names_in_", None)
    if names is None or not hasattr(X, "columns"):
        return X
    wanted = [str(name) for name in names]
    problems: list[Problem] = missing_columns(wanted, list(X.columns), "X_train")
    if problems:
        raise InputError(problems)
    return X[wanted]


def _seeded(estimator: Any, seed: int) -> tuple[Any, list[str]]:
    """Clone, and give the seed to every random part that has none; name these parts."""
    fresh = clone(estimator)
    unset = sorted(
        name
        for name, value in fresh.get_params(deep=True).items()
        if value is None and name.split("__")[-1] == "random_state"
    )
    return (fresh.set_params(**dict.fromkeys(unset, seed)) if unset else fresh), unset


def _fit(built: Any, X: Any, y: Any, sensitive_features: Any, sample_weight: Any) -> Any:
    if "sensitive_features" in inspect.signature(built.fit).parameters:
        return built.fit(X, y, sensitive_features=sensitive_features, sample_weight=sample_weight)
    if sample_weight is None:
        return built.fit(X, match_rows(y, index_of(X), "y_train"))
    weights, problems = row_weights(match_rows(sample_weight, index_of(X), "sample_weight"), len(y))
    if problems:
        raise InputError(problems)
    return fit_weighted(built, X, match_rows(y, index_of(X), "y_train"), weights)


def _notes(fitted: Any, *, still_reads: bool) -> tuple[str, ...]:
    notes = []
    if still_reads:
        notes.append("The model still reads a sensitive column, so it needs the attribute at every decision.")
    inner = fitted.estimator_ if isinstance(fitted, Reweighing) else fitted
    if isinstance(inner, Unaware):
        done = "set to one value for every row" if inner.how_ == "hold" else "removed"
        notes.append(f"Hidden from the model ({done}): {', '.join(map(str, inner.hidden_))}.")
    if isinstance(fitted, Reweighing):
        notes.append(
            f"A row's weight was multiplied by {fitted.weights_.min():.2f} to {fitted.weights_.max():.2f}."
        )
        if fitted.empty_cells_:
            # Who that is would tell the label of everybody in a small group.
            notes.append("Some groups have training rows of one label only; weights cannot make up for that.")
    return tuple(notes)


def _seed_notes(parts: list[str], seed: int) -> tuple[str, ...]:
    if not parts:
        return ()
    return (f"The model set no random_state for {', '.join(parts)}; training again used {seed}.",)
