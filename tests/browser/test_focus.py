"""Whoever uses no mouse is always somewhere: after a link, after a dialog, and after what had the focus is gone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Visit, press_until

SIZE = 1200  # shared with other files
IN_PAGE = "document.querySelector('main').contains(document.activeElement)"


@pytest.mark.parametrize(
    ("path", "link", "heading"),
    [
        ("/datasources", "orchard", "orchard"),
        ("/projects", "Ripeness 2026", "Ripeness 2026"),
        ("/connections", "Add connection", "New connection"),
    ],
)
def test_a_link_within_a_page_leads_into_the_next_page(visit: Visit, path: str, link: str, heading: str) -> None:
    page = visit(path, size=SIZE)
    page.get_by_role("main").get_by_role("link", name=link).first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main").get_by_role("heading", level=1)).to_contain_text(heading)
    page.wait_for_load_state("networkidle")
    assert page.evaluate(IN_PAGE)
    page.keyboard.press("Tab")
    assert page.evaluate(IN_PAGE)  # its first control, and not the bar above it


def is_somewhere(page: Page) -> None:
    expect(page.locator("body:focus")).to_have_count(0)
    page.wait_for_function("document.activeElement !== document.body")


def test_a_dialog_that_nothing_opened_leaves_the_focus_in_the_page(visit: Visit) -> None:
    page = visit("/datasources", size=SIZE)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    is_somewhere(page)
    assert page.evaluate(IN_PAGE)


def test_a_link_of_the_bar_keeps_the_focus_and_the_way_back_leads_into_the_page(visit: Visit) -> None:
    page = visit("/datasources", size=SIZE)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    press_until(page, "Tab", "Projects")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Projects")
    expect(page.get_by_role("link", name="Projects", exact=True)).to_be_focused()
    page.get_by_role("main").get_by_role("link", name="Ripeness 2026").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ripeness 2026")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Projects")
    is_somewhere(page)
    assert page.evaluate(IN_PAGE)
