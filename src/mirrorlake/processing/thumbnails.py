"""The names of thumbnails, which are the digests of their objects, and where earlier versions kept each as a file."""

from __future__ import annotations

# Change this folder with the size, quality or format of thumbnails.
VERSION = "v1"
DIGEST_BYTES = 32
MAX_THUMBNAIL_BYTES = 1 << 20  # of at most 320 pixels; the largest have a tenth of this

RIFF_HEADER = 8


def single_key(digest: bytes) -> str:
    """The key under which earlier versions stored the thumbnail of the object with this digest, as a file of its own.

    Raises ValueError if the digest has a wrong length.
    """
    if len(digest) != DIGEST_BYTES:
        raise ValueError(f"a digest has {DIGEST_BYTES} bytes, not {len(digest)}")
    name = digest.hex()
    return f"{VERSION}/{name[:2]}/{name}.webp"


def is_complete(data: bytes) -> bool:
    """Whether these bytes are a whole WebP, by the length in its header."""
    return begins_complete(data[:RIFF_HEADER], len(data))


def begins_complete(start: bytes, size: int) -> bool:
    """Whether a file of this size that begins so is a whole WebP."""
    # The header of a RIFF file contains the length of the rest.
    return start[:4] == b"RIFF" and int.from_bytes(start[4:RIFF_HEADER], "little") + RIFF_HEADER == size
