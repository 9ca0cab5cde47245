"""Single decisions from Python: what moved them, and what would turn them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .audit.decisions import Ask, explain_table
from .audit.model import wrap_model
from .audit.rows import Table
from .audit.settings import Settings, merge
from .audit.tables import open_tables
from .errors import InputError, all_of
from .explanations import Explanation
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


def explain_row(
    model: Any,
    table: Any,
    row: int | Sequence[int],
    *,
    pos_label: Any = None,
    sensitive_features: Sequence[str] | str = (),
    methods: Sequence[str] | None = None,
    background: int = 500,
    ways: int = 3,
    against: str = "approved",
    progress: Progress = silent,
    **settings: Any,
) -> Explanation:
    """Explain one decision of a model, or several.

    Parameters
    ----------
    model : estimator, or what else `audit_model` takes
    table : data frame
        All rows: those explained, and those that they are compared with.
    row : int or sequence of int
        Positions, counted from 0.
    pos_label : optional
        The label that counts as positive; needed unless the model's labels are 0 and 1.
    sensitive_features : str or sequence of str
        Columns that stay as they are in ways to another decision, and that are tried with other values.
    methods : sequence of {"shap", "lime", "occlusion", ...}, optional
        All that the model and the installed packages allow by default; for a network also
        "integrated_gradients", "deeplift" and "saliency".
    background : int
        Rows drawn from the table that SHAP and occlusion compare with.
    ways : int
        Ways to another decision that are looked for, each of another set of columns; 0 for none.
    against : {"approved", "threshold", "all"}
        Whom principal reasons for a refusal compare with: approved rows, those of them at or little above
        the threshold, or all rows.
    progress : callable, optional
    **settings
        Further settings, with the names of the settings file: ``threshold``, ``seed``,
        ``recourse={"monotone": {"age": "up"}}``, ``proxies``, ``drop``, ...

    Returns
    -------
    Explanation

    Raises
    ------
    InputError
        With every problem found: no such row, a label that is not named, an unknown method, ...
    ModelError
        The model fails on the rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> rows = pd.DataFrame({"pay": [1, 2, 3, 4] * 20, "shoe": range(80)})
    >>> clf = DecisionTreeClassifier().fit(rows, rows["pay"] > 2)
    >>> found = explain_row(clf, rows, 4, methods=["shap"]).record.decisions[0]
    >>> found.selected, [reason.column for reason in found.reasons]
    (False, ['pay'])
    >>> [(change.column, change.after) for change in found.ways[0].changes]
    [('pay', 3)]
    """
    given = {"pos_label": plain_label(pos_label), "sensitive": column_names(sensitive_features), **settings}
    chosen = merge(Settings(), given)
    ask = Ask(
        rows=_positions(row),
        methods=None if methods is None else tuple(methods),
        background=background,
        ways=ways,
        against=against,
    )
    wrapped = wrap_model(
        model, chosen.model_columns or None, chosen.model_classes or None, output=chosen.model_output
    )
    return Explanation(explain_table(table_of_frame(table, "table", chosen), wrapped, chosen, ask, progress))


def explain_file(settings: Settings | str | Path, ask: Ask, *, progress: Progress = silent) -> Explanation:
    """Explain decisions of the model on the rows that settings name.

    Parameters
    ----------
    settings : Settings, str or Path
    ask : Ask
        Which decisions, and how.
    progress : callable, optional

    Returns
    -------
    Explanation

    Raises
    ------
    InputError
        With every problem of the settings, the table, the model or the question.
    """
    chosen = settings if isinstance(settings, Settings) else settings_from(settings)
    tables, model = all_of(
        lambda: open_tables(chosen),
        lambda: read_named(chosen, "model", lambda path: model_of(path, chosen)),
    )
    if model is None:
        message = 'an explanation asks a model about rows; name its file, as in model = "model.skops"'
        raise InputError.of("no_model", "model", message)
    return Explanation(explain_table(Table(tables.test), model, chosen, ask, progress))


def _positions(row: Any) -> tuple[int, ...]:
    found = np.ravel(np.asarray(row))
    if found.size and found.dtype.kind not in "iu":
        message = f"rows are counted from 0, so a row is a whole number, got {row!r}; choose one by its place"
        raise InputError.of("unknown_row", "row", message)
    return tuple(int(one) for one in found)
