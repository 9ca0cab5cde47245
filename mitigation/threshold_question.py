"""What an estimator asks of a threshold search, read from held-out scores, and what to say of the answer."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import EvenhandWarning
from ..metrics.rates import Cells, rate_named
from .options import refuse, size_problems, strength_problems
from .rows import Floats, Integers
from .threshold_curves import Curve, curves_of_rows, pooled_curve
from .threshold_goal import Constraint, Utility, constraint_of, utility_of
from .threshold_search import Choice
from .training_rows import TrainingRows

UNMITIGATED = 0.5


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of a threshold search.

    Parameters
    ----------
    curves : list of Curve
        One a group.
    utility : Utility
    asked, aim : Constraint
        The limit as given, and the one that the strength leaves.
    held, free : list of int
        The groups that are held to the limit, and those too small to be.
    before : float
        The disparity of the groups held at a threshold of 0.5; nan for fewer than two.
    """

    curves: list[Curve]
    utility: Utility
    asked: Constraint
    aim: Constraint
    held: list[int]
    free: list[int]
    before: float

    @property
    def pooled_threshold(self) -> float:
        """The best threshold of all groups together, without a limit."""
        pooled = pooled_curve(self.curves)
        return float(pooled.thresholds[int(np.argmax(self.utility.of_curve(pooled)))])


def question(model: Any, scores: Floats, rows: TrainingRows, *, mixed: bool) -> Question:
    """Read what a model's parameters ask of its held-out scores.

    Parameters
    ----------
    model : GroupThresholds, SharedThreshold or RejectOption
    scores : ndarray of float, shape (rows,)
    rows : TrainingRows
    mixed : bool
        Whether thresholds may be mixed at random.

    Raises
    ------
    InputError
        Unknown constraint or objective, or a limit, strength or minimum that is out of range.
    """
    refuse(strength_problems(model.strength), size_problems(model.min_group_size))
    asked = constraint_of(model.constraint, model.limit, mixed=mixed)
    groups = rows.groups
    curves = curves_of_rows(
        scores, rows.labels, groups.codes, len(groups.levels), rows.weights if rows.weighted else None
    )
    positives, negatives = (sum(getattr(c, name) for c in curves) for name in ("positives", "negatives"))
    utility = utility_of(model.objective, positives, negatives)
    sizes, least = _denominators(asked, rows), max(int(model.min_group_size), 1)
    held = [i for i, curve in enumerate(curves) if sizes[i] >= least and _can_compare(asked, curve)]
    free = [i for i in range(len(curves)) if i not in set(held)]
    if free and len(curves) > 1:
        _say_free(free, sizes, rows, least, asked)
    before = choice_at([curves[i] for i in held], asked, utility, UNMITIGATED).gap
    return Question(curves, utility, asked, asked.measured(before, model.strength), held, free, before)


def _denominators(constraint: Constraint, rows: TrainingRows) -> Integers:
    """Count the rows that each group's rates can rest on, unweighted: the fewest over the rates compared."""
    groups = len(rows.groups.levels)
    used = rows.weights > 0
    counts = [np.bincount(rows.groups.codes[used & (rows.labels == k)], minlength=groups) for k in (0, 1)]
    rejected = np.stack([np.stack([n, n * 0], axis=-1) for n in counts], axis=-2).astype(float)
    sizes = []
    for name in constraint.metric.rates:
        denominator = rate_named(name).denominator
        # Where the denominator depends on decisions: as many as there can be.
        sizes.append(np.maximum(denominator(Cells(rejected)), denominator(Cells(rejected[..., ::-1]))))
    return np.asarray(np.min(sizes, axis=0), dtype=np.int64)


def _can_compare(constraint: Constraint, curve: Curve) -> bool:
    return bool(np.isfinite(constraint.coordinates(curve.cells)).all(axis=0).any())


def _say_free(
    free: Sequence[int], sizes: Integers, rows: TrainingRows, least: int, constraint: Constraint
) -> None:
    shown = [f"{', '.join(map(str, rows.groups.levels[i]))} ({int(sizes[i])})" for i in free[:10]]
    more = f"; and {len(free) - 10} more" if len(free) > 10 else ""
    rates = " or ".join(constraint.metric.rates).replace("_", " ")
    warnings.warn(
        f"the {rates} of these groups rests on fewer than {least} training rows, so they take the threshold"
        f" of all groups together and are not held to the limit: {'; '.join(shown)}{more}",
        EvenhandWarning,
        stacklevel=6,
    )


def choice_at(curves: Sequence[Curve], constraint: Constraint, utility: Utility, threshold: float) -> Choice:
    """Say what one given threshold for all groups does.

    Returns
    -------
    Choice
        Its gap is nan for fewer than two groups.

    Examples
    --------
    >>> curves = curves_of_rows([0.9, 0.4, 0.6, 0.2], [1, 0, 1, 0], [0, 0, 1, 1], groups=2)
    >>> found = choice_at(
    ...     curves, constraint_of("demographic_parity_difference", 0.1), utility_of("accuracy", 2, 2), 0.5
    ... )
    >>> found.utility, found.gap, found.met
    (1.0, 0.0, True)
    """
    counts = [curve.at(threshold) for curve in curves]
    worth = sum(
        float(utility.of(np.array(tp), np.array(fp), curve.positives, curve.negatives))
        for curve, (tp, fp) in zip(curves, counts, strict=True)
    )
    gap = math.nan
    if len(curves) > 1:
        cells = np.stack([curve.cells_at(threshold) for curve in curves])
        gap = float(constraint.gap(constraint.rates(cells)))
    n = len(curves)
    met = bool(constraint.meets(gap)) or n < 2
    return Choice([np.array([threshold])] * n, [np.ones(1)] * n, float(worth), gap, met)


def say_unmet(constraint: Constraint, found: Choice) -> None:
    """Warn where no choice keeps the limit, with the best that can be reached."""
    if found.met:
        return
    bound = "at least" if constraint.is_ratio else "at most"
    warnings.warn(
        f"no choice brings the {constraint.metric.title} to {bound} {constraint.limit:.4g} on the"
        f" training rows; the best that can be reached is {found.gap:.4g}, and it was taken",
        EvenhandWarning,
        stacklevel=6,
    )


def say_one_sided(choice: Choice, curves: Sequence[Curve]) -> None:
    """Warn where groups are made equal by selecting nobody, or everybody."""
    selected = sum(
        float(shares @ [sum(curve.at(threshold)) for threshold in thresholds])
        for curve, thresholds, shares in zip(curves, choice.thresholds, choice.shares, strict=True)
    )
    total = sum(curve.positives + curve.negatives for curve in curves)
    who = "nobody" if selected <= 0 else "everybody" if selected >= total * (1 - 1e-12) else None
    if who is not None:
        said = f"the choice selects {who} among the training rows; a wider limit may serve better"
        warnings.warn(said, EvenhandWarning, stacklevel=6)
