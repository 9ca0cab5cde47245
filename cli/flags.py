"""The flags of the command line: what several verbs share, and the many of ``audit`` and ``explain``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Many = list[str] | None

Against = Annotated[str, typer.Option(help="Whom reasons compare a refusal with: approved, threshold, all.")]
Answers = Annotated[str | None, typer.Option(help="Answers to the datasheet's questions (.toml).")]
Background = Annotated[int, typer.Option(help="Rows that SHAP and occlusion compare with.")]
Bands = Annotated[
    Many, typer.Option(help="Edges that band a numeric column, as age=40,65; repeat for several.")
]
Changeable = Annotated[
    Many, typer.Option(help="Column that may change, and no other may; repeat for several.")
]
CompareLanguage = Annotated[str | None, typer.Option(help="Language of the page: en, de or zh (default en).")]
Control = Annotated[
    Many, typer.Option(help="Column whose levels are compared only within; repeat for several.")
]
Credit = Annotated[str | None, typer.Option(help="Credit line of the data.")]
Drop = Annotated[Many, typer.Option(help="Column to leave out; repeat for several.")]
Encoding = Annotated[str | None, typer.Option(help="Text encoding of a CSV (default utf-8).")]
Explain = Annotated[
    bool | None, typer.Option("--explain/--no-explain", help="Explain the gaps (default yes).")
]
ExplainAgainst = Annotated[
    Many, typer.Option(help="Explain gaps to the reference (default) or to the rest; repeat for both.")
]
ExplainGame = Annotated[
    str | None,
    typer.Option(help="Compare groups with each other (direct, default) or with all rows (common)."),
]
ExplainGaps = Annotated[
    Many, typer.Option(help="Metric whose gaps are explained, such as accuracy; repeat for several.")
]
ExplainGroups = Annotated[str | None, typer.Option(help="Explain the furthest group (default), or all.")]
ExplainLabels = Annotated[
    bool | None,
    typer.Option("--explain-labels/--no-explain-labels", help="Check the labels by retraining (default no)."),
]
ExplainModel = Annotated[str | None, typer.Option(help="Model file, as for audit.")]
ExplainOutFolder = Annotated[
    str | None, typer.Option("--out", help="Folder for explanation.html and explanation.json.")
]
ExplainPerson = Annotated[
    Many, typer.Option(help="Person to explain, by the column of --id; repeat for several.")
]
ExplainProxies = Annotated[Many, typer.Option(help="Proxy, which stays as it is too; repeat.")]
ExplainSensitive = Annotated[
    Many, typer.Option(help="Column that stays as it is, and is tried with other values; repeat.")
]
ExplainThreshold = Annotated[
    float | None, typer.Option(help="Scores at or above it are selected (default 0.5).")
]
ForbidSensitiveAtDecision = Annotated[
    bool | None,
    typer.Option(
        "--forbid-sensitive-at-decision",
        help="Leave out of that search what needs a sensitive column for decisions.",
    ),
]
FormatName = Annotated[str, typer.Option("--format", help="What is printed: text, or json for programs.")]
Formats = Annotated[
    Many,
    typer.Option(
        "--format", help="html, json, md, csv, parquet, junit, sarif, pdf; repeat (default html, json)."
    ),
]
Frontier = Annotated[
    Many, typer.Option(help="Method whose strengths are searched for a better trade-off; repeat for several.")
]
GlobalColumns = Annotated[
    Many, typer.Option(help="Column whose curves by group are drawn; repeat for several.")
]
Immutable = Annotated[Many, typer.Option(help="Column that stays as it is; repeat for several.")]
Init = Annotated[
    Path | None,
    typer.Option(
        "--init", help="Write an answers file with the questions in it; what it answers already stays."
    ),
]
Intersections = Annotated[Many, typer.Option(help="Columns to cross, as sex,race; repeat for several.")]
LabelsKnown = Annotated[
    str | None, typer.Option(help="everybody, or selected: outcomes known only of people once accepted.")
]
Language = Annotated[str | None, typer.Option(help="Language of the pages: en, de or zh (default en).")]
Level = Annotated[float | None, typer.Option(help="Coverage of the intervals (default 0.95).")]
Method = Annotated[
    Many,
    typer.Option(
        help="shap, lime, occlusion; for networks integrated_gradients, deeplift, saliency;"
        " repeat for several (default all that the model allows)."
    ),
]
Methods = Annotated[
    Many, typer.Option(help="Method to retrain by, as unaware or reweighing; repeat for several.")
]
MinGroupSize = Annotated[
    int | None, typer.Option(help="Smaller groups are shown but not judged (default 30).")
]
Missing = Annotated[
    Many, typer.Option(help="Text that stands for a missing value, as '?'; repeat for several.")
]
Mitigate = Annotated[
    bool | None, typer.Option("--mitigate/--no-mitigate", help="Retrain with less bias (default yes).")
]
Model = Annotated[
    str | None,
    typer.Option(
        help="Model file: skops, LightGBM (text), XGBoost (JSON, UBJ), CatBoost (cbm),"
        " torch.export (pt2), TorchScript; or a trusted joblib or pickle."
    ),
]
ModelCardLanguage = Annotated[
    str | None, typer.Option(help="Language of the pages: en, de or zh (default that of the audit).")
]
ModelCardOutFolder = Annotated[Path, typer.Option("--out", help="Folder for the pages.")]
ModelClasses = Annotated[
    Many, typer.Option(help="Label, where the model says none; repeat in the order of its outputs.")
]
ModelColumns = Annotated[
    Many, typer.Option(help="Column that the model takes, where it names none; repeat in its order.")
]
ModelOutput = Annotated[str | None, typer.Option(help="What a network gives: probability or logit.")]
Monotone = Annotated[Many, typer.Option(help="The only way a column moves, as age=up; repeat.")]
Neural = Annotated[
    bool | None, typer.Option("--neural/--no-neural", help="Look inside a neural network (default yes).")
]
OutFile = Annotated[Path | None, typer.Option("--out", help="Write the page into this file.")]
OutFolder = Annotated[str | None, typer.Option("--out", help="Folder for the results (default report).")]
Person = Annotated[str | None, typer.Option("--id", help="Column that names people.")]
Policy = Annotated[str | None, typer.Option(help="Policy file (.toml) with the limits.")]
PolicyFixed = Annotated[str | None, typer.Option(help="Day on which the policy was fixed, as 2026-01-15.")]
PosLabel = Annotated[str | None, typer.Option(help="The label that counts as positive.")]
Prediction = Annotated[str | None, typer.Option(help="Column of decisions.")]
PrivacyMinimum = Annotated[
    int | None, typer.Option(help="Figures of smaller groups are withheld (default 10).")
]
Profiles = Annotated[
    Many,
    typer.Option(
        "--profile", "--profiles", help="Rule pack, such as nyc-ll144 (see evenhand profiles); repeat."
    ),
]
Proxies = Annotated[Many, typer.Option(help="Column that unaware training drops too; repeat for several.")]
QuasiIdentifiers = Annotated[
    Many, typer.Option(help="Column that with others may tell who a row is about; repeat for several.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Ranges = Annotated[Many, typer.Option("--range", help="Lowest and highest new value, as hours=0,60; repeat.")]
Reference = Annotated[
    Many, typer.Option(help="largest, best, overall, rest, all_pairs, or sex=Male; repeat for several.")
]
Row = Annotated[list[int] | None, typer.Option(help="Row to explain, counted from 0; repeat for several.")]
Score = Annotated[str | None, typer.Option(help="Column of scores.")]
ScoreBins = Annotated[int | None, typer.Option(help="Bins that probabilities are counted in (default 4096).")]
ScoreDistinct = Annotated[
    bool | None,
    typer.Option("--score-distinct/--no-score-distinct", help="Count each distinct score (default no)."),
]
ScoreKind = Annotated[str | None, typer.Option(help="probability (default) or real: scores of any range.")]
Search = Annotated[
    Many, typer.Option(help="Column searched for the worst-treated slices; repeat for several.")
]
SearchDepth = Annotated[int | None, typer.Option(help="Most conditions of a slice, 1 to 4 (default 2).")]
Seed = Annotated[int | None, typer.Option(help="Seed of every random draw (default 0).")]
Sensitive = Annotated[Many, typer.Option(help="Column whose groups are compared; repeat for several.")]
Source = Annotated[
    Path,
    typer.Argument(help="A settings file (.toml), or the table: CSV, Parquet, Feather/Arrow, JSON lines."),
]
Target = Annotated[str | None, typer.Option(help="Column of true labels.")]
Threshold = Annotated[
    float | None, typer.Option(help="Scores at or above it are selected (default 0.5; 0 of real ones).")
]
Title = Annotated[str | None, typer.Option(help="Title of the report.")]
Train = Annotated[str | None, typer.Option(help="Table to retrain on, for the mitigation.")]
Trusted = Annotated[Many, typer.Option(help="SHA-256 of a model file that may run code; repeat for several.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more of what is done.")]
Ways = Annotated[int, typer.Option(help="Ways to another decision to look for; 0 for none.")]
Weight = Annotated[str | None, typer.Option(help="Column of sample weights.")]
WeightKind = Annotated[str | None, typer.Option(help="survey (default) or frequency.")]
Whole = Annotated[
    bool | None,
    typer.Option("--whole/--no-whole", help="Look at the model as a whole and at proxies (default yes)."),
]
