"""A video has vectors of several frames: a search finds it, once, by any of them."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from PIL import Image
from tests.support.embedded import FOLDER, JOB
from tests.support.photos import Photos

from mirrorlake.catalog import datasources, embeddings
from mirrorlake.jobs.execution import run_here
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.run import search

RATE, SECONDS = 5, 6  # of each photograph


def _film(path: Path, *photos: str) -> None:
    """One photograph after the other."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for photo in photos:
            with Image.open(FOLDER / photo) as picture:
                pixels = np.asarray(picture.convert("RGB").resize((320, 240)))
            for _ in range(RATE * SECONDS):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))


def _names(catalog: Catalog, query: str) -> list[str]:
    return [asset.name for asset in search(catalog, query, limit=50).items]


def test_a_search_finds_a_video_by_any_of_its_frames(empty_catalog: Catalog, tmp_path: Path):
    catalog, photos = empty_catalog, Photos(empty_catalog, tmp_path)
    _film(photos.folder / "two.mp4", "chelsea.png", "coffee.png")
    _film(photos.folder / "one.mp4", "rocket.jpg")
    photos.library.datasources.change_settings("photos", {"media": ["video"]})
    photos.source = datasources.named(catalog, "photos")
    photos.mirror()
    with catalog.write() as connection:  # as of a video of which only parts were read
        connection.execute("UPDATE asset SET sample_digest = digest, digest = NULL WHERE name = 'one.mp4'")
        embeddings.set_wanted_model(connection, "lite")

    done = run_here(photos.settings, catalog, JOB, processes=1)

    assert (done.embedded, done.videos, done.failed) == (2, 2, 0)
    assert done.requests >= 2
    assert done.bytes_read > 10_000
    assert embeddings.status(catalog).vectors == 2
    for text in ("a cat", "a cup of coffee"):  # the poster shows the cat
        assert _names(catalog, f'like:"{text}"').count("two.mp4") == 1
        assert _names(catalog, f'like:"{text}"')[0] == "two.mp4"
    assert _names(catalog, 'like:"rocket launch"')[0] == "one.mp4"
    with catalog.read() as connection:
        rows = connection.execute("SELECT count(*) FROM embedding_1 GROUP BY digest ORDER BY 1").fetchall()
    assert rows[0][0] < 6  # the poster, and one frame for several that show the same
    assert 2 < rows[1][0] <= 11
    assert run_here(photos.settings, catalog, JOB, processes=1).videos == 0


def test_a_video_that_cannot_be_read_now_is_tried_by_the_next_job(empty_catalog: Catalog, tmp_path: Path):
    catalog, photos = empty_catalog, Photos(empty_catalog, tmp_path)
    _film(photos.folder / "gone.mp4", "chelsea.png")
    _film(photos.folder / "one.mp4", "rocket.jpg")
    photos.library.datasources.change_settings("photos", {"media": ["video"]})
    photos.source = datasources.named(catalog, "photos")
    photos.mirror()
    with catalog.write() as connection:
        embeddings.set_wanted_model(connection, "lite")
    away = photos.folder.rename(tmp_path / "away")
    assert run_here(photos.settings, catalog, JOB, processes=1).videos == 0
    assert _names(catalog, 'like:"rocket launch"')[0] == "one.mp4"  # by its poster
    away.rename(photos.folder)
    (photos.folder / "gone.mp4").unlink()  # what is wrong with one video does not keep the others from being read
    assert run_here(photos.settings, catalog, JOB, processes=1).videos == 1
