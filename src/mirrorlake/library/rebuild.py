"""Rebuild missing thumbnails: find misplaced ones again, and read the objects of the others.

packs of no row ─▶ adopted; files in old folders ─▶ packed; all others ─▶ objects read ─▶ packed

What the catalog knows of assets is not changed: an object that differs from it is reported, and left to the next pass.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa

from mirrorlake.catalog import datasources, thumbnail_packs
from mirrorlake.catalog.thumbnails import Showing, exclusive_lock, showing
from mirrorlake.core.errors import CatalogError, MirrorlakeError
from mirrorlake.engine.base import Engine
from mirrorlake.library.audit import CHECKING, find_missing, load_owners
from mirrorlake.library.digest_shards import DigestShards
from mirrorlake.library.layout import SingleFiles
from mirrorlake.library.missing import ROUNDS, ObjectsToRead
from mirrorlake.library.pack_audit import PackFindings, inspect_packs, unregistered_needs
from mirrorlake.library.references import SHARDS
from mirrorlake.library.single_files import SinglePacker
from mirrorlake.library.steps import StepCallback
from mirrorlake.mirror.circuit_breaker import CircuitBreaker
from mirrorlake.mirror.library_marker import mark_store
from mirrorlake.mirror.thumbnail_writer import ThumbnailWriter
from mirrorlake.mirror.thumbnails import Thumbnails
from mirrorlake.model.columns import CHANGES
from mirrorlake.model.companions import ROLES
from mirrorlake.model.looking import Looking
from mirrorlake.model.objects import Requests
from mirrorlake.model.outcomes import Op, ResultKind
from mirrorlake.model.sources import Datasource
from mirrorlake.model.thumbnails import Lack, Making, Unmade
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.store_factory import StoreFactory

MAKING = "Making thumbnails"
ROWS = 256  # sent to the workers at once
_RESULT_COLUMNS = ["key", "result", "reason", "digest", "sample_digest", "thumbnail"]
_LACKS = {
    ResultKind.GONE: Lack.CHANGED,
    ResultKind.REFUSED: Lack.REFUSED,
    ResultKind.FAILED: Lack.FAILED,
    ResultKind.SKIPPED: Lack.FAILED,
}
_CHANGED = "No object has the imported bytes any more: the next pass reads the current object."
_READ_NEXT_TIME = "The next pass reads the current object."
_DIFFERENT = "Its token and size are unchanged, but its bytes are not. Write the object again to have it read."


def make(
    catalog: Catalog,
    library: LibraryStore,
    workdir: Path,
    step: StepCallback,
    *,
    on_unmade: Callable[[Unmade], None],
    engine: Engine,
    store_factory: Callable[[Datasource], StoreFactory],
    whole: bool = False,
) -> Making:
    """Make every missing thumbnail; `on_unmade` receives those that could not be made. `whole` as for `audit.check`.

    Safe to repeat after a crash. An unreachable datasource does not affect the others. Raises Conflict if another
    command works on the thumbnails, DiskFull and CatalogError if they cannot be written.
    """
    maker = _Maker(catalog, library, step, on_unmade=on_unmade, engine=engine, store_factory=store_factory)
    with exclusive_lock(catalog):
        mark_store(catalog, library)
        wanted = maker.search(workdir, whole=whole)
        for turn in range(ROUNDS):
            for datasource_id, entire in wanted.datasources(turn):
                source = datasources.by_id(catalog, datasource_id)
                maker.make_thumbnails(source, wanted.of(turn, datasource_id, whole=entire), whole=entire)
    return maker.making()


class _Maker:
    """One rebuild and its progress."""

    def __init__(
        self,
        catalog: Catalog,
        library: LibraryStore,
        step: StepCallback,
        *,
        on_unmade: Callable[[Unmade], None],
        engine: Engine,
        store_factory: Callable[[Datasource], StoreFactory],
    ) -> None:
        self._started = time.monotonic()
        self._catalog = catalog
        self._library = library
        self._store = library.store
        self._thumbnails = Thumbnails(catalog, library.store)
        self._writer = ThumbnailWriter(catalog, library.store)
        self._step = step
        self._on_unmade = on_unmade
        self._engine = engine
        self._store_factory = store_factory
        self._to_make = 0
        self._put_back = 0
        self._made = 0
        self._unmade = Counter[Lack]()
        self._requests = Requests()
        self._bytes_read = 0
        self._errors: dict[str, str] = {}

    def search(self, workdir: Path, *, whole: bool) -> ObjectsToRead:
        """Find misplaced thumbnails again, and return the objects to read for the others."""
        found = inspect_packs(self._catalog, self._store, self._step, whole=whole)
        self._forget_lost(found)
        adopted = self._adopt_packs(found, workdir)
        owners = load_owners(self._catalog, workdir / "owners", self._step)
        wanted = ObjectsToRead(self._catalog, workdir / "objects")
        singles = SingleFiles(self._store)
        packer = SinglePacker(self._writer)
        for number in range(SHARDS):
            self._step(CHECKING, number, SHARDS)
            users, again, shard = owners.of(number), adopted.of(number), singles.shard(number)
            self._put_back += sum(len(users[digest]) for digest in again & users.keys())
            packed, _ = thumbnail_packs.digests_of_shard(self._catalog, number)
            for one in find_missing(users, packed, set(), shard, self._thumbnails):
                if one.elsewhere is not None and packer.add(one.digest, [one.elsewhere]):
                    self._put_back += len(one.owners)
                else:
                    wanted.add(one)
        packer.finish()
        wanted.end()
        self._to_make = wanted.total
        return wanted

    def _forget_lost(self, found: PackFindings) -> None:
        """Delete the rows of thumbnails that cannot be read, and those of packs that have no others."""
        for pack in found.unreadable:
            lost = [entry.digest for entry in thumbnail_packs.entries_of(self._catalog, pack)]
            thumbnail_packs.delete_lost(self._catalog, pack, lost)
        for pack, lost in found.damaged.items():
            thumbnail_packs.delete_lost(self._catalog, pack, lost)

    def _adopt_packs(self, found: PackFindings, workdir: Path) -> DigestShards:
        """Register the packs that have thumbnails which assets lack, as after a restored backup without thumbnails."""
        adopted = DigestShards(workdir / "adopted")
        for name, one, entries, needed in unregistered_needs(self._catalog, self._store, found):
            if needed:
                thumbnail_packs.adopt(self._catalog, name, entries, one.size, needed)
                adopted.add(entry.digest for entry in needed)
        return adopted

    def make_thumbnails(self, source: Datasource, batches: Iterator[list[Showing]], *, whole: bool) -> None:
        """Make the thumbnails of these objects of a datasource.

        `whole`: their thumbnails are named by the digests of all their bytes, even if parts are enough by now.
        """
        reader = _SourceReader(source)
        if source.name not in self._errors:
            self._read(reader, batches, Looking(whole=whole))
        # Objects of an unreachable datasource are counted, not reported one by one.
        left = len(reader.waiting) + sum(len(self._to_read(reader, batch)) for batch in batches)
        self._unmade[Lack.FAILED] += left

    def _read(self, reader: _SourceReader, batches: Iterator[list[Showing]], looking: Looking) -> None:
        source = reader.source
        try:
            store_factory = self._store_factory(source)
        except MirrorlakeError as error:  # of its connection
            self._errors[source.name] = str(error)
            return
        pool = self._engine.open_pool(store_factory, looking)
        with closing(pool):
            try:
                with closing(pool.process(self._rows(reader, batches))) as found:
                    for processed in found:
                        self._record_results(reader, processed)
            except CatalogError:
                raise  # thumbnails cannot be written, for any datasource
            except MirrorlakeError as error:
                self._errors[source.name] = str(error)
        self._requests += pool.requests
        self._bytes_read += pool.bytes_read

    def making(self) -> Making:
        """The results."""
        return Making(
            lacking=self._put_back + self._to_make,
            put_back=self._put_back,
            made=self._made,
            unmade=self._unmade,
            requests=self._requests,
            bytes_read=self._bytes_read,
            seconds=time.monotonic() - self._started,
            errors=self._errors,
        )

    def _rows(self, reader: _SourceReader, batches: Iterator[list[Showing]]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            some = self._to_read(reader, batch)
            reader.waiting.update((one.key, one) for one in some)
            for start in range(0, len(some), ROWS):
                yield _as_changes(some[start : start + ROWS])

    def _to_read(self, reader: _SourceReader, batch: list[Showing]) -> list[Showing]:
        """The rows whose objects must be read: not those whose thumbnail was made meanwhile."""
        some: list[Showing] = []
        made = self._thumbnails.locate({one.digest for one in batch})
        for one in batch:
            if one.digest in made:
                self._made += 1
            elif one.token is None:
                self._report_unmade(reader, one, Lack.CHANGED, _CHANGED)
            else:
                some.append(one)
        return some

    def _record_results(self, reader: _SourceReader, processed: pa.RecordBatch) -> None:
        others: list[tuple[Showing, Lack, str]] = []
        written: dict[bytes, bytes] = {}
        for row in processed.select(_RESULT_COLUMNS).to_pylist():
            one, result = reader.waiting.pop(row["key"]), ResultKind(row["result"])
            reader.record_result(result, row["reason"])
            if result is not ResultKind.PROCESSED:
                lack = _LACKS[result]
                reason = f"{row['reason']} {_READ_NEXT_TIME}" if lack is Lack.CHANGED else row["reason"]
                others.append((one, lack, reason))
            elif one.digest in (row["digest"], row["sample_digest"]):
                if row["thumbnail"] is not None:
                    written[one.digest] = row["thumbnail"]
                self._made += 1
            else:
                others.append((one, Lack.DIFFERENT, _DIFFERENT))
        self._writer.add(list(written.items()))
        now = {one.asset: one.digest for one in showing(self._catalog, [one.asset for one, _, _ in others])}
        made = self._thumbnails.locate(now.values())
        for one, lack, reason in others:
            digest = now.get(one.asset)
            if digest is None or digest in made:
                self._made += 1  # a pass was faster, or the asset is gone
            else:
                self._report_unmade(reader, one, lack, reason)
        self._step(MAKING, self._made + self._unmade.total(), self._to_make)
        reader.check()

    def _report_unmade(self, reader: _SourceReader, one: Showing, lack: Lack, reason: str) -> None:
        self._unmade[lack] += 1
        name = reader.source.name
        self._on_unmade(Unmade(datasource=name, key=one.key, asset_id=str(one.asset), lack=lack, reason=reason))


class _SourceReader:
    """The objects of one datasource that are being read. Stops if no object can be read."""

    def __init__(self, source: Datasource) -> None:
        self.source = source
        self.waiting: dict[str, Showing] = {}
        self._breaker = CircuitBreaker()

    def record_result(self, result: ResultKind, reason: str | None) -> None:
        """Record the result of reading one object."""
        self._breaker.count(reason or "" if result is ResultKind.FAILED else None)

    def check(self) -> None:
        """Raise SourceUnreachable after too many failures in a row."""
        outage = self._breaker.error()
        if outage is not None:
            raise outage


def _as_changes(rows: list[Showing]) -> pa.RecordBatch:
    no_companions = {role.differs: False for role in ROLES}
    asked = [
        {"op": int(Op.CHANGED), "key": one.key, "size": one.size, "token": one.token} | no_companions for one in rows
    ]
    return pa.RecordBatch.from_pylist(asked, schema=CHANGES)
