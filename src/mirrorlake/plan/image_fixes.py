"""The commands that make an image comply with a policy. Pure.

Each works on a copy of the file in the current folder: ImageMagick's `mogrify` changes it in place.
"""

from __future__ import annotations

import math
from typing import Final

from mirrorlake.model.media import ImageFacts
from mirrorlake.plan.fix_words import file_name, file_word, mended_word

SVG: Final = "SVG"
_BLOCK: Final = 16  # pixels: JPEGs whose sides are multiples of it are turned without loss
_ROTATED: Final = 5  # orientations from here on have rows and columns exchanged

# How `jpegtran` and `mogrify` turn the stored pixels upright, by EXIF orientation.
_LOSSLESS_TURNS: Final = {
    2: "-flip horizontal",
    3: "-rotate 180",
    4: "-flip vertical",
    5: "-transpose",
    6: "-rotate 90",
    7: "-transverse",
    8: "-rotate 270",
}
_TURNS: Final = {
    2: "-flop",
    3: "-rotate 180",
    4: "-flip",
    5: "-transpose",
    6: "-rotate 90",
    7: "-transverse",
    8: "-rotate 270",
}

# The options before and after resizing with which an image is written smaller, and how much more its sides shrink than
# its pixels have to. ImageMagick finds the quality of a JPEG that fits; others lose more pixels, because nobody knows
# how well they are compressed. A BMP becomes a JPEG: it has no compression to speak of.
_SHRINKS: Final[dict[str, tuple[str, str, float]]] = {
    "JPEG": ("", "-define jpeg:extent={most}", 1.0),
    "WebP": ("", "-quality 75", 0.75),
    "AVIF": ("", "-quality 40", 0.75),
    "HEIC": ("", "-quality 40", 0.75),
    "JPEG 2000": ("", "-quality 30", 0.75),
    "PNG": ("", "-depth 8 -quality 95", 0.75),
    "TIFF": ("", "-depth 8 -compress zip", 0.75),
    "GIF": ("-coalesce", "+dither -colors 128 -layers optimize", 0.6),
    "BMP": ("", "-format jpg -define jpeg:extent={most}", 1.0),
}
_AS_JPEG: Final = _SHRINKS["JPEG"]
_NUMBERED: Final = "%"  # as in %d, which ImageMagick replaces in names
_FRAMES: Final = {"GIF": "-coalesce"}  # frames that store only what changes cannot be scaled


def shrink_image(key: str, form: str, size: int, most: int) -> str:
    """Make a file of this size smaller than a number of bytes."""
    if form == SVG:
        files = f"-i {file_word(key)} -o {mended_word(key, '.svg')}"
        return f"scour --enable-id-stripping --enable-comment-stripping --shorten-ids --indent=none {files}"
    before, after, factor = _SHRINKS.get(form, _AS_JPEG)
    percent = max(1, int(100 * math.sqrt(most / size) * factor))
    return _mogrify(key, before, f"-resize {percent}%", after.format(most=most))


def turn_image(key: str, form: str, facts: ImageFacts) -> str:
    """Turn the pixels upright, where possible without loss, and set the orientation to 1."""
    turn = facts.orientation
    if form == "JPEG" and facts.width % _BLOCK == 0 and facts.height % _BLOCK == 0 and turn in _LOSSLESS_TURNS:
        target = mended_word(key, ".jpg")
        turned = f"jpegtran -copy all -perfect {_LOSSLESS_TURNS[turn]} -outfile {target} {file_word(key)}"
        return f"{turned} && {_reset_orientation(target)}"
    if form == "JPEG" or turn not in _TURNS:
        return _mogrify(key, "-auto-orient")
    # ImageMagick does not read the orientation of every format.
    return f"{_mogrify(key, _TURNS[turn])} && {_reset_orientation(_changed_word(key))}"


def remove_orientation(key: str) -> str:
    """Remove the tag of an image whose pixels are upright."""
    return f"exiftool -Orientation= -overwrite_original {file_word(key)}"


def fit_image(key: str, form: str, facts: ImageFacts, most: int) -> str:
    """Scale an image down to this number of pixels."""
    if form == SVG:
        factor = math.sqrt(most / (facts.width * facts.height))
        return _scale_drawing(key, int(facts.width * factor), int(facts.height * factor))
    return _mogrify(key, _FRAMES.get(form, ""), f"-resize '{most}@>'")


def enlarge_image(key: str, form: str, facts: ImageFacts, least: tuple[int, int]) -> str:
    """Scale an image up to these sides at least, which are upright."""
    if form == SVG:
        factor = max(least[0] / facts.width, least[1] / facts.height)
        return _scale_drawing(key, math.ceil(facts.width * factor), math.ceil(facts.height * factor))
    width, height = reversed(least) if facts.orientation >= _ROTATED else least  # of the stored pixels
    return _mogrify(key, _FRAMES.get(form, ""), f"-resize '{width}x{height}^'")


def _mogrify(key: str, *options: str) -> str:
    """The command that changes the file, or a copy of it if ImageMagick would find a number in its name."""
    command = " ".join(("mogrify", *(one for one in options if one), _changed_word(key)))
    return f"cp {file_word(key)} {_changed_word(key)} && {command}" if _NUMBERED in key else command


def _changed_word(key: str) -> str:
    if _NUMBERED not in key:
        return file_word(key)
    plain = file_name(key).replace(_NUMBERED, "_")
    return mended_word(plain, f".{plain.rpartition('.')[2]}")


def _reset_orientation(word: str) -> str:
    return f"exiftool -n -Orientation=1 -overwrite_original {word}"


def _scale_drawing(key: str, width: int, height: int) -> str:
    sides = f"-w {max(1, width)} -h {max(1, height)}"
    return f"rsvg-convert {sides} -f svg -o {mended_word(key, '.svg')} {file_word(key)}"
