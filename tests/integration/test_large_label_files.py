"""A label file of exactly the limit is read in bounded memory; one byte more, and its body is not read at all."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.passes import Mirrored, picture

from mirrorlake.catalog import annotations, ontologies, runs
from mirrorlake.model.label_sidecars import LABEL_FILE_BYTES, LabelSidecars, SidecarFormat
from mirrorlake.model.labels import LabelClass, Shape
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.address import parse_location
from mirrorlake.storage.providers.folder.store import FolderStore

POLYGONS, POINTS = 2_000, 300
FEW = 20  # polygons, where their number is not the point
# A file of the limit has 300 MB of bytes and half a million points, and takes three times that while it is read.
# Two such files are never held at once. Beside other work, a peak of 1,105,182,720 was measured.
MEMORY_BYTES = 1_200_000_000

_PASS = """
import json, resource, sys, tempfile
from pathlib import Path
from mirrorlake.catalog import datasources
from mirrorlake.mirror.pass_plan import RunContext
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.mirror.run import run_pass
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore

home = Path(sys.argv[2])
with Catalog(sys.argv[1]) as catalog, tempfile.TemporaryDirectory(dir=home) as workdir:
    source = datasources.by_name(catalog, sys.argv[3])
    parts = RunContext(catalog=catalog, thumbnails=LibraryStore.in_folder(home / "t"), workdir=Path(workdir),
                       processes=1, ranges=1)
    report = run_pass(source, parts, NullProgress())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"state": report.state.value, "peak": peak}))
"""


def encord(size: int, polygons: int = POLYGONS) -> Iterator[bytes]:
    """A label row of this many bytes: polygons, and a picture in one field, as Encord has of bitmasks."""
    points = ",".join(
        f'"{i}":{{"x":{0.5 + 0.4 * (i / POINTS if i < POINTS / 2 else 1 - i / POINTS):.16f},"y":{i / POINTS:.16f}}}'
        for i in range(POINTS)
    )
    one = f'{{"name":"forklift","shape":"polygon","polygon":{{{points}}}}}'.encode()
    head = b'{"data_units":{"u":{"width":640,"height":480,"labels":{"objects":['
    tail = b'],"classifications":[]}}},"mask":"'
    yield head
    left = size - len(head) - len(tail) - len(one) - 2
    yield one
    for _ in range(polygons - 1):
        yield b"," + one
        left -= 1 + len(one)
    yield tail
    while left:
        part = min(left, 1 << 20)
        yield b"x" * part
        left -= part
    yield b'"}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "bucket"
    folder.mkdir()
    return folder


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, folder: Path) -> Mirrored:
    ontologies.save(empty_catalog, "yard", [LabelClass(name="forklift", shape=Shape.POLYGON, colour="#ff0000")])
    location = parse_location(folder.as_uri())
    mirrored = Mirrored(empty_catalog, tmp_path, FolderStore(location), location=location)
    mirrored.change_all(labels=LabelSidecars(format=SidecarFormat.ENCORD, ontology="yard"))
    return mirrored


def test_files_of_the_limit_are_read_in_bounded_memory(mirrored: Mirrored, folder: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (folder / f"{name}.png").write_bytes(picture(ord(name)))
        with (folder / f"{name}.png.encord.json").open("wb") as file:
            file.writelines(encord(LABEL_FILE_BYTES))
        assert (folder / f"{name}.png.encord.json").stat().st_size == LABEL_FILE_BYTES
    arguments = [mirrored.catalog.conninfo, str(tmp_path), str(mirrored.source.name)]
    done = subprocess.run([sys.executable, "-c", _PASS, *arguments], check=True, stdout=subprocess.PIPE)
    found = json.loads(done.stdout)
    assert found["state"] == "succeeded"
    for asset in mirrored.assets().values():
        assert len(annotations.of_asset(mirrored.catalog, asset.id)) == POLYGONS
    assert found["peak"] < MEMORY_BYTES


def test_one_byte_more_is_refused_without_reading_the_body(mirrored: Mirrored, folder: Path) -> None:
    (folder / "a.png").write_bytes(picture(1))
    label = folder / "a.png.encord.json"
    label.write_bytes(b"".join(encord(1_000_000, FEW)))
    first = mirrored.run()
    (asset,) = mirrored.assets().values()
    assert len(annotations.of_asset(mirrored.catalog, asset.id)) == FEW
    assert first.requests.get == 2
    with label.open("r+b") as file:
        file.truncate(LABEL_FILE_BYTES + 1)
    second = mirrored.run()
    assert second.requests.get == 0
    (outcome,) = runs.outcomes(mirrored.catalog, second.run or 0, limit=9)
    assert (outcome.key, outcome.kind.value) == ("a.png.encord.json", "failed")
    assert outcome.reason == (
        "It was not read, and the labels stay as they were: it has 300,000,001 bytes; at most 300,000,000 are read."
    )
    assert len(annotations.of_asset(mirrored.catalog, asset.id)) == FEW


@pytest.mark.parametrize("length", [1, 128])
def test_a_suffix_of_every_allowed_length_finds_its_files(mirrored: Mirrored, folder: Path, length: int) -> None:
    suffix = "~" * length
    mirrored.change_all(labels=LabelSidecars(format=SidecarFormat.ENCORD, ontology="yard", suffix=suffix))
    (folder / "a.png").write_bytes(picture(1))
    (folder / f"a.png{suffix}").write_bytes(
        b'{"data_units":{"u":{"labels":{"objects":[{"name":"forklift","shape":"polygon","polygon":'
        b'{"0":{"x":0,"y":0},"1":{"x":1,"y":0},"2":{"x":1,"y":1}}}]}}}}'
    )
    assert mirrored.run().counts.new == 1
    (asset,) = mirrored.assets().values()
    assert len(annotations.of_asset(mirrored.catalog, asset.id)) == 1
