"""Backups as a person makes and restores them: from the database that comes with mirrorlake, and into another one."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.backups import rows_of
from tests.support.buckets import picture
from tests.support.cli import Cli
from tests.support.documents import ROOT
from tests.support.postgres import Server, address_of, discard, new_home

from mirrorlake.postgres.server_lock import find_running

PICTURES = 5


@pytest.fixture
def homes() -> Iterator[list[Path]]:
    """Two folders for homes with a database of their own."""
    made = [new_home(), new_home()]
    yield made
    for home in made:
        discard(home)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(PICTURES):
        (folder / f"{number}.png").write_bytes(picture((number, 0, 0)))
    return folder


def documented(field: str) -> list[str]:
    """The fields of the JSON document in the reference that has this one."""
    page = (ROOT / "docs" / "reference" / "json-output.md").read_text("utf-8")
    [found] = [block for block in re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL) if field in block]
    return list(json.loads(found))


def thumbnails(cli: Cli) -> list[object]:
    """What a check counts of the thumbnails."""
    found = cli.run("thumbnails", "check", "--json").json
    return [found[name] for name in ("assets", "thumbnails", "bytes", "lacking", "left_over", "packs")]


def test_a_library_moves_into_an_empty_home_and_into_an_external_database(
    homes: list[Path], photos: Path, tmp_path: Path, postgres_server: Server
) -> None:
    cli, path = Cli(homes[0], {}), tmp_path / "library.backup"
    cli.mirror(photos, "--jobs", "1")
    cli.run("tag", "add", "1", "ripe")
    (homes[0] / "token").write_text("a secret")

    made = cli.run("backup", path)
    assert made.code == 0, made.err
    assert made.out.startswith("5 assets and 5 thumbnails backed up in ")
    assert str(path) in made.out

    empty = Cli(homes[1], {})  # without a database yet
    external = Cli(tmp_path / "external", {"MIRRORLAKE_DATABASE_URL": address_of(postgres_server.new_database())})
    for target in (empty, external):
        done = target.run("restore", path, "--json")
        assert done.code == 0, done.err
        assert (done.json["assets"], done.json["thumbnails"], done.json["migrated"]) == (PICTURES, PICTURES, 0)
        assert list(done.json) == documented("interrupted")
        assert thumbnails(target) == thumbnails(cli)
        assert [asset["tags"] for asset in target.search("tag:ripe")] == [["ripe"]]
        report = target.mirror(photos, "--jobs", "1")
        assert (report["unchanged"], report["requests"]["get"], report["requests"]["head"]) == (PICTURES, 0, 0)
        assert not (target.home / "token").exists()  # a backup has no secrets
        again = target.run("restore", path)
        assert (again.code, again.out) == (1, "")
        assert "already contains a library" in again.err
    assert b"a secret" not in path.read_bytes()

    # And back: the external library has gone on, and its backup replaces the earlier file only with --force.
    assert external.run("backup", path).code == 2
    assert "exists already" in external.run("backup", path).err
    assert external.run("backup", path, "--force", "--no-thumbnails", "--json").json["thumbnails"] is None
    running = find_running(homes[1])
    assert running is not None
    assert rows_of(running).keys() == rows_of(external.environ["MIRRORLAKE_DATABASE_URL"]).keys()


def test_a_backup_that_cannot_be_restored_is_refused_in_one_sentence(
    cli: Cli, photos: Path, tmp_path: Path, postgres_server: Server
) -> None:
    path = tmp_path / "library.backup"
    cli.mirror(photos, "--jobs", "1")
    assert cli.run("backup", path).code == 0
    target = cli.with_environ(
        MIRRORLAKE_HOME=str(tmp_path / "restored"), MIRRORLAKE_DATABASE_URL=address_of(postgres_server.new_database())
    )
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        place = archive.getinfo("workspaces/1/tables/asset").header_offset + 100
    newer = tmp_path / "newer"
    with zipfile.ZipFile(newer, "w") as archive:
        archive.writestr("manifest.json", json.dumps(manifest | {"schema": 9999, "version": "7.0"}))
    for content, said in (
        (whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :], "is damaged: workspaces/1/tables/asset"),
        (whole[:-9], "no backup of mirrorlake, or it is damaged: its end is missing"),
        (newer.read_bytes(), "made by a newer mirrorlake ('7.0')"),
    ):
        path.write_bytes(content)
        refused = target.run("restore", path)
        assert (refused.code, refused.out, refused.err.count("\n")) == (1, "", 1), refused.err
        assert said in refused.err
        assert target.search() == []
    remote = target.with_environ(MIRRORLAKE_URL="http://127.0.0.1:1")
    for command in ("backup", "restore"):
        refused = remote.run(command, tmp_path / "other")
        assert (refused.code, refused.err.count("\n")) == (2, 1)
        assert "MIRRORLAKE_URL" in refused.err
    path.write_bytes(whole)
    assert target.run("restore", path).code == 0
