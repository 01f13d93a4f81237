"""Copies of images in exports, turned by their EXIF orientation."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from tests.support.postgres import Server

from mirrorlake.catalog import datasources, ontologies
from mirrorlake.core.errors import UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.mirror.pass_plan import RunContext
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.mirror.run import run_pass
from mirrorlake.model.exports import AssetExport, ExportFormat, ExportOptions
from mirrorlake.model.jobs import JobKind
from mirrorlake.model.labels import LabelClass, LabelExport, LabelExportOptions, Shape
from mirrorlake.model.sources import Access, Location, MirrorSettings, Provider
from mirrorlake.postgres.pool import Catalog, open_catalog
from mirrorlake.processing.library_store import LibraryStore

Library = tuple[Catalog, Settings, dict[str, bytes]]


def _picture(kind: str, orientation: int, pages: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = BytesIO()
    first, *others = [Image.new("RGB", (24, 16), colour) for colour in ("red", "blue")[:pages]]
    more = {"save_all": True, "append_images": others} if others else {}
    first.save(file, kind, exif=exif, **more)
    return file.getvalue()


@pytest.fixture(scope="module")
def library(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    place = tmp_path_factory.mktemp("upright")
    data = {
        "lying.jpg": _picture("JPEG", 6),
        "upright.jpg": _picture("JPEG", 1),
        "pages.tif": _picture("TIFF", 6, pages=2),
    }
    (place / "pictures").mkdir()
    (place / "plan").mkdir()
    for key, content in data.items():
        (place / "pictures" / key).write_bytes(content)
    settings = Settings(home=place / "home", database_url=postgres_server.new_database())
    with open_catalog(settings) as catalog:
        source = datasources.create(
            catalog,
            name="pictures",
            location=Location(provider=Provider.FILE, container=str(place / "pictures")),
            access=Access(),
            settings=MirrorSettings(),
        )
        context = RunContext(
            catalog=catalog,
            thumbnails=LibraryStore.in_folder(settings.thumbnails),
            workdir=place / "plan",
            processes=0,
            ranges=1,
        )
        assert run_pass(source, context, NullProgress()).counts.new == len(data)
        ontologies.save(catalog, "site", [LabelClass(name="load", shape=Shape.BOX, colour="#ff0000")])
        yield catalog, settings, data


def _labels(library: Library, options: LabelExportOptions) -> LabelExport:
    catalog, settings, _ = library
    return run_here(settings, catalog, new_job(JobKind.LABELS_EXPORT, options, requested_by="bob"))


def _assets(library: Library, options: ExportOptions) -> AssetExport:
    catalog, settings, _ = library
    return run_here(settings, catalog, new_job(JobKind.ASSETS_EXPORT, options, requested_by="bob"))


def test_copied_images_can_be_turned_upright(library: Library, tmp_path: Path) -> None:
    out = tmp_path / "set"
    made = _labels(
        library, LabelExportOptions(query="", format="yolo", path=str(out), copy_images=True, bake_orientation=True)
    )
    assert (made.copied, made.not_copied_count) == (2, 1)
    assert "2 pages or frames" in made.not_copied[0]
    assert Image.open(BytesIO((out / "images" / "lying.jpg").read_bytes())).size == (16, 24)
    assert (out / "images" / "upright.jpg").read_bytes() == library[2]["upright.jpg"]


def test_shards_can_hold_upright_images(library: Library, tmp_path: Path) -> None:
    options = ExportOptions(format=ExportFormat.WEBDATASET, path=str(tmp_path / "set"), bake_orientation=True)
    made = _assets(library, options)
    assert made.left_out_count == 1
    with tarfile.open(tmp_path / "set" / "shard-000000.tar") as shard:
        files = [shard.extractfile(one) for one in shard if one.name.endswith(".jpg")]
        contents = [file.read() for file in files if file is not None]
    assert sorted(Image.open(BytesIO(one)).size for one in contents) == [(16, 24), (24, 16)]
    assert library[2]["upright.jpg"] in contents


def test_only_copies_can_be_turned(library: Library, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Only copied images"):
        _labels(
            library,
            LabelExportOptions(query="", format="coco", path=str(tmp_path / "set.json"), bake_orientation=True),
        )
    with pytest.raises(UsageError, match="copies no images"):
        _assets(library, ExportOptions(path=str(tmp_path / "a.csv"), format=ExportFormat.CSV, bake_orientation=True))
    assert list(tmp_path.iterdir()) == []
