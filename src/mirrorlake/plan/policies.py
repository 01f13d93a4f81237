"""Decide whether an object complies with the policies of its datasource, and name the command that mends it. Pure."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator

from mirrorlake.model.media import AudioFacts, ImageFacts, MediaFacts, MediaKind, VideoFacts, pixel_size
from mirrorlake.model.policies import OrientationPolicy, Policies


def reject_size(policies: Policies, key: str, size: int, kind: MediaKind | None) -> str | None:
    """Why an object of this size is not read at all, and what mends it; None if it complies. `kind` by its name."""
    if policies.max_bytes is None or size <= policies.max_bytes:
        return None
    what = f"it has {size:,} bytes, and the policy maxBytes allows {policies.max_bytes:,}"
    match kind:
        case MediaKind.IMAGE:
            return _with_fix(what, f"mogrify -resize 50% -quality 85 {_file(key)}")
        case MediaKind.VIDEO:
            return _with_fix(what, _ffmpeg(key, "-c:v libx264 -crf 28 -c:a aac"))
        case MediaKind.AUDIO:
            return _with_fix(what, _ffmpeg(key, "-b:a 128k"))
        case _:
            return what


def reject(policies: Policies, key: str, facts: MediaFacts) -> str | None:
    """Why an object with these facts is rejected, and what mends it; None if it complies."""
    return next(_violations(policies, key, facts), None)


def _violations(policies: Policies, key: str, facts: MediaFacts) -> Iterator[str]:
    if isinstance(facts, ImageFacts) and facts.orientation != 1 and policies.orientation is OrientationPolicy.REJECT:
        what = f"its EXIF orientation is {facts.orientation}, and the policy orientation rejects all but 1"
        yield _with_fix(what, f"mogrify -auto-orient {_file(key)}")
    if isinstance(facts, VideoFacts):
        yield from _of_video(policies, key, facts)
    size = pixel_size(facts)
    if size is not None:
        yield from _of_pixels(policies, key, size, is_video=isinstance(facts, VideoFacts))
    if isinstance(facts, VideoFacts | AudioFacts):
        yield from _of_duration(policies, key, facts.duration_s)


def _of_video(policies: Policies, key: str, facts: VideoFacts) -> Iterator[str]:
    brands, formats = policies.video_brands, policies.pixel_formats
    pixel_format, brand = (shlex.quote(one) for one in ((formats or ("yuv420p",))[0], (brands or ("mp42",))[0]))
    options = f"-c:v libx264 -pix_fmt {pixel_format} -c:a aac -brand {brand}"
    if brands and facts.major_brand not in brands:
        has = "it has no major brand" if facts.major_brand is None else f"its major brand is {facts.major_brand}"
        yield _with_fix(f"{has}, and the policy videoBrands allows {_names(brands)}", _ffmpeg(key, options, "mp4"))
    if formats and facts.pixel_format not in formats:
        what = f"its pixel format is {facts.pixel_format or 'unknown'}, and the policy pixelFormats allows"
        yield _with_fix(f"{what} {_names(formats)}", _ffmpeg(key, options, "mp4"))


def _of_pixels(policies: Policies, key: str, size: tuple[int, int], *, is_video: bool) -> Iterator[str]:
    width, height = size
    if policies.max_pixels is not None and width * height > policies.max_pixels:
        what = f"it has {width:,} x {height:,} pixels, and the policy maxPixels allows {policies.max_pixels:,}"
        smaller = math.sqrt(policies.max_pixels / (width * height))
        video = f"-vf scale={_even(width * smaller)}:{_even(height * smaller)} -c:a copy"
        image = f"mogrify -resize '{policies.max_pixels}@>' {_file(key)}"
        yield _with_fix(what, _ffmpeg(key, video) if is_video else image)
    least = (policies.min_width or 1, policies.min_height or 1)
    if width < least[0] or height < least[1]:
        wanted = [
            f"{name} {limit:,}"
            for name, limit in (("minWidth", policies.min_width), ("minHeight", policies.min_height))
            if limit is not None
        ]
        what = f"it has {width:,} x {height:,} pixels, and the policies require {' and '.join(wanted)}"
        larger = max(least[0] / width, least[1] / height)
        video = f"-vf scale={_even(width * larger, up=True)}:{_even(height * larger, up=True)} -c:a copy"
        image = f"mogrify -resize '{least[0]}x{least[1]}^' {_file(key)}"
        yield _with_fix(f"{what}; enlarging it adds no detail", _ffmpeg(key, video) if is_video else image)


def _of_duration(policies: Policies, key: str, duration_s: float | None) -> Iterator[str]:
    longest = policies.max_seconds
    if longest is None:
        return
    if duration_s is None:
        what = f"its header states no duration, and the policy maxSeconds allows {longest:g} s"
        yield _with_fix(what, _ffmpeg(key, "-c copy"))
    elif duration_s > longest:
        what = f"it takes {duration_s:,.1f} s, and the policy maxSeconds allows {longest:g} s"
        yield _with_fix(what, _ffmpeg(key, f"-t {longest:g} -c copy"))


def _with_fix(what: str, command: str) -> str:
    return f"{what}. Mend it: {command}"


def _names(names: tuple[str, ...]) -> str:
    return " or ".join(names)


def _even(number: float, *, up: bool = False) -> int:
    """A side that encoders of video accept: an even number of pixels."""
    return max(2, 2 * (math.ceil(number / 2) if up else int(number / 2)))


def _ffmpeg(key: str, options: str, suffix: str | None = None) -> str:
    """The command that writes a mended copy beside the file."""
    name = key.rpartition("/")[2]
    stem, dot, ending = name.rpartition(".")
    target = f"{stem if dot else name}.mended.{suffix or ending or 'mp4'}"
    return f"ffmpeg -i {_file(name)} {options} {_file(target)}"


def _file(key: str) -> str:
    """The name of an object as a word of a shell, whatever is in it, below the current folder.

    "./" keeps a name from being taken for an option, a protocol of FFmpeg or a format of ImageMagick.
    """
    name = f"./{key.rpartition('/')[2]}"
    if name.isprintable():
        return shlex.quote(name)
    # Control characters would otherwise reach the terminal that shows the command.
    escaped = "".join(
        f"\\{character}"
        if character in "\\'"
        else character
        if character.isprintable()
        else "".join(f"\\x{byte:02x}" for byte in character.encode())
        for character in name
    )
    return f"$'{escaped}'"
