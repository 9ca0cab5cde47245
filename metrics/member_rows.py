"""Rows with probabilities of membership, read and checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Problem, did_you_mean
from .groups import encode, frame_columns
from .labels import binary_codes, collect, numbers, weights
from .rates import Cells, Rate, rate_named
from .results import Group, Level
from .tally import refuse_unaligned

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MemberRows:
    """Rows that belong to groups by shares.

    Parameters
    ----------
    rate : Rate
    groups : tuple of tuple, length G
    above, below : ndarray of shape (rows,)
        Whether a row counts above and below the rate's line.
    shares : ndarray of shape (rows, G)
        Probabilities, adding up to 1.
    weight : ndarray of shape (rows,)
    truth : ndarray of int, shape (rows,), or None
        Position of the true group, -1 where unknown.
    """

    rate: Rate
    groups: tuple[Group, ...]
    above: Floats
    below: Floats
    shares: Floats
    weight: Floats
    truth: NDArray[np.intp] | None = None

    @property
    def likeliest(self) -> Floats:
        """Every row in its likeliest group, the first of equals: (rows, G) of 0 and 1."""
        return np.asarray(np.eye(len(self.groups))[np.argmax(self.shares, axis=1)])

    @property
    def widen(self) -> float:
        """``n / (n - 1)``, by which a variance over n rows is widened; ``nan`` for one row."""
        rows = len(self.above)
        return rows / (rows - 1) if rows > 1 else np.nan

    def take(self, keep: NDArray[Any]) -> MemberRows:
        """Keep some rows; nothing is known of their true groups after."""
        return replace(
            self,
            above=self.above[keep],
            below=self.below[keep],
            shares=self.shares[keep],
            weight=self.weight[keep],
            truth=None,
        )


def membership_rows(
    y_true: Any = None,
    y_pred: Any = None,
    *,
    membership: Any,
    rate: Rate | str = "selection_rate",
    groups: tuple[Level, ...] | None = None,
    true_groups: Any = None,
    sample_weight: Any = None,
    pos_label: Level = None,
    tolerance: float = 1e-3,
) -> MemberRows:
    """Read rows; parameters and errors as for `membership.probabilistic_rates`.

    Examples
    --------
    >>> rows = membership_rows(None, [1, 0], membership=[[0.6, 0.4], [0.1, 0.9]], groups=("A", "B"))
    >>> rows.groups, rows.above.tolist()
    ((('A',), ('B',)), [1.0, 0.0])
    """
    rate = rate if isinstance(rate, Rate) else rate_named(rate)
    outcomes = {
        name: values for name, values in (("y_true", y_true), ("y_pred", y_pred)) if values is not None
    }
    problems: list[Problem] = []
    beside = [("membership", membership), ("true_groups", true_groups), ("sample_weight", sample_weight)]
    refuse_unaligned([*outcomes.items(), *beside], problems)
    flags = {
        name: collect(problems, partial(binary_codes, v, name, pos_label)) for name, v in outcomes.items()
    }
    needed = [name for name, needs in (("y_true", rate.label), ("y_pred", rate.decision)) if needs]
    for name in needed:
        if name not in outcomes:
            rule = f"{rate.name} needs {' and '.join(needed)}"
            problems.append(Problem("missing_input", name, f"{rule}, got none; give {name}=..."))
    columns = collect(problems, lambda: _columns(membership, groups))
    shares = collect(problems, lambda: _shares(columns or {}, tolerance)) if columns else None
    weight = None if sample_weight is None else collect(problems, lambda: weights(sample_weight))
    names: tuple[Level, ...] = tuple(columns or ())
    truth = None
    if true_groups is not None and columns:
        truth = collect(problems, lambda: _truth(true_groups, names))
    found = {**flags, "membership": shares, "sample_weight": weight, "true_groups": truth}
    _refuse_lengths({name: len(part) for name, part in found.items() if part is not None}, problems)
    if problems or shares is None:
        raise InputError(problems)
    above, below = _flags(rate, {name: part for name, part in flags.items() if part is not None}, len(shares))
    held = np.ones(len(shares)) if weight is None else weight
    return MemberRows(rate, tuple((name,) for name in names), above, below, shares, held, truth)


def _columns(membership: Any, groups: tuple[Level, ...] | None) -> dict[Level, Floats]:
    columns = frame_columns(membership, "group")
    names = [name for name, _ in columns] if groups is None else list(groups)
    if len(names) != len(columns) or len(set(names)) != len(names):
        rule = "one name of its own for each column of membership is wanted"
        raise InputError.of(
            "groups", "groups", f"{rule}, got {len(names)} for {len(columns)} columns: {names}"
        )
    if len(columns) < 2:
        rule = "one column of probabilities a group is wanted, and at least two groups"
        raise InputError.of("groups", "membership", f"{rule}, got {len(columns)}; add the rest's column")
    read = (numbers(values, f"membership: {name}") for name, values in columns)
    return dict(zip(names, read, strict=True))


def _shares(columns: dict[Level, Floats], tolerance: float) -> Floats:
    if len({len(column) for column in columns.values()}) > 1:
        rule = "the columns of membership have one value a row each"
        raise InputError.of(
            "lengths_differ", "membership", f"{rule}, got {[len(c) for c in columns.values()]}"
        )
    shares = np.stack(list(columns.values()), axis=1)
    if not len(shares):
        raise InputError.of("empty", "membership", "at least one row is needed, got 0")
    wrong = ~np.isfinite(shares) | (shares < 0) | (shares > 1 + tolerance)
    if wrong.any():
        rule = (
            f"probabilities lie in [0, 1], got {shares[wrong][0]:g} ({int(wrong.any(axis=1).sum()):,} rows)"
        )
        raise InputError.of("not_probabilities", "membership", f"{rule}; drop or mend those rows")
    total = shares.sum(axis=1)
    off = np.abs(total - 1) > tolerance
    if off.any():
        rule = f"a row's probabilities add up to 1, got {total[off][0]:g} ({int(off.sum()):,} such rows)"
        raise InputError.of(
            "not_a_whole", "membership", f"{rule}; add a column for the other groups, or set tolerance"
        )
    return np.asarray(shares / total[:, None])


def _truth(values: Any, names: tuple[Level, ...]) -> NDArray[np.intp]:
    column = encode(values, "true_groups")
    places = {name: i for i, name in enumerate(names)}
    used = [column.levels[i] for i in np.unique(column.codes)]
    strange = [level for level in used if level is not None and level not in places]
    if strange:
        rule = f"true groups are columns of membership, got {strange[0]!r}; {did_you_mean(strange[0], names)}"
        raise InputError.of("unknown_group", "true_groups", rule)
    if not any(level is not None for level in used):
        raise InputError.of(
            "empty", "true_groups", "at least one true group is known, got none; leave it out"
        )
    lookup = np.array(
        [-1 if level is None else places.get(level, -1) for level in column.levels], dtype=np.intp
    )
    return np.asarray(lookup[column.codes])


def _refuse_lengths(lengths: dict[str, int], problems: list[Problem]) -> None:
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {length:,}" for name, length in lengths.items())
        problems.append(
            Problem("lengths_differ", "", f"all inputs have one value a row, got lengths {shown}")
        )


def _flags(rate: Rate, flags: dict[str, NDArray[Any]], rows: int) -> tuple[Floats, Floats]:
    each = Cells(np.eye(4).reshape(4, 2, 2))
    nothing = np.zeros(rows, dtype=np.intp)
    cell = 2 * flags.get("y_true", nothing).astype(np.intp) + flags.get("y_pred", nothing).astype(np.intp)
    return rate.numerator(each)[cell], rate.denominator(each)[cell]
