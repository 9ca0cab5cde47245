"""The smallest changes of a row that turn its decision, for any model: a search over values of the data.

First the fewest columns, then the smallest change. Single changes are all tried, then pairs, and so on: all
combinations where the budget allows (the fewest columns are then certain), else the most promising ones (a
beam, guided by the score). Where no combination turns the decision, the nearest rows that have the wanted
decision are taken, and every change that is not needed is taken back. At last each change is made as small as
the decision allows (Wachter et al. 2017 for the distance; Mothilal et al. 2020 for several, unlike ones).

Searches of many rows run in step, so that the model is asked about all of them at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .counterfactual_plausible import neighbourhood_of
from .counterfactual_rules import Rules, moves_of, space_of
from .counterfactual_search import Counterfactual, Limits, Search, Searcher
from .local_pool import Pool
from .pairing import Floats, Ints


def find_counterfactuals(
    pool: Pool, rows: Sequence[int], rules: Rules, limits: Limits | None = None
) -> list[list[Counterfactual]]:
    """Find, for each row, the smallest changes that turn its decision.

    Parameters
    ----------
    pool : Pool
    rows : sequence of int
        Places of rows.
    rules : Rules
    limits : Limits, optional

    Returns
    -------
    list of list of Counterfactual
        For each row up to ``wanted`` ways: plausible ones first, then those with fewer changes, then the
        smaller ones. An empty list: no way was found under the rules.

    Raises
    ------
    ModelError
        The model fails on a changed row.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from evenhand.audit.explain.local_pool import pool_of
    >>> from evenhand.audit.model import wrap_model
    >>> X = pd.DataFrame({"pay": [1, 2, 3, 4] * 20, "shoe": range(80)})
    >>> model = wrap_model(DecisionTreeClassifier().fit(X, X["pay"] > 2))
    >>> pool = pool_of(model, X, [4], pos_label=True)
    >>> way = find_counterfactuals(pool, [0], Rules())[0][0]
    >>> way.columns, pool.value_at(way.places[0], 0)
    ((0,), 3)
    """
    limits = limits or Limits()
    space = space_of(pool)
    near = neighbourhood_of(pool, space.scales, rules.immutable)
    searches = [
        Searcher(
            pool, row, not bool(pool.selected[row]), moves_of(pool, row, rules, space), near, limits
        ).search()
        for row in rows
    ]
    return run_together(pool, searches)


def run_together(pool: Pool, searches: Sequence[Search]) -> list[list[Counterfactual]]:
    """Run searches in step: what all of them ask is one question to the model."""
    found: dict[int, list[Counterfactual]] = {}
    asked: dict[int, Ints] = {}
    for number, search in enumerate(searches):
        _advance(number, search, None, asked, found)
    while asked:
        numbers, parts = list(asked), list(asked.values())
        answers = np.split(pool.values(np.concatenate(parts)), np.cumsum([len(part) for part in parts])[:-1])
        asked = {}
        for number, answer in zip(numbers, answers, strict=True):
            _advance(number, searches[number], answer, asked, found)
    return [found[number] for number in range(len(searches))]


def _advance(
    number: int,
    search: Search,
    answer: Floats | None,
    asked: dict[int, Ints],
    found: dict[int, list[Counterfactual]],
) -> None:
    try:
        asked[number] = next(search) if answer is None else search.send(answer)
    except StopIteration as done:
        found[number] = done.value
