"""A full disk ends a pass with one sentence; what was committed stays, and with room the next pass goes on."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from tests.support.cli import COMMAND, Cli, Result
from tests.support.disks import SmallDisk, small_disk

from mirrorlake.core.errors import DiskFull
from mirrorlake.mirror.spool import write_spool
from mirrorlake.model.columns import CHANGES
from mirrorlake.postgres.embedded import stop

pytestmark = pytest.mark.long

PHOTOS = 300
FEW = 40  # of which all thumbnails fit


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noise: its thumbnails are large, its files are quickly read."""
    root = tmp_path_factory.mktemp("noise")
    for number in range(PHOTOS):
        Image.effect_noise((320, 240), 100).convert("RGB").save(root / f"{number:03}.jpg", quality=60)
    return root


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "small", mebibytes=8) as disk:
        yield disk


def one_sentence(result: Result) -> bool:
    # A slow machine says before it how far a pass is.
    said = [line for line in result.err.splitlines() if not line.startswith(("listing: ", "looking: "))]
    return result.code == 1 and len(said) == 1 and said[0].startswith("error: ")


def test_a_plan_that_cannot_be_written_is_a_full_disk() -> None:
    batch = CHANGES.empty_table().to_batches() or []
    with pytest.raises(DiskFull, match="/dev"):
        write_spool(Path("/dev/full"), batch)


def test_a_result_that_cannot_be_written_is_told(cli: Cli, tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [COMMAND, "mirror", tmp_path.as_uri(), "--json"],
            env=cli.environ,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert one_sentence(Result(done.returncode, "", done.stderr)), done.stderr
    assert "standard output" in done.stderr
    assert cli.run("runs", "list", "--json").lines[0]["state"] == "succeeded"


def test_a_full_data_folder_keeps_what_was_committed(cli: Cli, disk: SmallDisk, photos: Path) -> None:
    cli = Cli(disk.root / "home", {**cli.environ, "MIRRORLAKE_HOME": str(disk.root / "home")})
    disk.fill()
    nothing = cli.run("mirror", photos.as_uri(), "--jobs", "1", "--json")
    assert one_sentence(nothing), nothing.err
    assert "No space is left" in nothing.err

    disk.empty()
    few = disk.root.parent / "few"
    few.mkdir()
    for photo in sorted(photos.iterdir())[:FEW]:
        shutil.copy(photo, few)
    assert cli.mirror(few.as_uri(), "--jobs", "1")["new"] == FEW
    some = cli.run("mirror", photos.as_uri(), "--jobs", "1", "--json")
    assert one_sentence(some), some.err
    report = some.json
    assert report["state"] == "failed"
    assert some.err.endswith(f"error: {report['error']}\n")
    assert "No space is left for thumbnails" in some.err
    kept = report["new"]  # as far as packs had room
    assert (kept < PHOTOS, len(cli.search())) == (True, FEW + kept)

    roomy = cli.with_environ(MIRRORLAKE_HOME=str(disk.root.parent / "roomy"))
    rest = roomy.mirror(photos.as_uri())
    assert (rest["unchanged"], rest["new"]) == (kept, PHOTOS - kept)
    assert rest["requests"]["get"] == PHOTOS - kept


def test_a_full_disk_of_the_embedded_database_loses_nothing(tmp_path: Path, photos: Path) -> None:
    few = tmp_path / "few"
    few.mkdir()
    Image.new("RGB", (32, 32), "red").save(few / "a.png")
    with small_disk(tmp_path / "volume", mebibytes=256) as disk:
        cli = Cli(disk.root / "home", {})
        try:
            cli.mirror(few.as_uri(), "--jobs", "1")
            disk.fill(leave=2 << 20)
            full = cli.run("mirror", photos.as_uri(), "--jobs", "1", "--json")
            assert one_sentence(full), full.err
            assert "No space is left" in full.err
            assert full.json["state"] == "failed"
            cli.run("down")
            disk.fill()
            down = cli.run("search", "", "--json")
            assert one_sentence(down), down.err
            assert "no space is left on the disk" in down.err.lower()
            disk.empty()
            assert "a.png" in [asset["name"] for asset in cli.search()]
            rest = cli.mirror(photos.as_uri())
            assert rest["new"] + rest["unchanged"] == PHOTOS
        finally:
            stop(disk.root / "home")
