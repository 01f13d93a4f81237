"""A pack describes itself, and damage anywhere in it is noticed; names are made of digests alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.processing.packs import (
    DamagedPack,
    PackEntry,
    describes_pack,
    index_bytes,
    name_of_key,
    pack_key,
    read_index,
    read_record,
    read_records,
    write_pack,
)
from mirrorlake.processing.thumbnails import is_complete, single_key

_DIGEST = bytes(range(32))
_THUMBNAILS = st.dictionaries(st.binary(min_size=32, max_size=32), st.binary(min_size=1, max_size=40), max_size=6)


@given(_THUMBNAILS)
def test_what_was_written_is_read_from_the_object_alone(thumbnails: dict[bytes, bytes]):
    data, entries = write_pack(list(thumbnails.items()))
    assert describes_pack(entries, len(data))
    assert read_index(data) == read_index(data[: index_bytes(len(thumbnails))]) == entries
    assert dict(read_records(data, entries)) == thumbnails
    for entry in entries:
        assert read_record(data[entry.start : entry.start + entry.size], entry.digest) == thumbnails[entry.digest]


def test_an_index_with_a_gap_an_overlap_or_a_digest_twice_is_of_no_pack():
    data, (first, second) = write_pack([(_DIGEST, b"one"), (bytes(32), b"other")])
    again, entries = write_pack([(_DIGEST, b"one"), (_DIGEST, b"other")])
    empty, nothing = write_pack([(_DIGEST, b"")])
    assert describes_pack([first, second], len(data))
    assert not describes_pack([first, second], len(data) - 1)
    assert not describes_pack([first, second], len(data) + 1)
    assert not describes_pack([second, first], len(data))
    assert not describes_pack([first, PackEntry(bytes(32), first.start, second.length)], len(data))
    assert not describes_pack(entries, len(again))
    assert not describes_pack(nothing, len(empty))


@given(_THUMBNAILS.filter(bool), st.data())
def test_a_changed_byte_costs_at_most_what_it_is_in(thumbnails: dict[bytes, bytes], data: st.DataObject):
    whole, entries = write_pack(list(thumbnails.items()))
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[place] ^= data.draw(st.integers(1, 255))
    try:
        assert read_index(bytes(changed)) == entries
    except DamagedPack:
        assert place < index_bytes(len(entries))
    hit = {one.digest for one in entries if one.start <= place < one.start + one.size}
    assert dict(read_records(bytes(changed), entries)) == {k: v for k, v in thumbnails.items() if k not in hit}


@given(_THUMBNAILS.filter(bool), st.data())
def test_a_truncated_pack_keeps_what_is_before_its_end(thumbnails: dict[bytes, bytes], data: st.DataObject):
    whole, entries = write_pack(list(thumbnails.items()))
    end = data.draw(st.integers(0, len(whole) - 1))
    kept = {one.digest for one in entries if one.start + one.size <= end}
    assert {digest for digest, _ in read_records(whole[:end], entries)} == kept
    if end < index_bytes(len(entries)):
        with pytest.raises(DamagedPack):
            read_index(whole[:end])


def test_a_record_of_another_thumbnail_is_not_taken_for_it():
    data, (entry,) = write_pack([(_DIGEST, b"webp")])
    assert read_record(data[entry.start :], bytes(32)) is None


@pytest.mark.parametrize("data", [b"", b"RIFF", bytes(44), b"mlpack\x00\x01" + bytes(36)])
def test_what_is_no_pack_is_refused(data: bytes):
    with pytest.raises(DamagedPack):
        read_index(data)


@pytest.mark.parametrize("digest", [b"", b"../../../../etc/passwd", bytes(31), bytes(33)])
def test_only_a_digest_makes_a_key(digest: bytes):
    with pytest.raises(ValueError, match="a digest has 32 bytes"):
        single_key(digest)
    with pytest.raises(ValueError, match="a digest has 32 bytes"):
        write_pack([(digest, b"webp")])


def test_only_the_name_of_a_pack_makes_its_key():
    name = bytes(range(16))
    assert pack_key(name) == f"packs/v1/00/{name.hex()}.pack"
    assert name_of_key(pack_key(name)) == name
    assert name_of_key(f"packs/v1/01/{name.hex()}.pack") is None
    assert name_of_key("packs/v1/00/notes.txt") is None
    with pytest.raises(ValueError, match="has 16 bytes"):
        pack_key(b"../")


def test_a_file_of_its_own_is_complete_by_the_length_in_its_header():
    webp = b"RIFF" + (4).to_bytes(4, "little") + b"WEBP"
    assert is_complete(webp)
    assert not any(is_complete(part) for part in (webp[:-1], bytes(len(webp)), b""))
