"""The worked example runs, gives the published figures as nearly as it says, and adds up."""

import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[1] / "examples" / "worked_example.py"


@pytest.fixture(scope="module")
def worked():
    spec = importlib.util.spec_from_file_location("worked_example", HERE)
    module = importlib.util.module_from_spec(spec)
    sys.modules["worked_example"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["worked_example"]


@pytest.fixture(scope="module")
def example(worked):
    return worked.load()


def test_the_rows_are_the_published_ones(example):
    assert example.X.shape == (30_940, 14)
    assert len(example.test) == 6_188


def test_the_figures_come_near_the_published_ones(worked, example):
    found = worked.figures(example)
    for name, published in worked.PUBLISHED.items():
        assert found[name] == pytest.approx(float(published), abs=0.03 if "ratio" in name else 0.006)
    assert all(0.87 < value < 0.94 for name, value in found.items() if name.startswith("AUC"))


def test_both_gaps_are_explained_from_all_rows_within_a_thousandth(worked, example):
    for column, found in worked.explain(example).items():
        _, group, reference = next(item for item in worked.PAIRS if item[0] == column)
        assert found.rows == example.people[column].isin([group, reference]).sum() == 30_940
        assert found.reached
        assert all(1.96 * bar.monte_carlo_error <= 0.001 for bar in found.bars)
        assert found.total == pytest.approx(found.measured, abs=1e-9)
        assert "measured" in worked.table(found)


def test_the_page_is_printed(worked, capsys):
    worked.main()
    printed = capsys.readouterr().out
    assert "30,940 rows" in printed
    assert "ratio of mean scores, Female to Male" in printed
    assert "not causes" in printed
