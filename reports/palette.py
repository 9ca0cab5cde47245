"""The colours of the pictures, by meaning."""

from __future__ import annotations

FONT = 'system-ui, "Segoe UI", Roboto, sans-serif'
"""The fonts of the pictures."""

COLOURS = {
    "text": "#1f2328",
    "muted": "#57606a",
    "accent": "#0b5cad",
    "line": "#d0d7de",
    "band": "#e3e8ee",
    "paper": "#ffffff",
    "pass": "#1a7f37",
    "fail": "#b42318",
    "inconclusive": "#8a6100",
    "undefined": "#57606b",
    "second": "#b4500f",
    "third": "#00706b",
    "fourth": "#8a3f9e",
    "fifth": "#6a5d00",
}
"""The light colours by meaning; each is its own, so that a colour in a picture tells its meaning."""
