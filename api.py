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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .audit.answers import Answers, read_answers
from .audit.dataset import Dataset, open_dataset
from .audit.files import writable_folder
from .audit.init_settings import write_guess
from .audit.model import Model, load_model, wrap_model
from .audit.policy import Policy, load_policy
from .audit.roles import check_roles
from .audit.rows import Table
from .audit.run import Request, run_audit
from .audit.settings import Settings, load_settings, merge, policy_of
from .errors import InputError
from .audit.arrays import audit_cube, banded, decisions
from .metrics.catalogue import CATALOGUE
from .metrics.grid import Grid
from .metrics.tally import cube_of
from .result import Result

Progress = Callable[[str, int, int], None]

__all__ = [
    "Result",
    "audit_file",
    "audit_model",
    "audit_predictions",
    "settings_from",
    "write_settings",
]


def _silent(_stage: str, _done: int, _total: int) -> None:
    pass


def settings_from(source: str | Path, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Make settings of a settings file (``.toml``) or of a table, with overrides.

    Parameters
    ----------
    source : str or Path
        A settings file, or the table to audit.
    overrides : mapping, optional
        Settings by key; they win over the file.

    Raises
    ------
    SettingsError
        With every problem found.
    """
    given = dict(overrides or {})
    if Path(source).suffix == ".toml":
        return merge(load_settings(source, CATALOGUE), given)
    return merge(Settings(), {"data": str(source), **given})


def audit_file(settings: Settings | str | Path, *, progress: Progress = _silent) -> Result:
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
    out = chosen.resolve("out")
    if out is not None:
        writable_folder(out)
    if chosen.data is None:
        raise InputError.of("no_data", "data", 'an audit needs a table; write: data = "loans.csv"')
    test, train = _datasets(chosen)
    model_file = chosen.resolve("model")
    model = None if model_file is None else load_model(model_file, trusted=chosen.trusted)
    answers_file = chosen.resolve("answers")
    return _audit(
        chosen,
        Table(test),
        None if train is None else Table(train),
        model,
        policy_of(chosen, CATALOGUE),
        None if answers_file is None else read_answers(answers_file),
        progress,
    )


def _datasets(settings: Settings) -> tuple[Dataset, Dataset | None]:
    def opened(key: str) -> Dataset:
        return open_dataset(settings.resolve(key), missing=settings.missing, encoding=settings.encoding)

    data = opened("data")
    if settings.split is not None:
        split = settings.split
        return data.subset(split.column, split.test), data.subset(split.column, split.train)
    return data, opened("train") if settings.train is not None else None


def _audit(
    settings: Settings,
    test: Table,
    train: Table | None,
    model: Model | None,
    policy: Policy | None,
    answers: Answers | None,
    progress: Progress,
) -> Result:
    roles = check_roles(
        test.dataset, settings, None if train is None else train.dataset, model_given=model is not None
    )
    request = Request(settings, roles, test, train, model, policy, answers)
    record, cube = run_audit(request, progress)
    return Result(record, cube, settings)


def audit_model(
    model: Any,
    test: Any,
    *,
    target: str,
    sensitive_features: Sequence[str] | str,
    pos_label: Any = None,
    train: Any = None,
    policy: Any = None,
    progress: Progress = _silent,
    **settings: Any,
) -> Result:
    """Audit a fitted model on a table.

    Parameters
    ----------
    model : estimator
        Any object with ``predict_proba`` or ``predict`` that takes the table's feature columns.
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
        Further settings, with the names of the settings file: ``bands={"age": [40]}``, ``reference={"sex": "M"}``, ...

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
    wrapped = wrap_model(model)
    names = (sensitive_features,) if isinstance(sensitive_features, str) else tuple(sensitive_features)
    chosen = merge(Settings(), {"target": target, "pos_label": _plain(pos_label), "sensitive": names, **settings})
    chosen = _with_limits(chosen, policy)
    tables = [_table(frame, name, chosen) for frame, name in ((test, "test"), (train, "train")) if frame is not None]
    result = _audit(
        chosen, tables[0], tables[1] if len(tables) > 1 else None, wrapped, _policy(chosen, policy), None, progress
    )
    return result.like(test)


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
        Probabilities in [0, 1].
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
    features = banded(sensitive_features, chosen)
    cube = cube_of(
        y_true,
        y_pred if y_pred is not None or y_score is None else decisions(y_score, chosen.threshold),
        sensitive_features=features,
        control_features=control_features,
        y_score=y_score,
        sample_weight=sample_weight,
        weight_kind=chosen.weight_kind,
        pos_label=pos_label,
        grid=Grid(thresholds=(chosen.threshold,)),
    )
    names = cube.of_role("sensitive")
    chosen = merge(chosen, {"sensitive": names, "control": cube.of_role("control")})
    record = audit_cube(cube, chosen, _policy(chosen, policy), pos_label=pos_label, has_threshold=y_pred is None)
    return Result(record, cube, chosen).like(sensitive_features)


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _table(frame: Any, name: str, settings: Settings) -> Table:
    import pandas as pd  # noqa: PLC0415 - to tell a pandas frame, which the model is then asked with as it is

    dataset = open_dataset(frame, name=name, missing=settings.missing)
    keep = isinstance(frame, pd.DataFrame) and not settings.missing
    return Table(dataset, frame if keep else None)


def _with_limits(settings: Settings, policy: Any) -> Settings:
    if isinstance(policy, Sequence) and not isinstance(policy, str):
        return merge(settings, {"limit": tuple(policy)})
    return settings


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
    from_there = os.path.relpath(data, Path(out_file).parent)
    return write_guess(open_dataset(data, encoding=encoding), out_file, Path(from_there).as_posix())
