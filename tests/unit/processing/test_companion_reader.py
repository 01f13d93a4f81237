"""Reading companions: in how many threads, how far ahead, and how it ends."""

import threading
from collections.abc import Iterator
from itertools import chain, repeat
from types import SimpleNamespace

import pyarrow as pa
import pytest
from tests.support.listings import Obj, known, listing, taking

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.model.looking import Looking
from mirrorlake.model.outcomes import ResultKind
from mirrorlake.plan.diff import diff
from mirrorlake.processing import companion_reader
from mirrorlake.processing.companion_reader import CHUNK_ROWS, read_companions, useful_threads
from mirrorlake.processing.rows import Job, Result
from mirrorlake.select.stream import select
from mirrorlake.storage.base import Store
from mirrorlake.storage.providers.memory.store import MemoryStore

COUNT = 300


def changed_sidecars(store: MemoryStore) -> list[pa.RecordBatch]:
    """The changes of a bucket in which every sidecar is another one than before."""
    for number in range(COUNT):
        store.put(f"{number:03}.json", f'{{"number": {number}}}'.encode())
    bucket = {f"{number:03}.jpg": Obj() for number in range(COUNT)}
    for number in range(COUNT):
        info = store.head(f"{number:03}.json")
        bucket[f"{number:03}.json"] = Obj(token=info.token, size=info.size)
    before = [
        {"key": key, "token": "t", "size": 1, "state": 0, "metadata_token": "before", "metadata_size": 1}
        for key in bucket
        if key.endswith(".jpg")
    ]
    return list(diff(select(listing(bucket, ()), taking()), known(before, ())))


def nothing() -> None:
    pass


@pytest.mark.parametrize(
    ("read_s", "threads"),
    [(0.0, 2), (0.0001, 2), (0.001, 5), (0.005, 25), (0.03, 32), (60.0, 32)],
    ids=["at once", "on this machine", "in this building", "near", "far away", "overloaded"],
)
def test_the_longer_a_read_takes_the_more_threads_read(read_s: float, threads: int):
    assert useful_threads(read_s, 32) == threads
    assert useful_threads(read_s, 1) == 1


def test_waiting_for_other_threads_adds_no_threads(monkeypatch: pytest.MonkeyPatch):
    """One chunk shows that the store answers at once; the others took a second a read, as on a busy machine."""
    local, took = threading.local(), chain([0.0001], repeat(1.0))

    def monotonic() -> float:
        local.begun = not getattr(local, "begun", False)
        return 0.0 if local.begun else CHUNK_ROWS * next(took)

    monkeypatch.setattr(companion_reader, "time", SimpleNamespace(monotonic=monotonic))
    store = MemoryStore()
    found = read_companions(changed_sidecars(store), store, threads=32, check_open=nothing)
    next(found)
    readers = found.gi_frame.f_locals["readers"]
    assert sum(batch.num_rows for batch in found) == COUNT - CHUNK_ROWS
    assert readers._useful == 2


@pytest.mark.parametrize("threads", [1, 32])
def test_every_row_is_read_once_and_in_order(threads: int):
    store = MemoryStore()
    batches = read_companions(changed_sidecars(store), store, threads=threads, check_open=nothing)
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert [row["key"] for row in rows] == [f"{number:03}.jpg" for number in range(COUNT)]
    assert [row["metadata_values"] for row in rows] == [f'{{"number":{number}}}' for number in range(COUNT)]


def test_no_more_is_read_ahead_than_allowed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(companion_reader, "AHEAD_ROWS", 64)
    store = MemoryStore()
    changes = changed_sidecars(store)
    taken = 0

    def rows() -> Iterator[pa.RecordBatch]:
        nonlocal taken
        for batch in changes:
            for start in range(0, batch.num_rows, 32):
                taken += 1
                yield batch.slice(start, 32)

    found = read_companions(rows(), store, threads=4, check_open=nothing)
    assert next(found).num_rows == 32
    assert taken == 3  # two that are read, and the one that waits for room
    monkeypatch.setattr(companion_reader, "AHEAD_BYTES", 0)
    assert sum(batch.num_rows for batch in found) == COUNT - 32


def test_stopping_early_ends_the_reading():
    store = MemoryStore()
    found = read_companions(changed_sidecars(store), store, threads=4, check_open=nothing)
    next(found)
    found.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("companions")]


def test_stopping_early_does_not_wait_for_the_rest_of_a_chunk(monkeypatch: pytest.MonkeyPatch):
    read: list[str] = []
    entered, go_on = threading.Event(), threading.Event()
    plain_read = companion_reader._read

    def slow_read(job: Job, store: Store, looking: Looking) -> Result:
        read.append(job.key)
        if len(read) > CHUNK_ROWS:  # the first chunk is taken, and the next one is begun
            entered.set()
            go_on.wait(30)
        return plain_read(job, store, looking)

    monkeypatch.setattr(companion_reader, "_read", slow_read)
    store = MemoryStore()
    found = read_companions(changed_sidecars(store), store, threads=1, check_open=nothing)
    next(found)
    assert entered.wait(30)
    ending = threading.Thread(target=found.close)
    ending.start()
    while not found.gi_frame.f_locals["readers"]._closed:
        ending.join(0.001)
    go_on.set()
    ending.join(30)
    assert len(read) == CHUNK_ROWS + 1


def test_a_store_that_was_closed_meanwhile_is_an_error():
    def closed() -> None:
        raise MirrorlakeError("Processing was stopped.")

    store = MemoryStore()
    with pytest.raises(MirrorlakeError, match="stopped"):
        next(read_companions(changed_sidecars(store), store, threads=4, check_open=closed))


def test_a_bug_of_ours_is_raised_where_the_rows_are_taken():
    store = MemoryStore()
    images = [batch.set_column(0, "op", pa.array([0] * batch.num_rows, pa.int8())) for batch in changed_sidecars(store)]
    with pytest.raises(ValueError, match="has an image to decode"):
        list(read_companions(images, store, threads=4, check_open=nothing))


def test_a_sidecar_that_is_gone_costs_itself_alone():
    store = MemoryStore()
    changes = changed_sidecars(store)
    store.delete("007.json")
    found = read_companions(changes, store, threads=4, check_open=nothing)
    rows = [row for batch in found for row in batch.to_pylist()]
    assert [row["key"] for row in rows if row["result"] != ResultKind.COMPANIONS_ONLY] == ["007.jpg"]
