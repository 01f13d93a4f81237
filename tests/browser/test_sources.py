"""Connections and datasources made by the pages alone, over a real server and the real S3 protocol."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from psycopg.conninfo import conninfo_to_dict
from tests.browser.conftest import accessible, press_until
from tests.support.buckets import picture
from tests.support.cli import Cli
from tests.support.postgres import Server
from tests.support.s3stub import ACCESS_KEY, SECRET_KEY, S3Stub
from tests.support.served import Serving, serving

BUCKET = "camera-archive"
PRINCIPAL = "arn:aws:iam::123456789012:role/mirrorlake"


@dataclass(frozen=True)
class Site:
    """A served library that is empty, and a server of S3 with a bucket."""

    serving: Serving
    stub: S3Stub
    page: Page

    def visit(self, path: str) -> None:
        self.page.goto(self.serving.address + path)

    def accessible(self) -> None:
        accessible(self.page)


@pytest.fixture
def site(postgres_server: Server, tmp_path: Path, context: BrowserContext) -> Iterator[Site]:
    parts = conninfo_to_dict(postgres_server.new_database())
    url = f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}"
    broken: list[str] = []
    with S3Stub() as stub:
        for number in range(6):
            stub.put(BUCKET, f"2026/{'raw' if number % 3 == 0 else 'site'}/{number}.png", picture((number, 9, 9)))
        stub.put(BUCKET, "2026/notes.txt", b"nothing to see")
        environ = {
            "MIRRORLAKE_DATABASE_URL": url,
            "MIRRORLAKE_ALLOW_ADDRESSES": "private",
            "MIRRORLAKE_AWS_PRINCIPAL": PRINCIPAL,
        }
        with serving(Cli(tmp_path / "home", environ), tmp_path / "nobody") as served:
            page = context.new_page()
            page.on("pageerror", lambda error: broken.append(str(error)))
            page.goto(f"{served.address}/?token={served.token}")
            yield Site(served, stub, page)
    assert broken == []


def test_a_connection_with_a_wrong_secret_shows_what_fails_and_is_mended(site: Site) -> None:
    page = site.page
    site.visit("/connections")
    page.get_by_role("link", name="Add connection").click()
    page.get_by_role("radio", name=re.compile("^S3-compatible")).check()
    page.get_by_label("Name *").fill("a name")
    page.get_by_role("button", name="Create connection").click()
    expect(page.get_by_label("Name *")).to_have_attribute("aria-invalid", "true")
    site.accessible()
    page.get_by_label("Name *").fill("archive")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Endpoint *")).to_be_focused()  # the first field that is missing
    page.get_by_label("Endpoint *").fill("ftp://nowhere")
    page.get_by_label("Access key ID *").fill(ACCESS_KEY)
    page.get_by_label("Secret access key *").fill("not-the-secret")
    page.get_by_role("textbox", name="Bucket").fill(BUCKET)
    page.get_by_label("Folder", exact=True).fill("2026/")
    page.keyboard.press("Enter")
    # The server names the field of its error.
    expect(page.get_by_label("Endpoint *")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_contain_text("is no http address")
    page.get_by_label("Endpoint *").fill(site.stub.endpoint)
    advice_names_fields(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="archive")).to_be_visible()
    page.get_by_role("button", name="Check now").click()
    red = page.locator(".health-row.tone-bad")
    expect(red).to_contain_text("authenticate")
    expect(red).to_contain_text("403 SignatureDoesNotMatch")
    expect(red.get_by_role("button", name="Copy the fix")).to_be_visible()
    site.accessible()

    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_label("Secret access key")).to_have_value("")
    page.get_by_label("Secret access key").fill(SECRET_KEY)
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("button", name="Edit")).to_be_visible()  # it was stored
    page.get_by_role("button", name="Check now").click()  # what was known of the former secret is forgotten
    expect(page.locator(".health-row.tone-good", has_text="list")).to_contain_text("7 objects")
    assert SECRET_KEY not in page.content()
    connection_shows_its_bucket(page)
    page.get_by_role("button", name="CORS").click()
    expect(page.locator(".document pre")).to_contain_text(site.serving.address)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download CORS").click()
    assert saved.value.suggested_filename == "archive-cors.json"
    earlier_versions_are_granted_where_chosen(page)
    site.accessible()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete connection").click()
    expect(page.get_by_role("heading", name="No connections yet")).to_be_visible()
    site.accessible()
    connect_a_role_in_the_wizard(site)


def earlier_versions_are_granted_where_chosen(page: Page) -> None:
    document = page.locator(".document pre")
    page.get_by_role("button", name="IAM policy").click()
    expect(document).to_contain_text("s3:GetObject")
    expect(document).not_to_contain_text("s3:GetObjectVersion")
    page.get_by_label("Earlier versions of objects").check()
    expect(document).to_contain_text("s3:GetObjectVersion")


def connect_a_role_in_the_wizard(site: Site) -> None:
    """A role needs the external id of its connection, so the connection comes first."""
    page = site.page
    site.visit("/new/datasource")
    page.get_by_role("radio", name=re.compile("^New connection")).check()
    page.get_by_role("radio", name=re.compile("^Amazon S3")).check()
    page.wait_for_url(re.compile("service=aws"))
    page.reload()  # the address holds the new connection and its service
    expect(page.get_by_role("radio", name=re.compile("^Amazon S3"))).to_be_checked()
    page.get_by_label("Access", exact=True).select_option("Role with an external ID")
    page.get_by_label("Name *").fill("studio")
    page.get_by_role("textbox", name="Bucket").fill(BUCKET)
    page.get_by_role("button", name="Create connection").click()
    health = page.get_by_role("region", name="Health")
    external_id = health.locator("p", has_text="External ID").locator("code").inner_text()
    document = health.locator(".document pre")
    # What is applied first comes first, below what has to be done and above the notes, which are folded.
    expect(health).to_contain_text("Create a role with the trust policy")
    expect(health).to_contain_text("The connection has no role yet.")
    expect(document).to_contain_text(f'"sts:ExternalId": "{external_id}"')
    expect(document).to_contain_text(PRINCIPAL)
    note = health.get_by_text("replace what the bucket has")
    expect(note).to_be_hidden()
    health.get_by_text("Good to know before you apply them").click()
    expect(note).to_be_visible()
    health.get_by_role("button", name="IAM policy").click()
    expect(document).to_contain_text(f"arn:aws:s3:::{BUCKET}")
    health.get_by_role("button", name="CORS").click()
    expect(document).to_contain_text(f'"{site.serving.address}"')
    health.get_by_role("button", name="Check it").click()
    expect(health.locator(".health-row.tone-bad")).to_contain_text("no role yet")
    site.accessible()
    health.get_by_role("button", name="Edit").click()
    role = health.get_by_label("Role ARN")
    role.fill("lake")
    health.get_by_role("button", name="Save changes").click()
    expect(role).to_have_attribute("aria-invalid", "true")
    role.fill("arn:aws:iam::123456789012:role/studio-reader")
    site.accessible()
    health.get_by_role("button", name="Save changes").click()
    # It is checked again. Here, the server has no identity that could assume the role.
    expect(health).not_to_contain_text("no role yet")
    expect(health.locator(".health-row.tone-bad")).to_contain_text("Authenticate", ignore_case=True)
    health.get_by_role("link", name="Page of the connection").click()
    expect(page.get_by_role("heading", name="studio", level=1)).to_be_visible()
    page.go_back()
    expect(health).to_be_visible()  # the step is as it was left


def advice_names_fields(page: Page) -> None:
    """The form has no options of a command."""
    bucket = page.get_by_role("textbox", name="Bucket")
    bucket.fill("arn:aws:iam::123456789012:role/reader")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("“Role ARN”")
    expect(page.get_by_role("alert")).not_to_contain_text("--")
    bucket.fill(BUCKET)


def connection_shows_its_bucket(page: Page) -> None:
    bucket_shows(page, BUCKET, "2026/", "just now", "List: yes", "Read: yes", "Write: not wanted")
    expect(page.get_by_role("main").get_by_role("link", name="archive")).to_have_count(0)  # that is this page


def bucket_shows(page: Page, *words: str) -> None:
    """What a person sees of a connected bucket at a glance."""
    panel = page.locator(".panel", has=page.get_by_role("heading", name="Connected bucket"))
    for word in words:
        expect(panel).to_contain_text(word)


def add_connection(site: Site) -> None:
    connection = {
        "name": "archive",
        "kind": "s3",
        "settings": {"endpoint": site.stub.endpoint, "bucket": BUCKET, "prefix": "2026/"},
        "secrets": {"access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY},
    }
    send(site, "post", "/connections", connection)


def send(site: Site, method: str, path: str, body: object) -> None:
    """A request that the pages could send too."""
    head = {"Authorization": f"Bearer {site.serving.token}"}
    made = getattr(site.page.request, method)(f"{site.serving.address}/api/v1{path}", headers=head, data=body)
    assert made.ok, made.text()


def test_an_empty_library_leads_by_keyboard_to_a_datasource_that_runs(site: Site) -> None:
    page = site.page
    add_connection(site)
    page.reload()
    expect(page.get_by_role("link", name="Add a datasource")).to_be_visible()
    press_until(page, "Tab", "Add a datasource")
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name=re.compile("^archive"))).to_be_visible()
    press_until(page, "Tab", "archive")
    page.keyboard.press("Space")
    site.accessible()
    press_until(page, "Tab", "Next")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Bucket")).to_have_value(BUCKET)
    preview = page.get_by_role("region", name="Preview")
    expect(preview).to_contain_text("Whole location listed")
    expect(preview).to_contain_text("6 would be read")
    expect(preview).to_contain_text("1 has no supported or chosen format")
    press_until(page, "Tab", "Only these patterns")
    page.keyboard.type("***")
    expect(page.get_by_label("Only these patterns")).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Control+A")
    page.keyboard.type("*.png")
    expect(preview).to_contain_text("0 would be read")
    expect(preview).to_contain_text("try **/*.png")
    page.keyboard.press("Control+A")
    page.keyboard.type("site/**")
    expect(preview).to_contain_text("4 would be read")
    expect(preview).to_contain_text("2 match no pattern")
    site.accessible()
    page.wait_for_url(re.compile(r"only=site%2F\*\*"))
    page.reload()  # the address holds what was typed
    expect(page.get_by_label("Only these patterns")).to_have_value("site/**")
    press_until(page, "Tab", "Next")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("sites")
    page.reload()  # the tab keeps what was typed in the last step
    expect(page.get_by_label("Name", exact=True)).to_have_value("sites")
    press_until(page, "Tab", "Suffix of metadata files")
    page.keyboard.type("x" * 300)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Suffix of metadata files")).to_have_attribute("aria-invalid", "true")
    site.accessible()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="sites")).to_be_visible()
    expect(page.get_by_text("4 new")).to_be_visible()
    bucket_shows(page, BUCKET, "Assets4")
    change_datasource(site)


def change_datasource(site: Site) -> None:
    """Its settings show what they would select before they are saved, and its history shows what was changed."""
    page = site.page
    site.accessible()
    page.get_by_role("button", name="Settings", exact=True).click()
    save = page.get_by_role("button", name="Save changes")
    expect(save).to_be_disabled()
    page.get_by_label("Only these patterns").fill("raw/**")
    page.get_by_role("button", name="Preview patterns").click()
    expect(page.get_by_role("region", name="Preview")).to_contain_text("2 would be read")
    page.get_by_label("Keep the asset").check()
    page.get_by_label("Read the text in pictures").check()
    page.get_by_text("Reject objects", exact=True).click()
    page.get_by_label("Least width, pixels").fill("1")
    site.accessible()
    save.click()
    expect(save).to_be_disabled()
    page.get_by_role("button", name="Activity", exact=True).click()
    expect(page.locator(".timeline")).to_contain_text("raw/**")
    expect(page.locator(".timeline")).to_contain_text("orphans")
    expect(page.locator(".timeline")).to_contain_text("policies")
    expect(page.locator(".timeline")).to_contain_text("pictureText")
    assert "tab=activity" in page.url
    for part in ("Runs", "Bucket events", "Health"):
        page.get_by_role("button", name=part, exact=True).click()
        page.wait_for_load_state("networkidle")
        site.accessible()
    page.get_by_role("button", name="Check now").click()
    expect(page.locator(".health-row.tone-good", has_text="read a match")).to_be_visible()
    page.get_by_role("link", name="4 assets").click()
    expect(page.locator(".total")).to_have_text("4 assets")


def test_several_configs_label_files_and_events_are_set_up_on_the_page_of_a_datasource(site: Site) -> None:
    """Each refusal of the server stands by its field, and what was stored is shown again."""
    page = site.page
    add_connection(site)
    classes = [{"name": "gate", "shape": "box", "colour": "#1971c2"}]
    send(site, "put", "/ontologies/yard", {"classes": classes})
    create_without_a_run(site)
    page.get_by_role("button", name="Settings", exact=True).click()
    save = page.get_by_role("button", name="Save changes")
    page.get_by_text("Exact keys and a file of patterns").click()
    page.get_by_label("Exact keys").fill("/")
    save.click()
    expect(page.get_by_label("Exact keys")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Exact keys").fill("")
    page.get_by_text("Label files", exact=True).click()
    page.get_by_label("Format of the label files").select_option("YOLO")
    save.click()
    expect(page.get_by_label("Ontology")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Ontology").select_option("yard")
    page.get_by_label("Keys of images").fill("{name}.{ext}")
    page.get_by_label("Keys of label files").fill("labels/{name}.txt")
    save.click()
    expect(page.get_by_label("Classes of the files")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Classes of the files").fill("0 = gate")
    page.get_by_role("button", name="Add another mirror config").click()
    first = page.get_by_role("group", name="Mirror config 1")
    first.get_by_label("Only these patterns").fill("site/**")
    second = page.get_by_role("group", name="Mirror config 2")
    second.get_by_label("Only these patterns").fill("***")
    save.click()
    expect(second.get_by_label("Only these patterns")).to_have_attribute("aria-invalid", "true")
    second.get_by_label("Only these patterns").fill("raw/**")
    second.get_by_label("When an object disappears").select_option("Keep the asset")
    page.get_by_role("button", name="Move up: mirror config 2").click()
    expect(first.get_by_label("Only these patterns")).to_have_value("raw/**")
    page.get_by_role("button", name="Preview patterns").click()
    expect(page.get_by_role("region", name="Preview")).to_contain_text("6 would be read")
    site.accessible()
    save.click()
    expect(save).to_be_disabled()
    page.reload()
    expect(first.get_by_label("When an object disappears")).to_have_value("keep")
    expect(second.get_by_label("Only these patterns")).to_have_value("site/**")
    expect(page.get_by_label("Format of the label files").locator("option")).to_have_text(["YOLO"])
    expect(page.get_by_label("Classes of the files")).to_have_value("0 = gate")
    set_up_events(site)


def test_a_datasource_of_several_configs_is_created_by_the_wizard(site: Site) -> None:
    page = site.page
    add_connection(site)
    site.visit(f"/new/datasource?step=location&connection=archive&place={BUCKET}&folder=2026%2F")
    page.get_by_label("Only these patterns").fill("site/1.png")
    preview = page.get_by_role("region", name="Preview")
    expect(preview).to_contain_text("1 would be read")
    page.get_by_role("button", name="Add another mirror config").click()
    page.get_by_role("button", name="Add another mirror config").click()
    second = page.get_by_role("group", name="Mirror config 2")
    second.get_by_label("Only these patterns").fill("***")
    expect(second.get_by_label("Only these patterns")).to_have_attribute("aria-invalid", "true")
    second.get_by_label("Only these patterns").fill("raw/**")
    expect(preview).to_contain_text("6 would be read")  # the third one selects everything
    site.accessible()
    page.get_by_role("button", name="Remove: mirror config 3").click()
    expect(preview).to_contain_text("3 would be read")
    page.wait_for_url(re.compile("more=.*raw"))
    page.reload()
    expect(second.get_by_label("Only these patterns")).to_have_value("raw/**")
    page.get_by_role("button", name="Next").click()
    expect(page.locator(".panel", has_text="What is created")).to_contain_text("raw/**")
    page.get_by_label("Name", exact=True).fill("yard")
    second.get_by_label("When an object disappears").select_option("Keep the asset")
    site.accessible()
    page.get_by_role("button", name="Create without a run").click()
    expect(page.get_by_role("heading", name="yard never run")).to_be_visible()
    page.get_by_role("button", name="Settings", exact=True).click()
    first = page.get_by_role("group", name="Mirror config 1")
    expect(first.get_by_label("Only these patterns")).to_have_value("site/1.png")
    expect(first.get_by_label("When an object disappears")).to_have_value("trash")
    expect(second.get_by_label("Only these patterns")).to_have_value("raw/**")
    expect(second.get_by_label("When an object disappears")).to_have_value("keep")


def create_without_a_run(site: Site) -> None:
    """A preview that takes too long is stopped; the datasource is created, and nothing is read."""
    page = site.page
    pattern = re.compile(r"/api/v1/location-previews/\d+")
    page.route(pattern, lambda route: route.fulfill(json=route.fetch().json() | {"state": "running"}))
    site.visit(f"/new/datasource?step=location&connection=archive&place={BUCKET}&folder=2026%2F")
    preview = page.get_by_role("region", name="Preview")
    expect(preview).to_contain_text("objects so far")
    with page.expect_response(re.compile(r"/api/v1/jobs/\d+/cancel")) as stopped:
        preview.get_by_role("button", name="Stop").click()
    assert stopped.value.request.method == "POST"
    page.unroute(pattern)
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Name", exact=True).fill("yard")
    page.get_by_role("button", name="Create without a run").click()
    expect(page.get_by_role("heading", name="yard never run")).to_be_visible()


def set_up_events(site: Site) -> None:
    """Where events come from: first a queue, whose address is wrong, then a webhook with a secret, then nowhere."""
    page = site.page
    page.get_by_role("button", name="Bucket events", exact=True).click()
    page.get_by_role("button", name="Set up events").click()
    page.get_by_label("URL of the queue").fill("nowhere")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("URL of the queue")).to_have_attribute("aria-invalid", "true")
    site.accessible()
    page.get_by_label("Signed requests of any system").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Copy the secret")).to_be_visible()
    expect(page.get_by_text(f"{site.serving.address}/api/v1/events/yard")).to_be_visible()
    expect(page.get_by_text("a webhook", exact=True)).to_be_visible()
    site.accessible()
    page.get_by_role("button", name="Turn off").click()
    page.get_by_role("dialog").get_by_role("button", name="Turn off").click()
    expect(page.get_by_text("Its bucket sends no events")).to_be_visible()
