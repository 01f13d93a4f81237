"""Find a Chromium for the browser tests, or bring one: `python -m tests.tools.browser` says which.

In this order: MIRRORLAKE_CHROMIUM, a Chromium or Chrome on the PATH, one that playwright installed; failing these, the
system's package (Debian, as root), then playwright's own download. Where none of them works, the browser tests fail
with that sentence: a suite without its pages proves too little to pass in silence. MIRRORLAKE_TEST_WITHOUT_BROWSER=1
skips them.

Chromium without windows, the headless shell, draws the same pages with a quarter less CPU, so that it comes first. With
`--shell` the system's package of it is installed, whatever else there is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import sync_playwright

SHELL = "chromium-headless-shell"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",  # or letters are as wide as the settings of the machine have it
]
HOW = (
    "There is no browser for the browser tests. Install one (Debian: apt-get install chromium; elsewhere: "
    "playwright install chromium), or name one in MIRRORLAKE_CHROMIUM."
)
WITHOUT = "MIRRORLAKE_TEST_WITHOUT_BROWSER"  # 1: skip the tests that need one


def installed(*, windows: bool = False) -> str | None:
    """The path of a browser that is here already; `windows`: one that people have, as measurements need it."""
    named = os.environ.get("MIRRORLAKE_CHROMIUM")
    if named:
        return named
    for name in NAMES if windows else (SHELL, *NAMES):
        found = shutil.which(name)
        if found:
            return found
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def may_be_missing() -> bool:
    """Whether the tests that need a browser may be left out."""
    return os.environ.get(WITHOUT) == "1"


def bring() -> None:
    """Try to install a browser; whether it worked is for `installed` to say."""
    if not _bring_package("chromium"):
        _run(sys.executable, "-m", "playwright", "install", "chromium")


def _bring_package(name: str) -> bool:
    """Try to install a package of Debian; False where that is not possible at all."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return False
    _run("apt-get", "update", "-qq")
    _run("apt-get", "install", "-qq", "-y", "--no-install-recommends", name)
    return True


def _run(*words: str) -> None:
    with suppress(subprocess.TimeoutExpired):  # as any other failure: what is installed then is looked up
        subprocess.run(words, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)


if __name__ == "__main__":
    if "--shell" in sys.argv and shutil.which(SHELL) is None:
        _bring_package(SHELL)
    if installed() is None:
        bring()
    print(installed() or HOW)
