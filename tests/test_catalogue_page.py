"""The catalogue in words: every metric is listed, explained, and on the docs page."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evenhand.cli.app import app
from evenhand.metrics.catalogue_page import ALL, FAMILIES, explanation, families, listing, page

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_the_docs_page_is_the_generated_one():
    assert (DOCS / "metrics.md").read_text(encoding="utf-8") == page()


def test_every_metric_belongs_to_a_family():
    listed = [metric.name for _, found in families() for metric in found]
    assert sorted(listed) == sorted(ALL)
    assert len(FAMILIES) == len(families())


@pytest.mark.parametrize("name", ALL)
def test_a_metric_is_explained_whole(name):
    metric = ALL[name]
    assert metric.meaning.endswith(".")
    assert metric.formula
    assert metric.source
    assert metric.harm
    assert metric.needs
    assert metric.low <= metric.high
    assert metric.fair is None or metric.low <= metric.fair <= metric.high
    assert metric.formula.split()[0] in explanation(name)


@pytest.mark.parametrize("name", ALL)
def test_a_metric_names_the_function_that_computes_it(name):
    module, function = ALL[name].function.rsplit(".", 1)
    assert callable(getattr(import_module(f"evenhand.metrics.{module}"), function))


def test_the_list_names_each_once():
    lines = [line.split()[0] for line in listing().splitlines() if line.startswith("  ")]
    assert sorted(lines) == sorted(ALL)


def test_the_command_line_lists_and_explains():
    runner = CliRunner()
    assert "equalized_odds_difference" in runner.invoke(app, ["metrics"]).output
    explained = runner.invoke(app, ["metrics", "equalized_odds_difference"])
    assert explained.exit_code == 0
    assert "Hardt" in explained.output


def test_an_unknown_metric_is_said(capfd):
    result = CliRunner().invoke(app, ["metrics", "equalized_odd_difference"])
    assert result.exit_code == 2
    assert "did you mean 'equalized_odds_difference'" in result.stderr
