"""Every dialog: the focus begins in it, axe finds nothing wrong, and Escape returns to the button that opened it.

Each ends with the same row: the way out, then the button that names what it does.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect
from tests.browser.conftest import TOKEN, Serve, Visit, accessible

SIZE = 1200  # shared with other files
PROJECT = "Ripeness 2026"
KEYS = {"access_key_id": "a-key", "secret_access_key": "a-secret"}
STORE = {
    "name": "archive",
    "kind": "s3",
    "settings": {"endpoint": "https://store.invalid", "bucket": "archive"},
    "secrets": KEYS,
}
MADE = (
    ("put", "/ontologies/fruit", {"classes": []}),
    ("post", "/connections", STORE),
    ("post", "/saved-searches", {"name": "ripe ones", "query": "tag:ripe"}),
    ("post", "/snapshots", {"project": PROJECT, "note": "before the harvest"}),
    ("post", "/webhooks", {"url": "https://hooks.invalid/dialogs", "events": ["run.finished"]}),
    ("post", "/functions", {"name": "describe", "url": "https://hooks.invalid/f", "query": "tag:nobody-has-this"}),
    ("post", "/members", {"name": "bela-of-the-dialogs", "role": "viewer"}),
    ("post", "/api-keys", {"name": "nightly", "role": "viewer"}),
)
# The field or button of a dialog that has the focus at first, by its label. Where there is nothing to fill in, it is
# the way out, so that Enter alone does no harm: "Cancel", or "Close" where the dialog only shows something.
FIRST = """(({ labels, ariaLabel, innerText }) =>
  (labels?.[0]?.innerText || ariaLabel || innerText || '').split('\\n')[0])(document.activeElement)"""
COMING = re.compile("Loading…|Counting…|Listing|Waiting:")  # what a dialog shows until its content is there


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
    return visit("/settings?part=about", size=SIZE)


def go(page: Page, path: str) -> None:
    """To another page, as a link there does."""
    page.evaluate("path => __TSR_ROUTER__.navigate({ href: path })", path)


def ends_alike(dialog: Locator) -> None:
    """Its last buttons are the way out and, at the right of it, what it does: in a word or more, not Yes or OK."""
    out, *does = dialog.locator(".dialog-actions > button").all_inner_texts()
    assert out == ("Cancel" if does else "Close")
    assert len(does) <= 1
    assert not set(does) & {"Yes", "OK", "Confirm"}


def look_into(page: Page, button: Locator, first: str, *, acts: bool = True) -> None:
    """Open a dialog by keyboard, look at it in both themes, and leave it."""
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog).not_to_contain_text(COMING)
    assert page.evaluate(FIRST).startswith(first)
    accessible(page, within="dialog[open]")
    if acts:
        ends_alike(dialog)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()


def test_those_of_a_selection(library: Page) -> None:
    page = library
    go(page, "/")
    page.locator(".cell-image.ready").first.wait_for()
    look_into(page, page.get_by_role("button", name="Saved", exact=True), "Close", acts=False)
    page.locator(".cell a[tabindex='0'][href]").focus()
    page.keyboard.press("Control+A")
    bar = page.get_by_role("toolbar", name="Selection")
    fields = {
        "Tags": "Add tags",
        "Metadata": "Key",
        "Projects": "Add to projects",
        "Split": "Project",
        "Move to trash": "Cancel",
        "Export": "Format",
        "Reprocess": "Read the objects",
    }
    for name, first in fields.items():
        look_into(page, bar.get_by_role("button", name=name, exact=True), first)
    bar.get_by_role("button", name="Clear the selection").press("Enter")
    expect(page.locator(".cell a[tabindex='0'][href]")).to_be_focused()
    page.get_by_role("link", name="Trash", exact=True).click()
    expect(page.locator(".total")).to_have_text("3 assets")
    page.locator(".cell a[tabindex='0'][href]").focus()
    page.keyboard.press("Control+A")
    look_into(page, bar.get_by_role("button", name="Restore", exact=True), "Cancel")


DIALOGS = {
    "/projects": {"New project": "Name"},
    "/projects/Ripeness%202026": {
        "Export": "Format",
        "Edit": "Name",
        "Delete": "Also delete its 1 snapshot",
        re.compile("^Export .+"): "Format",
    },
    "/projects/Ripeness%202026/snapshots/1": {
        "Export": "Format",
        "Restore": "Metadata that people had set",
        "Edit note": "Note",
        "Delete": "To confirm, type the number of assets in the snapshot: 240",
    },
    "/labels": {"New ontology": "Name"},
    "/labels/fruit": {"Import labels": "File", "Export labels": "Format", "Delete": "Cancel"},
    "/connections/archive": {"Delete": "Cancel"},
    "/datasources": {"Schedule": "Daily"},
    "/datasources/harbour%20cams": {
        "Preview": "Cancel",
        "Empty trash": "Days",
        "Delete": "To confirm, type the number",
    },
    "/settings?part=members": {"Remove bela-of-the-dialogs": "Cancel"},
    "/settings?part=keys": {"Revoke nightly": "Cancel"},
    "/settings?part=webhooks": {"Delete": "Cancel"},
    "/settings?part=functions": {"Delete": "Cancel"},
}


def test_those_of_the_pages(library: Page) -> None:
    for path, names in DIALOGS.items():
        go(library, path)
        for name, first in names.items():
            button = library.get_by_role("main").get_by_role("button", name=name, exact=True).first
            look_into(library, button, first)


def test_the_shortcuts_and_the_help_of_the_query(library: Page) -> None:
    go(library, "/projects")
    look_into(library, library.get_by_role("button", name="Keyboard shortcuts"), "Close", acts=False)
    library.keyboard.press("?")
    expect(library.get_by_role("dialog")).to_be_visible()
    library.keyboard.press("Escape")
    go(library, "/")
    button = library.locator(".syntax")
    button.press("Enter")
    expect(library.locator(".help")).to_be_visible()
    accessible(library, within=".help")
    library.keyboard.press("Escape")
    expect(library.locator(".help")).to_be_hidden()
    expect(button).to_be_focused()


def test_a_job_that_fails_says_so_in_its_dialog(library: Page) -> None:
    def failing(route: Route) -> None:
        job = route.fetch().json()
        route.fulfill(json={**job, "state": "failed", "error": "The disk is full. Free some space and export again."})

    page = library
    page.route(re.compile(r"/api/v1/jobs/\d+$"), failing)
    # It would tell that the job succeeded.
    page.route("**/api/v1/jobs/events*", lambda route: route.fulfill(content_type="text/event-stream", body=":\n\n"))
    go(page, "/projects/Ripeness%202026")
    page.get_by_role("main").get_by_role("button", name="Export", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Export").click()
    expect(dialog.get_by_role("alert")).to_have_text("The disk is full. Free some space and export again.")
    expect(dialog.get_by_role("button", name="Export")).to_be_enabled()
    accessible(page, within="dialog[open]")


@pytest.mark.parametrize(
    ("path", "button", "confirm", "next_one"),
    [
        ("/settings?part=members", "Remove bela-of-the-dialogs", "Remove member", "Name"),
        ("/settings?part=webhooks", "Delete", "Delete webhook", "Address"),
        ("/settings?part=functions", "Delete", "Delete function", "Name"),
    ],
)
def test_the_focus_stays_near_what_was_deleted(
    library: Page, path: str, button: str, confirm: str, next_one: str
) -> None:
    go(library, path)
    library.get_by_role("main").get_by_role("button", name=button, exact=True).press("Enter")
    library.get_by_role("dialog").get_by_role("button", name=confirm).press("Enter")
    expect(library.get_by_role("dialog")).to_have_count(0)
    expect(library.get_by_label(next_one, exact=True)).to_be_focused()


def test_the_work_of_people_that_goes_with_the_trash_is_said_before(library: Page) -> None:
    found = {"datasource": "orchard", "days": 30, "acknowledge": 120}
    work = {"worked_on": 7, "annotated": 4, "edited": 0, "tagged": 5}
    library.route("**/purge?*", lambda route: route.fulfill(json=found | work))
    go(library, "/datasources/orchard")
    library.get_by_role("button", name="Empty trash").click()
    dialog = library.get_by_role("dialog")
    expect(dialog).to_contain_text("7 of them go with the work of people (4 annotated, 5 tagged), which is lost.")
    accessible(library, within="dialog[open]")
    library.unroute_all(behavior="ignoreErrors")
