"""Rows for models that want a data frame, from callers that may hold an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd


def framed(rows: Any, names: Sequence[str]) -> pd.DataFrame:
    """Give rows as a data frame; an array's columns get the names, in order.

    Examples
    --------
    >>> framed([[1, 2]], ["a", "b"]).to_dict("records")
    [{'a': 1, 'b': 2}]
    """
    return rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows, columns=list(names))
