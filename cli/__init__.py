"""The command line: each verb parses, calls the api, prints and exits; nothing else prints or exits."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; the exit code is 0, 1, 2, 3 or 130 as the README says."""
    from .app import app  # noqa: PLC0415 - importing the package must not load the command line

    try:
        app()
    except KeyboardInterrupt:
        # Between the end of a verb and that of the program; within a verb its guard says what happened.
        sys.exit(130)
