"""Read the header of an object, and with it what its first bytes leave open: whether ISO media are a video or sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from mirrorlake.formats.codec import Content, Probe, RangedCodec
from mirrorlake.formats.registry import Format, format_named
from mirrorlake.formats.stages import OnlySound


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The header of an object, with the format that its tracks prove."""

    format: Format
    codec: RangedCodec  # which gets bytes, unless its format is read in parts
    probe: Probe


def read_header(found: Format, data: Content) -> Header:
    """The header of an object that begins like this format. Raises UndecodableObject (stage probe) if it is damaged."""
    codec = cast("RangedCodec", found.codec())
    try:
        return Header(format=found, codec=codec, probe=codec.probe(data))
    except OnlySound:
        if found.without_video is None:
            raise
    sound = format_named(found.without_video)
    codec = cast("RangedCodec", sound.codec())
    return Header(format=sound, codec=codec, probe=codec.probe(data))
