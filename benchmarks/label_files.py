"""A pass that finds new YOLO files of known images in a local folder, reads them and loads their annotations.

Beside it, in the same rounds, the physical limit: their finished rows are copied while another thread reads the files.
"""

from __future__ import annotations

import random
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg

from benchmarks.measure import median, python, run
from benchmarks.place import CACHE, environment_of, fresh_home
from benchmarks.seed import CatalogSnapshot, know_listed
from benchmarks.tables import Table, number
from mirrorlake.catalog import datasources, ontologies
from mirrorlake.core.columnar import column
from mirrorlake.core.settings import Settings
from mirrorlake.model.label_sidecars import LabelSidecars, SidecarFormat
from mirrorlake.model.labels import LabelClass, Shape
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.sources import Access
from mirrorlake.postgres.pool import Catalog, open_catalog
from mirrorlake.processing.store_factory import StoreConfig
from mirrorlake.storage.address import parse_location
from mirrorlake.storage.listing import list_range

NAME = "bench"
GOAL = 8_000  # files a second
CLASSES, BOXES, A_FOLDER = 80, 10, 1000
_SPENT = ("seconds", "cpu", "database_cpu", "peak")
LABELS = LabelSidecars(
    format=SidecarFormat.YOLO,
    ontology="bench",
    image_pattern="images/{name**}.{ext}",
    label_pattern="labels/{name**}.txt",
)


def loaded(files: int, *, rounds: int) -> list[Table]:
    """Files of ten boxes each, whose images the catalog knows already."""
    folder = CACHE / f"label-files-{files}"
    costs: defaultdict[str, list[dict[str, float]]] = defaultdict(list)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with fresh_home() as home:
            _fill(folder, files)
            with open_catalog(Settings(home=home)) as catalog:
                _know_images(catalog, folder)
                for _ in range(rounds):
                    costs["the pass that lists, reads and loads them"].append(_one_pass(catalog, home, files))
                    costs["reading them beside one COPY of their rows"].append(_bare(home, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    ours, bare = ([each["seconds"] for each in spent] for spent in costs.values())
    table = Table(
        title=f"{files:,} YOLO files of {BOXES} boxes in a local folder, their images known",
        head=("", "wall s", "CPU s", "PostgreSQL CPU s", "peak MB"),
        rows=[
            (
                name,
                *(number(median([each[key] for each in spent])) for key in ("seconds", "cpu", "database_cpu", "peak")),
            )
            for name, spent in costs.items()
        ],
        notes=[
            f"{files / median(ours):,.0f} files a second (goal: {GOAL:,}).",
            (
                "Speed of the pass over that of the bare COPY:"
                f" {median([limit / spent for spent, limit in zip(ours, bare, strict=True)]):.2f}."
            ),
        ],
    )
    return [table]


def _fill(folder: Path, files: int) -> None:
    chance = random.Random(1)  # noqa: S311  no secret
    for i in range(files):
        if i % A_FOLDER == 0:
            for kind in ("images", "labels"):
                (folder / kind / f"{i // A_FOLDER:04}").mkdir(parents=True)
        name = f"{i // A_FOLDER:04}/{i:07}"
        (folder / "images" / f"{name}.jpg").write_bytes(b"x")
        lines = (
            f"{chance.randrange(CLASSES)} {chance.uniform(0.3, 0.6):.6f} {chance.uniform(0.3, 0.6):.6f}"
            f" {chance.uniform(0.01, 0.5):.6f} {chance.uniform(0.01, 0.5):.6f}\n"
            for _ in range(BOXES)
        )
        (folder / "labels" / f"{name}.txt").write_text("".join(lines), encoding="ascii")


def _know_images(catalog: Catalog, folder: Path) -> None:
    uri = f"file://{folder}"
    location = parse_location(uri)
    store = StoreConfig(location=location, access=Access(), listing_ordered=None).open()

    def known() -> Iterator[CatalogSnapshot]:
        for batch in list_range(store, KeyRange(prefix="images/")):
            values = (column(batch, name).to_pylist() for name in ("key", "size", "token"))
            for key, size, token in zip(*values, strict=True):
                yield key, size, token, None, None, None

    know_listed(catalog, name=NAME, uri=uri, access=Access(), known=known())
    classes = [
        LabelClass(name=f"c{i}", shape=Shape.BOX, colour="#000000", external_ids={"YOLO": str(i)})
        for i in range(CLASSES)
    ]
    ontologies.save(catalog, LABELS.ontology, classes)
    datasources.change_settings(catalog, NAME, lambda stored: replace(stored, labels=LABELS))


def _one_pass(catalog: Catalog, home: Path, files: int) -> dict[str, float]:
    with psycopg.connect(catalog.conninfo, autocommit=True) as session:
        session.execute("TRUNCATE annotation, label_file")
        session.execute("CHECKPOINT")
        flags = ["--home", str(home), "--name", NAME]
        spent = run(python("benchmarks.one_pass", *flags), environment_of(home)).document()
        row = session.execute("SELECT count(*) FROM annotation").fetchone()
    report: dict[str, object] = spent["report"]  # type: ignore[assignment]
    if row != (files * BOXES,) or report["labels_changed"] != files:
        raise RuntimeError(f"{row} annotations were loaded: {report}")
    return spent


def _bare(home: Path, folder: Path) -> dict[str, float]:
    flags = ["--home", str(home), "--labels", str(folder / "labels")]
    return run(python("benchmarks.bare_labels", *flags), environment_of(home)).document()
