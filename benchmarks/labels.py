"""Imports and exports of labels, beside a bare COPY of the same rows and beside reading the files alone."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import median, python, run, tree_cpu
from benchmarks.one_pass import postmaster
from benchmarks.place import environment_of, fresh_home
from benchmarks.tables import Table, number
from mirrorlake.catalog import ontologies
from mirrorlake.core.settings import Settings
from mirrorlake.labels.ontology import next_colour
from mirrorlake.library.label_import import import_labels
from mirrorlake.model.access import LIBRARY
from mirrorlake.model.labels import LabelClass, LabelImportOptions, Shape
from mirrorlake.postgres.pool import Catalog, open_catalog

BOXES = 10  # in each file
CLASSES = 80
GOAL = 8_000  # files a second
_COLUMNS = "asset_id, class_id, x, y, width, height, source, by"
_ASSETS = (
    "WITH source AS (INSERT INTO datasource (name, uri, access, settings) VALUES ('s', '', '{}', '{}') RETURNING id)"
    " INSERT INTO asset (datasource_id, key, name, token, size, kind, media_type, width, height, orientation, digest,"
    " placeholder) SELECT source.id, 'images/' || to_char(place, 'FM00000000') || '.jpg', place::text, '', 1, 'image',"
    " 'image/jpeg', 640, 480, 1, '', '' FROM source, generate_series(0, %s - 1) AS place"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """What one piece of work took."""

    seconds: float
    cpu: float  # of this process
    database_cpu: float


def imports_and_exports(files: int, *, rounds: int) -> list[Table]:
    """An import of YOLO files and exports of their boxes. `files` is a power of ten."""
    rows: dict[str, list[Timed]] = {}

    def measure(name: str, work: Callable[[], object]) -> None:
        started, cpu, database_cpu = time.perf_counter(), time.process_time(), tree_cpu(postmaster(home))
        work()
        rows.setdefault(name, []).append(
            Timed(
                seconds=time.perf_counter() - started,
                cpu=time.process_time() - cpu,
                database_cpu=tree_cpu(postmaster(home)) - database_cpu,
            )
        )

    with (
        tempfile.TemporaryDirectory() as name,
        fresh_home() as home,
        open_catalog(Settings(home=home)) as catalog,
    ):
        folder = Path(name)
        _write_files(folder / "set", files)
        _fill(catalog, files)
        options = LabelImportOptions(path=str(folder / "set"), format="yolo", ontology="site")
        import_labels(catalog, options, _no_step, by=LIBRARY)
        with catalog.session() as session:
            stored = session.execute("SELECT count(*) FROM annotation").fetchone()
            if stored != (files * BOXES,):
                raise RuntimeError(f"{stored} annotations were stored")
            session.execute("VACUUM ANALYZE asset")
            with session.cursor().copy(f"COPY annotation ({_COLUMNS}) TO STDOUT (FORMAT BINARY)") as copy:
                copied = b"".join(copy)
        for _ in range(rounds):
            measure("reading the files", lambda: _read_all(folder / "set"))
            _empty(catalog)
            measure("bare COPY of the rows, with indexes", lambda: _copy(catalog, copied))
            _empty(catalog)
            measure("the import", lambda: import_labels(catalog, options, _no_step, by=LIBRARY))
        exports = _exports(home, folder, files, rounds=rounds)
    return [_table(rows, files), exports]


def _exports(home: Path, folder: Path, files: int, *, rounds: int) -> Table:
    """The same export of a tenth of the boxes and of all, each in a process of its own: its memory must not grow."""
    shown: list[tuple[str, ...]] = []
    peaks: list[float] = []
    tenth = "0" * (8 - len(str(files // 10 - 1)))  # with which the names of these files begin
    for count, query in ((files // 10, f"path:images/{tenth}*"), (files, "")):
        costs: list[tuple[float, float, float, float]] = []
        for turn in range(rounds):
            out = folder / f"{count}-{turn}.json"
            command = python("benchmarks.one_label_export", "--home", str(home), "--query", query, "--out", str(out))
            before = tree_cpu(postmaster(home))
            cost = run(command, environment_of(home))
            costs.append((cost.wall, cost.cpu, tree_cpu(postmaster(home)) - before, cost.peak))
            if cost.document() != {"labels": count * BOXES}:
                raise RuntimeError(f"{cost.output} instead of {count * BOXES:,} labels")
            out.unlink()
        middle = [median(each) for each in zip(*costs, strict=True)]
        shown.append((f"{count * BOXES:,} boxes", *map(number, middle)))
        peaks.append(middle[-1])
    return Table(
        title="Exports as COCO",
        head=("", "wall s", "CPU s", "PostgreSQL CPU s", "peak MB"),
        rows=shown,
        notes=[f"Ten times the boxes need {peaks[1] / peaks[0]:.2f} times the memory."],
    )


def _table(rows: dict[str, list[Timed]], files: int) -> Table:
    shown = [
        (
            title,
            number(median([each.seconds for each in found])),
            number(median([each.cpu for each in found])),
            number(median([each.database_cpu for each in found])),
            f"{files / median([each.seconds for each in found]):,.0f}",
        )
        for title, found in rows.items()
    ]
    return Table(
        title=f"Labels: {files:,} YOLO files with {BOXES} boxes each, from a local folder",
        head=("", "wall s", "CPU s", "PostgreSQL CPU s", "files a second"),
        rows=shown,
        notes=[f"Goal of the import: {GOAL:,} files a second."],
    )


def _no_step(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


def _write_files(folder: Path, files: int) -> None:
    chosen = random.Random(1)  # noqa: S311  numbers of a benchmark
    labels = folder / "labels"
    labels.mkdir(parents=True)
    for each in range(files):
        lines = [
            f"{chosen.randrange(CLASSES)} {chosen.uniform(0.2, 0.8):.6f} {chosen.uniform(0.2, 0.8):.6f}"
            f" {chosen.uniform(0.01, 0.4):.6f} {chosen.uniform(0.01, 0.4):.6f}\n"
            for _ in range(BOXES)
        ]
        (labels / f"{each:08}.txt").write_text("".join(lines), encoding="ascii")


def _fill(catalog: Catalog, files: int) -> None:
    with catalog.write() as connection:
        connection.execute(_ASSETS, (files,))
    classes = [LabelClass(name=str(each), shape=Shape.BOX, colour=next_colour(each)) for each in range(CLASSES)]
    ontologies.save(catalog, "site", classes)


def _empty(catalog: Catalog) -> None:
    with catalog.session() as session:
        session.execute("TRUNCATE annotation")
        session.execute("CHECKPOINT")


def _copy(catalog: Catalog, rows: bytes) -> None:
    with (
        catalog.session() as session,
        session.cursor().copy(f"COPY annotation ({_COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        for start in range(0, len(rows), 1 << 20):
            copy.write(rows[start : start + (1 << 20)])


def _read_all(folder: Path) -> int:
    return sum(len(path.read_bytes()) for path in sorted(folder.rglob("*.txt")))
