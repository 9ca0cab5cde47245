"""``evenhand audit``: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import Problem, SettingsError
from . import flags
from .terminal import err, out, progress

Many = list[str] | None


def audit(
    source: flags.Source,
    target: flags.Target = None,
    pos_label: flags.PosLabel = None,
    sensitive: flags.Sensitive = None,
    intersections: flags.Intersections = None,
    bands: flags.Bands = None,
    prediction: flags.Prediction = None,
    score: flags.Score = None,
    score_kind: flags.ScoreKind = None,
    score_bins: flags.ScoreBins = None,
    score_distinct: flags.ScoreDistinct = None,
    threshold: flags.Threshold = None,
    model: flags.Model = None,
    model_columns: flags.ModelColumns = None,
    model_classes: flags.ModelClasses = None,
    model_output: flags.ModelOutput = None,
    trusted: flags.Trusted = None,
    train: flags.Train = None,
    weight: flags.Weight = None,
    weight_kind: flags.WeightKind = None,
    control: flags.Control = None,
    missing: flags.Missing = None,
    encoding: flags.Encoding = None,
    drop: flags.Drop = None,
    policy: flags.Policy = None,
    policy_fixed: flags.PolicyFixed = None,
    labels_known: flags.LabelsKnown = None,
    reference: flags.Reference = None,
    min_group_size: flags.MinGroupSize = None,
    privacy_minimum: flags.PrivacyMinimum = None,
    level: flags.Level = None,
    seed: flags.Seed = None,
    explain: flags.Explain = None,
    whole: flags.Whole = None,
    global_columns: flags.GlobalColumns = None,
    explain_gaps: flags.ExplainGaps = None,
    explain_game: flags.ExplainGame = None,
    explain_against: flags.ExplainAgainst = None,
    explain_groups: flags.ExplainGroups = None,
    explain_labels: flags.ExplainLabels = None,
    neural: flags.Neural = None,
    mitigate: flags.Mitigate = None,
    methods: flags.Methods = None,
    frontier: flags.Frontier = None,
    forbid_sensitive_at_decision: flags.ForbidSensitiveAtDecision = None,
    proxies: flags.Proxies = None,
    search: flags.Search = None,
    search_depth: flags.SearchDepth = None,
    profiles: flags.Profiles = None,
    answers: flags.Answers = None,
    quasi_identifiers: flags.QuasiIdentifiers = None,
    title: flags.Title = None,
    credit: flags.Credit = None,
    person: flags.Person = None,
    out_folder: flags.OutFolder = None,
    formats: flags.Formats = None,
    language: flags.Language = None,
    quiet: flags.Quiet = False,
    verbose: flags.Verbose = False,
) -> int:
    """Audit a table with a model, or with a column of decisions or scores."""
    flags = {
        "target": target, "pos_label": pos_label, "sensitive": sensitive, "prediction": prediction,
        "score": score, "score_kind": score_kind, "score_bins": score_bins,
        "score_distinct": score_distinct, "threshold": threshold, "model": model, "trusted": trusted,
        "train": train,
        "weight": weight, "weight_kind": weight_kind, "control": control, "missing": missing,
        "encoding": encoding, "drop": drop, "policy": policy,
        "policy_fixed": policy_fixed, "labels_known": labels_known, "min_group_size": min_group_size,
        "privacy_minimum": privacy_minimum, "level": level, "seed": seed, "explain": explain,
        "explain_gaps": explain_gaps, "explain_game": explain_game, "explain_against": explain_against,
        "explain_groups": explain_groups, "explain_labels": explain_labels,
        "frontier": {"methods": tuple(frontier)} if frontier else None,
        "forbid_sensitive_at_decision": forbid_sensitive_at_decision,
        "mitigate": mitigate, "methods": methods, "proxies": proxies, "search": search,
        "search_depth": search_depth, "answers": answers, "title": title, "credit": credit, "id": person,
        "out": out_folder, "format": formats, "intersections": intersections_of(intersections),
        "bands": bands_of(bands), "model_columns": model_columns, "model_classes": model_classes,
        "model_output": model_output, "neural": neural, "whole": whole, "global_columns": global_columns,
        "language": language,
        "profiles": profiles, "quasi_identifiers": quasi_identifiers,
    }  # fmt: skip
    return run_audit(source, flags, reference, quiet=quiet, verbose=verbose)


def intersections_of(texts: Many) -> list[list[str]] | None:
    """Read the values of ``--intersections``."""
    return None if not texts else [[part.strip() for part in text.split(",")] for text in texts]


def bands_of(texts: Many) -> dict[str, list[float]] | None:
    """Read the values of ``--bands``.

    Raises
    ------
    SettingsError
        With every value that is not ``column=edge,edge``.
    """
    if not texts:
        return None
    bands, problems = {}, []
    for text in texts:
        column, _, edges = text.rpartition("=")
        try:
            bands[column] = [float(edge) for edge in edges.split(",")]
        except ValueError:
            column = ""
        if not column:
            problems.append(
                Problem("bands", "--bands", f"write column=edge,edge as in age=40,65, got {text!r}")
            )
    if problems:
        raise SettingsError(problems)
    return bands


def run_audit(source: Path, flags: dict[str, Any], reference: Many, *, quiet: bool, verbose: bool) -> int:
    """Run an audit from a source and flags, print its summary, write its files, return the exit code."""
    from ..api import audit_file  # noqa: PLC0415 - the libraries load only now
    from ..audit.settings import parse_reference  # noqa: PLC0415
    from ..reading import settings_from  # noqa: PLC0415
    from .summary import summary  # noqa: PLC0415

    given = {key: value for key, value in flags.items() if value not in (None, [])}
    if reference:
        given["reference"] = parse_reference(reference)
    settings = settings_from(source, given)
    with progress(quiet=quiet) as report_progress:
        result = audit_file(settings, progress=report_progress)
        files = result.write()
    if not quiet:
        out(summary(result.record), ready=True)
        out("\n".join(["", "Written:", *(f"  {path}" for path in files)]))
    if verbose:
        err(f"settings {settings.sha256}")
    return result.exit_code
