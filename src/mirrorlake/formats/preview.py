"""Make one picture of an object: the same steps as for its thumbnail, in another size or of another part."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from mirrorlake.formats.codec import Content, Probe, RangedCodec, Rendered
from mirrorlake.formats.header import read_header
from mirrorlake.formats.identify import identify, unsupported_message
from mirrorlake.formats.magic import HEAD_BYTES
from mirrorlake.formats.sides import PREVIEW_SIDE, rendering
from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.formats.unsupported import UnsupportedFormat
from mirrorlake.model.asset_previews import PreviewKind, PreviewOptions
from mirrorlake.model.media import MediaKind


@runtime_checkable
class PagedCodec(Protocol):
    """A codec of documents."""

    def render_page(self, data: Content, number: int) -> Rendered:
        """Render one page, counted from 1. Raises UndecodableObject (stage decode)."""
        ...


def render_preview(data: Content, name: str, wanted: PreviewOptions) -> bytes:
    """The preview of this object as a WebP. Raises UndecodableObject with the stage and the reason.

    Only formats with `ranged_from` can be read in parts.
    """
    found = identify(_head(data), name)
    if isinstance(found, UnsupportedFormat):
        raise UndecodableObject(Stage.IDENTIFY, unsupported_message(name, found))
    header = read_header(found, data)
    found, codec, probe = header.format, header.codec, header.probe
    if wanted.kind is PreviewKind.STRIP:
        if found.kind is not MediaKind.VIDEO:
            raise UndecodableObject(Stage.DECODE, f"the bytes are {found.phrase}, and only videos have a strip")
        return _render_strip(codec, data, probe)
    with rendering(PREVIEW_SIDE):
        rendered = _render_picture(codec, data, probe, wanted.page)
    if rendered is None:
        raise UndecodableObject(Stage.DECODE, f"the bytes are {found.phrase}, which has no picture")
    return rendered.thumbnail


def render_picture(data: bytes) -> bytes:
    """The thumbnail of an image, as a run makes it. Raises UndecodableObject with the stage and the reason."""
    found = identify(data[:HEAD_BYTES])
    if isinstance(found, UnsupportedFormat) or found.kind is not MediaKind.IMAGE:
        raise UndecodableObject(Stage.IDENTIFY, f"{unsupported_message('', found)}, which is no image")
    if len(data) > found.max_bytes:
        raise UndecodableObject(Stage.IDENTIFY, f"{found.phrase} of more than {found.max_bytes >> 20} MiB is not read")
    codec = found.codec()
    rendered = codec.render(data, codec.probe(data))
    if rendered is None:
        raise UndecodableObject(Stage.DECODE, f"the bytes are {found.phrase}, which has no picture")
    return rendered.thumbnail


def _head(data: Content) -> bytes:
    if isinstance(data, bytes):
        return data[:HEAD_BYTES]
    data.seek(0)
    return data.read(HEAD_BYTES)


def _render_picture(codec: RangedCodec, data: Content, probe: Probe, page: int) -> Rendered | None:
    if isinstance(codec, PagedCodec):
        return codec.render_page(data, page)
    if page != 1:
        raise UndecodableObject(Stage.DECODE, f"it has no page {page:,}: it is not a document of pages")
    return codec.render(data, probe)


def _render_strip(codec: RangedCodec, data: Content, probe: Probe) -> bytes:
    from mirrorlake.formats.video import Video  # noqa: PLC0415  needs PyAV, an extra: `probe` has used it
    from mirrorlake.formats.video_strip import render_strip  # noqa: PLC0415  as above

    if not isinstance(codec, Video):
        raise TypeError(f"a video has the codec of one, not {type(codec).__name__}")
    return render_strip(codec, data, probe)
