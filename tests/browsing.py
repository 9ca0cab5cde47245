"""Pages in a real browser, for the tests that look at them."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def opened(browser: Any, path: Path, **options: Any) -> tuple[Any, list[str]]:
    """Open a page, noting every request, console message, error and dialog."""
    page = browser.new_page(**options)
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: seen.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: seen.append(f"error: {error}"))
    page.on("dialog", lambda dialog: seen.append(f"dialog: {dialog.message}"))
    page.goto(path.as_uri())
    return page, seen


def tables_on_paper(page: Any, width: int) -> tuple[list[str], list[str]]:
    """Name the tables that print, and those of them that run over paper of so many CSS pixels.

    A page must have been opened as wide as the paper: A4 less its margins.
    """
    page.emulate_media(media="print")
    boxes = page.evaluate(
        "[...document.querySelectorAll('table')].filter(t => t.checkVisibility()).map(t =>"
        " [t.id || t.caption.innerText, t.getBoundingClientRect().right])"
    )
    return [name for name, _ in boxes], [name for name, right in boxes if right > width + 1]
