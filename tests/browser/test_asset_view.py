"""The open asset in a real browser: zoom, map, annotations, players and texts, over a real bucket."""

from __future__ import annotations

import io
import json
import math
import re
import wave
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import skimage
from blake3 import blake3
from PIL import Image
from playwright.sync_api import BrowserContext, FloatRect, Page, expect
from psycopg.conninfo import conninfo_to_dict
from tests.browser.conftest import accessible_once_loaded
from tests.support.buckets import stub_bucket
from tests.support.cli import Cli
from tests.support.postgres import Server
from tests.support.s3stub import S3Stub
from tests.support.served import serving

from mirrorlake.catalog import picture_texts
from mirrorlake.catalog.picture_texts import ReadText
from mirrorlake.postgres.pool import Catalog

PHOTO = Path(skimage.__file__).parent / "data" / "chelsea.png"
LIKENESS_MS = 120_000  # the model is loaded by a process of its own
GPS_IFD, MAKE = 0x8825, 0x010F
HOSTILE = "<script>document.title='taken'</script>\u202egnp.exe\n" + "x" * 5000


FAILED_CALL = """
WITH made AS (
  INSERT INTO function (name, url, events, query, repeat, pool, timeout_s, memory_mb, attempts, paused, by)
  VALUES ('measure', 'https://hooks.invalid/', '{asset.created}', '', 'always', 'default', 60, 1024, 3, true, 'ada')
  RETURNING id)
INSERT INTO function_result (function_id, asset_id, event, state, attempts, seen, error, finished)
SELECT made.id, asset.id, 'asset.created', 'failed', 3, asset.updated, %s, now() FROM made, asset
WHERE asset.key = 'cats/other.png'
"""


@dataclass(frozen=True)
class Opened:
    """A served library of four assets, and a page that is signed in."""

    page: Page
    address: str
    ids: dict[str, str]  # by key

    def open(self, key: str) -> Page:
        self.page.goto(f"{self.address}/assets/{self.ids[key]}")
        self.page.locator(".side h1").wait_for()
        return self.page


def photograph() -> bytes:
    """A picture with a camera and a position in Nairobi."""
    held = io.BytesIO()
    with Image.open(PHOTO) as image:
        exif = Image.Exif()
        exif[MAKE] = "Fujifilm"
        exif.get_ifd(GPS_IFD).update({1: "S", 2: (1.0, 17.0, 11.0), 3: "E", 4: (36.0, 49.0, 2.0)})
        image.convert("RGB").save(held, "JPEG", exif=exif)
    return held.getvalue()


def sound() -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(bytes(128 + (place // 8 % 2) * 90 for place in range(8000)))
    return held.getvalue()


@pytest.fixture(scope="module")
def served(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    home = tmp_path_factory.mktemp("opened")
    parts = conninfo_to_dict(postgres_server.new_database())
    url = f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}"
    with S3Stub() as stub:
        bucket = stub_bucket(stub, Cli(home / "home", {"MIRRORLAKE_DATABASE_URL": url}))
        bucket.put("cats/chelsea.jpg", photograph())
        bucket.put("cats/chelsea.json", json.dumps({"note": HOSTILE, "lot": "95"}).encode())
        bucket.put("cats/other.png", PHOTO.read_bytes())
        bucket.put("notes.txt", HOSTILE.encode())
        bucket.put("tone.wav", sound())
        bucket.mirror("--name", "mixed", *(word for kind in ("image", "text", "audio") for word in ("--media", kind)))
        with Catalog(url) as catalog:
            read = ReadText(digest=blake3(PHOTO.read_bytes()).digest(), text=f"Exit only\n{HOSTILE}")
            picture_texts.store(catalog, "a model", [read])
            with catalog.write() as connection:
                connection.execute(FAILED_CALL, (f"ValueError: {HOSTILE}",))
        with serving(bucket.cli, home / "nobody") as serving_:
            yield serving_.address, serving_.token


@pytest.fixture
def opened(served: tuple[str, str], context: BrowserContext) -> Iterator[Opened]:
    address, token = served
    broken: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto(f"{address}/?token={token}")
    items = page.evaluate("fetch('/api/v1/assets').then((answer) => answer.json())")["items"]
    yield Opened(page, address, {item["key"]: item["id"] for item in items})
    assert broken == []


def test_a_picture_is_zoomed_by_wheel_keys_and_double_click_and_moved(opened: Opened) -> None:
    page = opened.open("cats/chelsea.jpg")
    page.locator(".frame .over.ready").wait_for()
    frame = page.locator(".frame")
    fits = frame.bounding_box()
    assert fits is not None
    page.mouse.move(fits["x"] + fits["width"] * 0.25, fits["y"] + fits["height"] * 0.25)
    page.mouse.wheel(0, -600)
    expect(page.get_by_role("button", name=re.compile("Fit|%"))).not_to_have_text("100 %")
    zoomed = frame.bounding_box()
    assert zoomed is not None
    assert zoomed["width"] > fits["width"] * 1.5
    # The point under the pointer stays.
    assert zoomed["x"] + zoomed["width"] * 0.25 == pytest.approx(fits["x"] + fits["width"] * 0.25, abs=60)
    page.keyboard.press("Shift+ArrowLeft")
    moved = frame.bounding_box()
    assert moved is not None
    assert moved["x"] > zoomed["x"]
    page.keyboard.press("0")
    again = frame.bounding_box()
    assert again is not None
    assert again["width"] == pytest.approx(fits["width"], abs=1)
    page.locator(".stage").dblclick()
    assert frame.bounding_box() != again
    page.keyboard.press("ArrowLeft" if page.get_by_role("button", name="Next").is_disabled() else "ArrowRight")
    expect(page.get_by_role("heading", name="chelsea.jpg")).to_have_count(0)  # another asset fits again
    expect(page.get_by_role("button", name="Zoom out")).to_be_disabled()


def test_a_position_is_on_a_map_without_any_request_to_the_outside(opened: Opened) -> None:
    asked: list[str] = []
    opened.page.on("request", lambda request: asked.append(request.url))
    page = opened.open("cats/chelsea.jpg")
    expect(page.get_by_role("img", name=re.compile("Position on a map: -1.28639, 36.81722"))).to_be_visible()
    expect(page.locator(".side")).to_contain_text("Fujifilm")
    accessible_once_loaded(page)
    assert not [url for url in asked if not url.startswith((opened.address, "data:")) and "/cats/" not in url]


def test_annotations_lie_over_their_picture_and_are_toggled_by_class(opened: Opened) -> None:
    page = opened.page
    asset = opened.ids["cats/other.png"]
    answer = page.evaluate(
        """async (asset) => {
        const send = (url, body) => fetch(url, {method: 'PUT', headers: {'content-type': 'application/json'},
          body: JSON.stringify(body)});
        await send('/api/v1/ontologies/pets', {classes: [
          {name: 'eye', shape: 'box', colour: '#ff0000'}, {name: 'whisker <b>', shape: 'polygon', colour: '#00aa00'}]});
        return (await send(`/api/v1/assets/${asset}/annotations`, {ontology: 'pets', annotations: [
          {class_name: 'eye', shape: 'box', geometry: {x: 0.25, y: 0.25, width: 0.25, height: 0.5}},
          {class_name: 'whisker <b>', shape: 'polygon',
           geometry: {rings: [[[0.6, 0.6], [0.9, 0.6], [0.9, 0.9]]]}}]})).text();
        }""",
        asset,
    )
    assert "whisker" in answer
    opened.open("cats/other.png")
    page.locator(".frame .over.ready").wait_for()
    paths = page.locator(".overlay path")
    expect(paths).to_have_count(2)
    frame, box = page.locator(".frame").bounding_box(), paths.first.bounding_box()
    assert frame is not None
    assert box is not None
    assert box["x"] == pytest.approx(frame["x"] + frame["width"] * 0.25, abs=6)  # the line has a width
    assert box["height"] == pytest.approx(frame["height"] * 0.5, abs=12)
    accessible_once_loaded(page)
    page.get_by_role("checkbox", name="Show eye").uncheck()
    expect(paths).to_have_count(1)
    page.keyboard.press("l")
    expect(paths).to_have_count(0)
    page.keyboard.press("l")
    expect(paths).to_have_count(2)


def test_boxes_are_drawn_moved_relabelled_and_removed(opened: Opened) -> None:
    page = opened.page
    page.evaluate(
        """fetch('/api/v1/ontologies/street', {method: 'PUT', headers: {'content-type': 'application/json'},
        body: JSON.stringify({classes: [{name: 'car', shape: 'box', colour: '#2288ff'},
          {name: 'van', shape: 'box', colour: '#ff8800'}]})}).then((answer) => answer.text())"""
    )
    stored = f"fetch('/api/v1/assets/{opened.ids['cats/chelsea.jpg']}/annotations').then((answer) => answer.json())"
    opened.open("cats/chelsea.jpg")
    page.locator(".frame .over.ready").wait_for()
    page.get_by_role("button", name="Edit annotations").click()
    bar = page.get_by_role("toolbar", name="Annotations")
    bar.get_by_label("Class of new annotations").select_option("car · street")
    frame = page.locator(".frame").bounding_box()
    assert frame is not None
    page.mouse.move(frame["x"] + frame["width"] * 0.2, frame["y"] + frame["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(frame["x"] + frame["width"] * 0.6, frame["y"] + frame["height"] * 0.4, steps=4)
    page.mouse.up()
    expect(page.locator(".edit-handle")).to_have_count(4)
    accessible_once_loaded(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    bar.get_by_label("Class of the selected annotation").select_option("van · street")
    bar.get_by_role("button", name="Save").click()
    expect(bar).to_have_count(0)
    (saved,) = page.evaluate(stored)
    assert (saved["class_name"], saved["source"]) == ("van", "user")
    assert saved["geometry"] == pytest.approx({"x": 0.205, "y": 0.2, "width": 0.4, "height": 0.205}, abs=0.01)
    expect(page.locator(".overlay path")).to_have_count(1)
    page.get_by_role("button", name="Edit annotations").press("Enter")
    page.keyboard.press("j")
    page.keyboard.press("Delete")
    page.keyboard.press("n")  # another one, in the middle, without a pointer
    bar.get_by_role("button", name="Save").press("Enter")
    expect(bar).to_have_count(0)
    assert [one["class_name"] for one in page.evaluate(stored)] == ["car"]


FIELD = """fetch('/api/v1/ontologies/field', {method: 'PUT', headers: {'content-type': 'application/json'},
    body: JSON.stringify({classes: [['leaf', 'polygon'], ['stem', 'polygon'], ['pod', 'rotated_box'],
      ['row', 'polyline'], ['dry', 'classification']].map(([name, shape]) => ({name, shape, colour: '#22aa44'}))})
    }).then((answer) => answer.text())"""


@dataclass(frozen=True)
class Pen:
    """Draws on the picture that is open, by places in it."""

    page: Page
    frame: FloatRect

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.frame["x"] + self.frame["width"] * x, self.frame["y"] + self.frame["height"] * y

    def drag(self, to: tuple[float, float]) -> None:
        self.page.mouse.down()
        self.page.mouse.move(*self.at(*to), steps=4)
        self.page.mouse.up()

    def pull(self, handle: str, to: tuple[float, float]) -> None:
        self.page.get_by_role("button", name=handle, exact=True).hover()
        self.drag(to)

    def choose(self, name: str, *, of: str = "new annotations") -> None:
        self.page.get_by_label(f"Class of {of}").select_option(f"{name} · field")


def drawing_on(opened: Opened, key: str) -> Pen:
    page = opened.page
    page.evaluate(FIELD)
    opened.open(key)
    page.locator(".frame .over.ready").wait_for()
    page.get_by_role("button", name="Edit annotations").click()
    frame = page.locator(".frame").bounding_box()
    assert frame is not None
    return Pen(page, frame)


def drawn_on(opened: Opened, key: str) -> dict[str, Any]:
    """The geometries that are stored, by class."""
    stored = opened.page.evaluate(f"fetch('/api/v1/assets/{opened.ids[key]}/annotations').then((one) => one.json())")
    return {one["class_name"]: one["geometry"] for one in stored if one["ontology"] == "field"}


def test_polygons_are_drawn_reshaped_and_relabelled(opened: Opened) -> None:
    pen = drawing_on(opened, "cats/chelsea.jpg")
    page, bar = pen.page, pen.page.get_by_role("toolbar", name="Annotations")
    hint, save = bar.get_by_role("status"), bar.get_by_role("button", name="Save")
    pen.choose("leaf")
    page.keyboard.press("d")  # over what may be there
    for x, y in ((0.2, 0.2), (0.4, 0.2), (0.4, 0.4), (0.3, 0.9)):
        page.mouse.click(*pen.at(x, y))
    expect(hint).to_contain_text("Enter closes")
    page.keyboard.press("Backspace")
    page.mouse.click(*pen.at(0.2, 0.4))
    page.keyboard.press("Enter")
    expect(page.locator(".edit-handle.point")).to_have_count(4)
    pen.pull("Point 3 of 4", (0.5, 0.5))
    page.get_by_role("button", name="Add a point after point 4").press("Enter")
    expect(page.get_by_role("button", name="Point 5 of 5")).to_be_focused()
    page.keyboard.press("Shift+ArrowLeft")
    page.get_by_role("button", name="Point 2 of 5").press("Delete")
    expect(page.locator(".edit-handle.point")).to_have_count(4)
    pen.pull("Point 3 of 4", (0.6, 0.3))
    expect(hint).to_contain_text("The outline of leaf crosses or touches itself.")
    expect(save).to_be_disabled()
    accessible_once_loaded(page)
    pen.pull("Point 3 of 4", (0.2, 0.4))
    pen.choose("stem", of="the selected annotation")
    for key in ("Escape", "Escape", "ArrowRight"):  # nothing is selected, and nobody leaves by accident
        page.locator(".edit-layer").press(key)
        expect(save).to_be_enabled()
    expect(hint).to_contain_text("Save or discard them first")
    save.click()
    expect(bar).to_have_count(0)
    page.reload()
    expect(page.get_by_role("checkbox", name="Show stem")).to_be_checked()
    [ring] = drawn_on(opened, "cats/chelsea.jpg")["stem"]["rings"]
    corners = [(0.2, 0.2), (0.5, 0.5), (0.2, 0.4), (0.15, 0.3)]
    assert ring == [pytest.approx(corner, abs=0.01) for corner in corners]


def test_changes_of_annotations_are_undone_and_done_again(opened: Opened) -> None:
    pen = drawing_on(opened, "cats/other.png")
    page, bar = pen.page, pen.page.get_by_role("toolbar", name="Annotations")
    points, handles = page.locator(".edit-point"), page.locator(".edit-handle.point")
    pen.choose("leaf")
    page.keyboard.press("d")
    for x, y in ((0.2, 0.2), (0.4, 0.2), (0.4, 0.4), (0.3, 0.9)):
        page.mouse.click(*pen.at(x, y))
    page.keyboard.press("Control+z")
    expect(points).to_have_count(3)
    page.keyboard.press("Enter")
    expect(handles).to_have_count(3)
    pen.pull("Point 3 of 3", (0.6, 0.8))
    pulled = page.locator(".edit-layer path.selected").get_attribute("d")
    page.keyboard.press("Control+z")  # the whole drag
    expect(page.locator(".edit-layer path.selected")).not_to_have_attribute("d", pulled or "")
    expect(handles).to_have_count(3)
    page.keyboard.press("Control+Shift+z")
    expect(page.locator(".edit-layer path.selected")).to_have_attribute("d", pulled or "")
    bar.get_by_role("button", name="Remove", exact=True).press("Enter")  # the button goes with it
    expect(handles).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(handles).to_have_count(3)
    bar.get_by_role("button", name="Undo").click()
    bar.get_by_role("button", name="Undo").click()
    expect(points).to_have_count(3)  # the outline is open again
    page.keyboard.press("Escape")
    accessible_once_loaded(page)
    bar.get_by_role("button", name="Discard").click()
    expect(bar).to_have_count(0)


def test_an_outline_of_thousands_of_points_is_moved_and_reshaped_where_it_is_seen(opened: Opened) -> None:
    page = opened.page
    page.evaluate(FIELD)
    angles = [math.pi * n / 500 for n in range(500)] + [math.pi + math.pi * n / 4400 for n in range(4400)]
    ring = [[0.5 - 0.2 * math.cos(one), 0.7 - 0.2 * math.sin(one)] for one in angles]  # few points at the top
    body = {
        "ontology": "field",
        "annotations": [{"class_name": "leaf", "shape": "polygon", "geometry": {"rings": [ring]}}],
    }
    address = f"{opened.address}/api/v1/assets/{opened.ids['cats/other.png']}/annotations"
    put = page.context.request.put(address, data=body, headers={"Origin": opened.address})
    assert put.ok, put.text()
    drawing_on(opened, "cats/other.png")
    bar, layer = page.get_by_role("toolbar", name="Annotations"), page.locator(".edit-layer")
    page.keyboard.press("k")  # the last one: other tests may have left others
    expect(bar.get_by_role("status")).to_contain_text("Zoom in")
    expect(page.locator(".edit-handle")).to_have_count(0)
    for _ in range(6):
        layer.press("+")
    handle = page.get_by_role("button", name="Point 251 of 4,900")
    handle.press("Shift+ArrowUp")
    expect(handle).to_be_focused()
    layer.press("ArrowRight")
    bar.get_by_role("button", name="Save").click()
    expect(bar).to_have_count(0)
    [moved] = drawn_on(opened, "cats/other.png")["leaf"]["rings"]
    assert len(moved) == len(ring)
    assert moved[250][1] < ring[250][1] - 0.004
    assert moved[0][0] > ring[0][0]
    page.context.request.put(address, data=body | {"annotations": []}, headers={"Origin": opened.address})


def test_rotated_boxes_are_drawn_and_turned_and_other_shapes_say_why_not(opened: Opened) -> None:
    pen = drawing_on(opened, "cats/other.png")
    page, bar = pen.page, pen.page.get_by_role("toolbar", name="Annotations")
    pen.choose("row")
    page.mouse.click(*pen.at(0.05, 0.95))
    expect(bar.get_by_role("status")).to_contain_text("Lines cannot be drawn here")
    pen.choose("dry")
    bar.get_by_role("button", name="Add").click()
    page.locator(".edit-layer").press("Escape")
    pen.choose("pod")
    page.keyboard.press("d")
    page.mouse.move(*pen.at(0.6, 0.6))
    pen.drag((0.8, 0.75))
    page.get_by_role("button", name="Turn").press("Shift+ArrowRight")
    pen.pull("Corner 3", (0.85, 0.85))
    accessible_once_loaded(page)
    bar.get_by_role("button", name="Save").click()
    expect(bar).to_have_count(0)
    made = drawn_on(opened, "cats/other.png")
    assert set(made) == {"dry", "pod"}
    (ax, ay), (bx, by), (cx, cy), _ = made["pod"]["corners"]
    wide = pen.frame["width"] / pen.frame["height"]
    assert math.degrees(math.atan2(by - ay, (bx - ax) * wide)) == pytest.approx(15, abs=0.5)
    assert (cx, cy) == pytest.approx((0.85, 0.85), abs=0.01)
    assert (bx - ax) * wide * (cx - bx) * wide + (by - ay) * (cy - by) == pytest.approx(0, abs=1e-4)  # right angles


def test_what_has_no_picture_has_its_name_in_the_grid(opened: Opened) -> None:
    page = opened.page
    page.goto(f"{opened.address}/?query=sort:name")
    label = page.locator(".cell-label", has_text="notes.txt")
    expect(label).to_have_css("opacity", "1")
    expect(page.locator(".cell-label", has_text="chelsea.jpg")).to_have_css("opacity", "0")
    accessible_once_loaded(page)


def test_texts_and_metadata_are_shown_and_never_run(opened: Opened) -> None:
    page = opened.open("notes.txt")
    expect(page.locator(".reading pre")).to_contain_text("<script>document.title='taken'</script>")
    expect(page.locator(".reading pre")).to_contain_text("x" * 5000)  # all of it, also from a bucket
    expect(page.get_by_text("This is its beginning")).to_have_count(0)
    accessible_once_loaded(page)
    opened.open("cats/chelsea.jpg")
    expect(page.locator(".metadata")).to_contain_text("<script>")
    assert page.title() != "taken"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_text_whose_facts_cannot_be_loaded_says_so_and_is_tried_again(opened: Opened) -> None:
    page = opened.page
    document = {"type": "about:blank", "title": "Away", "status": 500, "detail": "The catalog is away.", "fix": ""}
    answer = {"status": 500, "content_type": "application/problem+json", "body": json.dumps(document)}
    detail = re.compile(rf"/assets/{opened.ids['notes.txt']}(/original.*)?$")
    page.route(detail, lambda route: route.fulfill(**answer))
    page.goto(f"{opened.address}/?query=sort:name")
    page.locator(".cell", has_text="notes.txt").get_by_role("link").click()
    stage = page.locator(".stage")
    expect(stage.get_by_role("alert")).to_contain_text("The text could not be loaded. The catalog is away.")
    expect(stage).not_to_contain_text("Loading…")
    accessible_once_loaded(page)
    page.unroute(detail)
    page.route(re.compile("/original"), lambda route: route.fulfill(**answer))
    stage.get_by_role("button", name="Try again").press("Enter")
    expect(page.locator(".side h1")).to_have_text("notes.txt")
    expect(page.locator(".reading pre")).to_contain_text("<script>")  # how it begins, as far as the catalog knows
    page.unroute_all()
    stage.get_by_role("button", name="Try again").click()
    expect(page.locator(".reading pre")).to_contain_text("x" * 5000)
    expect(stage.get_by_role("alert")).to_have_count(0)


def test_a_recording_is_played_by_the_browser(opened: Opened) -> None:
    page = opened.open("tone.wav")
    player = page.locator("audio")
    player.evaluate(
        "player => player.readyState >= 1 || new Promise((done) => (player.onloadedmetadata = () => done()))"
    )
    assert player.evaluate("player => player.duration") == pytest.approx(1, abs=0.1)
    expect(page.locator(".side")).to_contain_text("Duration")
    accessible_once_loaded(page)


def test_the_text_in_a_picture_is_shown_and_found(opened: Opened) -> None:
    page = opened.open("cats/other.png")
    part = page.locator(".part", has=page.get_by_role("heading", name="Text in the picture"))
    expect(part).to_contain_text("Exit only")
    expect(part).to_contain_text("<script>")
    expect(part.get_by_role("button", name=re.compile("the text in the picture"))).to_be_visible()
    accessible_once_loaded(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    opened.open("cats/chelsea.jpg")  # nobody has looked
    expect(page.get_by_role("heading", name="Text in the picture")).to_have_count(0)
    page.goto(f"{opened.address}/?query=text%3A%22exit+only%22")
    expect(page.locator(".total")).to_have_text("1 asset")


def test_calls_of_functions_that_failed_are_shown_with_the_asset(opened: Opened) -> None:
    page = opened.open("cats/other.png")
    part = page.locator(".part", has=page.get_by_role("heading", name="Functions"))
    expect(part).to_contain_text("measure failed 3 times:")
    expect(part).to_contain_text("ValueError: <script>")
    accessible_once_loaded(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with page.expect_request("**/functions/measure/call") as sent:
        part.get_by_role("button", name="Call measure again").press("Enter")
    assert sent.value.post_data_json == {"query": f"id:{opened.ids['cats/other.png']}"}
    page.goto(f"{opened.address}/settings?part=functions")
    page.get_by_role("button", name="Failures").click()
    retry = page.get_by_role("button", name="Retry failed calls")
    expect(retry).to_be_visible()
    accessible_once_loaded(page)
    with page.expect_request("**/functions/measure/call") as sent:
        retry.click()
    assert sent.value.post_data_json == {"failed": True}
    opened.open("cats/chelsea.jpg")  # whose calls succeeded, or were never made
    expect(page.locator(".history, .part").last).to_be_visible()
    expect(page.get_by_role("heading", name="Functions")).to_have_count(0)


def test_near_duplicates_are_one_click_away(opened: Opened) -> None:
    page = opened.open("cats/other.png")
    page.get_by_role("link", name="Show the near-duplicates").click()
    expect(page.locator(".total")).to_have_text("2 assets")


def test_the_history_says_who_changed_what(opened: Opened) -> None:
    page = opened.open("cats/other.png")
    page.get_by_label("Add a tag").fill("seen")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="seen", exact=True).wait_for()
    page.get_by_role("button", name="Show who changed it").click()
    expect(page.locator(".history")).to_contain_text("+ seen")
    accessible_once_loaded(page)


def test_likeness_is_turned_on_and_a_dropped_picture_finds_similar_ones(opened: Opened) -> None:
    page = opened.page
    page.goto(f"{opened.address}/settings?part=likeness")
    page.get_by_role("radio", name=re.compile("^lite")).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("2 pictures")).to_be_visible(timeout=LIKENESS_MS)
    accessible_once_loaded(page)
    opened.open("cats/other.png")
    expect(page.get_by_role("region", name="Similar pictures").get_by_role("img", name="chelsea.jpg")).to_be_visible()

    # Dropped on the open asset, which gives way to the result.
    carried = page.evaluate_handle(
        """(encoded) => {
        const bytes = Uint8Array.from(atob(encoded), (one) => one.charCodeAt(0));
        const carried = new DataTransfer();
        carried.items.add(new File([bytes], '<b>cat</b>.png', {type: 'image/png'}));
        return carried;
        }""",
        b64encode(PHOTO.read_bytes()).decode(),
    )
    page.dispatch_event("main", "dragover", {"dataTransfer": carried})
    expect(page.get_by_text("Drop a picture to find similar ones")).to_be_visible()
    page.dispatch_event("main", "drop", {"dataTransfer": carried})
    expect(page.get_by_text("Similar to <b>cat</b>.png")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".total")).to_have_text("2 assets", timeout=LIKENESS_MS)
    accessible_once_loaded(page)
    page.get_by_role("button", name="No longer search by this picture").click()
    expect(page.locator(".total")).to_have_text("4 assets")
    chooser = page.get_by_label("Picture to search by")
    chooser.set_input_files([{"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"}])
    expect(page.get_by_role("alert")).to_be_visible()
