"""HTML and SVG of a bucket are shown, run nothing and ask nobody for anything, whatever they contain."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect
from psycopg.conninfo import conninfo_to_dict
from tests.browser.conftest import accessible_once_loaded
from tests.support.buckets import stub_bucket
from tests.support.cli import Cli
from tests.support.postgres import Server
from tests.support.s3stub import S3Stub
from tests.support.served import serving

TAKEN = "top.taken = 1; fetch('{0}/fetched'); new Image().src = '{0}/made'"
PAGE = """<!doctype html><html lang="en"><head><title>Hostile</title><base href="{0}/base/">
<meta http-equiv="refresh" content="1;url={0}/refreshed">
<meta http-equiv="x-dns-prefetch-control" content="on">
<link rel="stylesheet" href="{0}/sheet.css"><link rel="prefetch" href="{0}/prefetched">
<link rel="preconnect" href="{0}"><link rel="dns-prefetch" href="{0}"><link rel="icon" href="{0}/icon">
<link rel="preload" as="image" href="{0}/preloaded"><LINK rel=modulepreload href="{0}/module.js">
<style>@import url("{0}/imported.css"); @font-face {{ font-family: f; src: url("{0}/font"); }}
  body {{ background: url("{0}/background"); font-family: f; }} h1 {{ color: rgb(0, 128, 0); }}</style>
<script>{1}</script><script src="{0}/script.js"></script></head>
<body onload="{1}"><h1>A page of the bucket</h1>
<p><a id="leave" href="{0}/left" ping="{0}/ping">leave</a> <a href="#end">to the end</a></p>
<form action="{0}/sent"><input name="a" value="b" autofocus onfocus="{1}"><button>send</button></form>
<img src="{0}/picture" alt="" onerror="{1}"><img id="inline" alt="" width="8" height="8"
  src="data:image/gif;base64,R0lGODlhAQABAPAAAAAAAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==">
<iframe src="{0}/framed"></iframe>
<iframe srcdoc="&lt;link rel=preconnect href='{0}'>&lt;img src='{0}/srcdoc'>"></iframe>
<iframe src="javascript:{1}"></iframe><object data="{0}/object"></object><embed src="{0}/embedded">
<object data="data:text/html,&lt;img src='{0}/data'>"></object>
<svg width="20" height="20"><script>{1}</script><image href="{0}/image-of-svg"/><use href="{0}/use.svg#a"/></svg>
<video src="{0}/film" poster="{0}/poster" autoplay></video><audio src="{0}/sound" autoplay></audio>
<input type="image" src="{0}/input" alt=""><details open ontoggle="{1}"><summary>more</summary></details>
<div id="end" style="background-image: url('{0}/style')">the end</div></body></html>"""
DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="400" height="300"
  onload="{1}"><style>@import url("{0}/imported.css"); rect {{ fill: url("{0}/fill.svg#a") green; }}</style>
<script>{1}</script><script href="{0}/script.js"/><image href="{0}/image" width="50" height="50"/>
<image xlink:href="{0}/linked" width="50" height="50"/><use href="{0}/use.svg#a"/>
<foreignObject width="100" height="100"><body xmlns="http://www.w3.org/1999/xhtml">
<img src="{0}/foreign" onerror="{1}"/>
<iframe src="{0}/framed"/></body></foreignObject>
<a href="{0}/left"><rect width="400" height="300"/></a>
<animate attributeName="href" to="{0}/animated" dur="1s"/></svg>"""


@dataclass
class Trap:
    """A server that nobody should reach. It counts connections, which some elements open without asking anything."""

    address: str = ""
    connections: int = 0
    asked: list[str] = field(default_factory=list[str])
    page: bytes = b""  # for the browser that looks at it without protection


class _Server(ThreadingHTTPServer):
    trap: Trap

    def process_request(self, request: Any, client_address: Any) -> None:
        self.trap.connections += 1
        super().process_request(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, _Server)
        trap = self.server.trap
        trap.asked.append(self.path)
        self.send_response(200)
        body = trap.page if self.path == "/bare" else b""
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815  as the server calls it

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as the base class names it
        """Tests print nothing."""


@dataclass(frozen=True)
class Hostile:
    page: Page
    address: str
    trap: Trap
    ids: dict[str, str]

    def open(self, key: str) -> Page:
        self.page.goto(f"{self.address}/assets/{self.ids[key]}")
        return self.page

    def nothing_happened(self, key: str) -> None:
        """Nothing was run, left or asked for, also not by the bucket's page alone."""
        self.page.wait_for_timeout(2500)  # longer than its refresh waits
        assert self.page.url == f"{self.address}/assets/{self.ids[key]}"
        assert self.page.evaluate("window.taken") is None
        assert (self.trap.asked, self.trap.connections) == ([], 0)


@pytest.fixture(scope="module")
def trap() -> Iterator[Trap]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.trap = found = Trap(address=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def served(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory, trap: Trap) -> Iterator[tuple[str, str]]:
    home: Path = tmp_path_factory.mktemp("hostile")
    parts = conninfo_to_dict(postgres_server.new_database())
    url = f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}"
    taken = TAKEN.format(trap.address)
    trap.page = PAGE.format(trap.address, taken).encode()
    with S3Stub() as stub:
        bucket = stub_bucket(stub, Cli(home / "home", {"MIRRORLAKE_DATABASE_URL": url}))
        bucket.put("page.html", trap.page)
        bucket.put("drawing.svg", DRAWING.format(trap.address, taken).encode())
        bucket.put("notes.txt", b"only words")
        bucket.mirror("--name", "hostile", "--media", "image", "--media", "text")
        assert (trap.asked, trap.connections) == ([], 0)  # nor does reading them
        with serving(bucket.cli, home / "nobody") as serving_:
            yield serving_.address, serving_.token


@pytest.fixture
def hostile(served: tuple[str, str], context: BrowserContext, trap: Trap) -> Hostile:
    address, token = served
    page = context.new_page()
    page.goto(f"{address}/?token={token}")
    items = page.evaluate("fetch('/api/v1/assets').then((answer) => answer.json())")["items"]
    trap.asked.clear()
    trap.connections = 0
    return Hostile(page, address, trap, {item["key"]: item["id"] for item in items})


def framed(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[title='page.html as a page']")


def test_a_page_without_protection_reaches_the_trap(hostile: Hostile, context: BrowserContext) -> None:
    """Otherwise the tests below would prove nothing."""
    bare = context.new_page()
    bare.goto(f"{hostile.trap.address}/bare")
    bare.wait_for_timeout(2500)
    assert {"/fetched", "/picture", "/sheet.css", "/framed", "/srcdoc", "/refreshed"} <= set(hostile.trap.asked)


def test_a_page_of_the_bucket_is_shown_and_does_nothing(hostile: Hostile) -> None:
    page = hostile.open("page.html")
    shown = framed(page)
    expect(shown.get_by_role("heading", name="A page of the bucket")).to_have_css("color", "rgb(0, 128, 0)")
    expect(shown.locator("#inline")).to_have_js_property("naturalWidth", 1)  # pictures inside of it are shown
    accessible_once_loaded(page)
    hostile.nothing_happened("page.html")


def test_a_person_who_uses_the_page_leaves_it_by_no_link_and_no_form(hostile: Hostile) -> None:
    page = hostile.open("page.html")
    shown = framed(page)
    for control in (shown.get_by_role("button", name="send"), shown.locator("#leave")):
        place = control.bounding_box()
        assert place is not None
        page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    shown.locator("#leave").focus()
    page.keyboard.press("Enter")
    hostile.nothing_happened("page.html")


def test_the_source_of_a_page_is_beside_it(hostile: Hostile) -> None:
    page = hostile.open("page.html")
    framed(page).get_by_role("heading").wait_for()
    page.get_by_role("group", name="Show it as").get_by_role("button", name="Source").press("Enter")
    expect(page.locator(".reading pre")).to_contain_text('<link rel="preconnect"')
    expect(page.locator(".reading iframe")).to_have_count(0)
    accessible_once_loaded(page)
    page.reload()  # the address has it
    expect(page.locator(".reading pre")).to_contain_text('<link rel="preconnect"')
    page.get_by_role("button", name="Page", exact=True).click()
    expect(framed(page).get_by_role("heading")).to_be_visible()
    hostile.open("notes.txt")
    expect(page.locator(".reading pre")).to_have_text("only words")
    expect(page.get_by_role("group", name="Show it as")).to_have_count(0)


def test_a_page_is_only_framed_by_the_pages_of_the_library(hostile: Hostile, context: BrowserContext) -> None:
    """Its address alone, as somebody might send it, runs as little."""
    alone = context.new_page()
    alone.goto(f"{hostile.address}/api/v1/assets/{hostile.ids['page.html']}/page")
    alone.wait_for_timeout(2500)
    assert (hostile.trap.asked, hostile.trap.connections) == ([], 0)


def test_a_drawing_is_shown_as_a_picture_that_does_nothing(hostile: Hostile) -> None:
    page = hostile.open("drawing.svg")
    page.locator(".frame .over.ready").wait_for()
    assert page.locator(".frame .over").evaluate("image => image.naturalWidth") == 400
    page.mouse.click(300, 300)
    hostile.nothing_happened("drawing.svg")
