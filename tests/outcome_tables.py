"""Rows and tables of groups from their four counts."""

from __future__ import annotations

import numpy as np

from evenhand.metrics import cube_of, group_table


def outcomes(*groups):
    """Rows of groups a, b, ... each (TN, FP, FN, TP)."""
    rows = [
        (chr(97 + i), *cell)
        for i, four in enumerate(groups)
        for cell, n in zip(((0, 0), (0, 1), (1, 0), (1, 1)), four, strict=True)
        for _ in range(n)
    ]
    g, y, p = (np.array(column) for column in zip(*rows, strict=True))
    return y, p, g


def table_of(*groups):
    y, p, g = outcomes(*groups)
    return group_table(cube_of(y, p, sensitive_features={"g": g}), "g")
