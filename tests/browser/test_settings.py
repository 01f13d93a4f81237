"""The settings by the pages: members with invitations, API keys, webhooks with deliveries, limits."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, Route, expect
from tests.browser.conftest import TOKEN, Serve, Visit, accessible, new_context
from tests.support.members import PASSWORD, sign_in_as


def test_members_keys_and_webhooks_are_made_shown_once_and_taken_away(visit: Visit) -> None:
    page = visit("/settings?part=members", size=350)
    page.get_by_label("Name").fill("bela-of-the-settings")
    page.get_by_label("Role", exact=True).select_option("editor")
    page.get_by_role("button", name="Invite").click()
    expect(page.locator(".once code")).to_contain_text("#invitation=")
    page.get_by_label("Role of bela-of-the-settings").select_option("viewer")
    accessible(page)
    page.reload()
    expect(page.get_by_label("Role of bela-of-the-settings")).to_have_value("viewer")
    expect(page.locator(".once")).to_have_count(0)
    page.get_by_role("button", name="New link for bela-of-the-settings").click()
    expect(page.locator(".once")).to_contain_text("Send this link to bela-of-the-settings.")
    expect(page.locator(".once code")).to_contain_text("#invitation=")
    page.get_by_role("button", name="Remove bela-of-the-settings").click()
    page.get_by_role("button", name="Remove member").click()
    expect(page.get_by_label("Role of bela-of-the-settings")).to_have_count(0)

    page.get_by_role("button", name="API keys").click()
    page.get_by_label("Name").fill("nightly")
    page.get_by_label("Days until it expires").fill("0")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Days until it expires")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Days until it expires").fill("30")
    page.keyboard.press("Enter")
    key = page.locator(".once code").inner_text()
    assert key.startswith("mlk_")
    accessible(page)
    page.reload()
    expect(page.get_by_role("row", name="nightly")).to_be_visible()
    assert key not in page.content()
    page.get_by_role("button", name="Revoke nightly").click()
    page.get_by_role("button", name="Revoke key").click()
    expect(page.get_by_role("row", name="nightly")).to_contain_text("revoked")
    webhooks(page)


def webhooks(page: Page) -> None:
    page.get_by_role("button", name="Webhooks").click()
    page.get_by_label("Address").fill("ftp://no")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Address").fill("https://hooks.invalid/mirrorlake")
    page.get_by_label("Datasource").select_option("orchard")
    page.get_by_role("button", name="Add webhook").click()
    expect(page.locator(".once code")).to_contain_text("whsec_")
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("region", name="Deliveries")).to_contain_text(re.compile("waiting|failed"))
    accessible(page)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete webhook").click()
    expect(page.get_by_text("No webhooks yet")).to_be_visible()


def test_a_function_is_added_paused_and_deleted(visit: Visit) -> None:
    page = visit("/settings?part=functions", size=350)
    expect(page.get_by_text("No functions yet")).to_be_visible()
    page.get_by_label("Name").fill("describe")
    page.get_by_label("Address").fill("https://hooks.invalid/describe")
    page.get_by_label("For the assets that match").fill("width>")
    page.get_by_role("button", name="Add function").click()
    expect(page.locator("[aria-invalid=true], [role=alert]").first).to_be_visible()
    accessible(page)
    page.get_by_label("For the assets that match").fill("tag:nobody-has-this")
    page.get_by_label("Only once for each asset").check()
    page.get_by_role("button", name="Add function").click()
    expect(page.locator(".once code")).to_have_text(re.compile(r"^whsec_[\w-]{43}$"))
    card = page.get_by_role("listitem").filter(has_text="describe")
    expect(card).to_contain_text("new assets, once for each")
    card.get_by_role("button", name="Pause").click()
    expect(card).to_contain_text("paused")
    card.get_by_role("button", name="Failures").click()
    expect(card).to_contain_text("No call failed.")
    accessible(page)
    card.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete function").click()
    expect(page.get_by_text("No functions yet")).to_be_visible()


def test_the_master_key_is_replaced_and_nothing_of_it_is_shown(visit: Visit) -> None:
    page = visit("/settings?part=secrets", size=350)
    expect(page.get_by_role("heading", name="Master keys")).to_be_visible()
    for number in range(2):  # secrets of webhooks
        page.evaluate(
            "number => fetch('/api/v1/webhooks', {method: 'POST', headers: {'content-type': 'application/json'},"
            " body: JSON.stringify({url: `https://hooks.invalid/${number}`})})",
            number,
        )
    page.reload()
    keys = page.get_by_role("region", name="Master keys").locator("tbody tr")
    expect(keys.first).to_contain_text("newest")
    before = keys.first.locator("td").first.inner_text()
    assert re.fullmatch("[0-9a-f]{8}", before)
    page.get_by_role("button", name="Replace the key").click()
    accessible(page)
    with page.expect_response("**/master-keys/rotation") as rotated:
        page.get_by_role("dialog").get_by_role("button", name="Replace the key").click()
    assert rotated.value.json()["rewrapped"] >= 2
    expect(page.get_by_role("status")).to_contain_text("encrypted with the newest key")
    expect(keys.first.locator("td").first).not_to_have_text(before)
    expect(keys.nth(1)).to_contain_text("older")
    expect(keys.nth(1).locator("td").last).to_have_text("0 secrets")


def test_keys_of_the_environment_say_what_is_left_to_do(visit: Visit) -> None:
    page = visit("/settings", size=350)
    older = 3

    def answer(route: Route) -> None:
        key = {"id": "0a1b2c3d", "kind": "aws-kms", "newest": True, "secrets": 3 - older}
        old = {"id": "4e5f6071", "kind": "fernet", "newest": False, "secrets": older}
        route.fulfill(json={"place": "environment", "keys": [key, old], "older": older, "lost": 1 if older else 0})

    def rotate(route: Route) -> None:
        nonlocal older
        older = 0
        route.fulfill(json={"rewrapped": 3, "current": 0})

    page.route("**/api/v1/master-keys", answer)
    page.route("**/api/v1/master-keys/rotation", rotate)
    page.get_by_role("button", name="Secrets").click()
    expect(page.get_by_role("row", name="0a1b2c3d")).to_contain_text("AWS KMS")
    expect(page.get_by_role("alert")).to_contain_text("1 secret is encrypted with a key that the server does not have")
    expect(page.get_by_text("MIRRORLAKE_SECRET_KEY=NEW,OLD")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Re-encrypt 3 secrets").click()
    expect(page.get_by_role("status")).to_have_text("3 secrets are now encrypted with the newest key.")
    expect(page.get_by_text("Nothing uses the older keys any more")).to_be_visible()
    expect(page.get_by_role("button", name="Re-encrypt")).to_have_count(0)


def test_limits_are_set_and_shown_against_what_is_used(visit: Visit) -> None:
    page = visit("/settings", size=350)
    page.get_by_label("Most assets").fill("many")
    expect(page.get_by_label("Most assets")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("button", name="Save limits")).to_be_disabled()
    page.get_by_label("Most assets").fill("1,000")
    page.get_by_role("button", name="Save limits").click()
    expect(page.get_by_role("meter", name=re.compile("Assets: 3. % of the limit"))).to_be_visible()
    accessible(page)
    for part, shown in (("Sign-in", "this browser"), ("About", "PostgreSQL")):
        page.get_by_role("button", name=part).click()
        expect(page.get_by_text(shown)).to_be_visible()
        accessible(page)


def test_a_member_ends_another_session_and_changes_the_password(browser: Browser, serve: Serve) -> None:
    address, name = serve(350), "vera-of-the-settings"
    with new_context(browser) as here, new_context(browser) as elsewhere:
        sign_in_as(here.request, address, TOKEN, name=name, role="viewer")
        page = here.new_page()
        page.goto(f"{address}/settings?part=sessions")
        ends = page.get_by_role("main").get_by_role("button", name="Sign out")
        expect(page.get_by_text("this browser")).to_be_visible()
        expect(ends).to_have_count(0)

        def sign_in(password: str) -> bool:
            data = {"name": name, "password": password}
            return elsewhere.request.post(f"{address}/api/v1/sign-in", headers={"Origin": address}, data=data).ok

        assert sign_in(PASSWORD)
        page.reload()
        ends.click()
        expect(ends).to_have_count(0)
        assert elsewhere.request.get(f"{address}/api/v1/me").status == 401

        assert sign_in(PASSWORD)
        page.get_by_label("Current password").fill("not this one")
        page.get_by_label("New password").fill("a linnet that hums 8")
        page.get_by_role("button", name="Change password").click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("Current password").fill(PASSWORD)
        page.get_by_role("button", name="Change password").click()
        expect(page.get_by_role("status").filter(has_text="Changed.")).to_be_visible()
        accessible(page)
        assert elsewhere.request.get(f"{address}/api/v1/me").status == 401
        assert not sign_in(PASSWORD)
        assert sign_in("a linnet that hums 8")


def test_another_workspace_is_entered_and_the_tab_stays_in_it(visit: Visit) -> None:
    page = visit(size=350)
    expect(page.locator(".total")).to_have_text("350 assets")
    expect(page.get_by_label("Workspace", exact=True)).to_have_count(0)  # there is only one
    page.evaluate(
        "fetch('/api/v1/workspaces', {method: 'POST', headers: {'content-type': 'application/json'},"
        " body: JSON.stringify({name: 'field trials'})})"
    )
    page.reload()
    page.get_by_label("Workspace", exact=True).select_option("field trials")
    expect(page.get_by_role("heading", name="Mirror your first bucket")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Settings").click()
    page.reload()  # without the name in the address
    expect(page.get_by_label("Name", exact=True)).to_have_value("field trials")
    page.get_by_label("Name", exact=True).fill("field work")
    page.get_by_role("button", name="Rename").click()
    # The tab stays in it under its new name, also after a reload.
    expect(page.get_by_label("Workspace", exact=True)).to_have_value("field work")
    expect(page.get_by_role("button", name="Rename")).to_be_disabled()
    page.reload()
    expect(page.get_by_label("Name", exact=True)).to_have_value("field work")
    page.get_by_label("Workspace", exact=True).select_option("default")
    expect(page.locator(".total")).to_have_text("350 assets")
    expect(page.locator(".cell-image.ready").first).to_be_visible()


def test_activity_is_found_by_who_what_and_when(visit: Visit) -> None:
    page = visit("/settings?part=members", size=350)
    for name in ("cara-of-the-activity", "dora-of-the-activity"):
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Invite").click()
        expect(page.get_by_label(f"Role of {name}")).to_be_visible()
    # Pages of one entry, so that a few are several of them.
    page.route("**/api/v1/activity?*", lambda route: route.continue_(url=route.request.url.replace("=100", "=1")))
    page.get_by_role("link", name="Activity").click()
    rows = page.get_by_role("region", name="Activity").locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("dora-of-the-activity")
    expect(rows.first).to_contain_text("added")
    page.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(2)
    expect(rows.last).to_contain_text("cara-of-the-activity")
    rows.last.get_by_text("Details").click()
    accessible(page)
    page.get_by_label("Of what").select_option("member")
    page.get_by_label("Its name or id").fill("cara-of-the-activity")
    page.keyboard.press("Enter")
    expect(rows.first).to_contain_text("cara-of-the-activity")
    page.reload()  # the address has the filters
    expect(page.get_by_label("Its name or id")).to_have_value("cara-of-the-activity")
    expect(rows.first).to_contain_text("cara-of-the-activity")
    page.get_by_label("To", exact=True).fill("2001-01-01")
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Clear filters").click()
    page.get_by_label("Who").fill("nobody-of-the-activity")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Who")).to_have_value("")
    expect(rows.first).to_contain_text("dora-of-the-activity")


def test_the_upkeep_of_a_library_is_started_and_followed(visit: Visit) -> None:
    page = visit("/settings?part=upkeep", size=350)
    thumbnails = page.locator(".panel", has=page.get_by_role("heading", name="Thumbnails"))
    expect(thumbnails).to_contain_text("have not been checked")
    accessible(page)
    thumbnails.get_by_role("button", name="Check", exact=True).click()
    expect(thumbnails).to_contain_text("Dead space in packs")
    thumbnails.get_by_role("button", name="Clean up", exact=True).click()
    expect(thumbnails).to_contain_text(re.compile("The cleanup removed|Clean up all the same|hours"))
    verification = page.locator(".panel", has=page.get_by_role("heading", name="Verification"))
    verification.get_by_label("Objects of each").fill("0")
    verification.get_by_role("button", name="Verify").click()
    expect(page.get_by_label("Objects of each")).to_have_attribute("aria-invalid", "true")
    verification.get_by_label("Objects of each").fill("2")
    verification.get_by_label("Datasource").select_option("orchard")
    verification.get_by_role("button", name="Verify").click()
    expect(verification).to_contain_text(re.compile("objects were verified"))
    expect(page.get_by_text("No file waits for its import.")).to_be_visible()
    file = {"id": "1", "name": "arrival.jpg", "datasource": "uploads", "size": 4096}
    page.route("**/api/v1/uploads?*", lambda route: route.fulfill(json=[file]))
    page.reload()
    expect(page.get_by_role("row", name="arrival.jpg")).to_contain_text("uploads")
    accessible(page)


def test_search_indexes_are_listed_with_their_size_and_state(visit: Visit) -> None:
    page = visit("/settings?part=indexes", size=350)
    expect(page.get_by_role("heading", name="Search indexes")).to_be_visible()
    why, created = "3 searches read 20,000 assets.", "2026-01-01T00:00:00Z"
    index = {"id": 1, "source": "metadata", "key": "score", "state": "ready", "bytes": 4096, "uses": 7, "why": why}
    index |= {"created": created, "built": None, "last_used": None, "error": None}
    failed = index | {"id": 2, "key": "place", "state": "failed", "error": "The disk is full."}
    page.route("**/api/v1/search-indexes", lambda route: route.fulfill(json=[index, failed]))
    page.reload()
    expect(page.get_by_role("row", name="score")).to_contain_text("ready")
    expect(page.get_by_role("row", name="place")).to_contain_text("The disk is full.")
    expect(page.get_by_text("2 indexes of")).to_be_visible()
    accessible(page)
    with page.expect_response("**/api/v1/search-indexes/maintenance") as answered:
        page.get_by_role("button", name="Make and drop indexes now").click()
    assert answered.value.ok


def test_a_workspace_is_created_and_entered(visit: Visit) -> None:
    page = visit("/settings", size=350)
    name = page.get_by_label("Name of the new workspace")
    name.fill("a/b")
    page.get_by_role("button", name="Create workspace").click()
    expect(name).to_have_attribute("aria-invalid", "true")
    name.fill("quay-of-the-settings")
    page.get_by_role("button", name="Create workspace").click()
    try:
        expect(page.get_by_label("Workspace", exact=True)).to_have_value("quay-of-the-settings")
        expect(page.get_by_role("link", name="Add a datasource")).to_be_visible()
    finally:
        origin = page.url.partition("/?")[0]
        page.goto("about:blank")  # a page of a workspace that is gone asks in vain
        path = "/api/v1/workspaces/quay-of-the-settings?acknowledge=0"
        gone = page.request.delete(origin + path, headers={"Origin": origin})
        assert gone.ok, gone.text()
