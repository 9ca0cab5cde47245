"""AIF360's own methods on ready rows, run by an interpreter that has aif360: see mitigation.py.

    python benchmarks/mitigation_aif360.py decide rows.npz decisions.npz
    python benchmarks/mitigation_aif360.py weigh rows.npz times.npz

It imports nothing of Evenhand, since the two want different versions of numpy and pandas.
"""

from __future__ import annotations

import logging
import sys
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

from aif360.algorithms.postprocessing import EqOddsPostprocessing, RejectOptionClassification  # noqa: E402
from aif360.datasets import BinaryLabelDataset  # noqa: E402
from aif360.sklearn.preprocessing import Reweighing, ReweighingMeta  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

GROUPS = {"privileged_groups": [{"g": 1}], "unprivileged_groups": [{"g": 0}]}


def indexed(rows: Any, groups: Any) -> pd.DataFrame:
    """AIF360's scikit-learn face reads the attribute from the index."""
    return pd.DataFrame(rows).set_index(pd.Index(groups, name="g"))


def dataset(labels: Any, groups: Any, scores: Any = None) -> Any:
    """AIF360's classic data set of labels, groups and scores."""
    frame = pd.DataFrame({"y": labels, "g": groups}, dtype=float)
    made = BinaryLabelDataset(df=frame, label_names=["y"], protected_attribute_names=["g"])
    if scores is not None:
        made.scores = np.asarray(scores, dtype=float).reshape(-1, 1)
    return made


def decide(rows: Any) -> dict[str, Any]:
    """Decide every split; the keys are the split's number and a name."""
    answers = {}
    for split in sorted({name.split("/")[0] for name in rows.files}):
        given = [rows[f"{split}/{name}"] for name in ("X", "y", "g", "new", "new_g")]
        answers |= {f"{split}/{method}": labels for method, labels in decide_split(*given).items()}
    return answers


def decide_split(X: Any, y: Any, g: Any, new: Any, h: Any) -> dict[str, Any]:
    """Train on one part, decide the other."""
    model = LogisticRegression(max_iter=500)
    meta = ReweighingMeta(LogisticRegression(max_iter=500), Reweighing("g"))
    weighed = meta.fit(indexed(X, g), pd.Series(y, index=pd.Index(g, name="g"))).predict(indexed(new, h))
    model.fit(X, y)
    seen, unseen = model.predict_proba(X)[:, 1], model.predict_proba(new)[:, 1]
    odds = EqOddsPostprocessing(**GROUPS, seed=0).fit(dataset(y, g), dataset(seen >= 0.5, g, seen))
    band = RejectOptionClassification(
        **GROUPS,
        num_class_thresh=25,  # of 100: it tries every pair of threshold and margin, each from all rows
        num_ROC_margin=25,
        metric_name="Average odds difference",
        metric_ub=0.05,
        metric_lb=-0.05,
    ).fit(dataset(y, g), dataset(seen >= 0.5, g, seen))
    given = dataset(unseen >= 0.5, h, unseen)
    return {
        "AIF360 ReweighingMeta": weighed,
        "AIF360 EqOddsPostprocessing": odds.predict(given).labels.ravel(),
        "AIF360 RejectOptionClassification": band.predict(given).labels.ravel(),
    }


def weigh(rows: Any) -> dict[str, Any]:
    """Time reweighing of the scikit-learn face, for the groups of three columns; give the weights too."""
    names = ["sex", "race", "age"]
    index = pd.MultiIndex.from_arrays([rows[name].astype(str) for name in names], names=names)
    X, y = pd.DataFrame({"x": np.zeros(len(index))}, index=index), pd.Series(rows["y"], index=index)
    start = time.process_time()
    _, weights = Reweighing(names).fit_transform(X, y)
    return {"time": time.process_time() - start, "weights": weights}


if __name__ == "__main__":
    _, verb, source, target = sys.argv
    np.savez(target, **{"decide": decide, "weigh": weigh}[verb](np.load(source)))
