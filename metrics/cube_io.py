"""A cube to and from JSON and Parquet: exact both ways, and nothing is believed that is read.

A reader checks every rule that a counted cube keeps, and reports all breaches at once.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import OutputError, RecordError
from .cube import MEASURES, Axis, Cube
from .cube_checks import FORMAT, VERSION, checked_cube, damage, follows_grid, key_problems
from .grid import Grid
from .results import Level

_META = b"evenhand.cube"
_KEYS = ("format", "version", "axes", "grid", "weight_kind", "codes", "measures")

# ---- writing -------------------------------------------------------------------------------------


def cube_to_dict(cube: Cube) -> dict[str, Any]:
    """Give a cube as plain lists and numbers, ready for ``json.dumps``.

    Parameters
    ----------
    cube : Cube

    Returns
    -------
    dict
        ``axes`` (name, role, levels), ``grid``, ``weight_kind``, ``codes`` (a list for each axis) and
        ``measures`` (a list for each). What follows from the rest is left out: the levels of the score
        axis of a fixed grid, weights where there are none, score sums where there is no score.

    Examples
    --------
    >>> from evenhand.metrics.tally import cube_of
    >>> content = cube_to_dict(cube_of([1, 0, 1], sensitive_features={"sex": ["F", "M", "M"]}))
    >>> content["axes"][0], content["codes"], content["measures"]
    ({'name': 'sex', 'role': 'sensitive', 'levels': ['F', 'M']}, [[0, 1, 1], [1, 0, 1]], {'rows': [1, 1, 1]})
    """
    written = {name: cube.measures[:, MEASURES.index(name)] for name in _written(cube)}
    return {
        **_header(cube),
        "codes": [column.tolist() for column in cube.codes.T],
        "measures": {
            name: values.astype(np.int64).tolist() if name == "rows" else values.tolist()
            for name, values in written.items()
        },
    }


def cube_to_parquet(cube: Cube, path: str | Path) -> None:
    """Write a cube to a Parquet file: a row for each cell; axes and grid in the file's metadata.

    The file appears whole or not at all.

    Parameters
    ----------
    cube : Cube
    path : str or Path
        An existing file is replaced.

    Raises
    ------
    OutputError
        The file cannot be written there.

    Examples
    --------
    >>> import tempfile
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of([1, 0, 1], sensitive_features={"sex": ["F", "M", "M"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cube_to_parquet(cube, folder + "/cube.parquet")
    ...     cube_from_parquet(folder + "/cube.parquet").rows
    3
    """
    import pyarrow as pa  # noqa: PLC0415 - only files need it
    import pyarrow.parquet as pq  # noqa: PLC0415

    columns = {f"axis_{i}": pa.array(column) for i, column in enumerate(cube.codes.T)}
    columns |= {name: pa.array(cube.measures[:, MEASURES.index(name)]) for name in _written(cube)}
    table = pa.table(columns).replace_schema_metadata({_META: json.dumps(_header(cube), ensure_ascii=False)})
    target = Path(path)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".cube-") as folder:
            pq.write_table(table, Path(folder) / "cube.parquet")
            (Path(folder) / "cube.parquet").replace(target)
    except OSError as error:
        raise OutputError.of(
            "cannot_write",
            str(path),
            f"a cube needs a folder that can be written to ({error}); choose another",
        ) from error


def _header(cube: Cube) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "axes": [
            {"name": axis.name, "role": axis.role, "levels": _levels_out(axis, cube.grid)}
            for axis in cube.axes
        ],
        "grid": None if cube.grid is None else cube.grid.to_dict(),
        "weight_kind": cube.weight_kind,
    }


def _written(cube: Cube) -> tuple[str, ...]:
    weighted = cube.weight_kind is not None
    scored = bool(cube.measures[:, 3:].any())
    return MEASURES[: 3 if weighted else 1] + (MEASURES[3:] if scored else ())


def _levels_out(axis: Axis, grid: Grid | None) -> list[Any] | None:
    if follows_grid(axis.role, grid):
        return None
    return [_level_out(level) for level in axis.levels]


def _level_out(level: Level) -> Any:
    # JSON has no infinity.
    return {"float": repr(level)} if isinstance(level, float) and math.isinf(level) else level


# ---- reading -------------------------------------------------------------------------------------


def cube_from_dict(content: Any) -> Cube:
    """Make a cube again from `cube_to_dict`, after checking every rule that a counted cube keeps.

    Parameters
    ----------
    content : dict
        As read from JSON; not trusted.

    Returns
    -------
    Cube

    Raises
    ------
    RecordError
        With every breach found: keys that are missing or unknown, another version, codes outside their
        axis, cells that stand twice or out of order, counts that are negative or not finite.

    Examples
    --------
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of([1, 0, 1], sensitive_features={"sex": ["F", "M", "M"]})
    >>> cube_from_dict(cube_to_dict(cube)).axes == cube.axes
    True
    """
    if not isinstance(content, Mapping):
        raise RecordError.of(
            "shape", "cube", f"a cube is an object with named parts, got {type(content).__name__}"
        )
    problems = key_problems(content, _KEYS, "cube")
    if problems:
        raise RecordError(problems)
    codes = content["codes"]
    measures = content["measures"]
    if not isinstance(codes, list):
        problems.append(damage("codes", "a list for each axis is wanted", codes))
    if not isinstance(measures, Mapping):
        problems.append(damage("measures", "a list for each measure is wanted", measures))
    if problems:
        raise RecordError(problems)
    return checked_cube(content, codes, measures)


def cube_from_parquet(path: str | Path) -> Cube:
    """Read a cube that `cube_to_parquet` wrote, with the checks of `cube_from_dict`.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    RecordError
        There is no such file, it is not Parquet or cut short, it holds no cube, or the cube is damaged.
    """
    import pyarrow as pa  # noqa: PLC0415 - only files need it
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.ParquetFile(Path(path)).read()
        header = json.loads((table.schema.metadata or {})[_META])
    except KeyError as error:
        raise RecordError.of(
            "no_cube", str(path), "the Parquet file holds no cube; write one with cube_to_parquet"
        ) from error
    except (OSError, pa.ArrowException, ValueError, RecursionError) as error:
        raise RecordError.of(
            "unreadable", str(path), f"the file cannot be read as a cube ({error})"
        ) from error
    names = table.column_names
    problems = (
        key_problems(header, _KEYS[:5], "cube")
        if isinstance(header, Mapping)
        else [damage("cube", "an object is wanted", header)]
    )
    if len(set(names)) < len(names):
        problems.append(damage("cube", "no two columns share a name", names))
    if problems:
        raise RecordError(problems)
    axes = [name for name in names if name.startswith("axis_")]
    columns = {name: table.column(name).to_pylist() for name in names}
    return checked_cube(
        header,
        [columns[f"axis_{i}"] for i in range(len(axes)) if f"axis_{i}" in columns],
        {name: values for name, values in columns.items() if name not in axes},
    )
