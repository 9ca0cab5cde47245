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
