"""What readers of label files return and writers take, and the files that they read and write. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from mirrorlake.model.assets import Scalar
from mirrorlake.model.labels import Geometry, LabelClass, LabelProblem
from mirrorlake.model.splits import Split

TEXT_LIMIT = 1000  # characters of a class name or of an attribute
LABELS_LIMIT = 200_000  # of one image; each needs some thousand bytes while it is read
REASON_LIMIT = 500  # characters of a problem
ATTRIBUTES_LIMIT = 100  # of one label
INTEGER_LIMIT = 2**63
NUMBER_LIMIT = 1e12  # of a coordinate in any unit
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One label in a file. `class_name` is the file's own name of the class: a number where it has no other."""

    class_name: str
    geometry: Geometry
    attributes: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    place: str = ""  # in its file: a line or a member
    also: Geometry | None = None  # which the file has beside `geometry`: taken if the class has its shape


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLabels:
    """The labels of one image, and how a file names it."""

    path: str  # parts separated by `/`
    suffixed: bool = True  # whether `path` includes the suffix of the image
    width: int | None = None  # pixels, as the file states them
    height: int | None = None
    file: str = ""  # the label file
    labels: tuple[Label, ...] = ()
    pixels: bool = False  # whether coordinates are pixels of the image, whose size the file does not state
    datasource: str = ""  # in exports only, as the two below
    uri: str = ""  # of the object
    keeps_suffix: bool = False  # whether its label file has its whole name, because another image has the same stem
    split: Split | None = None  # in the project that is exported


class BadLabels(ValueError):
    """A label, or a whole label file, that cannot be used, with the reason."""


class LabelFiles(Protocol):
    """The label files of an import: a folder, a zip file or one file."""

    def names(self) -> Sequence[str]:
        """The names of all files in order, with parts separated by `/`."""
        ...

    def read(self, name: str) -> bytes:
        """The bytes of one file. Raises BadLabels if they are too many."""
        ...

    def lines(self, name: str) -> Iterator[tuple[int, bytes]]:
        """The lines of one file with their numbers, from 1, without their ends. Raises BadLabels if one is too long."""
        ...


class LabelOutput(Protocol):
    """Where a writer puts its files."""

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """A new file. The name is made safe as a path. Raises BadLabels if there is one with this name already."""
        ...

    def safe_name(self, name: str) -> str:
        """The name under which `open` writes a file."""
        ...

    def scratch(self) -> AbstractContextManager[BinaryIO]:
        """A temporary file for parts that are needed later; read it after `seek(0)`."""
        ...


Report = Callable[[LabelProblem], None]  # receives each problem
Reader = Callable[[LabelFiles, Report], Iterator[ImageLabels]]
# Takes labels in the shapes of its format, of images with a size.
Writer = Callable[[Iterable[ImageLabels], Sequence[LabelClass], LabelOutput], None]


def problem(file: str, reason: object, place: str = "") -> LabelProblem:
    """A problem at this place of a file."""
    readable = file.encode("utf-8", "replace").decode()  # names of files need not be UTF-8
    kept = _UNSTORABLE.sub("\ufffd", str(reason))  # it may contain what the file contains
    return LabelProblem(file=readable, place=place, reason=kept[:REASON_LIMIT])


def image_path(text: str) -> str:
    """The path of an image as label files of any system write it, with `/` and without leading dots.

    Raises BadLabels if no key can contain it.
    """
    path = text.replace("\\", "/")
    while path.startswith(("./", "../")):
        path = path.partition("/")[2]
    check_text(path, "The name of the image")
    return path


def without_suffix(path: str) -> str:
    """A path without the suffix of its last part."""
    folder, slash, base = path.rpartition("/")
    return f"{folder}{slash}{base.rpartition('.')[0] or base}"


def label_file_of(image: ImageLabels, suffix: str) -> str:
    """The name of the label file of an exported image, if each image has one."""
    return (image.path if image.keeps_suffix else without_suffix(image.path)) + suffix


def copied_name(path: str, *, keeps_suffix: bool) -> str:
    """The path of a copied image whose name without the suffix is that of its label file."""
    return path + path.removeprefix(without_suffix(path)) if keeps_suffix else path


def join_path(folder: str, path: str) -> str:
    """The path of an image that a label file names relative to its own folder."""
    parts = folder.split("/")[:-1]
    for part in path.replace("\\", "/").split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return image_path("/".join(parts))


def check_text(text: str, what: str) -> str:
    """A text that the catalog can store. Raises BadLabels."""
    if not text.strip():
        raise BadLabels(f"{what} is empty.")
    if len(text) > TEXT_LIMIT or _UNSTORABLE.search(text):
        raise BadLabels(f"{what} is longer than {TEXT_LIMIT} characters or contains characters that cannot be stored.")
    return text


def check_count(labels: int) -> None:
    """Raise BadLabels if one image has too many labels."""
    if labels > LABELS_LIMIT:
        raise BadLabels(f"The image has more than {LABELS_LIMIT:,} labels.")


def number(text: str | bytes, what: str) -> float:
    """A finite number. Raises BadLabels."""
    try:
        # With an underscore, Python takes it for a number, but no format does.
        value = None if (b"_" in text if isinstance(text, bytes) else "_" in text) else float(text)
    except ValueError:
        value = None
    if value is None:
        shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        raise BadLabels(f"{what} is not a number: {shown[:40]!r}.")
    if not -NUMBER_LIMIT < value < NUMBER_LIMIT:  # NaN compares as false
        raise BadLabels(f"{what} is not a finite number.")
    return value


def image_size(width: float | None, height: float | None) -> tuple[int, int]:
    """The size in pixels that a file states. Raises BadLabels if there is none."""
    if not width or not height or not (1 <= width < 1e9 and 1 <= height < 1e9):  # noqa: PLR2004  no image is larger
        raise BadLabels("The size of the image is missing: coordinates in pixels need it.")
    return int(width), int(height)


def plain_attributes(values: Mapping[str, object] | None) -> dict[str, Scalar]:
    """The attributes that can be stored: plain values that are not null. Raises BadLabels for too many."""
    kept: dict[str, Scalar] = {}
    for name, value in (values or {}).items():
        if isinstance(value, str | bool | int | float):
            kept[check_text(name, "The name of an attribute")] = _storable(value)
    if len(kept) > ATTRIBUTES_LIMIT:
        raise BadLabels(f"A label has more than {ATTRIBUTES_LIMIT} attributes.")
    return kept


def _storable(value: Scalar) -> Scalar:
    """A value that the catalog can store: texts are cut, and integers beyond 64 bits become floats."""
    if isinstance(value, str):
        return value[:TEXT_LIMIT].replace("\0", "")
    if isinstance(value, int) and not -INTEGER_LIMIT <= value < INTEGER_LIMIT:
        return NUMBER_LIMIT if value > 0 else -NUMBER_LIMIT
    return value
