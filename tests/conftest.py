"""Fixtures that several test files share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from evenhand.audit.data import adult_path

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Give the path of a shared data file, or skip where the folder is absent."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"needs the shared data file {name}, which is not beside this checkout")
        return path

    return find


@pytest.fixture(scope="session")
def adult() -> pd.DataFrame:
    """The embedded Adult data, both splits."""
    return pd.read_parquet(adult_path())
