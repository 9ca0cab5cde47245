"""Proxies that matter: which columns tell a sensitive attribute, and which of them the model leans on.

A column that tells the attribute and that the model does not use does no harm in this model; one that it uses
and that tells nothing is no proxy. So both are multiplied, and the list is ranked by the product.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from ...mitigation.proxies import Proxies, Proxy, proxy_strength
from .asking import Scorer, scorer_of
from .averages import grouped, weights_of
from .importance import Reliance, importances_of, shuffled_columns

Dropped = Literal["own", "named", "strong"]


@dataclass(frozen=True)
class ProxyUse:
    """How well a column tells the attribute, and how much the model leans on it.

    Parameters
    ----------
    strength : Proxy
    use : float
        Share of the model's reliance, in [0, 1]: how far its output moves when the column is shuffled, of the
        sum over all columns. nan where no column moves it.
    product : float
        ``max(2 * AUC - 1, 0) * use``, in [0, 1].
    """

    strength: Proxy
    use: float
    product: float


@dataclass(frozen=True)
class Remaining:
    """How well the other columns together still tell the attribute when some are dropped.

    Parameters
    ----------
    why : {"own", "named", "strong"}
        Dropped are the sensitive columns alone; those and the columns named as proxies; or, where none were
        named, those and the columns that tell the attribute with an AUC of at least 0.7.
    dropped : tuple of str
    found : Proxies or None
        None where no column is left.
    """

    why: Dropped
    dropped: tuple[str, ...]
    found: Proxies | None


@dataclass(frozen=True)
class ProxyMap:
    """The proxies of one sensitive attribute.

    Parameters
    ----------
    strength : Proxies
        Each column alone, but the attribute's own.
    rows : tuple of ProxyUse
        The largest product first.
    own : tuple of Reliance
        How much the model leans on the attribute's own columns, where it reads them.
    remaining : tuple of Remaining
    """

    strength: Proxies
    rows: tuple[ProxyUse, ...]
    own: tuple[Reliance, ...]
    remaining: tuple[Remaining, ...]


def proxy_map(
    predict: Callable[[Any], Any] | Scorer,
    X: pd.DataFrame,
    sensitive_features: Any,
    *,
    own: Sequence[str] = (),
    sensitive_columns: Sequence[str] = (),
    proxies: Sequence[str] = (),
    reliance: Sequence[Reliance] | None = None,
    sample_weight: Any = None,
    max_rows: int = 5_000,
    repeats: int = 5,
    level: float = 0.95,
    seed: int = 0,
) -> ProxyMap:
    """Rank the columns that tell a sensitive attribute by how much a model leans on them.

    Parameters
    ----------
    predict : callable or Scorer
        A frame like ``X`` to one number a row.
    X : pandas.DataFrame of shape (rows, columns)
        The model's input columns.
    sensitive_features : series, frame or array of shape (rows,) or (rows, attributes)
    own : sequence of str
        Columns of X that are the attribute itself, or that it was cut from.
    sensitive_columns : sequence of str
        All sensitive columns of X, which unaware training would drop.
    proxies : sequence of str
        Columns that would be dropped as well.
    reliance : sequence of Reliance, optional
        How much the model leans on each column, where that is known already.
    sample_weight : array of float, shape (rows,), optional
        Of the reliance.
    max_rows : int
        More rows are sampled down to measure the strength.
    repeats : int
        Shuffles of each column.
    level : float in (0, 1)
    seed : int

    Returns
    -------
    ProxyMap

    Raises
    ------
    InputError
        No column is left beside the attribute's own, or fewer than two groups can be told apart.
    ModelError
        The function fails its contract.

    Examples
    --------
    >>> sex = pd.Series(["F", "M"] * 100, name="sex")
    >>> X = pd.DataFrame({"title": ["Ms", "Mr"] * 100, "twin": ["a", "b"] * 100, "pay": [1, 1, 2, 2] * 50})
    >>> found = proxy_map(lambda rows: (rows["title"] == "Mr") + 0.1 * rows["pay"], X, sex)
    >>> [(row.strength.column, round(row.strength.auc, 1), row.product > 0.5) for row in found.rows]
    [('title', 1.0, True), ('twin', 1.0, False), ('pay', 0.5, False)]
    """
    if reliance is None:
        scorer, weight = scorer_of(predict, X), weights_of(sample_weight, len(X))
        shuffled = shuffled_columns(scorer, repeats=repeats, seed=seed)
        everybody = grouped(None, len(X))
        reliance = importances_of(shuffled, everybody, weight, min_group_size=1, level=level).reliance
    known = [str(name) for name in X.columns]
    mine = [name for name in known if name in set(own)]

    def told(dropped: Sequence[str], *, together: bool = True) -> Proxies:
        return proxy_strength(
            X,
            sensitive_features,
            exclude=dropped,
            max_rows=max_rows,
            seed=seed,
            level=level,
            together=together,
        )

    strength = told(mine, together=False)
    by_name = {item.column: item for item in reliance}
    rows = [_use(row, by_name.get(row.column)) for row in strength.rows]
    rows.sort(key=lambda row: (-row.product, -row.strength.auc, row.strength.column))
    return ProxyMap(
        strength,
        tuple(rows),
        tuple(by_name[name] for name in mine if name in by_name),
        tuple(_remaining(known, {*mine, *sensitive_columns}, proxies, strength, told)),
    )


def _use(row: Proxy, found: Reliance | None) -> ProxyUse:
    use = math.nan if found is None else found.share
    product = max(2 * row.auc - 1, 0.0) * use
    return ProxyUse(row, use, 0.0 if math.isnan(product) else product)


def _remaining(
    known: list[str],
    sensitive: set[str],
    proxies: Sequence[str],
    strength: Proxies,
    told: Callable[..., Proxies],
) -> list[Remaining]:
    """Measure what is left when the sensitive columns are dropped, and proxies too."""
    first = [name for name in known if name in sensitive]
    named = [name for name in known if name in set(proxies)]
    strong = [name for name in strength.strong() if name not in sensitive]
    more = named or strong
    wanted: list[tuple[Dropped, list[str]]] = [("own", first)]
    if more:
        wanted.append(("named" if named else "strong", [*first, *(n for n in more if n not in first)]))
    found = []
    for why, dropped in wanted:
        left = len(dropped) < len(known)
        found.append(Remaining(why, tuple(dropped), told(dropped) if left else None))
    return found
