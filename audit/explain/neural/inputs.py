"""Which column each input of a network comes from, found by trying, and what to call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .layers import Floats, Ints

TRIED = 500
"""Rows on which columns are moved."""


@dataclass(frozen=True)
class Inputs:
    """The inputs of a network.

    Parameters
    ----------
    owner : ndarray of int, shape (inputs,)
        Position of the column behind each.
    columns : tuple of str
        Columns; where inputs mix several, the inputs themselves.
    names : tuple of str
        Of the inputs: ``"age"``, ``"region = north"``, ``"region [3]"``.
    """

    owner: Ints
    columns: tuple[str, ...]
    names: tuple[str, ...]


def inputs_of(
    frame: pd.DataFrame, to_tensor: Callable[[pd.DataFrame], Any], *, plain: bool, least: int
) -> Inputs:
    """Find the column behind each input.

    Parameters
    ----------
    frame : pandas.DataFrame
    to_tensor : callable
    plain : bool
        Whether each input is one column, in order.
    least : int
        A value of a column is named only where so many rows have it.
    """
    columns = tuple(str(name) for name in frame.columns)
    if plain:
        return Inputs(np.arange(len(columns)), columns, columns)
    rows = frame.iloc[:TRIED].reset_index(drop=True)
    values = _flat(to_tensor(rows))
    owner = np.full(values.shape[1], -1)
    for place, name in enumerate(frame.columns):
        moved = rows.copy()
        moved[name] = np.roll(np.arange(len(rows)), 1)
        moved[name] = rows[name].iloc[moved[name].to_numpy()].array
        changed = np.flatnonzero((_flat(to_tensor(moved)) != values).any(axis=0))
        if (owner[changed] >= 0).any():
            named = tuple(f"input {at + 1}" for at in range(values.shape[1]))
            return Inputs(np.arange(len(named)), named, named)
        owner[changed] = place
    owned = np.maximum(owner, 0)
    return Inputs(owned, columns, _names(rows, values, owned, columns, least))


def _flat(tensor: Any) -> Floats:
    found: Floats = tensor.reshape(len(tensor), -1).detach().cpu().numpy().astype(np.float64)
    return found


def _names(
    rows: pd.DataFrame, values: Floats, owner: Ints, columns: tuple[str, ...], least: int
) -> tuple[str, ...]:
    counts = np.bincount(owner, minlength=len(columns))
    names = []
    for at, place in enumerate(owner):
        name = columns[place]
        if counts[place] > 1:
            level = _level(rows.iloc[:, place], values[:, at], least)
            name = (
                f"{name} [{int((owner[:at] == place).sum()) + 1}]" if level is None else f"{name} = {level}"
            )
        names.append(name)
    return tuple(names)


def _level(column: pd.Series[Any], value: Floats, least: int) -> str | None:
    """Name the one value of a column for which an input stands, where it does and enough rows have it."""
    marks = np.unique(value)
    if len(marks) != 2:
        return None
    on = column[value == marks[1]]
    only = on.iloc[0]
    same = bool((on == only).all()) and not bool((column[value == marks[0]] == only).any())
    return str(only) if same and len(on) >= least else None
