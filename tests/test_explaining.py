"""Which groups are explained: never a gap that rests on a handful of people."""

from __future__ import annotations

from evenhand.audit.explaining_pairs import furthest
from evenhand.audit.record import GroupFacts, GroupingFacts
from evenhand.metrics.results import Estimate


def group(name, rows, selected, positives):
    rates = {
        "selection_rate": Estimate(selected, rows=rows),
        "true_positive_rate": Estimate(0.5, rows=positives),
        "false_positive_rate": Estimate(0.1, rows=rows - positives),
    }
    return GroupFacts(
        group=(name,), name=name, rows=rows, share=0.1, weight=rows, effective=rows,
        below_minimum=rows < 30, withheld=rows < 10, missing=False, rates=rates,
    )  # fmt: skip


def grouping(*groups):
    return GroupingFacts(name="g", attributes=("g",), reference=("a",), groups=groups, disparities=())


def test_a_group_with_three_positives_is_passed_over():
    found = grouping(group("a", 900, 0.5, 400), group("b", 200, 0.3, 80), group("c", 66, 0.01, 3))
    assert furthest(found, "true_positive_rate", 30) == (1, 0)
    assert furthest(found, "selection_rate", 30) == (1, 0)


def test_where_no_pair_has_enough_for_every_metric_each_is_looked_at_by_itself():
    found = grouping(group("a", 900, 0.5, 400), group("c", 66, 0.01, 3))
    assert furthest(found, "selection_rate", 30) == (1, 0)
    assert furthest(found, "true_positive_rate", 30) is None
