"""An object that is read in parts looks like a file, costs few requests, and never mixes two versions."""

from __future__ import annotations

import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.faulty import Faulty

from mirrorlake.core.errors import AccessDenied, ObjectChanged, RangesUnsupported, ReadTooMuch, SourceUnreachable
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.ranged import BLOCK_BYTES, RangedObject, ReadLimits
from mirrorlake.storage.ranges import whole_size
from mirrorlake.storage.stack import stack_store
from mirrorlake.storage.wrappers import RequestMeter

SIZE = 20 * BLOCK_BYTES + 77
CONTENT = b"".join(number.to_bytes(4, "big") for number in range(SIZE // 4 + 1))[:SIZE]


def opened(
    store: MemoryStore | Faulty | None = None, limits: ReadLimits | None = None
) -> tuple[RangedObject, RequestMeter]:
    if store is None:
        store = MemoryStore()
        store.put("a.mp4", CONTENT)
    meter = RequestMeter()
    info = store.head("a.mp4")
    stacked = stack_store(store, meter=meter)
    return RangedObject(stacked, "a.mp4", token=info.token, size=info.size, limits=limits), meter


PLACES = st.integers(0, SIZE + 100)
STEPS = st.lists(st.tuples(st.sampled_from([os.SEEK_SET, os.SEEK_END]), PLACES, st.integers(0, 3 * BLOCK_BYTES)))


@given(STEPS)
def test_it_reads_what_a_file_reads(steps: list[tuple[int, int, int]]) -> None:
    file, (ranged, _) = io.BytesIO(CONTENT), opened()
    assert len(ranged) == SIZE
    for whence, place, size in steps:
        offset = place if whence == os.SEEK_SET else -min(place, SIZE)
        assert ranged.seek(offset, whence) == file.seek(offset, whence)
        assert ranged.read(size) == file.read(size)
        assert ranged.tell() == file.tell() or file.tell() > SIZE
    assert ranged.failure is None


def test_a_buffer_is_filled_across_blocks() -> None:
    ranged, _ = opened()
    ranged.seek(BLOCK_BYTES - 10)
    buffer = bytearray(30)
    assert ranged.readinto(buffer) == 30
    assert bytes(buffer) == CONTENT[BLOCK_BYTES - 10 : BLOCK_BYTES + 20]


def test_what_is_near_costs_one_request_and_reading_on_few() -> None:
    ranged, meter = opened()
    for place in range(0, 1000, 10):
        ranged.seek(place)
        ranged.read(10)
    assert (meter.requests.get, meter.bytes_read) == (1, BLOCK_BYTES)
    ranged.seek(0)
    assert ranged.read() == CONTENT
    assert meter.requests.get <= 6  # 1, then 2, 4, 8 and 16 blocks
    assert meter.bytes_read == SIZE


def test_blocks_that_were_dropped_are_read_again_and_counted() -> None:
    ranged, meter = opened(limits=ReadLimits(cache=2 * BLOCK_BYTES, ahead=BLOCK_BYTES))
    ranged.read()
    ranged.seek(0)
    ranged.read(1)
    assert meter.bytes_read == SIZE + BLOCK_BYTES


@pytest.mark.parametrize("limits", [ReadLimits(requests=3, ahead=BLOCK_BYTES), ReadLimits(bytes=3 * BLOCK_BYTES)])
def test_more_than_the_limits_is_not_read(limits: ReadLimits) -> None:
    ranged, meter = opened(limits=limits)
    assert len(ranged.read()) < SIZE
    assert isinstance(ranged.failure, ReadTooMuch)
    assert meter.requests.get <= 3
    assert meter.bytes_read <= 3 * BLOCK_BYTES
    assert ranged.read(1) == b""
    with pytest.raises(ReadTooMuch):
        ranged.check()


@pytest.mark.parametrize("size", [SIZE, SIZE - 1000])
def test_an_object_that_changes_meanwhile_is_noticed_and_nothing_of_it_is_mixed(size: int) -> None:
    store = MemoryStore()
    store.put("a.mp4", CONTENT)
    ranged, _ = opened(store)
    assert ranged.head(10) == CONTENT[:10]
    store.put("a.mp4", b"x" * size)
    ranged.seek(10 * BLOCK_BYTES)
    assert ranged.read(10) == b""
    assert isinstance(ranged.failure, ObjectChanged)
    ranged.seek(0)
    assert ranged.read(10) == b""  # what is in memory would make a picture of the past


def test_no_error_of_the_store_reaches_a_decoder() -> None:
    store = MemoryStore()
    store.put("a.mp4", CONTENT)
    faulty = Faulty(store)
    faulty.fail("get", error=AccessDenied("not you"))
    ranged, _ = opened(faulty)
    assert ranged.read(10) == b""
    with pytest.raises(AccessDenied):
        ranged.head(10)


def test_a_sample_is_named_by_its_parts_and_never_like_a_content() -> None:
    other = bytearray(CONTENT)
    other[15 * BLOCK_BYTES] ^= 1
    digests = []
    for content in (CONTENT, bytes(other), CONTENT + b"1"):
        store = MemoryStore()
        store.put("a.mp4", content)
        ranged, _ = opened(store)
        ranged.read(10)
        first = ranged.sample_digest()
        ranged.seek(15 * BLOCK_BYTES)
        ranged.read(10)
        digests.append((first, ranged.sample_digest()))
    (same, one), (also, two), (longer, three) = digests
    assert same == also  # only parts that are equal were read
    assert len({same, one, two, longer, three}) == 5


@pytest.mark.parametrize(
    ("stated", "size"),
    [
        ("bytes 4-9/100", 100), ("bytes 4-6/7", 7), ("bytes 4-8/100", None), ("bytes 4-10/100", None),
        ("bytes 4-9/9", None), ("bytes 3-9/100", None), ("bytes 4-9/*", None), ("", None),
    ],
)  # fmt: skip
def test_a_response_must_have_the_part_that_was_asked_for(stated: str, size: int | None) -> None:
    def read() -> int:
        return whole_size("'a'", 206, {"Content-Range": stated}, start=4, length=6)

    if size is not None:
        assert read() == size
        return
    with pytest.raises(RangesUnsupported):
        read()


def test_a_mistake_of_the_store_reaches_no_decoder_either() -> None:
    store = MemoryStore()
    store.put("a.mp4", CONTENT)
    faulty = Faulty(store)

    def break_contract(_key: str) -> None:
        raise RuntimeError("oops")

    faulty.before_get = break_contract
    ranged, _ = opened(faulty)
    assert ranged.read(10) == b""
    assert "RuntimeError: oops" in str(ranged.failure)


def test_a_source_that_is_always_slow_is_given_up() -> None:
    ranged, meter = opened(limits=ReadLimits(seconds=0))
    assert len(ranged.read(2 * BLOCK_BYTES)) == BLOCK_BYTES
    assert isinstance(ranged.failure, SourceUnreachable)
    assert meter.requests.get == 1
