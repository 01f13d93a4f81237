"""The demo's bucket: photographs in folders, sidecars for about half of them, and things that go wrong in real buckets.

Everything is made from the collected photographs and one fixed seed, so two demos on one machine have equal buckets.
"""

from __future__ import annotations

import io
import json
import random
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from examples.demo.photos import FOLDER
from examples.demo.server import Upload
from PIL import Image

SEED = 2026
SITES = {  # folder -> site name in the sidecars
    "cameras/orchard-north": "orchard-north",
    "cameras/orchard-south": "orchard-south",
    "cameras/gate": "gate",
    "field/2026-03": "trial-field-7",
    "field/2026-04": "trial-field-9",
    "studio": "studio",
}
WEATHER = ("clear", "overcast", "rain", "fog", "snow")
MEDIA_TYPES = {
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".avif": "image/avif",
    ".json": "application/json",
}
_CONVERTED = {5: ".webp", 11: ".avif", 17: ".bmp"}  # place modulo 24 -> what a photograph is saved as
_SMALL = 1_000_000  # pixels up to which a photograph is converted or turned: this is no benchmark of encoders
_ORIENTATION_TAG, _MAKE_TAG, _MODEL_TAG = 0x0112, 0x010F, 0x0110
# How pixels are stored so that a reader that applies the tag shows them upright.
_LAID_DOWN = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
_TORTURE = (  # keys that naive tools bend
    "phones/morning mist.jpg",
    "phones/Straße nach Köln.jpg",
    "phones/a+b.jpg",
    "phones/50% off.jpg",
    "phones/100%25.jpg",
    "phones/日本.jpg",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoBucket:
    """The contents of the bucket, and the photographs that the demo will change."""

    uploads: tuple[Upload, ...]
    photographs: int
    sidecars: int
    broken: int
    plain: tuple[str, ...]  # keys of sound photographs without a sidecar
    described: tuple[str, ...]  # keys of sound photographs with one


def lay_out(photos: list[Path]) -> DemoBucket:
    """The bucket of these photographs (at least 20)."""
    chance = random.Random(SEED)  # noqa: S311  (a repeatable demo, no secret)
    order = sorted(photos, key=lambda path: path.name)
    chance.shuffle(order)
    with ThreadPoolExecutor(4) as pool:
        encoded = list(pool.map(_encoded, range(len(order)), order))
    taken: set[str] = set()
    uploads: list[Upload] = []
    plain: list[str] = []
    described: list[str] = []
    for place, (path, (body, suffix)) in enumerate(zip(order, encoded, strict=True)):
        stem = _stem(place, path, taken)
        uploads.append(Upload(key=stem + suffix, body=body, media_type=MEDIA_TYPES[suffix]))
        if (place + place // len(SITES)) % 2:  # every second one of each folder
            uploads.append(_sidecar(stem, chance))
            described.append(stem + suffix)
        else:
            plain.append(stem + suffix)
    broken = _broken(order, chance)
    return DemoBucket(
        uploads=(*uploads, *broken),
        photographs=len(order),
        sidecars=len(described),
        broken=len(broken),
        plain=tuple(plain),
        described=tuple(described),
    )


def sidecar_of(key: str) -> str:
    """The key of the sidecar that stands beside `key`."""
    return key[: key.rindex(".")] + ".json"


def _stem(place: int, path: Path, taken: set[str]) -> str:
    """A key without its suffix, unlike all before it."""
    if place < len(_TORTURE):
        stem = _TORTURE[place].removesuffix(".jpg")
    else:
        folder = list(SITES)[place % len(SITES)]
        stem = f"{folder}/{path.stem.rpartition(FOLDER)[2]}"
    again = 1
    unique = stem
    while unique in taken:
        again += 1
        unique = f"{stem}-{again}"
    taken.add(unique)
    return unique


def _encoded(place: int, path: Path) -> tuple[bytes, str]:
    """The photograph unchanged, in another format or with an orientation tag; and its suffix."""
    body = path.read_bytes()
    with Image.open(io.BytesIO(body)) as image:
        actual = {"PNG": ".png", "WEBP": ".webp"}.get(image.format or "", ".jpg")
        if image.width * image.height > _SMALL or image.mode not in ("RGB", "L"):
            return body, actual
        orientation = place % 24 // 3 if place % 3 == 0 else 0
        if actual == ".jpg" and orientation in _LAID_DOWN and _ORIENTATION_TAG not in image.getexif():
            return _laid_down(image, orientation), actual
        suffix = _CONVERTED.get(place % 24)
        if suffix is None:
            return body, actual
        out = io.BytesIO()
        if suffix == ".avif":
            image.save(out, "AVIF", quality=60, speed=10)
        else:
            image.save(out, suffix[1:].upper())
        return out.getvalue(), suffix


def _laid_down(image: Image.Image, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[_ORIENTATION_TAG] = orientation
    exif[_MAKE_TAG] = "Lakeside"
    exif[_MODEL_TAG] = f"Trail {orientation}"
    out = io.BytesIO()
    image.transpose(_LAID_DOWN[orientation]).save(out, "JPEG", quality=90, exif=exif)
    return out.getvalue()


def _sidecar(stem: str, chance: random.Random) -> Upload:
    folder = stem.rpartition("/")[0]
    facts = {
        "camera_id": f"cam-{chance.randrange(1, 13):02d}",
        "site": SITES.get(folder, "walk"),
        "capture": {
            "temperature": round(chance.uniform(-4, 31), 1),
            "humidity": chance.randrange(25, 98),
            "weather": chance.choice(WEATHER),
        },
        "reviewed": chance.random() < 0.4,  # noqa: PLR2004  (two of five)
        "quality_score": round(chance.uniform(0.3, 1), 3),
    }
    return _json(f"{stem}.json", facts)


def _json(key: str, facts: object) -> Upload:
    text = json.dumps(facts, indent=2, ensure_ascii=False)
    return Upload(key=key, body=text.encode(), media_type=MEDIA_TYPES[".json"])


def _broken(order: list[Path], chance: random.Random) -> tuple[Upload, ...]:
    """Broken objects that occur in real buckets; none may affect other objects."""
    jpegs = sorted((path.read_bytes() for path in order if path.suffix == ".jpg"), key=len)
    whole = jpegs[len(jpegs) // 2]
    picture = Image.frombytes("L", (640, 480), chance.randbytes(640 * 480))
    as_jpeg, as_png = io.BytesIO(), io.BytesIO()
    picture.save(as_jpeg, "JPEG")
    picture.save(as_png, "PNG")
    jpeg = MEDIA_TYPES[".jpg"]
    return (
        Upload(key="incoming/cut-short.jpg", body=whole[: len(whole) * 2 // 5], media_type=jpeg),
        Upload(key="incoming/notes.jpg", body=b"Remember to charge camera 7.\n" * 40, media_type=jpeg),
        Upload(key="incoming/nothing.jpg", body=b"", media_type=jpeg),
        Upload(key="incoming/bomb.png", body=_bomb(30_000), media_type=MEDIA_TYPES[".png"]),
        Upload(key="incoming/really-a-png.jpg", body=as_png.getvalue(), media_type=jpeg),
        Upload(key="incoming/bad-sidecar.jpg", body=as_jpeg.getvalue() + b"\0", media_type=jpeg),
        Upload(key="incoming/bad-sidecar.json", body=b'{"site": "gate", "temperature": ', media_type=jpeg),
        Upload(key="incoming/bad-key.jpg", body=as_jpeg.getvalue() + b"\0\0", media_type=jpeg),
        _json("incoming/bad-key.json", {"site": "gate", "not a key!": chance.randrange(9), "quality_score": 0.5}),
    )


def _bomb(side: int) -> bytes:
    """A PNG of `side` by `side` black pixels: 100 KB here, a gigapixel when decoded."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = bytes(1 + (side + 7) // 8)
    packer = zlib.compressobj(6)
    packed = b"".join(packer.compress(row * 100) for _ in range(side // 100)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
