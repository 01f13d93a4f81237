"""Passes after a folder was renamed: what it costs to find the moves, without and with equal objects among them."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import median, ratio, tree_cpu
from benchmarks.one_pass import postmaster
from benchmarks.place import fresh_home
from benchmarks.seed import know_listed
from benchmarks.tables import Table, number
from mirrorlake.catalog import datasources
from mirrorlake.core.settings import Settings
from mirrorlake.mirror.pass_plan import RunContext
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.mirror.run import run_pass
from mirrorlake.postgres.pool import Catalog, open_catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.store_factory import OpenedStore
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.providers.s3.access import S3Access

FOLDERS = 100
TWINS_PERCENT = 30
GOAL = 2.0


@dataclass(slots=True)
class _Bucket:
    """A bucket in memory whose only folder gets another name before each pass."""

    name: str
    objects: int
    twins: int  # how many of them are equal to another one, in pairs
    renames: int = 0

    def known(self) -> list[tuple[str, str]]:
        """Key and token of each object; the objects of a pair have one name in two folders."""
        pair = self.objects // 2
        return [
            (
                f"v{self.renames}/{self.name}/{row // pair}-{row % FOLDERS}/{row % pair:06}.jpg",
                f"twin-{row % pair}" if row % pair < self.twins // 2 else f"one-{row}",
            )
            for row in range(self.objects)
        ]

    def store(self) -> MemoryStore:
        store = MemoryStore(page_rows=self.objects)  # it sorts for each page
        for key, token in self.known():
            store.put(key, b"x", token=token)
        return store


def renamed(objects: int, *, rounds: int) -> list[Table]:
    """A pass that finds a renamed folder of this many objects, beside one whose folder has no equal objects."""
    buckets = [_Bucket("single", objects, 0), _Bucket("twins", objects, objects * TWINS_PERCENT // 100)]
    seconds: dict[str, list[float]] = {bucket.name: [] for bucket in buckets}
    database: dict[str, list[float]] = {bucket.name: [] for bucket in buckets}
    with fresh_home() as home, open_catalog(Settings(home=home)) as catalog:
        for bucket in buckets:
            known = [(key, 1, token, None, None, None) for key, token in bucket.known()]
            uri, access = f"s3://{bucket.name}/", S3Access(anonymous=True)
            know_listed(catalog, name=bucket.name, uri=uri, access=access, known=known)
        server = postmaster(home)
        for turn in range(rounds):
            for bucket in buckets[:: 1 if turn % 2 else -1]:
                bucket.renames += 1
                store, before = bucket.store(), tree_cpu(server)
                seconds[bucket.name].append(_one_pass(catalog, home, bucket, store))
                database[bucket.name].append(tree_cpu(server) - before)
    table = Table(
        title=f"A renamed folder of {objects:,} objects",
        head=("", "wall s", "PostgreSQL CPU s"),
        rows=[
            ("no two of them equal", number(median(seconds["single"])), number(median(database["single"]))),
            (
                f"{TWINS_PERCENT} % of them equal to another one",
                number(median(seconds["twins"])),
                number(median(database["twins"])),
            ),
        ],
    )
    over = ratio(seconds["twins"], seconds["single"])
    table.notes.append(f"Wall with equal objects over that without: {over:.2f} (goal: at most {GOAL}).")
    table.notes.append("The bucket is in memory, so that requests for the proofs cost almost nothing. GETs: 0.")
    return [table]


def _one_pass(catalog: Catalog, home: Path, bucket: _Bucket, store: MemoryStore) -> float:
    source = datasources.by_name(catalog, bucket.name)
    if source is None:
        raise RuntimeError(f"no datasource is named {bucket.name}")
    with tempfile.TemporaryDirectory(dir=home) as workdir:
        context = RunContext(
            catalog=catalog,
            thumbnails=LibraryStore.in_folder(home / "thumbnails"),
            workdir=Path(workdir),
            processes=1,
            ranges=1,
        )
        started = time.perf_counter()
        report = run_pass(source, context, NullProgress(), store_factory=OpenedStore(store))
        spent = time.perf_counter() - started
    if (report.counts.moved, report.counts.new, report.requests.get) != (bucket.objects, 0, 0):
        raise RuntimeError(f"the pass did not find each move: {report}")
    return spent
