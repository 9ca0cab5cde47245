"""The exact engine beside SHAP's and woodelf's tree explainers, on all of Adult, as Markdown on stdout.

    python benchmarks/explain.py [--models lightgbm forest example] [--shap-rows 100] [--woodelf]

All 48,842 rows are explained against all 48,842; SHAP's explainer is given 100 background rows, is timed on a
sample of rows, and its time is scaled. woodelf-explainer (``pip install woodelf-explainer``) does the same
job as the exact engine, for single rows. Each job runs in a process of its own, so the peak is its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from evenhand.audit.data import adult_path
from evenhand.audit.explain.exact import explain_gap_exact

BACKGROUND = 100


def data() -> tuple[pd.DataFrame, Any, Any]:
    """Adult with its text columns numbered, the label, and who is a woman."""
    adult = pd.read_parquet(adult_path())
    X = adult.drop(columns=["income", "split"])
    for name in X:
        if X[name].dtype.kind not in "iuf":
            X[name] = pd.factorize(X[name], sort=True)[0]
    label = (adult["income"] == ">50K").to_numpy().astype(int)
    return X.astype(float), label, (adult["sex"] == "Female").to_numpy()


def lightgbm_model(X: pd.DataFrame, y: Any) -> Any:
    import lightgbm

    return lightgbm.LGBMClassifier(n_estimators=200, num_leaves=31, verbose=-1, random_state=0).fit(X, y)


def forest_model(X: pd.DataFrame, y: Any) -> Any:
    return RandomForestClassifier(100, max_depth=12, random_state=0).fit(X, y)


def example_model(X: pd.DataFrame, y: Any) -> Any:
    return RandomForestClassifier(10, max_depth=20, random_state=0).fit(X, y)


MODELS: dict[str, tuple[str, Callable[[pd.DataFrame, Any], Any]]] = {
    "lightgbm": ("LightGBM, 200 trees of 31 leaves", lightgbm_model),
    "forest": ("random forest, 100 trees of depth 12", forest_model),
    "example": ("random forest, 10 trees of depth 20", example_model),
}


def exact(model: Any, X: pd.DataFrame, women: Any, _: int) -> tuple[float, Any]:
    start = time.perf_counter()
    found = explain_gap_exact(model, X, group_rows=women, reference_rows=~women)
    taken = time.perf_counter() - start
    if not abs(found.residual) < 1e-8:
        raise SystemExit(f"the bars miss the gap by {found.residual}")
    return taken, np.array([bar.value for bar in found.bars])


def shap_sample(model: Any, X: pd.DataFrame, _: Any, rows: int) -> tuple[float, Any]:
    import shap

    drawn = np.random.default_rng(0).permutation(len(X))
    background, sample = X.iloc[drawn[:BACKGROUND]], X.iloc[drawn[BACKGROUND : BACKGROUND + rows]]
    explainer = shap.TreeExplainer(model, background, feature_perturbation="interventional")
    explainer.shap_values(sample.iloc[:2], check_additivity=False)
    start = time.perf_counter()
    explainer.shap_values(sample, check_additivity=False)
    return (time.perf_counter() - start) * len(X) / rows, None


def woodelf(model: Any, X: pd.DataFrame, women: Any, _: int) -> tuple[float, Any]:
    from woodelf.explainer import WoodelfExplainer

    start = time.perf_counter()
    values = np.asarray(WoodelfExplainer(model, X).shap_values(X, verbose=False))
    means = values[women].mean(axis=0) - values[~women].mean(axis=0)
    taken = time.perf_counter() - start
    # Of a scikit-learn forest it explains the first class, whose bars are minus the second's.
    return taken, -means if isinstance(model, RandomForestClassifier) else means


JOBS: dict[str, Callable[[Any, pd.DataFrame, Any, int], tuple[float, Any]]] = {
    "exact engine": exact,
    "shap.TreeExplainer, 100 background rows (sample, scaled)": shap_sample,
    "woodelf-explainer": woodelf,
}


def run(job: str, model: str, rows: int, pipe: Any) -> None:
    warnings.simplefilter("ignore")
    # This folder's coverage.py would stand in for the package that numba, and so SHAP, looks for.
    sys.path[:] = [
        entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).resolve().parent
    ]
    X, y, women = data()
    fitted = MODELS[model][1](X, y)
    before = _peak()
    taken, bars = JOBS[job](fitted, X, women, rows)
    pipe.send((taken, before, _peak(), bars))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def apart(job: str, model: str, rows: int) -> Any:
    """Run a job in a fresh process; None where it failed."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=run, args=(job, model, rows, there))
    process.start()
    there.close()
    try:
        return here.recv()
    except EOFError:
        return None
    finally:
        process.join()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--shap-rows", type=int, default=100)
    parser.add_argument("--woodelf", action="store_true", help="needs woodelf-explainer, and minutes")
    given = parser.parse_args()
    jobs = [job for job in JOBS if given.woodelf or job != "woodelf-explainer"]
    sys.stdout.write(
        "| model | explainer | seconds | times the exact engine | peak MB (before the job) |\n"
        "|---|---|---|---|---|\n"
    )
    for model in given.models:
        first = None
        for job in jobs:
            found = apart(job, model, given.shap_rows)
            if found is None:
                sys.stdout.write(f"| {MODELS[model][0]} | {job} | failed | | |\n")
                continue
            taken, before, peak, bars = found
            first = found if first is None else first
            ratio = f"{taken / first[0]:.1f}"
            sys.stdout.write(
                f"| {MODELS[model][0]} | {job} | {taken:.2f} | {ratio} | {peak:.0f} ({before:.0f}) |\n"
            )
            sys.stdout.flush()
            if bars is not None and not np.allclose(bars, first[3], atol=1e-5):
                sys.stdout.write(f"\nThe bars differ by {np.abs(bars - first[3]).max():.2g}.\n\n")


if __name__ == "__main__":
    main()
