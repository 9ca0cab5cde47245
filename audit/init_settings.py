"""A first settings file for a table: guessed roles, each with its reason, for a person to correct."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import OutputError, Problem
from .column_checks import MOST_LEVELS, is_zero_one, shown, toml_value
from .dataset import Dataset
from .files import write_atomically
from .scan import ColumnFacts, scan

SENSITIVE = (
    "sex", "gender", "race", "ethnic", "ethnicity", "age", "religion", "religious", "disability", "disabled",
    "nationality", "citizen", "citizenship", "marital", "married", "pregnant", "pregnancy", "orientation",
    "caste", "tribe", "veteran", "birth", "native", "immigrant", "foreign", "skin", "colour", "color",
)  # fmt: skip
"""Words in a column's name that speak of a protected attribute (GDPR article 9, ECOA, Title VII)."""

TARGET = (
    "target",
    "label",
    "class",
    "outcome",
    "y",
    "approved",
    "default",
    "income",
    "hired",
    "granted",
    "survived",
)
PREDICTION = ("prediction", "predicted", "pred", "decision", "yhat")
SCORE = ("score", "probability", "prob", "proba", "p")
WEIGHT = ("weight", "weights", "wt", "wgt", "fnlwgt", "pwgtp")
SPLIT = ("split", "fold", "partition")
IDENTITY = ("id", "uuid", "ssn", "identifier")
TOKENS = ("?", "NA", "N/A", "n/a", "NULL", "null", "None", "none", "-", "unknown", "Unknown", "missing")
"""Texts that often stand for a missing value."""


@dataclass(frozen=True)
class _Guess:
    target: str
    positive: str
    sensitive: tuple[str, ...]
    bands: dict[str, int]
    found: dict[str, str]
    split: tuple[str, str, str] | None
    missing: tuple[str, ...]


def guess_settings(dataset: Dataset, path: str | Path | None = None, *, encoding: str = "utf-8") -> str:
    """Write a settings file for a table, from its columns' names and values.

    Parameters
    ----------
    dataset : Dataset
    path : str or Path, optional
        How the file is to name the table; by default the table's own name.
    encoding : str
        In which the table was read; written down where it is not UTF-8.

    Returns
    -------
    str
        TOML with comments; ``load_settings`` reads it.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from evenhand.audit.dataset import open_dataset
    >>> table = pa.table({"sex": ["F", "M", "?"], "approved": ["yes", "no", "yes"]})
    >>> text = guess_settings(open_dataset(table, name="loans.csv"))
    >>> [line for line in text.splitlines() if line.startswith(("target", "sensitive", "missing"))]
    ['target = "approved"', 'sensitive = ["sex"]', 'missing = ["?"]']
    """
    _, facts = scan(dataset, dataset.columns, dataset.columns)
    named = str(path or dataset.name)
    lines = _written(_guess(facts), facts, named)
    if encoding.lower() not in {"utf-8", "utf8"}:
        at = lines.index(f"data = {toml_value(named)}") + 1
        lines.insert(at, f"encoding = {toml_value(encoding)}")
    return "\n".join(lines) + "\n"


def write_guess(
    dataset: Dataset, target: str | Path, path: str | Path | None = None, *, encoding: str = "utf-8"
) -> Path:
    """Write the guessed settings to a file; a file that is there already stays as it is.

    Raises
    ------
    OutputError
        The file exists, or cannot be written.
    """
    file = Path(target)
    if file.exists():
        message = "a settings file is never overwritten, and this one exists; name another, or move it away"
        raise OutputError([Problem("exists", str(file), message)])
    return write_atomically(file, guess_settings(dataset, path, encoding=encoding))


def _guess(facts: dict[str, ColumnFacts]) -> _Guess:
    found = {
        key: next((name for name, fact in facts.items() if _has(name, words) and fits(fact)), "")
        for key, words, fits in (
            ("prediction", PREDICTION, _is_binary),
            ("score", SCORE, _is_probability),
            ("weight", WEIGHT, _is_weight),
            ("id", IDENTITY, _is_identity),
        )
    }
    split = _split(facts)
    taken = {*found.values(), split[0] if split else ""}
    target = _target([fact for name, fact in facts.items() if name not in taken])
    taken.add(target.name)
    sensitive = [fact for name, fact in facts.items() if name not in taken and _has(name, SENSITIVE)]
    usable = [fact for fact in sensitive if fact.distinct > 1 and fact.kind != "other"]
    bands = {
        fact.name: _edge(fact.name, fact.low, fact.high)
        for fact in usable
        if fact.distinct > MOST_LEVELS and fact.low is not None and fact.high is not None
    }
    names = tuple(fact.name for fact in usable)
    return _Guess(target.name, _positive(target), names, bands, found, split, _missing(facts))


def _edge(name: str, low: float, high: float) -> int:
    # Forty is where protection by age begins in the United States (29 U.S.C. 631).
    return 40 if _has(name, ("age",)) and low < 40 <= high else round((low + high) / 2)


def _has(name: str, words: Sequence[str]) -> bool:
    """Tell whether a name has one of the words; ``maritalStatus`` and ``MARITAL_STATUS`` have "marital"."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return not set(re.split(r"[^\w]+|_", spaced.lower())).isdisjoint(words)


def _target(candidates: Sequence[ColumnFacts]) -> ColumnFacts:
    """Guess by name and two values, else by the last column of two values, else by name, else the last."""
    binary = [fact for fact in candidates if _is_binary(fact) and not _has(fact.name, SPLIT)]
    named = [fact for fact in candidates if _has(fact.name, TARGET)]
    both = [fact for fact in named if fact in binary]
    plain = [fact for fact in binary if not _has(fact.name, SENSITIVE)]
    return [*candidates[-1:], *named[-1:], *plain[-1:], *both[-1:]][-1]


def _positive(target: ColumnFacts) -> str:
    if is_zero_one(target.values):
        return ""
    words = ("yes", "y", "true", "good", "approved", "granted", "hired", "1")
    held = [value for value in target.values if str(value).lower() not in {item.lower() for item in TOKENS}]
    likely = [value for value in held if str(value).strip().lower() in words]
    return toml_value([*held[-1:], *likely][-1]) if held else ""


def _split(facts: dict[str, ColumnFacts]) -> tuple[str, str, str] | None:
    for name, fact in facts.items():
        values = {str(value).lower(): str(value) for value in fact.values}
        if fact.kind == "text" and fact.distinct <= 3 and {"train", "test"} <= set(values):
            return name, values["train"], values["test"]
    return None


def _missing(facts: dict[str, ColumnFacts]) -> tuple[str, ...]:
    held = {value for fact in facts.values() if fact.kind == "text" for value in fact.values}
    return tuple(token for token in TOKENS if token in held)


def _is_binary(fact: ColumnFacts) -> bool:
    return len([value for value in fact.values if value not in TOKENS]) == 2 and fact.distinct <= 3


def _is_probability(fact: ColumnFacts) -> bool:
    inside = fact.low is not None and fact.high is not None and fact.low >= 0 and fact.high <= 1
    return inside and not fact.whole


def _is_weight(fact: ColumnFacts) -> bool:
    return fact.kind == "number" and fact.low is not None and fact.low >= 0 and not fact.missing


def _is_identity(fact: ColumnFacts) -> bool:
    return fact.present == fact.rows and fact.distinct > MOST_LEVELS


def _written(guess: _Guess, facts: dict[str, ColumnFacts], path: str) -> list[str]:
    target = facts[guess.target]
    lines = [
        "# Settings of an audit, guessed from the table's columns. Correct them, then run:",
        "#     evenhand audit THIS-FILE.toml",
        "# Lines that begin with # are comments; take the # away to use them.",
        "",
        f"data = {toml_value(path)}",
        "",
        f"# The column of true labels, and the positive label. It holds: {_comment(shown(target))}",
        f"target = {toml_value(guess.target)}",
        f"pos_label = {guess.positive}" if guess.positive else "# pos_label = 1",
        "",
        "# The columns whose groups are compared, and groups across several of them.",
        f"sensitive = {_list(guess.sensitive)}",
        *_intersections(guess.sensitive),
        "",
        *_decisions(guess),
        "",
        *_rest(guess),
    ]
    return [*lines, *_tables(guess)]


def _decisions(guess: _Guess) -> list[str]:
    lines = ["# Where decisions come from: a model, or else a column of scores or of decisions."]
    score, prediction = guess.found["score"], guess.found["prediction"]
    lines.append(f"{'' if score else '# '}score = {toml_value(score or 'p_approve')}")
    lines.append(f"{'' if score else '# '}threshold = 0.5")
    lines.append(f"{'' if prediction else '# '}prediction = {toml_value(prediction or 'decision')}")
    return [*lines, '# model = "model.skops"', '# train = "train.parquet"']


def _rest(guess: _Guess) -> list[str]:
    lines = ["# Texts that stand for a missing value.", f"missing = {_list(guess.missing)}", ""]
    lines.append(
        "# A weight for each row: survey (how many it stands for) or frequency (how often it occurs)."
    )
    weight, identity = guess.found["weight"], guess.found["id"]
    lines.append(f"# weight = {toml_value(weight or 'weight')}" + ("  # looks like one" if weight else ""))
    lines.append('# weight_kind = "survey"')
    lines += ["", "# The column that names people, if rows repeat; it is not given to the model."]
    lines.append(f"{'' if identity else '# '}id = {toml_value(identity or 'person')}")
    lines += ["", "# Where the results go.", 'out = "report"', ""]
    lines += [
        "# What groups are compared with: largest, best, overall, rest, all_pairs.",
        'reference = "largest"',
        "",
    ]
    return lines


def _tables(guess: _Guess) -> list[str]:
    lines = []
    if guess.split:
        column, train, test = map(toml_value, guess.split)
        lines += ["# One file holds the rows to train on and the rows to audit.", "[split]"]
        lines += [f"column = {column}", f"train = {train}", f"test = {test}", ""]
    if guess.bands:
        lines += ["# Columns of numbers are compared by bands, which begin at these numbers.", "[bands]"]
        lines += [f"{toml_value(name)} = [{edge}]" for name, edge in guess.bands.items()] + [""]
    attribute = toml_value(guess.sensitive[0] if guess.sensitive else "sex")
    lines += [
        "# Limits: what a figure may be. Fix them before the audit.",
        "# [[limit]]",
        '# metric = "demographic_parity_difference"',
        f"# attribute = {attribute}",
        "# max = 0.1",
    ]
    return lines


def _intersections(names: Sequence[str]) -> list[str]:
    return (
        [f"intersections = [{_list(names[:2])}]"]
        if len(names) > 1
        else ['# intersections = [["sex", "race"]]']
    )


def _list(names: Sequence[str]) -> str:
    return "[" + ", ".join(map(toml_value, names)) + "]"


def _comment(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)[:100]
