"""Every example in a docstring runs and is right."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import evenhand

OUTSIDE = ("evenhand.tests", "evenhand.benchmarks", "evenhand.examples", "evenhand.docs", "evenhand.__main__")
NAMES = sorted(
    info.name
    for info in pkgutil.walk_packages(evenhand.__path__, "evenhand.")
    if not info.name.startswith(OUTSIDE) and not info.name.endswith(".__main__")
)


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_right(name, tmp_path, monkeypatch):
    module = importlib.import_module(name)
    monkeypatch.chdir(tmp_path)
    assert doctest.testmod(module).failed == 0


def public_functions(path: str) -> list[str]:
    body = ast.parse(Path(path).read_text(encoding="utf-8")).body
    return [node.name for node in body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("evenhand.metrics.")])
def test_a_module_with_public_functions_has_an_example(name):
    module = importlib.import_module(name)
    examples = [example for test in doctest.DocTestFinder().find(module) for example in test.examples]
    assert examples or not public_functions(inspect.getfile(module))


def test_the_walk_finds_the_rooms():
    assert {"evenhand.errors", "evenhand.metrics.cube", "evenhand.audit.record"} <= set(NAMES)
