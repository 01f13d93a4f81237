"""Tell from the end of a key whether it names something the library can look at. Pure.

The name only selects; what an object really is, its bytes say (`formats.identify`). Columns of keys are compared with
the suffixes in `endings.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Suffix (lower case, with its dot) -> the media type that the name promises.
MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".avif": "image/avif",
        ".bmp": "image/bmp",
        ".jpe": "image/jpeg",
        ".jpeg": "image/jpeg",
        ".jpg": "image/jpeg",
        ".png": "image/png",
        ".webp": "image/webp",
    }
)


def media_type_of_name(key: str) -> str | None:
    """The media type that the key's suffix promises, None for a suffix we do not know."""
    dot = key.rfind(".")
    suffix = key[dot:] if dot >= 0 else ""
    return MEDIA_TYPES.get(suffix.lower()) if suffix.isascii() else None
