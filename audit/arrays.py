"""An audit of arrays: labels, decisions and groups that come without a table or a model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Problem
from ..metrics.cube import LABEL, SCORE, Cube
from ..metrics.groups import Column, encode, frame_columns
from ..metrics.labels import numbers
from ..metrics.results import Level
from .bands import band_codes, band_levels
from .column_checks import MOST_LEVELS
from .measure import grouping_facts, tables_of
from .policy import Policy
from .profile_evidence import check_profiles
from .record import Absent, Record, SourceFacts, Task
from .roles import crossings
from .run import Sources, check_names, plan_of, record_of
from .run_extras import Extras
from .settings import Settings


def banded(features: Any, settings: Settings, prefix: str = "sensitive_feature") -> Any:
    """Band the columns that the settings give edges for; what needs bands and has none is refused.

    Raises
    ------
    InputError
        A column of numbers has more than 20 distinct values and no bands; all such columns are listed.
    """
    named = frame_columns(features, prefix)
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
            message = f"a column of numbers needs bands beyond {MOST_LEVELS} values, got {used}"
            problems.append(Problem("needs_bands", name, f"{message}; give bands={{{name!r}: [40]}}"))
    if problems:
        raise InputError(problems)
    return features if not found else {name: found.get(name, values) for name, values in named}


def check_cube(cube: Cube) -> None:
    """Refuse labels of one class, and columns that make no groups.

    Raises
    ------
    InputError
        With every such problem.
    """
    problems = []
    held = _held(cube, LABEL) if LABEL in cube.names else []
    if len(held) == 1:
        message = f"labels of both classes are needed, got only {held[0]!r}; check the rows"
        problems.append(Problem("one_class", "y_true", message))
    for name in (*cube.of_role("sensitive"), *cube.of_role("control")):
        levels = [level for level in _held(cube, name) if level is not None]
        if not levels:
            problems.append(Problem("all_missing", name, "groups need values, but every one is missing"))
        elif len(levels) == 1:
            message = f"groups need two values at least, got only {levels[0]!r}; take the column out"
            problems.append(Problem("constant", name, message))
    if problems:
        raise InputError(problems)


def _held(cube: Cube, name: str) -> list[Level]:
    return [group[0] for group in cube.groups(name)]


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
    scored: Cube | None = None,
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
    scored : Cube, optional
        With "above the median" for decisions, where a profile wants scoring rates.
    """
    groupings = (*((name,) for name in settings.sensitive), *crossings(settings))
    plan = plan_of(settings, groupings)
    check_names(plan, policy, tables_of(cube, groupings))
    check_profiles(cube, scored, settings, groupings)
    why = "needs a model, and the audit was given decisions or scores only"
    absent: tuple[Absent, ...] = (
        Absent(part="explanation", reason=f"an explanation {why}"),
        Absent(part="mitigation", reason=f"retraining {why}"),
        Absent(part="datasheet", reason="the audit was given arrays, not a table"),
    )
    if settings.search:
        why = "the search reads the columns of a table, and the audit was given arrays"
        absent = (*absent, Absent(part="search for slices", reason=why))
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
    extras = Extras(absent=absent, scored=scored)
    return record_of(cube, plan, grouping_facts(cube, plan), settings, policy, extras, sources)
