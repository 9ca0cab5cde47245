"""Makes the pictures of the documentation from the demo's pages.

Run from the root of the repository, with playwright and Chromium installed::

    evenhand demo --out demo
    python docs/make_images.py demo

It writes ``report.png``, ``report-groups.png``, ``report-explanation.png`` and ``datasheet.png`` into
``docs/images``, each with a palette of at most 256 colours, which keeps them small.
"""

from __future__ import annotations

import argparse
import base64
import shutil
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright

WIDTH, HEIGHT = 1280, 900
IMAGES = Path(__file__).resolve().parent / "images"
SHOTS = {
    "report": ("report.html", "header"),
    "report-groups": ("report.html", "#by-2"),
    "report-explanation": ("report.html", ".chapter:has(+ #explanation)"),
    "datasheet": ("datasheet.html", "header"),
}
"""Each picture's page, and the part of it that stands on top."""
MARGIN = 24

Pixels = NDArray[np.uint8]

_READ = """async (source) => {
  const image = new Image();
  image.src = "data:image/png;base64," + source;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const data = context.getImageData(0, 0, image.width, image.height).data;
  let text = "";
  for (let at = 0; at < data.length; at += 8192) {
    text += String.fromCharCode(...data.subarray(at, at + 8192));
  }
  return [image.width, image.height, btoa(text)];
}"""


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(description="Make the documentation's pictures from the demo's pages.")
    parser.add_argument("folder", type=Path, help="the folder that evenhand demo wrote")
    folder = parser.parse_args().folder.resolve()
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        blank = browser.new_page()
        for name, (file, part) in SHOTS.items():
            page.goto((folder / file).as_uri())
            (IMAGES / f"{name}.png").write_bytes(indexed_png(pixels(blank, shot(page, part))))
        browser.close()


def chromium() -> str | None:
    """Find the machine's Chromium; None leaves the choice to playwright."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def shot(page: Page, part: str) -> bytes:
    """Photograph the window, scrolled to the top of a part of the page."""
    box = page.locator(part).first.bounding_box() or {"y": 0.0}
    page.evaluate("top => scrollTo(0, top)", max(0.0, box["y"] - MARGIN))
    return page.screenshot()


def pixels(page: Page, picture: bytes) -> Pixels:
    """Let the browser decode a picture; shape (height, width, 3)."""
    found: Any = page.evaluate(_READ, base64.b64encode(picture).decode("ascii"))
    width, height, text = found
    raw = np.frombuffer(base64.b64decode(text), dtype=np.uint8)
    return raw.reshape(height, width, 4)[:, :, :3]


def indexed_png(picture: Pixels) -> bytes:
    """Write a picture as PNG with the palette of its 256 most frequent colours."""
    height, width, _ = picture.shape
    colours, index, counts = np.unique(
        picture.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True
    )
    palette = colours[np.argsort(-counts, kind="stable")[:256]]
    distances = np.abs(colours[:, None].astype(np.int32) - palette).sum(axis=2)
    rows = distances.argmin(axis=1).astype(np.uint8)[index.reshape(height, width)]
    # Filter 0 (none) before each row: a palette's indices are not differences.
    body = np.hstack([np.zeros((height, 1), dtype=np.uint8), rows]).tobytes()
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0),
        b"PLTE": palette.tobytes(),
        b"IDAT": zlib.compress(body, 9),
        b"IEND": b"",
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks.items())


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


if __name__ == "__main__":
    main()
