"""The Python face of Evenhand: audits from objects, arrays or files, and their results.

>>> import numpy as np
>>> rng = np.random.default_rng(0)
>>> sex = rng.choice(["F", "M"], 400)
>>> y_true = rng.integers(0, 2, 400)
>>> y_pred = np.where(sex == "M", y_true, y_true * rng.integers(0, 2, 400))
>>> result = audit_predictions(y_true, y_pred, sensitive_features={"sex": sex})
>>> worst = result.disparity("equal_opportunity_difference", "sex")
>>> worst.group, worst.reference, worst.interval.low > 0.3
(('F',), ('M',), True)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from .audit.answers import Answers, read_answers, write_template
from .audit.arrays import audit_cube, banded, check_cube, decisions
from .audit.card import Card, card_of
from .audit.compare import Comparison, compare_records
from .audit.dataset import open_dataset
from .audit.decisions import Ask, explain_table
from .audit.document import document
from .audit.files import writable_folder, write_atomically
from .audit.forms import DATASHEET, MODEL_CARD, Form
from .audit.init_settings import write_guess
from .audit.law_counts import law_record
from .audit.local_law import scored_arrays
from .audit.model import Model, load_model, wrap_model
from .audit.policy import Policy, load_policy
from .audit.record import read_record
from .audit.record_profiles import LawFacts
from .audit.roles import check_roles
from .audit.rows import Table, check_inputs
from .audit.run import Request, run_search
from .audit.settings import Settings, load_settings, merge, policy_of
from .audit.tables import open_tables
from .errors import InputError, ModelError, Problem, did_you_mean
from .explanations import Explanation
from .metrics.catalogue import CATALOGUE
from .metrics.tally import cube_of
from .result import Result

T = TypeVar("T")
Progress = Callable[[str, int, int], None]

__all__ = [
    "Result",
    "audit_file",
    "audit_model",
    "audit_predictions",
    "compare_audits",
    "explain_file",
    "explain_row",
    "local_law_144",
    "settings_from",
    "write_datasheet",
    "write_model_card",
    "write_questions",
    "write_settings",
]


def silent(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody of progress."""


def settings_from(source: str | Path, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Make settings of a settings file (``.toml``) or of a table, with overrides.

    Parameters
    ----------
    source : str or Path
        A settings file, or the table to audit.
    overrides : mapping, optional
        Settings by key; they win over the file.

    Raises
    ------
    SettingsError
        With every problem found.
    """
    given = dict(overrides or {})
    if Path(source).suffix == ".toml":
        return merge(load_settings(source, CATALOGUE), given)
    return merge(Settings(), {"data": str(source), **given})


def audit_file(settings: Settings | str | Path, *, progress: Progress = silent) -> Result:
    """Audit what a settings file names.

    Parameters
    ----------
    settings : Settings, str or Path
    progress : callable, optional
        Called with a stage, what is done of it and its total.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        With every problem of the settings, the table or the model; nothing is written.
    """
    chosen = settings if isinstance(settings, Settings) else settings_from(settings)
    return of_file(chosen, chosen.resolve("out"), progress)[0]


def of_file(chosen: Settings, out: Path | None, progress: Progress) -> tuple[Result, Any]:
    """Audit what settings name; give the result, and the model that a search chose, or else the given one."""
    with _results_folder(out):
        tables, model, policy, answers = _all_of(
            lambda: open_tables(chosen),
            lambda: _read(chosen, "model", lambda path: _model(_load(path, chosen), chosen)),
            lambda: _read(chosen, "policy", lambda path: load_policy(path, CATALOGUE)),
            lambda: _read(chosen, "answers", read_answers),
        )
        train = None if tables.train is None else Table(tables.train)
        limits = policy if policy is not None else policy_of(chosen, CATALOGUE)
        return _search(chosen, Table(tables.test), train, model, limits, answers, progress)


def _load(path: Path, settings: Settings) -> Model:
    return load_model(
        path,
        trusted=settings.trusted,
        columns=settings.model_columns,
        classes=settings.model_classes,
        output=settings.model_output,
    )


def _read(settings: Settings, key: str, read: Callable[[Path], T]) -> T | None:
    path = settings.resolve(key)
    # A file that is not there is told with the tables.
    return None if path is None or not path.is_file() else read(path)


def _model(model: Model, settings: Settings) -> Model:
    """Let a model give the scores that the settings declare."""
    model = replace(model, score_kind=settings.score_kind)
    if settings.score_kind == "real" and not model.has_scores:
        raise ModelError.of(
            "no_scores",
            "score_kind",
            f"real scores are those of decision_function, and {model.description} has none;"
            ' give another model, or write: score_kind = "probability"',
        )
    return model


def _all_of(*steps: Callable[[], Any]) -> list[Any]:
    """Take every step, and raise the problems of all of them at once."""
    results, errors = [], []
    for step in steps:
        try:
            results.append(step())
        except InputError as error:
            errors.append(error)
    if len(errors) > 1:
        raise InputError(problem for error in errors for problem in error.problems)
    if errors:
        raise errors[0]
    return results


@contextmanager
def _results_folder(folder: Path | None) -> Iterator[None]:
    """Prove before the work that results can be written; leave no empty folder behind if the work fails."""
    if folder is None:
        yield
        return
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    writable_folder(folder)
    try:
        yield
    except BaseException:
        with suppress(OSError):
            for path in made:
                path.rmdir()
        raise


def _search(  # noqa: PLR0917 - what was read, in the order of reading
    settings: Settings,
    test: Table,
    train: Table | None,
    model: Model | None,
    policy: Policy | None,
    answers: Answers | None,
    progress: Progress,
) -> tuple[Result, Any]:
    trained_on = None if train is None else train.dataset
    roles, *_ = _all_of(
        lambda: check_roles(test.dataset, settings, trained_on, model_given=model is not None),
        lambda: check_inputs(model, [test.dataset, *([] if trained_on is None else [trained_on])]),
    )
    request = Request(settings, roles, test, train, model, policy, answers)
    record, cube, found = run_search(request, progress)
    kept = None if model is None else model.estimator
    return Result(record, cube, settings), kept if found is None else found


def audit_model(
    model: Any,
    test: Any,
    *,
    target: str,
    sensitive_features: Sequence[str] | str,
    pos_label: Any = None,
    train: Any = None,
    policy: Any = None,
    progress: Progress = silent,
    **settings: Any,
) -> Result:
    """Audit a fitted model on a table.

    Parameters
    ----------
    model : estimator, torch module or callable
        Any object with ``predict_proba`` or ``predict`` that takes the table's feature columns; what
        `wrap_model` makes of a torch module or a function; with ``score_kind="real"`` one with
        ``decision_function``, whose scores are then audited.
    test : data frame
        Of pandas, polars, pyarrow or any library narwhals knows: features, label and sensitive columns.
    target : str
        Column of true labels.
    sensitive_features : str or sequence of str
        Columns whose groups are compared.
    pos_label : optional
        The label that counts as positive; needed unless labels are 0 and 1.
    train : data frame, optional
        Rows to train on again, for the mitigation.
    policy : str, Path, Policy or sequence of mappings, optional
        Limits to judge by.
    progress : callable, optional
        Called with a stage, what is done of it and its total.
    **settings
        Further settings, with the names of the settings file: ``bands={"age": [40]}``,
        ``reference={"sex": "M"}``, ...

    Returns
    -------
    Result

    Raises
    ------
    InputError
        With every problem found.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> rows = pd.DataFrame({"x": range(80), "sex": ["F", "M"] * 40, "hired": [0] * 40 + [1] * 40})
    >>> clf = LogisticRegression().fit(rows[["x"]], rows["hired"])
    >>> result = audit_model(clf, rows, target="hired", sensitive_features=["sex"])
    >>> result.by_group["selection_rate"].tolist()
    [0.5, 0.5]
    """
    given = {"target": target, "pos_label": plain_label(pos_label), **settings}
    return of_objects(model, test, train, sensitive_features, policy, given, progress)[0]


def of_objects(  # noqa: PLR0917 - what the caller gave, in the caller's order
    model: Any,
    test: Any,
    train: Any,
    sensitive_features: Sequence[str] | str,
    policy: Any,
    given: Mapping[str, Any],
    progress: Progress,
) -> tuple[Result, Any]:
    """Audit a model on tables; give the result, and the model that a search chose, or else the given one."""
    chosen = _with_limits(merge(Settings(), {"sensitive": _names(sensitive_features), **given}), policy)
    wrapped = wrap_model(
        model, chosen.model_columns or None, chosen.model_classes or None, output=chosen.model_output
    )
    tested, trained = _all_of(
        lambda: _table(test, "test", chosen),
        lambda: None if train is None else _table(train, "train", chosen),
    )
    result, found = _search(
        chosen,
        tested,
        trained,
        _model(wrapped, chosen),
        _policy(chosen, policy),
        None,
        progress,
    )
    return result.like(test), found


def explain_row(
    model: Any,
    table: Any,
    row: int | Sequence[int],
    *,
    pos_label: Any = None,
    sensitive_features: Sequence[str] | str = (),
    methods: Sequence[str] | None = None,
    background: int = 500,
    ways: int = 3,
    against: str = "approved",
    progress: Progress = silent,
    **settings: Any,
) -> Explanation:
    """Explain one decision of a model, or several.

    Parameters
    ----------
    model : estimator, or what else `audit_model` takes
    table : data frame
        All rows: those explained, and those that they are compared with.
    row : int or sequence of int
        Positions, counted from 0.
    pos_label : optional
        The label that counts as positive; needed unless the model's labels are 0 and 1.
    sensitive_features : str or sequence of str
        Columns that stay as they are in ways to another decision, and that are tried with other values.
    methods : sequence of {"shap", "lime", "occlusion", ...}, optional
        All that the model and the installed packages allow by default; for a network also
        "integrated_gradients", "deeplift" and "saliency".
    background : int
        Rows drawn from the table that SHAP and occlusion compare with.
    ways : int
        Ways to another decision that are looked for, each of another set of columns; 0 for none.
    against : {"approved", "threshold", "all"}
        Whom principal reasons for a refusal compare with: approved rows, those of them at or little above
        the threshold, or all rows.
    progress : callable, optional
    **settings
        Further settings, with the names of the settings file: ``threshold``, ``seed``,
        ``recourse={"monotone": {"age": "up"}}``, ``proxies``, ``drop``, ...

    Returns
    -------
    Explanation

    Raises
    ------
    InputError
        With every problem found: no such row, a label that is not named, an unknown method, ...
    ModelError
        The model fails on the rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> rows = pd.DataFrame({"pay": [1, 2, 3, 4] * 20, "shoe": range(80)})
    >>> clf = DecisionTreeClassifier().fit(rows, rows["pay"] > 2)
    >>> found = explain_row(clf, rows, 4, methods=["shap"]).record.decisions[0]
    >>> found.selected, [reason.column for reason in found.reasons]
    (False, ['pay'])
    >>> [(change.column, change.after) for change in found.ways[0].changes]
    [('pay', 3)]
    """
    given = {"pos_label": plain_label(pos_label), "sensitive": _names(sensitive_features), **settings}
    chosen = merge(Settings(), given)
    ask = Ask(
        rows=_positions(row),
        methods=None if methods is None else tuple(methods),
        background=background,
        ways=ways,
        against=against,
    )
    wrapped = wrap_model(
        model, chosen.model_columns or None, chosen.model_classes or None, output=chosen.model_output
    )
    return Explanation(explain_table(_table(table, "table", chosen), wrapped, chosen, ask, progress))


def explain_file(settings: Settings | str | Path, ask: Ask, *, progress: Progress = silent) -> Explanation:
    """Explain decisions of the model on the rows that settings name.

    Parameters
    ----------
    settings : Settings, str or Path
    ask : Ask
        Which decisions, and how.
    progress : callable, optional

    Returns
    -------
    Explanation

    Raises
    ------
    InputError
        With every problem of the settings, the table, the model or the question.
    """
    chosen = settings if isinstance(settings, Settings) else settings_from(settings)
    tables, model = _all_of(
        lambda: open_tables(chosen),
        lambda: _read(chosen, "model", lambda path: _load(path, chosen)),
    )
    if model is None:
        message = 'an explanation asks a model about rows; name its file, as in model = "model.skops"'
        raise InputError.of("no_model", "model", message)
    return Explanation(explain_table(Table(tables.test), model, chosen, ask, progress))


def audit_predictions(
    y_true: Any,
    y_pred: Any = None,
    *,
    sensitive_features: Any,
    y_score: Any = None,
    control_features: Any = None,
    sample_weight: Any = None,
    pos_label: Any = None,
    policy: Any = None,
    **settings: Any,
) -> Result:
    """Audit decisions or scores, without a model.

    Parameters
    ----------
    y_true : array-like of shape (rows,) or None
        True labels; None where they are not known (then only selection is measured).
    y_pred : array-like of shape (rows,), optional
        Decisions; made of ``y_score`` and ``threshold`` where not given.
    sensitive_features : series, frame, mapping or array
    y_score : array-like of shape (rows,), optional
        Probabilities in [0, 1]; with ``score_kind="real"`` any finite numbers.
    control_features : like ``sensitive_features``, optional
    sample_weight : array-like of shape (rows,), optional
    pos_label, policy, **settings
        As in `audit_model`.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        With every problem found: lengths or indexes that differ, labels that are not declared, probabilities
        given as decisions, ...
    """
    chosen = _with_limits(merge(Settings(), settings), policy)
    features, controls = _all_of(
        lambda: banded(sensitive_features, chosen),
        lambda: None if control_features is None else banded(control_features, chosen, "control_feature"),
    )
    cube = cube_of(
        y_true,
        y_pred if y_pred is not None or y_score is None else decisions(y_score, chosen.threshold),
        sensitive_features=features,
        control_features=controls,
        y_score=y_score,
        sample_weight=sample_weight,
        weight_kind=chosen.weight_kind,
        pos_label=pos_label,
        grid=chosen.grid,
    )
    check_cube(cube)
    names = cube.of_role("sensitive")
    chosen = merge(chosen, {"sensitive": names, "control": cube.of_role("control")})
    scored = scored_arrays(y_score, features, sample_weight, chosen)
    record = audit_cube(
        cube,
        chosen,
        _policy(chosen, policy),
        pos_label=pos_label,
        has_threshold=y_pred is None,
        scored=scored,
    )
    return Result(record, cube, chosen).like(sensitive_features)


def compare_audits(records: Sequence[str | Path], out_file: str | Path | None = None) -> Comparison:
    """Hold audits against the first: what got better, what got worse, what is within noise.

    Parameters
    ----------
    records : sequence of str or Path
        Record files, the oldest first; public records will do.
    out_file : str or Path, optional
        Where to write the page.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        A record cannot be read, or the audits share no attribute; all unreadable ones are told at once.
    OutputError
        The page cannot be written.
    """
    from .reports.html import render_comparison  # noqa: PLC0415 - templates load only when a page is made

    found = compare_records(_all_of(*(partial(read_record, path) for path in records)))
    if out_file is not None:
        write_atomically(out_file, render_comparison(found))
    return found


@dataclass(frozen=True)
class Written:
    """A datasheet or a model card that was written.

    Parameters
    ----------
    files : tuple of Path
    headline : str
        How many prompts have an answer.
    unanswered : tuple of str
        Ids of the prompts without one.
    lacking : tuple of str
        Required ids that have no answer, or one in part with the rest open.
    """

    files: tuple[Path, ...]
    headline: str
    unanswered: tuple[str, ...]
    lacking: tuple[str, ...] = ()


def write_datasheet(
    settings: Settings | str | Path,
    out_folder: str | Path | None = None,
    *,
    formats: Sequence[str] = ("html",),
    split: str | None = None,
    title: str | None = None,
) -> Written:
    """Write the datasheet of a table: what the data can answer, and what people did.

    Parameters
    ----------
    settings : Settings, str or Path
        Settings, a settings file, or the table itself; no role need be given.
    out_folder : str or Path, optional
        The settings' ``out`` by default.
    formats : sequence of {"html", "md", "hf", "croissant"}
    split : str, optional
        The column that tells splits apart, where the settings name none.
    title : str, optional
        The data set's name; that of the answers by default, else the file's.

    Returns
    -------
    Written

    Raises
    ------
    InputError
        With every problem of the settings, the table or the answers, and for Croissant with what is lacking;
        nothing is written then.
    OutputError
        The folder cannot be written.
    """
    from .reports.datasheet_files import DATASHEET_WRITERS, Sheet  # noqa: PLC0415 - templates load only now

    _refuse_formats(formats, DATASHEET_WRITERS)
    chosen = settings if isinstance(settings, Settings) else settings_from(settings)
    path = chosen.resolve("answers")
    documented, answers = _all_of(
        lambda: document(chosen, split=split),
        lambda: None if path is None else read_answers(path, DATASHEET),
    )
    sheet = Sheet(documented.named(answers, title))
    files = {name: write(sheet) for key, (name, write) in DATASHEET_WRITERS.items() if key in formats}
    folder = out_folder if out_folder is not None else chosen.resolve("out") or Path("report")
    return Written(
        _write_all(folder, files),
        sheet.page.headline,
        sheet.page.unanswered,
        sheet.unanswered(chosen.require_answers),
    )


def write_model_card(
    record: str | Path | Result,
    out_folder: str | Path = "report",
    *,
    answers: str | Path | None = None,
    formats: Sequence[str] = ("html",),
) -> Written:
    """Write the model card of an audit: its nine sections from the record and from what people answered.

    Parameters
    ----------
    record : str, Path or Result
        A record file, or a result; what pages withhold is left out, and a public record will do.
    out_folder : str or Path
    answers : str or Path, optional
        The card's answers file.
    formats : sequence of {"html", "md", "hf"}

    Returns
    -------
    Written

    Raises
    ------
    InputError
        The record or the answers cannot be read; all problems at once.
    OutputError
        The folder cannot be written.
    """
    from .reports.model_card_files import CARD_WRITERS, card_page  # noqa: PLC0415 - templates load only now

    _refuse_formats(formats, CARD_WRITERS)
    found, given = _all_of(
        lambda: record.record if isinstance(record, Result) else read_record(record),
        lambda: None if answers is None else read_answers(answers, MODEL_CARD),
    )
    card: Card = card_of(found, given)
    page = card_page(card)
    files = {name: write(card) for key, (name, write) in CARD_WRITERS.items() if key in formats}
    return Written(_write_all(out_folder, files), page.headline, page.unanswered)


def write_questions(path: str | Path, *, form: Form = DATASHEET) -> Answers:
    """Write an answers file with every question of a form in it; what was answered there already stays.

    Parameters
    ----------
    path : str or Path
    form : Form
        ``DATASHEET`` or ``MODEL_CARD``.

    Raises
    ------
    InputError
        The existing file breaks a rule; it is left as it is.
    OutputError
        The file cannot be written.
    """
    return write_template(path, form=form)


def _refuse_formats(formats: Sequence[str], known: Mapping[str, Any]) -> None:
    if unknown := [name for name in formats if name not in known]:
        raise InputError(
            Problem("unknown_format", "format", f"no format is called {name!r}; {did_you_mean(name, known)}")
            for name in unknown
        )


def _write_all(folder: str | Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    target = writable_folder(folder)
    return tuple(write_atomically(target / name, text) for name, text in files.items())


def _names(features: Any) -> tuple[Any, ...]:
    """List the columns named, whatever they are; the settings judge them."""
    listed = isinstance(features, Iterable) and not isinstance(features, str)
    return tuple(features) if listed else () if features is None else (features,)


def _positions(row: Any) -> tuple[int, ...]:
    found = np.ravel(np.asarray(row))
    if found.size and found.dtype.kind not in "iu":
        message = f"rows are counted from 0, so a row is a whole number, got {row!r}; choose one by its place"
        raise InputError.of("unknown_row", "row", message)
    return tuple(int(one) for one in found)


def local_law_144(
    counts: Any,
    out_file: str | Path | None = None,
    *,
    title: str | None = None,
    privacy_minimum: int | None = None,
    level: float | None = None,
    **local_law: Any,
) -> LawFacts:
    """Make the summary of New York City's Local Law 144 from counts alone.

    Parameters
    ----------
    counts : path of a CSV file, data frame or mapping
        One row a category: ``sex`` and ``race`` (or one of them, or ``category``), ``n`` people, and
        ``selected`` of them, or ``above_median`` for those who scored above the median of all. An empty
        category is unknown.
    out_file : str or Path, optional
        Where to write the page.
    title, privacy_minimum, level : optional
        As in the settings file.
    **local_law
        Keys of the settings' table ``local_law``: ``tool="Screener"``, ``publish_all=True``, ...

    Returns
    -------
    LawFacts
        The figures of every axis; what a page withholds is marked, not taken out.

    Raises
    ------
    InputError
        With every problem of the table or the texts.
    OutputError
        The page cannot be written.

    Examples
    --------
    >>> found = local_law_144({"sex": ["Male", "Female"], "n": [1390, 1181], "selected": [667, 555]})
    >>> [(one.name, round(one.ratio.value, 3)) for one in found.axes[0].categories]
    [('Female', 0.979), ('Male', 1.0)]
    """
    from .reports.local_law_144 import render_local_law  # noqa: PLC0415 - templates load late

    given = {"title": title, "privacy_minimum": privacy_minimum, "level": level, "local_law": local_law}
    record = law_record(counts, merge(Settings(), given))
    found = next(item.local_law for item in record.profiles if item.local_law is not None)
    if out_file is not None:
        write_atomically(out_file, render_local_law(record))
    return found


def plain_label(value: Any) -> Any:
    """Turn a label of numpy's into one of Python's."""
    return value.item() if hasattr(value, "item") else value


def _table(frame: Any, name: str, settings: Settings) -> Table:
    import pandas as pd  # noqa: PLC0415 - to tell a pandas frame, which the model is then asked with as it is

    dataset = open_dataset(frame, name=name, missing=settings.missing)
    keep = isinstance(frame, pd.DataFrame) and not settings.missing
    return Table(dataset, frame if keep else None)


def _with_limits(settings: Settings, policy: Any) -> Settings:
    if policy is None or isinstance(policy, str | Path | Policy):
        return settings
    if isinstance(policy, Sequence):
        return merge(settings, {"limit": tuple(policy)})
    message = (
        f"a policy is a file, a Policy or a list of limits, got {type(policy).__name__};"
        ' write for example: policy=[{"metric": "accuracy", "attribute": "sex", "min": 0.8}]'
    )
    raise InputError.of("wrong_type", "policy", message)


def _policy(settings: Settings, policy: Any) -> Policy | None:
    if isinstance(policy, Policy):
        return policy
    if isinstance(policy, str | Path):
        return load_policy(policy, CATALOGUE)
    return policy_of(settings, CATALOGUE)


def write_settings(data: str | Path, out_file: str | Path, *, encoding: str = "utf-8") -> Path:
    """Write a commented settings file with guessed roles; an existing file is not touched.

    Raises
    ------
    InputError
        The table cannot be read, or the file exists.
    """
    dataset = open_dataset(data, encoding=encoding)
    from_there = Path(os.path.relpath(data, Path(out_file).parent)).as_posix()
    return write_guess(dataset, out_file, from_there, encoding=encoding)
