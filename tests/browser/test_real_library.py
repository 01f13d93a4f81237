"""The pages over a real library: PostgreSQL, a bucket of real photographs, a worker, and the actions of a person."""

from __future__ import annotations

import io
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import skimage
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, expect
from psycopg.conninfo import conninfo_to_dict
from tests.browser.conftest import PATIENCE_MS, violations
from tests.support.buckets import Bucket, picture_no, stub_bucket
from tests.support.cli import Cli
from tests.support.media import package_folder
from tests.support.postgres import Server
from tests.support.s3stub import Answer, Request, S3Stub, error
from tests.support.served import Serving, serving

PHOTOS = (
    *(Path(skimage.__file__).parent / "data" / name for name in ("astronaut.png", "chelsea.png", "coffee.png")),
    *(package_folder("sklearn") / "datasets" / "images" / name for name in ("china.jpg", "flower.jpg")),
)


@dataclass(frozen=True)
class Library:
    """A served library whose datasource `photos` was set up and never mirrored."""

    serving: Serving
    stub: S3Stub
    bucket: Bucket
    page: Page

    def visit(self, path: str) -> None:
        self.page.goto(self.serving.address + path)

    def run_until(self, text: str) -> None:
        """Start a run on the card of the datasource, and wait until the card shows that text."""
        self.visit("/datasources")
        self.page.get_by_role("button", name="Run", exact=True).click()
        expect(self.page.locator(".card")).to_contain_text(text)


class Slow:
    """A fault of the bucket: objects are answered one at a time, later refused."""

    def __init__(self) -> None:
        self._turns = threading.Semaphore(0)
        self._refuses = False

    def __call__(self, request: Request) -> Answer | None:
        if request.method != "GET" or not request.key:
            return None
        if not self._refuses:
            self._turns.acquire()
        return error(503, "SlowDown") if self._refuses else None

    def answer(self) -> None:
        self._turns.release()

    def refuse(self) -> None:
        self._refuses = True
        self.end()

    def end(self) -> None:
        """Let every request go that waits."""
        self._turns.release(2 * len(PHOTOS) * 3)


def crop(photo: Path, number: int) -> bytes:
    """One of several pieces of a photograph, each with bytes of its own."""
    held = io.BytesIO()
    with Image.open(photo) as image:
        image.convert("RGB").crop((40 * number, 20 * number, 200 + 40 * number, 160 + 20 * number)).save(held, "JPEG")
    return held.getvalue()


@pytest.fixture
def library(postgres_server: Server, tmp_path: Path, context: BrowserContext) -> Iterator[Library]:
    parts = conninfo_to_dict(postgres_server.new_database())
    url = f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}"
    broken: list[str] = []
    with S3Stub() as stub:
        bucket = stub_bucket(stub, Cli(tmp_path / "home", {"MIRRORLAKE_DATABASE_URL": url}))
        settings = tmp_path / "settings.json"
        settings.write_text('{"orphans": "trash"}')
        # A run that brings nothing in makes the datasource, and starts no cooldown.
        bucket.put("readme.txt", b"Photographs follow.")
        bucket.mirror("--name", "photos", "--settings", str(settings))
        for photo in PHOTOS:
            for number in range(3):
                bucket.put(f"{photo.stem}/{number}.jpg", crop(photo, number))
        with serving(bucket.cli, tmp_path / "nobody") as served:
            page = context.new_page()
            page.on("pageerror", lambda error: broken.append(str(error)))
            page.goto(f"{served.address}/?token={served.token}")
            yield Library(served, stub, bucket, page)
    assert broken == []


def test_a_library_is_filled_emptied_and_brought_back_by_its_pages_alone(library: Library) -> None:
    stop(library)
    fill(library)
    let_go(library)
    bring_back(library)
    purge(library)
    repair(library)
    forget(library)


def test_a_datasource_with_an_endpoint_of_its_own_previews_what_other_patterns_would_select(library: Library) -> None:
    page = library.page
    library.visit("/datasources/photos?tab=settings")
    page.get_by_label("Only these patterns").fill("coffee/**")
    page.get_by_role("button", name="Preview patterns").click()
    preview = page.get_by_role("region", name="Preview")
    expect(preview).to_contain_text("3 would be read")
    expect(preview).to_contain_text("12 match no pattern")
    # Its numbers are beside each other, as in the wizard, of which nothing was loaded.
    assert preview.locator(".numbers").evaluate("numbers => getComputedStyle(numbers).display") == "flex"
    page.get_by_label("Pool of workers").fill("the lab")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_label("Pool of workers")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Pool of workers").fill("lab")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    expect(page.get_by_role("button", name="Save changes")).to_be_disabled()
    page.reload()
    expect(page.get_by_label("Pool of workers")).to_have_value("lab")
    expect(page.get_by_label("Only these patterns")).to_have_value("coffee/**")


MANY = 500
# Watches every frame: an asset that is shown twice in view, and how many frames there were.
WATCH = """() => {
    window.watched = { twice: [], frames: 0 }
    const look = () => {
        const view = document.querySelector('.grid').getBoundingClientRect()
        const names = [...document.querySelectorAll('.cell:not([hidden]) a[href]')].filter((link) => {
            const { top, bottom } = link.getBoundingClientRect()
            return bottom > view.top && top < view.bottom
        }).map((link) => link.pathname)
        watched.frames += 1
        watched.twice.push(...names.filter((name, place) => names.indexOf(name) !== place))
        requestAnimationFrame(look)
    }
    look()
}"""
# The assets in full view, by position: where each is, and how far below the upper edge of the grid.
IN_VIEW = """() => {
    const view = document.querySelector('.grid').getBoundingClientRect()
    return [...document.querySelectorAll('.cell:not([hidden]) a[data-index]')].map((link) => {
        const { top, bottom } = link.getBoundingClientRect()
        const whole = top >= view.top && bottom <= view.bottom
        return { whole, place: Number(link.dataset.index), id: link.pathname.split('/').pop(), down: top - view.top }
    }).filter(({ whole }) => whole).sort((one, other) => one.place - other.place)
}"""
STORED = "([offset, limit]) => fetch(`/api/v1/assets?offset=${offset}&limit=${limit}`).then((a) => a.json())"


def whole_view(page: Page) -> list[dict[str, int | str]]:
    """What is in view once it is what the library has at these positions: nothing twice, and nothing left out."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while True:
        shown = page.evaluate(IN_VIEW)
        stored = page.evaluate(STORED, [shown[0]["place"], len(shown)]) if shown else {"items": []}
        if shown and [one["id"] for one in shown] == [one["id"] for one in stored["items"]]:
            return shown
        assert time.monotonic() < deadline, (shown, stored)
        page.wait_for_timeout(200)


def test_the_place_stays_while_runs_add_and_remove(library: Library) -> None:
    page, bucket = library.page, library.bucket
    for number in range(MANY):
        bucket.put(f"many/{number:03d}.png", picture_no(number))
    assert bucket.mirror()["new"] == MANY + len(PHOTOS) * 3
    total = MANY + len(PHOTOS) * 3
    library.visit("/")
    expect(page.locator(".total")).to_have_text(f"{total} assets")
    page.evaluate(WATCH)
    for turn in range(3):
        page.locator(".grid").evaluate("grid => { grid.scrollTop = (grid.scrollHeight - grid.clientHeight) / 2 }")
        first = next(iter(whole_view(page)))["id"]
        if turn == 1:
            link(page, first).click(modifiers=["Control"])  # which brings it into view with what is around it
        before = {one["id"]: one for one in whole_view(page)}
        for number in range(60):
            bucket.put(f"more-{turn}/{number:02d}.png", picture_no(1000 + 100 * turn + number))
        for number in range(7):  # at the oldest end, at the newest, and one in view
            bucket.delete(f"many/{10 * turn + number:03d}.png")
            bucket.delete(f"many/{MANY - 1 - 10 * turn - number:03d}.png")
        total += 60 - 14
        process = bucket.cli.start("mirror", *bucket.words())
        while process.poll() is None:
            if turn != 1:  # in one turn nothing is moved by hand: what is in view must stay where it is
                page.mouse.move(800, 500)
                page.mouse.wheel(0, 150 if turn else -150)
            page.wait_for_timeout(40)
        process.communicate()
        assert process.returncode == 0
        expect(page.locator(".total")).to_have_text(f"{total} assets")
        if turn == 1:
            after = {one["id"]: one for one in whole_view(page)}
            kept = before.keys() & after.keys()
            assert len(kept) > len(before) / 2
            assert len({after[one]["place"] - before[one]["place"] for one in kept}) == 1
            top = next(one for one in before if one in kept)
            assert after[top]["place"] > before[top]["place"]
            assert abs(after[top]["down"] - before[top]["down"]) <= 1  # px
            select_from(page, first, list(after))
    whole_view(page)
    watched = page.evaluate("watched")
    assert watched["twice"] == []
    assert watched["frames"] > 100
    expect(page.get_by_role("alert")).to_have_count(0)
    assert int(re.search(r"at=(\d+)", page.url)[1]) > 0


def link(page: Page, asset: str | int) -> Locator:
    return page.locator(f".cell:not([hidden]) a[href*='/assets/{asset}?']")


def select_from(page: Page, first: str | int, in_view: list[str | int]) -> None:
    """A range from an asset, which a run has moved since, to one that is in view."""
    wanted = in_view[in_view.index(first) :]
    assert len(wanted) > 1
    bar = page.get_by_role("toolbar", name="Selection")
    link(page, wanted[-1]).click(modifiers=["Shift"])
    expect(bar).to_contain_text(f"{len(wanted)} selected")
    selected = page.locator(".cell.selected a").evaluate_all(
        "links => links.map((one) => one.pathname.split('/').pop())"
    )
    assert sorted(selected) == sorted(wanted)
    page.keyboard.press("Shift+ArrowLeft")
    expect(bar).to_contain_text(f"{len(wanted) - 1} selected")
    page.keyboard.press("Escape")
    expect(bar).to_have_count(0)


def stop(library: Library) -> None:
    """A run that waits for its bucket: its page shows how far it is, that it retries, and cancels it."""
    page, slow = library.page, Slow()
    library.stub.faults.append(slow)
    try:
        library.run_until("processing: 0 of 15 objects")
        expect(page.get_by_role("progressbar", name=re.compile("^Progress of run"))).to_be_visible()
        page.get_by_role("link", name=re.compile(r"^Run \d+,")).click()
        expect(page.get_by_role("heading", name=re.compile(r"^Run \d+ running$"))).to_be_visible()
        requests = page.get_by_text(re.compile("GET requests"))  # before anything is committed
        slow.answer()
        expect(requests).to_contain_text("read")
        before = requests.inner_text()
        slow.answer()
        expect(requests).not_to_have_text(before)
        assert violations(page) == []
        slow.refuse()
        expect(page.get_by_role("heading", name="running retrying")).to_be_visible()
        page.get_by_role("button", name="Cancel run").click()
        expect(page.get_by_role("heading", name="Run cancelled")).to_be_visible()
        expect(page.get_by_role("progressbar")).to_have_count(0)
    finally:
        library.stub.faults.remove(slow)
        slow.end()


def repair(library: Library) -> None:
    """An object that is no picture fails. It is mended, and retried alone."""
    page, bucket = library.page, library.bucket
    bucket.put("flower/torn.jpg", b"no picture")
    failed = bucket.mirror()
    library.visit(f"/runs/{failed['run']}?kind=failed")
    expect(page.get_by_role("region", name="Outcomes")).to_contain_text("flower/torn.jpg")
    bucket.put("flower/torn.jpg", crop(PHOTOS[4], 3))
    page.get_by_role("button", name="Retry 1 failed object").click()
    page.wait_for_url(re.compile(rf"/runs/{failed['run'] + 1}$"))
    expect(page.get_by_role("heading", name="succeeded")).to_be_visible()
    expect(page.locator(".tile.new dd")).to_have_text("1")


def fill(library: Library) -> None:
    """A pass by the Run button; the library's page, open elsewhere, follows it. Then the datasource cools down."""
    page = library.page
    watching = page.context.new_page()
    watching.goto(library.serving.address)
    library.run_until("15 new")
    expect(watching.locator(".total")).to_have_text("15 assets")
    watching.locator(".cell-image.ready").nth(14).wait_for()
    watching.close()
    run = page.get_by_role("button", name="Run", exact=True)
    expect(run).to_have_attribute("aria-disabled", "true")
    expect(run).to_have_attribute("title", re.compile(r"Available in (60|5\d) minutes"))
    anyway = page.get_by_role("button", name="Run anyway")
    anyway.focus()
    page.keyboard.press("Enter")
    expect(run).to_have_attribute("aria-disabled", "false")  # it brought nothing in
    expect(anyway).to_have_count(0)
    page.get_by_role("link", name="15 assets").click()
    expect(page.locator(".total")).to_have_text("15 assets")
    page.locator(".cell a[href]").first.click()
    expect(page.locator(".frame .over.ready")).to_be_visible()
    page.keyboard.press("Escape")


def let_go(library: Library) -> None:
    """Most of it vanishes: that is held, told by folder, and happens when its number was typed."""
    page, bucket = library.page, library.bucket
    for photo in PHOTOS[:4]:
        for number in range(3):
            bucket.delete(f"{photo.stem}/{number}.jpg")
    held = bucket.cli.run("mirror", *bucket.words()).json  # in a terminal, which does not wait for the hour
    assert held["state"] == "held"
    library.visit(f"/runs/{held['run']}")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("the removals were dismissed")).to_be_visible()
    held = bucket.cli.run("mirror", *bucket.words()).json  # which holds them again
    assert held["state"] == "held"
    library.visit("/runs")
    page.get_by_role("link", name=f"Run {held['run']}").click()
    expect(page.get_by_role("alert")).to_contain_text("12 removals held for confirmation")
    expect(page.get_by_role("alert")).to_contain_text("chelsea/")
    expect(page.get_by_role("region", name="Outcomes")).to_contain_text("chelsea/0.jpg")
    expect(page.get_by_text(f"Server: {held['server']}", exact=True)).to_be_visible()
    assert violations(page) == []
    page.get_by_label(re.compile("the number of removals")).fill("12")
    page.get_by_role("button", name="Confirm removals").click()
    page.wait_for_url(re.compile(rf"/runs/{held['run'] + 1}$"))
    expect(page.get_by_role("heading", name="succeeded")).to_be_visible()
    expect(page.locator(".tile.removed dd")).to_have_text("12")
    library.visit("/")
    expect(page.locator(".total")).to_have_text("3 assets")


def bring_back(library: Library) -> None:
    """What went is in the trash. One comes back by hand, one because its object returns."""
    page, bucket = library.page, library.bucket
    page.get_by_role("link", name="Trash", exact=True).click()
    expect(page.locator(".total")).to_have_text("12 assets")
    page.locator(".cell a[href]").first.click()
    page.get_by_role("button", name="Restore").click()
    expect(page.locator(".side .badge")).to_have_text("missing")
    page.keyboard.press("Escape")
    expect(page.locator(".total")).to_have_text("11 assets")
    bucket.put("astronaut/0.jpg", crop(PHOTOS[0], 0))
    assert bucket.mirror()["new"] == 0
    library.visit("/?query=state%3Atrash")
    expect(page.locator(".total")).to_have_text("10 assets")


def purge(library: Library) -> None:
    """What is in the trash is deleted for good once its number is typed."""
    page = library.page
    library.visit("/datasources/photos")
    page.get_by_role("button", name="Empty trash").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Days").fill("0")
    expect(dialog).to_contain_text("10 assets are used by no project")
    dialog.get_by_label(re.compile("the number of assets")).fill("9")
    expect(dialog.get_by_role("button", name="Delete permanently")).to_be_disabled()
    dialog.get_by_label(re.compile("the number of assets")).fill("10")
    dialog.get_by_role("button", name="Delete permanently").click()
    page.wait_for_url(re.compile(r"/runs/\d+$"))
    expect(page.get_by_role("heading", name="succeeded")).to_be_visible()
    library.visit("/?query=state%3Atrash")
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()


def forget(library: Library) -> None:
    """The datasource gets a schedule, and goes with the number of its assets."""
    page = library.page
    library.visit("/datasources")
    page.get_by_role("button", name="Schedule").click()
    page.get_by_label("Daily").check()
    page.get_by_label("Time of day").fill("04:30")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    expect(page.locator(".next li")).to_have_count(3)
    expect(page.locator(".next li").first).to_contain_text("04:30 GMT+")
    assert violations(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".card")).to_contain_text("Daily at 04:30, Europe/Berlin")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("6moved to the trash")
    page.get_by_label(re.compile("the number of assets")).fill("6")
    assert violations(page) == []
    page.get_by_role("button", name="Delete datasource").click()
    expect(page.get_by_text("Mirror your first bucket")).to_be_visible()
