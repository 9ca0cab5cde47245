"""What is shipped: every package that ought to be, the templates, the demo's data, no tests."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

import evenhand

ROOT = Path(evenhand.__file__).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SETUP = PROJECT["tool"]["setuptools"]
STAYS_HERE = {"tests", "benchmarks", "examples", "docs", "build", "dist"}


def folders() -> set[str]:
    """Name every package of the checkout that ought to ship."""
    found = set()
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).parts[:-1]
        hidden = any(part.startswith((".", "__")) or part.endswith(".egg-info") for part in parts)
        if not hidden and not (parts and parts[0] in STAYS_HERE):
            found.add(".".join(("evenhand", *parts)))
    return found


def test_the_list_of_packages_misses_no_folder():
    assert set(SETUP["packages"]) == folders()
    assert len(SETUP["packages"]) == len(set(SETUP["packages"]))


def test_every_package_has_an_init_file():
    for name in SETUP["packages"]:
        assert (ROOT.joinpath(*name.split(".")[1:]) / "__init__.py").is_file()


def shipped() -> set[str]:
    """Name every file that the wheel holds, by the rules of pyproject.toml."""
    names = set()
    for package in SETUP["packages"]:
        folder = ROOT.joinpath(*package.split(".")[1:])
        patterns = ["*.py", *SETUP["package-data"].get(package, [])]
        names |= {path.relative_to(ROOT).as_posix() for pattern in patterns for path in folder.glob(pattern)}
    return names


def test_data_templates_and_the_marker_of_types_are_shipped():
    names = shipped()
    assert {"py.typed", "audit/data/adult.parquet", "audit/data/README.md"} <= names
    for folder in ("audit/data", "reports/templates"):
        there = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).iterdir() if path.is_file()}
        assert there <= names


def test_other_files_than_python_stand_where_they_are_shipped():
    names = shipped()
    for package in SETUP["packages"][1:]:
        folder = ROOT.joinpath(*package.split(".")[1:])
        there = {path.relative_to(ROOT).as_posix() for path in folder.iterdir() if path.is_file()}
        assert there <= names


def test_no_tests_are_shipped():
    assert not any(name.startswith(("tests", "benchmarks", "examples", "docs")) for name in shipped())


def test_the_command_and_the_version():
    assert PROJECT["project"]["scripts"] == {"evenhand": "evenhand.cli:main"}
    assert SETUP["dynamic"]["version"] == {"attr": "evenhand.__version__"}
    assert callable(import_module("evenhand.cli").main)


@pytest.mark.parametrize("name", ["torch", "statsmodels", "pytest", "polars"])
def test_what_only_tests_need_is_no_dependency(name):
    assert not any(line.startswith(name) for line in PROJECT["project"]["dependencies"])


DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "vl_convert": "vl-convert-python",
    "xgboost": "xgboost-cpu",
}
"""Distributions that are not called as what is imported of them."""

INSIDE_FUNCTIONS = {
    "captum", "catboost", "lightgbm", "lime", "mlcroissant", "shap", "torch", "vl_convert", "weasyprint",
    "xgboost",
}  # fmt: skip


def third_party(nodes) -> set[str]:
    """Name the libraries that these nodes import."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module.split(".")[0])
    return found - sys.stdlib_module_names - {"evenhand"}


def trees() -> dict[str, ast.Module]:
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in shipped() if name.endswith(".py")}
    return {name: ast.parse(text) for name, text in texts.items()}


def test_every_import_is_declared():
    extras = PROJECT["project"]["optional-dependencies"]
    lines = [*PROJECT["project"]["dependencies"], *(line for name in extras for line in extras[name])]
    declared = {re.match(r"[\w-]+", line)[0] for line in lines}
    imported = set().union(*(third_party(ast.walk(tree)) for tree in trees().values()))
    assert {DISTRIBUTIONS.get(name, name.replace("_", "-")) for name in imported} <= declared


def test_heavy_libraries_are_imported_inside_functions():
    for name, tree in trees().items():
        assert third_party(tree.body).isdisjoint(INSIDE_FUNCTIONS), name


def test_a_wheel_holds_what_the_rules_say(tmp_path):
    pytest.importorskip("setuptools", minversion="77", reason="a wheel is built with setuptools")
    copy = tmp_path / "even-hand"
    for name in (*shipped(), "pyproject.toml", "README.md", "LICENSE", "tests/conftest.py"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy / name)
    # In a process of its own: setuptools takes the running script for the set-up script and leaves it out.
    code = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=copy, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    assert {name.removeprefix("evenhand/") for name in held if name.startswith("evenhand/")} == shipped()
    assert not any("conftest" in name for name in held)
