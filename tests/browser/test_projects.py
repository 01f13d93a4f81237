"""Projects and snapshots by the pages: create, fill by a query, divide, freeze, compare, restore and export."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from tests.browser.conftest import Visit, accessible, accessible_once_loaded, violations


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
    for action in ("Divide", "Preview", "Freeze"):
        expect(page.get_by_role("button", name=action, exact=True)).to_be_disabled()  # nothing is in it

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
    page.get_by_role("button", name="Preview", exact=True).click()
    expect(page.get_by_text(f"{number} assets would change their split.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("img", name=re.compile("^Splits: No split"))).to_be_visible()  # nothing was divided
    page.get_by_label("Test, %").fill("30")
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
    rename_and_delete(page, number)


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
    page.get_by_role("link", name="Ripeness/7@1").press("Enter")
    browse(page)
    page.get_by_role("button", name="Restore", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Preview", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("in another split")
    accessible(page)
    page.get_by_role("dialog").get_by_role("button", name="Restore", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("as it was before is Ripeness/7@3")
    page.keyboard.press("Escape")
    page.get_by_role("main").get_by_role("link", name="Ripeness/7", exact=True).click()
    forget(page)


def browse(page: Page) -> None:
    """What the snapshot holds, page by page, and its note."""
    table = page.get_by_role("region", name="Assets as they were frozen")
    rows = table.locator("tbody tr")
    expect(rows).to_have_count(50)
    accessible_once_loaded(page)
    page.get_by_role("button", name="Show more").press("Enter")
    expect(rows).to_have_count(100)
    rows.nth(60).get_by_text("values").click()
    expect(rows.nth(60)).to_contain_text("place")
    page.get_by_role("button", name="Edit note").click()
    page.get_by_role("dialog").get_by_label("Note").fill("first\n<b>and best</b>")
    accessible(page)
    page.get_by_role("dialog").get_by_role("button", name="Save note").click()
    expect(page.locator(".snapshot-note")).to_have_text("first\n<b>and best</b>")
    page.get_by_role("button", name="Gone", exact=True).click()
    expect(page).to_have_url(re.compile("part=gone"))
    page.reload()
    gone = page.get_by_role("region", name="Not as it was frozen any more").locator("tbody tr")
    expect(gone.filter(has_text="missing from the bucket")).not_to_have_count(0)
    accessible_once_loaded(page)


def forget(page: Page) -> None:
    """The one that the restore made is deleted, which leads back to the project."""
    page.get_by_role("link", name="Ripeness/7@3").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill(re.sub(r"\D", "", dialog.locator("label").inner_text()))
    dialog.get_by_role("button", name="Delete snapshot").click()
    expect(page.get_by_role("link", name="Ripeness/7@2")).to_be_visible()
    expect(page.get_by_role("link", name="Ripeness/7@3")).to_have_count(0)


def test_what_of_a_snapshot_is_gone_is_named_with_the_reason(visit: Visit) -> None:
    page = visit("/projects/Ripeness%202026", size=1200)
    freeze(page, "before")
    page.get_by_role("link", name="Ripeness 2026@1").click()
    page.get_by_role("button", name="Gone", exact=True).click()
    rows = page.get_by_role("region", name="Not as it was frozen any more").locator("tbody tr")
    rows.first.get_by_role("link").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.goto(page.url.partition("/assets")[0] + "/projects/Ripeness%202026/snapshots/9")
    expect(page.get_by_role("alert")).to_contain_text("Ripeness 2026@9")


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
    page.get_by_role("link", name="Swap").click()
    expect(page.get_by_text("Ripeness/7@2 → Ripeness/7@1")).to_be_visible()


def rename_and_delete(page: Page, number: str) -> None:
    page.get_by_role("main").get_by_role("link", name="Ripeness/7", exact=True).click()
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Ripeness/8")
    page.get_by_label("Description").fill("Of the second harvest.")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", name="Ripeness/8")).to_be_visible()
    expect(page.get_by_text("Of the second harvest.")).to_be_visible()
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Also delete its 2 snapshots").check()
    dialog.get_by_label(re.compile("the number of assets")).fill(number)
    dialog.get_by_role("button", name="Delete project").click()
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    expect(page.get_by_role("link", name="Ripeness/8")).to_have_count(0)


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


def test_the_split_of_selected_assets_is_chosen_and_kept(visit: Visit) -> None:
    page = visit("/?query=harbour", size=1200)
    expect(page.locator(".total")).to_have_text("200 assets")
    bar, dialog = page.get_by_role("toolbar", name="Selection"), page.get_by_role("dialog")
    page.locator(".cell a[data-index='0']").focus()
    page.keyboard.press("Control+a")
    bar.get_by_role("button", name="Split").press("Enter")
    expect(dialog.get_by_label("Project", exact=True)).to_have_value("Ripeness 2026")
    status = dialog.get_by_role("status")
    expect(status).to_contain_text("of 200 assets are in the project. The others are left out.")
    members = int((status.text_content() or "").split()[0])
    dialog.get_by_role("radio", name=re.compile("^Test")).check()
    accessible_once_loaded(page)
    dialog.get_by_role("button", name="Set split").press("Enter")
    expect(dialog).to_have_count(0)
    expect(page.locator(".toast")).to_contain_text(f"{members} assets moved to another split.")
    field = page.get_by_label("Query", exact=True)
    field.fill('project:"Ripeness 2026" split:test harbour')
    field.press("Enter")
    expect(page.locator(".total")).to_have_text(f"{members} assets")
    # Some picked ones, of which one is in no project: it is left out, and the others get what was chosen.
    field.fill("harbour")
    field.press("Enter")
    expect(page.locator(".total")).to_have_text("200 assets")
    page.locator(".cell a[data-index='0']").focus()
    page.keyboard.press("Control+a")
    page.get_by_role("button", name="Clear the selection").click()
    for index in range(20):
        page.locator(f".cell a[data-index='{index}']").click(modifiers=["Control"])
    bar.get_by_role("button", name="Split").click()
    expect(status).to_contain_text("of 20 assets are in the project.")
    few = int((status.text_content() or "").split()[0])
    assert 0 < few < 20
    dialog.get_by_role("radio", name=re.compile("^No split")).check()
    dialog.get_by_role("button", name="Set split").click()
    expect(page.locator(".toast", has_text=f"{few} assets moved")).to_be_visible()
    page.goto(page.url.partition("/?")[0] + "/projects/Ripeness%202026")
    expect(page.get_by_role("main")).to_contain_text(f"{members} of them were chosen by people.")
