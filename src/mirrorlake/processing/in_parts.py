"""Render an object that is read in parts, within what may be read of one."""

from __future__ import annotations

from mirrorlake.core.errors import ReadTooMuch
from mirrorlake.formats.codec import Probe, RangedCodec, Rendered, StartCodec
from mirrorlake.formats.stages import UndecodableObject
from mirrorlake.storage.ranged import RangedObject, ReadLimits

START_LIMITS = ReadLimits(requests=40, bytes=32 << 20)  # of the first picture, on top of what was read before


def render_in_parts(codec: RangedCodec, data: RangedObject, probe: Probe) -> tuple[Rendered | None, tuple[str, ...]]:
    """The picture of an object whose header was read, and warnings.

    Where it needs more than may be read, the first picture takes its place, else none: the object is never read whole
    for it. Raises UndecodableObject for damage; any other failure is that of `data`.
    """
    if data.failure is not None:
        return None, ()
    rendered: Rendered | None = None
    try:
        rendered = codec.render(data, probe)
    except UndecodableObject:
        if _too_much(data) is None:
            raise
    reason = _too_much(data)
    if reason is None:
        return rendered, ()
    rendered = render_start(codec, data)
    what = "it has no thumbnail" if rendered is None else "its thumbnail is its first picture"
    return rendered, (f"{what}: {reason.message}",)


def _too_much(data: RangedObject) -> ReadTooMuch | None:
    return data.failure if isinstance(data.failure, ReadTooMuch) else None


def render_start(codec: RangedCodec, data: RangedObject) -> Rendered | None:
    """The first picture of an object of which too much was read; None if there is none within START_LIMITS."""
    rendered: Rendered | None = None
    data.grant(START_LIMITS)
    if isinstance(codec, StartCodec):
        try:
            rendered = codec.render_start(data)
        except UndecodableObject:
            rendered = None
    if _too_much(data) is not None:
        data.failure = rendered = None
    return rendered
