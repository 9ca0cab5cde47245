"""YAML for the headers of cards: block style, and every text quoted as JSON does, so that nothing is guessed.

Plain YAML scalars are traps (``no`` is false, ``1e3`` a number, ``: `` a mapping); a quoted one is a text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

_UNPRINTABLE = ((0x7F, 0x9F), (0x2028, 0x2029), (0xD800, 0xDFFF), (0xFEFF, 0xFEFF))


def yaml_text(content: Mapping[str, Any]) -> str:
    """Write a mapping of texts, numbers, lists and mappings as YAML.

    Parameters
    ----------
    content : mapping
        A number that is not finite is written as YAML writes it.

    Returns
    -------
    str
        Ends with a line end.

    Examples
    --------
    >>> print(yaml_text({"tags": ["no", "a: b"], "size": {"rows": 3}}), end="")
    "tags":
    - "no"
    - "a: b"
    "size":
      "rows": 3
    """
    return "\n".join(_mapping(content, "")) + "\n"


def _mapping(content: Mapping[str, Any], indent: str) -> list[str]:
    lines: list[str] = []
    for key, value in content.items():
        name = f"{indent}{_scalar(key)}:"
        if isinstance(value, Mapping) and value:
            lines += [name, *_mapping(value, indent + "  ")]
        elif isinstance(value, Sequence) and not isinstance(value, str) and value:
            lines += [name, *(line for item in value for line in _item(item, indent))]
        else:
            lines.append(f"{name} {_scalar(value)}")
    return lines


def _item(value: Any, indent: str) -> list[str]:
    if not isinstance(value, Mapping):
        return [f"{indent}- {_scalar(value)}"]
    first, *rest = _mapping(value, indent + "  ")
    return [f"{indent}- {first.lstrip()}", *rest]


def _scalar(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[]"
    if isinstance(value, float):
        return _real(value)
    text = json.dumps(value, ensure_ascii=False)
    return "".join(_letter(letter) for letter in text) if isinstance(value, str) else text


def _real(value: float) -> str:
    """Write a number with a point, without which older readers take ``1e-07`` for a text."""
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    mantissa, mark, exponent = repr(value).partition("e")
    return mantissa + ("" if "." in mantissa else ".0") + mark + exponent


def _letter(letter: str) -> str:
    """Escape what YAML does not take as it is; a lone surrogate becomes the sign for what cannot be read."""
    code = ord(letter)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    hidden = any(low <= code <= high for low, high in _UNPRINTABLE) or code in {0xFFFE, 0xFFFF}
    return f"\\u{code:04x}" if hidden else letter
