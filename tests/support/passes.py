"""Run passes over a store of the test, without a command line."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

from PIL import Image
from tests.support.datasources import store

from mirrorlake.catalog import datasources, queue, removal
from mirrorlake.catalog.outcomes import failed_keys
from mirrorlake.catalog.runs import Lease, begin
from mirrorlake.mirror import scan
from mirrorlake.mirror.cancellation import CancelCheck, never_cancelled
from mirrorlake.mirror.confirm import confirm
from mirrorlake.mirror.partial import PartialResult, run_partial
from mirrorlake.mirror.pass_plan import RunContext
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.retry import retry
from mirrorlake.mirror.run import dry_run, run_leased, run_pass
from mirrorlake.model.assets import Asset
from mirrorlake.model.runs import Trigger
from mirrorlake.model.sources import Access, Datasource, Location, MirrorConfig, MirrorSettings, Orphans, Provider
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.store_factory import OpenedStore
from mirrorlake.search import run as search
from mirrorlake.storage.base import Store

TWELVE = [f"{number:02}.png" for number in range(12)]
scan.MIN_OBJECTS = 1  # small buckets have digests of ranges too, as large ones have outside tests


@cache
def picture(number: int) -> bytes:
    """A small picture; other bytes for each number."""
    held = io.BytesIO()
    Image.new("RGB", (8, 8), (number % 256, number // 256 % 256, 7)).save(held, "PNG")
    return held.getvalue()


class Mirrored:
    """One datasource over one store."""

    def __init__(
        self,
        catalog: Catalog,
        folder: Path,
        store: Store,
        *,
        orphans: Orphans = Orphans.TRASH,
        location: Location | None = None,
        globs: tuple[str, ...] = (),
        source: Datasource | None = None,
    ) -> None:
        self.catalog = catalog
        self.folder = folder
        self.store = store
        self.source = source or datasources.create(
            catalog,
            name=None,
            location=location or Location(provider=Provider.MEMORY, container=""),
            access=Access(),
            settings=MirrorSettings(configs=(MirrorConfig(orphans=orphans, globs=globs),)),
        )

    def change(self, **settings: object) -> None:
        """Other settings, as the next pass finds them."""
        config = MirrorConfig(**{"orphans": Orphans.TRASH} | settings)  # type: ignore[arg-type]
        self.source = store(self.catalog, replace(self.source, settings=MirrorSettings(configs=(config,))))

    def change_all(self, **settings: object) -> None:
        """Other settings of the datasource as a whole."""
        changed = replace(self.source.settings, **settings)  # type: ignore[arg-type]
        self.source = store(self.catalog, replace(self.source, settings=changed))

    def run(self, store: Store | None = None, *, ranges: int = 1) -> Report:
        with self._parts(ranges) as parts:
            return run_pass(self.source, parts, NullProgress(), store_factory=OpenedStore(store or self.store))

    def run_queued(self) -> Report:
        """The pass of the run that waits."""
        lease = queue.claim(self.catalog)
        assert isinstance(lease, Lease)
        with self._parts() as parts:
            return run_leased(lease, self.source, parts, NullProgress(), store_factory=OpenedStore(self.store))

    def preview(self, *, known: bool = True, check: CancelCheck = never_cancelled) -> Report:
        """Of a datasource that is stored, or as before its first pass."""
        known_id = self.source.id if known else None
        with self._parts() as parts:
            return dry_run(
                self.source, known_id, parts, NullProgress(), store_factory=OpenedStore(self.store), check=check
            )

    def partial(self, keys: Iterable[str], store: Store | None = None) -> PartialResult:
        """What events about these keys bring about."""
        lease = begin(self.catalog, self.source.id, Trigger.EVENTS)
        with self._parts() as parts:
            return run_partial(
                lease, self.source, list(keys), parts, NullProgress(), store_factory=OpenedStore(store or self.store)
            )

    def retry(self, run_id: int | None, store: Store | None = None) -> Report:
        assert run_id is not None
        lease = begin(self.catalog, self.source.id, Trigger.RETRY)
        with self._parts() as parts:
            return retry(
                lease,
                self.source,
                failed_keys(self.catalog, run_id),
                parts,
                NullProgress(),
                store_factory=OpenedStore(store or self.store),
            )

    @contextmanager
    def _parts(self, ranges: int = 1) -> Generator[RunContext]:
        with tempfile.TemporaryDirectory(dir=self.folder) as workdir:
            yield RunContext(
                catalog=self.catalog,
                thumbnails=self.library(),
                workdir=Path(workdir),
                processes=0,
                ranges=ranges,
            )

    def library(self) -> LibraryStore:
        """Where its thumbnails are."""
        return LibraryStore.in_folder(self.folder / "thumbnails")

    def confirm(self, run_id: int | None = None, plan_hash: str | None = None, store: Store | None = None) -> Report:
        held = removal.find_confirmable(self.catalog, run_id=run_id, plan_hash=plan_hash)
        lease = begin(self.catalog, self.source.id, Trigger.CONFIRM)
        return confirm(lease, self.source, held.run_id, store_factory=OpenedStore(store or self.store))

    def assets(self, query: str = "") -> dict[str, Asset]:
        """By key."""
        words = f'datasource:"{self.source.name}" {query}'
        return {asset.key: asset for asset in search.stream(self.catalog, words)}

    def states(self) -> dict[str, str]:
        """Of every asset, the trash included, by key."""
        return {key: asset.state.value for key, asset in self.assets("state:any").items()}

    def visible(self) -> set[str]:
        return set(self.assets())


def put_all(store: object, keys: Iterable[str]) -> None:
    for number, key in enumerate(keys):
        store.put(key, picture(number))  # type: ignore[attr-defined]
