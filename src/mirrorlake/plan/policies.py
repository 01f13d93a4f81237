"""Decide whether an object complies with the policies of its datasource, and name the command that mends it. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mirrorlake.model.media import AudioFacts, ImageFacts, MediaFacts, MediaKind, VideoFacts
from mirrorlake.model.policies import OrientationPolicy, Policies
from mirrorlake.plan import document_fixes, image_fixes, media_fixes


def reject_size(policies: Policies, key: str, size: int, kind: MediaKind | None, form: str = "") -> str | None:
    """Why an object of this size is not read at all, and what mends it; None if it complies.

    `kind` and `form`, the name of a format, are by the name of the object, whose bytes nobody has seen.
    """
    if policies.max_bytes is None or size <= policies.max_bytes:
        return None
    what = f"it has {size:,} bytes, and the policy maxBytes allows {policies.max_bytes:,}"
    share = policies.max_bytes / size
    match kind:
        case MediaKind.IMAGE:
            return _with_fix(what, image_fixes.shrink_image(key, form, size, policies.max_bytes))
        case MediaKind.VIDEO:
            return _with_fix(what, media_fixes.shrink_video(key, form, policies, share))
        case MediaKind.AUDIO:
            return _with_fix(what, media_fixes.shrink_sound(key, form, share))
        case MediaKind.DOCUMENT:
            return _with_fix(what, document_fixes.shrink_document(key, share))
        case MediaKind.TEXT:
            parts = document_fixes.split_text(key, form, policies.max_bytes)
            return f"{what}; {document_fixes.shrink_whole_text(key, form)}" if parts is None else _with_fix(what, parts)
        case None:
            return f"{what}; make the file smaller, or allow more bytes"


def reject(policies: Policies, key: str, facts: MediaFacts, form: str) -> str | None:
    """Why an object with these facts is rejected, and what mends it; None if it complies.

    `form` is the name of its format, as the bytes have it.
    """
    return next(_violations(policies, key, facts, form), None)


def _violations(policies: Policies, key: str, facts: MediaFacts, form: str) -> Iterator[str]:
    if isinstance(facts, ImageFacts):
        yield from _of_image(policies, key, facts, form)
    if isinstance(facts, VideoFacts):
        yield from _of_video(policies, key, facts, form)
    if isinstance(facts, ImageFacts | VideoFacts):
        yield from _of_pixels(policies, key, facts, form)
    if isinstance(facts, VideoFacts | AudioFacts):
        yield from _of_duration(policies, key, facts, form)


def _of_image(policies: Policies, key: str, facts: ImageFacts, form: str) -> Iterator[str]:
    if facts.orientation != 1 and policies.orientation is OrientationPolicy.REJECT:
        what = f"its EXIF orientation is {facts.orientation}, and the policy orientation rejects all but 1"
        untagged = image_fixes.remove_orientation(key)
        yield _with_fix(f"{what} (if only this tag is wrong: {untagged})", image_fixes.turn_image(key, form, facts))


def _of_video(policies: Policies, key: str, facts: VideoFacts, form: str) -> Iterator[str]:
    brands, formats = policies.video_brands, policies.pixel_formats
    fix = media_fixes.convert_video(key, form, facts, policies)
    if brands and facts.major_brand not in brands:
        has = "it has no major brand" if facts.major_brand is None else f"its major brand is {facts.major_brand}"
        yield _with_fix(f"{has}, and the policy videoBrands allows {_names(brands)}", fix)
    if formats and facts.pixel_format not in formats:
        what = f"its pixel format is {facts.pixel_format or 'unknown'}, and the policy pixelFormats allows"
        yield _with_fix(f"{what} {_names(formats)}", fix)


def _of_pixels(policies: Policies, key: str, facts: ImageFacts | VideoFacts, form: str) -> Iterator[str]:
    width, height = facts.width, facts.height
    most = policies.max_pixels
    if most is not None and width * height > most:
        what = f"it has {width:,} x {height:,} pixels, and the policy maxPixels allows {most:,}"
        smaller = math.sqrt(most / (width * height))
        if isinstance(facts, VideoFacts):
            yield _with_fix(what, media_fixes.scale_video(key, form, facts, policies, smaller))
        else:
            yield _with_fix(what, image_fixes.fit_image(key, form, facts, most))
    least = (policies.min_width or 1, policies.min_height or 1)
    if width < least[0] or height < least[1]:
        wanted = [
            f"{name} {limit:,}"
            for name, limit in (("minWidth", policies.min_width), ("minHeight", policies.min_height))
            if limit is not None
        ]
        what = f"it has {width:,} x {height:,} pixels, and the policies require {' and '.join(wanted)}"
        larger = max(least[0] / width, least[1] / height)
        if isinstance(facts, VideoFacts):
            fix = media_fixes.scale_video(key, form, facts, policies, larger)
        else:
            fix = image_fixes.enlarge_image(key, form, facts, least)
        yield _with_fix(f"{what}; enlarging it adds no detail", fix)


def _of_duration(policies: Policies, key: str, facts: VideoFacts | AudioFacts, form: str) -> Iterator[str]:
    longest = policies.max_seconds
    if longest is None:
        return
    if facts.duration_s is None:
        what = f"its header states no duration, and the policy maxSeconds allows {longest:g} s"
        if isinstance(facts, VideoFacts):
            yield _with_fix(what, media_fixes.measure_video(key, form, policies))
        else:
            yield _with_fix(what, media_fixes.measure_sound(key, form))
    elif facts.duration_s > longest:
        what = f"it takes {facts.duration_s:,.1f} s, and the policy maxSeconds allows {longest:g} s"
        if isinstance(facts, VideoFacts):
            yield _with_fix(what, media_fixes.shorten_video(key, form, facts, policies))
        else:
            yield _with_fix(what, media_fixes.shorten_sound(key, form, policies))


def _with_fix(what: str, command: str) -> str:
    return f"{what}. Mend it: {command}"


def _names(names: tuple[str, ...]) -> str:
    return " or ".join(names)
