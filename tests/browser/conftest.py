from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tests.support.made_library import Template, copy_of, made_template
from tests.support.postgres import Server
from tests.tools.browser import FLAGS, HOW, WITHOUT, installed, may_be_missing

ROOT = Path(__file__).parents[2]
AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
TOKEN = "a-token-of-the-tests"
PATIENCE_MS = 60_000  # of every wait: for a page, a worker or a job on a busy machine
expect.set_options(timeout=PATIENCE_MS)
# A refused request is what some tests are about, and the page shows it. The bucket of the made library does not exist.
EXPECTED = re.compile(r"status of 4\d\d|ERR_NAME_NOT_RESOLVED")
# Where pages load from: the server and the bucket of a test, and that of the made library, whose files are linked.
INSIDE = re.compile(r"(?:data|blob):|http://127\.0\.0\.1:\d+/|https://photos\.s3\.")
Serve = Callable[..., str]
Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def made(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Template]]:
    """Made libraries by their number of assets, each made once for all files."""
    libraries = ExitStack()

    @cache
    def make(size: int) -> Template:
        return libraries.enter_context(
            made_template(postgres_server, tmp_path_factory.mktemp(f"made-{size}"), size=size)
        )

    yield make
    libraries.close()


@pytest.fixture(scope="module")
def serve(postgres_server: Server, made: Callable[[int], Template]) -> Iterator[Serve]:
    """Serves a copy of a made library with this number of assets, once for a file, and returns its address.

    `dress` is SQL that changes it before. Each server holds connections to the database and polls it, so that none
    outlives its file.
    """
    running: dict[tuple[int, bool, str], tuple[subprocess.Popen[str], str]] = {}

    def start(size: int, *, worker: bool = True, dress: str = "") -> str:
        if (size, worker, dress) not in running:
            template = made(size)
            database = copy_of(postgres_server, template).database_url or ""
            if dress:
                with psycopg.connect(database) as session:
                    session.execute(dress.encode())
            words = [str(template.home), database, TOKEN, str(int(worker))]
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.serve_made", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
            )
            assert process.stdout is not None
            running[size, worker, dress] = process, process.stdout.readline().strip()
        return running[size, worker, dress][1]

    yield start
    for process, _ in running.values():
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = installed()
    if path is None and may_be_missing():
        pytest.skip(f"2026-12-01: {HOW}")
    if path is None:
        pytest.fail(f"{HOW} {WITHOUT}=1 skips these tests.", pytrace=False)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()


@contextmanager
def new_context(browser: Browser) -> Generator[BrowserContext]:
    """A browser of its own. Nothing that its pages need is fetched from outside of this machine."""
    outside: list[str] = []
    made = browser.new_context(viewport={"width": 1280, "height": 800})
    made.set_default_timeout(PATIENCE_MS)
    made.on("request", lambda one: None if INSIDE.match(one.url) else outside.append(one.url))
    yield made
    made.close()
    assert outside == []


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with new_context(browser) as made:
        yield made


@pytest.fixture
def visit(context: BrowserContext, serve: Serve) -> Iterator[Visit]:
    """Opens a page of a library, signed in. Anything that a page reports as broken fails the test at its end."""
    broken: list[str] = []
    entered = ""

    def go(path: str = "/", *, size: int = 2500, signed_in: bool = True, worker: bool = True, dress: str = "") -> Page:
        nonlocal entered
        address = serve(size, worker=worker, dress=dress)
        page = context.new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on(
            "console",
            lambda said: broken.append(said.text) if said.type == "error" and not EXPECTED.search(said.text) else None,
        )
        if signed_in and address != entered:  # a second session would end the first, while its page asks something
            # By the cookie alone: loading the library for it would take longer than most tests.
            context.request.get(f"{address}/?token={TOKEN}", max_redirects=0)
            entered = address
        page.goto(address + path)
        return page

    yield go
    assert broken == []


def press_until(page: Page, key: str, name: str) -> None:
    """Press a key until the control with that text or label has the focus, as somebody without a mouse would."""
    shown = (
        "(() => { const e = document.activeElement;"
        " return e === document.body ? '' : [e.innerText, e.labels?.[0]?.innerText].join(' ') })()"
    )
    for _ in range(60):
        page.keyboard.press(key)
        if name in page.evaluate(shown):
            return
    pytest.fail(f"{name} cannot be reached by {key}.")


def violations(page: Page, *, of_colours: bool = False, within: str = ":root") -> list[str]:
    """What axe finds wrong with a page or a part of it, in words; optionally of its colours alone."""
    if not page.evaluate("'axe' in window"):
        assert AXE.is_file(), "axe-core is not installed: run `npm ci` in ui/."
        page.evaluate(AXE.read_text())
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if of_colours:
        options["runOnly"] = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
    run = "async ([within, options]) => (await axe.run(within, options)).violations"
    found = page.evaluate(run, [within, options])
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


def accessible(page: Page, *, within: str = ":root") -> None:
    """Nothing is wrong with a page, in either theme. The themes differ in colours alone: the second needs no more."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="light" if scheme == "light" else "dark", reduced_motion="reduce")
        assert violations(page, of_colours=scheme == "dark", within=within) == [], scheme


def accessible_once_loaded(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    accessible(page)
