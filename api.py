"""The Python face of Evenhand: audits from objects, arrays or files, and their results.

>>> import numpy as np
>>> rng = np.random.default_rng(0)
>>> sex = rng.choice(["F", "M"], 400)
>>> y_true = rng.integers(0, 2, 400)
>>> y_pred = np.where(sex == "M", y_true, y_true * rng.integers(0, 2, 400))
>>> result = audit_predictions(y_true, y_pred, sensitive_features={"sex": sex})
>>> worst = result.disparity("equal_opportunity_difference", "sex")
>>> worst.group, worst.reference, worst.interval.low > 0.3
(('F',), ('M',), True)
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from .audit.answers import Answers, read_answers
from .audit.arrays import audit_cube, banded, check_cube, decisions
from .audit.dataset import open_dataset
from .audit.files import writable_folder
from .audit.init_settings import write_guess
from .audit.local_law import scored_arrays
from .audit.model import Model, wrap_model
from .audit.policy import Policy, load_policy
from .audit.request import Request
from .audit.roles import check_roles
from .audit.rows import Table, check_inputs
from .audit.run import run_search
from .audit.settings import Settings, merge, policy_of
from .audit.tables import open_tables
from .errors import InputError, ModelError, all_of
from .metrics.catalogue import CATALOGUE
from .metrics.tally import cube_of
from .reading import (
    Progress,
    column_names,
    model_of,
    plain_label,
    read_named,
    settings_from,
    silent,
    table_of_frame,
)
from .result import Result

__all__ = [
    "Result",
    "audit_file",
    "audit_model",
    "audit_predictions",
    "write_settings",
]


def audit_file(settings: Settings | str | Path, *, progress: Progress = silent) -> Result:
    """Audit what a settings file names.

    Parameters
    ----------
    settings : Settings, str or Path
    progress : callable, optional
        Called with a stage, what is done of it and its total.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        With every problem of the settings, the table or the model; nothing is written.
    """
    chosen = settings if isinstance(settings, Settings) else settings_from(settings)
    return of_file(chosen, chosen.resolve("out"), progress)[0]


def of_file(chosen: Settings, out: Path | None, progress: Progress) -> tuple[Result, Any]:
    """Audit what settings name; give the result, and the model that a search chose, or else the given one."""
    with _results_folder(out):
        tables, model, policy, answers = all_of(
            lambda: open_tables(chosen),
            lambda: read_named(chosen, "model", lambda path: _model(model_of(path, chosen), chosen)),
            lambda: read_named(chosen, "policy", lambda path: load_policy(path, CATALOGUE)),
            lambda: read_named(chosen, "answers", read_answers),
        )
        train = None if tables.train is None else Table(tables.train)
        limits = policy if policy is not None else policy_of(chosen, CATALOGUE)
        return _search(chosen, Table(tables.test), train, model, limits, answers, progress)


def _model(model: Model, settings: Settings) -> Model:
    """Let a model give the scores that the settings declare."""
    model = replace(model, score_kind=settings.score_kind)
    if settings.score_kind == "real" and not model.has_scores:
        raise ModelError.of(
            "no_scores",
            "score_kind",
            f"real scores are those of decision_function, and {model.description} has none;"
            ' give another model, or write: score_kind = "probability"',
        )
    return model


@contextmanager
def _results_folder(folder: Path | None) -> Iterator[None]:
    """Prove before the work that results can be written; leave no empty folder behind if the work fails."""
    if folder is None:
        yield
        return
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    writable_folder(folder)
    try:
        yield
    except BaseException:
        with suppress(OSError):
            for path in made:
                path.rmdir()
        raise


def _search(  # noqa: PLR0917 - what was read, in the order of reading
    settings: Settings,
    test: Table,
    train: Table | None,
    model: Model | None,
    policy: Policy | None,
    answers: Answers | None,
    progress: Progress,
) -> tuple[Result, Any]:
    trained_on = None if train is None else train.dataset
    roles, *_ = all_of(
        lambda: check_roles(test.dataset, settings, trained_on, model_given=model is not None),
        lambda: check_inputs(model, [test.dataset, *([] if trained_on is None else [trained_on])]),
    )
    request = Request(settings, roles, test, train, model, policy, answers)
    record, cube, found = run_search(request, progress)
    kept = None if model is None else model.estimator
    return Result(record, cube, settings), kept if found is None else found


def audit_model(
    model: Any,
    test: Any,
    *,
    target: str,
    sensitive_features: Sequence[str] | str,
    pos_label: Any = None,
    train: Any = None,
    policy: Any = None,
    progress: Progress = silent,
    **settings: Any,
) -> Result:
    """Audit a fitted model on a table.

    Parameters
    ----------
    model : estimator, torch module or callable
        Any object with ``predict_proba`` or ``predict`` that takes the table's feature columns; what
        `wrap_model` makes of a torch module or a function; with ``score_kind="real"`` one with
        ``decision_function``, whose scores are then audited.
    test : data frame
        Of pandas, polars, pyarrow or any library narwhals knows: features, label and sensitive columns.
    target : str
        Column of true labels.
    sensitive_features : str or sequence of str
        Columns whose groups are compared.
    pos_label : optional
        The label that counts as positive; needed unless labels are 0 and 1.
    train : data frame, optional
        Rows to train on again, for the mitigation.
    policy : str, Path, Policy or sequence of mappings, optional
        Limits to judge by.
    progress : callable, optional
        Called with a stage, what is done of it and its total.
    **settings
        Further settings, with the names of the settings file: ``bands={"age": [40]}``,
        ``reference={"sex": "M"}``, ...

    Returns
    -------
    Result

    Raises
    ------
    InputError
        With every problem found.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> rows = pd.DataFrame({"x": range(80), "sex": ["F", "M"] * 40, "hired": [0] * 40 + [1] * 40})
    >>> clf = LogisticRegression().fit(rows[["x"]], rows["hired"])
    >>> result = audit_model(clf, rows, target="hired", sensitive_features=["sex"])
    >>> result.by_group["selection_rate"].tolist()
    [0.5, 0.5]
    """
    given = {"target": target, "pos_label": plain_label(pos_label), **settings}
    return of_objects(model, test, train, sensitive_features, policy, given, progress)[0]


def of_objects(  # noqa: PLR0917 - what the caller gave, in the caller's order
    model: Any,
    test: Any,
    train: Any,
    sensitive_features: Sequence[str] | str,
    policy: Any,
    given: Mapping[str, Any],
    progress: Progress,
) -> tuple[Result, Any]:
    """Audit a model on tables; give the result, and the model that a search chose, or else the given one."""
    chosen = _with_limits(merge(Settings(), {"sensitive": column_names(sensitive_features), **given}), policy)
    wrapped = wrap_model(
        model, chosen.model_columns or None, chosen.model_classes or None, output=chosen.model_output
    )
    tested, trained = all_of(
        lambda: table_of_frame(test, "test", chosen),
        lambda: None if train is None else table_of_frame(train, "train", chosen),
    )
    result, found = _search(
        chosen,
        tested,
        trained,
        _model(wrapped, chosen),
        _policy(chosen, policy),
        None,
        progress,
    )
    return result.like(test), found


def audit_predictions(
    y_true: Any,
    y_pred: Any = None,
    *,
    sensitive_features: Any,
    y_score: Any = None,
    control_features: Any = None,
    sample_weight: Any = None,
    pos_label: Any = None,
    policy: Any = None,
    **settings: Any,
) -> Result:
    """Audit decisions or scores, without a model.

    Parameters
    ----------
    y_true : array-like of shape (rows,) or None
        True labels; None where they are not known (then only selection is measured).
    y_pred : array-like of shape (rows,), optional
        Decisions; made of ``y_score`` and ``threshold`` where not given.
    sensitive_features : series, frame, mapping or array
    y_score : array-like of shape (rows,), optional
        Probabilities in [0, 1]; with ``score_kind="real"`` any finite numbers.
    control_features : like ``sensitive_features``, optional
    sample_weight : array-like of shape (rows,), optional
    pos_label, policy, **settings
        As in `audit_model`.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        With every problem found: lengths or indexes that differ, labels that are not declared, probabilities
        given as decisions, ...
    """
    chosen = _with_limits(merge(Settings(), settings), policy)
    features, controls = all_of(
        lambda: banded(sensitive_features, chosen),
        lambda: None if control_features is None else banded(control_features, chosen, "control_feature"),
    )
    cube = cube_of(
        y_true,
        y_pred if y_pred is not None or y_score is None else decisions(y_score, chosen.threshold),
        sensitive_features=features,
        control_features=controls,
        y_score=y_score,
        sample_weight=sample_weight,
        weight_kind=chosen.weight_kind,
        pos_label=pos_label,
        grid=chosen.grid,
    )
    check_cube(cube)
    names = cube.of_role("sensitive")
    chosen = merge(chosen, {"sensitive": names, "control": cube.of_role("control")})
    scored = scored_arrays(y_score, features, sample_weight, chosen)
    record = audit_cube(
        cube,
        chosen,
        _policy(chosen, policy),
        pos_label=pos_label,
        has_threshold=y_pred is None,
        scored=scored,
    )
    return Result(record, cube, chosen).like(sensitive_features)


def _with_limits(settings: Settings, policy: Any) -> Settings:
    if policy is None or isinstance(policy, str | Path | Policy):
        return settings
    if isinstance(policy, Sequence):
        return merge(settings, {"limit": tuple(policy)})
    message = (
        f"a policy is a file, a Policy or a list of limits, got {type(policy).__name__};"
        ' write for example: policy=[{"metric": "accuracy", "attribute": "sex", "min": 0.8}]'
    )
    raise InputError.of("wrong_type", "policy", message)


def _policy(settings: Settings, policy: Any) -> Policy | None:
    if isinstance(policy, Policy):
        return policy
    if isinstance(policy, str | Path):
        return load_policy(policy, CATALOGUE)
    return policy_of(settings, CATALOGUE)


def write_settings(data: str | Path, out_file: str | Path, *, encoding: str = "utf-8") -> Path:
    """Write a commented settings file with guessed roles; an existing file is not touched.

    Raises
    ------
    InputError
        The table cannot be read, or the file exists.
    """
    dataset = open_dataset(data, encoding=encoding)
    from_there = Path(os.path.relpath(data, Path(out_file).parent)).as_posix()
    return write_guess(dataset, out_file, from_there, encoding=encoding)
