"""The pages while they wait, are refused, fail or have nothing to show: each says so, and axe finds nothing wrong.

One page for each state, which goes from route to route as its links do. What looks like what axe has seen before in the
same state is not shown to it again, and of some states it sees a part of the pages; `make soak` shows it all of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from tests.browser.conftest import TOKEN, Serve, accessible
from tests.support.members import sign_in_as

SIZE = 1200  # shared with other files
SETTINGS = (
    "workspace",
    "members",
    "keys",
    "webhooks",
    "functions",
    "likeness",
    "indexes",
    "upkeep",
    "sessions",
    "secrets",
    "about",
)
TABS = ("overview", "settings", "runs", "health", "events", "activity")  # of a datasource
ROUTES = (
    "/",
    "/?panel=folders",
    "/assets/1003?at=1196",
    "/near-duplicates",
    "/overview",
    "/overview?by=bytes",
    "/datasources",
    *(f"/datasources/orchard?tab={tab}" for tab in TABS),
    "/connections",
    "/connections/none",
    "/new/datasource",
    "/new/connection?service=s3",
    "/projects",
    "/projects/Ripeness%202026",
    "/projects/Ripeness%202026/compare?before=1&after=2",
    "/projects/Ripeness%202026/snapshots/1",
    "/projects/Ripeness%202026/snapshots/1?part=gone",
    "/labels",
    "/labels/none",
    "/runs",
    "/runs/3",
    "/runs/6",
    "/jobs",
    *(f"/settings?part={part}" for part in SETTINGS),
    "/activity?kind=datasource",
)
SOME = (
    "/",
    "/overview",
    "/datasources",
    "/datasources/orchard?tab=settings",
    "/connections",
    "/new/datasource",
    "/projects",
    "/labels",
    "/jobs",
    "/settings?part=functions",
)
FORM = "/new/connection?service=s3"  # needs no answer to be filled in
API = re.compile(r"/api/v1/(?!jobs/events)")
BEYOND_ME = re.compile(r"/api/v1/(?!jobs/events|me$)")
LONG = pytest.mark.long  # shown by `make soak`: axe sees each page, which takes most of the time
LOADING = re.compile("Loading…")
AWAY = re.compile("server does not answer")
# A connection that does not work, its datasource, and a run that reached a limit.
DRESS = """
INSERT INTO connection (name, kind, settings, external_id, trusted, paused, health) VALUES
('harbour-store', 's3', '{"endpoint": "https://store.invalid", "bucket": "harbour"}', 'x', false,
 'The bucket refuses to be listed.',
 '{"ok": false, "checked": "2026-11-29T08:00:00+00:00", "checks": [
   {"check": "authenticate", "ok": true, "message": "The keys are accepted."},
   {"check": "list", "ok": false, "message": "The bucket refuses to be listed.", "key": "2026/",
    "error": "403 AccessDenied: Access Denied", "fix": "Grant s3:ListBucket on arn:aws:s3:::harbour."},
   {"check": "get", "ok": null, "message": "Not tried."}]}');
UPDATE datasource SET connection_id = (SELECT id FROM connection) WHERE name = 'harbour cams';
UPDATE run SET limited_by = 'assets', notes = ARRAY['The workspace has reached its limit of 12 assets: 3 new objects'
  ' were not imported. Raise the limit or remove assets; the next run imports the rest.'] WHERE id = 3;
"""


def problem(status: int, title: str, detail: str, fix: str = "") -> Callable[[Route], None]:
    """Answers with a problem document."""
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail, "fix": fix}
    body = json.dumps(document)
    return lambda route: route.fulfill(status=status, content_type="application/problem+json", body=body)


FAILS = problem(500, "The server failed", "Look into its log.")
REFUSES = problem(403, "Not allowed", "This needs a permission that you do not have.", "Ask an owner for it.")


@dataclass(frozen=True)
class Pages:
    """The pages of a library in one tab. Whatever they throw is in `thrown`."""

    page: Page
    address: str
    thrown: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def go(self, path: str) -> None:
        """To another page, as a link there does."""
        self.page.evaluate(
            "async (path) => { await __TSR_ROUTER__.navigate({ href: path });"
            " await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))) }",
            path,
        )

    def settle(self, path: str) -> None:
        """Go there, and wait until something else than that it loads is shown."""
        self.go(path)
        expect(self.page.get_by_text(LOADING), path).to_have_count(0)
        expect(self.page.get_by_role("main"), path).to_contain_text(re.compile(r"\w"))

    def look(self) -> None:
        """Nothing is wrong with what is shown, in either theme."""
        shown = self.page.evaluate("document.querySelector('main').outerHTML")
        shown = re.sub(r'(id|for|name|aria-describedby|style)="[^"]*"', "", shown)  # each form makes names of its own
        if shown not in self.seen:
            self.seen.add(shown)
            accessible(self.page)


@pytest.fixture
def pages(context: BrowserContext, serve: Serve) -> Iterator[Callable[..., Pages]]:
    opened: list[Pages] = []

    def open_them(size: int = SIZE, *, signed_in: bool = True) -> Pages:
        address = serve(size, worker=False, dress=DRESS if size else "")
        if signed_in:
            context.request.get(f"{address}/?token={TOKEN}", max_redirects=0)
        made = Pages(context.new_page(), address)
        made.page.on("pageerror", lambda error: made.thrown.append(str(error)))
        made.page.goto(f"{address}/settings?part=about")
        made.page.get_by_role("main").wait_for()
        opened.append(made)
        return made

    yield open_them
    for one in opened:
        one.page.unroute_all(behavior="ignoreErrors")
        assert one.thrown == []


@pytest.mark.parametrize(
    ("answer", "asked", "words", "paths", "looked"),
    [
        pytest.param(lambda _: None, API, LOADING, ROUTES, ROUTES, id="waits"),
        pytest.param(FAILS, API, re.compile("Look into its log"), ROUTES, ROUTES, id="fails"),
        pytest.param(REFUSES, BEYOND_ME, re.compile("Ask an owner"), ROUTES, SOME, id="refuses"),
        pytest.param(REFUSES, BEYOND_ME, re.compile("Ask an owner"), ROUTES, ROUTES, id="refuses all", marks=LONG),
        pytest.param(lambda route: route.abort(), API, AWAY, SOME[:4], SOME, id="is away"),
    ],
)
def test_a_page_whose_server_does_that_says_so(
    pages: Callable[..., Pages],
    answer: Callable[[Route], None],
    asked: re.Pattern[str],
    words: re.Pattern[str],
    *,
    paths: tuple[str, ...],
    looked: tuple[str, ...],
) -> None:
    shown = pages()
    main = shown.page.get_by_role("main")
    shown.page.route(asked, answer)
    shown.page.reload()  # what it knew before is forgotten
    for path in paths:
        shown.go(path)
        if words == LOADING and path != FORM:
            above = shown.page.locator("dialog" if path.startswith("/assets") else "main")
            expect(above.get_by_role("status").filter(has_text=words).first, path).to_be_visible()
            expect(main, path).not_to_contain_text(re.compile("Nothing|may not|permission"))
        elif path != FORM:  # which needs no answer to be filled in
            expect(main, path).to_contain_text(words)
        if path in looked:
            shown.look()


def test_a_server_that_goes_leaves_what_it_said_and_what_it_did_not_comes_with_it(
    pages: Callable[..., Pages], context: BrowserContext
) -> None:
    shown = pages()
    page, main = shown.page, shown.page.get_by_role("main")
    shown.go("/datasources")
    expect(main).to_contain_text("harbour cams")
    context.set_offline(True)
    page.get_by_role("button", name="Run", exact=True).first.click()
    expect(page.get_by_role("region", name="Connection")).to_contain_text(AWAY)
    expect(main.get_by_role("alert")).to_contain_text(AWAY)
    expect(main).to_contain_text("harbour cams")
    shown.look()
    page.get_by_role("link", name="Labels", exact=True).click()  # a page that was never loaded
    expect(main).to_contain_text(AWAY)
    shown.look()
    context.set_offline(False)
    expect(main).to_contain_text("No ontologies yet")
    expect(page.get_by_role("region", name="Connection")).not_to_contain_text(AWAY)


def test_a_page_of_an_older_version_says_that_there_is_a_newer_one(pages: Callable[..., Pages]) -> None:
    shown = pages()
    page, main = shown.page, shown.page.get_by_role("main")
    page.route(re.compile(r"/assets/[\w-]+\.(js|css)$"), lambda route: route.fulfill(status=404))
    shown.go("/")
    page.get_by_role("button", name="Saved", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Reload the page")
    accessible(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Projects", exact=True).click()
    expect(main.get_by_role("heading", level=1)).to_have_text("There is a new version of mirrorlake")
    shown.look()
    page.unroute_all()
    main.get_by_role("button", name="Reload").click()
    expect(page.get_by_role("heading", name="Projects", level=1)).to_be_visible()


CHANGES = re.compile(
    "^(Run|Delete|Empty trash|Schedule|Rename|Edit|Invite|Revoke.*|Remove.*|Pause|Resume|Confirm.*|Restore.*|Divide"
    "|Freeze|Import.*|Add .*|New .*|Save changes|Create .*|Turn .*|Cancel.*|Retry.*|Undo.*)$"
)


def is_offered_no_change(page: Page, path: str) -> None:
    main = page.get_by_role("main")
    offered = main.get_by_role("button", name=CHANGES).or_(main.get_by_role("link", name=CHANGES))
    assert offered.all_inner_texts() == [], path


def test_a_viewer_is_offered_no_change_until_removed(
    pages: Callable[..., Pages], context: BrowserContext, serve: Serve
) -> None:
    address = serve(SIZE, worker=False, dress=DRESS)
    sign_in_as(context.request, address, TOKEN, name="viewer-of-the-states", role="viewer")
    shown = pages(signed_in=False)
    for path in ROUTES:
        shown.settle(path)
        is_offered_no_change(shown.page, path)
        if path in SOME:
            shown.look()
    head = {"Authorization": f"Bearer {TOKEN}"}
    removed = context.request.delete(f"{shown.address}/api/v1/members/viewer-of-the-states", headers=head)
    assert removed.ok, removed.text()
    shown.go("/datasources")
    expect(shown.page.get_by_role("dialog", name="Your session has ended")).to_be_visible()


FIRST, NO_SOURCE = "Mirror your first bucket", "Datasource 'orchard' does not exist"
NO_PROJECT, NO_SNAPSHOT = "Project 'Ripeness 2026' does not exist", "Snapshot Ripeness 2026@1 does not exist"
EMPTY = {
    "/": FIRST,
    "/?panel=folders": FIRST,
    "/assets/1003?at=1196": FIRST,  # behind it
    "/near-duplicates": "No near-duplicates were found",
    "/overview": FIRST,
    "/overview?by=bytes": FIRST,
    "/datasources": FIRST,
    **{f"/datasources/orchard?tab={tab}": NO_SOURCE for tab in TABS},
    "/connections": "No connections yet",
    "/connections/none": "Connection 'none' does not exist",
    "/new/datasource": "Store the credentials of a cloud or a server",
    "/new/connection?service=s3": "Adding a connection sends no request",
    "/projects": "No projects yet",
    "/projects/Ripeness%202026": NO_PROJECT,
    "/projects/Ripeness%202026/compare?before=1&after=2": "'1' is not the name of a snapshot",
    "/projects/Ripeness%202026/snapshots/1": NO_SNAPSHOT,
    "/projects/Ripeness%202026/snapshots/1?part=gone": NO_SNAPSHOT,
    "/labels": "No ontologies yet",
    "/labels/none": "Ontology 'none' does not exist",
    "/runs": FIRST,
    "/runs/3": "Run 3 does not exist",
    "/runs/6": "Run 6 does not exist",
    "/jobs": "No jobs yet",
    "/settings?part=workspace": "0, no limit",
    "/settings?part=members": "Nobody has been invited yet",
    "/settings?part=keys": "No keys yet",
    "/settings?part=webhooks": "No webhooks yet",
    "/settings?part=functions": "No functions yet",
    "/settings?part=likeness": "nothing yet",
    "/settings?part=indexes": "No search has needed one yet",
    "/settings?part=upkeep": "No file waits for its import",
    "/settings?part=sessions": "this browser",
    "/settings?part=secrets": "There is no key",
    "/settings?part=about": "PostgreSQL of the operator",
    "/activity?kind=datasource": "Nothing matches.",
}


@pytest.mark.parametrize("looked", [SOME, pytest.param(ROUTES, marks=LONG)], ids=["some", "all"])
def test_an_empty_library_says_on_each_page_what_to_do(pages: Callable[..., Pages], looked: tuple[str, ...]) -> None:
    shown = pages(0)
    for path in ROUTES:
        shown.settle(path)
        expect(shown.page.get_by_role("main"), path).to_contain_text(EMPTY[path])
        if path in looked:
            shown.look()


TROUBLE = {
    "/runs/4": "The bucket refused to list harbour-cams",
    "/runs/6": "55 removals held for confirmation",
    "/runs/3": "A limit of the workspace was reached",
    "/overview": "55 removals wait for a decision",
    "/datasources/harbour%20cams": "The connection harbour-store does not work",
    "/datasources/harbour%20cams?tab=health": "The last check of its connection, harbour-store",
    "/datasources": "Paused: The connection harbour-store does not work",
    "/connections/harbour-store": "Grant s3:ListBucket",
    "/connections": "Runs would fail",
    "/new/datasource?connection=harbour-store": "Attach the IAM policy to the user of the access key",
    "/datasources/gone": "Datasource 'gone' does not exist",
}


def test_trouble_is_named_with_what_to_do(pages: Callable[..., Pages]) -> None:
    shown = pages()
    for path, words in TROUBLE.items():
        shown.settle(path)
        expect(shown.page.get_by_role("main"), path).to_contain_text(words)
        shown.look()


def test_what_somebody_else_deletes_is_gone_from_its_page(pages: Callable[..., Pages], context: BrowserContext) -> None:
    shown = pages()
    shown.page.clock.install()
    shown.settle("/datasources/not%20run%20yet")
    expect(shown.page.get_by_role("button", name="Preview")).to_be_visible()
    deleted = context.request.delete(
        f"{shown.address}/api/v1/datasources/not%20run%20yet?acknowledge=0", headers={"Origin": shown.address}
    )
    assert deleted.ok, deleted.text()
    shown.page.clock.fast_forward(20_000)  # until the page asks again
    expect(shown.page.get_by_role("main").get_by_role("alert")).to_contain_text("not run yet")
    expect(shown.page.get_by_role("button", name="Preview")).to_have_count(0)
