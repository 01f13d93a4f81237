"""The steps that lead from a page to a dialog or a state that is worth a look."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from playwright.sync_api import Page, Route
from tests.support.made_library import make_name

LONG = "camera-archive-of-the-northern-harbour-and-its-warehouses-2026"
API = re.compile(r"/api/v1/(?!jobs/events)")
BEYOND_ME = re.compile(r"/api/v1/(?!jobs/events|me$)")
Step = Callable[[Page], object]


def problem(status: int, title: str, detail: str, fix: str = "") -> Callable[[Route], None]:
    """Answers with a problem document."""
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail, "fix": fix}
    body = json.dumps(document)
    return lambda route: route.fulfill(status=status, content_type="application/problem+json", body=body)


def press(name: str | re.Pattern[str], role: str = "button", within: str = "main") -> Step:
    """Press the first control of that name."""

    def step(page: Page) -> None:
        page.locator(within).get_by_role(role, name=name, exact=True).first.click()  # pyright: ignore[reportArgumentType]

    return step


def fill(label: str, value: str) -> Step:
    return lambda page: page.get_by_label(label, exact=True).first.fill(value)


def answers(with_: Callable[[Route], None], asked: re.Pattern[str] = API) -> Step:
    """Let the server answer that from now on, and load the page again."""

    def step(page: Page) -> None:
        page.route(asked, with_)
        page.reload()

    return step


PAGE = """<!doctype html><html lang="en"><title>Report</title><style>body { font: 16px sans-serif; margin: 2em }
th, td { text-align: left; padding: 4px 16px 4px 0 }</style><h1>Harbour, week 22</h1><p>1,104 pictures, 12 of them
marked bad. <a href\u2060="https://example.com">All reports</a></p><table><tr><th>Camera<th>Pictures<tr><td>north
<td>640<tr><td>south<td>464</table>"""


def as_page(asset: str) -> Step:
    """Let an asset be a page of HTML, and load it again."""

    def step(page: Page) -> None:
        def answer(route: Route) -> None:
            head = {name: value for name, value in route.request.headers.items() if name != "if-none-match"}
            detail = route.fetch(headers=head).json()
            html = {"kind": "text", "media_type": "text/html", "name": "week-22.html", "width": None, "height": None}
            route.fulfill(json=detail | {"asset": detail["asset"] | html, "facts": {"encoding": "utf-8"}})

        page.route(re.compile(rf"/api/v1/assets/{asset}$"), answer)
        page.route(re.compile(r"/original"), lambda route: route.fulfill(body=PAGE))
        page.route(re.compile(r"/page$"), lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        page.goto(page.url.partition("/assets/")[0] + f"/assets/{asset}")

    return step


def offline(page: Page) -> None:
    page.context.set_offline(True)
    page.get_by_role("link", name="Jobs", exact=True).click()


def select_some(page: Page) -> None:
    page.locator(".cell a[data-index='0']").click(modifiers=["Control"])
    page.locator(".cell a[data-index='3']").click(modifiers=["Shift"])


def select_all(page: Page) -> None:
    page.locator(".cell a[tabindex='0'][href]").focus()
    page.keyboard.press("Control+A")


def in_bar(name: str) -> Step:
    return press(name, within="[role=toolbar][aria-label=Selection]")


def open_panel(page: Page) -> None:
    shown = page.get_by_role("button", name="Show filters and folders")
    if shown.is_visible():
        shown.click()


def open_fold(title: str) -> Step:
    return lambda page: page.locator("summary", has_text=title).first.click()


def scroll_to(selector: str) -> Step:
    return lambda page: page.locator(selector).first.evaluate("(one) => one.scrollIntoView()")


def choose_labels(page: Page) -> None:
    rows = [f"{make_name(5)},4000,3000,{name},10,10,900,900" for name in ("pomme", "leaf", "a-branch-of-a-tree")]
    head = "filename,width,height,class,xmin,ymin,xmax,ymax"
    text = "\n".join([head, *rows, "nowhere.jpg,9,9,leaf,1,1,2,2", ""])
    dialog = page.get_by_role("dialog")
    file = {"name": f"{LONG}.csv", "mimeType": "text/csv", "buffer": text.encode()}
    dialog.get_by_label("File").set_input_files(file)  # pyright: ignore[reportArgumentType]
    dialog.get_by_label("Format").select_option("CSV of boxes")
    dialog.get_by_label("Find the asset of a picture by").select_option("its name")
    dialog.get_by_role("button", name="Preview").click()
    dialog.locator(".import-preview").wait_for()


def type_the_number(page: Page) -> None:
    page.get_by_label(re.compile("^To confirm, type")).first.fill("55")


def choose(label: str, option: str) -> Step:
    return lambda page: page.get_by_label(label, exact=True).first.select_option(option)


def tick(label: str) -> Step:
    return lambda page: page.get_by_label(label, exact=True).first.check()


def export(name: str) -> Step:
    """Press that button of a dialog, and wait for the file to download."""

    def step(page: Page) -> None:
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name=name, exact=True).click()
        dialog.locator(".download").first.wait_for()

    return step


def ends_as(path: str, result: Mapping[str, object]) -> Step:
    """Let the job that is started there have ended with that, as one whose objects cannot be read does."""

    def step(page: Page) -> None:
        made = page.request.get(re.sub("(?<=[0-9])/.*", "/api/v1/jobs", page.url)).json()[0]
        job = {**made, "id": 999_999, "state": "succeeded", "result": result}
        for address in (f"**/api/v1/{path}", f"**/api/v1/jobs/{job['id']}"):
            page.route(address, lambda route: route.fulfill(json=job))

    return step


def tick_card(name: str) -> Step:
    """Choose the card of that name."""
    return lambda page: page.locator(".radio-card", has_text=name).first.click()


def apply(page: Page) -> None:
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Change tags").click()


def suggested(page: Page) -> None:
    page.locator("[role=listbox] [role=option]").first.wait_for()


def toasted(page: Page) -> None:
    page.locator(".toast", has_text="changed").wait_for()


def see(text: str) -> Step:
    """Wait for that text."""
    return lambda page: page.get_by_text(re.compile(text)).first.wait_for()


def end_session(page: Page) -> None:
    page.route(BEYOND_ME, problem(401, "Not signed in", "Sign in to see this."))
    page.get_by_role("link", name="Jobs", exact=True).click()
    page.get_by_role("dialog").wait_for()


def draw(page: Page) -> None:
    page.locator(".frame .over.ready").wait_for()
    page.get_by_role("button", name="Edit annotations").click()
    frame = page.locator(".frame").bounding_box()
    assert frame is not None
    page.mouse.move(frame["x"] + frame["width"] * 0.5, frame["y"] + frame["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(frame["x"] + frame["width"] * 0.8, frame["y"] + frame["height"] * 0.4, steps=3)
    page.mouse.up()


FAILS = problem(500, "The server failed", "Look into its log.")
REFUSES = problem(403, "Not allowed", "This needs a permission that you do not have.", "Ask an owner for it.")


def job(number: int, kind: str, state: str, **other: object) -> dict[str, object]:
    """A job as the list of jobs has it."""
    usual: dict[str, object] = {
        "id": number, "kind": kind, "state": state, "datasource": None, "subject": None, "args": {}, "pool": "default",
        "attempt": 1, "max_attempts": 3, "not_before": None, "continued_by": None, "cancel_requested": None,
        "requested_by": "anna", "progress": None, "waiting": None, "error": None, "result": None,
        "created": now(), "started": None if state == "queued" else now(), "finished": now(),
    }  # fmt: skip
    return usual | other


def now() -> str:
    return datetime.now(UTC).isoformat()


def jobs_of_every_state(page: Page) -> None:
    """List jobs that wait, work, failed, and that left something to download or to undo."""
    away = {"reason": f"no worker of the pool {LONG} has reported", "stuck": True}
    half = {"step": "editing", "done": 48_200, "total": 120_000, "unit": "assets"}
    files = [{"name": f"shard-{number:06d}.tar", "size": 367_001_600} for number in range(12)]
    refused = "The bucket refused to list harbour-cams (403 AccessDenied). Grant s3:ListBucket on it."
    listed = [
        job(112, "picture_text", "queued", waiting=away),
        job(111, "edit", "running", progress=half),
        job(110, "labels_export", "running", subject="fruit", cancel_requested="anna"),
        job(109, "verify", "failed", datasource="harbour cams", error=refused),
        job(108, "edit", "succeeded", result={"changed": 120}),
        job(107, "assets_export", "succeeded", subject=f"{LONG}-project@12", result={"files": files}),
        job(106, "assets_export", "cancelled", requested_by=None),
    ]
    answers(lambda route: route.fulfill(json=listed), re.compile(r"/jobs\?.*runs=false"))(page)


def failed_calls(page: Page) -> None:
    """Let two functions have failed, for an asset or for several."""
    failed = {
        "function": "describe", "asset": "1003", "run": None, "key": f"2026/05/{LONG}/{make_name(3)}",
        "event": "asset.created", "state": "failed", "attempts": 8, "next_attempt": None,
        "error": "https://hooks.invalid/f answered 503 Service Unavailable: the model is not loaded.",
    }  # fmt: skip
    again = failed | {"function": LONG, "state": "waiting", "attempts": 1, "next_attempt": now(), "asset": "1004"}
    answers(lambda route: route.fulfill(json=[failed, again]), re.compile(r"/(function-)?failures"))(page)
