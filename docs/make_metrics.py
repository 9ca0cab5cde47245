"""Write docs/metrics.md from the catalogue: python docs/make_metrics.py."""

from __future__ import annotations

from pathlib import Path

from evenhand.metrics.catalogue_page import page

if __name__ == "__main__":
    Path(__file__).with_name("metrics.md").write_text(page(), encoding="utf-8")
