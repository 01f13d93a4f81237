"""The whole job that embeds a library: thumbnails from their packs, the model, hashes and vectors into the catalog."""

from __future__ import annotations

import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import psycopg

from benchmarks.place import fresh_home
from mirrorlake.catalog import datasources, embeddings
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.jobs.handlers.likeness import LikenessArgs
from mirrorlake.mirror.thumbnail_writer import ThumbnailWriter
from mirrorlake.model.jobs import JobKind
from mirrorlake.model.sources import Access, MirrorSettings
from mirrorlake.postgres.pool import Catalog, open_catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.storage.address import parse_location

_PACK = 1_000  # thumbnails, as a run writes them
_JOB = new_job(JobKind.LIKENESS, LikenessArgs())


def job_seconds(files: Sequence[bytes], pictures: int, model: str, models: Path | None, processes: int | None) -> float:
    """The seconds of the job for this number of pictures, in a library that has some already."""
    with fresh_home() as home:
        settings = Settings(home=home) if models is None else Settings(home=home, models=models)
        with open_catalog(settings) as catalog:
            with catalog.write() as connection:
                embeddings.set_wanted_model(connection, model)
            _add(catalog, settings, files, 0, len(files))
            run_here(settings, catalog, _JOB, processes=processes)
            _add(catalog, settings, files, len(files), pictures)
            started = time.perf_counter()
            done = run_here(settings, catalog, _JOB, processes=processes)
            seconds = time.perf_counter() - started
        if done.embedded != pictures:
            raise RuntimeError(f"{done.embedded} of {pictures} pictures were embedded")
        return seconds


def _add(catalog: Catalog, settings: Settings, files: Sequence[bytes], first: int, count: int) -> None:
    """Assets with thumbnails, and no hashes and vectors."""
    digests = [sha256(str(number).encode()).digest() for number in range(first, first + count)]
    thumbnails = ThumbnailWriter(catalog, LibraryStore.in_folder(settings.thumbnails).store)
    for begin in range(0, count, _PACK):
        part = digests[begin : begin + _PACK]
        thumbnails.add([(digest, files[place % len(files)]) for place, digest in enumerate(part)])
    with psycopg.connect(catalog.conninfo, autocommit=True) as session:
        source = session.execute("SELECT id FROM datasource").fetchone()
        number = _source(catalog) if source is None else source[0]
        session.execute(
            "INSERT INTO asset (datasource_id, key, name, token, size, kind, media_type, width, height, orientation,"
            " digest, placeholder) SELECT %s, encode(digest, 'hex'), encode(digest, 'hex'), '', 1, 'image',"
            " 'image/jpeg', 320, 240, 1, digest, '\\x00' FROM unnest(%s::bytea[]) AS made (digest)",
            (number, digests),
        )
        session.execute("ANALYZE asset")


def _source(catalog: Catalog) -> int:
    location = parse_location("s3://bench/")
    return datasources.create(catalog, name="bench", location=location, access=Access(), settings=MirrorSettings()).id
