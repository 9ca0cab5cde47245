"""A small audit with every section of the report, hostile names everywhere and groups of a few people."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from evenhand.api import audit_model
from evenhand.audit.record import Record

SEX = "</script><script>alert('sex')</script>"
REGION = "{{ 7 * 7 }}"
JOB = "<img src=x onerror=alert('job')>"
PAY = "=cmd|' /C calc'!A0"
LEVELS = (
    "\"><svg onload=alert('a')>",
    "\u202eright to left\u202c",
    "name " * 2000,
    "javascript:alert('few')\nbreak 😀",
    "@SUM(cells)",
)
"""Regions; the last two have few people."""
WOMEN, MEN = "<b>women</b>", "{% raw %}men"


def people(rows: int, seed: int) -> pd.DataFrame:
    """Draw people; of the last two regions there are few."""
    rng = np.random.default_rng(seed)
    sex = rng.choice([WOMEN, MEN], rows, p=[0.45, 0.55])
    region = rng.choice(LEVELS, rows, p=[0.4, 0.3, 0.28, 0.012, 0.008])
    job = rng.choice(["<i>office</i>", "field", "'; DROP TABLE people; --"], rows)
    pay = rng.normal(0, 1, rows) + (sex == MEN) * 0.8 + (region == LEVELS[0]) * 0.4
    good = (pay + rng.normal(0, 1, rows) > 0.4).astype(int)
    return pd.DataFrame({SEX: sex, REGION: region, JOB: job, PAY: pay, "<u>good</u>": good})


@functools.cache
def rich_record() -> Record:
    """Make the audit; everything in it comes from 700 people."""
    train, test = people(500, 1), people(700, 2)
    words = [SEX, REGION, JOB]
    encode = ColumnTransformer(
        [("words", OneHotEncoder(handle_unknown="ignore"), words)], remainder="passthrough"
    )
    model = Pipeline([("encode", encode), ("model", LogisticRegression(max_iter=300))])
    model.fit(train[[*words, PAY]], train["<u>good</u>"])
    return audit_model(
        model,
        test,
        train=train,
        target="<u>good</u>",
        pos_label=1,
        sensitive_features=[SEX, REGION],
        intersections=((SEX, REGION),),
        control=(JOB,),
        search=(SEX, JOB),
        title="<script>alert('title')</script>",
        credit="<script>alert('credit')</script>",
        policy_fixed="2026-01-15",
        labels_known="selected",
        methods=("unaware", "reweighing"),
        frontier={"methods": ("reweighing", "group_thresholds")},
        policy=(
            {"metric": "demographic_parity_ratio", "attribute": SEX, "min": 0.8},
            {"metric": "accuracy", "attribute": REGION, "min": 0.5},
        ),
    ).record
