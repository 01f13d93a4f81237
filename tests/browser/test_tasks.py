"""Tasks of somebody who has never seen the pages, done by what is written on them, over real servers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from psycopg.conninfo import conninfo_to_dict
from tests.browser.conftest import Visit
from tests.support.buckets import picture, stub_bucket
from tests.support.cli import Cli
from tests.support.postgres import Server
from tests.support.s3stub import ACCESS_KEY, SECRET_KEY, Answer, Request, S3Stub, error
from tests.support.served import Serving, serving

MOST_S = 120  # for each task: the goal for a stranger, who also reads; the clicks alone take seconds
CLOSED = "dockside-cameras"  # a bucket whose policy lets nobody list it
QUAY = "quay-cameras"  # a bucket that loses most of its objects
SITES = ("north", "south", "west")
# Of each camera some are marked bad; of cam-1 exactly 1,104.
MARKED = """
UPDATE asset SET metadata = metadata || jsonb_build_object(
  'camera_id', 'cam-' || place % 3,
  'quality', CASE WHEN CASE place % 3 WHEN 1 THEN place / 3 < 1104 ELSE place % 7 = 0 END THEN 'bad' ELSE 'good' END)
FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM asset WHERE state <> 2) AS counted
WHERE counted.id = asset.id
"""


@dataclass(frozen=True)
class Site:
    """A served library with two datasources: of the bucket of `harbour`, a pattern leaves something out."""

    serving: Serving
    stub: S3Stub


def add_datasource(cli: Cli, stub: S3Stub, name: str, bucket: str, *words: str) -> None:
    """A connection with that name and a datasource of it, which has run."""
    added = cli.run(
        "connection", "add", name, "--kind", "s3", "--endpoint", stub.endpoint, "--bucket", bucket,
        "--access-key-id", ACCESS_KEY, "--secret-access-key", "-", given=SECRET_KEY,
    )  # fmt: skip
    assert added.code == 0, added.err
    made = cli.run("datasource", "create", f"s3://{bucket}/", "--name", name, "--connection", name, "--run", *words)
    assert made.code == 0, made.err


@pytest.fixture(scope="module")
def site(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("tasks")
    parts = conninfo_to_dict(postgres_server.new_database())
    url = f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}"
    with S3Stub() as stub:
        cli = Cli(home / "home", {"MIRRORLAKE_DATABASE_URL": url, "MIRRORLAKE_ALLOW_ADDRESSES": "private"})
        bucket = stub_bucket(stub, cli)
        for site in SITES:
            for number in range(6):
                bucket.put(f"site/{site}/{number}.png", picture((40 * number, 90, SITES.index(site)), (90, 60)))
        for number in range(2):
            bucket.put(f"raw/{number}.png", picture((number, 200, 90), (90, 60)))
            stub.put(CLOSED, f"2026/{number}.png", picture((number, 9, 9)))
        for number in range(12):
            stub.put(QUAY, f"{'old' if number < 9 else 'new'}/{number}.png", picture((number, 40, 90), (90, 60)))
        add_datasource(cli, stub, "harbour", bucket.name, "--glob", "site/**")
        orphans = home / "quay.json"
        orphans.write_text('{"orphans": "trash"}')
        add_datasource(cli, stub, "quay", QUAY, "--settings", str(orphans))
        with serving(cli, home / "nobody") as served:
            yield Site(served, stub)


@pytest.fixture
def page(site: Site, context: BrowserContext) -> Iterator[Page]:
    broken: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: broken.append(str(error)))
    opened.goto(f"{site.serving.address}/?token={site.serving.token}")
    yield opened
    assert broken == []


@pytest.fixture
def marked(visit: Visit) -> Page:
    """A library whose pictures are marked, opened."""
    return visit(size=4000, dress=MARKED)


@pytest.fixture(autouse=True)
def in_time(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a task that takes more than two minutes. The servers of the other fixtures are started before."""
    for name in request.fixturenames:
        if name != "in_time":
            request.getfixturevalue(name)
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    assert took < MOST_S, f"The task took {took:.0f} s."


def go_to(page: Page, section: str) -> None:
    page.get_by_role("navigation", name="Pages").get_by_role("link", name=section, exact=True).click()


def test_a_bucket_with_a_wrong_policy_is_connected_and_mended(site: Site, page: Page) -> None:
    def policy(request: Request) -> Answer | None:
        listing = request.bucket == CLOSED and not request.key and request.method == "GET"
        return error(403, "AccessDenied") if listing else None

    site.stub.faults.append(policy)
    go_to(page, "Datasources")
    page.get_by_role("link", name="Add datasource").click()
    page.get_by_role("radio", name=re.compile("^New connection")).check()
    page.get_by_role("radio", name=re.compile("^S3-compatible")).check()
    page.get_by_label("Name *").fill("dockside")
    page.get_by_label("Endpoint *").fill(site.stub.endpoint)
    page.get_by_label("Access key ID *").fill(ACCESS_KEY)
    page.get_by_label("Secret access key *").fill(SECRET_KEY)
    page.get_by_role("textbox", name="Bucket").fill(CLOSED)
    page.get_by_role("button", name="Create connection").click()
    health = page.get_by_role("region", name="Health")
    health.get_by_role("button", name="Check it").click()
    expect(health).to_contain_text("Runs would fail")
    expect(health).to_contain_text("s3:ListBucket")
    expect(health.get_by_role("button", name="Copy the fix").first).to_be_visible()
    expect(health.locator(".document pre")).to_contain_text(f"arn:aws:s3:::{CLOSED}")  # the whole policy
    site.stub.faults.remove(policy)  # its owner pastes the fix
    health.get_by_role("button", name="Check again").click()
    expect(health).not_to_contain_text("Runs would fail")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("region", name="Preview")).to_contain_text("2 would be read")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Create and run now").click()
    expect(page.get_by_text("2 new")).to_be_visible()


def test_the_bad_pictures_of_one_camera_are_found_and_tagged(marked: Page) -> None:
    page = marked
    panel = page.get_by_role("complementary")
    for key, value in (("camera_id", "cam-1"), ("quality", "bad")):
        panel.get_by_role("searchbox", name="Find a field").fill(key)
        field = panel.get_by_role("button", name=key, exact=True)
        if field.get_attribute("aria-expanded") == "false":
            field.click()
        button = panel.get_by_role("button", name=re.compile(f"^{value}"))
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("1,104 assets")).to_be_visible()
    page.get_by_role("list", name="Assets").get_by_role("listitem").first.hover()
    page.get_by_role("list", name="Assets").get_by_role("button", name=re.compile("^Select")).first.click()
    bar = page.get_by_role("toolbar", name="Selection")
    bar.get_by_role("button", name="Select all 1,104").click()
    bar.get_by_role("button", name="Tags").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Add tags").fill("retake")
    dialog.get_by_role("button", name="Change tags").click()
    expect(page.get_by_text("1,104 assets changed")).to_be_visible()
    panel.get_by_role("searchbox", name="Find a field").fill("")
    expect(panel.get_by_role("button", name=re.compile("^retake"))).to_contain_text("1,104")


def test_what_a_pattern_leaves_out_is_seen_and_changed(page: Page) -> None:
    go_to(page, "Datasources")
    page.get_by_role("link", name="harbour", exact=True).click()
    page.get_by_role("button", name="Settings", exact=True).click()
    page.get_by_role("button", name="Preview patterns").click()
    preview = page.get_by_role("region", name="Preview")
    expect(preview).to_contain_text("2 match no pattern")
    expect(preview).to_contain_text("raw/0.png")
    page.get_by_label("Only these patterns").fill("site/**\nraw/**")
    page.get_by_role("button", name="Preview patterns").click()
    expect(preview).to_contain_text("Whole location listed")
    expect(preview).not_to_contain_text("match no pattern")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    page.get_by_role("button", name="Overview", exact=True).click()
    page.get_by_role("button", name="Run anyway").click()
    expect(page.get_by_text("2 new")).to_be_visible()


def test_a_project_is_frozen_and_exported(page: Page) -> None:
    go_to(page, "Projects")
    page.get_by_role("button", name="New project").click()
    page.get_by_label("Name").fill("first training")
    page.get_by_role("button", name="Create project").click()
    page.get_by_label("Query").fill("datasource:harbour filename:*.png")  # what a project has is kept
    page.get_by_role("button", name="Preview additions").click()
    add = page.get_by_role("button", name=re.compile(r"^Add \d+ assets$"))
    number = re.sub(r"\D", "", add.inner_text())
    add.click()
    expect(page.get_by_role("link", name=f"{number} assets")).to_be_visible()
    page.get_by_label("Note").fill("as delivered")
    page.get_by_role("button", name="Freeze").click()
    page.get_by_role("button", name="Export first training@1").click()
    page.get_by_label("Format").select_option("csv")
    page.get_by_role("dialog").get_by_role("button", name="Export").click()
    with page.expect_download() as saved:
        page.get_by_role("link", name=re.compile("Download .*csv")).click()
    assert len(saved.value.path().read_text().splitlines()) == int(number) + 1
    page.keyboard.press("Escape")
    page.get_by_role("link", name=f"{number} assets").click()
    page.get_by_role("list", name="Assets").get_by_role("link").first.click()
    used = page.get_by_role("region", name="Where it is used")
    used.get_by_role("link", name="first training@1").click()
    expect(page.get_by_text("as delivered")).to_be_visible()


def test_held_removals_are_confirmed_and_one_asset_comes_back(site: Site, page: Page) -> None:
    for number in range(9):
        site.stub.delete(QUAY, f"old/{number}.png")
    go_to(page, "Datasources")
    page.get_by_role("link", name="quay", exact=True).click()
    page.get_by_role("heading", name="quay", level=1).wait_for()
    page.get_by_role("button", name="Run anyway").click()
    go_to(page, "Overview")
    page.get_by_role("listitem").filter(has_text="9 removals wait for a decision").get_by_role("link").click()
    expect(page.get_by_role("alert")).to_contain_text("9 removals held for confirmation")
    page.get_by_label(re.compile("the number of removals")).fill("9")
    page.get_by_role("button", name="Confirm removals").click()
    expect(page.get_by_role("heading", name="succeeded")).to_be_visible()
    go_to(page, "Library")
    page.get_by_role("link", name="Trash", exact=True).click()
    expect(page.get_by_text("9 assets", exact=True)).to_be_visible()
    page.get_by_role("list", name="Assets").get_by_role("link").first.click()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("button", name="Restore")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_text("8 assets", exact=True)).to_be_visible()
