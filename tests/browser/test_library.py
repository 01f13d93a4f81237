"""The pages in a real browser: search, view, return to the same place, by mouse and keyboard, accessible to all."""

from __future__ import annotations

import gzip
import re

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from tests.browser.conftest import TOKEN, Serve, Visit, accessible, accessible_once_loaded, violations

PAGES = {
    "library": "/",
    "query error": "/?query=metadata.width%3A%3E",
    "nothing found": "/?query=zebra",
    "asset": "/assets/1003?at=2496",
    "asset in the trash": "/assets/3500",
    "missing asset": "/assets/1015?at=2484",
    "unknown asset": "/assets/999999",
    "datasources": "/datasources",
    "runs": "/runs",
    "run": "/runs/3",
    "failed run": "/runs/4",
    "held run": "/runs/6",
    "jobs": "/jobs",
    "connections": "/connections",
    "new connection": "/new/connection?service=aws",
    "new datasource": "/new/datasource",
    "datasource": "/datasources/orchard",
    "settings of a datasource": "/datasources/orchard?tab=settings",
    "projects": "/projects",
    "project": "/projects/Ripeness%202026",
    "near-duplicates": "/near-duplicates?query=harbour",
    "overview": "/overview",
    "settings": "/settings",
    "nothing found for an unknown key": "/?query=metadata.scoer%3E0.5",
    "no such page": "/nope",
}


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement?.getAttribute('aria-label') ?? ''"))


def settled(page: Page) -> None:
    """Wait until the first images are painted."""
    page.locator(".cell-image.ready").first.wait_for()


def test_the_printed_address_opens_the_library_and_hides_its_token(context: BrowserContext, serve: Serve) -> None:
    page = context.new_page()
    page.goto(f"{serve(2500)}/?query=harbour&token={TOKEN}")
    expect(page.locator(".total")).to_have_text("417 assets")
    assert TOKEN not in page.url
    assert "query=harbour" in page.url


def test_a_signed_out_visitor_learns_how_to_sign_in(visit: Visit) -> None:
    page = visit(signed_in=False)
    expect(page.locator(".notice")).to_contain_text("mirrorlake up")
    expect(page.get_by_label("Query", exact=True)).to_have_count(0)  # nothing that would only be refused
    expect(page.get_by_role("navigation")).to_have_count(0)
    assert violations(page) == []


def test_an_invited_member_sets_a_password_signs_in_and_out(visit: Visit) -> None:
    page = visit("/?query=harbour")
    made = page.evaluate(
        "fetch('/api/v1/members', {method: 'POST', headers: {'content-type': 'application/json'},"
        " body: JSON.stringify({name: 'anna-of-the-browser', role: 'viewer'})}).then((answer) => answer.json())"
    )
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Name")).to_be_visible()
    assert violations(page) == []
    secret = made["invitation"].partition("#")[2]
    page.goto(f"{page.url.partition('?')[0]}?query=harbour#{secret}")
    page.reload()
    page.get_by_label("New password").fill("a canary that sings 7")
    page.get_by_label("The same password again").fill("a canary")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The two passwords are different")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("The same password again").fill("a canary that sings 7")
    page.keyboard.press("Enter")
    expect(page.locator(".total")).to_have_text("417 assets")
    assert "invitation" not in page.url
    expect(page.get_by_text("anna-of-the-browser")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Name").fill("Anna-of-the-browser")
    page.get_by_label("Password").fill("a canary that sings 7")
    page.keyboard.press("Enter")
    expect(page.locator(".total")).to_have_text("417 assets")


def test_the_token_can_be_typed_to_sign_in(visit: Visit) -> None:
    page = visit("/?query=harbour", signed_in=False)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.get_by_role("button", name="Use the access token instead").click()
    field = page.get_by_label("Access token")
    for wrong in ("another token", "another-token", "ключ"):
        field.fill(wrong)
        page.keyboard.press("Enter")
        expect(page.get_by_text("did not accept this token")).to_be_visible()
    assert violations(page) == []
    field.fill("")
    field.focus()
    page.keyboard.type(f" {TOKEN} ")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Sign in")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator(".total")).to_have_text("417 assets")
    # Addresses reach histories and the logs of proxies.
    assert not [url for url in [*sent, page.url] if TOKEN in url]
    assert page.evaluate("history.length") <= 3


def test_back_leads_to_the_earlier_search(visit: Visit) -> None:
    page = visit()
    query = page.get_by_label("Query", exact=True)
    expect(page.locator(".total")).to_have_text("2,500 assets")
    query.press_sequentially("orchard", delay=60)
    expect(page.locator(".total")).to_have_text("417 assets")
    settled(page)
    page.locator(".cell a[href]").first.focus()  # the focus has left the query
    query.fill("har")
    page.wait_for_url(re.compile(r"query=har$"))
    query.fill("harbour")  # typed right away: one search, one entry
    page.wait_for_url(re.compile(r"query=harbour$"))
    page.go_back()
    expect(query).to_have_value("orchard")
    page.wait_for_url(re.compile(r"query=orchard"))
    page.go_back()
    expect(query).to_have_value("")
    expect(page.locator(".total")).to_have_text("2,500 assets")
    page.go_forward()
    expect(query).to_have_value("orchard")


@pytest.mark.parametrize("path", ["/", "/datasources", "/runs/3", "/assets/1003?at=2496"])
def test_a_question_mark_lists_the_shortcuts(visit: Visit, path: str) -> None:
    page = visit(path)
    page.get_by_role("heading", level=1).first.wait_for(state="attached")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_contain_text("Edit the query")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert path in page.url


def test_a_question_mark_can_be_typed_into_a_query(visit: Visit) -> None:
    page = visit()
    expect(page.locator(".total")).to_have_text("2,500 assets")
    page.keyboard.press("/")
    page.keyboard.type("what?")
    expect(page.get_by_label("Query", exact=True)).to_have_value("what?")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_only_the_library_comes_with_the_first_load_and_it_is_small(visit: Visit) -> None:
    page = visit()
    settled(page)
    scripts = "performance.getEntriesByType('resource').map(r => r.name).filter(n => n.endsWith('.js'))"
    entry = page.evaluate(scripts)
    fetched = "url => fetch(url).then(r => r.arrayBuffer()).then(b => [...new Uint8Array(b)])"
    assert sum(len(gzip.compress(bytes(page.evaluate(fetched, url)))) for url in entry) <= 160 * 1024
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    assert len(page.evaluate(scripts)) > len(entry)


def test_typing_a_query_filters_the_grid_and_changes_the_address(visit: Visit) -> None:
    page = visit()
    expect(page.locator(".total")).to_have_text("2,500 assets")
    page.keyboard.press("/")
    page.keyboard.type("orchard")
    expect(page.locator(".total")).to_have_text("417 assets")
    page.wait_for_url(re.compile("query=orchard"))
    page.reload()
    expect(page.get_by_label("Query", exact=True)).to_have_value("orchard")
    expect(page.locator(".cell a[data-index='0']")).to_have_attribute("aria-label", re.compile("orchard-"))


def test_clicks_faster_than_a_render_all_count_and_what_was_typed_before_them_too(visit: Visit) -> None:
    page = visit("/?panel=filters")
    values = page.get_by_role("complementary").locator(".facet", has_text="Tag").locator(".values button[aria-pressed]")
    expect(values.nth(1)).to_be_visible()
    first, second = (values.nth(place).get_attribute("title") for place in (0, 1))
    values.first.evaluate("""(first) => {  // both before React renders anything of the first
        const buttons = first.closest('ul').querySelectorAll('button[aria-pressed]')
        buttons[0].click()
        buttons[1].click()
    }""")
    expect(page.get_by_label("Query", exact=True)).to_have_value(re.compile(f"^.tag:.?{first}.? OR tag:.?{second}"))
    page.keyboard.press("/")
    page.keyboard.type("harbour")
    values.first.click()
    expect(page.get_by_label("Query", exact=True)).to_have_value(re.compile("harbour.*tag:|tag:.*harbour"))
    page.get_by_label("Query", exact=True).fill("night")
    page.get_by_role("button", name="Hide filters and folders").first.click()
    page.wait_for_url(lambda url: "query=night" in url and "panel=none" in url)
    expect(page.get_by_label("Query", exact=True)).to_have_value("night")


def test_a_query_error_is_shown_under_its_character_and_keeps_the_earlier_result(visit: Visit) -> None:
    page = visit()
    settled(page)
    page.get_by_label("Query", exact=True).fill("size:>b")
    expect(page.locator(".query-error mark")).to_have_text("b")
    expect(page.locator(".query-error")).to_contain_text("Invalid size")
    below = page.locator(".query-error pre span").bounding_box()
    mark = page.locator(".query-error mark").bounding_box()
    assert below is not None
    assert mark is not None
    assert below["x"] + below["width"] == pytest.approx(mark["x"] + mark["width"], abs=1.5)
    assert page.locator(".cell a[href]").count() > 10
    expect(page.locator(".total")).to_have_text("")  # it counted the earlier result


def test_an_asset_opens_moves_on_and_returns_to_its_place_by_keyboard_alone(visit: Visit) -> None:
    page = visit("/?at=1200")
    settled(page)
    page.locator(".cell a[tabindex='0'][href]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    name = focused(page)
    assert name
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    assert re.search(r"/assets/\d+\?at=12\d\d", page.url)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name=name)).to_be_hidden()
    after = page.locator(".side h1").inner_text()
    page.reload()
    expect(page.get_by_role("heading", name=after)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    page.wait_for_function("name => document.activeElement?.getAttribute('aria-label')?.startsWith(name)", arg=after)
    assert re.search(r"/\?at=\d+", page.url)


def test_a_reload_restores_size_panel_and_position(visit: Visit) -> None:
    page = visit("/?size=300&panel=folders&at=1200")
    cell = page.locator(".cell:has(a[data-index='1200'][href])")
    for _ in range(2):
        settled(page)
        expect(page.get_by_role("tab", name="Folders")).to_have_attribute("aria-selected", "true")
        expect(cell).to_be_in_viewport()
        box = cell.bounding_box()
        assert box is not None
        assert 300 <= box["width"] < 450
        page.wait_for_url(re.compile(r"\?(?=.*size=300)(?=.*panel=folders)(?=.*at=1(19|20)\d)"))
        page.reload()


def test_next_and_previous_go_on_beyond_a_page_of_the_result(visit: Visit) -> None:
    page = visit("/?at=1190")
    settled(page)
    page.locator(".cell a[data-index='1198']").click()
    place = page.locator(".viewer-bar")
    expect(place).to_contain_text("1,199 of 2,500")
    names = [page.locator(".side h1").inner_text()]
    for key, positions in (("ArrowRight", (1200, 1201, 1202)), ("ArrowLeft", (1201, 1200, 1199))):
        for position in positions:
            page.keyboard.press(key)
            expect(place).to_contain_text(f"{position:,} of 2,500")
            expect(page.get_by_role("heading", name=names[-1])).to_be_hidden()
            names.append(page.locator(".side h1").inner_text())
    assert names[:3] == names[:3:-1]
    assert len(set(names)) == 4


def test_colours_stand_for_thumbnails_until_they_are_there(visit: Visit) -> None:
    page = visit()
    settled(page)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/thumbnail*", hold)
    page.reload()
    painted = """() => [...document.querySelectorAll('.cell:not([hidden]) a[href]')].slice(0, 12).every((link) => {
        const blur = link.querySelector('canvas.cell-blur')
        if (link.style.backgroundColor === '' || blur.width === 0) return false
        return blur.getContext('2d').getImageData(0, 0, blur.width, blur.height).data.some((value) => value > 0)
    })"""
    page.locator(".cell a[data-index='0'][href]").wait_for()
    page.wait_for_function(painted)
    mixed = """() => [...document.querySelectorAll('.cell:not([hidden])')].filter((cell) => {
        const source = cell.querySelector('img').getAttribute('src')
        const asset = cell.querySelector('a').getAttribute('href')?.match(/assets\\/(\\d+)/)?.[1]
        return source !== null && !source.includes(`/assets/${asset}/`)
    }).length"""
    for index in (700, 1300, 20):
        page.evaluate(
            "share => { const g = document.querySelector('.grid'); g.scrollTop = share * g.scrollHeight }", index / 2500
        )
        assert page.evaluate(mixed) == 0
        page.locator(f".cell a[data-index='{index}'][href]").wait_for()
        page.wait_for_function(painted)
        assert page.evaluate(mixed) == 0
    assert page.locator(".cell-image.ready").count() == 0
    assert held
    page.unroute_all()
    page.mouse.move(900, 500)
    page.mouse.wheel(0, 6000)  # others, which are requested now
    settled(page)
    assert page.evaluate(mixed) == 0


def test_an_asset_closed_before_the_grid_has_loaded_still_leads_to_its_place(visit: Visit) -> None:
    page = visit("/?at=1200")
    settled(page)
    page.locator(".cell a[data-index='1201']").click()
    name = page.locator(".side h1").inner_text()
    held: list[Route] = []
    let_go = False

    def hold(route: Route) -> None:
        if let_go:
            route.continue_()
        else:
            held.append(route)

    page.route(re.compile(r"/api/v1/assets\?"), hold)
    page.reload()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    let_go = True
    assert held
    for request in held:
        request.continue_()
    page.wait_for_function("name => document.activeElement?.getAttribute('aria-label')?.startsWith(name)", arg=name)


def test_an_asset_that_opens_as_scrolling_comes_to_rest_stays_open(visit: Visit) -> None:
    page = visit()
    settled(page)
    name = page.locator(".cell a[href]").first.get_attribute("aria-label")
    assert name
    page.evaluate("""() => {  // the timer of the grid is due when the asset opens, before anything of it is rendered
        document.querySelector('.grid').dispatchEvent(new Event('scroll'))
        const due = performance.now() + 300
        while (performance.now() < due) continue
        document.querySelector('.cell a[href]').click()
    }""")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    assert "/assets/" in page.url


def test_an_open_asset_shows_its_original_and_who_set_each_key(visit: Visit) -> None:
    page = visit("/assets/1003?at=2496")
    expect(page.locator(".frame .over.ready")).to_be_visible()
    assert page.evaluate("document.querySelector('.over').naturalWidth") == 1600
    row = page.locator(".metadata tr", has_text="shift")
    expect(row).to_contain_text("user")
    expect(page.locator(".side")).to_contain_text("Fujifilm X-T5")
    expect(page.locator(".side")).to_contain_text("1/250 s")


def test_the_last_of_many_is_reached_by_one_key_and_cells_are_reused(visit: Visit) -> None:
    page = visit(size=9000)
    settled(page)
    page.locator(".cell a[tabindex='0'][href]").focus()
    page.keyboard.press("End")
    last = page.locator(".cell a[data-index='8999']")
    expect(last).to_be_in_viewport()
    expect(last).to_have_attribute("aria-label", re.compile("00000"))
    assert page.locator(".cell").count() < 150
    page.wait_for_url(re.compile(r"[?]at=89\d\d"))


def test_nothing_sticks_out_of_the_grid(visit: Visit) -> None:
    page = visit()
    settled(page)
    edges = page.evaluate(
        "() => { const g = document.querySelector('.grid').getBoundingClientRect();"
        " return [...document.querySelectorAll('.cell:not([hidden])')].map(c => c.getBoundingClientRect())"
        ".filter(c => c.left < g.left || c.right > g.right).length }"
    )
    assert edges == 0


def test_a_datasource_leads_to_its_assets_and_its_run(visit: Visit) -> None:
    page = visit("/datasources")
    page.get_by_role("link", name="1,666 assets").click()
    expect(page.locator(".total")).to_have_text("1,666 assets")
    expect(page.get_by_label("Query", exact=True)).to_have_value('datasource:"orchard"')
    page.go_back()
    page.get_by_role("link", name=re.compile("Run 4")).click()
    expect(page.get_by_role("alert")).to_contain_text("s3:ListBucket")
    page.go_back()
    page.get_by_role("link", name="View the assets of all datasources").click()
    expect(page.locator(".total")).to_have_text("2,500 assets")


def test_reports_leave_out_what_did_not_happen(visit: Visit) -> None:
    page = visit("/runs/4")
    expect(page.locator(".tile")).to_have_text(["listed0", "selected0"])
    expect(page.get_by_text("1 LIST request", exact=True)).to_be_visible()
    page = visit("/datasources")
    page.get_by_role("button", name="Delete").first.click()
    expect(page.get_by_role("dialog").locator("tr").first).to_be_visible()
    assert not [row for row in page.get_by_role("dialog").locator("td").all_inner_texts() if row == "0"]


@pytest.mark.parametrize(
    ("path", "part", "most"),
    [
        ("/runs/3", ".outcomes-table", 2400),
        ("/runs", ".runs-table", 2400),
        ("/projects", ".projects-table", 1440),
        ("/settings?part=keys", ".form", 1024),
    ],
)
def test_pages_are_in_the_middle_of_a_wide_window_as_wide_as_their_rows_can_be_followed(
    visit: Visit, path: str, part: str, most: int
) -> None:
    page = visit(path)
    page.set_viewport_size({"width": 2560, "height": 1200})
    box = page.locator(part).bounding_box()
    assert box is not None
    assert most - 100 < box["width"] <= most
    assert abs(box["x"] - (2560 - box["x"] - box["width"])) < 40  # a bar to scroll may be at the right


def test_a_wide_window_is_used(visit: Visit) -> None:
    page = visit("/datasources")
    page.set_viewport_size({"width": 2560, "height": 1200})
    cards = page.locator(".cards").bounding_box()
    assert cards is not None
    assert cards["width"] > 1500
    first, second = (page.locator(".card").nth(place).bounding_box() for place in (0, 1))
    assert first is not None
    assert second is not None
    assert first["y"] == second["y"]


def test_outcomes_of_a_run_are_filtered_by_kind(visit: Visit) -> None:
    page = visit("/runs/3")
    page.get_by_role("button", name="failed 3").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    assert "kind=failed" in page.url
    expect(page.locator("tbody")).to_contain_text("The image ends in the middle")


def test_a_key_that_no_asset_has_is_named_with_the_nearest(visit: Visit) -> None:
    page = visit()
    page.get_by_label("Query", exact=True).fill("metadata.scoer>0.5")
    expect(page.get_by_text("No asset has the metadata key scoer. Did you mean metadata.score?")).to_be_visible()
    page.get_by_label("Query", exact=True).fill("camera.id:cam-1")
    expect(page.get_by_text("To search metadata, write metadata.camera.id:cam-1.")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/?at=11000", "/assets/1003?at=11996"])
def test_the_total_of_a_large_library_is_exact(visit: Visit, path: str) -> None:
    page = visit(path, size=12_000)
    expect(page.locator(".total")).to_have_text("12,000 assets")


def test_what_waits_for_a_worker_says_so_and_can_be_cancelled(visit: Visit) -> None:
    page = visit("/datasources", size=300, worker=False)
    page.get_by_role("button", name="Preview", exact=True).first.click()
    expect(page.get_by_role("dialog")).to_contain_text("Waiting: no worker is running")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Jobs", exact=True).click()
    row = page.get_by_role("row", name=re.compile("preview"))
    for text in ("harbour cams", "queued", "Waiting: no worker is running"):
        expect(row).to_contain_text(text)
    accessible(page)
    page.get_by_role("button", name=re.compile("Cancel job")).click()
    expect(row).to_contain_text("cancelled")
    expect(page.get_by_role("button", name=re.compile("Cancel job"))).to_have_count(0)


def test_a_folder_that_may_not_be_mirrored_is_refused_beside_its_field(visit: Visit) -> None:
    page = visit("/new/datasource?step=location&via=folder&place=/etc", size=350)
    expect(page.get_by_role("main").get_by_role("alert")).to_contain_text("is not among those that may be mirrored")
    expect(page.get_by_label("Path of the folder")).to_have_attribute("aria-invalid", "true")
    accessible(page)
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_role("main")).to_contain_text("MIRRORLAKE_LOCAL_ROOTS")  # who may allow folders, and how


def test_a_preview_and_a_run_say_that_a_pattern_takes_nothing(visit: Visit) -> None:
    page = visit("/datasources", size=350)
    page.evaluate(
        "fetch('/api/v1/datasources/harbour%20cams', {method: 'PATCH',"
        " headers: {'content-type': 'application/json'}, body: JSON.stringify({glob_patterns: ['*.jpg']})})"
    )
    note = "0 of 2 objects match *.jpg; * stops at /, try **/*.jpg."
    card = page.locator(".card", has_text="harbour cams")
    card.get_by_role("button", name="Preview", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text(note)
    page.get_by_role("dialog").get_by_role("button", name="Run now").click()  # what follows a preview
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(card).to_contain_text(note)
    card.get_by_role("link", name=re.compile(r"^Run \d+")).click()
    expect(page.get_by_role("heading", name="Nothing was selected")).to_be_visible()
    assert violations(page) == []


def test_an_empty_library_teaches_how_to_mirror_a_first_bucket(visit: Visit) -> None:
    for path in ("/", "/datasources", "/runs"):
        page = visit(path, size=0)
        expect(page.get_by_text("mirrorlake mirror s3://your-bucket/photos/")).to_be_visible()
        assert violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_accessible_in_light_and_dark(visit: Visit, name: str) -> None:
    page = visit(PAGES[name])
    page.get_by_role("heading", level=1).first.wait_for(state="attached")
    accessible_once_loaded(page)


def test_tags_and_metadata_are_edited_by_keyboard_alone_and_keep_their_types(visit: Visit) -> None:
    page = visit("/assets/1039?at=260", size=300)
    tag = page.get_by_label("Add a tag")
    tag.focus()
    page.keyboard.type("night shift/2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="night shift/2", exact=True)).to_be_visible()
    expect(tag).to_have_value("")
    expect(tag).to_be_focused()

    page.get_by_label("Metadata key").focus()
    for key, value in (("weight", "95"), ("ok", "true"), ("lot", '"95"'), ("side", "front"), ("ratio", "1.0")):
        page.keyboard.type(key)
        page.keyboard.press("Tab")
        page.keyboard.type(value)
        page.keyboard.press("Enter")
        expect(page.get_by_role("row", name=key).get_by_role("cell").nth(1)).to_have_text("user")
        expect(page.get_by_label("Metadata key")).to_be_focused()
    stored = page.evaluate("fetch('/api/v1/assets/1039').then((answer) => answer.text())")
    for kept in ('"weight":95,', '"ok":true,', '"lot":"95"', '"side":"front"', '"ratio":1.0'):
        assert kept in stored

    page.get_by_role("button", name="Change lot").press("Enter")
    expect(page.get_by_label("Metadata value")).to_have_value('"95"')
    expect(page.get_by_label("Metadata value")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    assert "/assets/1039" in page.url  # arrows move within what is typed
    page.get_by_role("button", name="Remove side").press("Enter")
    expect(page.get_by_role("row", name="side")).to_have_count(0)
    page.get_by_role("button", name="Remove the tag night shift/2").press("Enter")
    expect(page.get_by_role("link", name="night shift/2", exact=True)).to_have_count(0)
    assert violations(page) == []


def test_the_editor_of_an_asset_offers_known_keys_values_and_tags_and_notes_another_type(visit: Visit) -> None:
    page = visit("/assets/1039?at=260", size=300)
    offered = "input => [...input.list.options].map((option) => option.value)"
    key, value = page.get_by_label("Metadata key"), page.get_by_label("Metadata value")
    key.fill("ni")
    expect(page.locator("datalist option[value=night]")).to_have_count(1)
    key.fill("place")
    value.fill("95")
    expect(page.get_by_text("Other assets have text here")).to_be_visible()
    assert violations(page) == []
    assert "Harbour" in value.evaluate(offered)
    value.fill('"95"')
    expect(page.get_by_text("Other assets have text here")).to_have_count(0)
    key.fill("score")
    expect(page.get_by_text("Other assets have a number here")).to_be_visible()
    tag = page.get_by_label("Add a tag")
    tag.fill("rev")
    expect(page.locator("datalist option[value=review]")).to_have_count(1)
    assert tag.evaluate(offered) == ["review"]


def test_a_refused_edit_shows_the_reason_and_keeps_the_input(visit: Visit) -> None:
    page = visit("/assets/1033?at=266", size=300)
    page.get_by_label("Metadata key").fill("a b")
    page.get_by_label("Metadata value").fill("1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Invalid metadata key")
    expect(page.get_by_label("Metadata key")).to_have_value("a b")
    page.get_by_label("Metadata key").fill("ab")
    page.get_by_label("Metadata value").fill("null")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("null")
    assert violations(page) == []
    page.get_by_label("Metadata value").fill("1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="ab")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_error_of_an_edit_is_in_view_and_long_metadata_breaks_nothing_else(visit: Visit) -> None:
    page = visit("/assets/1045?at=254", size=300)
    page.set_viewport_size({"width": 1280, "height": 430})
    page.get_by_label("Metadata key").fill("a_rather_long_key_of_a_sidecar_with_many_words_in_it")
    page.get_by_label("Metadata value").fill("a value without any space " * 4 + "x" * 90)
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="a_rather_long_key")).to_be_visible()
    lines = "e => { const r = document.createRange(); r.selectNodeContents(e); return r.getClientRects().length }"
    assert [cell.evaluate(lines) for cell in page.locator(".metadata td.by").all()] == [1] * 6
    page.get_by_label("Metadata key").fill("a b")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_in_viewport(ratio=1)


def test_held_removals_are_confirmed_only_by_typing_their_number(visit: Visit) -> None:
    page = visit("/runs/6", size=400)
    agree = page.get_by_role("button", name="Confirm removals")
    expect(agree).to_be_disabled()
    page.get_by_label(re.compile("the number of removals")).fill("54")
    expect(agree).to_be_disabled()
    page.get_by_label(re.compile("the number of removals")).fill("55")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/runs/7$"))
    expect(page.get_by_role("heading", name="Run 7 succeeded")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="55 removals were held and confirmed")).to_be_visible()
    expect(page.get_by_role("link", name="Run 7")).to_be_visible()


def test_an_asset_comes_back_from_the_trash(visit: Visit) -> None:
    page = visit(size=400)
    page.get_by_role("link", name="Trash", exact=True).click()
    expect(page.locator(".total")).to_have_text("3 assets")
    page.locator(".cell a[href]").first.click()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("button", name="Restore")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator(".total")).to_have_text("2 assets")
    page.get_by_role("link", name="Trash", exact=True).click()
    expect(page.locator(".total")).to_have_text("401 assets")


def test_the_overview_leads_to_what_somebody_should_look_at(visit: Visit) -> None:
    page = visit("/overview")
    expect(page.get_by_role("figure", name=re.compile("assets in .* bars"))).to_be_visible()
    page.get_by_text("As a table").click()
    day = page.locator("details tbody tr").last
    assets = day.get_by_role("cell").last.inner_text()
    day.get_by_role("link").click()  # and so does its bar
    expect(page.locator(".total")).to_have_text(re.compile(f"^{assets} assets?$"))
    by_table = page.url
    page.go_back()
    page.locator(".chart a").last.click()
    expect(page).to_have_url(by_table)
    expect(page.locator(".total")).to_have_text(re.compile(f"^{assets} assets?$"))
    page.go_back()
    problems = page.locator(".problems")
    expect(problems).to_contain_text("55 removals wait for a decision")
    page.get_by_role("button", name="Size").click()
    expect(page.locator(".shares .number").first).to_have_text(re.compile(r"^[\d.]+ .B$"))
    page.reload()
    expect(page.get_by_role("button", name="Size")).to_have_attribute("aria-pressed", "true")
    accessible_once_loaded(page)
    page.get_by_role("button", name="Files").click()
    expect(page.locator(".shares .number").first).to_have_text(re.compile(r"^[\d,]+$"))
    page.locator(".shares").get_by_role("link", name="orchard", exact=True).click()
    expect(page.locator(".total")).to_have_text("1,666 assets")

    def of_many(route: Route) -> None:
        answer = route.fetch()
        found = answer.json()
        for facet in found["facets"]:
            if facet["field"] == "datasource":
                facet |= {"more": True, "values": [{"value": f"lake {n}", "assets": 100 - n} for n in range(40)]}
        route.fulfill(response=answer, json=found)

    page.route("**/search/facets*", of_many)
    page.goto(f"{page.url.partition('/?')[0]}/overview")
    page.get_by_role("link", name="and at least 33 more").click()
    expect(page.get_by_role("heading", name="Datasources", level=1)).to_be_visible()
    page.unroute_all()
    page.go_back()
    problems.get_by_role("link", name="roof survey").click()
    expect(page.get_by_role("heading", name="55 removals held for confirmation")).to_be_visible()
