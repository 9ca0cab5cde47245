"""Damaged and crafted CatBoost files: how often they end a process that reads them, with and without checks.

    python benchmarks/catboost_files.py [files] [seed]

Small models of every shape are fitted. Half of the files are theirs with bytes and numbers changed, parts
swapped or the end cut. The other half are buffers in good order that lie: one value of what was read is made
an extreme, and the file is written anew. Each is loaded and asked for 40 rows in a process of its own, once
by CatBoost and once by Evenhand, for 8 seconds at most. Takes minutes; needs ``os.fork``.
"""

from __future__ import annotations

import os
import random
import signal
import struct
import sys
import tempfile
from collections import Counter
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import catboost
import numpy as np
import pandas as pd

from evenhand.audit.booster_catboost import CatBoostFile, read_catboost
from evenhand.audit.model import load_model
from evenhand.errors import InputError
from evenhand.tests.damage import damaged

SECONDS = 8
WHOLE = [0, 1, 2, 255, 65535, 1 << 20, (1 << 31) - 1, -1, -(1 << 31)]
FRACTIONS = [0.0, -1.0, np.nan, np.inf, 1e30]
KINDS = ["Borders", "Buckets", "BinarizedTargetMeanValue", "Counter"]
FITS = [
    {},
    {"one_hot_max_size": 50},
    {"max_ctr_complexity": 4, "iterations": 20},
    {"simple_ctr": KINDS, "combinations_ctr": KINDS, "max_ctr_complexity": 3},
    {"grow_policy": "Depthwise"},
    {"grow_policy": "Lossguide"},
]


def main(files: int, seed: int) -> None:
    rng = random.Random(seed)
    outcomes: dict[str, Counter[str]] = {f"{how}, {who}": Counter() for how in HOW for who in WHO}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.cbm"
        frame, models = fitted(path)
        for number in range(files):
            how = list(HOW)[number % len(HOW)]
            path.write_bytes(HOW[how](rng.choice(models), rng))
            for who, ask in WHO.items():
                outcomes[f"{how}, {who}"][apart(ask, path, frame)] += 1
    for name, counted in outcomes.items():
        print(f"{name:22s}", ", ".join(f"{key} {count}" for key, count in sorted(counted.items())))


def fitted(path: Path) -> tuple[pd.DataFrame, list[bytes]]:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=300), "b": rng.normal(size=300).round(1)})
    frame["region"] = rng.choice(["east", "north", "west"], 300)
    frame["job"] = rng.choice([f"job {i}" for i in range(40)], 300)
    frame.loc[::17, "a"] = np.nan
    sums = frame["a"].fillna(0) + frame["b"] + (frame["region"] == "west") + frame["job"].str.len() / 2
    models = []
    for more in FITS:
        for classes in (2, 3):
            model = catboost.CatBoostClassifier(
                **{"iterations": 6, "depth": 4, "thread_count": 1, "verbose": 0, "random_seed": 0} | more,
                cat_features=["region", "job"],
                allow_writing_files=False,
            )
            model.fit(frame, pd.qcut(sums, classes, labels=False))
            model.save_model(str(path))
            models.append(path.read_bytes())
    return frame[:40], models


def crafted(data: bytes, rng: random.Random) -> bytes:
    while True:
        try:
            made: CatBoostFile = lie(read_catboost(data), rng)
            return made.blob()
        except (OverflowError, ValueError, TypeError, IndexError):
            # What no buffer can hold is no file: another lie.
            continue


def lie(part: Any, rng: random.Random) -> Any:
    """Make one value an extreme, wherever it lies."""
    if is_dataclass(part):
        name = rng.choice([item.name for item in fields(part)])
        return replace(part, **{name: lie(getattr(part, name), rng)})
    if isinstance(part, tuple):
        return lie_in_tuple(part, rng)
    if isinstance(part, np.ndarray):
        return lie_in_array(part, rng)
    if isinstance(part, bytes):
        return rng.choice([b"", part * 2, struct.pack("<ii", *rng.choices(WHOLE, k=2))])
    texts = ["", "\0", "x" * 5000, "MultiClass"]
    return rng.choice(texts if isinstance(part, str) else FRACTIONS if isinstance(part, float) else WHOLE)


def lie_in_tuple(part: tuple[Any, ...], rng: random.Random) -> tuple[Any, ...]:
    if not part or rng.random() < 0.1:
        return part[: len(part) // 2] + part[: len(part) % 2] * 2
    at = rng.randrange(len(part))
    return (*part[:at], lie(part[at], rng), *part[at + 1 :])


def lie_in_array(part: np.ndarray, rng: random.Random) -> np.ndarray:
    if not len(part) or rng.random() < 0.2:
        return rng.choice([part[: len(part) // 2], np.concatenate([part, part])])
    made = np.array(part)
    where = slice(None) if rng.random() < 0.2 else rng.randrange(len(made))
    column = made[rng.choice(made.dtype.names)] if made.dtype.names else made
    column[where] = rng.choice(
        FRACTIONS if column.dtype.kind == "f" else [v for v in WHOLE if fits(v, column)]
    )
    return made


def fits(value: int, column: np.ndarray) -> bool:
    kind = np.iinfo(column.dtype)
    return bool(kind.min <= value <= kind.max)


def apart(ask: Any, path: Path, frame: pd.DataFrame) -> str:
    """Ask in a process of its own, and tell how that ends."""
    child = os.fork()
    if not child:
        signal.alarm(SECONDS)
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        code = 2
        try:
            code = ask(path, frame)
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "hung" if os.WTERMSIG(status) == signal.SIGALRM else "died"
    return ("scored", "refused", "another error")[min(os.WEXITSTATUS(status), 2)]


def by_catboost(path: Path, frame: pd.DataFrame) -> int:
    model = catboost.CatBoostClassifier()
    try:
        model.load_model(blob=path.read_bytes())
        model.predict_proba(frame, thread_count=1)
    except (catboost.CatBoostError, UnicodeDecodeError):
        return 1
    return 0


def by_evenhand(path: Path, frame: pd.DataFrame) -> int:
    try:
        model = load_model(path)
        model.estimator.predict_proba(model.rows(frame))
    except InputError:
        return 1
    return 0


HOW = {"damaged": damaged, "crafted": crafted}
WHO = {"CatBoost": by_catboost, "Evenhand": by_evenhand}

if __name__ == "__main__":
    arguments = [int(item) for item in sys.argv[1:]]
    main(*(arguments + [3000, 0][len(arguments) :]))
