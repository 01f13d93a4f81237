"""The environment of benchmarks: a separate home with its database, temporary servers, cached buckets."""

from __future__ import annotations

import io
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count, cycle, islice
from pathlib import Path

import obstore
from examples.demo import photos
from examples.demo.server import LocalS3
from obstore.store import S3Store

from benchmarks.measure import python
from mirrorlake.postgres.data_dir import database_folder, read_recorded_base
from mirrorlake.postgres.embedded import stop

CACHE = photos.ROOT / ".cache" / "bench"
TINY, TINY_OBJECTS = "tiny", 100_000
PHOTOS, PHOTO_OBJECTS = "photos", 2000
_PUTS = 16  # under way at once
_COMMENT = b"\xff\xfe"  # JPEG's comment segment


@contextmanager
def fresh_home() -> Generator[Path]:
    """An empty data folder for mirrorlake; its database is stopped and removed with it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="home-", dir=CACHE))
    home.chmod(0o711)
    try:
        yield home
    finally:
        stop(home)
        base = read_recorded_base(database_folder(home)) if database_folder(home).is_dir() else None
        if base is not None:
            shutil.rmtree(base, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def home_in(folder: Path | None) -> Generator[Path]:
    """A data folder that stays, whose database is stopped; without a folder, a fresh one."""
    if folder is None:
        with fresh_home() as home:
            yield home
        return
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        stop(folder)


@contextmanager
def listing_server(
    objects: int, folder: Path = CACHE, module: str = "benchmarks.pages", *, dialect: str | None = None
) -> Generator[str]:
    """The address of a server of pre-rendered pages, in a process of its own."""
    command = python(module, "--objects", str(objects), "--folder", str(folder))
    command += [] if dialect is None else ["--dialect", dialect]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None:
                raise RuntimeError("the listing server has no output")
            address = process.stdout.readline().strip()
            if not address:
                raise RuntimeError("the listing server did not start")
            yield address
        finally:
            process.terminate()


@contextmanager
def loaded_s3() -> Generator[LocalS3]:
    """SeaweedFS with both buckets loaded. Loading takes a few minutes, once: the data stay in the cache."""
    with LocalS3(CACHE / "weed") as server:
        _load(server, TINY, _tiny_objects())
        _load(server, PHOTOS, photo_objects())
        yield server


def obstore_of(server: LocalS3, bucket: str) -> S3Store:
    """A store for loading and for peers."""
    environment = server.environment()
    return S3Store(
        bucket,
        endpoint=server.endpoint,
        region=environment["AWS_REGION"],
        access_key_id=environment["AWS_ACCESS_KEY_ID"],
        secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
    )


def _load(server: LocalS3, bucket: str, objects: Iterator[tuple[str, bytes]]) -> None:
    done = CACHE / "weed" / f"{bucket}.loaded"
    if done.is_file():
        return
    server.load(bucket, [])
    store = obstore_of(server, bucket)

    def put(item: tuple[str, bytes]) -> None:
        obstore.put(store, item[0], item[1], use_multipart=False)

    with ThreadPoolExecutor(_PUTS) as pool:
        # In portions: a pool takes all that it is given at once, and photographs are big.
        while portion := list(islice(objects, 500)):
            list(pool.map(put, portion))
    done.touch()


def _tiny_objects() -> Iterator[tuple[str, bytes]]:
    """Names and sidecars of photographs: a no-change pass never reads what is in them."""
    for pair in range(TINY_OBJECTS // 2):
        stem = f"field-{pair // 5000:02d}/img_{pair:06d}"
        yield f"{stem}.jpg", f"photograph {pair}".encode()
        yield f"{stem}.json", f'{{"pair": {pair}}}'.encode()


def photo_objects() -> Iterator[tuple[str, bytes]]:
    """The collected JPEGs over and over, each copy made another object by a comment in its head."""
    bodies = [path.read_bytes() for path in photos.collect() if path.suffix.lower() in {".jpg", ".jpeg"}]
    jpegs = [body for body in bodies if body.startswith(b"\xff\xd8\xff")]
    random.Random(1).shuffle(jpegs)  # noqa: S311  (the same order everywhere)
    for number, body in islice(zip(count(), cycle(jpegs)), PHOTO_OBJECTS):
        comment = f"copy {number:06d}".encode()
        segment = _COMMENT + (len(comment) + 2).to_bytes(2, "big") + comment
        out = io.BytesIO()
        out.write(body[:2] + segment + body[2:])
        yield f"roll-{number // 250:02d}/frame_{number:04d}.jpg", out.getvalue()


@contextmanager
def started(command: list[str], environment: dict[str, str]) -> Generator[str]:
    """A server while it runs, as the first line that it prints."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None:
            raise RuntimeError("the server has no output")
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def environment_of(home: Path, server: LocalS3 | None = None) -> dict[str, str]:
    """The environment for `mirrorlake` commands and peers."""
    base = dict(os.environ) if server is None else server.environment()
    for name in ("MIRRORLAKE_DATABASE_URL", "MIRRORLAKE_URL", "MIRRORLAKE_API_KEY"):
        base.pop(name, None)
    return {**base, "MIRRORLAKE_HOME": str(home)}
