"""Local Law 144 at audit time: the axes, the figures of each, and what a page must withhold of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import InputError, Problem, Reason, did_you_mean
from ..metrics.cube import DECISION, Cube
from ..metrics.grid import Grid
from ..metrics.local_law import Category, ImpactTable, impact_ratios
from ..metrics.results import Estimate, Group
from ..metrics.scoring_rate import median_split
from ..metrics.tally import cube_of
from .limit_figures import group_name
from .model import Model
from .privacy import Hidden, hidden_groups
from .profile_packs import options_of, pack_named
from .record import Record
from .record_profiles import AxisKind, LawAxis, LawCategory, LawFacts
from .roles import Roles
from .rows import Table, columns_read, part_of
from .settings import Settings
from .settings_profiles import LocalLaw

PACK = "nyc-ll144"
NAMES: dict[AxisKind, tuple[str, ...]] = {
    "sex": ("sex", "gender"),
    "race": ("race", "ethnicity", "race/ethnicity", "race_ethnicity"),
    "category": ("category",),
}
"""Columns that are taken for an axis where the settings name none."""

Axes = dict[AxisKind, tuple[str, ...]]


def axes_of(wanted: LocalLaw, groupings: Sequence[tuple[str, ...]]) -> Axes:
    """Find the attributes of each axis among the groupings of the audit.

    Parameters
    ----------
    wanted : LocalLaw
        Names the columns of sex and race; columns with plain names are found without.
    groupings : sequence of tuple of str

    Returns
    -------
    dict
        Without the axes that the audit does not have.

    Raises
    ------
    InputError
        A column that is named is not among the sensitive ones.

    Examples
    --------
    >>> axes_of(LocalLaw(), [("gender",), ("race",), ("gender", "race")])
    {'sex': ('gender',), 'race': ('race',), 'intersection': ('gender', 'race')}
    """
    single = [names[0] for names in groupings if len(names) == 1]
    named = {"sex": wanted.sex, "race": wanted.race}
    problems = [
        Problem(
            "unknown_column",
            f"local_law.{key}",
            f"a sensitive column is wanted, got {name!r}; {did_you_mean(name, single)}",
        )
        for key, name in named.items()
        if name is not None and name not in single
    ]
    if problems:
        raise InputError(problems)
    found: Axes = {}
    for axis, known in NAMES.items():
        name = named.get(axis) or next((item for item in single if item.lower() in known), None)
        if name is not None:
            found[axis] = (name,)
    if "sex" in found and "race" in found:
        both = {*found["sex"], *found["race"]}
        crossed = next((names for names in groupings if set(names) == both), None)
        if crossed is not None:
            found["intersection"] = crossed
    return found


def scored_cube(table: Table, roles: Roles, model: Model | None, s: Settings) -> Cube | None:
    """Count who scores above the median of all; None where the settings do not ask for scoring rates.

    The audit's own cube counts scores on a grid, on which the median is not exact, so rows are read again.

    Raises
    ------
    InputError
        There are no scores.
    """
    if not asks_for_scores(s):
        return None
    axes = axes_of(s.local_law, [(name,) for name in roles.sensitive])
    names = [name for attributes in axes.values() for name in attributes]
    total: Cube | None = None
    for frame in table.frames(columns_read(roles, model)):
        part = part_of(frame, roles, model)
        if part.scores is None:
            raise _no_scores()
        cube = cube_of(
            sensitive_features={name: part.attributes[name] for name in names},
            y_score=part.scores,
            sample_weight=part.weight,
            weight_kind="frequency" if roles.weight_kind == "frequency" else "survey",
            grid=Grid("distinct"),
        )
        total = cube if total is None else total + cube
    return None if total is None else split_at_median(total, s.local_law)


def asks_for_scores(s: Settings) -> bool:
    """Tell whether the settings ask for scoring rates."""
    return PACK in s.profiles and s.local_law.rate == "scoring"


def scored_arrays(y_score: Any, features: Any, weight: Any, s: Settings) -> Cube | None:
    """Count, from arrays, who scores above the median; None where it is not asked for."""
    if not asks_for_scores(s):
        return None
    if y_score is None:
        raise _no_scores()
    cube = cube_of(
        sensitive_features=features,
        y_score=y_score,
        sample_weight=weight,
        weight_kind=s.weight_kind,
        grid=Grid("distinct"),
    )
    return split_at_median(cube, s.local_law)


def _no_scores() -> InputError:
    message = 'scoring rates need scores, and there are none; name their column, or write rate = "selection"'
    return InputError.of("no_scores", "local_law.rate", message)


def split_at_median(cube: Cube, wanted: LocalLaw) -> Cube:
    """Put "strictly above the median" in the place of the scores."""
    if not wanted.unknown_in_median:
        for name in cube.of_role("sensitive"):
            cube = _known(cube, name)
    return median_split(cube)


def _known(cube: Cube, name: str) -> Cube:
    """Leave out the people whose level is unknown."""
    return cube.slice(name, *(level for level in cube.axis(name).levels if level is not None))


def check_law(cube: Cube, scored: Cube | None, s: Settings, groupings: Sequence[tuple[str, ...]]) -> None:
    """Refuse what the summary cannot be made of, before the long work.

    Raises
    ------
    InputError
        No axis is there, or a category to leave out is not there or not small.
    """
    if PACK in s.profiles:
        _tables(cube if scored is None else scored, s, axes_of(s.local_law, groupings))


def law_facts(record: Record, cube: Cube, scored: Cube | None, s: Settings) -> LawFacts:
    """Compute the summary's figures, and mark what pages must withhold.

    Parameters
    ----------
    record : Record
        Its groupings tell what pages withhold of the same people.
    cube : Cube
    scored : Cube or None
        With "above the median" for decisions; used where scoring rates are wanted.
    s : Settings
    """
    wanted = s.local_law
    axes = axes_of(wanted, [part.attributes for part in record.groupings])
    used = cube if scored is None else scored
    tables = _tables(used, s, axes)
    hidden = hidden_groups(record)
    # One axis without people unknown on another tells, by subtraction, how many they are.
    leaks = wanted.unknown == "joint" and (
        any(None in group for gone in hidden.values() for group in gone) or _few_unknown(record, tables)
    )
    return LawFacts(
        rate=wanted.rate,
        assessed=cube.rows,
        axes=tuple(_axis(kind, table, cube.rows, hidden, leaks=leaks) for kind, table in tables.items()),
        lacking=tuple(kind for kind in ("sex", "race", "intersection") if kind not in axes),
        min_share=options_of(pack_named(PACK), wanted)["min_share"],
        unknown=wanted.unknown,
        unknown_in_median=wanted.unknown_in_median,
        exclude_because=wanted.exclude_because,
        publish_all=wanted.publish_all,
        whole_percent=wanted.whole_percent,
        privacy_minimum=record.privacy_minimum,
        level=record.level,
        weighted=cube.weight_kind is not None,
        tool=wanted.tool,
        auditor=wanted.auditor,
        audit_date=wanted.audit_date or record.created[:10],
        distribution_date=wanted.distribution_date,
        data_source=wanted.data_source,
        data_explanation=wanted.data_explanation,
    )


def _few_unknown(record: Record, tables: dict[AxisKind, ImpactTable]) -> bool:
    """Tell whether a category has few people unknown on another axis: two tables would tell of them."""
    whole = {(part.attributes, item.group): item.rows for part in record.groupings for item in part.groups}
    left = (
        whole.get((table.attributes, one.group), one.rows) - one.rows
        for table in tables.values()
        for one in table.categories
    )
    return any(0 < people < record.privacy_minimum for people in left)


def _tables(cube: Cube, s: Settings, axes: Axes) -> dict[AxisKind, ImpactTable]:
    wanted = s.local_law
    if not axes:
        message = (
            "the summary compares people by sex and by race/ethnicity, and the audit has no such column;"
            " name them, as in local_law = { sex = ..., race = ... }"
        )
        raise InputError.of("no_axis", "local_law", message)
    if DECISION not in cube.names:
        message = "selection rates need decisions, and there are none; name their column or a threshold"
        raise InputError.of("no_decisions", "profiles", message)
    share = options_of(pack_named(PACK), wanted)["min_share"]
    plain = {kind: _counted(cube, names, axes, wanted) for kind, names in axes.items()}
    first = {
        kind: impact_ratios(one, *axes[kind], min_share=share, level=s.level) for kind, one in plain.items()
    }
    exclude = _excluded(first, wanted)
    return {
        kind: impact_ratios(plain[kind], *axes[kind], min_share=share, exclude=gone, level=s.level)
        if (gone := exclude[kind])
        else first[kind]
        for kind in axes
    }


def _counted(cube: Cube, names: tuple[str, ...], axes: Axes, wanted: LocalLaw) -> Cube:
    """Give the people that one axis counts; those unknown on it stay, to be counted as such."""
    if wanted.unknown == "per_axis":
        return cube
    others = {name for attributes in axes.values() for name in attributes} - set(names)
    for name in sorted(others):
        cube = _known(cube, name)
    return cube


def _excluded(tables: dict[AxisKind, ImpactTable], wanted: LocalLaw) -> dict[AxisKind, list[Group]]:
    names = {group_name(one.group): one for table in tables.values() for one in table.categories}
    problems = [
        Problem("not_small" if name in names else "unknown_category", "local_law.exclude", message)
        for name in wanted.exclude
        if (message := _refusal(name, names))
    ]
    if problems:
        raise InputError(problems)
    return {
        kind: [
            one.group
            for one in table.categories
            if one.small and (wanted.exclude_small or group_name(one.group) in wanted.exclude)
        ]
        for kind, table in tables.items()
    }


def _refusal(name: str, known: dict[str, Category]) -> str:
    if name not in known:
        return f"there is no category {name!r}; {did_you_mean(name, known)}"
    if known[name].small:
        return ""
    rule = "only categories below the smallest share may be left out"
    return f"{rule}, got {name!r} with {known[name].share:.1%} of the data; leave it in"


def _axis(kind: AxisKind, table: ImpactTable, assessed: int, hidden: Hidden, *, leaks: bool) -> LawAxis:
    name = " x ".join(table.attributes)
    gone = hidden[name]
    everything = leaks and kind != "intersection"
    return LawAxis(
        axis=kind,
        name=name,
        attributes=table.attributes,
        highest=table.highest,
        unknown=assessed - sum(one.rows for one in table.categories),
        unknown_withheld=everything or any(None in group for group in gone),
        ratios_withheld=everything or table.highest in gone,
        categories=tuple(
            _category(one, withheld=everything or one.group in gone) for one in table.categories
        ),
    )


def _category(one: Category, *, withheld: bool) -> LawCategory:
    reason = one.reason if isinstance(one.reason, Reason) else None
    return LawCategory(
        group=one.group,
        name=group_name(one.group),
        rows=one.rows,
        share=one.share,
        selected=one.selected,
        rate=one.rate,
        ratio=Estimate(one.ratio, one.interval, rows=one.rows, reason=reason),
        small=one.small,
        excluded=one.excluded,
        withheld=withheld,
        reason=reason,
    )
