"""What is said of a program that is sound and cannot be made anew."""

from __future__ import annotations


class Unmade(Exception):  # noqa: N818 - it says what the program holds, and is caught at the model door
    """A program holds something that cannot be made anew; the text names it, after "it"."""
