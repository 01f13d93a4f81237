"""Columns handed over as bytes come back as the values that they were made of."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.catalog.array_chunks import KnownChunk, join_known
from mirrorlake.model.columns import KNOWN

# PostgreSQL's text holds every character but NUL and halves of surrogate pairs.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)
TOKEN = st.one_of(TEXT, st.sampled_from(["0123", "4567", "ÿ", "\x01\x01\x01\x01"]))  # often of one length
SIZE = st.integers(0, 2**63 - 1)
ROW = st.tuples(TEXT, TOKEN, SIZE, st.none() | TOKEN, st.integers(0, 4))

Row = tuple[str, str, int, str | None, int]


def handed_over(rows: list[Row]) -> KnownChunk:
    """What the statement answers for these rows, said in plain Python."""
    keys, tokens, sizes, companions, states = zip(*rows, strict=True)
    return KnownChunk(
        b"\0".join(key.encode() for key in keys),
        b"\0".join(token.encode() for token in tokens),
        b"".join(struct.pack(">q", size) for size in sizes),
        b"\0".join(b"\xff" if text is None else text.encode() for text in companions),
        b"".join(struct.pack(">h", state) for state in states),
    )


@given(st.lists(st.lists(ROW, min_size=1, max_size=6), min_size=1, max_size=3))
def test_stretches_come_back_as_the_rows_they_were_made_of(rows: list[list[Row]]):
    chunks = [handed_over(some) for some in rows]
    known = join_known(chunks)

    known.validate(full=True)
    assert known.schema.equals(KNOWN)
    flat = [row for some in rows for row in some]
    assert [tuple(row.values()) for row in known.to_pylist()] == flat
    assert [chunk.last_key for chunk in chunks] == [some[-1][0] for some in rows]
    assert [chunk.rows for chunk in chunks] == [len(some) for some in rows]


def test_tokens_of_one_length_and_of_many_are_told_apart():
    # As many bytes as two of the first one's length would take, but parted elsewhere.
    known = join_known([handed_over([("a", "xx", 1, None, 0), ("b", "y", 1, None, 0), ("c", "zzz", 1, None, 0)])])

    assert known.column("token").to_pylist() == ["xx", "y", "zzz"]
