"""The search: every chosen method at every strength, on rows it was not trained on, within a time budget."""

from __future__ import annotations

import inspect
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, zip_longest
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ..errors import EvenhandWarning, InputError
from .base import Sensitivity
from .folds import Folds
from .method import Method, Plan
from .methods import METHODS, method_named
from .once import FitOnce
from .retrain import Retrained, retrain_by
from .rows import Floats

Progress = Callable[[str, int, int], None]

CONTROL = "refit"
"""The unmitigated model, trained on the same rows as its rivals."""

FAULTS = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError, ArithmeticError,
    AssertionError, ImportError, MemoryError, OSError,
)  # fmt: skip
"""What training may raise on rows that it cannot use; the candidate is then told as failed."""

ALONE_BELOW = 3_000_000
"""With fewer rows to train on than this in all, starting other processes takes longer than the work."""

_SEARCHES = count(1)


@dataclass(frozen=True)
class Rows:
    """Rows to search on.

    Parameters
    ----------
    frame : pandas.DataFrame
        The model's input columns.
    labels : ndarray of int, shape (rows,)
        1 for the positive label, else 0.
    groups : mapping of str to ndarray, shape (rows,)
        The groups, by attribute.
    weight : ndarray of float, shape (rows,), or None
    """

    frame: pd.DataFrame
    labels: NDArray[np.int64]
    groups: Mapping[str, NDArray[Any]]
    weight: Floats | None = None

    def at(self, places: NDArray[np.int64]) -> Rows:
        """Keep some rows, by position."""
        weight = None if self.weight is None else self.weight[places]
        groups = {name: column[places] for name, column in self.groups.items()}
        return Rows(self.frame.iloc[places], self.labels[places], groups, weight)


@dataclass(frozen=True)
class Candidate:
    """A method at a strength; None where it has no dial."""

    method: str
    strength: float | None = None

    @property
    def name(self) -> str:
        """What it is called.

        Examples
        --------
        >>> Candidate("reweighing").name, Candidate("repair", 0.5).name
        ('reweighing', 'repair 0.5')
        """
        return self.method if self.strength is None else f"{self.method} {self.strength:g}"


@dataclass(frozen=True)
class Trial:
    """What a candidate decided on the rows it was not trained on.

    Parameters
    ----------
    candidate : Candidate
    needs_sensitive : {"never", "training", "decision"}
        Of the model as trained.
    decisions : ndarray of bool, shape (validation rows,)
    scores : ndarray of float, shape (validation rows,), or None
        None where the model gives no probabilities.
    notes : tuple of str
        What a reader should know, each a sentence.
    """

    candidate: Candidate
    needs_sensitive: Sensitivity
    decisions: NDArray[np.bool_]
    scores: Floats | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failed:
    """A candidate that could not be trained, and why."""

    candidate: Candidate
    reason: str


@dataclass(frozen=True)
class Searched:
    """What a search found.

    Parameters
    ----------
    trials : tuple of Trial
        In the order of the candidates; the unmitigated model first.
    failed : tuple of Failed
    not_tried : tuple of Candidate
        Those that the time budget left no time for: with any, the result depends on the machine.
    """

    trials: tuple[Trial, ...]
    failed: tuple[Failed, ...] = ()
    not_tried: tuple[Candidate, ...] = ()


def candidates_of(methods: Sequence[str]) -> tuple[Candidate, ...]:
    """List what a search tries: the unmitigated model, then every method once, then the further strengths.

    A search that is cut short has then tried every method at least once, if it could: methods that train
    few models come first, and each begins with its strongest setting.

    Examples
    --------
    >>> [candidate.name for candidate in candidates_of(["reweighing", "unaware"])][:4]
    ['refit', 'reweighing 1', 'unaware', 'reweighing 0.75']
    """
    named = sorted(
        (method_named(name) for name in dict.fromkeys(methods) if name != CONTROL),
        key=lambda method: method.fits,
    )
    dials = [
        [Candidate(row.name, strength) for strength in reversed(row.strengths)] or [Candidate(row.name)]
        for row in named
    ]
    rounds = (item for each in zip_longest(*dials) for item in each if item is not None)
    return (Candidate(CONTROL), *rounds)


def work_of(candidates: Sequence[Candidate]) -> int:
    """Count about how many models are trained, methods that share one training counted once.

    Examples
    --------
    >>> work_of([Candidate("refit"), Candidate("group_thresholds", 0.5), Candidate("group_thresholds", 1.0)])
    7
    """
    each = [METHODS[item.method] for item in candidates]
    shared = max((method.fits for method in each if method.on_base), default=0)
    return shared + sum(method.fits for method in each if not method.on_base)


def search(
    plan: Plan,
    rows: Rows,
    folds: Folds,
    candidates: Sequence[Candidate],
    *,
    threshold: float = 0.5,
    budget: float | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Searched:
    """Train every candidate and let it decide on rows it was not trained on.

    Parameters
    ----------
    plan : Plan
    rows : Rows
        Training rows only.
    folds : Folds
    candidates : sequence of Candidate
        The first, the unmitigated model, is tried whatever the budget.
    threshold : float in [0, 1]
        A row is selected if its score reaches it.
    budget : float, optional
        Seconds. No candidate is begun after they have passed; one that was begun is finished.
    jobs : int
        Processes at a time; what is found does not depend on it, unless the budget ends the search.
    progress : callable, optional
        Called with the stage, what is done of it, and its total.
    clock : callable
        Gives seconds; tests bring their own.

    Returns
    -------
    Searched
    """
    start, total = clock(), len(candidates)
    token = f"{os.getpid()}-{next(_SEARCHES)}"
    task = _Task(plan, rows, folds, threshold, token)
    begun: list[Candidate] = []

    def in_time() -> Iterator[Candidate]:
        for candidate in candidates:
            if begun and budget is not None and clock() - start >= budget:
                return
            begun.append(candidate)
            yield candidate

    tell = progress or (lambda _stage, _done, _total: None)
    found = []
    for done, result in enumerate(_each(task, in_time(), jobs), start=1):
        found.append(result)
        tell("searching the frontier", done, total)
    tell("searching the frontier", total, total)
    return Searched(
        tuple(item for item in found if isinstance(item, Trial)),
        tuple(item for item in found if isinstance(item, Failed)),
        tuple(candidates[len(begun) :]),
    )


@dataclass(frozen=True)
class _Task:
    """What every candidate is tried with; the token tells this search from others in the same process."""

    plan: Plan
    rows: Rows
    folds: Folds
    threshold: float
    token: str


def _each(task: _Task, candidates: Iterator[Candidate], jobs: int) -> Iterator[Trial | Failed]:
    if jobs == 1:
        yield from (_tried(task, candidate) for candidate in candidates)
        return
    import joblib  # noqa: PLC0415 - only a parallel search needs it

    pool = joblib.Parallel(n_jobs=jobs, return_as="generator", pre_dispatch=jobs, batch_size=1)
    yield from pool(joblib.delayed(_tried)(task, candidate) for candidate in candidates)


def _tried(task: _Task, candidate: Candidate) -> Trial | Failed:
    """Train one candidate on each fold's training rows, and let it decide on the others.

    The threads of numerical libraries are held to one, so that sums do not depend on the machine's cores.
    """
    method, plan = METHODS[candidate.method], task.plan
    needs = method.needs_of(plan)
    if method.on_base:
        plan = replace(plan, estimator=FitOnce(plan.estimator, search=task.token))
    size = len(task.rows.labels)
    decisions, scores, scored = np.zeros(size, dtype=bool), np.zeros(size), True
    notes: tuple[str, ...] = ()
    try:
        with threadpool_limits(1):
            for train, test in task.folds.pairs:
                again = trained(plan, method, candidate.strength, task.rows.at(train))
                held = task.rows.at(test)
                decisions[test], given = decided(
                    again.estimator, method, held.frame, held.groups, task.threshold
                )
                scored = scored and given is not None
                scores[test] = 0.0 if given is None else given
                notes = notes or again.notes
    except (*FAULTS, InputError) as error:
        first = (str(error).strip().splitlines() or [""])[0][:300]
        return Failed(candidate, f"{type(error).__name__}: {first}")
    at = task.folds.validated
    return Trial(candidate, needs, decisions[at], scores[at] if scored else None, notes)


def trained(plan: Plan, method: Method, strength: float | None, rows: Rows) -> Retrained:
    """Train by a method on rows; what it warns of is added to the notes.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> frame = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0]})
    >>> rows = Rows(frame, np.array([0, 1, 0, 1]), {"sex": np.array(["F", "F", "M", "M"])})
    >>> plan = Plan(LogisticRegression(), (), (), has_groups=True)
    >>> trained(plan, METHODS["reweighing"], None, rows).needs_sensitive
    'training'
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        again = retrain_by(plan, method, strength, rows.frame, rows.labels, dict(rows.groups), rows.weight)
    said = [str(item.message) for item in caught if issubclass(item.category, EvenhandWarning)]
    return replace(again, notes=tuple(dict.fromkeys((*again.notes, *said))))


def decided(
    fitted: Any, method: Method, frame: Any, groups: Mapping[str, NDArray[Any]], threshold: float
) -> tuple[NDArray[np.bool_], Floats | None]:
    """Let a model that was trained by a method decide on rows.

    Returns
    -------
    decisions : ndarray of bool, shape (rows,)
    scores : ndarray of float, shape (rows,), or None
        None where the model gives no probabilities.
    """
    scores = None
    if hasattr(fitted, "predict_proba"):
        scores = np.asarray(_asked(fitted, "predict_proba", frame, groups), dtype=float)[:, 1]
        if method.decides == "score":
            return scores >= threshold, scores
    return np.asarray(_asked(fitted, "predict", frame, groups)) == 1, scores


def _asked(fitted: Any, name: str, frame: Any, groups: Mapping[str, NDArray[Any]]) -> Any:
    ask = getattr(fitted, name)
    if "sensitive_features" in inspect.signature(ask).parameters:
        return ask(frame, sensitive_features=dict(groups))
    return ask(frame)
