"""Other bytes under the same token are found by reading them, with bounded memory, and by nothing else."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from tests.support.buckets import same_size_picture
from tests.support.faulty import Faulty
from tests.support.passes import TWELVE, Mirrored, picture
from tests.support.s3stub import ACCESS_KEY, SECRET_KEY, S3Stub

from mirrorlake.catalog import verifying
from mirrorlake.core.errors import (
    AccessDenied,
    ObjectArchived,
    ObjectChanged,
    ObjectGone,
    SourceUnreachable,
    StorageError,
)
from mirrorlake.mirror import verify as module
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.thumbnails import Thumbnails
from mirrorlake.mirror.verify import verify
from mirrorlake.model.objects import Requests
from mirrorlake.model.sources import Location, Provider
from mirrorlake.model.verification import DriftKind
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import OpenedStore
from mirrorlake.storage.base import Body, Store
from mirrorlake.storage.providers.folder.store import FolderStore
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.store import S3Store

KEYS = TWELVE
CHANGED = "05.png"


def drifts(
    mirrored: Mirrored, store: Store | None = None, *, content: bool = True, sample: int | None = None
) -> tuple[dict[str, DriftKind], Requests, int]:
    counters = Counters()
    batches = list(
        verify(
            mirrored.source,
            mirrored.catalog,
            Thumbnails(mirrored.catalog, mirrored.library().store),
            counters,
            sample=sample,
            content=content,
            store_factory=OpenedStore(store or mirrored.store),
        )
    )
    found = {finding.key: finding.drift for batch in batches for finding in batch.findings}
    return found, counters.requests, counters.bytes_read


def test_a_file_with_its_size_and_time_put_back_is_found_by_its_content(empty_catalog: Catalog, tmp_path: Path) -> None:
    root = tmp_path / "photos"
    root.mkdir()
    for number, key in enumerate(KEYS):
        (root / key).write_bytes(same_size_picture(number))
    location = Location(provider=Provider.FILE, container=str(root))
    mirrored = Mirrored(empty_catalog, tmp_path, FolderStore(location), location=location)
    mirrored.run()
    path, before = root / CHANGED, (root / CHANGED).stat()
    with path.open("r+b") as file:
        file.write(same_size_picture(77))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    report = mirrored.run()
    assert (report.counts.unchanged, report.requests.get) == (len(KEYS), 0)  # runs do not see it, by design
    assert drifts(mirrored, content=False)[0] == {}
    found, requests, read = drifts(mirrored)
    assert found == {CHANGED: DriftKind.CONTENT}
    assert (requests.get, read) == (len(KEYS), len(KEYS) * before.st_size)
    assert drifts(mirrored, sample=3)[1].get == 3

    # A file that is touched has another token: the next run reads it, and the library is right again.
    os.utime(path)
    assert mirrored.run().counts.changed == 1
    assert drifts(mirrored)[0] == {}


def test_an_object_with_other_bytes_under_its_etag_is_found_in_a_bucket(
    empty_catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    with S3Stub() as stub:
        for number, key in enumerate(KEYS):
            stub.put("bucket", key, same_size_picture(number))
        location = Location(provider=Provider.S3, container="bucket")
        store = S3Store(location, S3Access(endpoint=stub.endpoint, region="us-east-1"))
        mirrored = Mirrored(empty_catalog, tmp_path, store, location=location)
        mirrored.run()
        token = store.head(CHANGED).token
        stub.put("bucket", CHANGED, same_size_picture(77), etag=token)

        assert mirrored.run().requests.get == 0
        assert drifts(mirrored)[0] == {CHANGED: DriftKind.CONTENT}


def test_what_happens_to_an_object_before_it_is_read_has_its_own_kind(mirrored: Mirrored, store: MemoryStore) -> None:
    errors = {
        "00.png": ObjectGone("gone"),
        "01.png": ObjectChanged("changed"),
        "02.png": AccessDenied("not you"),
        "03.png": SourceUnreachable("busy"),
        "04.png": ObjectArchived("archived"),
        "05.png": StorageError("400"),
    }
    faulty = Faulty(store)
    for key, error in errors.items():
        faulty.fail("get", times=9, error=error, keys=lambda asked, key=key: asked == key)
    assert drifts(mirrored, faulty)[0] == {
        "00.png": DriftKind.GONE, "01.png": DriftKind.CHANGED, "02.png": DriftKind.UNKNOWN, "03.png": DriftKind.UNKNOWN,
        "04.png": DriftKind.UNKNOWN, "05.png": DriftKind.UNKNOWN,
    }  # fmt: skip


def test_an_object_that_changed_is_reported_once_and_not_read(mirrored: Mirrored, store: MemoryStore) -> None:
    store.put("01.png", picture(200))
    store.delete("02.png")
    found, requests, _ = drifts(mirrored)
    assert found == {"01.png": DriftKind.CHANGED, "02.png": DriftKind.GONE}
    assert requests.get == len(KEYS) - 2


def test_an_object_that_is_never_read_again_has_no_content_to_compare(mirrored: Mirrored) -> None:
    mirrored.change(update_image=False)
    assert drifts(mirrored)[1].get == 0


def test_no_more_bytes_are_in_memory_than_the_budget_allows(
    mirrored: Mirrored, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = [len(store.get(key, token=None, limit=1 << 20).data) for key in KEYS]
    monkeypatch.setattr(module, "CONTENT_BYTES", 2 * max(sizes))

    class Watched(Faulty):
        now = most = 0

        def get(self, key: str, *, token: str | None, limit: int) -> Body:
            with self._lock:
                self.now += limit
                self.most = max(self.most, self.now)
            try:
                threading.Event().wait(0.01)  # others would begin now
                return super().get(key, token=token, limit=limit)
            finally:
                with self._lock:
                    self.now -= limit

    watched = Watched(store)
    assert drifts(mirrored, watched)[0] == {}
    assert max(sizes) <= watched.most <= 2 * max(sizes)


def test_content_is_unknown_where_the_asset_was_read_with_another_token(mirrored: Mirrored) -> None:
    with mirrored.catalog.write() as connection:
        connection.execute("UPDATE asset SET token = 'former' WHERE key = '00.png'")
    [rows] = verifying.read_objects(mirrored.catalog, mirrored.source.id)
    assert {one.key for one in rows if one.content is None} == {"00.png"}
    assert all(one.thumbnail is not None for one in rows)
