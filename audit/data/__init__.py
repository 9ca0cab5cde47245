"""The embedded demo data: UCI Adult, CC BY 4.0; credit and changes in the README beside it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

CREDIT = (
    "Becker, B. and Kohavi, R. (1996). Adult [Dataset]. UCI Machine Learning Repository, "
    "doi 10.24432/C5XW20, CC BY 4.0. Changed: the full stop at the end of the test labels was removed; "
    "the column split was added."
)


def adult_path() -> Path:
    """Return where the embedded Adult data lie: a Parquet file of 48,842 rows and 16 columns.

    Examples
    --------
    >>> adult_path().name
    'adult.parquet'
    """
    return Path(str(files(__name__) / "adult.parquet"))
