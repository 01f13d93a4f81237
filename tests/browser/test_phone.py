"""The pages as a phone shows them: nothing is beyond the edge, and what matters most comes first."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, FloatRect, Locator, Page, expect
from tests.browser.conftest import Visit, accessible_once_loaded

SIZE = 1200  # shared with other files
WIDTH, HEIGHT = 360, 740


@pytest.fixture
def phone(visit: Visit, context: BrowserContext) -> Page:
    page = visit("/settings?part=about", size=SIZE)
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    return page


def go(page: Page, path: str) -> None:
    page.evaluate("path => __TSR_ROUTER__.navigate({ href: path })", path)


def place(shown: Locator) -> FloatRect:
    expect(shown).to_be_visible()
    box = shown.bounding_box()
    assert box is not None
    return box


def name_of_column(cell: Locator) -> str:
    """What is written before the value of a cell."""
    return cell.evaluate("cell => getComputedStyle(cell, '::before').content")


def test_figures_of_a_table_say_what_they_count(phone: Page) -> None:
    go(phone, "/runs")
    row = phone.get_by_role("row").filter(has_text="Run 3")
    objects = row.locator("td", has_text="12,045")
    expect(objects).to_be_visible()
    assert name_of_column(objects) == '"Objects: "'
    assert name_of_column(row.locator("td").first) == "none"  # the name of a run says it itself
    accessible_once_loaded(phone)


def test_columns_of_a_table_take_no_share_of_a_row(phone: Page) -> None:
    go(phone, "/projects")
    cell = phone.get_by_role("row").filter(has_text="Ripeness 2026").locator("td").first
    expect(cell).to_be_visible()
    assert cell.evaluate("cell => cell.offsetWidth - cell.firstElementChild.offsetWidth") < 2


def test_what_needs_attention_is_above_the_charts(phone: Page) -> None:
    go(phone, "/overview")
    attention = place(phone.get_by_role("heading", name="Needs attention"))
    assert attention["y"] < place(phone.get_by_role("heading", name="What came in"))["y"]
    phone.set_viewport_size({"width": 1280, "height": 800})
    attention = place(phone.get_by_role("heading", name="Needs attention"))
    assert attention["y"] == place(phone.get_by_role("heading", name="Runs in progress"))["y"]
    assert attention["x"] > 640


def test_the_controls_of_the_library_take_two_rows(phone: Page) -> None:
    go(phone, "/")
    expect(phone.locator(".total")).to_have_text("1,200 assets")
    query = place(phone.locator(".query form"))
    picture = place(phone.get_by_role("button", name="Search by a picture"))
    assert picture["y"] == pytest.approx(query["y"], abs=2)
    total, trash = place(phone.locator(".total")), place(phone.get_by_role("link", name="Trash", exact=True))
    assert trash["y"] == pytest.approx(total["y"], abs=2)
    assert trash["x"] + trash["width"] <= WIDTH


def test_the_selection_shows_all_its_actions_in_two_rows_at_most(phone: Page) -> None:
    go(phone, "/")
    phone.locator(".cell a[data-index='0']").click(modifiers=["Control"])
    bar = phone.get_by_role("toolbar", name="Selection")
    places = [place(button) for button in bar.locator(".selection-actions button").all()]
    assert len({one["y"] for one in places}) <= 2
    assert all(one["x"] + one["width"] <= WIDTH for one in places)


def test_the_way_to_the_next_asset_is_within_reach(phone: Page) -> None:
    geometry = {"x": 0.1, "y": 0.1, "width": 0.2, "height": 0.2}
    drawn = [{"class_name": "hill", "shape": "box", "geometry": geometry}]
    for path, data in (
        ("/ontologies/seen-on-a-phone", {"classes": [{"name": "hill", "shape": "box", "colour": "#d9480f"}]}),
        ("/assets/1003/annotations", {"ontology": "seen-on-a-phone", "annotations": drawn}),
    ):
        origin = phone.url.partition("/settings")[0]
        made = phone.context.request.put(f"{origin}/api/v1{path}", data=data, headers={"Origin": origin})
        assert made.ok, made.text()
    go(phone, "/assets/1003?at=1196")
    expect(phone.get_by_role("button", name="Hide annotations")).to_be_visible()
    following = place(phone.get_by_role("button", name="Next", exact=True))
    assert following["x"] + following["width"] <= WIDTH


def test_no_column_is_squeezed_to_letters(phone: Page) -> None:
    note = "divided into splits, as the first training used it"
    phone.set_viewport_size({"width": 1280, "height": 800})
    go(phone, "/projects/Ripeness%202026")
    phone.get_by_label("Note").fill(note)
    phone.get_by_role("button", name="Freeze").click()
    assert place(phone.get_by_role("cell", name=note, exact=True))["width"] > 100
    assert phone.evaluate(
        "document.querySelector('.table-box').scrollWidth <= document.querySelector('.table-box').clientWidth"
    )
