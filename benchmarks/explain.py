"""Both explanation engines beside SHAP's and woodelf's explainers, on all of Adult, as Markdown on stdout.

    python benchmarks/explain.py [--models lightgbm forest example] [--shap-rows 100] [--woodelf] [--walks]

All 48,842 rows are explained against all 48,842; SHAP's explainers are given 100 background rows, are timed
on a sample of rows, and their times are scaled. woodelf-explainer (``pip install woodelf-explainer``) does
the same job as the exact engine, for single rows. ``--walks`` adds the Monte Carlo engine: the gap in
selection of the LightGBM model, every bar within 0.002, beside SHAP's permutation explainer at its defaults.
Each job runs in a process of its own, so the peak is its own.
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
from evenhand.audit.explain.gap import explain_gap

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


Taken = tuple[float, float]
"""Seconds on the clock, and of the processor: on a busy machine only the latter can be compared."""


def clock() -> Taken:
    return time.perf_counter(), time.process_time()


def since(start: Taken, times: float = 1.0) -> Taken:
    now = clock()
    return (now[0] - start[0]) * times, (now[1] - start[1]) * times


def exact(model: Any, X: pd.DataFrame, women: Any, _: int) -> tuple[Taken, Any]:
    start = clock()
    found = explain_gap_exact(model, X, group_rows=women, reference_rows=~women)
    taken = since(start)
    if not abs(found.residual) < 1e-8:
        raise SystemExit(f"the bars miss the gap by {found.residual}")
    return taken, np.array([bar.value for bar in found.bars])


def shap_sample(model: Any, X: pd.DataFrame, _: Any, rows: int) -> tuple[Taken, Any]:
    import shap

    drawn = np.random.default_rng(0).permutation(len(X))
    background, sample = X.iloc[drawn[:BACKGROUND]], X.iloc[drawn[BACKGROUND : BACKGROUND + rows]]
    explainer = shap.TreeExplainer(model, background, feature_perturbation="interventional")
    explainer.shap_values(sample.iloc[:2], check_additivity=False)
    start = clock()
    explainer.shap_values(sample, check_additivity=False)
    return since(start, len(X) / rows), None


def woodelf(model: Any, X: pd.DataFrame, women: Any, _: int) -> tuple[Taken, Any]:
    from woodelf.explainer import WoodelfExplainer

    start = clock()
    values = np.asarray(WoodelfExplainer(model, X).shap_values(X, verbose=False))
    means = values[women].mean(axis=0) - values[~women].mean(axis=0)
    taken = since(start)
    # Of a scikit-learn forest it explains the first class, whose bars are minus the second's.
    return taken, -means if isinstance(model, RandomForestClassifier) else means


def selected(model: Any) -> Callable[[Any], Any]:
    """The decision of the LightGBM model, asked with two threads."""
    return lambda rows: (model.booster_.predict(rows, raw_score=True, num_threads=2) >= 0).astype(float)


def walks(game: str) -> Callable[[Any, pd.DataFrame, Any, int], tuple[Taken, Any]]:
    def job(model: Any, X: pd.DataFrame, women: Any, _: int) -> tuple[Taken, Any]:
        start = clock()
        found = explain_gap(
            selected(model),
            X,
            group_rows=women,
            reference_rows=~women,
            game=game,
            tolerance=0.002,
            max_calls=20_000_000,
            as_array=True,
        )
        taken = since(start)
        if not (found.reached and abs(found.residual) < 1e-9):
            raise SystemExit(f"not within the tolerance, or the bars miss the gap by {found.residual}")
        return taken, None

    return job


def permutation(model: Any, X: pd.DataFrame, _: Any, rows: int) -> tuple[Taken, Any]:
    import shap

    drawn = np.random.default_rng(0).permutation(len(X))
    values = X.to_numpy()
    background = shap.maskers.Independent(values[drawn[:BACKGROUND]], max_samples=BACKGROUND)
    sample = values[drawn[BACKGROUND : BACKGROUND + rows]]
    explainer = shap.PermutationExplainer(selected(model), background, seed=0)
    explainer(sample[:1], silent=True)
    start = clock()
    explainer(sample, silent=True)
    return since(start, len(X) / rows), None


WALKS: dict[str, Callable[[Any, pd.DataFrame, Any, int], tuple[Taken, Any]]] = {
    "walks, direct game": walks("direct"),
    "walks, common background": walks("common"),
    "shap.PermutationExplainer, 100 background rows (sample, scaled)": permutation,
}

JOBS: dict[str, Callable[[Any, pd.DataFrame, Any, int], tuple[Taken, Any]]] = {
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
    taken, bars = (JOBS | WALKS)[job](fitted, X, women, rows)
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
    parser.add_argument("--walks", action="store_true", help="the Monte Carlo engine too")
    given = parser.parse_args()
    jobs = [job for job in JOBS if given.woodelf or job != "woodelf-explainer"]
    sys.stdout.write(
        "| model | explainer | seconds | of the processor | times the first | peak MB (before the job) |\n"
        "|---|---|---|---|---|---|\n"
    )
    for model in given.models:
        table(model, jobs, given.shap_rows)
    if given.walks:
        table("lightgbm", list(WALKS), min(20, given.shap_rows))


def table(model: str, jobs: list[str], rows: int) -> None:
    """Time jobs and print a line for each, the first being what the others are held against."""
    first = None
    for job in jobs:
        found = apart(job, model, rows)
        if found is None:
            sys.stdout.write(f"| {MODELS[model][0]} | {job} | failed | | | |\n")
            continue
        taken, before, peak, bars = found
        first = found if first is None else first
        ratios = [f"{mine / others:.1f}" for mine, others in zip(taken, first[0], strict=True)]
        sys.stdout.write(
            f"| {MODELS[model][0]} | {job} | {taken[0]:.2f} | {taken[1]:.2f} | {' / '.join(ratios)}"
            f" | {peak:.0f} ({before:.0f}) |\n"
        )
        sys.stdout.flush()
        if bars is not None and not np.allclose(bars, first[3], atol=1e-5):
            sys.stdout.write(f"\nThe bars differ by {np.abs(bars - first[3]).max():.2g}.\n\n")


if __name__ == "__main__":
    main()
