"""Look at one object: fetch, identify, probe, decode, draw, read its sidecar. Each step may end it with a reason."""

from __future__ import annotations

from dataclasses import dataclass

import blake3

from mirrorlake.ingest.formats import image
from mirrorlake.ingest.identify import HEAD_BYTES, Foreign, disagreement, identify, refusal
from mirrorlake.ingest.stages import Stage, Unusable
from mirrorlake.model.assets import Scalar

MAX_OBJECT_BYTES = 256 << 20  # an uncompressed 16-bit picture of 40 megapixels; workers hold several at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What the bytes of one picture told."""

    media_type: str
    width: int  # upright, in pixels
    height: int
    orientation: int  # EXIF 1..8 as stored
    digest: bytes  # BLAKE3 of the whole object
    placeholder: bytes  # ThumbHash
    thumbnail: bytes  # WebP
    facts: dict[str, Scalar]
    warnings: tuple[str, ...]


def look_at_bytes(data: bytes, name: str) -> Looked:
    """Everything that mirrorlake learns from one picture. Raises Unusable with the stage and a sentence.

    `name` is only compared with what the bytes are; it never decides how they are read.
    """
    kind = identify(data[:HEAD_BYTES])
    if isinstance(kind, Foreign):
        raise Unusable(Stage.IDENTIFY, refusal(name, kind))
    header = image.probe(data, kind)
    drawn = image.draw(data, header)
    lie = disagreement(name, kind)
    return Looked(
        media_type=kind.value,
        width=header.width,
        height=header.height,
        orientation=header.orientation,
        digest=blake3.blake3(data).digest(),
        placeholder=drawn.placeholder,
        thumbnail=drawn.thumbnail,
        facts=header.facts,
        warnings=(*((lie,) if lie else ()), *header.warnings, *drawn.warnings),
    )
