from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from tests.support.made_library import copy_of, made_template
from tests.support.postgres import Server
from tests.tools.browser import HOW, installed

ROOT = Path(__file__).parents[2]
AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
TOKEN = "a-token-of-the-tests"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A refused request is what some tests are about, and the page shows it. The bucket of the made library does not exist.
EXPECTED = re.compile(r"status of 4\d\d|ERR_NAME_NOT_RESOLVED")
Serve = Callable[..., str]
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def serve(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Serves a made library with this number of assets, once for all tests of a file, and returns its address.

    Each holds connections to the database and polls it, so that none outlives its file.
    """
    running: dict[tuple[int, bool], tuple[subprocess.Popen[str], str]] = {}
    libraries = ExitStack()

    def start(size: int, *, worker: bool = True) -> str:
        if (size, worker) not in running:
            home = tmp_path_factory.mktemp(f"made-{size}")
            template = libraries.enter_context(made_template(postgres_server, home, size=size))
            database = copy_of(postgres_server, template).database_url or ""
            words = [sys.executable, "-m", "tests.support.serve_made", str(home), database, TOKEN, str(int(worker))]
            process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            running[size, worker] = process, process.stdout.readline().strip()
        return running[size, worker][1]

    yield start
    for process, _ in running.values():
        process.terminate()
        process.communicate(timeout=30)
    libraries.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = installed()
    if path is None:
        pytest.skip(f"2026-11-21: {HOW}")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 800})
    made.set_default_timeout(20_000)
    yield made
    made.close()


@pytest.fixture
def visit(context: BrowserContext, serve: Serve) -> Iterator[Visit]:
    """Opens a page of a library, signed in. Anything that a page reports as broken fails the test at its end."""
    broken: list[str] = []

    def go(path: str = "/", *, size: int = 2500, signed_in: bool = True, worker: bool = True) -> Page:
        address = serve(size, worker=worker)
        page = context.new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on(
            "console",
            lambda said: broken.append(said.text) if said.type == "error" and not EXPECTED.search(said.text) else None,
        )
        page.goto(f"{address}/?token={TOKEN}" if signed_in else address)
        if path != "/":
            page.goto(address + path)
        return page

    yield go
    assert broken == []


def violations(page: Page) -> list[str]:
    """What axe finds wrong with a page, in words."""
    assert AXE.is_file(), "axe-core is not installed: run `npm ci` in ui/."
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run()).violations")
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]
