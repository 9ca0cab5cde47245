"""When something was made, as records and pages show it."""

from __future__ import annotations

import os
from datetime import UTC, datetime


def now() -> str:
    """Give the time in UTC, to the second, in ISO 8601.

    Reproducible builds set the variable ``SOURCE_DATE_EPOCH``: then the same input gives the same bytes, the
    date included.
    """
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(fixed), UTC) if fixed and fixed.isdigit() else datetime.now(UTC)
    return moment.isoformat(timespec="seconds")
