"""A gap between two groups, as the sum of what each column contributes: the Monte Carlo engine for any model.

For an output f that is one fixed number a row, the gap ``mean f over the group - mean f over the reference``
is shared out among the columns by Shapley values, of which only the group means are needed. In the *direct*
game a row of the group is compared with rows of the reference; in the *common* game both are compared with
the same background, drawn from all rows. Passes are balanced (see ``pairing``), so the bars sum to the
measured gap up to rounding, however few draws there are.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputError, Problem
from .engine import Asked, Plan, Progress, Ways, draw, results_of
from .explained import Explained, Game
from .null_band import null_bands
from .pairing import Floats, Ints, Side, side_of
from .walks import ITSELF, Output, Predict, Walker, numbers_of, table_of

log = logging.getLogger("evenhand")


def explain_gap(
    predict: Predict,
    X: pd.DataFrame,
    *,
    group_rows: Any,
    reference_rows: Any,
    sample_weight: Any = None,
    game: Game = "direct",
    tolerance: float = 0.002,
    max_calls: int = 1_000_000,
    seed: int = 0,
    progress: Progress | None = None,
    players: Mapping[str, Sequence[str]] | None = None,
    antithetic: bool | None = None,
    blocks: int = 50,
    workers: int = 1,
    as_array: bool = False,
    level: float = 0.95,
) -> Explained:
    """Share a gap between two groups out among the columns.

    Parameters
    ----------
    predict : callable
        A fixed function of rows: takes a frame with the columns and kinds of ``X`` (a matrix with
        ``as_array``), gives one finite number a row. For a loss see ``explain_outputs``.
    X : pandas.DataFrame
        The model's input columns, all rows (the common background is drawn from them).
    group_rows, reference_rows : array-like of bool, shape (rows,), or of int
        Masks or positions; see ``kinds.gap_rows``.
    sample_weight : array-like of float, shape (rows,), optional
        Not negative.
    game : {"direct", "common"}
        Whether the reference's rows, or all rows, are what the group's rows are compared with. Where the two
        groups are all rows, both games have the same bars.
    tolerance : float
        Stop when every bar's 95 % Monte Carlo half width is at most this.
    max_calls : int
        Predict about so many rows at most. Where that allows no two passes over all rows, a seeded sample of
        rows is walked, calibrated so that its bars still sum to the gap of all rows.
    seed : int
        The same seed gives the same result.
    progress : callable, optional
        Called with rows predicted so far and expected in all.
    players : mapping of str to columns, optional
        Columns that contribute as one.
    antithetic : bool, optional
        Walk each pair in an order and in its reverse; by default in the direct game, where it helps, as soon
        as one way does not do.
    blocks : int
        Blocks of rows of each group for the jackknife.
    workers : int
        Threads; the result does not depend on their number.
    as_array : bool
        Give ``predict`` a matrix of numbers in place of a frame.
    level : float
        Of the intervals.

    Returns
    -------
    Explained

    Raises
    ------
    InputError
        A side has no rows with weight above zero; weights or rows do not fit ``X``; an option is out of
        range.
    ModelError
        ``predict`` gives anything but one finite number a row.

    Examples
    --------
    >>> X = pd.DataFrame({"pay": [1.0, 2.0, 3.0, 5.0], "shoe": [40, 41, 42, 43]})
    >>> found = explain_gap(lambda rows: 2 * rows["pay"], X, group_rows=[2, 3], reference_rows=[0, 1])
    >>> [(bar.player, bar.value) for bar in found.bars], found.measured
    ([('pay', 5.0), ('shoe', 0.0)], 5.0)
    """
    return explain_outputs(
        predict,
        X,
        outputs=(ITSELF,),
        group_rows=group_rows,
        reference_rows=reference_rows,
        sample_weight=sample_weight,
        game=game,
        tolerance=tolerance,
        max_calls=max_calls,
        seed=seed,
        progress=progress,
        players=players,
        antithetic=antithetic,
        blocks=blocks,
        workers=workers,
        as_array=as_array,
        level=level,
    )[0]


def explain_outputs(
    predict: Predict,
    X: pd.DataFrame,
    *,
    outputs: Sequence[Output],
    group_rows: Any,
    reference_rows: Any,
    sample_weight: Any = None,
    game: Game = "direct",
    tolerance: float = 0.002,
    max_calls: int = 1_000_000,
    seed: int = 0,
    progress: Progress | None = None,
    players: Mapping[str, Sequence[str]] | None = None,
    antithetic: bool | None = None,
    blocks: int = 50,
    workers: int = 1,
    as_array: bool = False,
    level: float = 0.95,
) -> tuple[Explained, ...]:
    """Share several gaps between the same two groups out among the columns, in the same walks.

    Parameters
    ----------
    predict, X, group_rows, reference_rows, sample_weight, game, tolerance, max_calls, seed, progress, players
        As in ``explain_gap``.
    antithetic, blocks, workers, as_array, level
        As in ``explain_gap``.
    outputs : sequence of Output
        The decision, the score, a loss: whatever is made of the model's output; at least one. Where one
        depends on the true label it has a further bar, ``explained.TRUE_LABEL``: what the gap would be if the
        model told nobody from anybody, so that only the groups' labels differ.

    Returns
    -------
    tuple of Explained
        One for each output.

    Raises
    ------
    InputError, ModelError
        As in ``explain_gap``.

    Examples
    --------
    >>> X = pd.DataFrame({"pay": [1.0, 2.0, 3.0, 5.0], "shoe": [40, 41, 42, 43]})
    >>> rich = Output("rich", lambda given, rows: (given > 4).astype(float))
    >>> ways = explain_outputs(lambda rows: rows["pay"], X, outputs=(ITSELF, rich), group_rows=[2, 3],
    ...                        reference_rows=[0, 1])
    >>> [way.measured for way in ways]
    [2.5, 0.5]
    """
    _check_options(
        game=game, tolerance=tolerance, max_calls=max_calls, blocks=blocks, workers=workers, level=level
    )
    weight = weights_of(sample_weight, len(X))
    group, reference = check_sides(X, group_rows, reference_rows, weight)
    walker = _walker(predict, X, outputs, players, as_array=as_array, workers=workers)
    background = _background(walker, group, reference, weight, game)
    rng = np.random.default_rng(seed)
    ways = _ways("direct" if background is None else game, antithetic=antithetic)
    whole = Plan(walker, group, reference, background, ways, rng)
    means = [walker.figures(side.rows) @ side.shares for side in (group, reference)]
    bands = null_bands(whole, weight, seed)
    drawn = draw(whole.within(max_calls), tolerance, max_calls, progress)
    log.info("gap explained: seed %d, %d passes, %d rows predicted", seed, drawn.passes, drawn.calls)
    return results_of(drawn, means[0] - means[1], bands, Asked(game, seed, tolerance, blocks, level))


def regrouping_bands(
    predict: Predict,
    X: pd.DataFrame,
    *,
    output: Output,
    gaps: Sequence[tuple[Any, Any]],
    sample_weight: Any = None,
    game: Game = "direct",
    players: Mapping[str, Sequence[str]] | None = None,
    as_array: bool = False,
    seed: int = 0,
) -> list[Floats]:
    """Give the bands of random regrouping of several gaps' bars, however the bars themselves were found.

    Parameters
    ----------
    predict, X, sample_weight, game, players, as_array, seed
        As in ``explain_gap``.
    output : Output
        None that depends on labels.
    gaps : sequence of (array-like, array-like)
        Rows of the group and of the reference, for each gap.

    Returns
    -------
    list of ndarray of float, each of shape (players,)
        See ``null_band``.
    """
    weight = weights_of(sample_weight, len(X))
    walker = _walker(predict, X, (output,), players, as_array=as_array, workers=1)
    found = []
    for group_rows, reference_rows in gaps:
        group, reference = check_sides(X, group_rows, reference_rows, weight)
        background = _background(walker, group, reference, weight, game)
        plan = Plan(walker, group, reference, background, "one", np.random.default_rng(seed))
        found.append(null_bands(plan, weight, seed)[0])
    return found


def _background(walker: Walker, group: Side, reference: Side, weight: Floats, game: Game) -> Side | None:
    """Give the rows of the common background, None where the groups are to be compared directly.

    A walk from one row to another contributes the opposite of the walk back, on average over orders. So walks
    within a group cancel, and where two groups make up all rows both games have the same bars: the direct
    one, which takes fewer walks, serves for both. Not so where labels are held, for these change on the way
    back.
    """
    if game == "direct":
        return None
    all_rows = len(group.rows) + len(reference.rows) == int((weight > 0).sum())
    apart = len(np.intersect1d(group.rows, reference.rows)) == 0
    if all_rows and apart and not any(output.by_label for output in walker.outputs):
        return None
    return side_of(np.arange(len(weight)), weight)


def _walker(
    predict: Predict,
    X: pd.DataFrame,
    outputs: Sequence[Output],
    players: Mapping[str, Sequence[str]] | None,
    *,
    as_array: bool,
    workers: int,
) -> Walker:
    table = table_of(X, players, as_array=as_array)
    known = numbers_of(predict, X.to_numpy() if as_array else X, len(X))
    return Walker(table, predict, known, workers=workers, outputs=tuple(outputs))


def _ways(game: Game, *, antithetic: bool | None) -> Ways:
    if antithetic is None:
        return "as needed" if game == "direct" else "one"
    return "both" if antithetic else "one"


def _check_options(
    *, game: str, tolerance: float, max_calls: int, blocks: int, workers: int, level: float
) -> None:
    rules = [
        (game in ("direct", "common"), "game", "'direct' or 'common' is needed", game),
        (tolerance > 0, "tolerance", "a half width above 0 is needed", tolerance),
        (max_calls >= 1, "max_calls", "at least 1 is needed", max_calls),
        (blocks >= 2, "blocks", "at least 2 are needed", blocks),
        (workers >= 1, "workers", "at least 1 is needed", workers),
        (0 < level < 1, "level", "a level between 0 and 1 is needed", level),
    ]
    problems = [
        Problem("option", name, f"{rule}, got {got!r}") for kept, name, rule, got in rules if not kept
    ]
    if problems:
        raise InputError(problems)


def weights_of(sample_weight: Any, rows: int) -> Floats:
    """Give one weight a row, 1 by default; refuse weights that are missing, negative or too many."""
    if sample_weight is None:
        return np.ones(rows)
    weight = np.asarray(sample_weight, dtype=np.float64)
    if weight.shape != (rows,):
        raise InputError.of(
            "weights_shape",
            "sample_weight",
            f"one weight a row is needed, {rows} in all, got shape {weight.shape}",
        )
    if not np.isfinite(weight).all() or (weight < 0).any():
        raise InputError.of(
            "weights_range", "sample_weight", "weights are finite and not negative; leave the other rows out"
        )
    return weight


def check_sides(X: pd.DataFrame, group_rows: Any, reference_rows: Any, weight: Floats) -> tuple[Side, Side]:
    """Turn masks or positions into the two sides of a gap; refuse a side without weight."""
    sides, problems = [], []
    for name, given in (("group_rows", group_rows), ("reference_rows", reference_rows)):
        rows = _positions(given, len(X), name)
        if not (weight[rows] > 0).any():
            message = f"at least one row with a weight above 0 is needed, got none among {len(rows)} rows"
            problems.append(Problem("empty_side", name, message))
            continue
        sides.append(side_of(rows, weight))
    if problems:
        raise InputError(problems)
    return sides[0], sides[1]


def _positions(given: Any, rows: int, name: str) -> Ints:
    array = np.asarray(given)
    if array.dtype == bool:
        if array.shape != (rows,):
            raise InputError.of(
                "rows_shape", name, f"a mask has one value a row, {rows} in all, got shape {array.shape}"
            )
        return np.flatnonzero(array)
    if array.size == 0:
        return np.zeros(0, dtype=np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu" or array.min() < 0 or array.max() >= rows:
        raise InputError.of(
            "rows_range",
            name,
            f"a mask, or positions from 0 to {rows - 1}, are needed, got {array.dtype} values",
        )
    return np.unique(array).astype(np.int64)
