"""With this folder in PYTHONPATH, every Python process knows one format more: what its row in the registry does."""

from __future__ import annotations

from mirrorlake.formats import registry
from mirrorlake.formats.codec import Codec
from mirrorlake.formats.magic import starts_with
from mirrorlake.model.media import MediaKind


def _note() -> Codec:
    import note_format  # noqa: PLC0415  as the modules of other formats: when the first object is to be decoded

    return note_format.CODEC


registry.FORMATS = (
    *registry.FORMATS,
    registry.Format(
        name="NOTE",
        phrase="a NOTE",
        kind=MediaKind.DOCUMENT,
        media_type="application/x-note",
        suffixes=(".note",),
        magic=starts_with(b"NOTE 1\n"),
        codec=_note,
        max_bytes=1 << 20,
    ),
)
