"""The use cases of snapshots, one Protocol as in `contract`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from mirrorlake.model.assets import Original
from mirrorlake.model.jobs import Job
from mirrorlake.model.pages import Page
from mirrorlake.model.snapshots import (
    GoneAsset,
    RestoreOptions,
    Snapshot,
    SnapshotAsset,
    SnapshotComparison,
    SnapshotOptions,
)
from mirrorlake.services.job_contract import PAGE_LIMIT


class Snapshots(Protocol):
    """Freeze projects, and show, compare and restore what was frozen. A snapshot is named `PROJECT@NUMBER`."""

    def page(
        self, *, limit: int = 100, project: str | None = None, asset: str | None = None, cursor: str | None = None
    ) -> Page[Snapshot]:
        """The newest snapshots first, optionally of one project, or only those that hold an asset, from `cursor`.

        The asset may have been removed from the library. Raises NotFound for an unknown project and for what is no id.
        """
        ...

    def list(self, *, limit: int = 20, project: str | None = None, asset: str | None = None) -> Sequence[Snapshot]:
        """The newest snapshots, optionally of one project, or only those that hold an asset. Raises NotFound."""
        found: list[Snapshot] = []
        cursor: str | None = None
        while len(found) < limit:
            page = self.page(limit=min(limit - len(found), PAGE_LIMIT), project=project, asset=asset, cursor=cursor)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        return found

    def get(self, name: str) -> Snapshot:
        """One snapshot. Raises NotFound."""
        ...

    def start(self, options: SnapshotOptions) -> Job:
        """Queue a job that makes a snapshot, which is its result. Raises NotFound and UsageError."""
        ...

    def start_restore(self, options: RestoreOptions) -> Job:
        """Queue a job that restores a snapshot; its result is a `SnapshotRestored`. Raises NotFound.

        The project as it was before becomes a snapshot of its own, unless it is a dry run.
        """
        ...

    def compare(self, before: str, after: str, *, limit: int = 100) -> SnapshotComparison:
        """What differs between two snapshots, with the first `limit` assets. Raises NotFound."""
        ...

    def asset_page(
        self,
        name: str,
        *,
        limit: int = 100,
        named: str | None = None,
        class_name: str | None = None,
        cursor: str | None = None,
    ) -> Page[SnapshotAsset]:
        """The assets of a snapshot as they were, by id, from `cursor`.

        `named`: only those whose name or key contains this text; `class_name`: only those with an annotation of this
        class, as `CLASS` or `ONTOLOGY/CLASS`. Then a page may have fewer than `limit` assets, or none, although more
        follow. Raises NotFound.
        """
        ...

    def assets(self, name: str, *, named: str | None = None, class_name: str | None = None) -> Iterator[SnapshotAsset]:
        """All assets of a snapshot as they were, by id, optionally those of a page that match. Raises NotFound."""
        cursor: str | None = None
        while True:
            page = self.asset_page(name, limit=PAGE_LIMIT, named=named, class_name=class_name, cursor=cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def gone_page(self, name: str, *, limit: int = 100, cursor: str | None = None) -> Page[GoneAsset]:
        """The assets whose frozen content the library does not reach any more, by id, from `cursor`.

        Raises NotFound.
        """
        ...

    def gone(self, name: str) -> Iterator[GoneAsset]:
        """All assets whose frozen content the library does not reach any more, by id. Raises NotFound."""
        cursor: str | None = None
        while True:
            page = self.gone_page(name, limit=PAGE_LIMIT, cursor=cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def original(self, name: str, asset_id: str) -> Original:
        """The bytes that an asset had when it was frozen, as `Assets.original`.

        They are read from the object itself if it still has them, else from its version in a versioned bucket. Raises
        NotFound if neither is there, and StorageError if the bucket cannot be read.
        """
        ...

    def set_note(self, name: str, note: str) -> Snapshot:
        """Change the note of a snapshot. Raises NotFound and UsageError."""
        ...

    def delete(self, name: str, *, acknowledge: int) -> None:
        """Delete a snapshot; `acknowledge` is its number of assets. Raises NotFound, UsageError for another number."""
        ...
