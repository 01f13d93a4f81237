"""Policies: which objects of a datasource become assets, by what their bytes turn out to be."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from enum import StrEnum
from hashlib import blake2b

from mirrorlake.model.public import public_noun

_ALL_BITS, _SIGN = 1 << 64, 1 << 63


class OrientationPolicy(StrEnum):
    """What happens to an image whose EXIF orientation is not 1."""

    ACCEPT = "accept"  # it is shown upright
    REJECT = "reject"


class DuplicatePolicy(StrEnum):
    """What happens to an object with exactly the bytes of an asset that its datasource already has."""

    KEEP = "keep"  # it becomes an asset of its own
    SKIP = "skip"  # it is rejected
    LINK = "link"  # it is another place of that asset, which moves there if its own object is gone


@public_noun
class Policies:
    """What an object must be to become an asset. Without any limit, everything that can be decoded is taken.

    An object that does not comply is rejected with the reason, and considered again when it or a policy changes.
    Assets that were taken before a policy changed are kept.
    """

    orientation: OrientationPolicy = OrientationPolicy.ACCEPT
    duplicates: DuplicatePolicy = DuplicatePolicy.KEEP
    video_brands: tuple[str, ...] = ()
    """Major brands of which a video must have one, such as `mp42`. Empty: any, or none."""
    pixel_formats: tuple[str, ...] = ()
    """FFmpeg's names of pixel formats of which a video must have one, such as `yuv420p`. Empty: any."""
    max_pixels: int | None = None
    """Width times height of an image or a video."""
    max_bytes: int | None = None
    max_seconds: float | None = None
    """Of a video or a recording; one whose header states no duration is rejected too."""
    min_width: int | None = None
    """Pixels of an image or a video, upright."""
    min_height: int | None = None

    @property
    def fingerprint(self) -> int:
        """A signed number of 64 bits that two sets of policies share only if they are equal."""
        # Only what differs from the defaults, so that a policy of a later version changes nothing for others.
        given = {one.name: value for one in fields(self) if (value := getattr(self, one.name)) != one.default}
        document = json.dumps(given, sort_keys=True).encode()
        number = int.from_bytes(blake2b(document, digest_size=8).digest(), "big")
        return number - _ALL_BITS if number >= _SIGN else number

    @property
    def of_content(self) -> Policies:
        """The policies that each object complies with or not, whatever else is in the library."""
        return replace(self, duplicates=DuplicatePolicy.KEEP)


NO_POLICIES = Policies()
