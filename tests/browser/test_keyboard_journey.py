"""From an empty library to an open asset by keyboard alone, over a real server of S3 with real keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from psycopg.conninfo import conninfo_to_dict
from tests.browser.conftest import press_until
from tests.support.buckets import picture_no
from tests.support.cli import Cli
from tests.support.postgres import Server
from tests.support.seaweed import ACCESS_KEY, SECRET_KEY, Seaweed
from tests.support.served import Serving, serving

BUCKET = "field-cameras"
PICTURES = 30


@pytest.fixture
def weed() -> Iterator[Seaweed]:
    with Seaweed() as server:
        client = server.client()
        client.create_bucket(Bucket=BUCKET)
        for number in range(PICTURES):
            client.put_object(Bucket=BUCKET, Key=f"site/{number:02d}.png", Body=picture_no(number))
        client.put_object(Bucket=BUCKET, Key="raw/0.png", Body=picture_no(99))
        client.put_object(Bucket=BUCKET, Key="readme.txt", Body=b"nothing to see")
        client.close()
        yield server


@pytest.fixture
def served(postgres_server: Server, tmp_path: Path) -> Iterator[Serving]:
    parts = conninfo_to_dict(postgres_server.new_database())
    url = f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}"
    environ = {"MIRRORLAKE_DATABASE_URL": url, "MIRRORLAKE_ALLOW_ADDRESSES": "private"}
    with serving(Cli(tmp_path / "home", environ), tmp_path / "nobody") as found:
        yield found


@pytest.fixture
def page(served: Serving, context: BrowserContext) -> Iterator[Page]:
    broken: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: broken.append(str(error)))
    opened.goto(f"{served.address}/?token={served.token}")
    yield opened
    assert broken == []


def test_a_bucket_is_connected_mirrored_and_looked_at_without_a_mouse(weed: Seaweed, page: Page) -> None:
    expect(page.get_by_role("link", name="Add a datasource")).to_be_visible()
    press_until(page, "Tab", "Add a datasource")
    page.keyboard.press("Enter")
    connect(weed, page)
    select(page)
    create_and_run(page)
    look(page)


def connect(weed: Seaweed, page: Page) -> None:
    """A new connection, whose check shows a row for each permission. Its wrong secret is mended beside the red one."""
    expect(page.get_by_role("radio", name=re.compile("^New connection"))).to_be_visible()
    press_until(page, "Tab", "New connection")
    page.keyboard.press("Space")
    press_until(page, "Tab", "Amazon S3")
    press_until(page, "ArrowDown", "S3-compatible")
    for label, value in (
        ("Name *", "weed"),
        ("Endpoint *", weed.endpoint),
        ("Access key ID *", ACCESS_KEY),
        ("Secret access key *", "not-the-secret"),
        ("Bucket", BUCKET),
    ):
        press_until(page, "Tab", label)
        page.keyboard.type(value)
    page.keyboard.press("Enter")
    health = page.get_by_role("region", name="Health")
    expect(health).to_be_visible()
    press_until(page, "Tab", "Check it")
    page.keyboard.press("Enter")
    expect(health.locator(".health-row.tone-bad")).to_contain_text("SignatureDoesNotMatch")
    press_until(page, "Tab", "Edit")
    page.keyboard.press("Enter")
    press_until(page, "Tab", "Secret access key")
    page.keyboard.type(SECRET_KEY)
    page.keyboard.press("Enter")  # it is checked again
    for row in ("authenticate", "list", "read"):
        expect(health.locator(".health-row.tone-good", has_text=row).first).to_be_visible()
    expect(health.locator(".health-row.tone-bad")).to_have_count(0)
    press_until(page, "Tab", "Next")
    page.keyboard.press("Enter")


def select(page: Page) -> None:
    preview = page.get_by_role("region", name="Preview")
    expect(preview).to_contain_text(f"{PICTURES + 1} would be read")
    press_until(page, "Tab", "Only these patterns")
    page.keyboard.type("site/**")
    expect(preview).to_contain_text(f"{PICTURES} would be read")
    expect(preview).to_contain_text("1 matches no pattern")
    press_until(page, "Tab", "Next")
    page.keyboard.press("Enter")


def create_and_run(page: Page) -> None:
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("fields")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="fields", level=1)).to_be_visible()
    run = re.match(r"Run \d+", page.get_by_role("link", name=re.compile(r"^Run \d+")).first.inner_text())
    assert run is not None
    press_until(page, "Tab", run[0])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"{run[0]} succeeded")).to_be_visible()
    expect(page.locator(".tile", has_text="new").locator("dd")).to_have_text(str(PICTURES))
    press_until(page, "Tab", "fields")
    page.keyboard.press("Enter")
    panel = page.locator(".panel", has_text="What it mirrors")
    expect(panel.get_by_role("link", name="weed")).to_be_visible()
    expect(panel).to_contain_text("site/**")


def look(page: Page) -> None:
    expect(page.get_by_role("link", name=f"{PICTURES} assets")).to_be_visible()
    press_until(page, "Tab", f"{PICTURES} assets")
    page.keyboard.press("Enter")
    expect(page.locator(".total")).to_have_text(f"{PICTURES} assets")
    page.locator(".cell-image.ready").first.wait_for()
    page.keyboard.press("/")
    page.keyboard.press("Enter")  # from the query to its result
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_role("toolbar", name="Selection")).to_contain_text("2 selected")
    page.keyboard.press("Escape")
    opened = page.evaluate("document.activeElement.getAttribute('aria-label')")
    heading = page.get_by_role("heading", name=opened)
    page.keyboard.press("Enter")
    expect(heading).to_be_visible()
    expect(page.locator(".frame .over.ready")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(heading).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    expect(heading).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_function("name => document.activeElement?.getAttribute('aria-label')?.startsWith(name)", arg=opened)
