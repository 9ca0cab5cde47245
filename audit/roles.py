"""Which column plays which part, and whether it can: all problems are found at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from ..errors import InputError, Problem, did_you_mean
from ..metrics.grid import Grid
from .column_checks import check_grouping, check_prediction, check_score, check_target, check_weight, lacking
from .dataset import Dataset, unknown_columns
from .labels import resolve_label
from .scan import ColumnFacts, scan
from .settings import ScoreKind, Settings


@dataclass(frozen=True)
class Roles:
    """What each column is for, checked against the data.

    Parameters
    ----------
    target, prediction, score, weight, id : str or None
        Columns.
    pos_label : object
        The positive label as the target holds it, with its type; None without a target.
    pos_prediction : object
        The same as the prediction holds it.
    labels : tuple
        The target's values.
    sensitive, control : tuple of str
    intersections : tuple of tuple of str
    bands : dict of str to tuple of float
        Edges, for the columns that are banded.
    whole : dict of str to bool
        Whether a banded column holds whole numbers only, so that a band can be called "40 to 64".
    score_kind : {"probability", "real"}
    grid : Grid
        How scores are counted; the threshold is one of its edges.
    features : tuple of str
        The columns that a model may be given: all that have no part of their own, and the sensitive ones.
    """

    target: str | None = None
    pos_label: Any = None
    labels: tuple[Any, ...] = ()
    sensitive: tuple[str, ...] = ()
    intersections: tuple[tuple[str, ...], ...] = ()
    control: tuple[str, ...] = ()
    prediction: str | None = None
    pos_prediction: Any = None
    score: str | None = None
    threshold: float = 0.5
    score_kind: ScoreKind = "probability"
    grid: Grid = field(default_factory=Grid)
    weight: str | None = None
    weight_kind: str = "survey"
    id: str | None = None
    bands: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    whole: Mapping[str, bool] = field(default_factory=dict)
    features: tuple[str, ...] = ()

    @property
    def groupings(self) -> tuple[tuple[str, ...], ...]:
        """Every attribute by itself, then the intersections."""
        return (*((name,) for name in self.sensitive), *self.intersections)


def check_roles(
    dataset: Dataset, settings: Settings, train: Dataset | None = None, *, model_given: bool = False
) -> Roles:
    """Hold the settings against the data, and say who plays which part.

    Parameters
    ----------
    dataset : Dataset
        The rows to audit.
    settings : Settings
    train : Dataset, optional
        The rows to train on.
    model_given : bool
        Whether a model comes as an object, and not by the settings.

    Raises
    ------
    InputError
        With every problem at once.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from evenhand.audit.dataset import open_dataset
    >>> data = open_dataset(pa.table({"y": [0, 1, 1], "p": [0, 1, 0], "sex": ["F", "M", "F"]}))
    >>> roles = check_roles(data, Settings(target="y", prediction="p", sensitive=("sex",)))
    >>> roles.pos_label, roles.pos_prediction, roles.groupings
    (1, 1, (('sex',),))
    """
    problems = [*_plan(settings, model_given=model_given), *_absent(dataset, settings)]
    rows, facts = scan(dataset, *_wanted(dataset, settings))
    if rows == 0:
        problems.append(
            Problem("empty_table", dataset.name, "an audit needs rows, but the table has none; check it")
        )
        raise InputError(problems)
    labels, found = _labels(settings, facts)
    problems += [*found, *_columns(settings, facts)]
    if train is not None:
        problems += _check_train(train, settings, labels.positive)
    if problems:
        raise InputError(problems)
    return _roles(settings, facts, labels, dataset.columns)


def crossings(settings: Settings) -> tuple[tuple[str, ...], ...]:
    """Return the intersections of an audit: those in the settings, else every pair of sensitive columns.

    Examples
    --------
    >>> crossings(Settings(sensitive=("sex", "race")))
    (('sex', 'race'),)
    >>> crossings(Settings(sensitive=("sex", "race"), intersections=()))
    ()
    """
    if settings.intersections is not None:
        return settings.intersections
    return tuple(combinations(settings.sensitive, 2))


def _parts(settings: Settings) -> list[tuple[str, str]]:
    """List every column that the settings name, with the key that names it."""
    single = ("target", "prediction", "score", "weight", "id")
    parts = [(key, getattr(settings, key)) for key in single if getattr(settings, key) is not None]
    for key in ("sensitive", "control"):
        parts += [(f"{key}[{position}]", name) for position, name in enumerate(getattr(settings, key))]
    return parts + ([("split.column", settings.split.column)] if settings.split else [])


def _plan(settings: Settings, *, model_given: bool) -> Iterator[Problem]:
    """Problems that can be seen without the data."""
    if not settings.sensitive:
        yield Problem(
            "no_sensitive", "sensitive", 'an audit needs a sensitive column; write: sensitive = ["sex"]'
        )
    model = model_given or settings.model is not None
    if not model and settings.prediction is None and settings.score is None:
        message = "an audit needs decisions; name a prediction column, a score column or a model"
        yield Problem("no_decisions", "prediction", message)
    if model and (settings.prediction is not None or settings.score is not None):
        message = "decisions come from the model or from columns, not from both; remove one of the two"
        yield Problem("two_decisions", "model", message)
    if settings.target is None and model:
        message = "the label that the model predicts must be named; write: target = ..."
        yield Problem("no_target", "target", message)
    keys: dict[str, list[str]] = {}
    for key, name in _parts(settings):
        keys.setdefault(name, []).append(key)
    for name, used in keys.items():
        if len(used) > 1:
            message = f"a column plays one part, but {name!r} is also {', '.join(used[1:])}; keep one of them"
            yield Problem("two_roles", used[0], message)
    yield from _unknown_members(settings)


def _unknown_members(settings: Settings) -> Iterator[Problem]:
    for position, members in enumerate(settings.intersections or ()):
        for name in members:
            if name not in settings.sensitive:
                message = f"an intersection joins sensitive columns, got {name!r}"
                where = f"intersections[{position}]"
                yield Problem("not_sensitive", where, f"{message}; {did_you_mean(name, settings.sensitive)}")
    banded = (*settings.sensitive, *settings.control)
    for name in settings.bands:
        if name not in banded:
            message = (
                f"bands are for sensitive and control columns, got {name!r}; {did_you_mean(name, banded)}"
            )
            yield Problem("not_sensitive", f"bands.{name}", message)


def _absent(dataset: Dataset, settings: Settings) -> list[Problem]:
    extra = [(f"drop[{position}]", name) for position, name in enumerate(settings.drop)]
    extra += [(f"proxies[{position}]", name) for position, name in enumerate(settings.proxies)]
    extra += [(f"search[{position}]", name) for position, name in enumerate(settings.search)]
    extra += [(f"global_columns[{position}]", name) for position, name in enumerate(settings.global_columns)]
    return [
        problem
        for key, name in [*_parts(settings), *extra]
        for problem in unknown_columns([name], dataset.columns, f"{key} ({dataset.name})")
    ]


def _wanted(dataset: Dataset, settings: Settings) -> tuple[list[str], list[str]]:
    """Return the columns to look at, and those whose distinct values count."""
    there = [(key, name) for key, name in _parts(settings) if name in dataset.columns]
    counted = ("target", "prediction", "sensitive", "control")
    looked = [name for key, name in there if key not in {"id", "split.column"}]
    return looked, [name for key, name in there if key.startswith(counted)]


@dataclass(frozen=True)
class _Labels:
    values: tuple[Any, ...] = ()
    positive: Any = None
    predicted: Any = None


def _labels(settings: Settings, facts: Mapping[str, ColumnFacts]) -> tuple[_Labels, list[Problem]]:
    """Check the target and the prediction; a column that is not there has its problem already."""
    values, positive, predicted, problems = tuple[Any, ...](), settings.pos_label, None, list[Problem]()
    target, prediction = facts.get(settings.target or ""), facts.get(settings.prediction or "")
    if target is not None:
        values = target.values
        positive, problems = check_target(target, settings.pos_label)
    if prediction is not None:
        predicted, found = check_prediction(prediction, values, positive)
        # Without a positive label it is the target that must be mended first.
        known = target is None or positive is not None
        problems += [item for item in found if known or item.code != "unknown_decision"]
    return _Labels(values, positive, predicted), problems


def _columns(settings: Settings, facts: Mapping[str, ColumnFacts]) -> Iterator[Problem]:
    score, weight = facts.get(settings.score or ""), facts.get(settings.weight or "")
    if score is not None:
        yield from check_score(score, settings.score_kind)
    if weight is not None:
        yield from check_weight(weight, settings.weight_kind)
    for key, name in _parts(settings):
        if key.startswith(("sensitive", "control")) and name in facts:
            yield from check_grouping(key, facts[name], settings.bands.get(name))


def _roles(
    settings: Settings, facts: Mapping[str, ColumnFacts], labels: _Labels, columns: Sequence[str]
) -> Roles:
    s = settings
    taken = {s.target, s.prediction, s.score, s.weight, s.id, *s.drop, s.split.column if s.split else None}
    return Roles(
        target=s.target, pos_label=labels.positive, labels=labels.values,
        sensitive=s.sensitive, intersections=crossings(s), control=s.control,
        prediction=s.prediction, pos_prediction=labels.predicted, score=s.score, threshold=s.threshold,
        score_kind=s.score_kind, grid=s.grid,
        weight=s.weight, weight_kind=s.weight_kind, id=s.id, bands=dict(s.bands),
        whole={name: facts[name].whole for name in s.bands},
        features=tuple(name for name in columns if name not in taken),
    )  # fmt: skip


def _check_train(train: Dataset, settings: Settings, pos_label: Any) -> list[Problem]:
    named = [("target", settings.target)] if settings.target else []
    named += [(f"sensitive[{position}]", name) for position, name in enumerate(settings.sensitive)]
    problems = [
        problem
        for key, name in named
        for problem in unknown_columns([name], train.columns, f"{key} (training rows, {train.name})")
    ]
    if settings.target is None or settings.target not in train.columns:
        return problems
    rows, facts = scan(train, [settings.target], [settings.target])
    fact = facts[settings.target]
    if rows == 0 or fact.distinct < 2:
        message = f"training needs rows of two classes at least, got {rows} rows and {fact.distinct} classes"
        return [
            *problems,
            Problem("one_class", f"train ({train.name})", f"{message}; check the training rows"),
        ]
    if fact.missing:
        problems.append(lacking(f"train ({train.name})", fact, "take the rows without a label out"))
    if pos_label is not None:
        try:
            resolve_label(pos_label, fact.values, f"pos_label (training rows, {train.name})")
        except InputError as error:
            problems += error.problems
    return problems
