"""Curating in a real browser: completion, facets, folders, selection, and bulk edits with their undoing."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from tests.browser.conftest import TOKEN, Visit, accessible_once_loaded, violations


def test_a_query_is_completed_by_keyboard_alone_and_explained(visit: Visit) -> None:
    page = visit()
    expect(page.locator(".total")).to_have_text("2,500 assets")
    page.keyboard.press("/")
    page.keyboard.type("metadata.pla")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("place")
    expect(options.first).to_contain_text("2,500")
    accessible_once_loaded(page)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Query", exact=True)).to_have_attribute("aria-activedescendant", "query-suggestion-0")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Query", exact=True)).to_have_value("metadata.place")
    page.keyboard.type(":Har")
    expect(options.first).to_contain_text("Harbour")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Query", exact=True)).to_have_value("metadata.place:Harbour")
    expect(page.get_by_role("listbox")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator(".total")).to_have_text("417 assets")
    page.get_by_role("button", name="Syntax").click()
    expect(page.locator(".help")).to_contain_text("metadata key place")
    accessible_once_loaded(page)
    page.keyboard.press("Escape")
    page.get_by_label("Query", exact=True).hover(position={"x": 20, "y": 10})
    expect(page.get_by_role("tooltip")).to_contain_text("metadata key place")


def test_an_unknown_name_is_noted_though_something_matches(visit: Visit) -> None:
    page = visit("/?query=metadata.scoer%3A1+OR+harbour")
    expect(page.locator(".total")).to_have_text("417 assets")
    expect(page.locator(".notes")).to_contain_text("Did you mean")


def test_what_a_note_proposes_corrects_the_query(visit: Visit) -> None:
    page = visit("/?query=metadata.scoer%3E0.5%20tag%3Arype&panel=folders")
    expect(page.locator(".total")).to_have_text("0 assets")
    link = page.get_by_role("link", name="metadata.score", exact=True)
    expect(link).to_be_visible()
    accessible_once_loaded(page)
    link.press("Enter")
    field = page.get_by_label("Query", exact=True)
    expect(field).to_have_value("metadata.score>0.5 tag:rype")
    page.get_by_role("link", name="tag:ripe", exact=True).click()
    expect(field).to_have_value("metadata.score>0.5 tag:ripe")
    expect(page.locator(".total")).not_to_have_text("0 assets")
    expect(page).to_have_url(re.compile("panel=folders"))
    page.go_back()
    expect(field).to_have_value("metadata.score>0.5 tag:rype")


def test_values_ranges_and_folders_are_terms_of_the_query(visit: Visit) -> None:
    page = visit("/?panel=filters")
    panel = page.get_by_role("complementary")
    ripe = panel.get_by_role("button", name=re.compile("^ripe"))
    expect(ripe).to_contain_text("1,666")
    ripe.click()
    expect(page).to_have_url(re.compile(r"query=tag%3Aripe"))
    expect(ripe).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".total")).to_have_text("1,666 assets")
    panel.get_by_role("button", name=re.compile("^review")).click()  # the facet still counts its other values
    expect(page).to_have_url(re.compile(r"tag%3Aripe\+OR\+tag%3Areview"))
    page.go_back()
    expect(page.locator(".total")).to_have_text("1,666 assets")
    panel.get_by_role("button", name="score", exact=True).scroll_into_view_if_needed()  # it is counted where it is seen
    drag_across(page, panel.get_by_role("img", name="Distribution of score"), 0.3, 0.6)
    expect(page).to_have_url(re.compile(r"metadata\.score%3A[\d.]+\.\.[\d.]+"))
    expect(panel.get_by_label("score: from")).not_to_have_value("")
    ends = [float(panel.get_by_label(f"score: {end}").input_value()) for end in ("from", "to")]
    assert 0.1 < ends[0] <= 0.3
    assert 0.6 <= ends[1] < 0.8
    expect(page.locator(".total")).not_to_have_text("1,666 assets")
    bars = panel.locator(".histogram g")
    assert 0 < panel.locator(".histogram g.lit").count() < bars.count()
    panel.get_by_role("button", name="Clear score", exact=True).click()
    expect(page.locator(".total")).to_have_text("1,666 assets")
    panel.get_by_label("score: from").fill("0.9")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"metadata\.score%3A0\.9\.\."))
    expect(page.locator(".total")).not_to_have_text("1,666 assets")
    accessible_once_loaded(page)
    page.reload()
    panel.get_by_role("button", name="score").scroll_into_view_if_needed()
    expect(panel.get_by_label("score: from")).to_have_value("0.9")
    panel.get_by_role("button", name="Clear score", exact=True).click()
    expect(page.locator(".total")).to_have_text("1,666 assets")
    panel.get_by_role("tab", name="Folders").click()
    expect(page).to_have_url(re.compile("panel=folders"))
    panel.get_by_role("button", name="Folders in 2026").first.click()
    panel.get_by_role("button", name=re.compile(r"^03")).first.click()
    expect(page).to_have_url(re.compile(r"path%3A2026%2F03%2F\*\*"))
    expect(page.locator(".total")).to_have_text("209 assets")
    accessible_once_loaded(page)
    panel.get_by_role("button", name="All folders").click()
    expect(page.locator(".total")).to_have_text("1,666 assets")
    panel.get_by_role("tab", name="Filters").click()
    panel.get_by_role("button", name="Exclude review", exact=True).click()
    expect(page).to_have_url(re.compile(r"-tag%3Areview"))
    expect(page.locator(".total")).not_to_have_text("1,666 assets")
    panel.get_by_role("button", name="No longer exclude review", exact=True).click()
    expect(page.locator(".total")).to_have_text("1,666 assets")


def drag_across(page: Page, bars: Locator, start: float, end: float) -> None:
    """From one share of the width to another."""
    box = bars.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, middle, steps=4)
    page.mouse.up()


def go_to(page: Page, control: Locator, key: str = "Tab") -> None:
    """Press a key until the control has the focus."""
    for _ in range(60):
        page.keyboard.press(key)
        if control.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"{control} cannot be reached by {key}.")


def test_facets_and_folders_are_used_by_keyboard_alone(visit: Visit) -> None:
    page = visit("/?panel=filters")
    panel, total = page.get_by_role("complementary"), page.locator(".total")
    filters, folders = panel.get_by_role("tab", name="Filters"), panel.get_by_role("tab", name="Folders")
    ripe = panel.get_by_role("button", name=re.compile("^ripe"))
    expect(ripe).to_contain_text("1,666")
    go_to(page, filters)
    page.keyboard.press("ArrowRight")
    expect(folders).to_be_focused()
    expect(page).to_have_url(re.compile("panel=folders"))
    disclose = panel.get_by_role("button", name="Folders in 2026").first
    disclose.wait_for()
    go_to(page, disclose)
    page.keyboard.press("Enter")
    march = panel.get_by_role("button", name=re.compile("^03")).first
    expect(march).to_be_visible()
    assets = march.locator(".value-count").inner_text()
    go_to(page, march)
    page.keyboard.press("Space")
    expect(total).to_have_text(f"{assets} assets")
    go_to(page, folders, "Shift+Tab")
    page.keyboard.press("ArrowLeft")
    expect(filters).to_be_focused()
    expect(ripe).to_be_visible()
    go_to(page, ripe)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("tag%3Aripe"))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # its other button
    expect(page).to_have_url(re.compile("-tag%3Aripe"))


def test_a_list_of_values_has_a_search_for_others_and_says_when_it_is_estimated(visit: Visit) -> None:
    page = visit("/?panel=none")

    def as_of_a_large_library(route: Route) -> None:
        answer = route.fetch()
        found = answer.json()
        for facet in found["facets"]:
            facet |= {"more": True, "sampled": 0.04}
        route.fulfill(response=answer, json=found)

    page.route(re.compile(r"/search/facets.*keys=tag"), as_of_a_large_library)
    page.get_by_role("button", name="Show filters and folders").click()
    panel = page.get_by_role("complementary")
    expect(panel).to_contain_text("Estimated from 4 % of the library")
    expect(panel.get_by_role("button", name=re.compile("^ripe"))).to_contain_text("≈ 1,666")
    find = panel.get_by_label("Find in tags")
    find.fill("zzz")
    expect(panel).to_contain_text("No value begins with this")
    accessible_once_loaded(page)
    find.fill("rev")
    panel.locator(".find").get_by_role("button", name=re.compile("^review")).click()
    expect(page).to_have_url(re.compile("query=tag%3Areview"))


def test_facets_never_block_the_grid(visit: Visit) -> None:
    page = visit("/?panel=none")
    held: list[Route] = []
    free: list[bool] = []

    def hold(route: Route) -> None:
        if free:
            route.continue_()
        else:
            held.append(route)

    page.route("**/search/facets*", hold)
    page.goto(page.url.replace("panel=none", "panel=filters"))
    page.locator(".cell-image.ready").first.wait_for()
    panel = page.get_by_role("complementary")
    expect(panel).to_contain_text("Counting…")
    page.locator(".cell a[tabindex='0'][href]").focus()
    page.keyboard.press("End")
    expect(page.locator(".cell:has(a[data-index='2499']) .cell-image.ready")).to_be_in_viewport()
    expect(panel).to_contain_text("Counting…")
    assert held
    free.append(True)
    for each in held:
        each.continue_()
    expect(panel.locator(".facet").first).not_to_contain_text("Counting…")


def test_facts_of_files_are_filters_too(visit: Visit) -> None:
    page = visit("/?panel=filters")
    panel = page.get_by_role("complementary")
    wanted = panel.get_by_label("Find a field")
    wanted.fill("camera_m")
    panel.get_by_role("button", name="camera_model", exact=True).click()
    model = panel.get_by_role("button", name=re.compile("^X-T5"))
    expect(model).to_contain_text("2,500")
    model.click()
    expect(page).to_have_url(re.compile(r"query=facts\.camera_model%3AX-T5"))
    expect(page.locator(".total")).to_have_text("2,500 assets")
    accessible_once_loaded(page)
    wanted.fill("iso")  # the whole name
    expect(panel.get_by_role("button", name="iso", exact=True)).to_be_visible()


def test_filters_say_why_a_wrong_query_counts_nothing(visit: Visit) -> None:
    page = visit("/?query=width%3A%3E&panel=filters")
    panel = page.get_by_role("complementary")
    expect(panel.get_by_text("Not counted while the query has a mistake").first).to_be_visible()
    expect(panel).not_to_contain_text("Counting…")
    page.get_by_label("Query", exact=True).fill("tag:ripe")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("button", name=re.compile("^ripe"))).to_contain_text("1,666")


def test_facets_are_counted_only_where_they_are_seen(visit: Visit) -> None:
    page = visit("/?panel=none")
    page.locator(".cell-image.ready").first.wait_for()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/search/facets" in request.url else None)
    page.get_by_role("button", name="Show filters and folders").click()
    expect(page.get_by_role("complementary")).to_contain_text("1,666")
    page.wait_for_load_state("networkidle")
    assert asked
    assert all("keys=" in url and "%2C" not in url for url in asked)
    assert not [url for url in asked if "keys=width" in url]  # it is closed
    assert not [url for url in asked if "keys=metadata.score" in url]  # it is below the edge of the window
    page.get_by_role("complementary").get_by_role("button", name="score").scroll_into_view_if_needed()
    expect(page.get_by_label("score: from")).to_be_visible()
    assert [url for url in asked if "keys=metadata.score" in url]
    page.get_by_role("button", name="Width").click()
    expect(page.get_by_role("img", name="Distribution of Width")).to_be_visible()


def test_the_panel_is_a_drawer_on_a_phone(visit: Visit) -> None:
    page = visit()
    page.set_viewport_size({"width": 360, "height": 740})
    page.reload()
    expect(page.get_by_role("complementary")).to_have_count(0)
    page.get_by_role("button", name="Show filters and folders").click()
    expect(page.get_by_role("complementary")).to_contain_text("1,666")
    accessible_once_loaded(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("tab", name="Filters").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary")).to_have_count(0)


def test_order_and_size_are_in_the_address(visit: Visit) -> None:
    page = visit("/?query=harbour")
    page.get_by_label("Order").select_option("Name, A to Z")
    expect(page).to_have_url(re.compile(r"query=harbour\+sort%3Aname"))
    expect(page.locator(".cell a[data-index='0']")).to_have_attribute("aria-label", re.compile("harbour-00001"))
    page.get_by_label("Thumbnail size").fill("120")
    expect(page).to_have_url(re.compile("size=120"))
    page.locator(".cell a[href]").first.click()
    expect(page).to_have_url(re.compile(r"/assets/.*size=120"))


def test_assets_are_selected_by_keyboard_and_by_mouse(visit: Visit) -> None:
    page = visit()
    bar = page.get_by_role("toolbar", name="Selection")
    page.locator(".cell a[data-index='1']").focus()
    page.keyboard.press("Space")
    expect(bar).to_contain_text("1 selected")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(bar).to_contain_text("3 selected")
    page.keyboard.press("Shift+ArrowLeft")
    expect(bar).to_contain_text("2 selected")
    expect(page.locator(".cell a[data-index='2']")).to_have_attribute("aria-label", re.compile("selected$"))
    accessible_once_loaded(page)
    page.keyboard.press("Escape")
    expect(bar).to_have_count(0)
    page.locator(".cell a[data-index='0']").click(modifiers=["Control"])
    page.locator(".cell a[data-index='5']").click(modifiers=["Shift"])
    expect(bar).to_contain_text("6 selected")
    page.locator(".cell a[data-index='3']").click()  # while something is selected, a click selects
    expect(bar).to_contain_text("5 selected")
    page.keyboard.press("Control+a")
    expect(bar).to_contain_text("2,500 selected")
    page.locator(".cell a[data-index='3']").click()
    expect(bar).to_contain_text("2,499 selected")
    page.get_by_label("Query", exact=True).fill("harbour")
    expect(bar).to_have_count(0)


def test_a_range_reaches_assets_that_were_never_loaded(visit: Visit) -> None:
    page = visit()
    page.locator(".cell a[data-index='0']").click(modifiers=["Control"])
    page.locator(".cell a[data-index='0']").focus()
    page.keyboard.press("Shift+End")
    bar = page.get_by_role("toolbar", name="Selection")
    expect(bar).to_contain_text("2,500 selected")
    sent: list[str] = []
    page.route("**/reprocessings", lambda route: (sent.append(route.request.post_data or ""), route.fulfill(json=[])))
    bar.get_by_role("button", name="Reprocess").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Compute what search by likeness compares").check()
    dialog.get_by_role("button", name="Reprocess").click()
    expect(dialog).to_contain_text("None of these assets can be processed like this.")
    assert len(json.loads(sent[0])["assets"]) == 2500
    page.keyboard.press("Escape")
    bar.get_by_role("button", name="Export").click()
    dialog.get_by_label("Format").select_option("list")
    dialog.get_by_role("button", name="Export").click()
    expect(page.locator(".toast")).to_contain_text("2,500 assets exported")


def test_everything_that_matches_is_tagged_as_a_job_and_undone(visit: Visit) -> None:
    page = visit("/?query=harbour", size=1200)
    expect(page.locator(".total")).to_have_text("200 assets")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if "/edits" in request.url else None)
    page.locator(".cell a[data-index='0']").focus()
    page.keyboard.press("Control+a")
    page.get_by_role("toolbar", name="Selection").get_by_role("button", name="Tags").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Add tags").fill("<b>wet</b> 2")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("200 assets would change")
    accessible_once_loaded(page)
    dialog.get_by_role("button", name="Change tags").press("Enter")
    expect(dialog).to_have_count(0)
    toast = page.locator(".toast")
    expect(toast).to_contain_text("200 assets changed")
    assert all('"query":"harbour"' in body and "assets" not in body for body in sent)  # never a list of ids
    assert violations(page) == []
    wet = page.get_by_role("complementary").get_by_role("button", name=re.compile("^<b>wet"))
    expect(wet).to_contain_text("200")
    page.reload()  # the message is gone with the page
    expect(wet).to_contain_text("200")
    page.get_by_role("link", name="Jobs", exact=True).click()
    undo = page.get_by_role("button", name=re.compile(r"^Undo job \d+")).first
    done = undo.get_attribute("aria-label") or ""
    undo.click()
    expect(toast).to_contain_text("200 assets are as they were before")
    expect(page.get_by_role("button", name=done, exact=True)).to_have_count(0)
    assert violations(page) == []
    page.go_back()
    expect(page.locator(".total")).to_have_text("200 assets")
    expect(wet).to_have_count(0)


def test_metadata_of_many_keeps_its_type_and_another_browser_sees_it(visit: Visit) -> None:
    page = visit("/?query=roof-survey", size=1200)
    other = visit("/?query=metadata.lot%3A1.50", size=1200)
    expect(other.get_by_role("heading", name="No results")).to_be_visible()
    page.bring_to_front()
    for place in range(2):
        page.locator(f".cell a[data-index='{place}']").click(modifiers=["Control"])
    page.get_by_role("toolbar", name="Selection").get_by_role("button", name="Metadata").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Key", exact=True).fill("lot")
    dialog.get_by_label("Type").select_option("Number")
    dialog.get_by_label("Value").fill("1,5")
    expect(dialog).to_contain_text("This is not a number")
    accessible_once_loaded(page)
    dialog.get_by_label("Value").fill("1.50")
    expect(dialog).to_contain_text("2 assets would change")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("2 assets changed")
    expect(other.locator(".total")).to_have_text("2 assets")
    other.bring_to_front()
    other.locator(".cell a[data-index='0']").focus()
    other.keyboard.press("Control+a")
    other.get_by_role("toolbar", name="Selection").get_by_role("button", name="Metadata").click()
    dialog = other.get_by_role("dialog")
    dialog.get_by_label("Key", exact=True).fill("lot")
    dialog.get_by_label("Change", exact=True).select_option("Remove")
    expect(dialog).to_contain_text("2 assets would change")
    dialog.get_by_role("button", name="Change metadata").click()
    expect(other.locator(".toast")).to_contain_text("2 assets changed")
    expect(other.get_by_role("heading", name="No results")).to_be_visible()


def test_some_are_added_to_a_new_project_and_lose_a_tag_and_both_are_undone(visit: Visit) -> None:
    page = visit("/?query=tag%3Aripe", size=1200)
    total, query = page.locator(".total"), page.get_by_label("Query", exact=True)
    bar, dialog = page.get_by_role("toolbar", name="Selection"), page.get_by_role("dialog")
    expect(total).to_have_text("800 assets")
    for place in range(3):
        page.locator(f".cell a[data-index='{place}']").click(modifiers=["Control"])
    bar.get_by_role("button", name="Projects").click()
    dialog.get_by_label("Add to projects").fill("Roofs 2027")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("3 assets would change")
    dialog.get_by_role("button", name="Change projects").click()
    expect(page.locator(".toast")).to_contain_text("3 assets changed")
    query.fill('project:"Roofs 2027"')
    expect(total).to_have_text("3 assets")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(total).to_have_text("0 assets")

    query.fill("tag:ripe")
    expect(total).to_have_text("800 assets")
    for place in range(2):
        page.locator(f".cell a[data-index='{place}']").click(modifiers=["Control"])
    bar.get_by_role("button", name="Tags").click()
    dialog.get_by_label("Remove tags").fill("ripe")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("2 assets would change")
    dialog.get_by_role("button", name="Change tags").click()
    expect(total).to_have_text("798 assets")
    page.locator(".toast").filter(has_text="2 assets changed").get_by_role("button", name="Undo").click()
    expect(total).to_have_text("800 assets")


def test_many_come_back_from_the_trash_and_an_export_is_downloaded(visit: Visit) -> None:
    page = visit("/?query=state%3Atrash+kind%3Aimage", size=1200)
    page.locator(".cell a[data-index='0']").focus()
    page.keyboard.press("Control+a")
    bar = page.get_by_role("toolbar", name="Selection")
    expect(bar.get_by_role("button", name="Restore")).to_be_visible()
    expect(bar.get_by_role("button", name="Move to trash")).to_have_count(0)  # all of them are there
    expect(bar.get_by_role("button", name="Reprocess")).to_have_count(0)
    page.get_by_role("link", name="Trash", exact=True).click()
    expect(bar).to_have_count(0)
    page.locator(".cell a[data-index='0']").focus()
    page.keyboard.press("Control+a")
    bar.get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Format").select_option("webdataset")
    dialog.get_by_label("Turn copied images upright").check()
    dialog.get_by_label("Format").select_option("csv")
    expect(dialog.get_by_label("Turn copied images upright")).to_have_count(0)
    dialog.get_by_label("Columns").fill("name, tags")
    accessible_once_loaded(page)
    dialog.get_by_role("button", name="Export").click()
    link = page.locator(".toast").get_by_role("link", name=re.compile("Download"))
    link.wait_for()
    with page.expect_download() as download:
        link.click()
    assert download.value.path().read_text().count("\n") == 4
    other = visit("/jobs", size=1200)  # where it is as long as it is kept
    with other.expect_download() as again:
        other.get_by_role("row").filter(has_text="export").get_by_role("link", name="Download assets.csv").first.click()
    assert again.value.path().read_bytes() == download.value.path().read_bytes()
    page.bring_to_front()
    page.keyboard.press("Escape")
    page.locator(".cell a[data-index='0']").focus()
    page.keyboard.press("Control+a")
    bar.get_by_role("button", name="Restore").click()
    expect(dialog).to_contain_text("3 assets would change")
    dialog.get_by_role("button", name="Restore").click()
    expect(page.locator(".toast").filter(has_text="restored")).to_contain_text("3 assets restored")
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()


def test_assets_are_moved_to_the_trash_by_the_selection_and_one_by_one(visit: Visit) -> None:
    page = visit("/?query=filename%3Aharbour-000*", size=1200)
    total = page.locator(".total")
    page.locator(".cell a[data-index='0']").focus()
    before = int(total.inner_text().split()[0])
    page.keyboard.press("Control+a")
    page.get_by_role("toolbar", name="Selection").get_by_role("button", name="Move to trash").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"{before} assets would change")
    accessible_once_loaded(page)
    dialog.get_by_role("button", name="Move to trash").click()
    toast = page.locator(".toast").filter(has_text="moved to the trash")
    expect(toast).to_contain_text(f"{before} assets moved to the trash")
    expect(page.get_by_role("heading", name="No results")).to_be_visible()
    toast.get_by_role("button", name="Undo").click()
    expect(total).to_have_text(f"{before} assets")
    page.locator(".cell a[data-index='0']").click()
    page.get_by_role("button", name="Move to trash").click()
    expect(page.get_by_role("heading", name="In the trash")).to_be_visible()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("button", name="Move to trash")).to_be_visible()


def test_a_selection_and_one_asset_are_reprocessed_by_stages(visit: Visit) -> None:
    page = visit("/?query=filename%3Aharbour-000*", size=1200)
    page.locator(".cell a[data-index='0']").focus()
    page.keyboard.press("Control+a")
    page.get_by_role("toolbar", name="Selection").get_by_role("button", name="Reprocess").click()
    dialog = page.get_by_role("dialog")
    apply = dialog.get_by_role("button", name="Reprocess")
    expect(apply).to_be_disabled()
    dialog.get_by_label("Read the text in pictures").check()
    accessible_once_loaded(page)
    apply.click()
    expect(dialog.get_by_role("alert")).to_contain_text("No text is read in pictures of")
    dialog.get_by_label("Read the text in pictures").uncheck()
    dialog.get_by_label("Compute what search by likeness compares").check()
    apply.click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".toast").filter(has_text="likeness")).to_be_visible()
    page.locator(".cell a[data-index='0']").click()
    viewer = page.get_by_role("dialog")
    url = page.url
    viewer.get_by_role("button", name="Reprocess").click()
    single = page.get_by_role("dialog", name="Reprocess 1 asset")
    single.get_by_label("Compute what search by likeness compares").check()
    page.keyboard.press("ArrowRight")  # is not that of the viewer
    expect(page).to_have_url(url)
    single.get_by_role("button", name="Reprocess").click()
    expect(single).to_have_count(0)
    expect(viewer.get_by_text("Started. The page Jobs shows the progress.")).to_be_visible()


def test_a_function_is_called_for_a_selection_only_where_its_last_call_failed(visit: Visit) -> None:
    page = visit("/?query=filename%3Aharbour-000*", size=1200)
    address = "/".join(page.url.split("/")[:3])
    function = {"name": "describe", "url": "https://hooks.invalid/f", "query": "tag:nobody-has-this"}
    made = page.request.post(f"{address}/api/v1/functions", data=function, headers={"Origin": address})
    assert made.ok, made.text()
    page.locator(".cell a[data-index='0']").focus()
    page.keyboard.press("Control+a")
    page.get_by_role("toolbar", name="Selection").get_by_role("button", name="Reprocess").click()
    dialog = page.get_by_role("dialog")
    only = dialog.get_by_label("Call functions only where their last call failed")
    dialog.get_by_label("Compute what search by likeness compares").check()
    expect(only).to_have_count(0)
    dialog.get_by_label("Compute what search by likeness compares").uncheck()
    dialog.get_by_label("Call the function describe").check()
    only.check()
    accessible_once_loaded(page)
    with page.expect_response(re.compile("/reprocessings$")) as asked:
        dialog.get_by_role("button", name="Reprocess").click()
    [job] = asked.value.json()
    assert job["args"]["failed"] is True
    expect(page.locator(".toast").filter(has_text="The function was called again")).to_be_visible()
    done = page.request.get(f"{address}/api/v1/jobs/{job['id']}").json()
    assert (done["state"], done["result"]["called"]) == ("succeeded", 0)  # no call had failed


def test_of_near_duplicates_one_is_kept_and_the_others_go_to_the_trash(visit: Visit) -> None:
    page = visit("/?query=id%3A1000+OR+id%3A1030&panel=filters", size=1200)
    page.get_by_role("link", name="Near-duplicates among these").click()
    group = page.get_by_role("region", name="Group 1")
    expect(group.get_by_role("heading", name="2 pictures")).to_be_visible()
    expect(group.get_by_role("radio", checked=True)).to_have_accessible_name("Keep orchard-00030.jpg")  # more bytes
    group.get_by_label("Keep orchard-00000.jpg").check()
    accessible_once_loaded(page)
    group.get_by_role("button", name="Move the other one to the trash").click()
    expect(group.get_by_role("status")).to_contain_text("on their way to the trash")
    expect(page.locator(".toast")).to_contain_text("1 asset moved to the trash.")
    page.get_by_role("link", name="Back to these assets").click()
    expect(page.locator(".total")).to_have_text("1 asset")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".total")).to_have_text("2 assets")


def test_a_search_is_saved_opened_renamed_and_deleted_by_keyboard(visit: Visit) -> None:
    page = visit("/?query=harbour+sort%3Aname")
    page.get_by_role("button", name="Saved", exact=True).press("Enter")
    dialog = page.get_by_role("dialog", name="Saved searches")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.type("<b>Harbours</b>")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("This search is saved as <b>Harbours</b>.")
    accessible_once_loaded(page)
    page.goto(page.url.split("?")[0])
    page.get_by_role("button", name="Saved", exact=True).press("Enter")
    dialog.get_by_role("link", name="<b>Harbours</b>").press("Enter")
    expect(page).to_have_url(re.compile(r"query=harbour\+sort%3Aname"))
    expect(page.locator(".total")).to_have_text("417 assets")
    page.get_by_role("button", name="Saved", exact=True).press("Enter")
    dialog.get_by_role("button", name="Rename").press("Enter")
    expect(dialog.get_by_label("New name")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("The harbour")
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Delete The harbour").press("Enter")
    accessible_once_loaded(page)
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()  # Enter alone does no harm
    dialog.get_by_role("button", name="Delete search").press("Enter")
    expect(dialog).to_contain_text("Nobody has saved a search yet")


def test_what_was_typed_survives_a_session_that_ends(visit: Visit) -> None:
    page = visit(size=1200)
    page.locator(".cell a[data-index='0']").focus()
    page.keyboard.press("Space")
    page.get_by_role("toolbar", name="Selection").get_by_role("button", name="Metadata").click()
    dialog = page.get_by_role("dialog", name="Metadata of 1 asset")
    dialog.get_by_label("Key").fill("kept")
    dialog.get_by_label("Value").fill("typed before")
    expect(dialog).to_contain_text("1 asset would change")
    page.context.clear_cookies()
    # An event, not a click: the dialog of the session may lie above the button already.
    dialog.get_by_role("button", name="Change metadata").dispatch_event("click")
    ended = page.get_by_role("dialog", name="Your session has ended")
    ended.get_by_role("button", name="Use the access token instead").click()
    accessible_once_loaded(page)
    ended.get_by_label("Access token").fill(TOKEN)
    page.keyboard.press("Enter")
    expect(ended).to_have_count(0)
    expect(dialog.get_by_label("Value")).to_have_value("typed before")
    dialog.get_by_role("button", name="Change metadata").click()
    expect(page.locator(".toast").filter(has_text="1 asset changed")).to_be_visible()


def test_who_may_only_look_gets_no_buttons_that_edit(visit: Visit) -> None:
    page = visit(size=1200)
    made = page.evaluate(
        "fetch('/api/v1/members', {method: 'POST', headers: {'content-type': 'application/json'},"
        " body: JSON.stringify({name: 'looks-only', role: 'viewer'})}).then((answer) => answer.json())"
    )
    secret = made["invitation"].partition("#")[2]
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Name")).to_be_visible()
    page.goto(f"{page.url.partition('?')[0]}#{secret}")
    page.reload()
    page.get_by_label("New password").fill("a canary that sings 7")
    page.get_by_label("The same password again").fill("a canary that sings 7")
    page.keyboard.press("Enter")
    page.locator(".cell a[data-index='0']").click(modifiers=["Control"])
    bar = page.get_by_role("toolbar", name="Selection")
    expect(bar.get_by_role("button", name="Export")).to_be_visible()
    expect(bar.get_by_role("button", name="Tags")).to_have_count(0)
    page.keyboard.press("Escape")
    page.locator(".cell a[data-index='0']").click()
    expect(page.locator(".side h1")).to_be_visible()
    expect(page.get_by_label("Add a tag")).to_have_count(0)
    expect(page.get_by_label("Metadata key")).to_have_count(0)
    assert violations(page) == []
