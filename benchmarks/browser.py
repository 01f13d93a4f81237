"""The pages in a real browser over a real server, beside their goals."""

from __future__ import annotations

import gzip
import json
import random
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from tests.tools.browser import FLAGS, HOW, bring, installed

from benchmarks.browser_library import fill
from benchmarks.browser_trace import CATEGORIES, Frames, frames_of
from benchmarks.measure import MB, tool
from benchmarks.place import environment_of, fresh_home, started
from benchmarks.search import Times
from benchmarks.tables import Table, number

PROBE = Path(__file__).with_name("browser_probe.js")
VIEWPORT = {"width": 1280, "height": 800}
PATIENCE_MS = 60_000
JUMPS = 1000
TIMED = 100  # of them for each round; the others go on once the grid has come to rest
COLD_MS, WARM_MS, JUMP_MS, COMPLETION_MS, TAG_MS = 1000, 400, 400, 100, 200
SCRIPT_MS, TASK_MS = 1, 50
HEAP_MB, NODES, ENTRY_KB = 15, 1000, 160
SCROLLED, SPEED = 24_000, 1600  # px, and px a second
COMPLETED = (
    "ta", "met", "metadata.c", "metadata.camera_id:cam-0", "metadata.site:site-4", "metadata.wea", "wid", "siz",
    "metadata.weather:s", "sort:n", "tag:b", "type:i", "kind:i", "metadata.sess", "metadata.session:session-1", "dat",
    "project:o", "metadata.split:t", "metadata.fr", "-metadata.r", "state:m", "cre", "datasource:b", "tag:fa",
)  # fmt: skip
_PAUSE_MS = 700  # until what was typed before is answered


@dataclass(frozen=True, slots=True)
class Site:
    """A server, and how to sign in."""

    address: str
    token: str


@dataclass(frozen=True, slots=True)
class Jumped:
    """What a thousand jumps of the scroll bar took, and left behind."""

    times: Times
    longest_task: float  # ms
    heap: float  # MB, after a collection
    elements: int
    nodes: int  # texts and what is no longer shown included


def measured(assets: int, *, rounds: int) -> list[Table]:
    """Load a library, serve it, and measure its pages. Raises RuntimeError where there is no browser."""
    _require_chromium()  # before the minutes that filling takes
    with fresh_home() as home:
        fill(home, assets)
        command = [tool("mirrorlake"), "up", "--port", "0"]
        with started(command, environment_of(home)) as line, _chromium() as browser:
            url = urlsplit(line.rpartition(" ")[2])
            site = Site(f"http://{url.netloc}", parse_qs(url.query)["token"][0])
            return [_measure(browser, site, assets, rounds)]


def _require_chromium() -> str:
    if installed(windows=True) is None:
        bring()
    path = installed(windows=True)
    if path is None:
        raise RuntimeError(HOW)
    return path


@contextmanager
def _chromium() -> Generator[Browser]:
    path = _require_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def _signed_in(browser: Browser, site: Site) -> Generator[BrowserContext]:
    """A browser that has never been here, with a session."""
    context = browser.new_context(viewport=VIEWPORT)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(path=PROBE)
    context.request.get(f"{site.address}/?token={site.token}", max_redirects=0)
    yield context
    context.close()


def _measure(browser: Browser, site: Site, assets: int, rounds: int) -> Table:
    with _signed_in(browser, site) as context:
        very_first = _open(context.new_page(), site)
    _note(f"first thumbnail of all: {very_first:.0f} ms")
    cold, warm, entry = _first_thumbnails(browser, site, rounds)
    with _signed_in(browser, site) as context:
        page = context.new_page()
        _open(page, site)
        frames, scroll_task = _scroll(browser, page)
        _note(f"scrolled: {len(frames.wall)} frames")
        jumped = _jump(page, min(JUMPS, TIMED * rounds))
        _note(f"jumped: {jumped.times.p50:.0f} ms, p95 {jumped.times.p95:.0f} ms")
        reached = all(_reach_last(page, site, size, assets) for size in (96, 420))
    completed = _complete(browser, site, min(rounds, 2))
    _note("completed")
    with _signed_in(browser, site) as context:
        answers, closed, done = _tag_everything(context.new_page(), site, rounds)
    rows = [
        _row("first thumbnail, cold: ms", cold, COLD_MS),
        _row("first thumbnail, warm: ms", warm, WARM_MS),
        _row("script of a frame while scrolling: ms", Times(frames.wall), SCRIPT_MS),
        _row("of which CPU: ms", Times(frames.cpu), SCRIPT_MS),
        ("longest task while scrolling: ms", "", "", *_against(scroll_task, TASK_MS)),
        _row("jump to a random place, until all its thumbnails are there: ms", jumped.times, JUMP_MS),
        ("longest task during the jumps: ms", "", "", *_against(jumped.longest_task, TASK_MS)),
        (f"heap after {JUMPS:,} jumps: MB", "", "", *_against(jumped.heap, HEAP_MB)),
        (f"elements of the page after {JUMPS:,} jumps", "", "", *_against(jumped.elements, NODES)),
        ("entry JavaScript, gzipped: KB", "", "", *_against(entry, ENTRY_KB)),
        _row("suggestions after a key: ms", completed, COMPLETION_MS),
        _row(f"answer to tagging all {assets:,}: ms", answers, TAG_MS),
        _row("from the click until the dialog is closed: ms", closed, TAG_MS),
    ]
    mean = sum(frames.wall) / len(frames.wall)
    return Table(
        title=f"The pages over {assets:,} assets in a browser",
        head=("", "p50", "p95", "most", "goal", "met"),
        rows=rows,
        notes=[
            (
                f"Chromium {browser.version} of {VIEWPORT['width']} x {VIEWPORT['height']}, with the filters open. It"
                " shares the processors with the server, its worker and the database."
            ),
            f"The very first visit of a server that has just started: {number(very_first)} ms to a thumbnail.",
            (
                f"{len(jumped.times.values)} jumps were timed; each thumbnail has an address of its own, so that none"
                " comes from the cache of the browser."
            ),
            f"{len(frames.wall)} frames while scrolling, {number(mean)} ms of script each on average.",
            (
                f"{jumped.nodes:,} nodes with texts. The last of {assets:,} assets is"
                f" {'reached' if reached else 'not reached'} at the smallest and at the largest cells."
            ),
            f"Suggestions are asked for after a pause of 40 ms, which is included. {done}",
        ],
    )


def _note(step: str) -> None:
    """What is done so far: the whole takes minutes."""
    print(f"browser: {step}", file=sys.stderr, flush=True)


def _row(name: str, times: Times, goal: float) -> tuple[str, ...]:
    """The goal is that of the 95th percentile."""
    met = "yes" if times.p95 <= goal else "no"
    return name, number(times.p50), number(times.p95), number(max(times.values)), f"{goal:,}", met


def _against(value: float, goal: float) -> tuple[str, str, str]:
    return number(value), f"{goal:,}", "yes" if value <= goal else "no"


def _open(page: Page, site: Site) -> float:
    """Visit the library: the time until its first thumbnail is there."""
    page.goto(site.address)
    return _first_thumbnail(page)


def _first_thumbnail(page: Page) -> float:
    page.wait_for_function("() => window.probe.firstThumbnail !== null")
    return page.evaluate("window.probe.firstThumbnail")


def _first_thumbnails(browser: Browser, site: Site, rounds: int) -> tuple[Times, Times, float]:
    """Without a cache and with one; and the KB of scripts that come before anything else is opened."""
    cold: list[float] = []
    warm: list[float] = []
    entry = 0.0
    for _ in range(rounds):
        with _signed_in(browser, site) as context:
            page = context.new_page()
            cold.append(_open(page, site))
            page.wait_for_function("() => window.probe.painted()")
            page.reload()
            warm.append(_first_thumbnail(page))
            names = page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
            scripts = [context.request.get(name).body() for name in names if urlsplit(name).path.endswith(".js")]
            entry = sum(len(gzip.compress(script)) for script in scripts) / 1024
    return Times(tuple(cold)), Times(tuple(warm)), entry


def _longest_task(page: Page, since: float) -> float:
    tasks = page.evaluate("window.probe.long")
    return max((one["duration"] for one in tasks if one["startTime"] >= since), default=0.0)


def _scroll(browser: Browser, page: Page) -> tuple[Frames, float]:
    """Scroll for a while by wheel; the script of each frame, and the longest task."""
    page.wait_for_load_state("networkidle")
    since = page.evaluate("performance.now()")
    session = page.context.new_cdp_session(page)
    browser.start_tracing(page=page, categories=list(CATEGORIES))
    gesture = {"x": 800, "y": 500, "yDistance": -SCROLLED, "speed": SPEED, "gestureSourceType": "mouse"}
    session.send("Input.synthesizeScrollGesture", gesture)
    trace = json.loads(browser.stop_tracing())
    if not page.evaluate("document.querySelector('.grid').scrollTop"):
        raise RuntimeError("the grid was not scrolled")
    return frames_of(trace["traceEvents"]), _longest_task(page, since)


def _jump(page: Page, timed: int) -> Jumped:
    since = page.evaluate("performance.now()")
    places = random.Random(11)  # noqa: S311  the same places each time
    times = tuple(page.evaluate("share => window.probe.jump(share)", places.random()) for _ in range(timed))
    for _ in range(JUMPS - timed):
        page.evaluate("share => window.probe.pass(share)", places.random())
    page.wait_for_function("() => window.probe.painted()")
    task = _longest_task(page, since)
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    for _ in range(2):  # the first one releases what finalizers hold
        session.send("HeapProfiler.collectGarbage")
    return Jumped(
        times=Times(times),
        longest_task=task,
        heap=session.send("Runtime.getHeapUsage")["usedSize"] / MB,
        elements=page.evaluate("document.querySelectorAll('*').length"),
        nodes=session.send("Memory.getDOMCounters")["nodes"],
    )


def _reach_last(page: Page, site: Site, size: int, assets: int) -> bool:
    """Whether the End key shows the last asset in cells of this size."""
    page.goto(f"{site.address}/?size={size}")
    page.locator(".cell a[tabindex='0'][href]").focus()
    page.keyboard.press("End")
    last = page.locator(f".cell a[data-index='{assets - 1}'][href]")
    last.wait_for(state="visible")
    box = last.bounding_box()
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= VIEWPORT["height"]


def _complete(browser: Browser, site: Site, rounds: int) -> Times:
    """Typing the last letter of typical beginnings, until suggestions are shown."""
    times: list[float] = []
    for _ in range(rounds):
        with _signed_in(browser, site) as context:  # a browser without the answers of the last round
            page = context.new_page()
            _open(page, site)
            field = page.get_by_label("Query", exact=True)
            for text in COMPLETED:
                field.fill(text[:-1])
                page.wait_for_timeout(_PAUSE_MS)
                page.keyboard.type(text[-1])
                page.wait_for_function("() => window.probe.offered !== null")
                times.append(page.evaluate("window.probe.offered - window.probe.asked"))
    return Times(tuple(times))


def _tag_everything(page: Page, site: Site, rounds: int) -> tuple[Times, Times, str]:
    """The answers of the server and the time until the dialog is closed; and a sentence about what went on."""
    answers: list[float] = []
    closed: list[float] = []
    for turn in range(rounds):
        _open(page, site)
        page.wait_for_function("() => window.probe.painted()")
        page.locator(".cell a[tabindex='0'][href]").focus()
        page.keyboard.press("Control+A")
        page.get_by_role("toolbar", name="Selection").get_by_role("button", name="Tags").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Add tags").fill(f"bench-{turn}")
        page.wait_for_timeout(_PAUSE_MS)
        with page.expect_response(lambda answer: answer.url.endswith("/api/v1/edits")) as answered:
            dialog.get_by_role("button", name="Change tags").click()
        page.wait_for_function("() => window.probe.closed !== null")
        closed.append(page.evaluate("window.probe.closed - window.probe.pressed"))
        timing = "performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/api/v1/edits'))"
        # Without the wait for one of the few connections of a browser: that is in the time until the dialog is closed.
        answers.append(
            page.evaluate(f"(({{ responseEnd, requestStart }}) => responseEnd - requestStart)({timing}.at(-1))")
        )
        progress = _end(site, answered.value.json()["id"])
    return Times(tuple(answers)), Times(tuple(closed)), progress


def _end(site: Site, job: int) -> str:
    """Watch an edit until it has changed something, then cancel it. What it had done, as a sentence."""
    address = f"{site.address}/api/v1/jobs/{job}"
    with httpx.Client(headers={"Authorization": f"Bearer {site.token}"}, timeout=60) as client:
        begun = time.perf_counter()
        while not (progress := client.get(address).json())["progress"] and progress["state"] in {"queued", "running"}:
            time.sleep(0.05)
        client.post(f"{address}/cancel")  # refused where it has ended
        seconds = time.perf_counter() - begun
        while client.get(address).json()["state"] in {"queued", "running"}:
            time.sleep(0.1)
    done = (progress["progress"] or {}).get("done") or 0
    return f"The edit goes on as a job, which reported {done:,} assets after {seconds:.1f} s, and was cancelled."
