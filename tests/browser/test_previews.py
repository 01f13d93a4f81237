"""What browsers cannot show themselves: a TIFF, the pages of a document, and the moments of a video."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
import skimage
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect
from psycopg.conninfo import conninfo_to_dict
from tests.browser.conftest import violations
from tests.support.cli import Cli
from tests.support.postgres import Server
from tests.support.served import serving

PHOTO = Path(skimage.__file__).parent / "data" / "astronaut.png"
SECONDS = 12


def film(photo: Image.Image, container: str = "mp4", codec: str = "mpeg4") -> bytes:
    """A photograph that the camera passes from left to right."""
    data = io.BytesIO()
    with av.open(data, "w", format=container) as out:
        stream = out.add_stream(codec, rate=5)
        if codec == "libvpx":
            stream.options = {"deadline": "realtime", "cpu-used": "8"}
        stream.width, stream.height, stream.pix_fmt = 256, 192, "yuv420p"
        for number in range(SECONDS * 5):
            left = number * (photo.width - 256) // (SECONDS * 5)
            part = np.asarray(photo.crop((left, 40, left + 256, 232)))
            out.mux(stream.encode(av.VideoFrame.from_ndarray(part, "rgb24")))
        out.mux(stream.encode())
    return data.getvalue()


@pytest.fixture
def page(postgres_server: Server, tmp_path: Path, context: BrowserContext) -> Iterator[Page]:
    photo = Image.open(PHOTO).convert("RGB")
    folder = tmp_path / "files"
    folder.mkdir()
    photo.resize((1800, 1800)).save(folder / "portrait.tif")
    pages = [photo.crop((0, 0, 300, 400)), photo.crop((200, 0, 500, 400)), photo.crop((0, 100, 300, 500))]
    pages[0].save(folder / "report.pdf", save_all=True, append_images=pages[1:])
    (folder / "clip.mp4").write_bytes(film(photo))
    (folder / "walk.webm").write_bytes(film(photo, "webm", "libvpx"))
    parts = conninfo_to_dict(postgres_server.new_database())
    url = f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}"
    cli = Cli(tmp_path / "home", {"MIRRORLAKE_DATABASE_URL": url})
    cli.mirror(folder, "--media", "image", "--media", "video", "--media", "document")
    broken: list[str] = []
    with serving(cli, tmp_path / "nobody", "--no-worker") as served:
        opened = context.new_page()
        opened.on("pageerror", lambda error: broken.append(str(error)))
        opened.goto(f"{served.address}/?token={served.token}")
        yield opened
    assert broken == []


def natural_size(page: Page) -> list[int]:
    image = "document.querySelector('.frame .over.ready')"
    return [int(page.evaluate(f"{image}.natural{side}")) for side in ("Width", "Height")]


def plays_and_goes_to_frames(page: Page) -> None:
    """The open video is played, and the frames below it are places in it."""
    frames_of = page.get_by_role("group", name="Frames of the video")
    player = page.locator("video.player")
    expect(page.locator(".film img")).to_have_js_property("complete", value=True)
    assert page.evaluate("document.querySelector('.film img').naturalWidth") == 10 * 240
    expect(frames_of.get_by_role("button").first).to_have_css("background-image", re.compile("kind=strip"))
    frames_of.get_by_role("button", name="Go to 0:07").click()
    present = frames_of.locator("[aria-current=true]")
    expect(present).to_have_accessible_name("Go to 0:07")
    assert player.evaluate("player => player.currentTime") == pytest.approx(6.6)
    page.keyboard.press("ArrowRight")
    expect(present).to_have_accessible_name("Go to 0:08")
    expect(present).to_be_focused()
    assert violations(page) == []
    player.evaluate("player => { player.currentTime = 11.5; player.muted = true; return player.play() }")
    expect(player).to_have_js_property("ended", value=True)
    expect(present).to_have_accessible_name("Go to 0:11")
    expect(page.locator(".stage-note")).to_have_count(0)


def test_what_browsers_cannot_show_is_shown_all_the_same(page: Page) -> None:
    expect(page.locator(".total")).to_have_text("4 assets")
    expect(page.locator(".cell-length:not(:empty)")).to_have_text(["0:12", "0:12"])
    video = page.locator(".cell").filter(has=page.get_by_role("link", name="clip.mp4, 0:12"))
    strip = video.locator(".cell-strip")
    expect(strip).to_be_hidden()
    box = video.bounding_box()
    assert box is not None
    frames = set()
    for part in (0.05, 0.55, 0.95):
        page.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] / 2)
        expect(strip).to_be_visible()
        frames.add(strip.get_attribute("data-frame"))
    assert frames == {"0", "5", "9"}
    assert violations(page) == []
    page.mouse.move(0, 0)
    expect(strip).to_be_hidden()

    page.get_by_role("link", name="portrait.tif").click()
    expect(page.locator(".frame .over.ready")).to_be_visible()
    assert natural_size(page) == [1280, 1280]
    page.keyboard.press("Escape")

    page.get_by_role("link", name="report.pdf").click()
    pages = page.get_by_role("group", name="Pages")
    expect(pages).to_contain_text("Page 1 of 3")
    expect(page.locator(".frame .over.ready")).to_be_visible()
    first = page.locator(".frame .over").get_attribute("src")
    pages.get_by_role("button", name="Next page").click()
    expect(pages).to_contain_text("Page 2 of 3")
    expect(page.locator(".frame .over.ready")).to_be_visible()
    assert page.locator(".frame .over").get_attribute("src") != first
    assert violations(page) == []
    pages.get_by_role("button", name="Next page").click()
    expect(pages.get_by_role("button", name="Next page")).to_be_disabled()
    third = page.locator(".frame .over.ready").get_attribute("src")
    page.reload()  # the address has the page
    expect(pages).to_contain_text("Page 3 of 3")
    expect(page.locator(".frame .over.ready")).to_have_attribute("src", third or "")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("page="))  # of that asset alone

    page.get_by_role("link", name="clip.mp4, 0:12").click()
    expect(page.locator("video.player")).to_have_attribute("poster", re.compile("/thumbnail"))
    expect(page.locator(".stage-note")).to_contain_text("cannot play it")  # MPEG-4 Part 2: the poster is what is shown
    expect(page.get_by_role("group", name="Frames of the video").get_by_role("button").first).to_be_disabled()
    page.keyboard.press("Escape")

    page.get_by_role("link", name="walk.webm, 0:12").click()
    plays_and_goes_to_frames(page)
