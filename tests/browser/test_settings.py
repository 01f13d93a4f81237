"""The settings by the pages: members with invitations, API keys, webhooks with deliveries, limits."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from tests.browser.conftest import Visit, accessible


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
    page.get_by_role("button", name="Add function").click()
    expect(page.locator(".once code")).to_contain_text(re.compile(r"\w{20}"))
    card = page.get_by_role("listitem").filter(has_text="describe")
    expect(card).to_contain_text("new assets")
    card.get_by_role("button", name="Pause").click()
    expect(card).to_contain_text("paused")
    card.get_by_role("button", name="Failures").click()
    expect(card).to_contain_text("No call failed.")
    accessible(page)
    card.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete function").click()
    expect(page.get_by_text("No functions yet")).to_be_visible()


def test_limits_are_set_and_shown_against_what_is_used(visit: Visit) -> None:
    page = visit("/settings", size=350)
    page.get_by_label("Most assets").fill("many")
    expect(page.get_by_label("Most assets")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("button", name="Save limits")).to_be_disabled()
    page.get_by_label("Most assets").fill("1,000")
    page.get_by_role("button", name="Save limits").click()
    expect(page.get_by_role("meter", name=re.compile("Assets: 3. % of the limit"))).to_be_visible()
    accessible(page)
    for part, shown in (("Signed in", "this browser"), ("About", "PostgreSQL")):
        page.get_by_role("button", name=part).click()
        expect(page.get_by_text(shown)).to_be_visible()
        accessible(page)


def test_another_workspace_is_entered_and_the_tab_stays_in_it(visit: Visit) -> None:
    page = visit(size=350)
    expect(page.locator(".total")).to_have_text("350 assets")
    expect(page.get_by_label("Workspace")).to_have_count(0)  # there is only one
    page.evaluate(
        "fetch('/api/v1/workspaces', {method: 'POST', headers: {'content-type': 'application/json'},"
        " body: JSON.stringify({name: 'field trials'})})"
    )
    page.reload()
    page.get_by_label("Workspace").select_option("field trials")
    expect(page.get_by_role("heading", name="Mirror your first bucket")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Settings").click()
    page.reload()  # without the name in the address
    expect(page.get_by_label("Name")).to_have_value("field trials")
    page.get_by_label("Workspace").select_option("default")
    expect(page.locator(".total")).to_have_text("350 assets")
    expect(page.locator(".cell-image.ready").first).to_be_visible()
