"""Small colour profiles made to order: grey and RGB with a gamma curve, and the CMYK profile of libvips."""

from __future__ import annotations

import struct

import pyvips

_D50 = (0.9642, 1.0, 0.8249)
# Columns of the matrix, adapted to D50.
_PRIMARIES = {
    "adobe": ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)),
    "p3": ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)),
}


def grey_profile(gamma: float) -> bytes:
    """A grey profile."""
    return _profile(b"GRAY", {b"kTRC": _curve(gamma), b"wtpt": _xyz(*_D50)})


def rgb_profile(primaries: str, gamma: float = 2.2) -> bytes:
    """An RGB profile with the primaries `adobe` or `p3`."""
    columns = zip((b"rXYZ", b"gXYZ", b"bXYZ"), _PRIMARIES[primaries], strict=True)
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _curve(gamma))
    return _profile(b"RGB ", {**{tag: _xyz(*column) for tag, column in columns}, **curves, b"wtpt": _xyz(*_D50)})


def cmyk_profile() -> bytes:
    """The CMYK profile that libvips brings along."""
    return bytes(pyvips.Operation.call("profile_load", "cmyk"))


def _profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"desc": _description(), b"cprt": b"text" + bytes(4) + b"public domain\0", **tags}
    start = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        table += struct.pack(">4sII", tag, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"none", 0x02400000, b"mntr", space, b"XYZ ")
    header += struct.pack(">6H4s", 2024, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + _s15(*_D50)
    return header.ljust(128, b"\0") + table + body


def _s15(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65_536)) for number in numbers)


def _xyz(*numbers: float) -> bytes:
    return b"XYZ " + bytes(4) + _s15(*numbers)


def _curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))


def _description() -> bytes:
    text = b"made for a test\0"
    return b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78)
