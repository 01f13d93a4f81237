"""Pictures made to order: turned, cut, lying and exploding ones."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

ENCODERS: dict[str, dict[str, object]] = {
    "jpeg": {"format": "JPEG", "quality": 92},
    "jpeg-progressive": {"format": "JPEG", "quality": 92, "progressive": True},
    "png": {"format": "PNG"},
    "webp": {"format": "WEBP", "quality": 90},
    "webp-lossless": {"format": "WEBP", "lossless": True},
    "avif": {"format": "AVIF", "quality": 90},
    "bmp": {"format": "BMP"},
    "gif": {"format": "GIF"},
    "tiff": {"format": "TIFF"},
    "jpeg 2000": {"format": "JPEG2000"},
}

# The scene of 64 x 48 pixels. No encoder of HEVC may be shipped, so that tests have none either.
_HEIC = (
    "0000SW^{RQXk}?*00000ZE0pPXk}?*ZE0a<0004fZDn*}000000000XXk=`10000000000aA{+700000000000000000000B57=IV*mgE07O6l0"
    "RRC200001p#T8@00000002$^001LtX>Mi!000000RR916=`l}WdZ;I000310BCk&F#rGn01j|zbZr0t000010002}X>f9I0002pX>en20001XXm("
    ">m0RwOV0058x000009`FGC{rLC*01pFT0096PKmiN^|NjGU00093kN^M!000939=ZZRVE_RDDnbDP18@KU0|1Z!00RI30{|YNAb|yz>g1-mxCm%4"
    "AOHXZ10VnZ0{|gn00967L;=Bbz=;3=025<xY;ta6Y<K_x01W^JfB*mh6lrsCWdHyG00000KmY&$KmY&$C}V74Z~y=RKmY&$0RR91FaQ7m0RR9100"
    "0000{{R2@Bjb+0ssI25O8UDX#fBK00RgJ2mk;87-?{AVE_OC000000RRC7fdT^sga7~lR&8WqbN~PVN+<!Z8G!eRPy4ky_XXrb@^CZflbzGVHnO<P"
    "L%@V=8^2tYSvX4NvXIARCBv+ZA?-?fU(snP6tv_zN&#Q#E%U+UH2i82h5j}"
)
HEIC_SIZE = (64, 48)


def heic() -> bytes:
    """The scene as a HEIC."""
    return base64.b85decode(_HEIC)


def svg(width: int, height: int, body: str = "", *, before: str = "", root: str = "") -> bytes:
    """A drawing with four areas like those of the scene, or with this body."""
    areas = "".join(
        f'<rect x="{50 * x}%" y="{50 * y}%" width="50%" height="50%" fill="rgb{colour}"/>'
        for x, y, colour in ((0, 0, (220, 30, 30)), (1, 0, (30, 200, 30)), (0, 1, (30, 30, 220)), (1, 1, (240,) * 3))
    )
    name = 'xmlns="http://www.w3.org/2000/svg"'
    return f'{before}<svg {name} width="{width}" height="{height}" {root}>{body or areas}</svg>'.encode()


def pdf(
    *,
    pages: int = 1,
    title: str = "A find",
    size: tuple[int, int] = (200, 300),
    content: str = "",
    attached: int = 0,
) -> bytes:
    """A document whose pages have a red upper half, or this content. `attached`: bytes of a stream that none shows."""
    width, height = size
    drawing = content or f"1 0 0 rg 0 {height // 2} {width} {height // 2} re f"
    kids = " ".join(f"{4 + page} 0 R" for page in range(pages))
    page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]/Contents {4 + pages} 0 R>>"
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {pages}>>",
        f"<</Title({title})/Author(Ada)>>",
        *[page] * pages,
        f"<</Length {len(drawing)}>>stream\n{drawing}\nendstream",
        *([f"<</Length {attached}>>stream\n{'x' * attached}\nendstream"] if attached else []),
    ]
    data = "%PDF-1.4\n"
    places: list[int] = []
    for number, one in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj{one}endobj\n"
    rows = "".join(f"{place:010} 00000 n \n" for place in places)
    size_ = len(objects) + 1
    table = f"xref\n0 {size_}\n0000000000 65535 f \n{rows}"
    return (f"{data}{table}trailer<</Size {size_}/Root 1 0 R/Info 3 0 R>>\nstartxref\n{len(data)}\n%%EOF").encode()


def scene(width: int = 640, height: int = 400) -> Image.Image:
    """A picture whose four corners differ: red, green, blue and white areas, with some texture."""
    y, x = np.mgrid[0:height, 0:width]
    picture = np.zeros((height, width, 3), np.uint8)
    left, top = x < width / 2, y < height / 2
    picture[left & top] = (220, 30, 30)
    picture[~left & top] = (30, 200, 30)
    picture[left & ~top] = (30, 30, 220)
    picture[~left & ~top] = (240, 240, 240)
    picture += ((x * 7 + y * 13) % 11).astype(np.uint8)[..., None]
    return Image.fromarray(picture)


def encoded(picture: Image.Image, encoder: str, **options: object) -> bytes:
    """The picture in one of ENCODERS."""
    out = io.BytesIO()
    picture.save(out, **{**ENCODERS[encoder], **options})
    return out.getvalue()


def turned(picture: Image.Image, orientation: int, encoder: str, **options: object) -> bytes:
    """The picture stored so that only a reader which obeys its EXIF orientation shows it upright."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = picture.transpose(undo[orientation]) if orientation in undo else picture
    return encoded(stored, encoder, exif=exif.tobytes(), **options)


def pixels(data: bytes) -> np.ndarray:
    """The decoded picture as floats, without alpha."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"), np.float64)


def png_of_zeros(width: int, height: int, *, interlaced: bool = False, extra: Iterable[bytes] = ()) -> bytes:
    """A black RGBA picture, as small as zeros can be packed; huge sizes are only claimed, not stored, over 100 MP."""
    rows = zlib.compressobj(1)
    packed = bytearray()
    if width * height <= 100_000_000:
        for count, length in _passes(width, height, interlaced=interlaced):
            line = bytes(1 + 4 * length)
            for _ in range(count):
                packed += rows.compress(line)
    packed += rows.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, interlaced)
    parts = [chunk(b"IHDR", header), *extra, chunk(b"IDAT", bytes(packed)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def chunk(kind: bytes, body: bytes) -> bytes:
    """One PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def text_bomb(kind: bytes, size: int) -> bytes:
    """A zTXt or iCCP chunk that unpacks to `size` bytes."""
    return chunk(kind, b"bomb\0\0" + zlib.compress(bytes(size), 9))


def _passes(width: int, height: int, *, interlaced: bool) -> list[tuple[int, int]]:
    if not interlaced:
        return [(height, width)]
    starts = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    return [(-(-(height - y) // dy), -(-(width - x) // dx)) for x, y, dx, dy in starts]


def many_pictures(root: Path, count: int) -> Path:
    """A new folder of JPEGs that differ in a comment, large enough that looking at them takes a while."""
    root.mkdir()
    drawn = io.BytesIO()
    Image.effect_noise((500, 400), 60).convert("RGB").save(drawn, "JPEG", quality=80)
    start, rest = drawn.getvalue()[:2], drawn.getvalue()[2:]
    for number in range(count):
        (root / f"{number:04}.jpg").write_bytes(start + b"\xff\xfe\x00\x06%04d" % number + rest)
    return root
