"""Counterfactual flip rate: how often a decision changes when only the sensitive column does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Reason
from .groups import encode
from .intervals import modified_wilson
from .labels import binary_codes, used_levels
from .results import RATE_INTERVAL, Estimate, Interval, Level


@dataclass(frozen=True)
class FlipRate:
    """How often a decision changes when people are given another value of a sensitive column.

    Parameters
    ----------
    column : str
    value : Estimate
        Share of rows whose decision changes for at least one other value; 0 is fair.
    by_group : dict of level to Estimate
        The same among the rows that hold each value.
    pairs : dict of (level, level) to Estimate
        Of the rows that hold the first value, the share whose decision changes with the second.
    gained, lost : dict of (level, level) to float
        The two ways to change: rejected before and accepted after, and the reverse.
    left_out : int
        Rows whose value is missing.
    """

    column: str
    value: Estimate
    by_group: dict[Level, Estimate]
    pairs: dict[tuple[Level, Level], Estimate]
    gained: dict[tuple[Level, Level], float]
    lost: dict[tuple[Level, Level], float]
    left_out: int


def counterfactual_flip_rate(
    predict: Callable[[Any], Any], table: Any, column: str, *, pos_label: Level = None, level: float = 0.95
) -> FlipRate:
    """Share of decisions that change when only the sensitive column is changed; 0 is fair.

    It sees what the model does with the column itself. Proxies of it keep their values, so a model that
    never reads the column has a rate of 0 however unequal its decisions are.

    Parameters
    ----------
    predict : callable
        Takes a frame like ``table`` and gives one decision a row.
    table : frame
        Of pandas, polars, pyarrow or any library narwhals knows. It is left as it is; the column keeps its
        type.
    column : str
        Every value that occurs in it is tried.
    pos_label : optional
        The favourable decision, where decisions are not 0 and 1.
    level : float
        Of the modified Wilson intervals.

    Returns
    -------
    FlipRate
        Undefined with fewer than two values.

    Raises
    ------
    InputError
        The table is no frame or lacks the column, or the decisions are not binary or not one a row.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"sex": ["F", "M", "F", "M"], "points": [1, 2, 3, 2]})
    >>> rule = lambda frame: ((frame["points"] + (frame["sex"] == "M")) >= 3).astype(int)
    >>> found = counterfactual_flip_rate(rule, people, "sex")
    >>> found.value.value, found.pairs["M", "F"].value, found.lost["M", "F"]
    (0.5, 1.0, 1.0)
    """
    frame = _frame(table, column)
    coded = encode(frame.get_column(column).to_native(), column)
    levels = [value for value in used_levels(coded) if value is not None]
    places = [coded.levels.index(value) for value in levels]
    before = _decisions(predict, table, len(frame), pos_label)
    after, holds = np.zeros((len(levels), len(frame))), np.zeros((len(levels), len(frame)), dtype=bool)
    for i, place in enumerate(places):
        holds[i] = coded.codes == place
        changed_table = _changed(frame, column, int(np.argmax(holds[i])))
        after[i] = _decisions(predict, changed_table, len(frame), pos_label)
    flips = after != before
    known = holds.any(axis=0)
    changed = flips.any(axis=0)
    pairs = [(i, j) for i in range(len(levels)) for j in range(len(levels)) if i != j]
    named = {(levels[i], levels[j]): (holds[i], j) for i, j in pairs}
    alone = len(levels) < 2
    return FlipRate(
        column=column,
        value=_share(changed[known], level, alone=alone),
        by_group={value: _share(changed[holds[i]], level, alone=alone) for i, value in enumerate(levels)},
        pairs={pair: _share(flips[j, rows], level) for pair, (rows, j) in named.items()},
        gained={pair: float((after[j, rows] > before[rows]).mean()) for pair, (rows, j) in named.items()},
        lost={pair: float((after[j, rows] < before[rows]).mean()) for pair, (rows, j) in named.items()},
        left_out=int((~known).sum()),
    )


def _frame(table: Any, column: str) -> nw.DataFrame[Any]:
    frame = nw.from_native(table, pass_through=True)
    if not isinstance(frame, nw.DataFrame):
        rule = "an eager frame is wanted, such as one of pandas, polars or pyarrow"
        raise InputError.of(
            "not_a_frame", "table", f"{rule}, got {type(table).__name__}; collect or convert it"
        )
    if column not in frame.columns:
        known = ", ".join(frame.columns[:20])
        raise InputError.of("unknown_column", column, f"the table has no such column; known are: {known}")
    return frame


def _changed(frame: nw.DataFrame[Any], column: str, row: int) -> Any:
    """Give everybody the value of one row; taken from the column itself, so that its type stays."""
    same = frame.get_column(column)[np.full(len(frame), row)]
    return frame.with_columns(same.alias(column)).to_native()


def _decisions(predict: Callable[[Any], Any], table: Any, rows: int, pos_label: Level) -> NDArray[np.int8]:
    codes = binary_codes(predict(table), "predict", pos_label)
    if len(codes) != rows:
        raise InputError.of(
            "lengths_differ", "predict", f"one decision a row is wanted, got {len(codes):,} for {rows:,} rows"
        )
    return codes.astype(np.int8)


def _share(flipped: NDArray[np.bool_], level: float, *, alone: bool = False) -> Estimate:
    if alone or not flipped.size:
        return Estimate(float("nan"), reason=Reason.SINGLE_GROUP if alone else Reason.EMPTY_GROUP)
    hits, size = int(flipped.sum()), len(flipped)
    low, high = modified_wilson(hits, size, level)
    interval = Interval(float(low), float(high), level, RATE_INTERVAL)
    return Estimate(hits / size, interval, float(hits), float(size), size, float(size))
