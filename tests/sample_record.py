"""A realistic record for the tests of the pages: Adult's test rows by sex, race and both, with real counts.

The counts are those of a logistic regression on Adult's train split, with every column and without sex and
race. Rates carry Wilson intervals; differences Newcombe's and ratios Katz's, which are short enough for here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from evenhand.audit.record import (
    Absent,
    ConditionalFacts,
    GroupFacts,
    GroupingFacts,
    LimitFacts,
    MitigationFacts,
    MitigationFigure,
    ModelFacts,
    Note,
    PooledFacts,
    Record,
    SliceFacts,
    SliceRow,
    Software,
    SourceFacts,
    State,
    StratumFacts,
    Task,
    Verdict,
)
from evenhand.audit.record_explain import Bar, GapExplanation
from evenhand.errors import Reason
from evenhand.metrics.results import Disparity, Estimate, Group, Interval

Z = 1.959963984540054


@dataclass(frozen=True)
class Counts:
    """True positives, false negatives, false positives, true negatives."""

    tp: int
    fn: int
    fp: int
    tn: int

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fn + other.fn, self.fp + other.fp, self.tn + other.tn)

    @property
    def rows(self) -> int:
        return self.tp + self.fn + self.fp + self.tn


Cells = Mapping[Group, Counts]

ADULT: Cells = {
    ("Female", "Amer-Indian-Eskimo"): Counts(0, 3, 1, 62),
    ("Female", "Asian-Pac-Islander"): Counts(15, 11, 5, 140),
    ("Female", "Black"): Counts(22, 20, 9, 702),
    ("Female", "Other"): Counts(3, 2, 1, 40),
    ("Female", "White"): Counts(270, 244, 86, 3785),
    ("Male", "Amer-Indian-Eskimo"): Counts(6, 10, 1, 76),
    ("Male", "Asian-Pac-Islander"): Counts(70, 37, 24, 178),
    ("Male", "Black"): Counts(64, 73, 36, 635),
    ("Male", "Other"): Counts(7, 13, 1, 68),
    ("Male", "White"): Counts(1845, 1131, 685, 5900),
}
UNAWARE: Cells = {
    ("Female", "Amer-Indian-Eskimo"): Counts(0, 3, 2, 61),
    ("Female", "Asian-Pac-Islander"): Counts(15, 11, 7, 138),
    ("Female", "Black"): Counts(22, 20, 12, 699),
    ("Female", "Other"): Counts(4, 1, 1, 40),
    ("Female", "White"): Counts(278, 236, 90, 3781),
    ("Male", "Amer-Indian-Eskimo"): Counts(9, 7, 2, 75),
    ("Male", "Asian-Pac-Islander"): Counts(70, 37, 19, 183),
    ("Male", "Black"): Counts(65, 72, 42, 629),
    ("Male", "Other"): Counts(8, 12, 1, 68),
    ("Male", "White"): Counts(1811, 1165, 662, 5923),
}

_RATES = {
    "selection_rate": lambda c: (c.tp + c.fp, c.rows),
    "base_rate": lambda c: (c.tp + c.fn, c.rows),
    "true_positive_rate": lambda c: (c.tp, c.tp + c.fn),
    "false_negative_rate": lambda c: (c.fn, c.tp + c.fn),
    "false_positive_rate": lambda c: (c.fp, c.fp + c.tn),
    "true_negative_rate": lambda c: (c.tn, c.fp + c.tn),
    "positive_predictive_value": lambda c: (c.tp, c.tp + c.fp),
    "negative_predictive_value": lambda c: (c.tn, c.tn + c.fn),
    "accuracy": lambda c: (c.tp + c.tn, c.rows),
}
_REASONS = {
    "true_positive_rate": Reason.NO_POSITIVES,
    "false_negative_rate": Reason.NO_POSITIVES,
    "positive_predictive_value": Reason.NO_SELECTED,
}
_WORST = {
    "demographic_parity_difference": ("selection_rate",),
    "equal_opportunity_difference": ("true_positive_rate",),
    "equalized_odds_difference": ("true_positive_rate", "false_positive_rate"),
    "predictive_parity_difference": ("positive_predictive_value",),
    "accuracy_difference": ("accuracy",),
}


def wilson(count: int, rows: int) -> Estimate:
    """A rate with its Wilson interval."""
    centre = (count + Z * Z / 2) / (rows + Z * Z)
    half = Z * math.sqrt(count * (rows - count) / rows + Z * Z / 4) / (rows + Z * Z)
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return Estimate(count / rows, Interval(low, high, 0.95, "Wilson"), count, rows, rows, rows)


def estimate(name: str, counts: Counts) -> Estimate:
    """One rate of one group."""
    above, below = _RATES[name](counts)
    if below == 0:
        return Estimate(math.nan, reason=_REASONS.get(name, Reason.ZERO_DENOMINATOR))
    return wilson(above, below)


def difference(first: Estimate, second: Estimate) -> tuple[float, Interval]:
    """A difference of two rates with Newcombe's interval."""
    one, two = first.interval, second.interval
    assert one is not None
    assert two is not None
    gap = first.value - second.value
    low = gap - math.hypot(first.value - one.low, two.high - second.value)
    high = gap + math.hypot(one.high - first.value, second.value - two.low)
    return gap, Interval(low, high, 0.95, "Newcombe")


def ratio(first: Estimate, second: Estimate) -> tuple[float, Interval | None]:
    """A ratio of two rates with Katz's interval, none where a rate is zero."""
    value = first.value / second.value
    if value == 0:
        return value, None
    spread = math.sqrt(
        1 / first.numerator - 1 / first.rows + 1 / second.numerator - 1 / second.rows,
    )
    low, high = value * math.exp(-Z * spread), value * math.exp(Z * spread)
    return value, Interval(low, high, 0.95, "Katz")


def _p_value(first: Estimate, second: Estimate) -> float:
    pooled = (first.numerator + second.numerator) / (first.rows + second.rows)
    error = math.sqrt(pooled * (1 - pooled) * (1 / first.rows + 1 / second.rows))
    return math.erfc(abs(first.value - second.value) / error / math.sqrt(2)) if error else 1.0


def _group(group: Group, counts: Counts, total: int) -> GroupFacts:
    return GroupFacts(
        group=group,
        name=" x ".join("(missing)" if level is None else str(level) for level in group) or "everyone",
        rows=counts.rows,
        share=counts.rows / total,
        weight=counts.rows,
        effective=counts.rows,
        below_minimum=counts.rows < 30,
        withheld=counts.rows < 10,
        missing=any(level is None for level in group),
        rates={name: estimate(name, counts) for name in _RATES},
    )


def _against(group: GroupFacts, reference: GroupFacts) -> Iterable[Disparity]:
    for metric in ("selection_rate", "true_positive_rate", "false_positive_rate", "accuracy"):
        first, second = group.rates[metric], reference.rates[metric]
        if math.isnan(first.value) or math.isnan(second.value):
            yield Disparity(
                metric, "difference", "reference", group.group, reference.group, math.nan,
                reason=Reason.GROUP_UNDEFINED,
            )  # fmt: skip
            continue
        value, interval = difference(first, second)
        p_value = _p_value(first, second)
        yield Disparity(
            metric, "difference", "reference", group.group, reference.group, value, interval, p_value
        )
        if metric == "selection_rate":
            value, interval_ = ratio(first, second)
            yield Disparity(
                metric, "ratio", "reference", group.group, reference.group, value, interval_, p_value, 1.0
            )


def _widest(groups: list[GroupFacts], rates: tuple[str, ...]) -> tuple[GroupFacts, GroupFacts, str]:
    pairs = (
        (abs(one.rates[rate].value - two.rates[rate].value), one, two, rate)
        for one, two in combinations(groups, 2)
        for rate in rates
    )
    _, one, two, rate = max(pairs, key=lambda item: item[0])
    return (one, two, rate) if one.rates[rate].value >= two.rates[rate].value else (two, one, rate)


def _worst(groups: tuple[GroupFacts, ...]) -> Iterable[Disparity]:
    for metric, rates in _WORST.items():
        entering = [
            g for g in groups
            if not g.missing and all(g.rates[r].rows >= 30 for r in rates)
        ]  # fmt: skip
        out = tuple(g.group for g in groups if g not in entering)
        if len(entering) < 2:
            yield Disparity(
                metric, "difference", "all_pairs", None, None, math.nan, compared=len(entering),
                left_out=out, reason=Reason.BELOW_MINIMUM,
            )  # fmt: skip
            continue
        one, two, rate = _widest(entering, rates)
        value, interval = difference(one.rates[rate], two.rates[rate])
        interval = Interval(max(0.0, interval.low), interval.high, 0.95, "permutation / largest pair")
        spread = math.sqrt(value * (1 - value) * (1 / one.rates[rate].rows + 1 / two.rates[rate].rows))
        yield Disparity(
            metric, "difference", "all_pairs", one.group, two.group, value, interval,
            _p_value(one.rates[rate], two.rates[rate]), 0.0, spread, Z * spread, len(entering), out,
        )  # fmt: skip
        if metric == "demographic_parity_difference":
            lower, katz = ratio(two.rates[rate], one.rates[rate])
            yield Disparity(
                "demographic_parity_ratio", "ratio", "all_pairs", two.group, one.group, lower, katz,
                _p_value(one.rates[rate], two.rates[rate]), 1.0, 0.98, 0.93, len(entering), out,
            )  # fmt: skip


def _margin(cells: Cells, places: tuple[int, ...]) -> dict[Group, Counts]:
    found: dict[Group, Counts] = {}
    for key, counts in cells.items():
        short = tuple(key[place] for place in places)
        found[short] = found[short] + counts if short in found else counts
    return found


def grouping(name: str, attributes: tuple[str, ...], cells: Mapping[Group, Counts]) -> GroupingFacts:
    """All groups of one attribute or intersection."""
    total = sum(counts.rows for counts in cells.values())
    groups = tuple(_group(key, counts, total) for key, counts in cells.items())
    reference = max((g for g in groups if not g.missing), key=lambda g: g.rows)
    pairs = [d for g in groups if g is not reference for d in _against(g, reference)]
    return GroupingFacts(
        name=name,
        attributes=attributes,
        reference=reference.group,
        groups=groups,
        disparities=(*pairs, *_worst(groups)),
    )


def _groupings(cells: Cells) -> tuple[GroupingFacts, ...]:
    return (
        grouping("sex", ("sex",), _margin(cells, (0,))),
        grouping("race", ("race",), _margin(cells, (1,))),
        grouping("sex x race", ("sex", "race"), dict(cells)),
    )


def _find(groupings: Iterable[GroupingFacts], name: str, metric: str) -> Disparity | None:
    for part in groupings:
        for item in part.disparities:
            if part.name == name and item.metric == metric and item.against == "all_pairs":
                return item
    return None


_POLICY = tuple(
    LimitFacts(metric=metric, attribute=name, min=low, max=high, confidence=0.95, min_group_size=30)
    for metric, name, low, high in (
        ("demographic_parity_difference", "sex", None, 0.1),
        ("demographic_parity_ratio", "sex", 0.8, None),
        ("equal_opportunity_difference", "sex", None, 0.1),
        ("accuracy_difference", "race", None, 0.15),
        ("predictive_parity_difference", "sex x race", None, 0.2),
    )
)


def _judge(limit: LimitFacts, found: Disparity | None) -> Verdict:
    if found is None or found.interval is None:
        reason = "there are fewer than two groups to compare"
        words = f"{limit.metric} of {limit.attribute} is undefined: {reason}."
        return Verdict(
            limit=limit, state="undefined", value=math.nan, interval=None, reason=reason, words=words
        )
    low = -math.inf if limit.min is None else limit.min
    high = math.inf if limit.max is None else limit.max
    span = found.interval
    state: State = "inconclusive"
    if low <= span.low and span.high <= high:
        state = "pass"
    elif span.high < low or span.low > high:
        state = "fail"
    words = {
        "pass": "The whole interval lies inside the limit.",
        "fail": "The whole interval lies outside the limit.",
        "inconclusive": "The interval straddles the limit: the data cannot tell.",
    }[state]
    return Verdict(
        limit=limit,
        state=state,
        value=found.value,
        interval=found.interval,
        reason=None,
        words=words,
        group=found.group,
        reference=found.reference,
    )


def _verdict(verdicts: tuple[Verdict, ...]) -> State | None:
    states = {item.state for item in verdicts}
    order: tuple[State, ...] = ("fail", "undefined", "inconclusive", "pass")
    return next((state for state in order if state in states), None)


def explanation(columns: int = 8) -> GapExplanation:
    """The gap between women and men, as the sum of what each column contributes."""
    shares = (-0.0912, -0.0371, -0.0203, -0.0119, -0.0064, 0.0042, -0.0031, -0.0017)
    names = ("marital-status", "relationship", "hours-per-week", "occupation", "capital-gain",
             "education-num", "sex", "age")  # fmt: skip
    more = tuple((f"column-{place}", -0.0001) for place in range(8, columns))
    bars = tuple(
        Bar(
            column=name,
            value=value,
            interval=Interval(value - 0.0048, value + 0.0048, 0.95, "jackknife"),
            sampling_error=0.0021,
            monte_carlo_error=0.0012,
        )
        for name, value in (*zip(names, shares, strict=True), *more)
    )
    total = math.fsum(bar.value for bar in bars)
    return GapExplanation(
        grouping="sex",
        gap="demographic parity",
        metric="selection_rate",
        group=("Female",),
        reference=("Male",),
        measured=total,
        total=total,
        residual=0.0,
        gross=math.fsum(abs(bar.value) for bar in bars),
        bars=bars,
        engine="Monte Carlo",
        game="direct",
        rows=16281,
        walks=60000,
        seed=7,
    )


def log_odds() -> GapExplanation:
    """The same gap on the log-odds scale."""
    base = explanation()
    return base.model_copy(
        update={
            "metric": "mean_log_odds",
            "gap": "demographic parity of the mean score on the log-odds scale",
            "engine": "exact linear means",
            "walks": 0,
            "game": "common",
        }
    )


def _pooled(metric: str, crude: float, value: float) -> PooledFacts:
    return PooledFacts(
        metric=metric,
        group=("Female",),
        reference=("Male",),
        crude=crude,
        value=value,
        interval=Interval(value - 0.02, value + 0.02, 0.95, "Mantel-Haenszel, Sato"),
        strata=3,
        below_minimum=False,
        withheld=False,
    )


def conditional(sizes: tuple[int, ...] = (9000, 7000, 281)) -> ConditionalFacts:
    """Women and men within the levels of a control column, where the gap in selection turns round."""
    gap = Disparity(
        "demographic_parity_difference", "difference", "all_pairs", ("Male",), ("Female",), 0.041,
        Interval(0.02, 0.06, 0.95, "Newcombe"),
    )  # fmt: skip
    return ConditionalFacts(
        control="occupation",
        grouping="sex",
        strata=tuple(
            StratumFacts(
                level=f"kind {place}", name=f"kind {place}", rows=rows, withheld=rows < 10, figures=(gap,)
            )
            for place, rows in enumerate(sizes)
        ),
        pooled=(_pooled("selection_rate", -0.08, 0.05), _pooled("true_positive_rate", -0.09, -0.01)),
    )


def slices(*conditions: tuple[tuple[str, str], ...]) -> SliceFacts:
    """Slices that are selected less often than the rest."""
    rows = tuple(
        SliceRow(
            name=" and ".join(f"{column} = {level}" for column, level in one),
            conditions=one,
            rows=300,
            withheld=False,
            rate=wilson(21, 300),
            rest=wilson(4000, 16000),
            difference=-0.18,
            interval=Interval(-0.21, -0.15, 0.95, "Miettinen-Nurminen, widened for rare outcomes"),
            selected=Interval(
                -0.22, -0.14, 0.99, "Miettinen-Nurminen, widened for rare outcomes, false coverage rate"
            ),
            z=-7.0,
            p_value=1e-9,
            adjusted_p=0.0004,
        )
        for one in conditions
    )
    return SliceFacts(
        metric="selection_rate", direction="worst", columns=("sex", "race", "education"), depth=2,
        min_size=30, effect=0.05, level=0.05, overall=wilson(4021, 16300), tested=120, found=len(rows),
        slices=rows, shorter=0, shared=0, overlap=0, not_shown=0, words="120 slices were tested.",
    )  # fmt: skip


def _moved(before: Disparity, after: Disparity) -> tuple[Estimate, Estimate, Estimate]:
    one, two = (Estimate(item.value, item.interval) for item in (before, after))
    assert one.interval is not None
    assert two.interval is not None
    half = math.hypot(one.interval.high - one.value, two.interval.high - two.value) / 2
    change = two.value - one.value
    return one, two, Estimate(change, Interval(change - half, change + half, 0.95, "paired bootstrap"))


def _figures(before: Cells, after: Cells) -> Iterable[MitigationFigure]:
    whole = [estimate("accuracy", _margin(cells, ())[()]) for cells in (before, after)]
    gap, interval = difference(whole[1], whole[0])
    yield MitigationFigure(
        grouping="overall",
        metric="accuracy",
        before=whole[0],
        after=whole[1],
        change=Estimate(gap, interval),
    )
    first, second = _groupings(before), _groupings(after)
    for part in first:
        for metric in (
            "demographic_parity_difference",
            "equal_opportunity_difference",
            "equalized_odds_difference",
        ):
            one, two = _find(first, part.name, metric), _find(second, part.name, metric)
            if one and two and one.interval and two.interval:
                was, now, change = _moved(one, two)
                yield MitigationFigure(
                    grouping=part.name, metric=metric, before=was, after=now, change=change
                )


def _mitigation(cells: Cells) -> tuple[MitigationFacts, ...]:
    after = {**cells, **UNAWARE}
    return (
        MitigationFacts(
            method="unaware",
            description="The same pipeline, trained without the columns sex and race.",
            needs_sensitive="never",
            figures=tuple(_figures(cells, after)),
        ),
        MitigationFacts(
            method="reweighing",
            description="Kamiran and Calders: training rows weighted until label and group are independent.",
            needs_sensitive="training",
            figures=tuple(_figures(cells, after)),
            notes=("12 rows stand in both train and test.",),
        ),
    )


def sample_record(cells: Cells = ADULT, *, judged: bool = True, explained: bool = True) -> Record:
    """Build the record of an audit by sex, race and both."""
    groupings = _groupings(cells)
    overall = _margin(cells, ())[()]
    verdicts = tuple(
        _judge(limit, _find(groupings, limit.attribute, limit.metric))
        for limit in (_POLICY if judged else ())
    )
    return Record(
        created="2026-02-14T09:30:00Z",
        title="Adult income, logistic regression",
        software=Software(
            evenhand="0.1.0", python="3.12.4", packages={"numpy": "2.4.6", "scikit-learn": "1.9.1"}
        ),
        data=SourceFacts(
            name="adult.parquet (test split)",
            sha256="9f2c6b1de07a4c5b8f3a6d1e0c9b7a58" * 2,
            rows=overall.rows,
            columns=16,
            credit="Becker, B. and Kohavi, R. (1996). Adult. UCI Machine Learning Repository. CC BY 4.0.",
        ),
        train=SourceFacts(name="adult.parquet (train split)", sha256="ab" * 32, rows=32561, columns=16),
        model=ModelFacts(
            description="Pipeline: one-hot encoding and scaling, then LogisticRegression",
            sha256="5d" * 32,
            inputs=("age", "workclass", "education", "marital-status", "occupation", "race", "sex"),
            uses_sensitive=("sex", "race"),
        ),
        task=Task(target="income", pos_label=">50K", prediction=None, score="predict_proba", threshold=0.5),
        settings={"sensitive": ["sex", "race"]},
        settings_sha256="c1" * 32,
        policy_name="policy.toml" if judged else None,
        policy_sha256="77" * 32 if judged else None,
        seed=7,
        level=0.95,
        min_group_size=30,
        privacy_minimum=10,
        overall=_group((), overall, overall.rows),
        groupings=groupings,
        explanations=(explanation(), log_odds()) if explained else (),
        mitigation=_mitigation(cells) if explained else (),
        verdicts=verdicts,
        verdict=_verdict(verdicts),
        absent=(Absent(part="calibration", reason="it needs scores, and only decisions were kept"),),
        notes=(
            Note(code="overlap", text="12 rows of the test data stand in the training data as well."),
            Note(code="small_groups", text="Groups below 30 rows are left out of the widest gaps."),
        ),
        cube={},
        conditional=(conditional(),) if explained else (),
        slices=(slices((("sex", "Female"), ("education", "11th"))),) if explained else (),
    )  # fmt: skip


SMALL: Cells = {
    **ADULT,
    ("Female", "Unlisted"): Counts(1, 2, 0, 4),
    ("Male", "Unlisted"): Counts(3, 2, 1, 12),
}
"""Adult with a race of 25 rows, of which seven are women: one group under the privacy minimum."""


def many_groups(size: int = 1000) -> Record:
    """Build the record of an audit of one attribute with many groups of 40 to 139 rows."""
    cells: dict[Group, Counts] = {
        (f"postcode {place:04d}",): Counts(5 + place % 17, 8, 6 + place % 11, 21 + place % 72)
        for place in range(size)
    }
    part = grouping("postcode", ("postcode",), cells)
    return sample_record(judged=False, explained=False).model_copy(update={"groupings": (part,)})
