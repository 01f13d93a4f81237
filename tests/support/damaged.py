"""A corpus of damaged files: real media of every format, cut, flipped, zeroed, lying, exploding, under wrong names.

All of it is a function of the seed, so that a failure can be repeated.
"""

from __future__ import annotations

import gzip
import io
import random
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from tests.support.images import encoded, heic, pdf, png_of_zeros, scene, svg, text_bomb
from tests.support.media import pillow_images
from tests.support.recordings import RECORDINGS, recording

from mirrorlake.formats.registry import all_formats

HUGE = 65_500  # pixels of a side that a header claims
UNPACKED = 64 << 20  # bytes that a bomb of a few kilobytes unpacks to


@cache
def intact() -> Mapping[str, bytes]:
    """One intact file of each format, by its name: a real photograph where the format has an encoder here."""
    photo = (pillow_images() / "hopper.jpg").read_bytes()
    drawn = scene(160, 120)
    made: dict[str, bytes] = {
        "JPEG": photo,
        "HEIC": heic(),
        "SVG": svg(160, 120),
        "PDF": pdf(pages=2),
        "HTML": b"<!doctype html><html lang=en><title>A find</title><p>" + b"Ruins of a house. " * 40,
        "JSON": b"\n".join(b'{"id": %d, "site": "hall"}' % number for number in range(60)),
        "Markdown": b"# Finds\n\n" + b"A *vase* and a [coin](coin.md).\n" * 40,
        "CSV": b"site,count\n" + b"hall,3\n" * 80,
        "text": "Größe und Fundort\n".encode() * 60,
    }
    encoders = {"PNG": "png", "BMP": "bmp", "WebP": "webp", "AVIF": "avif", "GIF": "gif", "TIFF": "tiff"}
    made |= {name: encoded(drawn, encoder) for name, encoder in {**encoders, "JPEG 2000": "jpeg 2000"}.items()}
    made |= {name: recording(name) for name in RECORDINGS}
    return {one.name: made[one.name] for one in all_formats()}


def suffix_of(name: str) -> str:
    """The usual suffix of a format."""
    return next(one.suffixes[0] for one in all_formats() if one.name == name)


def damaged(seed: int) -> Iterator[tuple[str, bytes]]:
    """More than 2,000 files: relative paths, each once, and bytes."""
    chance = random.Random(seed)  # noqa: S311  not a secret
    for name, data in intact().items():
        folder = name.lower().replace(" ", "-")
        for number, (kind, bytes_) in enumerate(_changed(data, chance)):
            yield f"{folder}/{kind}-{number:03}{suffix_of(name)}", bytes_
        for other, theirs in intact().items():
            if other != name:
                stem = other.lower().replace(" ", "-")
                yield f"{folder}/named-{stem}{suffix_of(name)}", theirs
                yield f"{folder}/before-{stem}{suffix_of(name)}", data + theirs
    yield from _bombs()
    yield from _archives()


def _changed(data: bytes, chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Variations of a file that lack something or have something wrong."""
    size = len(data)
    for cut in (0, 1, 2, 3, 4, 8, 12, 16, 32, 64, 100, *(size * part // 16 for part in range(1, 16)), size - 1):
        yield "cut", data[: min(cut, size)]
    for flips in (1, 2, 4, 16, 64, 256):
        for _ in range(3):
            wrong = bytearray(data)
            for _ in range(flips):
                wrong[chance.randrange(size)] ^= 1 << chance.randrange(8)
            yield "flipped", bytes(wrong)
    for _ in range(4):  # where a disk lost a block
        start = chance.randrange(size)
        yield "zeroed", data[:start] + bytes(min(512, size - start)) + data[start + 512 :]
    yield "shifted", b"\x00" * chance.randrange(1, 16) + data
    yield "shuffled", b"".join(data[at : at + 64] for at in chance.sample(range(0, size, 64), -(-size // 64)))
    yield "repeated", data * 3
    yield "noise", data[:32] + chance.randbytes(4096)
    yield "header", data[: max(16, size // 8)] + chance.randbytes(size // 2)


def _bombs() -> Iterator[tuple[str, bytes]]:
    """Small files that claim or unpack to far more than they have."""
    files = intact()
    yield "bombs/claimed.png", png_of_zeros(60_000, 60_000)
    yield "bombs/interlaced.png", png_of_zeros(9_000, 9_000, interlaced=True)
    for kind in (b"zTXt", b"iCCP"):
        yield f"bombs/{kind.decode()}.png", png_of_zeros(8, 8, extra=[text_bomb(kind, UNPACKED)])
    patched: dict[str, Callable[[bytes], bytes]] = {
        "JPEG": lambda data: _after(data, b"\xff\xc0", 3, struct.pack(">HH", HUGE, HUGE)),
        "BMP": lambda data: data[:18] + struct.pack("<ii", 1 << 30, 1 << 30) + data[26:],
        "GIF": lambda data: data[:6] + struct.pack("<HH", HUGE, HUGE) + data[10:],
        "WebP": lambda data: _after(data, b"\x9d\x01\x2a", 0, struct.pack("<HH", 16_383, 16_383)),
        "AVIF": lambda data: _after(data, b"ispe", 4, struct.pack(">II", HUGE, HUGE)),
        "HEIC": lambda data: _after(data, b"ispe", 4, struct.pack(">II", HUGE, HUGE)),
        "JPEG 2000": lambda data: _after(data, b"\xff\x51", 4, struct.pack(">II", HUGE, HUGE)),
        "TIFF": _huge_tiff,
        "MP4": lambda data: _after(data, b"mp4v", 24, struct.pack(">HH", HUGE, HUGE)),
        "MOV": lambda data: _after(data, b"mp4v", 24, struct.pack(">HH", HUGE, HUGE)),
        "WAV": lambda data: _after(data, b"data", 0, struct.pack("<I", (1 << 32) - 1)),
        "AVI": lambda data: _after(data, b"strf", 8, struct.pack("<ii", HUGE, HUGE)),
    }
    for name, change in patched.items():
        yield f"bombs/claimed{suffix_of(name)}", change(files[name])
    yield "bombs/size.svg", svg(10_000_000, 10_000_000)
    entities = "".join(f'<!ENTITY e{number + 1} "{f"&e{number};" * 10}">' for number in range(9))
    yield "bombs/entities.svg", svg(8, 8, "<text>&e9;</text>", before=f'<!DOCTYPE svg [<!ENTITY e0 "lol">{entities}]>')
    yield "bombs/nested.svg", svg(8, 8, "<g>" * 20_000 + "</g>" * 20_000)
    yield "bombs/uses.svg", svg(8, 8, _doubling())
    yield "bombs/page.pdf", pdf(size=(14_000_000, 14_000_000))
    yield "bombs/pages.pdf", pdf(pages=2).replace(b"/Kids[4 0 R 5 0 R]", b"/Kids[2 0 R 2 0 R]")
    yield "bombs/operators.pdf", pdf(content="q " * 200_000)
    yield "bombs/stream.pdf", _deflated_pdf()
    yield "bombs/nested.html", b"<html>" + b"<div>" * 200_000
    yield "bombs/nested.jsonl", b"[" * 200_000
    yield "bombs/line.csv", b"a," * 2_000_000
    yield "bombs/bytes.txt", b"\xff\xfe" + b"\x00\xd8" * 200_000  # halves of surrogate pairs


def _archives() -> Iterator[tuple[str, bytes]]:
    """Archives in archives, under names of media."""
    zeros = gzip.compress(bytes(UNPACKED))
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(UNPACKED))
        archive.writestr("../../escape.jpg", intact()["JPEG"])
    nested = zipped.getvalue()
    for _ in range(4):
        around = io.BytesIO()
        with zipfile.ZipFile(around, "w", zipfile.ZIP_DEFLATED) as archive:
            for copy in range(8):
                archive.writestr(f"{copy}.zip", nested)
        nested = around.getvalue()
    tarred = io.BytesIO()
    with tarfile.open(fileobj=tarred, mode="w") as archive:
        link = tarfile.TarInfo("link.jpg")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    for name in intact():
        for kind, data in {"gzip": zeros, "zip": nested, "tar": tarred.getvalue()}.items():
            yield f"archives/{kind}-{name.lower().replace(' ', '-')}{suffix_of(name)}", data
    yield "archives/photo-and-zip.jpg", intact()["JPEG"] + nested  # opens as both
    yield "archives/gzipped.svg", gzip.compress(intact()["SVG"])


def _after(data: bytes, mark: bytes, skip: int, new: bytes) -> bytes:
    """The bytes with `new` in place of as many, `skip` bytes after the first `mark`."""
    at = data.index(mark) + len(mark) + skip
    return data[:at] + new + data[at + len(new) :]


def _huge_tiff(data: bytes) -> bytes:
    """Width and length of the first directory, as 32-bit numbers."""
    order = "<" if data[:2] == b"II" else ">"
    at = struct.unpack_from(f"{order}I", data, 4)[0]
    changed = bytearray(data)
    for entry in range(struct.unpack_from(f"{order}H", data, at)[0]):
        place = at + 2 + 12 * entry
        if struct.unpack_from(f"{order}H", data, place)[0] in (256, 257):
            struct.pack_into(f"{order}HII", changed, place + 2, 4, 1, HUGE)
    return bytes(changed)


def _doubling() -> str:
    """Drawings that use one before twice, thirty times over."""
    uses = "".join(f'<g id="g{n + 1}"><use href="#g{n}"/><use href="#g{n}"/></g>' for n in range(30))
    return f'<defs><rect id="g0" width="1" height="1"/>{uses}</defs><use href="#g30"/>'


def _deflated_pdf() -> bytes:
    """A page whose content unpacks to UNPACKED bytes."""
    packed = zlib.compress(b"0 0 m " * (UNPACKED // 6))
    plain = pdf(content="X")
    stream = b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(packed), packed)
    return plain.replace(b"<</Length 1>>stream\nX\nendstream", stream)
