"""Every row of the catalogue has an example by hand, a property, another implementation and a doctest."""

from __future__ import annotations

import ast
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from evenhand.metrics.catalogue_page import ALL
from evenhand.tests.catalogue_evidence import EVIDENCE

ROOT = Path(__file__).resolve().parents[1]


@cache
def functions(file: str) -> dict[str, ast.FunctionDef]:
    body = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
    return {node.name: node for node in body if isinstance(node, ast.FunctionDef)}


def test_of(identifier: str) -> ast.FunctionDef:
    file, name = identifier.split("::")
    assert name.startswith("test_")
    assert name in functions(file), f"{file} has no {name}"
    return functions(file)[name]


test_of.__test__ = False


def decorators(test: ast.FunctionDef) -> set[str]:
    calls = [node.func if isinstance(node, ast.Call) else node for node in test.decorator_list]
    return {node.id for node in calls if isinstance(node, ast.Name)}


def test_every_row_has_its_evidence_and_the_other_way_round():
    assert set(EVIDENCE) == set(ALL)


@pytest.mark.parametrize("name", EVIDENCE)
def test_an_example_is_counted_by_hand(name):
    assert "given" not in decorators(test_of(EVIDENCE[name].hand))


@pytest.mark.parametrize("name", EVIDENCE)
def test_a_property_holds_for_what_hypothesis_finds(name):
    assert "given" in decorators(test_of(EVIDENCE[name].property))


@pytest.mark.parametrize("name", EVIDENCE)
def test_another_implementation_agrees_or_there_is_none(name):
    oracle = EVIDENCE[name].oracle
    if not oracle.startswith("none exists: "):
        assert test_of(oracle).body


def test_few_metrics_have_no_other_implementation():
    assert sum(one.oracle.startswith("none exists: ") for one in EVIDENCE.values()) <= 3


@pytest.mark.parametrize("name", EVIDENCE)
def test_a_doctest_shows_how_it_is_computed(name):
    module, function = EVIDENCE[name].doctest.rsplit(".", 1)
    found = getattr(import_module(f"evenhand.metrics.{module}"), function)
    assert ">>>" in (found.__doc__ or "")
    assert found.__module__ == f"evenhand.metrics.{module}"  # where the doctests are looked for


def test_tests_of_parametrised_families_run_for_each_row():
    """The examples by hand of rates and comparisons are of all rows, not of some."""
    module = import_module("evenhand.tests.test_catalogue")
    assert set(module.HAND) | {"mean_score"} == {row for row in ALL if row in module.CATALOGUE}
