"""Ways to another decision: Evenhand's search beside dice-ml's, on refused rows of Adult, in one process.

    python benchmarks/counterfactuals.py [rows]

Both search the same model (one-hot words, scaled numbers, logistic regression), may change the same columns,
and are asked for three ways a row. dice-ml must be installed (``pip install dice-ml``); it takes no missing
values, so rows with any are left out. Each tool is asked about all rows at once, three times over, its
preparation included; the ratio is one of medians. All ways are judged by the same rulers.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
import warnings

import numpy as np
import pandas as pd

from evenhand.audit.data import adult_path
from evenhand.audit.dataset import open_dataset
from evenhand.audit.explain.counterfactual import find_counterfactuals
from evenhand.audit.explain.counterfactual_plausible import USUAL, neighbourhood_of
from evenhand.audit.explain.counterfactual_rules import Rules, distances, scales_of
from evenhand.audit.explain.counterfactual_search import Limits
from evenhand.audit.explain.local_pool import pool_of
from evenhand.audit.model import wrap_model
from evenhand.demo import NUMBERS, POSITIVE, TARGET, WORDS, pipeline

COLUMNS = [*WORDS, *NUMBERS]
FREE = (
    "workclass",
    "education",
    "occupation",
    "education-num",
    "capital-gain",
    "capital-loss",
    "hours-per-week",
)
FIXED = frozenset(COLUMNS) - set(FREE)
WAYS = 3
REPEATS = 3


def main(rows: int) -> None:
    adult = open_dataset(adult_path(), missing=("?",))
    train, test = (adult.subset("split", part).frame().dropna() for part in ("train", "test"))
    train[TARGET] = (train[TARGET] == POSITIVE).astype(int)
    model = pipeline().fit(train[COLUMNS], train[TARGET])
    test = test[COLUMNS].reset_index(drop=True)
    refused = np.flatnonzero(model.predict_proba(test)[:, 1] < 0.5)[:rows]
    ours, theirs = [], []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        pool = pool_of(wrap_model(model), test, refused.tolist(), pos_label=1)
        ways = find_counterfactuals(pool, range(len(refused)), Rules(immutable=FIXED), Limits(wanted=WAYS))
        ours.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        found = _ask(_dice(train, model), test.iloc[refused])
        theirs.append(time.perf_counter() - begun)
    _report("evenhand", np.median(ours) / len(refused), [_own(pool, each) for each in ways])
    judged = [_judged(model, test, int(at), each) for at, each in zip(refused, found, strict=True)]
    _report("dice-ml, random", np.median(theirs) / len(refused), judged)
    ratio = np.median(theirs) / np.median(ours)
    print(f"\n{len(refused)} refused rows, {WAYS} ways each; dice-ml takes {ratio:.0f} times as long")


def _dice(train: pd.DataFrame, model: object) -> object:
    import dice_ml

    data = dice_ml.Data(
        dataframe=train[[*COLUMNS, TARGET]], continuous_features=list(NUMBERS), outcome_name=TARGET
    )
    return dice_ml.Dice(data, dice_ml.Model(model=model, backend="sklearn"), method="random")


def _ask(dice, rows: pd.DataFrame) -> list[pd.DataFrame]:
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        found = dice.generate_counterfactuals(
            rows, total_CFs=WAYS, desired_class=1, features_to_vary=list(FREE), random_seed=0, verbose=False
        )
    frames = [each.final_cfs_df for each in found.cf_examples_list]
    return [pd.DataFrame(columns=COLUMNS) if frame is None else frame[COLUMNS] for frame in frames]


def _own(pool, ways) -> list[tuple[int, float, bool]]:
    columns = [len(way.columns) for way in ways]
    scales = scales_of(pool)
    costs = [distances(pool, scales, way.places[None, :], 0).sum() for way in ways]
    return [(count, cost, way.plausible) for count, cost, way in zip(columns, costs, ways, strict=True)]


def _judged(model, test: pd.DataFrame, at: int, found: pd.DataFrame) -> list[tuple[int, float, bool]]:
    """Judge dice-ml's rows as our own are: put among the rows, so that they have places."""
    if found.empty:
        return []
    typed = found.astype({name: test[name].dtype for name in COLUMNS})
    together = pd.concat([test, typed], ignore_index=True)
    places = list(range(len(test), len(together)))
    pool = pool_of(wrap_model(model), together, [at, *places], pos_label=1)
    scales = scales_of(pool)
    near = neighbourhood_of(pool, scales, FIXED)
    rows = pool.places[1 : 1 + len(places)]
    rarity = near.judge(rows)[1]
    cost = distances(pool, scales, rows, 0).sum(axis=1)
    turned = pool.known[1 : 1 + len(places)] >= 0.5
    changed = (rows != pool.places[0]).sum(axis=1)
    return [
        (int(count), float(size), bool(rare <= USUAL))
        for count, size, rare, good in zip(changed, cost, rarity, turned, strict=True)
        if good
    ]


def _report(name: str, seconds: float, ways: list[list[tuple[int, float, bool]]]) -> None:
    best = [min(found) for found in ways if found]
    every = [one for found in ways for one in found]
    print(
        f"{name:16} {seconds:7.3f} s a row; a way for {len(best) / len(ways):4.0%};"
        f" fewest columns {np.mean([one[0] for one in best]):.2f},"
        f" their size {np.median([one[1] for one in best]):.1f};"
        f" plausible {np.mean([one[2] for one in every]):4.0%} of {len(every)}"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
