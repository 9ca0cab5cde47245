"""TOML into frozen models, with every breach of a rule told in people's words.

A field of a model carries its own rule (``description``, the end of the sentence "takes ...") and a line of
TOML that keeps it (``examples``); the messages are made of these two and of the value that was found.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from ..errors import Problem, SettingsError, did_you_mean


class Section(BaseModel):
    """The base of whatever is read from TOML: frozen, strict about types, and no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


S = TypeVar("S", bound=Section)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    SettingsError
        The file is missing, is not UTF-8, or is not TOML; the line is named.

    Examples
    --------
    >>> import os
    >>> read_toml(Path(os.devnull))
    {}
    """
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SettingsError.of(
            "unreadable_file", str(path), f"a settings file must be readable: {reason}"
        ) from error
    except UnicodeDecodeError as error:
        message = f"a settings file is UTF-8 text, but byte {error.start} is not; save it again as UTF-8"
        raise SettingsError.of("encoding", str(path), message) from error
    except tomllib.TOMLDecodeError as error:
        message = f"this is not TOML: {error}; text stands in quotes, a list in [ ], and each key stands once"
        raise SettingsError.of("not_toml", str(path), message) from error


def build(model: type[S], content: Mapping[str, Any], where: str = "") -> S:
    """Make a model from a table, or raise every problem at once.

    Parameters
    ----------
    model : subclass of Section
    content : mapping
        The table as TOML gives it.
    where : str
        The file, put before each path.

    Raises
    ------
    SettingsError
        Keys are unknown, or values break their rules; each problem has its path, as in ``limit[0].max``.

    Examples
    --------
    >>> from pydantic import Field
    >>> class Paper(Section):
    ...     size: int = Field(4, description="a whole number", examples=["size = 4"])
    >>> build(Paper, {"size": 5}).size
    5
    >>> build(Paper, {"size": "big"})
    Traceback (most recent call last):
    evenhand.errors.SettingsError: size: size takes a whole number, got 'big'; write for example: size = 4
    """
    try:
        return model.model_validate(_tuples(content))
    except ValidationError as error:
        raise SettingsError(problems_of(error, model, where)) from error


def problems_of(error: ValidationError, model: type[BaseModel], where: str = "") -> list[Problem]:
    """Turn what pydantic found into problems: one for each place, in people's words."""
    found: dict[str, Problem] = {}
    for item in error.errors(include_url=False):
        if item["type"] == "default_factory_not_called":
            continue  # the key that this default hangs on is wrong, and has a problem of its own
        owner, key, places = _locate(model, item["loc"])
        path = _path(places)
        shown = f"{where}: {path}" if where and path else path or where
        found.setdefault(path, _problem(item, owner, key, shown))
    return [problem for path, problem in found.items() if not _has_inner(path, found)]


def _has_inner(path: str, paths: Iterable[str]) -> bool:
    # A list with a wrong item is reported by pydantic as too short as well; the item says it all.
    return any(other.startswith(f"{path}[") for other in paths)


def _problem(item: ErrorDetails, owner: type[BaseModel], key: str, shown: str) -> Problem:
    if item["type"] == "extra_forbidden":
        return Problem(
            "unknown_key", shown, f"there is no key {key!r} here; {did_you_mean(key, owner.model_fields)}"
        )
    field = owner.model_fields.get(key)
    if item["type"] == "missing" and field is not None:
        return Problem("missing_key", shown, f"{key} is needed: {_rule(key, field)}")
    if item["type"] == "value_error":
        return Problem("wrong_value", shown, str(item["ctx"]["error"]))
    received = _received(item["input"])
    if field is None:
        return Problem("wrong_type", shown, f"a table of keys is needed here, got {received}")
    return Problem("wrong_type", shown, _rule(key, field, received))


def _rule(key: str, field: FieldInfo, received: str = "") -> str:
    got = f", got {received}" if received else ""
    example = f"; write for example: {field.examples[0]}" if field.examples else ""
    return f"{key} takes {field.description}{got}{example}"


def _received(value: Any) -> str:
    listed = list(value) if isinstance(value, tuple) else value
    text = repr(listed)
    return text if len(text) <= 80 else text[:77] + "..."


def _locate(model: type[BaseModel], loc: Iterable[int | str]) -> tuple[type[BaseModel], str, list[int | str]]:
    """Follow a place down to the innermost model; pydantic's names of union branches are left out."""
    owner, key, places = model, "", list[int | str]()
    for step in loc:
        inner = _inner(owner, key)
        if inner is not None and isinstance(step, str):
            owner, key = inner, step
        elif isinstance(step, str) and not key:
            key = step
        elif isinstance(step, str) and not _is_table(owner, key):
            continue
        places.append(step)
    return owner, key, places


def _inner(owner: type[BaseModel], key: str) -> type[BaseModel] | None:
    field = owner.model_fields.get(key)
    return None if field is None else _model_in(field.annotation)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        inner = _model_in(part)
        if inner is not None:
            return inner
    return None


def _is_table(owner: type[BaseModel], key: str) -> bool:
    field = owner.model_fields.get(key)
    return field is None or get_origin(field.annotation) is dict


def _path(places: Iterable[int | str]) -> str:
    text = ""
    for place in places:
        text += f"[{place}]" if isinstance(place, int) else f".{place}" if text else place
    return text


def _tuples(value: Any) -> Any:
    """Turn lists into tuples, so that what is frozen is frozen all through."""
    if isinstance(value, Mapping):
        return {key: _tuples(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_tuples(item) for item in value)
    return value
