"""The pages while they wait, are refused, fail or have nothing to show: each says so, and axe finds nothing wrong.

One load of a page for each state; axe looks at it in both themes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from tests.browser.conftest import TOKEN, Serve, Visit, accessible, accessible_once_loaded

SIZE = 1200  # shared with other files
SETTINGS = ("workspace", "members", "keys", "webhooks", "functions", "likeness", "sessions", "about")
TABS = ("status", "settings", "runs", "health", "events", "activity")  # of a datasource
ROUTES = (
    "/",
    "/?panel=folders",
    "/assets/1003?at=1196",
    "/overview",
    "/datasources",
    *(f"/datasources/orchard?tab={tab}" for tab in TABS),
    "/connections",
    "/connections/none",
    "/new/datasource",
    "/new/connection?service=s3",
    "/projects",
    "/projects/Ripeness%202026",
    "/projects/Ripeness%202026/compare?before=1&after=2",
    "/labels",
    "/labels/none",
    "/runs",
    "/runs/3",
    "/runs/6",
    "/jobs",
    *(f"/settings?part={part}" for part in SETTINGS),
)
FORM = "/new/connection?service=s3"  # needs no answer to be filled in
API = re.compile(r"/api/v1/(?!jobs/events)")
FAILED = {"type": "about:blank", "title": "The server failed", "status": 500, "detail": "Look into its log.", "fix": ""}
Answer = Callable[[Route], None]


def fails(route: Route) -> None:
    route.fulfill(status=500, content_type="application/problem+json", body=json.dumps(FAILED))


@pytest.fixture
def broken_page(context: BrowserContext, serve: Serve) -> Iterator[Callable[[Answer], Page]]:
    """A page of a server that answers so. It must throw nothing."""
    thrown: list[str] = []
    context.request.get(f"{serve(SIZE)}/?token={TOKEN}", max_redirects=0)
    page = context.new_page()
    page.on("pageerror", lambda error: thrown.append(str(error)))

    def answering(answer: Answer) -> Page:
        page.route(API, answer)
        return page

    yield answering
    page.unroute_all(behavior="ignoreErrors")
    assert thrown == []


def test_a_page_that_waits_says_so(broken_page: Callable[[Answer], Page], serve: Serve) -> None:
    page = broken_page(lambda _: None)
    for path in ROUTES:
        page.goto(serve(SIZE) + path)
        if path != FORM:
            waits = page.get_by_role("main").get_by_role("status").filter(has_text="Loading…")
            expect(waits.first, path).to_be_visible()
        expect(page.get_by_role("main"), path).not_to_contain_text(re.compile("Nothing yet|may not|permission"))
        accessible(page)


def test_a_page_whose_server_fails_shows_its_words(broken_page: Callable[[Answer], Page], serve: Serve) -> None:
    page = broken_page(fails)
    for path in ROUTES:
        page.goto(serve(SIZE) + path)
        if path != FORM:
            expect(page.get_by_role("main"), path).to_contain_text("Look into its log")
        accessible(page)


def test_a_page_without_a_server_says_so(broken_page: Callable[[Answer], Page], serve: Serve) -> None:
    page = broken_page(lambda route: route.abort())
    for path in ("/", "/assets/1003?at=1196", "/datasources/orchard?tab=runs", "/settings?part=functions"):
        page.goto(serve(SIZE) + path)
        expect(page.get_by_role("main"), path).to_contain_text("does not answer")
        accessible(page)


def test_a_network_that_goes_keeps_the_page_and_comes_back(context: BrowserContext, visit: Visit) -> None:
    page = visit("/", size=SIZE)
    page.locator(".cell-image.ready").first.wait_for()
    context.set_offline(True)
    page.get_by_role("link", name="Projects", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text(re.compile("does not answer|could not be loaded"))
    accessible(page)
    context.set_offline(False)
    page.reload()
    expect(page.get_by_role("heading", name="Projects", level=1)).to_be_visible()


def signed_in_as_viewer(context: BrowserContext, address: str) -> None:
    head = {"Authorization": f"Bearer {TOKEN}"}
    made = context.request.post(
        f"{address}/api/v1/members", headers=head, data={"name": "viewer-of-the-states", "role": "viewer"}
    )
    assert made.ok, made.text()
    secret = made.json()["invitation"].partition("#invitation=")[2]
    answer = {"secret": secret, "password": "a canary that sings 7"}
    signed = context.request.post(f"{address}/api/v1/sign-in/invitation", headers={"Origin": address}, data=answer)
    assert signed.ok, signed.text()


CHANGES = re.compile(
    "^(Run|Delete|Empty trash|Schedule|Rename|Invite|Revoke.*|Remove.*|Pause|Resume|Confirm.*|Restore.*|Divide"
    "|Freeze|Import.*|Add .*|New .*|Save changes|Create .*|Turn .*)$"
)


@pytest.mark.parametrize("size", [0, SIZE])
def test_a_viewer_is_offered_no_change(context: BrowserContext, serve: Serve, visit: Visit, size: int) -> None:
    address = serve(size)
    signed_in_as_viewer(context, address)
    page = visit("/overview", size=size, signed_in=False)
    for path in ROUTES:
        page.goto(address + path)
        expect(page.get_by_role("main"), path).to_contain_text(re.compile(r"\w"))
        page.wait_for_load_state("networkidle")
        main = page.get_by_role("main")
        offered = main.get_by_role("button", name=CHANGES).or_(main.get_by_role("link", name=CHANGES))
        assert offered.all_inner_texts() == [], path
        accessible(page)


def test_an_empty_library_says_on_each_page_what_to_do(visit: Visit, serve: Serve) -> None:
    page = visit("/overview", size=0)
    for path in ROUTES:
        page.goto(serve(0) + path)
        expect(page.get_by_role("main"), path).to_contain_text(re.compile(r"\w"))
        accessible_once_loaded(page)


def test_held_removals_say_what_waits_and_who_decides(visit: Visit) -> None:
    page = visit("/runs/6", size=SIZE)
    expect(page.get_by_role("alert")).to_contain_text("55 removals held for confirmation")
    expect(page.get_by_role("button", name="Confirm removals")).to_be_disabled()
    accessible_once_loaded(page)
