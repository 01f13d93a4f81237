"""A few pages look as they were last reviewed, in both themes; the six most important ones at three widths, two at 4K.

`WRITE_LOOKS=1 .venv/bin/pytest tests/browser/test_looks.py` writes the references after a wanted change. A test that
fails leaves its screenshot in .cache/looks.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page
from tests.browser.conftest import PATIENCE_MS, ROOT, TOKEN, Serve
from tests.support import looks

REFERENCES = Path(__file__).parent / "looks"
SEEN = ROOT / ".cache" / "looks"
LATE_S = 60  # until a page must look like its reference: hundreds of images are painted late on a busy machine
PAGES = {
    "library": "/",
    "asset": "/assets/1003?at=2496",
    "datasources": "/datasources",
    "settings-of-a-datasource": "/datasources/orchard?tab=settings",
    "held-run": "/runs/6",
    "overview": "/overview",
    "project": "/projects/Ripeness%202026",
    "new-connection": "/new/connection?service=aws",
    "new-datasource-location": "/new/datasource?step=location&via=server&only=site-a/**&except=**/raw/**",
    "settings": "/settings",
}
USUAL = (1280, 800)
# What people see most, as a phone and a large screen show it.
SIZES = {"phone": (360, 740), "large": (2560, 1440)}
MOST_SEEN = ("library", "asset", "overview", "datasources", "held-run", "project")
HUGE = (3840, 2160)  # where what does not grow leaves the most room
LOOKS = [
    *((name, name, USUAL) for name in PAGES),
    *((f"{name}-{size}", name, SIZES[size]) for size in SIZES for name in MOST_SEEN),
    *((f"{name}-huge", name, HUGE) for name in ("library", "overview")),
]


# Addresses of files have the folder of this run, and times count from now: neither is as long everywhere.
STEADY = """
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
while (walk.nextNode()) {
  const text = walk.currentNode
  const steady = text.nodeValue
    .replace(/file:\\/\\/\\/\\S*\\/(\\S+)/, 'file:///pictures/$1')
    .replace(/(\\d+ (second|minute|hour|day)s? ago|just now|yesterday)/, '5 minutes ago')
    .replace(/(in \\d+ (second|minute|hour|day)s?|tomorrow)/, 'in 5 minutes')
  if (steady !== text.nodeValue) text.nodeValue = steady
}
"""
# The page has done so with the fonts of this machine, by whose widths the links stand elsewhere.
CENTRED = "document.querySelector('nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })"


@pytest.fixture(scope="module")
def page(browser: Browser, serve: Serve) -> Iterator[Page]:
    # The policy of the pages allows no fonts from elsewhere, and the block font is one.
    context = browser.new_context(bypass_csp=True, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    context.request.get(f"{serve(2500)}/?token={TOKEN}", max_redirects=0)
    yield context.new_page()
    context.close()


def screenshot(page: Page) -> bytes:
    page.evaluate(STEADY)
    return page.screenshot(animations="disabled", caret="hide")


def look_at(page: Page, reference: Path) -> tuple[bytes, looks.Difference]:
    """A screenshot that looks like the reference; the last one where none does. Images may be painted late."""
    deadline = time.monotonic() + LATE_S
    while True:
        png = screenshot(page)
        with Image.open(reference) as stored:
            found = looks.compare(looks.reduce(png), stored)
        if found.slight or time.monotonic() > deadline:
            return png, found
        page.wait_for_timeout(200)


@pytest.mark.parametrize(("name", "of", "size"), LOOKS, ids=[name for name, _, _ in LOOKS])
def test_a_page_looks_as_it_was_reviewed(page: Page, serve: Serve, name: str, of: str, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme="light")
    page.goto(serve(2500) + PAGES[of])
    page.add_style_tag(content=looks.block_style())
    page.evaluate("document.fonts.load('16px block')")
    page.get_by_role("heading", level=1).first.wait_for(state="attached")
    page.wait_for_load_state("networkidle")
    page.evaluate(CENTRED)
    page.wait_for_function("[...document.images].every((image) => image.complete && (image.hidden || image.src))")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        reference = REFERENCES / f"{name}-{scheme}.png"
        if os.environ.get("WRITE_LOOKS"):
            REFERENCES.mkdir(exist_ok=True)
            looks.reduce(screenshot(page)).save(reference, optimize=True)
        png, found = look_at(page, reference)
        if not found.slight:
            SEEN.mkdir(parents=True, exist_ok=True)
            (SEEN / f"{name}-{scheme}.png").write_bytes(png)
        assert found.slight, f"{found}: look at {SEEN / f'{name}-{scheme}.png'}"


def test_a_page_with_a_missing_part_would_not_pass() -> None:
    with Image.open(REFERENCES / "overview-light.png") as stored:
        without = stored.copy()
    ground = without.getpixel((2, without.height - 2))
    assert isinstance(ground, int)
    without.paste(ground, (101, 19, 156, 44))  # what needs attention
    with Image.open(REFERENCES / "overview-light.png") as stored:
        assert not looks.compare(without, stored).slight
