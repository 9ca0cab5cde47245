"""The section on trust: one line that sums all checks up, and the checks in a fold."""

from __future__ import annotations

from collections.abc import Iterator

from ..audit.record import Record
from ..audit.record_trust import CurvesFacts, Fault, ManifoldFacts, TrustFacts, Unchecked
from . import formats
from .formats import bare, figure
from .names import isolate
from .view_parts import Cell, Column, Fold, LineChart, Mean, Row, Section, Series, Table
from .wording import say

_PARTS: dict[Unchecked, tuple[Fault, ...]] = {
    "sum": ("sum",),
    "stability": ("seeds", "backgrounds"),
    "curves": ("deletion", "insertion"),
    "resemblance": ("resemblance",),
    "off_manifold": ("off_manifold",),
}
"""What each check can find fault with."""


def trust_section(record: Record) -> Section | None:
    """Build the section; None where nothing was checked."""
    trust = record.trust
    if trust is None:
        return None
    table = Table(
        id="trust-checks",
        caption=say("trust.table"),
        corner=say("trust.column.check"),
        columns=(
            Column(say("trust.column.found"), number=False),
            Column(say("trust.column.judged"), number=False),
        ),
        rows=tuple(_rows(trust)),
    )
    charts = () if trust.curves is None or trust.faults == ("constant",) else tuple(_charts(trust.curves))
    details = Fold(
        say("trust.details"), charts=charts, notes=(say("trust.limit"),), tables=(table,), printed="plain"
    )
    parts = say("trust.and").join(say(f"trust.part.{name}") for name in trust.unchecked)
    notes = (say("trust.unchecked", parts=parts),) if trust.unchecked else ()
    return Section("trust", say("trust.heading"), trust_line(trust), notes=notes, folds=(details,))


def trust_line(trust: TrustFacts) -> str:
    """Sum all checks up in one line."""
    if trust.faults == ("constant",):
        return say("trust.constant")
    values = _values(trust)
    wrong = say("trust.and").join(say(f"trust.fault.{name}", **values) for name in trust.faults)
    good = [
        say(f"trust.ok.{part}", **values)
        for part, faults in _PARTS.items()
        if part not in trust.unchecked and not set(faults) & set(trust.faults)
    ]
    found = say("trust.and").join(good) or say("trust.nothing")
    return say(f"trust.{trust.state}", wrong=wrong, found=found)


def _values(trust: TrustFacts) -> dict[str, str]:
    """Write every figure that the line may name."""
    values = dict.fromkeys(
        ("largest", "change", "seeds", "backgrounds", "column", "real", "perturbed"), formats.NO_FIGURE
    )
    if trust.sums is not None:
        values["largest"] = _tiny(trust.sums.largest)
    if trust.stability is not None and trust.stability.largest > 0:
        item = trust.stability
        shares = {"seeds": item.seed_change, "backgrounds": item.background_change}
        values |= {name: figure(size / item.largest, "rate") for name, size in shares.items()}
        values["change"] = figure(max(shares.values()) / item.largest, "rate")
    if trust.background is not None:
        values["column"] = isolate(trust.background.column)
    if trust.manifold is not None and trust.manifold.uses:
        uses = trust.manifold.uses
        values["real"] = isolate(max(uses, key=lambda use: use.real - use.perturbed).column)
        values["perturbed"] = isolate(max(uses, key=lambda use: use.perturbed - use.real).column)
    return values


def _tiny(value: float) -> str:
    """Write a remainder, which is mostly rounding, in percentage points."""
    points = abs(value) * 100
    return "< 0.01" if points < 0.01 else f"{points:.2f}"


def _rows(trust: TrustFacts) -> Iterator[Row]:
    if trust.sums is not None:
        item = trust.sums
        found = say(
            "trust.check.sum.found",
            largest=_tiny(item.largest),
            count=formats.count(item.explanations),
            tolerance=f"{item.tolerance * 100:g}",
        )
        yield _row(trust, "sum", found)
    yield from _steady(trust)
    if trust.curves is not None:
        for name, gain in (
            ("deletion", trust.curves.deletion_gain),
            ("insertion", trust.curves.insertion_gain),
        ):
            text = formats.with_span(gain.value, gain.interval, "rate")
            found = say("trust.check.curve.found", gain=text, rows=formats.count(trust.curves.rows))
            yield _row(trust, name, found)
    if trust.background is not None:
        back = trust.background
        found = say(
            "trust.check.resemblance.found",
            statistic=f"{back.statistic:.3f}",
            p=formats.p_value(back.p_value),
            background=formats.count(back.background_rows),
            data=formats.count(back.data_rows),
            column=isolate(back.column),
        )
        yield _row(trust, "resemblance", found)
    if trust.manifold is not None:
        yield _row(trust, "off_manifold", _manifold(trust.manifold))


def _steady(trust: TrustFacts) -> Iterator[Row]:
    item = trust.stability
    if item is None:
        return
    for name, change, agreement in (
        ("seeds", item.seed_change, item.seed_agreement),
        ("backgrounds", item.background_change, item.background_agreement),
    ):
        found = say(
            "trust.check.steady.found",
            change=bare(change, "points"),
            largest=bare(item.largest, "points"),
            agreement=f"{agreement:.2f}".replace("-", "\u2212"),
            runs=item.runs,
            grouping=isolate(item.grouping),
        )
        yield _row(trust, name, found)


def _manifold(item: ManifoldFacts) -> str:
    return say(
        "trust.check.off_manifold.found",
        real=figure(item.real_r2, "rate"),
        perturbed=figure(item.perturbed_r2, "rate"),
        moved=figure(item.moved, "rate"),
        real_mean=figure(item.real_mean, "rate"),
        perturbed_mean=figure(item.perturbed_mean, "rate"),
        auc=figure(item.detector_auc, "rate"),
    )


def _row(trust: TrustFacts, name: str, found: str) -> Row:
    state = "fault" if name in trust.faults else "unchecked" if name in trust.unchecked else "ok"
    return Row(Cell(say(f"trust.check.{name}")), (Cell(found), Cell(say(f"trust.state.{state}"))))


def _charts(curves: CurvesFacts) -> Iterator[LineChart]:
    for name, own, chance in (
        ("deletion", curves.deletion, curves.random_deletion),
        ("insertion", curves.insertion, curves.random_insertion),
    ):
        middle = len(own) // 2
        yield LineChart(
            id=f"trust-{name}",
            title=say(f"trust.chart.{name}"),
            description=say(
                "trust.chart.described",
                own=figure(own[middle], "points"),
                random=figure(chance[middle], "points"),
            ),
            kind="points",
            series=(_series("trust.own", own), _series("trust.random", chance)),
        )


def _series(key: str, values: tuple[float, ...]) -> Series:
    points = tuple(Mean(float(place), round(value * 100, 2)) for place, value in enumerate(values))
    return Series(say(key), points)
