"""Take the picture of the README: `python -m examples.demo.picture ADDRESS`, the address as `make demo` prints it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import sync_playwright
from tests.tools.browser import installed

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "library.jpg"
QUERY = "metadata.capture.temperature>15 NOT state:missing"

if __name__ == "__main__":
    with sync_playwright() as playwright:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=installed(), args=flags)
        page = browser.new_page(viewport={"width": 1280, "height": 720}, color_scheme="dark")
        page.goto(sys.argv[1])
        page.goto(page.url.split("?")[0] + "?" + urlencode({"query": QUERY}))
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1000)
        page.screenshot(path=PICTURE, type="jpeg", quality=82)
        browser.close()
