"""Two people on one asset: each sees what the other changes, and neither overwrites what the other drew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import TOKEN, Serve, Visit, accessible_once_loaded, new_context
from tests.support.members import sign_in_as

SIZE = 1200  # shared with other files


@pytest.fixture
def other(browser: Browser, serve: Serve, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The browser of somebody else, who was invited to edit."""
    address = serve(SIZE)
    with new_context(browser) as context:
        sign_in_as(context.request, address, TOKEN, name=f"vera-{request.node.name[-20:]}", role="editor")
        page = context.new_page()
        page.goto(f"{address}/settings")
        yield page


def send(page: Page, method: str, path: str, body: object) -> Any:
    """A request of the person whose page this is."""
    return page.evaluate(
        """([method, path, body]) => fetch(path, {method, headers: {'content-type': 'application/json'},
        body: JSON.stringify(body)}).then((answer) => answer.json())""",
        [method, f"/api/v1{path}", body],
    )


def first_asset(page: Page) -> str:
    return page.evaluate("fetch('/api/v1/assets?limit=1').then((one) => one.json())")["items"][0]["id"]


def open_asset(page: Page, asset: str) -> None:
    page.goto(f"{page.url.split('/', 3)[0]}//{page.url.split('/', 3)[2]}/assets/{asset}")
    page.locator(".side h1").wait_for()


def box(x: float) -> dict[str, object]:
    return {"class_name": "cell", "shape": "box", "geometry": {"x": x, "y": 0.1, "width": 0.1, "height": 0.1}}


def name_of(page: Page) -> str:
    return page.evaluate("fetch('/api/v1/me').then((one) => one.json())")["name"]


def stored(page: Page, asset: str) -> list[float]:
    """Where the left sides of the boxes are."""
    found = page.evaluate(f"fetch('/api/v1/assets/{asset}/annotations').then((one) => one.json())")
    return sorted(one["geometry"]["x"] for one in found)


def test_what_somebody_else_edits_appears_in_an_open_asset(visit: Visit, other: Page) -> None:
    page = visit("/", size=SIZE)
    asset = first_asset(page)
    open_asset(page, asset)
    with page.expect_response(lambda answer: "jobs/events" in answer.url):
        page.reload()
    send(other, "PATCH", f"/assets/{asset}", {"add_tags": ["seen elsewhere"]})
    expect(page.get_by_role("link", name="seen elsewhere", exact=True)).to_be_visible()


def test_two_people_who_draw_on_one_asset_lose_nothing(visit: Visit, other: Page) -> None:
    page = visit("/", size=SIZE)
    classes = [{"name": "cell", "shape": "box", "colour": "#2288ff"}]
    send(other, "PUT", "/ontologies/cells", {"classes": classes})
    asset = first_asset(page)
    open_asset(page, asset)
    bar = page.get_by_role("toolbar", name="Annotations")
    page.get_by_role("button", name="Edit annotations").click()
    page.keyboard.press("n")
    send(other, "PUT", f"/assets/{asset}/annotations", {"ontology": "cells", "annotations": [box(0.7)]})
    bar.get_by_role("button", name="Save").click()
    expect(bar.get_by_role("alert")).to_contain_text(f"Since you began, {name_of(other)} added 1 and removed 0.")
    accessible_once_loaded(page)
    assert stored(other, asset) == [0.7]
    bar.get_by_role("button", name="Keep both").click()
    expect(page.locator(".edit-layer path")).to_have_count(2)
    bar.get_by_role("button", name="Save").click()
    expect(bar).to_have_count(0)
    assert stored(other, asset) == [0.375, 0.7]

    page.get_by_role("button", name="Edit annotations").click()
    page.keyboard.press("j")
    page.keyboard.press("ArrowRight")
    send(other, "PUT", f"/assets/{asset}/annotations", {"ontology": "cells", "annotations": []})
    bar.get_by_role("button", name="Save").click()
    expect(bar.get_by_role("status")).to_contain_text("You both changed the same annotation")
    expect(bar.get_by_role("button", name="Keep both")).to_have_count(0)
    bar.get_by_role("button", name="Load theirs").click()
    expect(page.locator(".edit-layer path")).to_have_count(0)
    expect(bar.get_by_role("button", name="Save")).to_be_disabled()

    page.keyboard.press("n")
    send(other, "PUT", f"/assets/{asset}/annotations", {"ontology": "cells", "annotations": [box(0.7)]})
    bar.get_by_role("button", name="Save").click()
    bar.get_by_role("button", name="Keep mine").click()
    assert stored(other, asset) == [0.7]  # until it is saved
    bar.get_by_role("button", name="Save").click()
    expect(bar).to_have_count(0)
    assert stored(other, asset) == [0.375]
