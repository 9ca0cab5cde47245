"""``junit.xml``: every limit of the policy as a test case, for the test page of a build system.

A broken limit is a failure, a figure that could not be computed an error, an undecided one skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..audit.public import public_record
from ..audit.record import Record, Verdict
from .names import clean

_CHILD = {"fail": "failure", "undefined": "error", "inconclusive": "skipped"}


def render_junit(record: Record) -> str:
    """Write the verdicts of a record as JUnit XML.

    Parameters
    ----------
    record : Record

    Returns
    -------
    str
        One suite for each attribute. Without a policy there is no suite.
    """
    verdicts = public_record(record).verdicts
    root = Element("testsuites", {"name": "evenhand", **_counts(verdicts)})
    for attribute, members in groupby(sorted(verdicts, key=_attribute), key=_attribute):
        root.append(_suite(attribute, tuple(members)))
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _attribute(verdict: Verdict) -> str:
    return verdict.limit.attribute


def _counts(verdicts: tuple[Verdict, ...]) -> dict[str, str]:
    states = [verdict.state for verdict in verdicts]
    return {
        "tests": str(len(states)),
        "failures": str(states.count("fail")),
        "errors": str(states.count("undefined")),
        "skipped": str(states.count("inconclusive")),
    }


def _suite(attribute: str, verdicts: tuple[Verdict, ...]) -> Element:
    suite = Element("testsuite", {"name": clean(attribute), **_counts(verdicts), "time": "0.000"})
    for verdict in verdicts:
        case = SubElement(
            suite,
            "testcase",
            {
                "classname": f"evenhand.{verdict.limit.metric}",
                "name": f"{verdict.limit.metric} by {clean(attribute)}: {ends_of(verdict)}",
                "time": "0.000",
            },
        )
        if verdict.state in _CHILD:
            child = SubElement(case, _CHILD[verdict.state], {"message": clean(verdict.words)})
            if verdict.state != "inconclusive":
                child.set("type", "limit" if verdict.state == "fail" else "undefined")
    return suite


def ends_of(verdict: Verdict) -> str:
    """Write a limit's ends for programs, as ``min 0.8``."""
    return ", ".join(_ends(verdict))


def _ends(verdict: Verdict) -> Iterator[str]:
    if verdict.limit.min is not None:
        yield f"min {verdict.limit.min:g}"
    if verdict.limit.max is not None:
        yield f"max {verdict.limit.max:g}"
