"""Floors, imports and names hold: read from the source and from the imported package."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import sys
from pathlib import Path

import pytest

import evenhand

ROOT = Path(evenhand.__file__).parent
FLOORS = ["errors", "metrics", "mitigation", "audit", "reports", "api", "cli"]
ROOMS = [room for room in FLOORS if (ROOT / room).is_dir()]
PACKAGES = {"evenhand": ROOT, **{f"evenhand.{room}": ROOT / room for room in ROOMS}}
LAZY = [
    name for name, folder in PACKAGES.items() if "__getattr__" in (folder / "__init__.py").read_text("utf-8")
]


def sources(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def imports(path: Path) -> list[str]:
    """Absolute names of all modules that a file imports, also within functions."""
    inside = path.relative_to(ROOT).with_suffix("").parts
    package = ["evenhand", *inside[:-1]]
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            found += [f"{name}.{alias.name}" if node.module is None else name for alias in node.names]
    return found


def test_the_metrics_room_is_lazy():
    assert {"evenhand", "evenhand.metrics"} <= set(LAZY)


def test_relative_imports_are_resolved():
    assert "evenhand.errors" in imports(ROOT / "metrics" / "cube.py")


@pytest.mark.parametrize("path", sources(ROOT / "metrics"), ids=lambda path: path.name)
def test_the_metrics_room_knows_neither_pandas_nor_scikit_learn(path):
    roots = {name.split(".")[0] for name in imports(path)}
    assert roots.isdisjoint({"pandas", "sklearn", "fairlearn", "polars", "duckdb"})
    assert roots <= {*sys.stdlib_module_names, "evenhand", "numpy", "scipy", "narwhals", "pyarrow"}


@pytest.mark.parametrize("floor", FLOORS)
def test_floors_import_only_what_is_below(floor):
    files = sources(ROOT / floor) if (ROOT / floor).is_dir() else [ROOT / f"{floor}.py"]
    above = set(FLOORS[FLOORS.index(floor) + 1 :])
    for path in (path for path in files if path.exists()):
        reached = {name.split(".")[1] for name in imports(path) if name.startswith("evenhand.")}
        assert reached.isdisjoint(above), f"{path.name} imports upward"


def test_no_module_shadows_the_standard_library():
    names = {path.stem for room in ROOMS for path in sources(ROOT / room)} | {
        p.stem for p in ROOT.glob("*.py")
    }
    known = {
        "__init__",
        "__main__",
        "html",
    }  # reports/html.py writes report.html, and is imported by its full name only
    assert (names | set(ROOMS)) & set(sys.stdlib_module_names) <= known


@pytest.mark.parametrize("package", LAZY)
def test_public_names_are_there(package):
    module = importlib.import_module(package)
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is not None
    assert set(module.__all__) <= set(dir(module))
    with pytest.raises(AttributeError):
        module.no_such_name  # noqa: B018


@pytest.mark.parametrize("package", LAZY)
def test_no_public_name_is_that_of_a_module(package):
    module = importlib.import_module(package)
    children = {info.name for info in pkgutil.iter_modules(module.__path__)}
    assert set(module.__all__).isdisjoint(children)


@pytest.mark.parametrize("path", sources(ROOT / "metrics"), ids=lambda path: path.name)
def test_no_public_function_of_the_room_is_that_of_a_module(path):
    rooms = {p.stem for p in ROOT.glob("*.py")} | set(ROOMS)
    taken = {p.stem for p in sources(ROOT / "metrics")} | rooms
    body = ast.parse(path.read_text(encoding="utf-8")).body
    functions = {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert functions.isdisjoint(taken)


@pytest.mark.parametrize("package", ["evenhand.metrics", "evenhand.mitigation"])
def test_the_tables_of_lazy_names_point_home(package):
    for name, home in importlib.import_module(package)._HOME.items():
        module = importlib.import_module(f"{package}.{home}")
        assert getattr(getattr(module, name), "__module__", module.__name__) == module.__name__


@pytest.mark.parametrize("package", ["evenhand", "evenhand.mitigation"])
def test_types_know_the_names_that_are_loaded_late(package):
    text = (PACKAGES[package] / "__init__.py").read_text(encoding="utf-8")
    typed = {
        (node.module, alias.name)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }
    assert typed == {(home, name) for name, home in importlib.import_module(package)._HOME.items()}
