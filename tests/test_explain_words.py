"""Sentences on explained gaps: they say the direction, how sure they are, and claim no cause."""

import pytest

from evenhand.audit.explain.kinds import KINDS
from evenhand.audit.record_explain import Bar, GapExplanation
from evenhand.metrics.results import Interval
from evenhand.reports.explain_words import gap_kind, sentences


def bar(column, value, *, half=0.001, role="column"):
    interval = Interval(value - half, value + half, 0.95, "t")
    return Bar(
        column=column, value=value, interval=interval, sampling_error=0.0, monte_carlo_error=0.0, role=role
    )


def gap(metric="selection_rate", measured=-0.1, bars=(), **more):
    total = sum(item.value for item in bars)
    start = 1.0 if metric.endswith("_ratio") else 0.0
    given = {
        "grouping": "sex", "gap": "g", "metric": metric, "group": ("F",), "reference": ("M",), "start": start,
        "measured": measured, "total": total, "residual": 0.0, "gross": sum(abs(item.value) for item in bars),
        "bars": tuple(bars), "engine": "e", "game": "direct", "rows": 9, "walks": 9, "seed": 0,
    }  # fmt: skip
    return GapExplanation(**(given | more))


def said(item, sensitive=()):
    return " ".join(sentences(item, "women", "men", sensitive))


@pytest.mark.parametrize("metric", sorted(KINDS))
@pytest.mark.parametrize("change", [-0.2, 0.0, 0.2])
def test_every_gap_has_an_opening_and_no_cause(metric, change):
    start = 1.0 if metric.endswith("_ratio") else 0.0
    text = said(gap(metric, start + change, [bar("d", change)]))
    assert text.startswith(("women: ", "women and men: "))
    assert "because" not in text
    assert "cause" not in text


def test_columns_are_named_until_they_make_up_most():
    bars = [bar("a", -0.05), bar("b", -0.03), bar("c", -0.02)]
    text = said(gap(bars=bars))
    assert "a (−5.0 points, 95% interval −5.1 to −4.9) and b (−3.0" in text
    assert "account for most of it in the model" in text
    assert "c (" not in text


def test_a_sensitive_column_is_spoken_of():
    bars = [bar("a", -0.1), bar("sex", 0.0), bar("race", -0.002, half=0.003)]
    text = said(gap(bars=bars), ["sex", "race", "age"])
    assert "sex itself contributes nothing." in text
    assert (
        "race itself contributes −0.2 points (95% interval −0.5 to 0.1), which cannot be told from zero."
        in text
    )
    assert "age is not a column of the model." in text


def test_offsets_a_remainder_and_the_labels_are_told():
    bars = [bar("a", -0.3), bar("b", 0.25), bar("(true label)", -0.05, role="label")]
    text = said(gap("accuracy", bars=bars, residual=0.01))
    assert "Contributions partly offset each other: b (25.0 points" in text
    assert "different true labels alone contribute −5.0 points" in text
    assert "misses the measured gap by 1.0 points" in text


def test_ratios_are_told_as_ratios_and_as_approximate():
    text = said(gap("demographic_parity_ratio", 0.3, [bar("a", -0.7)], approximate=True))
    assert text.startswith("women: selected 0.30 times as often as men.")
    assert text.endswith("These shares are approximate.")


def test_like_with_like_is_said():
    assert said(gap(control="job", bars=[bar("a", -0.1)])).startswith(
        "Within the levels of job, women: selected"
    )


def test_nothing_clear_is_said_so():
    assert "No column's contribution can be told from zero." in said(gap(bars=[bar("a", -0.1, half=1.0)]))


def test_kinds():
    assert gap_kind("log_loss") == gap_kind("roc_auc") == "score"
