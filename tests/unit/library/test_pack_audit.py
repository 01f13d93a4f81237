"""A pack without a row is believed only if its index and its size agree."""

from __future__ import annotations

import pytest

from mirrorlake.library.pack_audit import readable_entries
from mirrorlake.processing.packs import pack_key, write_pack
from mirrorlake.storage.providers.memory.writable import MemoryWritableStore
from mirrorlake.storage.writable import StoredBody

KEY = pack_key(bytes(16))
DATA, ENTRIES = write_pack([(bytes([number]) * 32, b"webp" * 10) for number in range(3)])
TWICE, _ = write_pack([(bytes(32), b"webp" * 10)] * 3)


class Recorded(MemoryWritableStore):
    """Complete objects, or files that a power failure may have truncated."""

    def __init__(self, *, durable: bool) -> None:
        super().__init__()
        self.durable = durable
        self.lengths: list[int | None] = []

    def get(self, key: str, *, start: int = 0, length: int | None = None) -> StoredBody:
        self.lengths.append(length)
        return super().get(key, start=start, length=length)


@pytest.mark.parametrize("durable", [True, False])
def test_a_truncated_or_invented_pack_has_no_thumbnails(*, durable: bool) -> None:
    store = Recorded(durable=durable)
    found = {}
    packs = {"whole": DATA, "truncated": DATA[:-1], "longer": DATA + b"x", "twice": TWICE, "half an index": DATA[:60]}
    for what, data in packs.items():
        store.put(KEY, data)
        found[what] = readable_entries(store, store.head(KEY))
    assert found == {what: ENTRIES if what == "whole" else [] for what in packs}


def test_a_file_that_has_grown_is_read_to_its_listed_size() -> None:
    store = Recorded(durable=False)
    store.put(KEY, DATA)
    listed = store.head(KEY)
    store.put(KEY, DATA + bytes(1000))
    store.lengths.clear()
    assert readable_entries(store, listed) == ENTRIES
    assert all(length is not None and length <= len(DATA) for length in store.lengths)
