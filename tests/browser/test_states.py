"""Every page while its server fails: it shows the words of the server, and axe finds nothing wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Route, expect
from tests.browser.conftest import TOKEN, Serve, accessible

SIZE = 1200  # shared with other files
ROUTES = (
    "/",
    "/?panel=folders",
    "/assets/1003?at=1196",
    "/overview",
    "/datasources",
    "/datasources/orchard",
    "/datasources/orchard?tab=settings",
    "/datasources/orchard?tab=runs",
    "/datasources/orchard?tab=health",
    "/datasources/orchard?tab=events",
    "/datasources/orchard?tab=activity",
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
    "/jobs",
    "/settings",
    "/settings?part=members",
    "/settings?part=keys",
    "/settings?part=webhooks",
    "/settings?part=functions",
    "/settings?part=likeness",
    "/settings?part=sessions",
    "/settings?part=about",
)
FORM = "/new/connection?service=s3"  # needs no answer to be filled in
API = re.compile(r"/api/v1/(?!jobs/events)")
FAILED = {"type": "about:blank", "title": "The server failed", "status": 500, "detail": "Look into its log.", "fix": ""}


def fails(route: Route) -> None:
    route.fulfill(status=500, content_type="application/problem+json", body=json.dumps(FAILED))


Look = Callable[[Callable[[Route], None], re.Pattern[str]], None]


@pytest.fixture
def look_at_all(context: BrowserContext, serve: Serve) -> Iterator[Look]:
    """Visits each route while the server answers so: it must say something, be accessible, and throw nothing."""
    address = serve(SIZE)
    context.request.get(f"{address}/?token={TOKEN}", max_redirects=0)
    thrown: list[str] = []

    def look(answer: Callable[[Route], None], shown: re.Pattern[str]) -> None:
        page = context.new_page()
        page.on("pageerror", lambda error: thrown.append(str(error)))
        page.route(API, answer)
        for path in ROUTES:
            page.goto(address + path)
            if path != FORM:
                expect(page.locator("main"), path).to_contain_text(shown)
            accessible(page)

    yield look
    assert thrown == []


def test_a_page_whose_server_fails_shows_its_words(look_at_all: Look) -> None:
    look_at_all(fails, re.compile("Look into its log"))
