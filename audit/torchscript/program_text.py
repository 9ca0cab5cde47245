"""The code of a TorchScript program: Python-shaped text, checked word by word before Python parses it.

What the compiler of torch writes is a small part of Python: no operators between values, no comments, no
texts with code in them. What goes beyond it is refused here, so that the parser is never given what is deep
or endless.
"""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from ..model_checks import require
from .refusal import Unmade

_WORDS = re.compile(
    r'(?P<text>"(?:[^"\\\n]|\\.)*")|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?!"))'
    r"|(?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?(?![A-Za-z0-9_.]))|(?P<mark>->|[()\[\]{},.:=\-])"
    r"|(?P<space> +)|(?P<line>\n)"
)
_MOST_WORDS = 250_000
_DEEPEST = 40
_MOST_OPENED = 400
_LONGEST_NUMBER = 64
_OPEN, _CLOSED = ("(", "[", "{"), (")", "]", "}")
_FIRST = ("class", "def", "return", "if", "else", "for", "while", "pass")
_ANYWHERE = ("None", "True", "False", "in")


@dataclass(frozen=True)
class Function:
    """A function, or a method, of the program's code.

    Parameters
    ----------
    name : str
        ``"__torch__.nets.Net.forward"``.
    node : ast.FunctionDef
    """

    name: str
    node: ast.FunctionDef


class Code:
    """The functions and methods of a program, found by name; a text is parsed when it is first asked for.

    Parameters
    ----------
    texts : dict of str to str
        By the name of the text: ``"__torch__.nets"``.
    """

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts
        self._parsed: dict[str, dict[str, ast.FunctionDef]] = {}
        self._room = _MOST_WORDS

    def method(self, kind: str, name: str) -> Function | None:
        """Find a method of a class: of ``"__torch__.nets.Net"`` the one called ``"forward"``."""
        text, _, inner = kind.rpartition(".")
        return self._found(text, f"{inner}.{name}")

    def function(self, name: str) -> Function | None:
        """Find a function: ``"__torch__.torch.nn.functional.relu"``.

        Raises
        ------
        ValueError
            The text that should hold it is damaged.
        Unmade
            The text is not what torch's compiler writes.
        """
        text, _, inner = name.rpartition(".")
        return self._found(text, inner)

    def _found(self, text: str, inner: str) -> Function | None:
        node = self._functions(text).get(inner) if text in self._texts else None
        return None if node is None else Function(f"{text}.{inner}", node)

    def _functions(self, text: str) -> dict[str, ast.FunctionDef]:
        if text not in self._parsed:
            self._room -= check_words(self._texts[text], self._room)
            self._parsed[text] = dict(_defined(_parsed(self._texts[text])))
        return self._parsed[text]


def check_words(text: str, most: int = _MOST_WORDS) -> int:
    r"""Check a text word by word, and count them.

    Parameters
    ----------
    text : str
    most : int
        Words that it may hold.

    Raises
    ------
    ValueError
        It is too long or too deep.
    Unmade
        It holds what torch's compiler does not write.

    Examples
    --------
    >>> check_words("def f(x):\n  return g(x)\n")
    11
    >>> check_words("x = " + "(" * 99)
    Traceback (most recent call last):
    ValueError: the model is damaged: its code opens too many brackets
    """
    count, place, depth, opened, before = 0, 0, 0, 0, "\n"
    while place < len(text):
        found = _WORDS.match(text, place)
        if found is None:
            raise Unmade(
                f"holds {text[place : place + 20]!r} in its code, which torch's compiler does not write"
            )
        place, word = found.end(), found.group()
        if found.lastgroup == "line":
            opened, before = (opened, before) if depth else (0, "\n")
            continue
        if found.lastgroup == "space":
            continue
        count += 1
        depth += (word in _OPEN) - (word in _CLOSED)
        opened += word in (*_OPEN, ".")
        require(count <= most, f"its code holds more than {_MOST_WORDS} words")
        require(0 <= depth <= _DEEPEST and opened <= _MOST_OPENED, "its code opens too many brackets")
        _check_word(found.lastgroup or "", word, before)
        before = word
    return count


def _check_word(kind: str, word: str, before: str) -> None:
    if kind == "name" and keyword.iskeyword(word):
        first = word in _FIRST and (before in ("\n", ":") or before == "")
        if not first and word not in _ANYWHERE:
            raise Unmade(f"holds {word!r} inside a line of its code, which torch's compiler does not write")
    require(kind != "number" or len(word) <= _LONGEST_NUMBER, "a number in its code is too long")
    require(word != "-" or before != "-", "its code holds two signs before one number")


def _parsed(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"the model is damaged: its code cannot be read: {error}") from error


def _defined(module: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    seen: set[str] = set()
    for item in module.body:
        if isinstance(item, ast.FunctionDef):
            yield from _once(seen, item.name, item)
        elif isinstance(item, ast.ClassDef):
            for inner in item.body:
                if isinstance(inner, ast.FunctionDef):
                    yield from _once(seen, f"{item.name}.{inner.name}", inner)


def _once(seen: set[str], name: str, node: ast.FunctionDef) -> Iterator[tuple[str, ast.FunctionDef]]:
    require(name not in seen, f"its code writes {name[:60]!r} twice")
    seen.add(name)
    yield name, node
