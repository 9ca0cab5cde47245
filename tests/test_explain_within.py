"""Like compared with like: gaps within strata, put together by weight."""

import numpy as np
import pandas as pd
import pytest

from evenhand.audit.explain.gap import explain_gap
from evenhand.audit.explain.within import pooled


def people():
    rng = np.random.default_rng(0)
    job = rng.integers(0, 3, 300)
    group = rng.random(300) < 0.2 + 0.2 * job
    X = pd.DataFrame({"job": job, "skill": rng.normal(size=300) - 0.5 * group})
    return X, group, job


def parts(f, **options):
    X, group, job = people()
    found, sizes = [], []
    for level in range(3):
        one, two = group & (job == level), ~group & (job == level)
        found.append(explain_gap(f, X, group_rows=one, reference_rows=two, **options))
        sizes.append(one.sum() * two.sum() / (one.sum() + two.sum()))
    return found, np.array(sizes) / sum(sizes)


def test_the_held_column_contributes_nothing_and_the_sum_is_the_weighted_gap():
    found, weights = parts(lambda rows: 3.0 * rows["job"] + rows["skill"])
    whole = pooled(found, weights, 0.95)
    assert whole.strata == 3
    assert whole.bar("job").value == 0
    assert whole.measured == pytest.approx(weights @ [one.measured for one in found])
    assert whole.total == pytest.approx(whole.measured, abs=1e-12)
    assert whole.rows == 300


def test_errors_of_strata_add():
    found, weights = parts(lambda rows: (rows["job"] + rows["skill"] > 1).astype(float), max_calls=4000)
    whole = pooled(found, weights, 0.95)
    for name in ("sampling_error", "band"):
        alone = [getattr(one.bar("skill"), name) for one in found]
        assert getattr(whole.bar("skill"), name) == pytest.approx(np.sqrt(((weights * alone) ** 2).sum()))


def test_one_stratum_is_itself():
    found, _ = parts(lambda rows: rows["skill"])
    whole = pooled(found[:1], np.array([1.0]), 0.95)
    assert whole.bar("skill").value == pytest.approx(found[0].bar("skill").value)
    assert whole.measured == found[0].measured
