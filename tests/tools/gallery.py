"""Look at every page and dialog at once: `python -m tests.tools.gallery FOLDER` takes their pictures.

Four widths in both themes, of a made library. They are put together on sheets, FOLDER/sheets, which are quicker to
look at than hundreds of pictures. `--only WORD` takes the scenes whose name has it, `--width 360` one width.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal

import psycopg
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from tests.support.made_library import copy_of, made_template
from tests.support.postgres import Server, discard, new_home
from tests.support.scenes import DRESS, Scene, dress, scenes, sign_in_as_viewer
from tests.tools.browser import FLAGS, HOW, installed

TOKEN = "a-token-of-the-gallery"
SIZE = 1200  # assets
# Of a window, and of one that shows more of a page; and how many pictures a row and a sheet have at which scale.
WIDTHS = {
    360: (740, 1480, 6, 6, 0.75),
    1280: (800, 1200, 2, 4, 0.62),
    2560: (1440, 1440, 2, 6, 0.31),
    3840: (2160, 2160, 2, 6, 0.21),
}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
USUAL = 1280  # the width at which the steps are taken
PATIENCE_MS = 20_000
SETTLED = """!/Loading…|Counting…|Listing/.test(document.querySelector('main, dialog[open]')?.innerText) &&
  [...document.images].every((one) => one.complete)"""
HEAD, GAP = 22, 12  # of a sheet, in pixels


@contextmanager
def served(server: Server, home: Path, *, size: int, dressing: str) -> Generator[str]:
    """The address of a made library."""
    with made_template(server, home, size=size) as template:
        database = copy_of(server, template).database_url or ""
        if dressing:
            with psycopg.connect(database) as session:
                session.execute(dressing.encode())
        words = [sys.executable, "-m", "tests.support.serve_made", str(home), database, TOKEN, "1"]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            process.communicate(timeout=30)


class Photographer:
    """Takes the pictures, each scene at every width after one visit."""

    def __init__(self, browser: Browser, addresses: dict[str, str], folder: Path) -> None:
        self._browser, self._addresses, self._folder = browser, addresses, folder
        self._contexts: dict[tuple[str, str], BrowserContext] = {}
        self.failed: list[str] = []

    def take(self, scene: Scene, widths: Sequence[int]) -> None:
        """Its pictures in both themes. Where a step fails, they show how far it got."""
        context = self._context(scene)
        page = context.new_page()
        page.set_viewport_size({"width": USUAL, "height": WIDTHS[USUAL][0]})
        try:
            page.goto(self._addresses[scene.library] + scene.path)
            settle(page)
            for step in scene.steps:
                step(page)
                settle(page)
        except (PlaywrightError, AssertionError) as error:
            self.failed.append(f"{scene.name}: {str(error).splitlines()[0]}")
        for width in widths:
            short, tall, *_ = WIDTHS[width]
            page.set_viewport_size({"width": width, "height": tall if scene.tall else short})
            settle(page)
            for theme in THEMES:
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                page.screenshot(path=self._folder / f"{scene.name}-{width}-{theme}.png", animations="disabled")
        context.set_offline(False)
        page.unroute_all(behavior="ignoreErrors")
        page.close()

    def close(self) -> None:
        for context in self._contexts.values():
            context.close()

    def _context(self, scene: Scene) -> BrowserContext:
        if (scene.library, scene.who) not in self._contexts:
            context = self._browser.new_context(reduced_motion="reduce")
            context.set_default_timeout(PATIENCE_MS)
            address = self._addresses[scene.library]
            if scene.who == "owner":
                context.request.get(f"{address}/?token={TOKEN}", max_redirects=0)
            elif scene.who == "viewer":
                sign_in_as_viewer(context.request, address, TOKEN)
            self._contexts[scene.library, scene.who] = context
        return self._contexts[scene.library, scene.who]


def settle(page: Page) -> None:
    """Wait until nothing more is expected to appear; a page that keeps loading is shown as it is."""
    try:
        page.wait_for_load_state("networkidle", timeout=3000)
        page.wait_for_function(SETTLED, timeout=3000)
    except PlaywrightError:
        return


def put_together(folder: Path, names: list[str], width: int) -> None:
    """The sheets of a width: what was taken, in rows, each picture with its name."""
    *_, columns, each, scale = WIDTHS[width]
    sheets = folder / "sheets"
    sheets.mkdir(exist_ok=True)
    for theme in THEMES:
        for first in range(0, len(names), each):
            some = names[first : first + each]
            pictures = [Image.open(folder / f"{name}-{width}-{theme}.png") for name in some]
            size = round(width * scale), round(max(one.height for one in pictures) * scale)
            rows = -(-len(some) // columns)
            sheet = Image.new("RGB", (columns * (size[0] + GAP), rows * (size[1] + HEAD + GAP)), (128, 128, 128))
            pen = ImageDraw.Draw(sheet)
            for place, (name, picture) in enumerate(zip(some, pictures, strict=True)):
                x, y = place % columns * (size[0] + GAP), place // columns * (size[1] + HEAD + GAP)
                pen.text((x + 4, y + 4), f"{name} {width} {theme}", fill=(255, 255, 255))
                height = round(picture.height * scale)
                sheet.paste(picture.convert("RGB").resize((size[0], height), Image.Resampling.LANCZOS), (x, y + HEAD))
            sheet.save(sheets / f"{width}-{theme}-{first // each + 1:02d}.png")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.tools.gallery", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--only", default="", help="a part of the names of the scenes")
    parser.add_argument("--width", type=int, action="append", choices=list(WIDTHS), help="one width, not all")
    arguments = parser.parse_args()
    path = installed()
    if path is None:
        print(HOW)
        return 1
    arguments.folder.mkdir(parents=True, exist_ok=True)
    wanted = [scene for scene in scenes() if re.search(arguments.only, scene.name)]
    with ExitStack() as held:
        home = new_home()
        held.callback(discard, home)
        server = Server(home)
        addresses = {
            name: held.enter_context(served(server, home / name, size=size, dressing=dressing))
            for name, size, dressing in (("dressed", SIZE, DRESS), ("empty", 0, ""))
            if any(scene.library == name for scene in wanted)
        }
        browser = held.enter_context(sync_playwright()).chromium.launch(executable_path=path, args=FLAGS)
        held.callback(browser.close)
        if "dressed" in addresses:
            dress(browser.new_context().request, addresses["dressed"], TOKEN)
        photographer = Photographer(browser, addresses, arguments.folder)
        widths = arguments.width or list(WIDTHS)
        for scene in wanted:
            photographer.take(scene, widths)
        photographer.close()
    for width in widths:
        put_together(arguments.folder, [scene.name for scene in wanted], width)
    print("\n".join(photographer.failed))
    print(f"Look at {arguments.folder / 'sheets'}.")
    return 1 if photographer.failed else 0


if __name__ == "__main__":
    sys.exit(main())
