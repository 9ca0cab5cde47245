"""What the ways to narrow a gap do on four real data sets, and how quick they are, as Markdown on stdout.

    python benchmarks/mitigation.py --data FOLDER                       # every method, ten splits
    python benchmarks/mitigation.py --data FOLDER --aif360 VENV/bin/python
    python benchmarks/mitigation.py --speed --aif360 VENV/bin/python    # speed alone

All methods start from the same logistic regression, which reads the sensitive column. Each split trains on
one half of the rows and is judged on the other. The interval of a mean over splits is that of Nadeau and
Bengio (2003), which allows for splits that share rows. AIF360 runs in an interpreter of its own.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from fairlearn.postprocessing import ThresholdOptimizer
from fairlearn.preprocessing import CorrelationRemover
from fairlearn.reductions import EqualizedOdds, ExponentiatedGradient
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from evenhand import mitigation
from evenhand.metrics import demographic_parity_difference, equalized_odds_difference
from evenhand.mitigation import reweighing_weights
from evenhand.mitigation.threshold_curves import curves_of_rows
from evenhand.mitigation.threshold_goal import constraint_of, utility_of
from evenhand.mitigation.threshold_mixing import best_mixtures

GROUP = "group"
MODEL = LogisticRegression(max_iter=500)
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Part:
    """Rows with their labels and the position of the sensitive column's values."""

    X: pd.DataFrame
    y: Array

    @property
    def groups(self) -> Array:
        """The group of each row, 0 or 1."""
        return self.X[GROUP].to_numpy(dtype=int)


def adult(folder: Path) -> tuple[pd.DataFrame, Array]:
    """Income above 50,000 dollars, by sex."""
    data = pd.read_parquet(folder / "adult.parquet")
    y = data["income"].str.contains(">50K").to_numpy(dtype=int)
    inputs = data[["age", "education-num", "hours-per-week", "capital-gain", "capital-loss"]].astype(float)
    words = pd.get_dummies(data[["marital-status", "occupation", "workclass"]], dtype=float)
    return pd.concat([inputs, words], axis=1).assign(**{GROUP: (data["sex"] == "Male").astype(float)}), y


def german(folder: Path) -> tuple[pd.DataFrame, Array]:
    """A good credit risk, by age: up to 25 and above."""
    data = pd.read_csv(folder / "german_credit.csv")
    group = (data["age"] > 25).astype(float)
    inputs = pd.get_dummies(data.drop(columns=["credit_risk", "age"]), dtype=float)
    return inputs.assign(**{GROUP: group}), (data["credit_risk"] == 1).to_numpy(dtype=int)


def law(folder: Path) -> tuple[pd.DataFrame, Array]:
    """Passing the bar, by race: white and others; the few rows without a race are left out."""
    data = pd.read_parquet(folder / "law_school_lsac.parquet")
    data = data[data["race1"].notna()]
    inputs = data[["lsat", "ugpa", "fam_inc", "fulltime", "tier"]].astype(float)
    inputs = inputs.fillna(inputs.median())
    group = (data["race1"] == "white").astype(float)
    return inputs.assign(**{GROUP: group}), (data["pass_bar"] == 1).to_numpy(dtype=int)


def taiwan(folder: Path) -> tuple[pd.DataFrame, Array]:
    """Default on a credit card, by sex."""
    data = pd.read_parquet(folder / "default_credit_taiwan.parquet")
    target = "default payment next month"
    inputs = data.drop(columns=[target, "ID", "SEX"], errors="ignore").astype(float)
    return inputs.assign(**{GROUP: (data["SEX"] == 1).astype(float)}), (data[target] == 1).to_numpy(dtype=int)


DATA: dict[str, Callable[[Path], tuple[pd.DataFrame, Array]]] = {
    "Adult (sex)": adult,
    "German credit (age)": german,
    "Law school (race)": law,
    "Taiwan default (sex)": taiwan,
}


def halves(X: pd.DataFrame, y: Array, seed: int, rows: int) -> tuple[Part, Part]:
    """Deal rows over two halves, numbers standardised by the first."""
    order = np.random.default_rng(seed).permutation(len(y))[:rows]
    first, second = order[: len(order) // 2], order[len(order) // 2 :]
    numbers = [name for name in X.columns if name != GROUP and X[name].iloc[first].std() > 0]
    scaler = StandardScaler().fit(X.iloc[first][numbers])
    parts = []
    for chosen in (first, second):
        table = pd.DataFrame(scaler.transform(X.iloc[chosen][numbers]), columns=numbers)
        parts.append(Part(table.assign(**{GROUP: X[GROUP].to_numpy()[chosen]}), y[chosen]))
    return parts[0], parts[1]


# ---- the methods: one list -------------------------------------------------------------------------

Decide = Callable[[Part, Part], Array]


def ours(name: str, **options: Any) -> Decide:
    """Decide by one of this library's estimators; the groups come from the sensitive column."""

    def run(train: Part, test: Part) -> Array:
        model = getattr(mitigation, name)(clone(MODEL), sensitive_columns=GROUP, **options)
        return np.asarray(model.fit(train.X, train.y).predict(test.X))

    return run


def plain(train: Part, test: Part) -> Array:
    """Decide by the model as it is."""
    return np.asarray(clone(MODEL).fit(train.X, train.y).predict(test.X))


def network(train: Part, test: Part) -> Array:
    """Decide by the network with a fairness penalty."""
    model = mitigation.TabularNet(penalty_weight=1.0, sensitive_columns=GROUP)
    return np.asarray(model.fit(train.X, train.y).predict(test.X))


def their_thresholds(train: Part, test: Part) -> Array:
    """Decide by fairlearn's ThresholdOptimizer; the scores of the training rows are not held out."""
    model = ThresholdOptimizer(
        estimator=clone(MODEL), constraints="equalized_odds", predict_method="predict_proba"
    ).fit(train.X, train.y, sensitive_features=train.groups)
    return np.asarray(model.predict(test.X, sensitive_features=test.groups, random_state=0))


def their_gradient(train: Part, test: Part) -> Array:
    """Decide by fairlearn's ExponentiatedGradient."""
    model = ExponentiatedGradient(clone(MODEL), EqualizedOdds(), eps=0.02, max_iter=20)
    model.fit(train.X, train.y, sensitive_features=train.groups)
    return np.asarray(model.predict(test.X, random_state=0))


def their_remover(train: Part, test: Part) -> Array:
    """Decide by the model trained on what fairlearn's CorrelationRemover leaves."""
    remover = CorrelationRemover(sensitive_feature_ids=[GROUP]).fit(train.X)
    return np.asarray(
        clone(MODEL).fit(remover.transform(train.X), train.y).predict(remover.transform(test.X))
    )


NETWORK = "TabularNet, penalty 1"
PARITY = {"constraint": "demographic_parity_difference"}
METHODS: dict[str, tuple[str, Decide]] = {
    "none (the model as it is)": ("never", plain),
    "Unaware": ("never", ours("Unaware")),
    "Unaware, proxies found": ("training", ours("Unaware", proxies="auto")),
    "Reweighing": ("training", ours("Reweighing")),
    "Resampled": ("training", ours("Resampled")),
    "Resampled, preferential": ("training", ours("Resampled", how="preferential")),
    "Massaged": ("training", ours("Massaged")),
    "LabelBias, demographic parity": ("training", ours("LabelBias", max_iter=15)),
    "LabelBias, equalized odds": ("training", ours("LabelBias", goal="equalized_odds", max_iter=15)),
    "Repaired": ("decision", ours("Repaired")),
    "Residualised": ("decision", ours("Residualised")),
    "Reductions, equalized odds": ("training", ours("Reductions", max_iter=20)),
    "Reductions, one final model": ("training", ours("Reductions", max_iter=20, final="deterministic")),
    "LagrangianWeights, equalized odds": ("training", ours("LagrangianWeights", max_iter=20)),
    NETWORK: ("training", network),
    "SharedThreshold, equalized odds": ("training", ours("SharedThreshold")),
    "GroupThresholds, equalized odds": ("decision", ours("GroupThresholds")),
    "GroupThresholds, drawn at random": ("decision", ours("GroupThresholds", randomised=True, limit=0.0)),
    "GroupThresholds, demographic parity": ("decision", ours("GroupThresholds", **PARITY)),
    "RejectOption, equalized odds": (
        "decision",
        ours("RejectOption", constraint="equalized_odds_difference"),
    ),
    "GroupCalibration": ("decision", ours("GroupCalibration")),
    "ScoreBarycentre": ("decision", ours("ScoreBarycentre")),
    "fairlearn ThresholdOptimizer": ("decision", their_thresholds),
    "fairlearn ExponentiatedGradient": ("training", their_gradient),
    "fairlearn CorrelationRemover": ("decision", their_remover),
}
AIF360 = {
    "AIF360 ReweighingMeta": "training",
    "AIF360 EqOddsPostprocessing": "decision",
    "AIF360 RejectOptionClassification": "decision",
}


def aif360(python: str, verb: str, **rows: Any) -> dict[str, Array]:
    """Run AIF360's side in its own interpreter."""
    script = Path(__file__).with_name("mitigation_aif360.py")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "rows.npz"), Path(folder, "answer.npz")
        np.savez(source, **rows)
        subprocess.run([python, str(script), verb, str(source), str(target)], check=True)
        with np.load(target) as answer:
            return {name: answer[name] for name in answer.files}


def peer_decisions(python: str, splits: list[tuple[Part, Part]]) -> dict[str, list[Array]]:
    """Let AIF360 decide on all splits at once; one answer a method and split."""
    rows: dict[str, Array] = {}
    for seed, (train, test) in enumerate(splits):
        named = {"X": train.X.to_numpy(), "y": train.y, "g": train.groups}
        named |= {"new": test.X.to_numpy(), "new_g": test.groups}
        rows |= {f"{seed}/{name}": values for name, values in named.items()}
    answer = aif360(python, "decide", **rows)
    return {method: [answer[f"{seed}/{method}"] for seed in range(len(splits))] for method in AIF360}


# ---- what they do -----------------------------------------------------------------------------------


def figures(decided: Array, test: Part) -> tuple[float, float, float]:
    """Accuracy, equalized odds difference, demographic parity difference."""
    return (
        float((decided == test.y).mean()),
        float(equalized_odds_difference(test.y, decided, sensitive_features=test.groups)),
        float(demographic_parity_difference(test.y, decided, sensitive_features=test.groups)),
    )


def interval(values: list[float]) -> str:
    """Mean over splits with the half width of its 95 % interval (train and test are halves)."""
    n = len(values)
    half = stats.t.ppf(0.975, n - 1) * np.sqrt((1 / n + 1) * np.var(values, ddof=1))
    return f"{np.mean(values):.3f} ± {half:.3f}"


def compared(name: str, args: argparse.Namespace) -> Iterator[str]:
    """Give the table of one data set."""
    X, y = DATA[name](args.data)
    splits = [halves(X, y, seed, args.rows) for seed in range(args.splits)]
    train, test = splits[0]
    found: dict[str, list[tuple[float, float, float]]] = {}
    for seed, (learn, judge) in enumerate(splits):
        for method, (_, decide) in METHODS.items():
            if method != NETWORK or args.torch:
                found.setdefault(method, []).append(figures(decide(learn, judge), judge))
                if args.raw:
                    print(name, method, seed, *found[method][-1], sep=";", file=args.raw, flush=True)
        sys.stderr.write(f"{name}: split {seed + 1} of {args.splits}\n")
    for method, decided in (peer_decisions(args.aif360, splits) if args.aif360 else {}).items():
        found[method] = [figures(one, judge) for one, (_, judge) in zip(decided, splits, strict=True)]
    yield f"\n### {name}\n"
    yield f"{len(train.y):,} rows to train on and {len(test.y):,} to judge by, {args.splits} splits.\n"
    yield "| method | attribute | accuracy | equalized odds difference | demographic parity difference |"
    yield "|---|---|---|---|---|"
    needs = {**{method: need for method, (need, _) in METHODS.items()}, **AIF360}
    for method, rows_of in found.items():
        columns = [interval(list(column)) for column in zip(*rows_of, strict=True)]
        yield f"| {method} | {needs[method]} | {' | '.join(columns)} |"


# ---- how quick they are -----------------------------------------------------------------------------


class Ready(ClassifierMixin, BaseEstimator):
    """A fitted model whose probabilities are its only column."""

    def __init__(self) -> None:
        self.classes_ = np.array([0, 1])

    def fit(self, X: Any, y: Any) -> Ready:  # noqa: ARG002
        """Nothing to learn."""
        return self

    def predict_proba(self, X: Any) -> Array:
        """Give the column."""
        return np.column_stack([1 - X[:, 0], X[:, 0]])


def seconds(run: Callable[[], Any]) -> float:
    """Time one run, in processor seconds; run with OMP_NUM_THREADS=1."""
    start = time.process_time()
    run()
    return time.process_time() - start


def threshold_speed(rows: int = 50_000, runs: int = 7) -> Iterator[str]:
    """Search equal rates on ready scores, drawn at random on both sides."""
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 2, rows)
    y = (rng.random(rows) < np.where(groups, 0.4, 0.25)).astype(int)
    scores = 1 / (1 + np.exp(-rng.normal(2 * y - 1 + 0.3 * groups, 1)))
    for constraint in ("equalized_odds", "demographic_parity"):
        theirs = ThresholdOptimizer(
            estimator=Ready(), constraints=constraint, prefit=True, predict_method="predict_proba"
        )
        limit = constraint_of(f"{constraint}_difference", 0.0)

        def search(limit: Any = limit) -> Any:
            utility = utility_of("accuracy", y.sum(), (1 - y).sum())
            return best_mixtures(curves_of_rows(scores, y, groups, 2), limit, utility)

        def fit(theirs: Any = theirs) -> Any:
            return theirs.fit(scores[:, None], y, sensitive_features=groups)

        search()
        pairs = [(seconds(search), seconds(fit)) for _ in range(runs)]
        chance = theirs._pmf_predict(scores[:, None], sensitive_features=groups)[:, 1]  # noqa: SLF001
        accuracy = float(np.where(y == 1, chance, 1 - chance).mean())
        mine, other = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(b / a for a, b in pairs)
        yield (
            f"| {constraint.replace('_', ' ')} from {rows:,} ready scores, accuracy {search().utility:.5f}"
            f" and {accuracy:.5f} | {mine * 1e3:.1f} ms | fairlearn ThresholdOptimizer.fit, prefit |"
            f" {other * 1e3:.0f} ms | {ratio:.0f} | 50 |"
        )


def reweighing_speed(python: str | None, rows: int = 1_000_000) -> Iterator[str]:
    """Weigh 60 groups; AIF360's scikit-learn face where it is at hand, else its formula in pandas."""
    rng = np.random.default_rng(0)
    levels = {"sex": 2, "race": 5, "age": 6}
    codes = {name: rng.integers(0, size, rows) for name, size in levels.items()}
    y = rng.integers(0, 2, rows)
    words = {name: pd.Index([f"{name} {i}" for i in range(size)]) for name, size in levels.items()}
    texts = {name: words[name].to_numpy()[codes[name]] for name in levels}
    categories = {name: pd.Categorical.from_codes(codes[name], words[name]) for name in levels}
    weights = reweighing_weights(y, pd.DataFrame(categories)).weights
    if python:
        answer = aif360(python, "weigh", y=y, **codes)
        np.testing.assert_allclose(answer["weights"], weights)
        peer, theirs = "AIF360 sklearn Reweighing.fit_transform (same weights)", float(answer["time"])
    else:
        groups = codes["sex"] * 30 + codes["race"] * 6 + codes["age"]
        peer, theirs = "its formula in pandas", seconds(lambda: pandas_weights(groups, y))
    for kind, columns in (("categorical", categories), ("string", texts)):
        frame = pd.DataFrame(columns)
        mine = statistics.median(seconds(lambda f=frame: reweighing_weights(y, f)) for _ in range(7))
        yield (
            f"| reweighing 60 groups (sex x race x age), {rows:,} rows, {kind} columns"
            f" | {mine * 1e3:.1f} ms | {peer} | {theirs:.2f} s | {theirs / mine:.0f} | 100 |"
        )


def pandas_weights(groups: Array, y: Array) -> Any:
    """Weigh rows by AIF360's published formula: one mask a cell."""
    frame = pd.DataFrame({"g": groups, "y": y})
    weights = pd.Series(1.0, index=frame.index)
    for group in frame["g"].unique():
        for label in frame["y"].unique():
            cell = (frame["g"] == group) & (frame["y"] == label)
            weights[cell] = (
                (frame["g"] == group).sum() * (frame["y"] == label).sum() / len(frame) / cell.sum()
            )
    return weights


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="the folder of the data files; without it speed alone")
    parser.add_argument("--rows", type=int, default=6000, help="rows of a data set to use at most")
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--aif360", help="a Python interpreter that has aif360")
    parser.add_argument("--torch", action="store_true", help="the network too (slow)")
    parser.add_argument("--raw", type=argparse.FileType("a"), help="a file for the figures of each split")
    parser.add_argument("--only", action="append", choices=DATA, help="a data set; repeatable")
    parser.add_argument("--speed", action="store_true", help="speed alone")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    names = ("scikit-learn", "fairlearn", "numpy")
    print(", ".join(f"{name} {importlib.metadata.version(name)}" for name in names))
    if args.data and not args.speed:
        for name in args.only or DATA:
            for line in compared(name, args):
                print(line, flush=True)
    if args.only and not args.speed:
        return
    print("\n| case | Evenhand | peer | its time | times faster | wanted |\n|---|---|---|---|---|---|")
    for line in (*threshold_speed(), *reweighing_speed(args.aif360)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
