"""What must be known of a table's columns before it is audited, found in one query."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from .cleaning import is_number, is_text
from .dataset import Dataset
from .duck import quoted

SHOWN = 1000
"""Most distinct values that are kept of a column."""

Kind = Literal["number", "boolean", "text", "other"]


@dataclass(frozen=True)
class ColumnFacts:
    """What one column holds.

    Parameters
    ----------
    name : str
    kind : {"number", "boolean", "text", "other"}
    rows, present : int
        All rows, and those with a value.
    distinct : int
        Distinct values; 0 where they were not asked for.
    values : tuple
        The distinct values in order, at most 1,000.
    low, high : float or None
        Of the numbers.
    infinite : int
        Infinite numbers.
    whole : bool
        Whether all numbers are whole.
    """

    name: str
    kind: Kind
    rows: int
    present: int
    distinct: int = 0
    values: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    infinite: int = 0
    whole: bool = False

    @property
    def missing(self) -> int:
        """Rows without a value."""
        return self.rows - self.present


def scan(
    dataset: Dataset, columns: Sequence[str], listed: Collection[str] = ()
) -> tuple[int, dict[str, ColumnFacts]]:
    """Look at every row once.

    Parameters
    ----------
    dataset : Dataset
    columns : sequence of str
        The columns wanted; they must be there.
    listed : collection of str
        Those whose distinct values are wanted too.

    Returns
    -------
    rows : int
    facts : dict of str to ColumnFacts

    Examples
    --------
    >>> from evenhand.audit.dataset import open_dataset
    >>> import pyarrow as pa
    >>> rows, facts = scan(open_dataset(pa.table({"sex": ["F", None, "M"]})), ["sex"], ["sex"])
    >>> rows, facts["sex"].missing, facts["sex"].values
    (3, 1, ('F', 'M'))
    """
    unique = list(dict.fromkeys(columns))
    kinds = {name: _kind(dataset.schema.field(name).type) for name in unique}
    wanted = [part for name in unique for part in _expressions(name, kinds[name], listed=name in listed)]
    row = dataset.query(f"SELECT {', '.join(['count(*)', *wanted])} FROM data")[0]  # noqa: S608 - names are quoted
    rows, answers = int(row[0]), iter(row[1:])
    return rows, {name: _facts(name, kinds[name], rows, answers, listed=name in listed) for name in unique}


def _expressions(name: str, kind: Kind, *, listed: bool) -> list[str]:
    column = quoted(name)
    parts = [f"count({column})"]
    if listed:
        parts += [f"count(DISTINCT {column})", f"list_sort(list(DISTINCT {column}))[1:{SHOWN}]"]
    if kind == "number":
        number = f"CAST({column} AS DOUBLE)"
        parts += [f"min({column})", f"max({column})", f"count(*) FILTER (WHERE isinf({number}))"]
        parts += [f"coalesce(bool_and(floor({number}) = {number}), false)"]
    return parts


def _facts(name: str, kind: Kind, rows: int, answers: Iterator[Any], *, listed: bool) -> ColumnFacts:
    present = int(next(answers))
    distinct, values = (int(next(answers)), next(answers)) if listed else (0, None)
    kept = tuple(value for value in values or () if value is not None)
    if kind != "number":
        return ColumnFacts(name, kind, rows, present, distinct, kept)
    low, high, infinite, whole = (next(answers) for _ in range(4))
    return ColumnFacts(name, kind, rows, present, distinct, kept, low, high, int(infinite), bool(whole))


def _kind(kind: pa.DataType) -> Kind:
    if is_text(kind):
        return "text"
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_boolean(inner):
        return "boolean"
    return "number" if is_number(inner) else "other"
