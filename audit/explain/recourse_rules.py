"""From settings to the rules of a counterfactual."""

from __future__ import annotations

from collections.abc import Iterable

from ...errors import InputError, Problem, did_you_mean
from ..settings_recourse import Recourse
from .counterfactual_rules import Rules


def rules_of(
    recourse: Recourse, columns: Iterable[str], *, sensitive: Iterable[str] = (), proxies: Iterable[str] = ()
) -> Rules:
    """Make the rules that hold for a model's columns.

    Sensitive columns and listed proxies stay as they are, unless ``changeable`` names them; where
    ``changeable`` names columns, all others stay as they are.

    Parameters
    ----------
    recourse : Recourse
    columns : iterable of str
        The model's.
    sensitive, proxies : iterable of str

    Raises
    ------
    InputError
        A named column is none of the model's.

    Examples
    --------
    >>> rules = rules_of(Recourse(immutable=("age",)), ["sex", "age", "pay"], sensitive=["sex"])
    >>> sorted(rules.immutable)
    ['age', 'sex']
    """
    known = list(columns)
    named = {
        "changeable": recourse.changeable or (),
        "immutable": recourse.immutable,
        "ranges": tuple(recourse.ranges),
        "monotone": tuple(recourse.monotone),
    }
    problems = [
        Problem(
            "unknown_column",
            f"recourse.{key}",
            f"the model reads no column {name!r}; {did_you_mean(name, known)}",
        )
        for key, names in named.items()
        for name in names
        if name not in known
    ]
    if problems:
        raise InputError(problems)
    if recourse.changeable is None:
        fixed = {*recourse.immutable, *sensitive, *proxies}
    else:
        fixed = set(known) - set(recourse.changeable)
    return Rules(frozenset(fixed & set(known)), dict(recourse.ranges), dict(recourse.monotone))
