"""A real library with generated pictures, runs and datasources, for tests of the web UI.

Its rows are written in the schema of migration 0012 and migrated from there, as those of any library of that time are.
Nothing of it came from a pass, so hundreds of assets in every state cost no time.
"""

from __future__ import annotations

import io
import json
import math
import random
from base64 import b64decode
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import blake3
import psycopg
from PIL import Image, ImageDraw, ImageFilter
from psycopg import sql
from psycopg.conninfo import make_conninfo
from tests.support.postgres import Server

from mirrorlake.core.settings import Settings
from mirrorlake.postgres.migrate import all_migrations, migrate
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.thumbnails import single_key

FIRST_ID = 1000
SCHEMA = 12  # the rows below are of this version
PLACES = ("Orchard", "Harbour", "Night shift", "Line 3", "Roof survey", "Field trial")
SIZES = ((4032, 3024), (3024, 4032), (6000, 4000), (1920, 1080), (2048, 2048), (8000, 2000))
PICTURES = 30  # different ones; a multiple of the number of sizes
ORIGINALS = (0, 3)  # assets whose file exists
TRASHED = 3  # assets that are in the trash, beside those that are shown
TAGS = ("ripe", "review", "blurred", "season-26", "golden")
PLACEHOLDERS = [
    b64decode(text)
    for text in ("1QcSHQRnh493V4dIh4eXh1h4kJUI", "3PcNNYSFeXh/d3eld0iHZoZgVwh2", "HBkSHYSIeHiPiHh8eJd4eTN0EEQG")
]
FACTS = {
    "camera_make": "Fujifilm", "camera_model": "X-T5", "lens": "XF 16-55mm F2.8", "exposure_s": 0.004,
    "aperture": 5.6, "iso": 400, "focal_length_mm": 23.0, "taken_at": "2026-03-04T11:22:33",
    "channels": 3, "bit_depth": 8, "colour_space": "rgb",
}  # fmt: skip
PRESENT, MISSING, TRASH = 0, 1, 2


@dataclass(frozen=True)
class Template:
    """A database to copy, and the files beside it."""

    database: str
    home: Path


@contextmanager
def made_template(server: Server, home: Path, *, size: int, migrated: bool = True) -> Generator[Template]:
    """A made library that shows `size` assets. A run is at work in it for as long as this is open."""
    name = f"made_{size}_{uuid4().hex[:8]}"  # each test may make its own
    thumbnails(home)
    with psycopg.connect(make_conninfo(server.conninfo, dbname="postgres"), autocommit=True) as session:
        session.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        conninfo = make_conninfo(server.conninfo, dbname=name)
        with psycopg.connect(conninfo) as empty:
            _migrate_to(empty, SCHEMA)
            if size:
                _write(empty, home, size, holder=session.info.backend_pid)
        if migrated:
            migrate(conninfo, address="the made library")
            if size:
                with psycopg.connect(conninfo) as made:
                    made.execute(_AT_WORK)
        yield Template(name, home)


def copy_of(server: Server, template: Template) -> Settings:
    """The settings of a fresh copy."""
    conninfo = server.copy_database(template.database)
    return Settings(home=template.home, database_url=conninfo)


def _migrate_to(session: psycopg.Connection[Any], version: int) -> None:
    session.execute(
        "CREATE TABLE schema_version"
        " (version integer PRIMARY KEY, name text NOT NULL, applied timestamptz NOT NULL DEFAULT now())"
    )
    for each in all_migrations()[:version]:
        session.execute(each.sql.encode())
        session.execute("INSERT INTO schema_version (version, name) VALUES (%s, %s)", (each.version, each.name))


def _write(session: psycopg.Connection[Any], home: Path, size: int, *, holder: int) -> None:
    _write_datasources(session, home)
    _write_assets(session, home, size)
    _write_runs(session, holder, _root_of(home / "roofs"))
    for table, first in (("asset", FIRST_ID + size + TRASHED), ("run", 7)):
        session.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {first}, false)")
    session.execute("INSERT INTO project (name) VALUES ('Ripeness 2026')")
    session.execute("INSERT INTO project_asset SELECT 1, id FROM asset WHERE id % 5 = 0 AND state <> 2")


def _write_datasources(session: psycopg.Connection[Any], home: Path) -> None:
    cameras = home / "harbour cams"
    cameras.mkdir(parents=True, exist_ok=True)
    (home / "roofs").mkdir(exist_ok=True)
    rows = (
        ("orchard", "s3://photos/2026/", {"schedule": "every: 6h"}),
        ("harbour cams", cameras.as_uri(), {"schedule": "30 3 * * *", "timezone": "Europe/Berlin"}),
        ("roof survey", (home / "roofs").as_uri(), {}),
        ("not run yet", "s3://archive/", {}),
    )
    for name, uri, settings in rows:
        access = {"anonymous": uri.startswith("s3"), "endpoint": None, "region": None, "profile": None}
        session.execute(
            "INSERT INTO datasource (name, uri, access, settings) VALUES (%s, %s, %s, %s)",
            (name, uri, json.dumps(access), json.dumps(settings)),
        )
        if settings:
            session.execute(
                "INSERT INTO schedule (datasource_id, said, timezone, anchor, next_due)"
                " SELECT id, %s, %s, now(), now() + interval '190 minutes' FROM datasource WHERE name = %s",
                (settings["schedule"], settings.get("timezone"), name),
            )


def make_name(number: int) -> str:
    """The name of the asset at this position."""
    return f"{PLACES[number % len(PLACES)].lower().replace(' ', '-')}-{number:05d}.jpg"


def make_metadata(number: int) -> dict[str, str | int | float | bool]:
    """Its metadata, the same every time."""
    rng = random.Random(number)  # noqa: S311 - pictures, not secrets
    metadata: dict[str, str | int | float | bool] = {
        "place": PLACES[number % len(PLACES)],
        "score": round(rng.random(), 3),
    }
    if number % 2:
        metadata |= {"camera.id": f"cam-{number % 7}", "night": number % 4 == 1, "shift": number % 3}
    return metadata


def make_state(number: int, size: int) -> int:
    """The state of an asset, as the column has it. Those in the trash come after those that are shown."""
    if number >= size:
        return TRASH
    return MISSING if number % 11 == 4 else PRESENT


def _asset_rows(size: int) -> Iterator[tuple[object, ...]]:
    now = datetime.now(UTC)
    warning = "The sidecar's key `bad key` was left out: only letters, digits, `_` and `.` are allowed."
    for number in range(size + TRASHED):
        width, height = SIZES[number % len(SIZES)]
        key = f"2026/{number % 12 + 1:02d}/{make_name(number)}"
        metadata = make_metadata(number)
        by_user = {"shift": ["user", (now - timedelta(hours=2)).isoformat()]} if "shift" in metadata else {}
        yield (
            FIRST_ID + number, 1 if number % 3 and number < size else 2, key, make_name(number),
            make_state(number, size), f"{number:032x}",
            400_000 + number * 3571 % 8_600_000, now - timedelta(days=number % 400, minutes=number), "STANDARD",
            "image/jpeg", width, height, 6 if number % 4 == 1 else 1, digest_of(number),
            PLACEHOLDERS[number % len(PLACEHOLDERS)], json.dumps(FACTS), json.dumps(metadata), json.dumps(by_user),
            key.replace(".jpg", ".json"), now - timedelta(days=3), [warning] if number % 6 == 1 else [],
            now - timedelta(days=3), now - timedelta(hours=number % 900),
        )  # fmt: skip


def _write_assets(session: psycopg.Connection[Any], home: Path, size: int) -> None:
    columns = (
        "id, datasource_id, key, name, state, token, size, modified, storage_class, media_type, width, height,"
        " orientation, digest, placeholder, facts, metadata, provenance, sidecar_key, sidecar_at, warnings, created,"
        " updated"
    )
    with session.cursor().copy(f"COPY asset ({columns}) FROM STDIN".encode()) as copy:
        for row in _asset_rows(size):
            copy.write_row(row)
    # Of an asset in the trash, the object vanished.
    session.execute(
        "INSERT INTO object (datasource_id, state, size, asset_id, key, token)"
        " SELECT datasource_id, CASE state WHEN 0 THEN 0 WHEN 1 THEN 1 ELSE 3 END, size, id, key, token FROM asset"
    )
    session.execute(
        "INSERT INTO asset_tag (tag, asset_id) SELECT tag, asset.id FROM asset,"
        " unnest(%s::text[]) WITH ORDINALITY AS tags (tag, place) WHERE place <= (asset.id - 1000) %% 3",
        (list(TAGS),),
    )
    for number in ORIGINALS:
        if number < size:
            path = home / "harbour cams" / f"2026/{number % 12 + 1:02d}" / make_name(number)
            path.parent.mkdir(parents=True, exist_ok=True)
            width, height = SIZES[number % len(SIZES)]
            scale = 1600 / max(width, height)
            path.write_bytes(picture(number, round(width * scale), round(height * scale), "JPEG"))


# id, datasource, trigger, state, minutes since its start, seconds that it took, counts, requests, bytes, error
_RUNS = (
    (1, 1, "mirror", "succeeded", 2880, 192, {"listed": 24060, "selected": 12030, "new": 12026, "failed": 4},
     {"list": 25, "get": 12030}, 41_000_000_000, None),
    (2, 2, "mirror", "cancelled", 1440, 9, {"listed": 4000, "selected": 3990, "new": 120}, {"list": 4, "get": 120}, 0,
     None),
    (3, 1, "mirror", "succeeded", 300, 41, {"listed": 24080, "selected": 12045, "new": 12, "changed": 3, "moved": 1,
     "missing": 2, "unchanged": 12020, "skipped": 4, "failed": 3, "metadata_changed": 2},
     {"list": 25, "get": 17, "head": 2}, 64_200_000, None),
    (4, 2, "mirror", "failed", 120, 3, {}, {"list": 1}, 0,
     "The bucket refused to list harbour-cams (403 AccessDenied). Grant s3:ListBucket on it."),
    (5, 1, "mirror", "running", 1, None, {"listed": 48200, "selected": 24080, "new": 310, "unchanged": 23770},
     {"list": 49, "get": 310}, 812_000_000, None),
    (6, 3, "mirror", "held", 30, 60, {"listed": 12, "selected": 12, "unchanged": 12}, {"list": 1}, 0, None),
)  # fmt: skip


# The run at work, whose lease nobody renews, is half through and has just moved.
_AT_WORK = """
UPDATE lease SET moved = expires;
UPDATE job SET progress = '{"step": "processing", "done": 310, "total": 640, "unit": "objects", "counts": {}}'
WHERE id = 5;
"""


def _write_runs(session: psycopg.Connection[Any], holder: int, root: str) -> None:
    for identity, source, trigger, state, minutes, seconds, counts, requests, read, error in _RUNS:
        session.execute(
            "INSERT INTO run (id, datasource_id, trigger, state, started, finished, counts, requests, bytes_read,"
            " error)"
            " OVERRIDING SYSTEM VALUE VALUES (%(id)s, %(source)s, %(trigger)s, %(state)s,"
            " now() - make_interval(mins => %(minutes)s),"
            " now() - make_interval(mins => %(minutes)s) + make_interval(secs => %(seconds)s),"
            " %(counts)s, %(requests)s, %(read)s, %(error)s)",
            {
                "id": identity, "source": source, "trigger": trigger, "state": state, "minutes": minutes,
                "seconds": seconds, "counts": json.dumps(counts), "requests": json.dumps(requests), "read": read,
                "error": error,
            },
        )  # fmt: skip
    session.execute(
        "INSERT INTO lease (datasource_id, run_id, holder, backend_pid, backend_start, expires)"
        " SELECT 1, 5, gen_random_uuid(), pid, backend_start, now() + interval '1 day'"
        " FROM pg_stat_activity WHERE pid = %s",
        (holder,),
    )
    session.execute(
        "INSERT INTO hold (run_id, reason, count, by_prefix, plan_hash, root) VALUES (6, %s, 55, %s, %s, %s)",
        (
            "More than half of 2026/01/ is gone: 40 of 41 objects.",
            json.dumps({"2026/01/": 40, "2026/02/": 15}),
            "ab" * 32,
            root,
        ),
    )
    session.execute("INSERT INTO held_removal (run_id, key) SELECT 6, 'k' || n FROM generate_series(1, 55) AS n")
    rows: list[tuple[str, str, str | None, str | None, int | None]] = [
        ("2026/01/empty.jpg", "skipped", None, "The object is empty.", None),
        ("2026/01/half.jpg", "failed", "decode", "The image ends in the middle: 40% of its rows are there.", None),
        ("2026/02/huge.png", "failed", "probe", "60,000 x 60,000 pixels are more than the limit of 268 million.", None),
        ("2026/02/notes.jpg", "failed", "identify", "The bytes are a ZIP archive, not an image.", None),
        ("2026/03/gone.jpg", "missing", None, None, 1004),
        ("2026/05/orchard-01.jpg", "changed", None, None, 1001),
        ("2026/06/renamed.jpg", "moved", None, None, 1002),
        *((f"2026/07/{make_name(number)}.new", "new", None, None, FIRST_ID + number) for number in range(12)),
    ]
    session.cursor().executemany(
        "INSERT INTO outcome (run_id, key, kind, stage, reason, asset_id) VALUES (3, %s, %s, %s, %s, %s)", rows
    )
    session.execute("INSERT INTO outcome (run_id, key, kind, stage) VALUES (4, '2026/01/half.jpg', 'failed', 'decode')")


def _root_of(folder: Path) -> str:
    """The identity of the folder, as passes of that version stored it."""
    facts = folder.stat()
    return f"{facts.st_dev}:{facts.st_ino}"


def digest_of(number: int) -> bytes:
    """The digest of an asset: its picture's, since different bytes are not needed."""
    return blake3.blake3(b"picture %d" % (number % PICTURES)).digest()


def thumbnails(home: Path) -> None:
    """Write the thumbnails of all made pictures, as that version did: each as a file of its own."""
    store = LibraryStore.in_folder(Settings(home=home).thumbnails).store
    for number in range(PICTURES):
        width, height = SIZES[number % len(SIZES)]
        scale = 320 / max(width, height)
        thumbnail = picture(number, max(1, round(width * scale)), max(1, round(height * scale)))
        store.put(single_key(digest_of(number)), thumbnail)


@lru_cache(maxsize=64)
def picture(seed: int, width: int, height: int, kind: str = "WEBP") -> bytes:
    """A made landscape: a sky, a sun and ranges of hills, different for every seed."""
    rng = random.Random(seed)  # noqa: S311 - pictures, not secrets
    hue = rng.random()
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for y in range(height):
        t = y / height
        draw.line([(0, y), (width, y)], fill=_colour(hue + 0.12 * t, 0.55 - 0.35 * t, 0.45 + 0.5 * t))
    radius, x, y = height * rng.uniform(0.06, 0.14), width * rng.uniform(0.2, 0.8), height * rng.uniform(0.2, 0.45)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_colour(hue + 0.1, 0.15, 1.0))
    image = image.filter(ImageFilter.GaussianBlur(1.2))
    draw = ImageDraw.Draw(image)
    for layer in range(5):
        base, phase, swing = height * (0.5 + 0.1 * layer), rng.uniform(0, 6), height * rng.uniform(0.03, 0.09)
        ridge = [
            (px, base + swing * math.sin(phase + px / width * (4 + layer)) + swing / 3 * math.sin(phase * 3 + px / 17))
            for px in range(0, width + 4, 4)
        ]
        draw.polygon([(0, height), *ridge, (width, height)], fill=_colour(hue + 0.45, 0.45, 0.62 - 0.12 * layer))
    out = io.BytesIO()
    image.save(out, kind, quality=82)
    return out.getvalue()


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    parts = Image.new("HSV", (1, 1), (int(hue * 255) % 256, int(saturation * 255), int(max(0.0, value) * 255) % 256))
    found = parts.convert("RGB").getpixel((0, 0))
    assert isinstance(found, tuple)
    return int(found[0]), int(found[1]), int(found[2])
