"""Undo the content encoding of an object's bytes, as every browser does."""

from __future__ import annotations

import zlib

# The parameter `wbits` of zlib, and the first bytes of such data. Other names (aws-chunked, identity, utf-8, br) change
# nothing: objects are often stored with a wrong one, and their bytes are then read as they are.
_DECODERS = {"gzip": (31, b"\x1f\x8b"), "x-gzip": (31, b"\x1f\x8b"), "deflate": (15, b"\x78")}


class TooLong(Exception):
    """The decoded bytes are more than the limit."""


def decoded(data: bytes, encodings: str, limit: int) -> bytes:
    """`data` without the encodings of its Content-Encoding header; as it is where it does not have that encoding.

    Raises TooLong before more than `limit` decoded bytes are in memory.
    """
    for name in reversed(encodings.split(",")):
        known = _DECODERS.get(name.strip().lower())
        if known is not None and data.startswith(known[1]):
            data = _inflated(data, known[0], limit)
    return data


def _inflated(data: bytes, wbits: int, limit: int) -> bytes:
    decoder = zlib.decompressobj(wbits)
    try:
        inflated = decoder.decompress(data, limit + 1)
    except zlib.error:
        return data
    if len(inflated) > limit:
        raise TooLong
    # Cut short, or another format with the same first bytes.
    return inflated if decoder.eof and not decoder.unused_data else data
