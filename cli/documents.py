"""What the verbs for datasheets and model cards share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .terminal import err, out

if TYPE_CHECKING:
    from ..documents import Written

BROKEN = 1


def parted(texts: list[str] | None) -> list[str]:
    """Take apart values that are repeated or parted by commas.

    Examples
    --------
    >>> parted(["html,md", "hf"]), parted(None)
    (['html', 'md', 'hf'], [])
    """
    return [part.strip() for text in texts or () for part in text.split(",") if part.strip()]


def told(written: Written, *, quiet: bool) -> int:
    """Print what was written and what is unanswered; give the exit code."""
    if not quiet:
        lines = [f"{written.headline}."]
        if written.unanswered:
            lines.append(f"Unanswered: {', '.join(written.unanswered)}.")
        out("\n".join([*lines, "", "Written:", *(f"  {path}" for path in written.files)]))
    if written.lacking:
        err(f"required, and without a whole answer: {', '.join(written.lacking)}")
        return BROKEN
    return 0
