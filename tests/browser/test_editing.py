"""Annotations are edited while other things happen: a save on its way, the browser's own buttons, keys in a drag."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, FloatRect, Page, Route, expect
from psycopg.conninfo import conninfo_to_dict
from tests.support.buckets import stub_bucket
from tests.support.cli import Cli
from tests.support.postgres import Server
from tests.support.s3stub import S3Stub
from tests.support.served import serving

ORIENTATION, TURNED = 0x0112, 6  # the picture is stored turned to the left
UPRIGHT = (300, 450)
SPOT = (0.2, 0.6, 0.3, 0.1)  # x, y, width and height of what is red in the upright picture
CLASSES = [("cell", "box"), ("leaf", "polygon"), ("pod", "rotated_box")]


def picture(orientation: int | None) -> bytes:
    """A picture with a red spot, which is stored upright or turned."""
    width, height = UPRIGHT
    x, y, spot_width, spot_height = SPOT
    upright = Image.new("RGB", UPRIGHT, (210, 220, 230) if orientation else (230, 220, 210))
    red = (round(x * width), round(y * height), round((x + spot_width) * width), round((y + spot_height) * height))
    upright.paste((200, 0, 0), red)
    held, exif = io.BytesIO(), Image.Exif()
    if orientation is not None:
        exif[ORIENTATION] = orientation
        upright = upright.transpose(Image.Transpose.ROTATE_90)
    upright.save(held, "JPEG", exif=exif, quality=95)
    return held.getvalue()


@pytest.fixture(scope="module")
def served(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    home = tmp_path_factory.mktemp("edited")
    parts = conninfo_to_dict(postgres_server.new_database())
    url = f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}"
    with S3Stub() as stub:
        bucket = stub_bucket(stub, Cli(home / "home", {"MIRRORLAKE_DATABASE_URL": url}))
        bucket.put("turned.jpg", picture(TURNED))
        bucket.put("upright.jpg", picture(None))
        bucket.mirror("--name", "spots")
        with serving(bucket.cli, home / "nobody") as running:
            yield running.address, running.token


@dataclass
class Desk:
    """An asset whose annotations are edited."""

    page: Page
    asset: str

    def frame(self) -> FloatRect:
        box = self.page.locator(".frame").bounding_box()
        assert box is not None
        return box

    def at(self, x: float, y: float) -> tuple[float, float]:
        frame = self.frame()
        return frame["x"] + frame["width"] * x, frame["y"] + frame["height"] * y

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*self.at(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(*end), steps=4)
        self.page.mouse.up()

    def choose(self, name: str) -> None:
        self.page.get_by_label("Class of new annotations").select_option(f"{name} · parts")

    def save(self) -> None:
        self.page.get_by_role("button", name="Save", exact=True).click()

    def saved(self) -> None:
        self.save()
        expect(self.page.get_by_role("toolbar", name="Annotations")).to_have_count(0)

    def stored(self) -> list[dict[str, Any]]:
        path = f"/api/v1/assets/{self.asset}/annotations"
        found = self.page.evaluate(f"fetch('{path}').then((one) => one.json())")
        return [one["geometry"] for one in found]

    def boxes(self) -> list[float]:
        """Where the left sides of the stored boxes are."""
        return sorted(round(one["x"], 2) for one in self.stored())


def put(page: Page, path: str, body: object) -> None:
    page.evaluate(
        """([path, body]) => fetch(path, {method: 'PUT', headers: {'content-type': 'application/json'},
        body: JSON.stringify(body)}).then((answer) => answer.text())""",
        [f"/api/v1{path}", body],
    )


def hold_first(page: Page, held: list[Route]) -> None:
    """Let the first save wait until the test goes on with it."""

    def handle(route: Route) -> None:
        if route.request.method == "PUT" and not held:
            held.append(route)
        else:
            route.continue_()

    page.route("**/annotations", handle)


@pytest.fixture
def desk(served: tuple[str, str], context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """The upright picture, or the one that the test names, opened from the grid; with boxes at 0.1, 0.3 and 0.5."""
    address, token = served
    broken: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto(f"{address}/?token={token}")
    items = page.evaluate("fetch('/api/v1/assets').then((answer) => answer.json())")["items"]
    name = getattr(request, "param", "upright.jpg")
    [asset] = [item["id"] for item in items if item["key"] == name]
    put(page, "/ontologies/parts", {"classes": [{"name": n, "shape": s, "colour": "#2244ff"} for n, s in CLASSES]})
    sides = {"y": 0.1, "width": 0.1, "height": 0.1}
    boxes = [{"class_name": "cell", "shape": "box", "geometry": {"x": x, **sides}} for x in (0.1, 0.3, 0.5)]
    put(page, f"/assets/{asset}/annotations", {"ontology": "parts", "annotations": boxes})
    page.reload()
    page.get_by_role("link", name=re.compile(name)).first.click()
    page.locator(".frame .over.ready").wait_for()
    page.get_by_role("button", name="Edit annotations").click()
    expect(page.locator(".edit-layer path")).to_have_count(3)
    yield Desk(page, asset)
    assert broken == []


def test_what_is_drawn_while_a_save_is_on_its_way_is_kept(desk: Desk) -> None:
    page, held = desk.page, list[Route]()
    save = page.get_by_role("button", name="Save", exact=True)
    hold_first(page, held)
    page.keyboard.press("n")
    with page.expect_request(lambda one: one.method == "PUT"):
        save.click()
    desk.drag((0.7, 0.7), (0.8, 0.8))
    expect(page.locator(".edit-layer path")).to_have_count(5)
    held[0].continue_()
    expect(save).to_be_enabled()
    expect(page.locator(".edit-layer path")).to_have_count(5)
    assert desk.boxes() == [0.1, 0.3, 0.38, 0.5]
    desk.saved()
    assert desk.boxes() == [0.1, 0.3, 0.38, 0.5, 0.7]


def test_what_is_drawn_while_a_save_is_refused_is_kept(desk: Desk) -> None:
    page, held = desk.page, list[Route]()
    hold_first(page, held)
    page.keyboard.press("n")
    with page.expect_request(lambda one: one.method == "PUT"):
        desk.save()
    desk.drag((0.7, 0.7), (0.8, 0.8))
    theirs = {"class_name": "cell", "shape": "box", "geometry": {"x": 0.7, "y": 0.1, "width": 0.1, "height": 0.1}}
    put(page, f"/assets/{desk.asset}/annotations", {"ontology": "parts", "annotations": [theirs]})
    held[0].continue_()
    page.get_by_role("button", name="Keep both").click()
    desk.saved()
    assert desk.boxes() == [0.38, 0.7, 0.7]


def test_the_back_button_does_not_leave_what_is_not_saved(desk: Desk) -> None:
    page = desk.page
    page.keyboard.press("n")
    opened = page.url
    page.evaluate("history.back()")
    expect(page.get_by_role("status").filter(has_text="Save or discard them first")).to_be_visible()
    expect(page.locator(".edit-layer path")).to_have_count(4)
    expect(page).to_have_url(opened)
    page.get_by_role("button", name="Discard").click()
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_box_is_moved_and_made_larger_with_the_pointer(desk: Desk) -> None:
    page = desk.page
    desk.drag((0.15, 0.15), (0.25, 0.45))
    desk.saved()
    assert desk.boxes() == [0.2, 0.3, 0.5]
    [moved] = [one for one in desk.stored() if one["x"] < 0.25]
    assert moved == pytest.approx({"x": 0.2, "y": 0.4, "width": 0.1, "height": 0.1}, abs=0.01)
    page.get_by_role("button", name="Edit annotations").click()
    page.mouse.click(*desk.at(0.25, 0.45))
    page.get_by_role("button", name="Corner 3", exact=True).hover()
    page.mouse.down()
    page.mouse.move(*desk.at(0.4, 0.6), steps=4)
    page.mouse.up()
    desk.saved()
    [larger] = [one for one in desk.stored() if one["x"] < 0.25]
    assert larger == pytest.approx({"x": 0.2, "y": 0.4, "width": 0.2, "height": 0.2}, abs=0.01)


def test_delete_ends_a_drag_and_no_other_annotation_is_overwritten(desk: Desk) -> None:
    page = desk.page
    page.mouse.move(*desk.at(0.15, 0.15))
    page.mouse.down()
    page.mouse.move(*desk.at(0.17, 0.3), steps=2)
    page.keyboard.press("Delete")
    page.mouse.move(*desk.at(0.6, 0.8), steps=3)
    page.mouse.up()
    expect(page.locator(".edit-layer path")).to_have_count(2)
    desk.saved()
    assert desk.boxes() == [0.3, 0.5]


def test_an_outline_that_touches_itself_is_named_before_it_is_saved(desk: Desk) -> None:
    page = desk.page
    desk.choose("leaf")
    for x, y in ((0.2, 0.4), (0.8, 0.4), (0.8, 0.8), (0.6, 0.4), (0.2, 0.8)):
        page.mouse.click(*desk.at(x, y))
    page.keyboard.press("Enter")
    expect(page.get_by_role("toolbar").get_by_role("status")).to_contain_text("crosses or touches itself")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()


@pytest.mark.parametrize("desk", ["upright.jpg", "turned.jpg"], indirect=True)
def test_what_is_drawn_lies_where_it_was_drawn_in_the_upright_picture(desk: Desk) -> None:
    page = desk.page
    x, y, width, height = SPOT
    frame = desk.frame()
    assert frame["height"] == pytest.approx(frame["width"] * UPRIGHT[1] / UPRIGHT[0], rel=0.01)
    with Image.open(io.BytesIO(page.screenshot())) as shown:
        middle = shown.convert("RGB").getpixel(tuple(map(int, desk.at(x + width / 2, y + height / 2))))
    assert isinstance(middle, tuple)
    assert middle[0] > 150 > max(middle[1:])
    page.mouse.move(*desk.at(x + width / 2, y + height / 2))
    page.mouse.wheel(0, -300)  # nearer, around the spot
    page.locator(".edit-layer").press("Shift+ArrowUp")
    desk.drag((x, y), (x + width, y + height))
    page.keyboard.press("Escape")
    desk.choose("pod")
    desk.drag((x, y + 0.12), (x + width, y + 0.12 + height))
    page.get_by_role("button", name="Turn", exact=True).press("Shift+ArrowRight")
    page.locator(".edit-layer").press("Escape")
    desk.choose("leaf")
    corners = [(0.2, 0.3), (0.5, 0.3), (0.35, 0.4)]
    for corner in corners:
        page.mouse.click(*desk.at(*corner))
    page.mouse.click(*desk.at(*corners[0]))
    desk.saved()
    stored = desk.stored()
    [pod] = [one for one in stored if "corners" in one]
    [leaf] = [one for one in stored if "rings" in one]
    [box] = [one for one in stored if one.get("y", 0) > 0.2]
    assert box == pytest.approx(dict(zip(("x", "y", "width", "height"), SPOT, strict=True)), abs=0.01)
    middle_of_pod = [sum(side) / 4 for side in zip(*pod["corners"], strict=True)]
    assert middle_of_pod == pytest.approx([x + width / 2, y + 0.12 + height / 2], abs=0.01)
    assert leaf["rings"] == [[pytest.approx(corner, abs=0.01) for corner in corners]]
