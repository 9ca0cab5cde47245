"""Documents from Python: datasheets, model cards, audits side by side, the summary of Local Law 144."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from .audit.answers import Answers, read_answers, write_template
from .audit.card import Card, card_of
from .audit.compare import Comparison, compare_records
from .audit.document import document
from .audit.files import writable_folder, write_atomically
from .audit.forms import DATASHEET, MODEL_CARD, Form
from .audit.law_counts import law_record
from .audit.record import read_record
from .audit.record_profiles import LawFacts
from .audit.settings import Settings, merge
from .errors import InputError, Problem, all_of, did_you_mean
from .reading import settings_from
from .result import Result


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


def compare_audits(
    records: Sequence[str | Path], out_file: str | Path | None = None, language: str | None = None
) -> Comparison:
    """Hold audits against the first: what got better, what got worse, what is within noise.

    Parameters
    ----------
    records : sequence of str or Path
        Record files, the oldest first; public records will do.
    out_file : str or Path, optional
        Where to write the page.
    language : {"en", "de", "zh"}, optional
        Of the page; English by default.

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

    found = compare_records(all_of(*(partial(read_record, path) for path in records)))
    if out_file is not None:
        write_atomically(out_file, render_comparison(found, language))
    return found


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
    from .reports.datasheet_files import DATASHEET_WRITERS, SHEET_PAGES, Sheet  # noqa: PLC0415 - only now
    from .reports.language import ENGLISH, written_in  # noqa: PLC0415

    _refuse_formats(formats, DATASHEET_WRITERS)
    chosen = settings if isinstance(settings, Settings) else settings_from(settings)
    path = chosen.resolve("answers")
    documented, answers = all_of(
        lambda: document(chosen, split=split),
        lambda: None if path is None else read_answers(path, DATASHEET),
    )
    sheet = Sheet(documented.named(answers, title))
    files = {}
    for key, (name, write) in DATASHEET_WRITERS.items():
        if key in formats:
            # What a program reads stays English, and so does what the terminal says.
            with written_in(chosen.language if key in SHEET_PAGES else ENGLISH):
                files[name] = write(Sheet(documented.named(answers, title)))
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
    language: str | None = None,
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
    language : {"en", "de", "zh"}, optional
        By default the one that the audit's settings name.

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
    from .reports.bands import with_bands  # noqa: PLC0415
    from .reports.language import language_of, written_in  # noqa: PLC0415
    from .reports.model_card_files import CARD_WRITERS, card_page  # noqa: PLC0415 - templates load only now

    _refuse_formats(formats, CARD_WRITERS)
    found, given = all_of(
        lambda: record.record if isinstance(record, Result) else read_record(record),
        lambda: None if answers is None else read_answers(answers, MODEL_CARD),
    )
    page = card_page(card_of(found, given))
    with written_in(language_of(found.settings, language)):
        card: Card = card_of(with_bands(found), given)
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


def _refuse_formats(formats: Sequence[str], known: Mapping[str, Any]) -> None:
    if unknown := [name for name in formats if name not in known]:
        raise InputError(
            Problem("unknown_format", "format", f"no format is called {name!r}; {did_you_mean(name, known)}")
            for name in unknown
        )


def _write_all(folder: str | Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    target = writable_folder(folder)
    return tuple(write_atomically(target / name, text) for name, text in files.items())
