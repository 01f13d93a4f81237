"""Every dialog: axe finds nothing wrong, the keyboard stays in it, and Escape returns to the button that opened it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from tests.browser.conftest import TOKEN, Serve, Visit, accessible_once_loaded

SIZE = 1200  # shared with other files
PROJECT = "Ripeness 2026"
MADE = (
    ("put", "/ontologies/fruit", {"classes": []}),
    (
        "post",
        "/connections",
        {
            "name": "archive",
            "kind": "s3",
            "settings": {"bucket": "archive"},
            "secrets": {"access_key_id": "a-key", "secret_access_key": "a-secret"},
        },
    ),
    ("post", "/snapshots", {"project": PROJECT, "note": "before the harvest"}),
    ("post", "/webhooks", {"url": "https://hooks.invalid/dialogs", "events": ["run.finished"]}),
    ("post", "/functions", {"name": "describe", "url": "https://hooks.invalid/f", "query": "tag:nobody-has-this"}),
    ("post", "/members", {"name": "bela-of-the-dialogs", "role": "viewer"}),
    ("post", "/api-keys", {"name": "nightly"}),
)
IN_DIALOG = "document.querySelector('dialog[open]').contains(document.activeElement)"
OUTSIDE = "document.activeElement === document.body || document.activeElement === document.documentElement"


@pytest.fixture(scope="module")
def dressed() -> set[str]:
    """The addresses that have something for each dialog."""
    return set()


@pytest.fixture
def library(visit: Visit, context: BrowserContext, serve: Serve, dressed: set[str]) -> Page:
    address = serve(SIZE)
    if address not in dressed:
        dressed.add(address)
        head = {"Authorization": f"Bearer {TOKEN}"}
        for method, path, body in MADE:
            made = getattr(context.request, method)(f"{address}/api/v1{path}", headers=head, data=body)
            assert made.ok, (path, made.text())
    return visit("/overview", size=SIZE)


def go(page: Page, path: str) -> None:
    page.goto(page.url.partition("/overview")[0] + path)
    page.wait_for_load_state("networkidle")


def look_into(page: Page, button: Locator) -> None:
    """Open a dialog by keyboard, look at it in both themes, walk around in it, and leave it."""
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    accessible_once_loaded(page)
    for _ in range(dialog.locator("button, input, select, textarea, a[href], summary").count() + 2):
        page.keyboard.press("Tab")
        assert page.evaluate(f"{IN_DIALOG} || {OUTSIDE}")  # outside is the browser's own part, never the page's
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()


def test_those_of_a_selection(library: Page) -> None:
    page = library
    go(page, "/")
    page.locator(".cell-image.ready").first.wait_for()
    look_into(page, page.get_by_role("button", name="Saved", exact=True))
    page.locator(".cell a[tabindex='0'][href]").focus()
    page.keyboard.press("Control+A")
    bar = page.get_by_role("toolbar", name="Selection")
    for name in ("Tags", "Metadata", "Projects", "Trash", "Export"):
        look_into(page, bar.get_by_role("button", name=name, exact=True))
    page.get_by_role("link", name="Trash", exact=True).click()
    expect(page.locator(".total")).to_have_text("3 assets")
    page.locator(".cell a[tabindex='0'][href]").focus()
    page.keyboard.press("Control+A")
    look_into(page, bar.get_by_role("button", name="Restore", exact=True))


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/projects", ("New project",)),
        ("/projects/Ripeness%202026", ("Export", "Rename", "Delete")),
        ("/labels", ("New ontology",)),
        ("/labels/fruit", ("Import labels", "Delete")),
        ("/connections/archive", ("Delete",)),
        ("/datasources/orchard", ("Preview", "Schedule", "Empty trash", "Delete")),
        ("/settings?part=members", ("Remove bela-of-the-dialogs",)),
        ("/settings?part=keys", ("Revoke nightly",)),
        ("/settings?part=webhooks", ("Delete",)),
        ("/settings?part=functions", ("Delete",)),
    ],
)
def test_those_of_a_page(library: Page, path: str, names: tuple[str, ...]) -> None:
    go(library, path)
    for name in names:
        look_into(library, library.get_by_role("button", name=name, exact=True).first)


def test_those_of_a_snapshot(library: Page) -> None:
    go(library, "/projects/Ripeness%202026")
    for action in ("Export", "Restore", "Delete"):
        button = library.get_by_role("region", name="Snapshots").get_by_role("button", name=re.compile(f"^{action}"))
        look_into(library, button.first)


def test_the_shortcuts(library: Page) -> None:
    go(library, "/projects")
    library.keyboard.press("?")
    dialog = library.get_by_role("dialog")
    expect(dialog).to_be_visible()
    accessible_once_loaded(library)
    library.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
