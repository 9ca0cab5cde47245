"""Local Law 144 from published counts alone: a small table of categories, people and selections."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import InputError, Problem, did_you_mean
from ..metrics.cube import DECISION, MEASURES, Axis, Cube, compact
from ..metrics.groups import sort_key
from ..metrics.results import Group, Level
from .arrays import audit_cube
from .limit_figures import group_name
from .local_law import NAMES, PACK
from .record import Record
from .settings import Settings, merge
from .settings_profiles import LocalLaw

PEOPLE, CHOSEN, ABOVE = "n", "selected", "above_median"
MOST_PROBLEMS = 20
"""Problems of one table that are told at once."""


def law_record(counts: Any, settings: Settings) -> Record:
    """Audit a table of counts.

    Parameters
    ----------
    counts : path of a CSV file, data frame or mapping
        One row a category: columns ``sex`` and ``race`` (or one of them, or ``category``), ``n`` people, and
        ``selected`` of them, or ``above_median`` for the people who scored above the median of all. An empty
        category is unknown. With both columns, each row is a combination, and all three axes follow.
    settings : Settings
        Its table ``local_law`` names columns of other names, and holds the texts and dates.

    Returns
    -------
    Record
        With the profile of Local Law 144.

    Raises
    ------
    InputError
        The table cannot be read or breaks a rule; all problems at once.
    """
    frame, where = _read(counts)
    names, chosen = _columns(frame, settings.local_law, where)
    cube = _cube(frame, names, chosen, where)
    law = settings.local_law.model_copy(update={"rate": "scoring" if chosen == ABOVE else "selection"})
    given = {"sensitive": names, "profiles": (PACK,), "local_law": law.model_dump()}
    made = merge(settings, {"title": settings.title or where, **given})
    return audit_cube(cube, made, None, scored=cube if chosen == ABOVE else None)


def _read(counts: Any) -> tuple[pd.DataFrame, str]:
    if isinstance(counts, str | Path):
        where = Path(counts).name
        try:
            # A category may well be called None or NA.
            return pd.read_csv(counts, dtype=str, keep_default_na=False, encoding="utf-8-sig"), where
        except (OSError, UnicodeDecodeError, ValueError) as error:
            first = (str(error).splitlines() or [""])[0]
            message = f"a CSV file of counts in UTF-8 is wanted; reading it failed: {first}"
            raise InputError.of("unreadable_file", str(counts), message) from error
    native = nw.from_native(counts, pass_through=True)
    if isinstance(native, nw.DataFrame):
        return native.to_pandas(), "counts"
    try:
        return pd.DataFrame(counts), "counts"
    except (ValueError, TypeError) as error:
        message = f"a table of counts is wanted, got {type(counts).__name__}: {error}; give a data frame"
        raise InputError.of("not_a_table", "counts", message) from error


def _columns(frame: pd.DataFrame, law: LocalLaw, where: str) -> tuple[tuple[str, ...], str]:
    """Find the columns of categories, and that of the selected people."""
    columns = [str(name) for name in frame.columns]
    problems = [
        Problem(
            "unknown_column", f"{where}: {name}", f"there is no such column; {did_you_mean(name, columns)}"
        )
        for name in (law.sex, law.race)
        if name is not None and name not in columns
    ]
    known = {name for names in NAMES.values() for name in names}
    found = tuple(name for name in columns if name in (law.sex, law.race) or name.lower() in known)
    if not found and not problems:
        message = f"a column sex, race or category is needed, got the columns {', '.join(columns) or 'none'}"
        problems.append(Problem("no_category", where, f"{message}; rename one"))
    if PEOPLE not in columns:
        message = f"a column {PEOPLE} with the number of people is needed; {did_you_mean(PEOPLE, columns)}"
        problems.append(Problem("no_people", where, message))
    outcomes = [name for name in (CHOSEN, ABOVE) if name in columns]
    if len(outcomes) != 1:
        message = (
            f"one column is needed, {CHOSEN} or {ABOVE} (people above the median), got"
            f" {' and '.join(outcomes) or 'neither'}; keep one"
        )
        problems.append(Problem("no_outcome", where, message))
    if not len(frame):
        problems.append(Problem("empty_table", where, "at least one row is needed, got 0; check the file"))
    if problems:
        raise InputError(problems)
    return found, outcomes[0]


def _cube(frame: pd.DataFrame, names: tuple[str, ...], chosen: str, where: str) -> Cube:
    problems: list[Problem] = []
    people, hits = (_whole(frame, name, where, problems) for name in (PEOPLE, chosen))
    groups = [tuple(_level(value) for value in row) for row in frame[list(names)].to_numpy(dtype=object)]
    problems += _twice(groups, where)
    problems += [
        Problem(
            "too_many",
            f"{where}: row {place + 1}",
            f"{chosen} is at most {PEOPLE}, got {hits[place]:g} of {people[place]:g}; correct it",
        )
        for place in np.flatnonzero(hits > people)
    ]
    if not problems and people.sum() == 0:
        message = f"{PEOPLE} is 0 in every row; at least one person is needed"
        problems.append(Problem("nobody", where, message))
    if problems:
        raise InputError(problems[:MOST_PROBLEMS])
    axes = [Axis(name, "sensitive", _levels(group[i] for group in groups)) for i, name in enumerate(names)]
    codes, sizes = [], []
    for group, n, x in zip(groups, people, hits, strict=True):
        at = [axis.levels.index(level) for axis, level in zip(axes, group, strict=True)]
        for outcome, size in enumerate((n - x, x)):
            if size > 0:
                codes.append([*at, outcome])
                sizes.append(size)
    measures = np.zeros((len(sizes), len(MEASURES)))
    measures[:, :3] = np.array(sizes)[:, None]
    return compact((*axes, Axis(DECISION, "decision", (0, 1))), np.array(codes, dtype=np.int32), measures)


def _levels(found: Iterable[Level]) -> tuple[Level, ...]:
    return tuple(sorted(set(found), key=sort_key))


def _twice(groups: list[Group], where: str) -> Iterator[Problem]:
    seen: set[Group] = set()
    for place, group in enumerate(groups, start=1):
        if group in seen:
            message = f"each category stands once, got {group_name(group)!r} again; add the rows up"
            yield Problem("twice", f"{where}: row {place}", message)
        seen.add(group)


def _level(value: Any) -> Level:
    missing = value is None or (isinstance(value, float) and math.isnan(value))
    return None if missing else str(value).strip() or None


def _whole(frame: pd.DataFrame, name: str, where: str, problems: list[Problem]) -> NDArray[np.float64]:
    texts = frame[name].astype(str).str.strip().str.replace(",", "", regex=False)
    found: NDArray[np.float64] = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64)
    for place in np.flatnonzero(~(np.isfinite(found) & (found >= 0) & (found == np.floor(found)))):
        rule = f"{name} is a whole number of people, 0 or more"
        received = str(frame[name].iloc[place])[:60]
        problems.append(
            Problem("not_whole", f"{where}: row {place + 1}", f"{rule}, got {received!r}; correct it")
        )
    whole: NDArray[np.float64] = np.nan_to_num(found)
    return whole
