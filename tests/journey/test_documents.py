"""The examples of the tutorial and of the other pages run as they are written, and print what the pages show."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from tests.support import azurite, preloaded, s3stub
from tests.support.buckets import picture
from tests.support.cli import COMMAND, Cli
from tests.support.documents import ROOT, blocks, run_page
from tests.support.gcsstub import GcsStub
from tests.support.postgres import Server, address_of

DOCS = ROOT / "docs"
TUTORIAL = DOCS / "tutorial" / "first-library.md"
PAGES = [page for folder in ("how-to", "operations") for page in sorted((DOCS / folder).glob("*.md"))]
RUNNABLE = [page for page in PAGES if any(block.runs for block in blocks(page))]
BUCKET = "my-bucket"


@dataclass(frozen=True)
class Place:
    """A home folder with the library of the tutorial, and what the names in the pages stand for here."""

    environ: Mapping[str, str]
    home: Path
    replaced: Mapping[str, str]

    def run(self, page: Path, folder: Path) -> None:
        run_page(page, self.environ, folder=folder, replaced=self.replaced)


@pytest.fixture(scope="module")
def bucket() -> Iterator[s3stub.S3Stub]:
    """A server with the bucket that the pages name."""
    with s3stub.S3Stub() as stub:
        stub.create_bucket(BUCKET)
        for number, key in enumerate(("photos/a.png", "photos/b.png", "photos/raw/c.png", "other/d.png")):
            stub.put(BUCKET, key, picture((number, 0, 0)))
        yield stub


@pytest.fixture(scope="module")
def google() -> Iterator[GcsStub]:
    """The same bucket at Google Cloud Storage, open to everybody."""
    with GcsStub() as stub:
        stub.create_bucket(BUCKET, public=True)
        for number, key in enumerate(("photos/a.png", "photos/b.png", "photos/raw/c.png", "other/d.png")):
            stub.put(BUCKET, key, picture((number, 1, 0)))
        yield stub


@pytest.fixture(scope="module")
def container() -> Iterator[azurite.Azurite]:
    """A server with the account and the container that a page names."""
    with azurite.Azurite("photoarchive") as server:
        made = server.opened("photos")
        made.create()
        for number, key in enumerate(("2026/a.png", "2026/b.png", "other.png")):
            made.put(key, picture((number, 0, 0)))
        yield server


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory,
    postgres_server: Server,
    bucket: s3stub.S3Stub,
    google: GcsStub,
    container: azurite.Azurite,
) -> Place:
    """The tutorial has run here."""
    home = tmp_path_factory.mktemp("person")
    with psycopg.connect(postgres_server.conninfo, autocommit=True) as session:
        session.execute("CREATE DATABASE documents TEMPLATE template0")
    given = {
        "HOME": str(home),
        "STORAGE_EMULATOR_HOST": google.endpoint,  # Google itself is a server of ours here
        "MIRRORLAKE_DATABASE_URL": address_of(postgres_server.new_database()),
        "NEW_DATABASE_URL": address_of(make_conninfo(postgres_server.conninfo, dbname="documents")),
    }
    environ = Cli(home / "library", given).environ
    commands = tmp_path_factory.mktemp("commands")
    preloaded.write_command(commands)
    environ["PATH"] = f"{commands}:{COMMAND.parent}:{environ['PATH']}"
    environ["AWS_SHARED_CREDENTIALS_FILE"] = str(home / ".aws" / "credentials")
    environ["AWS_CONFIG_FILE"] = str(home / ".aws" / "config")
    port = _free_port()
    at_aws = rf"mirrorlake mirror s3://{BUCKET}(?!.*--(?:endpoint|connection))"
    found = Place(
        environ,
        home,
        {
            r"mirrorlake up\b": f"mirrorlake up --port {port}",
            r"127\.0\.0\.1:8765": f"127.0.0.1:{port}",
            # AWS itself is a server of ours here.
            at_aws: f"mirrorlake mirror --endpoint {bucket.endpoint} s3://{BUCKET}",
            r"https://minio\.example:9000": bucket.endpoint,
            r"mirrorlake mirror az://": f"mirrorlake mirror --endpoint {container.endpoint} az://",
            "cGxhY2Vob2xkZXIga2V5IG9mIGFuIGFjY291bnQ=": azurite.KEY,
            "AKIAIOSFODNN7EXAMPLE": s3stub.ACCESS_KEY,
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY": s3stub.SECRET_KEY.replace("\\", r"\\"),
        },
    )
    found.run(TUTORIAL, ROOT)
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_tutorial_goes_as_it_says(place: Place) -> None:
    assert (place.home / "tutorial" / "pictures").is_dir()


@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: page.stem)
def test_a_page_goes_as_it_says(page: Path, place: Place) -> None:
    place.run(page, place.home / "tutorial")


def test_an_example_that_does_not_run_says_why() -> None:
    for page in [TUTORIAL, *PAGES]:
        for block in blocks(page):
            assert block.runs or re.match(r"not run: \w+", block.note), f"{page}, line {block.line}"


@pytest.mark.parametrize(
    ("command", "mark"),
    [
        ("mirror ./pictures", "labels_changed"),
        ("verify", "verified"),
        ("thumbnails check", "misplaced"),
        ("thumbnails make", "different"),
        ("thumbnails clean --hours 0", "young"),
        ("backup ../reference.backup --force", "path"),
    ],
)
def test_json_has_the_fields_that_the_reference_shows(command: str, mark: str, place: Place) -> None:
    page = (DOCS / "reference" / "json-output.md").read_text("utf-8")
    blocks_of_page = re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    shown = [one for block in blocks_of_page for one in documents(block)]
    done = subprocess.run(
        ["mirrorlake", *command.split(), "--json"],  # as the pages run it
        env=place.environ,
        cwd=place.home / "tutorial",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    *_, summary = documents(done.stdout)
    assert [list(one) for one in shown if mark in one] == [list(summary)]


def documents(text: str) -> Iterator[Any]:
    """The JSON documents of a text, one after another."""
    decoder, text = json.JSONDecoder(), text.strip()
    while text:
        found, end = decoder.raw_decode(text)
        yield found
        text = text[end:].lstrip()
