"""The worst-treated slices of the columns that the settings name, for the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..metrics.rates import RATES
from ..metrics.subgroups import Slice, SliceSearch, find_slices
from .model import Model
from .record import SliceFacts, SliceRow
from .roles import Roles
from .rows import Part, Table, attribute, columns_read, part_of
from .settings import Settings

SEARCHED = ("selection_rate", "true_positive_rate", "false_positive_rate", "accuracy")
"""The rates that are searched, each a family of tests of its own; those without labels only the first."""

Progress = Callable[[str, int, int], None]


def slice_facts(columns: Mapping[str, Any], part: Part, settings: Settings) -> tuple[SliceFacts, ...]:
    """Search columns for the slices that are treated worst.

    Parameters
    ----------
    columns : mapping of str to column, each of shape (rows,)
        What slices are made of; a `Column` is taken with its levels.
    part : Part
        Labels, decisions and weights of the same rows.
    settings : Settings
        ``search_depth``, ``min_group_size``, ``privacy_minimum``, ``level`` and ``weight_kind``.

    Returns
    -------
    tuple of SliceFacts
        One for each rate that the rows allow.

    Examples
    --------
    >>> import numpy as np
    >>> sex = np.array(["F", "M"] * 100)
    >>> part = Part({}, {}, None, sex == "M", None, None)
    >>> facts = slice_facts({"sex": sex}, part, Settings(search=("sex",)))
    >>> [(one.metric, [row.name for row in one.slices]) for one in facts]
    [('selection_rate', ['sex = F'])]
    """
    able = [
        name
        for name in SEARCHED
        if (part.labels is not None or not RATES[name].label)
        and (part.decisions is not None or not RATES[name].decision)
    ]
    return tuple(_facts(_search(name, columns, part, settings), settings) for name in able)


def search_table(
    table: Table, roles: Roles, model: Model | None, settings: Settings, progress: Progress
) -> tuple[SliceFacts, ...]:
    """Read the rows of a table and search them; nothing where the settings name no columns."""
    if not settings.search:
        return ()
    progress("searching slices", 0, 1)
    frame = table.frame(tuple(dict.fromkeys((*settings.search, *columns_read(roles, model)))))
    columns = {
        name: frame[name]
        if name not in roles.bands
        else attribute(frame[name], name, roles.bands[name], whole=roles.whole[name])
        for name in settings.search
    }
    facts = slice_facts(columns, part_of(frame, roles, model), settings)
    progress("searching slices", 1, 1)
    return facts


def _search(rate: str, columns: Mapping[str, Any], part: Part, settings: Settings) -> SliceSearch:
    return find_slices(
        dict(columns),
        part.labels,
        part.decisions,
        rate=rate,
        depth=settings.search_depth,
        min_size=max(settings.fewest, 2),
        level=round(1 - settings.level, 12),
        seed=settings.seed,
        sample_weight=part.weight,
        weight_kind=settings.weight_kind,
    )


def _facts(search: SliceSearch, settings: Settings) -> SliceFacts:
    return SliceFacts(
        metric=search.rate,
        direction=search.direction,
        columns=search.columns,
        depth=search.depth,
        min_size=search.min_size,
        effect=search.effect,
        level=search.level,
        overall=search.overall,
        tested=search.tested,
        found=search.found,
        slices=tuple(_row(one, settings.privacy_minimum) for one in search.slices),
        shorter=search.shorter,
        shared=search.shared,
        overlap=search.overlap,
        not_shown=search.not_shown,
        words=search.words,
    )


def _row(one: Slice, privacy_minimum: int) -> SliceRow:
    return SliceRow(
        name=one.name,
        conditions=tuple((condition.column, condition.level) for condition in one.conditions),
        rows=one.rows,
        withheld=one.rows < privacy_minimum,
        rate=one.rate,
        rest=one.rest,
        difference=one.difference,
        interval=one.interval,
        selected=one.selected,
        z=one.z,
        p_value=one.p_value,
        adjusted_p=one.adjusted_p,
    )
