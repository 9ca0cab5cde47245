"""``results.sarif``: the verdicts for code scanning, each at the file that holds its limit.

A fairness result has no line of code; it points at the policy. Passed limits are results of kind ``pass``, so
that a reader sees what was checked.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any
from urllib.parse import quote

from ..audit.public import public_record
from ..audit.record import Record, Verdict
from ..metrics.catalogue import CATALOGUE
from .junit import ends_of
from .names import clean

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_KINDS = {"pass": "pass", "fail": "fail", "inconclusive": "review", "undefined": "open"}


def render_sarif(record: Record) -> str:
    """Write the verdicts of a record as SARIF 2.1.0.

    Parameters
    ----------
    record : Record

    Returns
    -------
    str
        JSON. A broken limit is an error; what is undecided has the kind ``review``, what is undefined
        ``open``, and as the standard asks, all but broken limits have the level ``none``.
    """
    shown = public_record(record)
    metrics = list(dict.fromkeys(verdict.limit.metric for verdict in shown.verdicts))
    run = {
        "tool": {
            "driver": {
                "name": "Evenhand",
                "version": shown.software.evenhand,
                "rules": [_rule(metric) for metric in metrics],
            }
        },
        "results": [
            _result(shown, verdict, metrics.index(verdict.limit.metric), place)
            for place, verdict in enumerate(shown.verdicts)
        ],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _rule(metric: str) -> dict[str, Any]:
    row = CATALOGUE.get(metric)
    if row is None:
        return {"id": metric, "shortDescription": {"text": metric}}
    return {
        "id": metric,
        "shortDescription": {"text": row.title},
        "fullDescription": {"text": f"{row.meaning} {row.formula}"},
    }


def _result(record: Record, verdict: Verdict, rule: int, place: int) -> dict[str, Any]:
    attribute = clean(verdict.limit.attribute)
    identity = f"{verdict.limit.metric}|{attribute}|{ends_of(verdict)}"
    interval = verdict.interval
    found = {"value": verdict.value} | (
        {} if interval is None else {"low": interval.low, "high": interval.high, "level": interval.level}
    )
    return {
        "ruleId": verdict.limit.metric,
        "ruleIndex": rule,
        "kind": _KINDS[verdict.state],
        "level": "error" if verdict.state == "fail" else "none",
        "message": {"text": clean(verdict.words)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(record)},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"fullyQualifiedName": f"limit[{place}]"}],
            }
        ],
        "partialFingerprints": {"evenhand/v1": hashlib.sha256(identity.encode()).hexdigest()},
        "properties": {
            "attribute": attribute,
            "state": verdict.state,
            **{key: value for key, value in found.items() if math.isfinite(value)},
        },
    }


def _uri(record: Record) -> str:
    return quote(record.settings.get("policy") or "evenhand.toml")
