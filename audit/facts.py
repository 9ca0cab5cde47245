"""Facts about a data set, for its datasheet: counted by SQL, so that a file need not fit into memory.

The facts are confidential, like the record that carries them: they hold the counts of small groups.
Pages withhold these.
"""

# ruff: noqa: S608 - only names made by the table and quoted literals enter the SQL

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from ..errors import InputError, Problem
from .facts_columns import column_facts
from .facts_dataset import DatasetFacts, FileFacts, LabelFacts
from .facts_groups import (
    RateFacts,
    Roles,
    grouping_facts,
    joint_facts,
    missing_by_group,
    positive_sql,
    rate_facts,
    rate_sql,
)
from .facts_privacy import (
    anonymity,
    detections,
    proxies,
    sensitive_content,
    weight_like,
)
from .facts_quality import (
    id_facts,
    impossible,
    patterns,
    repeat_facts,
    split_facts,
    time_facts,
)
from .facts_reference import reference_facts, unknown_references
from .facts_table import Column, Table, open_table, unknown_columns

_MAX_PATTERN_COLUMNS = 40
_KEPT = ("split", "weight", "id", "sensitive", "target")


def written_by(path: str | Path) -> str | None:
    """Give the software that a Parquet file names as its writer; None for other files.

    Parameters
    ----------
    path : str or Path

    Examples
    --------
    >>> written_by("rows.csv") is None
    True
    """
    if Path(path).suffix.lower() != ".parquet":
        return None
    import pyarrow.parquet  # noqa: PLC0415 - heavy, and for this alone

    named: str = pyarrow.parquet.read_metadata(path).created_by
    return named or None


def dataset_facts(
    relation: duckdb.DuckDBPyRelation,
    *,
    target: str | None = None,
    pos_label: object = None,
    sensitive: Sequence[str] = (),
    intersections: Sequence[Sequence[str]] = (),
    bands: Mapping[str, Sequence[float]] | None = None,
    split: str | None = None,
    weight: str | None = None,
    id: str | None = None,  # noqa: A002 - the settings' key
    quasi_identifiers: Sequence[str] | None = None,
    reference_shares: Mapping[str, Mapping[str, float]] | None = None,
    name: str | None = None,
    sha256: str | None = None,
    credit: str | None = None,
    size_bytes: int | None = None,
    written_by: str | None = None,
    privacy_minimum: int = 10,
    min_group_size: int = 30,
) -> DatasetFacts:
    """Count the facts about a data set.

    Every figure is a count or made of counts, so the same rows give the same facts in any order.

    Parameters
    ----------
    relation : duckdb.DuckDBPyRelation
        The rows; what stands for a missing value is NULL already. A few passes are made over each column.
    target : str or None
        Column of the label.
    pos_label : object
        The positive label; without it there are no label rates.
    sensitive : sequence of str
        Columns whose levels are groups; a missing value is a group.
    intersections : sequence of sequence of str
        Sets of sensitive columns whose combinations are groups too.
    bands : mapping of str to sequence of float, or None
        Ascending edges for numeric sensitive columns; an edge belongs to the band above it.
    split, weight, id : str or None
        Columns that say which split a row is in, how much it weighs, and whom it is about.
    quasi_identifiers : sequence of str or None
        Columns that together may tell who a row is about; the sensitive columns where None.
    reference_shares : mapping of str to mapping of str to float, or None
        For sensitive columns, the population's share of each group, by the group's value as text.
    name, sha256, credit, size_bytes, written_by
        Of the file; ``written_by`` is the software that it names as its writer.
    privacy_minimum : int
        Pages withhold the figures of groups with fewer rows.
    min_group_size : int
        Groups with fewer rows are marked as small.

    Returns
    -------
    DatasetFacts

    Raises
    ------
    InputError
        No rows; an unknown column; a positive label that does not occur; bands that do not ascend or
        do not stand for a number column; an intersection of a column that is not sensitive; a weight
        that is no number; reference shares of a column that is not sensitive, or of no group that is in the
        data. All problems at once.

    Examples
    --------
    >>> rows = duckdb.sql("SELECT * FROM (VALUES ('f', 1), ('m', 0), ('m', 1)) AS t(sex, hired)")
    >>> facts = dataset_facts(rows, target="hired", pos_label=1, sensitive=["sex"])
    >>> [(group.levels, group.label.rows, group.label.rate) for group in facts.groupings[0].groups]
    [(('m',), 2, 0.5), (('f',), 1, 1.0)]
    """
    table = open_table(relation)
    edges = {key: tuple(float(edge) for edge in value) for key, value in (bands or {}).items()}
    quasi = tuple(sensitive if quasi_identifiers is None else quasi_identifiers)
    named = {
        "target": [target], "split": [split], "weight": [weight], "id": [id], "sensitive": sensitive,
        "quasi_identifiers": quasi_identifiers or (), "bands": list(edges),
    }  # fmt: skip
    roles = _roles(table, named, pos_label, edges)
    overall = _checked(table, roles, pos_label, intersections)
    # Of a column named twice the last counts: a target is a target whatever else it is.
    kept = {name: role for role in _KEPT for name in named[role] if name is not None}
    rows, columns, tenths = column_facts(table, kept)
    identity = table[id] if id else None
    ids = id_facts(table, columns, id, rows)
    keys = [column.name for column in columns if column.key] + [item.column for item in ids]
    ignored = sorted({*keys, *(item for item in (split, weight) if item)} - {target})
    gaps = [table[column.name] for column in columns if column.missing]
    sets: list[tuple[Column, ...]] = [(column,) for column in roles.sensitive]
    sets += [tuple(table[item] for item in names) for names in intersections]
    groupings = tuple(grouping_facts(table, roles, columns_, min_group_size) for columns_ in sets)
    reference = reference_shares or {}
    if problems := unknown_references(reference, groupings):
        raise InputError(problems)
    aside = {split, target, *ignored}
    return DatasetFacts(
        file=FileFacts(name, sha256, size_bytes, credit, written_by),
        rows=rows,
        privacy_minimum=privacy_minimum,
        min_group_size=min_group_size,
        columns=columns,
        label=LabelFacts(target, None if pos_label is None else str(pos_label), overall),
        sensitive=tuple(column.name for column in roles.sensitive),
        bands=edges,
        groupings=groupings,
        joint=joint_facts(table, roles),
        missing=missing_by_group(table, roles, gaps),
        missing_patterns=patterns(table, gaps[:_MAX_PATTERN_COLUMNS]),
        repeats=repeat_facts(table, roles, ignored),
        splits=split_facts(table, roles, ignored, identity),
        ids=ids,
        times=time_facts(table, columns),
        impossible=impossible(columns),
        detections=detections(table, columns),
        content=sensitive_content(columns),
        anonymity=anonymity(table, [table[item] for item in quasi], declared=quasi_identifiers is not None),
        weight_like=weight_like(columns),
        weight=weight,
        proxies=proxies(
            table,
            [(column, roles.level(column)) for column in roles.sensitive],
            [column for column in columns if column.name not in aside],
            tenths,
        ),
        references=reference_facts(reference, groupings),
    )


def _roles(
    table: Table,
    named: Mapping[str, Sequence[str | None]],
    pos_label: object,
    edges: Mapping[str, tuple[float, ...]],
) -> Roles:
    """Find the columns that are named."""
    wanted = {where: [item for item in names if item is not None] for where, names in named.items()}
    if problems := unknown_columns(table, wanted):
        raise InputError(problems)
    target, split, weight = (
        next((table[name] for name in wanted[role]), None) for role in ("target", "split", "weight")
    )
    return Roles(
        target=target,
        positive=positive_sql(target, pos_label),
        sensitive=tuple(table[name] for name in dict.fromkeys(wanted["sensitive"])),
        split=split,
        weight=weight,
        bands=edges,
    )


def _checked(
    table: Table, roles: Roles, pos_label: object, intersections: Sequence[Sequence[str]]
) -> RateFacts:
    """Hold the roles to their rules, and give the label rate over all rows."""
    problems = []
    known = {column.name for column in roles.sensitive}
    for names in intersections:
        outside = [item for item in names if item not in known]
        if outside or len(set(names)) < 2:
            rule = "an intersection names two or more of the sensitive columns"
            problems.append(Problem("intersection", "intersections", f"{rule}, got {list(names)}"))
    for column, edges in roles.bands.items():
        if table[column].kind != "number" or not edges or list(edges) != sorted(set(edges)):
            rule = "bands are ascending edges for a column of numbers"
            got = f"got {list(edges)} for a column of type {table[column].dtype}"
            problems.append(Problem("bands", f"bands.{column}", f"{rule}, {got}"))
    if roles.weight is not None and roles.weight.kind != "number":
        got = f"got {roles.weight.name!r} of type {roles.weight.dtype}"
        problems.append(Problem("weight", "weight", f"weights are numbers, {got}"))
    if problems:
        raise InputError(problems)
    overall = rate_facts(
        table.row(f"SELECT {rate_sql(roles.target, roles.positive, roles.weight)} FROM t"), known=roles.known
    )
    if roles.target is not None and pos_label is not None and not overall.positives:
        rule = "the positive label must occur in the target"
        got = f"got {pos_label!r}, which {roles.target.name!r} does not hold; name one of its values"
        raise InputError.of("pos_label", "pos_label", f"{rule}, {got}")
    return overall
