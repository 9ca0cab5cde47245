"""An audit of arrays: labels, decisions and groups that come without a table or a model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Problem
from ..metrics.cube import LABEL, SCORE, Cube
from ..metrics.groups import Column, encode, frame_columns
from ..metrics.labels import numbers
from .bands import band_codes, band_levels
from .column_checks import MOST_LEVELS
from .measure import grouping_facts, tables_of
from .policy import Policy
from .record import Absent, Record, SourceFacts, Task
from .roles import crossings
from .run import Extras, Sources, check_names, plan_of, record_of
from .settings import Settings


def banded(features: Any, settings: Settings) -> Any:
    """Band the sensitive columns that the settings give edges for; what needs bands and has none is refused.

    Raises
    ------
    InputError
        A column of numbers has more than 20 distinct values and no bands; all such columns are listed.
    """
    named = frame_columns(features, "sensitive_feature")
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    for name, values in named:
        edges = settings.bands.get(name)
        if edges is not None:
            found[name] = _band(values, edges, name)
            continue
        column = encode(values, name)
        used = np.count_nonzero(np.bincount(column.codes, minlength=len(column.levels)))
        if used > MOST_LEVELS and all(isinstance(level, int | float | None) for level in column.levels):
            message = f"a column of numbers needs bands beyond {MOST_LEVELS} values, got {used}; give bands={{{name!r}: [40]}}"
            problems.append(Problem("needs_bands", name, message))
    if problems:
        raise InputError(problems)
    return features if not found else {name: found.get(name, values) for name, values in named}


def _band(values: Any, edges: tuple[float, ...], name: str) -> Column:
    given = numbers(values, name)
    whole = bool(np.all(np.isnan(given) | (given == np.floor(given))))
    levels = band_levels(edges, whole=whole)
    codes = band_codes(given, edges, name)
    missing = codes.size > 0 and int(codes.max()) == len(levels)
    return Column(name, codes, (*levels, None) if missing else levels, ordered=True)


def decisions(y_score: Any, threshold: float) -> NDArray[np.bool_]:
    """Decide ``score >= threshold``.

    Examples
    --------
    >>> decisions([0.2, 0.5, 0.9], 0.5).tolist()
    [False, True, True]
    """
    return np.asarray(numbers(y_score, SCORE) >= threshold)


def audit_cube(
    cube: Cube,
    settings: Settings,
    policy: Policy | None,
    *,
    pos_label: Any = None,
    has_threshold: bool = False,
) -> Record:
    """Audit what a cube counts.

    Parameters
    ----------
    cube : Cube
    settings : Settings
        Its ``sensitive`` are axes of the cube.
    policy : Policy or None
    pos_label : optional
        For the record.
    has_threshold : bool
        Whether the decisions come from the scores.
    """
    groupings = (*((name,) for name in settings.sensitive), *crossings(settings))
    plan = plan_of(settings, groupings)
    check_names(plan, policy, tables_of(cube, groupings))
    why = "the audit was given arrays, not a table"
    absent = (
        Absent(
            part="explanation",
            reason="an explanation needs a model, and the audit was given decisions or scores only",
        ),
        Absent(
            part="mitigation",
            reason="retraining needs a model, and the audit was given decisions or scores only",
        ),
        Absent(part="datasheet", reason=why),
    )
    task = Task(
        target="y_true" if LABEL in cube.names else None,
        pos_label=None if pos_label is None else str(pos_label),
        prediction=None if has_threshold else "y_pred",
        score="y_score" if SCORE in cube.names else None,
        threshold=settings.threshold if has_threshold else None,
        weight=None if cube.weight_kind is None else "sample_weight",
        weight_kind=cube.weight_kind,
    )
    data = SourceFacts(name=settings.title or "arrays", rows=cube.rows, columns=len(cube.names))
    sources = Sources(data=data, train=None, model=None, task=task, datasheet=None, answers=None)
    return record_of(cube, plan, grouping_facts(cube, plan), settings, policy, Extras(absent=absent), sources)
