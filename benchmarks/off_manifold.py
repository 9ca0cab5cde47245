"""How often the off-manifold check accuses honest models, and how often it finds Slack's scaffold.

    python -m evenhand.benchmarks.off_manifold [FOLDER]

Honest models of nine kinds, their probabilities and their decisions, on held-out rows of Adult (which comes
with the package) and, where the folder holds them, of German credit (german_credit.csv) and of Taiwan's
credit cards (default_credit_taiwan.parquet). Scaffolds hide one column behind a random one; their detector
has seen the rows (a deployed scaffold is fitted to its population), or only others like them.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from evenhand.audit.data import adult_path
from evenhand.audit.explain.encoding import encoded_rows
from evenhand.audit.explain.off_manifold import off_manifold_check, perturbed_picks

SEEDS = (0, 1)


def tables(folder: Path | None) -> Iterator[tuple[str, pd.DataFrame, Any]]:
    rows = pd.read_parquet(adult_path()).sample(6000, random_state=5)
    yield "adult", rows.drop(columns=["income", "split", "fnlwgt"]), rows["income"] == ">50K"
    if folder is None:
        return
    if (folder / "german_credit.csv").exists():
        rows = pd.read_csv(folder / "german_credit.csv")
        yield "german", rows.iloc[:, :-1], rows.iloc[:, -1] == rows.iloc[:, -1].mode()[0]
    if (folder / "default_credit_taiwan.parquet").exists():
        rows = pd.read_parquet(folder / "default_credit_taiwan.parquet").sample(5000, random_state=0)
        yield "taiwan", rows.iloc[:, 1:-1], rows.iloc[:, -1] == 1


def honest() -> dict[str, Any]:
    return {
        "logistic": LogisticRegression(max_iter=500),
        "tree": DecisionTreeClassifier(random_state=0),
        "small tree": DecisionTreeClassifier(max_depth=6, random_state=0),
        "forest": RandomForestClassifier(40, random_state=0),
        "boosted": HistGradientBoostingClassifier(random_state=0),
        "1 neighbour": KNeighborsClassifier(1),
        "15 neighbours": KNeighborsClassifier(15),
        "network": MLPClassifier((32,), max_iter=60, random_state=0),
        "naive Bayes": GaussianNB(),
    }


def preparation(rows: pd.DataFrame) -> ColumnTransformer:
    words = [name for name in rows if rows[name].dtype.kind not in "iuf"]
    numbers = [name for name in rows if name not in words]
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer([("words", encoder, words), ("numbers", StandardScaler(), numbers)])


class Scaffold:
    """Slack et al. (2020)."""

    def __init__(self, rows: pd.DataFrame, hidden: str) -> None:
        self.hidden, self.level = hidden, rows[hidden].mode()[0]
        encoded = encoded_rows(rows)
        self.codes = [{level: at for at, level in enumerate(levels)} for levels in encoded.levels]
        matrix = np.nan_to_num(encoded.matrix, nan=-9.0)
        places = np.tile(np.arange(len(rows)), 3)
        picks = perturbed_picks(places, matrix.shape[1], np.random.default_rng(100))
        points = np.concatenate([matrix, matrix[picks, np.arange(matrix.shape[1])]])
        truth = np.r_[np.ones(len(matrix)), np.zeros(len(picks))]
        forest = RandomForestClassifier(60, min_samples_leaf=2, class_weight="balanced", random_state=0)
        self.detector = forest.fit(points, truth)

    def __call__(self, rows: pd.DataFrame) -> Any:
        columns = [
            rows.iloc[:, at].map(codes).fillna(len(codes)) if codes else rows.iloc[:, at]
            for at, codes in enumerate(self.codes)
        ]
        matrix = np.nan_to_num(np.column_stack([c.to_numpy(dtype=float) for c in columns]), nan=-9.0)
        real = self.detector.predict_proba(matrix)[:, 1] >= 0.5
        return np.where(real, rows[self.hidden] == self.level, rows["luck"] > 0).astype(float)


def main() -> None:
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    alarms, checks, seen, unseen = 0, 0, [], []
    lost, moved = [], []
    for name, table, label in tables(folder):
        rows, truth = table.reset_index(drop=True), np.asarray(label)
        half = len(rows) // 2
        train, test = rows[:half], rows[half:].reset_index(drop=True)
        for kind, model in honest().items():
            fitted = make_pipeline(preparation(train), model).fit(train, truth[:half])
            for seed in SEEDS:
                for decide in (False, True):
                    found = off_manifold_check(
                        lambda x, m=fitted, d=decide: m.predict(x) * 1.0 if d else m.predict_proba(x)[:, 1],
                        test,
                        seed=seed,
                    )
                    checks, alarms = checks + 1, alarms + found.alarm
                    lost.append(found.lost)
                    moved.append(found.moved)
            print(f"{name:8} {kind:14} alarms so far {alarms} of {checks}", flush=True)
        luck = rows.assign(luck=np.random.default_rng(0).normal(size=len(rows)))
        for hidden in [column for column in rows if rows[column].nunique() > 1][:3]:
            real = luck[half:].reset_index(drop=True)
            for source, results in ((real, seen), (luck[:half], unseen)):
                results.append(off_manifold_check(Scaffold(source, hidden), real).alarm)
    print(f"honest: {alarms} of {checks}; largest loss {np.nanmax(lost):.2f}, move {max(moved):.2f}")
    print(
        f"scaffolds: {sum(seen)} of {len(seen)} fitted to the rows, {sum(unseen)} of {len(unseen)} to others"
    )


if __name__ == "__main__":
    main()
