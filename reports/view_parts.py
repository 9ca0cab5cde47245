"""The plain pieces of a page: text, marks, tables and the data of charts. No HTML, no arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .formats import Kind

Tone = Literal["pass", "fail", "inconclusive", "undefined", "plain", "small", "reference", "muted"]


@dataclass(frozen=True)
class Mark:
    """A state that is told by a symbol and a word, and only then by a colour."""

    tone: Tone
    symbol: str
    word: str


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Parameters
    ----------
    text : str
        What stands in the cell.
    sub : str
        A second, smaller line: an interval, a reason.
    marks : tuple of Mark
    link : str
        Anchor on the same page, without ``#``.
    title : str
        The full text where ``text`` was shortened.
    """

    text: str
    sub: str = ""
    marks: tuple[Mark, ...] = ()
    link: str = ""
    title: str = ""


@dataclass(frozen=True)
class Column:
    """A column's heading; ``link`` leads to the glossary."""

    text: str
    link: str = ""
    number: bool = True


@dataclass(frozen=True)
class Row:
    """One row: the cell that names it, and the others."""

    head: Cell
    cells: tuple[Cell, ...]
    tone: Tone = "plain"


@dataclass(frozen=True)
class Table:
    """A table with a caption; ``more`` holds the rows that stand folded away under ``more_label``."""

    id: str
    caption: str
    corner: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    more: tuple[Row, ...] = ()
    more_label: str = ""


@dataclass(frozen=True)
class Dot:
    """A figure with its interval, in the units that are printed; None where there is no figure."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    text: str
    tone: Tone = "plain"
    limit: float | None = None
    chance: float | None = None


@dataclass(frozen=True)
class DotChart:
    """Dots with intervals, one line each.

    Parameters
    ----------
    id : str
        Of the figure on the page.
    title : str
    description : str
        The text alternative: what the picture shows, in a sentence or two.
    kind : Kind
        The units of the axis.
    dots : tuple of Dot
    rule : float or None
        Where a vertical line stands (the figure of everybody, or the fair value).
    rule_label : str
    domain : tuple of float or None
        Ends of the axis; None leaves it to the data.
    """

    id: str
    title: str
    description: str
    kind: Kind
    dots: tuple[Dot, ...]
    rule: float | None = None
    rule_label: str = ""
    domain: tuple[float, float] | None = None


@dataclass(frozen=True)
class BarChart:
    """Bars from zero with intervals: contributions to a gap."""

    id: str
    title: str
    description: str
    kind: Kind
    bars: tuple[Dot, ...]


@dataclass(frozen=True)
class Pair:
    """A figure before and after."""

    label: str
    before: Dot
    after: Dot


@dataclass(frozen=True)
class PairChart:
    """Before and after, one line each."""

    id: str
    title: str
    description: str
    kind: Kind
    pairs: tuple[Pair, ...]
    rule: float | None = None


@dataclass(frozen=True)
class Mean:
    """A point of a line: where it stands, and its interval where there is one."""

    at: float
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Series:
    """The line of one group."""

    label: str
    points: tuple[Mean, ...]


@dataclass(frozen=True)
class LineChart:
    """Lines over a column's values, one a group.

    Parameters
    ----------
    id, title, description : str
    kind : Kind
        The units of the values.
    series : tuple of Series
        Each told by its shape and dash, and named beside the picture.
    ticks : tuple of str
        Names of the places 0, 1, ... where they are categories; then points are drawn without lines. Empty
        for numbers.
    """

    id: str
    title: str
    description: str
    kind: Kind
    series: tuple[Series, ...]
    ticks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """A point of a map, named where ``label`` is not empty."""

    label: str
    x: float
    y: float


@dataclass(frozen=True)
class MapChart:
    """Points by two figures.

    Parameters
    ----------
    id, title, description : str
    spots : tuple of Place
    x_title, y_title : str
    domain : tuple of float
        Ends of the horizontal axis; the vertical one starts at 0 and is in per cent.
    """

    id: str
    title: str
    description: str
    spots: tuple[Place, ...]
    x_title: str
    y_title: str
    domain: tuple[float, float]


@dataclass(frozen=True)
class Spot:
    """A point of a scatter chart, in the units that are printed.

    ``series`` is its place among the chart's series, ``label`` stands beside it where it is not empty.
    """

    x: float
    y: float
    series: int
    label: str = ""


@dataclass(frozen=True)
class ScatterChart:
    """Points in two directions, a shape and a colour for each series.

    Parameters
    ----------
    id : str
    title : str
    description : str
        The text alternative.
    x_title, y_title : str
        Of the axes; both empty where the directions mean nothing by themselves, and no axis is drawn.
    kinds : (Kind, Kind)
        The units of the axes.
    series : tuple of str
        Names for the legend.
    spots : tuple of Spot
    """

    id: str
    title: str
    description: str
    x_title: str
    y_title: str
    kinds: tuple[Kind, Kind]
    series: tuple[str, ...]
    spots: tuple[Spot, ...]


@dataclass(frozen=True)
class FrontierDot:
    """One way to train, in the units that are printed; ``front``: the Pareto line runs through it."""

    label: str
    name: str
    x: float
    x_low: float | None
    x_high: float | None
    y: float
    y_low: float | None
    y_high: float | None
    kind: Literal["chosen", "unmitigated", "pareto", "dominated"]
    front: bool


@dataclass(frozen=True)
class FrontierChart:
    """A score against a disparity.

    Parameters
    ----------
    id, title, description : str
    x_title, y_title : str
        Names of the axes.
    x_kind, y_kind : Kind
    x_domain, y_domain : tuple of float
        Ends of the axes.
    dots : tuple of FrontierDot
    limit : float or None
        Where the limit on the disparity stands.
    """

    id: str
    title: str
    description: str
    x_title: str
    y_title: str
    x_kind: Kind
    y_kind: Kind
    x_domain: tuple[float, float]
    y_domain: tuple[float, float]
    dots: tuple[FrontierDot, ...]
    limit: float | None = None


Chart = DotChart | BarChart | PairChart | ScatterChart | LineChart | MapChart | FrontierChart


@dataclass(frozen=True)
class Fact:
    """A line of "what was audited"; ``code`` is a fingerprint."""

    label: str
    text: str
    code: str = ""


@dataclass(frozen=True)
class Fold:
    """What stands folded away under ``label``, and how much of it is printed.

    Parameters
    ----------
    label : str
    lead : str
        One sentence on what is seen.
    charts, tables, notes
    printed : {"whole", "plain", "not"}
        All of it, all but its tables, or nothing.
    """

    label: str
    lead: str = ""
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    printed: Literal["whole", "plain", "not"] = "whole"


@dataclass(frozen=True)
class Section:
    """A part of the page: heading, one sentence on what is seen, pictures, tables, parts, notes, folds.

    ``panel`` marks the small parts that stand side by side where there is room.
    """

    id: str
    heading: str
    intro: str
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    folds: tuple[Fold, ...] = ()
    panel: bool = False


@dataclass(frozen=True)
class VerdictLine:
    """What the policy says of one figure, in words."""

    mark: Mark
    claim: str
    found: str
    words: str
    link: str


@dataclass(frozen=True)
class Term:
    """A metric's entry in the glossary."""

    id: str
    name: str
    plain: str
    formula: str
    fair: str
    source: str


@dataclass(frozen=True)
class WhatIfPart:
    """One attribute whose thresholds can be moved: its groups at the threshold in use, and their gaps.

    ``sliders`` names each group's slider; ``at`` is its place now, ``most`` the last one.
    """

    id: str
    heading: str
    all_label: str
    sliders: tuple[str, ...]
    at: int
    most: int
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    gap_caption: str
    gap_columns: tuple[Column, ...]
    gap_rows: tuple[Row, ...]
    note: str


@dataclass(frozen=True)
class WhatIf:
    """The section where thresholds can be moved; ``data`` is JSON for the page's script."""

    id: str
    heading: str
    intro: str
    notes: tuple[str, ...]
    parts: tuple[WhatIfPart, ...]
    data: str


@dataclass(frozen=True)
class Page:
    """The whole report."""

    title: str
    kicker: str
    subject: str
    mark: Mark | None
    headline: str
    summary: str
    lines: tuple[VerdictLine, ...]
    rule: str
    decide: tuple[str, ...]
    facts: tuple[Fact, ...]
    picture: Section
    unknown: Section
    matrix: Section
    groupings: tuple[Section, ...]
    further: tuple[Section, ...]
    reasons: tuple[Section, ...]
    """What only some audits hold: comparisons of like with like, slices, proxies, the model as a whole."""
    what_if: WhatIf | None
    explanations: Section
    mitigation: Section
    profiles: Section | None
    methods: Section
    method_facts: tuple[Fact, ...]
    glossary: tuple[Term, ...]
    footer: tuple[str, ...]
