"""Projects and snapshots by the pages: create, fill by a query, divide, freeze, compare, restore and export."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from tests.browser.conftest import Visit, accessible, violations


def freeze(page: Page, note: str) -> None:
    page.get_by_label("Note").fill(note)
    page.keyboard.press("Enter")
    expect(page.get_by_role("cell", name=note, exact=True)).to_be_visible()


def test_a_project_is_filled_divided_frozen_compared_restored_and_exported(visit: Visit) -> None:
    page = visit("/projects", size=450)
    page.get_by_role("button", name="New project").click()
    page.get_by_label("Name").fill("Ripeness/7")  # a name with a slash
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ripeness/7")).to_be_visible()
    expect(page.get_by_text("Nothing is frozen yet")).to_be_visible()

    page.get_by_label("Query").fill("metadata.shift:>")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Query")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Query").fill("tag:ripe")
    page.keyboard.press("Enter")
    add = page.get_by_role("button", name=re.compile(r"^Add \d+ assets$"))
    number = re.sub(r"\D", "", add.inner_text())
    accessible(page)
    add.click()
    expect(page.get_by_role("link", name=f"{number} assets")).to_be_visible()

    page.get_by_label("Test, %").fill("30")
    expect(page.get_by_text("The three make 120 %")).to_be_visible()
    expect(page.get_by_role("button", name="Divide")).to_be_disabled()
    page.get_by_label("Train, %").fill("60")
    page.get_by_role("button", name="Divide").click()
    expect(page.get_by_text("changed their split")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile(r"Splits: Train \d+"))).to_be_visible()
    freeze(page, "first")
    page.get_by_label("Seed").fill("7")
    page.get_by_role("button", name="Divide").click()
    expect(page.get_by_text("changed their split")).to_be_visible()
    freeze(page, "second")
    accessible(page)
    export(page, int(number))
    restore(page)
    compare(page)


def export(page: Page, number: int) -> None:
    page.get_by_role("button", name="Export Ripeness/7@1").click()
    page.get_by_label("Format").select_option("webdataset")
    page.get_by_label("Turn copied images upright").check()
    refusal = {"type": "urn:mirrorlake:conflict", "title": "Conflict", "status": 409, "detail": "Not of this library."}
    page.route(
        "**/api/v1/exports",  # the bucket with these files does not exist
        lambda route: route.fulfill(status=409, json=refusal, content_type="application/problem+json"),
    )
    with page.expect_request("**/api/v1/exports") as sent:
        page.get_by_role("dialog").get_by_role("button", name="Export").click()
    assert sent.value.post_data_json == {
        "format": "webdataset", "snapshot": "Ripeness/7@1", "bake_orientation": True,
    }  # fmt: skip
    expect(page.get_by_role("dialog")).to_contain_text("Not of this library.")
    accessible(page)
    page.unroute("**/api/v1/exports")
    page.get_by_label("Format").select_option("csv")
    page.get_by_role("dialog").get_by_role("button", name="Export").click()
    with page.expect_download() as saved:
        page.get_by_role("link", name=re.compile("Download .*csv")).click()
    assert len(saved.value.path().read_text().splitlines()) == number + 1
    accessible(page)
    page.keyboard.press("Escape")


def restore(page: Page) -> None:
    page.get_by_role("button", name="Restore Ripeness/7@1").click()
    page.get_by_role("button", name="Count the changes").click()
    expect(page.get_by_role("dialog")).to_contain_text("in another split")
    accessible(page)
    page.get_by_role("button", name="Restore", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("as it was before is Ripeness/7@3")
    page.keyboard.press("Escape")


def compare(page: Page) -> None:
    page.get_by_role("combobox", name="Compare").select_option("Ripeness/7@1")
    page.get_by_role("combobox", name="with").select_option("Ripeness/7@2")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("Ripeness/7@1 → Ripeness/7@2")).to_be_visible()
    page.get_by_role("button", name=re.compile("^changed")).click()
    expect(page.locator("tbody tr").first).to_contain_text("→")
    assert "difference=changed" in page.url
    page.reload()
    expect(page.get_by_role("button", name=re.compile("^changed"))).to_have_attribute("aria-pressed", "true")
    accessible(page)


def test_a_viewer_sees_no_button_that_would_be_refused(visit: Visit) -> None:
    page = visit("/projects/Ripeness%202026")
    expect(page.get_by_role("button", name="Divide")).to_be_visible()

    def as_viewer(page: Page) -> None:
        page.route(
            "**/api/v1/me",
            lambda route: route.fulfill(
                json=route.fetch().json() | {"permissions": ["projects:read", "connections:read", "datasources:read"]}
            ),
        )

    as_viewer(page)
    for path, shown in (
        ("/projects/Ripeness%202026", "Export"),
        ("/datasources", "Preview"),
        ("/datasources/orchard", "Preview"),
    ):
        page.goto("/".join(page.url.split("/")[:3]) + path)
        expect(page.get_by_role("button", name=shown).first).to_be_visible()
        page.wait_for_load_state("networkidle")
        for name in ("Divide", "Freeze", "Delete", "Run", "Edit", "Empty trash", "Add datasource"):
            expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    page.goto("/".join(page.url.split("/")[:3]) + "/new/datasource")
    expect(page.get_by_text("Ask a developer or an owner")).to_be_visible()
    assert violations(page) == []
