"""Pictures with text on them, drawn by the test, and a job that reads them, with the process or with a script."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from tests.support.photos import Photos

from mirrorlake.catalog import datasources
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.jobs.handlers.picture_texts import PictureTextArgs
from mirrorlake.library import picture_texts as reading
from mirrorlake.model.jobs import JobKind
from mirrorlake.model.picture_texts import PictureTextUpdate
from mirrorlake.ocr.worker import Recognised
from mirrorlake.search.run import search


def write_sign(path: Path, *lines: str, size: int = 48, width: int = 800, height: int = 500) -> None:
    """A picture with these lines, in the font inside Pillow; without lines, a plain one."""
    picture = Image.new("RGB", (width, height), (245, 243, 236))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size)
    for number, line in enumerate(lines):
        draw.text((size, size + number * size * 1.6), line, (20, 24, 40), font)
    picture.save(path)


def turn(photos: Photos, *, on: bool) -> None:
    """Turn the setting of the datasource on or off."""
    photos.library.datasources.change_settings("photos", {"pictureText": on})
    photos.source = datasources.named(photos.catalog, "photos")


def read_texts(photos: Photos) -> PictureTextUpdate:
    """Do what a worker does for the datasource, and return what came of it, without what it read of the bucket."""
    job = new_job(JobKind.PICTURE_TEXT, PictureTextArgs(), datasource=photos.source)
    done: PictureTextUpdate = run_here(photos.settings, photos.catalog, job, processes=1)
    return replace(done, requests=0, bytes_read=0)


def names(photos: Photos, query: str) -> list[str]:
    """The names of the assets that a query finds."""
    return sorted(asset.name for asset in search(photos.catalog, query, limit=50).items)


class Scripted:
    """In place of the process that reads: answers by the number of the picture."""

    def __init__(self, *answers: Recognised | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self) -> Scripted:
        return self

    def recognise(self, _picture: bytes) -> Recognised:
        self.asked += 1
        answer = self.answers[min(self.asked, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """Nothing to end."""


def script(monkeypatch: pytest.MonkeyPatch, *answers: Recognised | Exception) -> Scripted:
    scripted = Scripted(*answers)
    monkeypatch.setattr(reading, "TextProcess", scripted)
    return scripted
