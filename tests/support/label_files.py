"""Label files in memory, random labels, and real label files of other tools."""

from __future__ import annotations

import io
import math
import tarfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO

from hypothesis import strategies as st
from tests.support.media import fetch_source

from mirrorlake.labels.geometry import check_geometry, check_outline
from mirrorlake.labels.mask_pixels import resize
from mirrorlake.labels.records import BadLabels, ImageLabels, Label
from mirrorlake.labels.registry import LabelFormat
from mirrorlake.labels.rle import encode_counts
from mirrorlake.model.labels import (
    Box,
    Classification,
    Geometry,
    Keypoints,
    LabelClass,
    LabelProblem,
    Mask,
    Polygon,
    Polyline,
    RotatedBox,
    Shape,
)


class MemoryFiles:
    """Files by name, and a place for the files of a writer."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self.files = dict(files or {})

    def names(self) -> Sequence[str]:
        return sorted(self.files)

    def read(self, name: str) -> bytes:
        return self.files[name]

    def lines(self, name: str) -> Iterator[tuple[int, bytes]]:
        return enumerate(self.files[name].splitlines(), 1)

    @contextmanager
    def open(self, name: str) -> Generator[BinaryIO]:
        if name in self.files:
            raise BadLabels(f"{name} exists.")
        file = io.BytesIO()
        yield file
        self.files[name] = file.getvalue()

    def safe_name(self, name: str) -> str:
        return name

    @contextmanager
    def scratch(self) -> Generator[BinaryIO]:
        yield io.BytesIO()


def read_labels(one: LabelFormat, files: Mapping[str, bytes]) -> tuple[list[ImageLabels], list[LabelProblem]]:
    """What a format reads from these files, and its problems."""
    problems: list[LabelProblem] = []
    return list(one.read(MemoryFiles(files), problems.append)), problems


def write_labels(one: LabelFormat, images: Sequence[ImageLabels], classes: Sequence[LabelClass]) -> dict[str, bytes]:
    """The files that a format writes."""
    output = MemoryFiles()
    one.write(images, classes, output)
    return output.files


def real_label_files(package: str, version: str, suffixes: Sequence[str]) -> dict[str, bytes]:
    """The files with these suffixes in the source package of another tool, fetched once."""
    return {
        member.name: file.read()
        for path in [fetch_source(package, version)]
        for tar in [tarfile.open(path)]
        for member in tar
        if member.isfile() and member.name.endswith(tuple(suffixes)) and (file := tar.extractfile(member)) is not None
    }


def flat(value: object) -> list[object]:
    """The single values of a document, in order."""
    if isinstance(value, dict):
        return [one for member in value.values() for one in flat(member)]
    if isinstance(value, list | tuple):
        return [one for member in value for one in flat(member)]
    return [value]


CLASSES = (
    LabelClass(name="forklift", shape=Shape.BOX, colour="#ff0000", external_ids={"YOLO": "7"}),
    LabelClass(name='it\'s; <a> "load"', shape=Shape.POLYGON, colour="#00ff00", external_ids={"YOLO": "2"}),
)
_inside = st.floats(0, 1, allow_nan=False).map(lambda value: round(value, 6))
_points = st.tuples(_inside, _inside)
_boxes = st.builds(
    lambda x, y, width, height: Box(x, y, max((1 - x) * width, 1e-4), max((1 - y) * height, 1e-4)),
    *(st.floats(0, 0.99).map(lambda value: round(value, 6)) for _ in range(4)),
)


@st.composite
def _rings(draw: st.DrawFn, least: int = 3, most: int = 12) -> tuple[tuple[float, float], ...]:
    """A ring around a centre: its points are sorted by angle, so that it never crosses itself."""
    count = draw(st.integers(least, most))
    radius = [draw(st.floats(0.05, 0.45)) for _ in range(count)]
    turn = draw(st.floats(0, math.pi))
    angles = [turn + 2 * math.pi * i / count for i in range(count)]
    return tuple((0.5 + r * math.cos(a), 0.5 + r * math.sin(a)) for r, a in zip(radius, angles, strict=True))


def _mask(width: int, height: int, bits: list[bool]) -> Mask:
    counts, value = [0], False
    for bit in bits[: width * height]:
        if bit is not value:
            counts.append(0)
            value = bit
        counts[-1] += 1
    return Mask(width, height, encode_counts(counts))


@st.composite
def _masks(draw: st.DrawFn) -> Mask:
    width, height = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    size = width * height
    return _mask(width, height, draw(st.lists(st.booleans(), min_size=size, max_size=size).filter(any)))


masks = _masks()
GEOMETRIES: Mapping[Shape, st.SearchStrategy[Geometry]] = {
    Shape.BOX: _boxes,
    Shape.POLYGON: st.lists(_rings(), min_size=1, max_size=1).map(lambda rings: Polygon(tuple(rings))),
    Shape.ROTATED_BOX: _rings(4, 4).map(RotatedBox),
    Shape.POLYLINE: st.lists(_points, min_size=2, max_size=6).map(lambda points: Polyline(tuple(points))),
    Shape.KEYPOINTS: st.lists(_points, min_size=1, max_size=6).map(
        lambda points: Keypoints(tuple((x, y, 2) for x, y in points))
    ),
    Shape.MASK: masks,
    Shape.CLASSIFICATION: st.just(Classification()),
}
_names = st.sampled_from([one.name for one in CLASSES])
_paths = st.lists(st.sampled_from(["a", "b c", "é", "x.y", "=1", "1"]), min_size=1, max_size=3).map("/".join)


@st.composite
def image_lists(draw: st.DrawFn, shapes: Sequence[Shape]) -> list[ImageLabels]:
    """Images under different paths, with labels of these shapes that can be stored."""
    labels = st.sampled_from(list(shapes)).flatmap(
        lambda shape: st.builds(Label, class_name=_names, geometry=GEOMETRIES[shape])
    )
    stored = labels.filter(lambda one: check_geometry(one.geometry) is None and not check_outline(one.geometry))
    # A class is said of a whole image once.
    one_of_each = st.lists(
        stored,
        max_size=4,
        unique_by=lambda one: (one.class_name, one.geometry if one.geometry == Classification() else id(one)),
    )
    images: list[ImageLabels] = []
    for path in draw(st.lists(_paths, max_size=4, unique=True)):
        most = 300 if Shape.MASK in shapes else 9000  # a mask has all pixels of its image
        width, height = draw(st.integers(9, most)), draw(st.integers(9, most))
        labels_of_image = [
            replace(label, geometry=draw(_rectangles(width, height)))
            if isinstance(label.geometry, RotatedBox)
            else replace(label, geometry=resize(label.geometry, width, height))
            if isinstance(label.geometry, Mask)
            else label
            for label in draw(one_of_each)
        ]
        images.append(ImageLabels(path=f"{path}.jpg", width=width, height=height, labels=tuple(labels_of_image)))
    return images


@st.composite
def _rectangles(draw: st.DrawFn, width: int, height: int) -> RotatedBox:
    """A rectangle in pixels that is not upright: some formats write its angle."""
    angle = math.radians(draw(st.integers(1, 89)))
    side = min(width, height)
    a, b = draw(st.floats(0.05, 0.3)) * side, draw(st.floats(0.05, 0.3)) * side
    turned = [
        (x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle))
        for x, y in ((-a, -b), (a, -b), (a, b), (-a, b))
    ]
    return RotatedBox(tuple((0.5 + x / width, 0.5 + y / height) for x, y in turned))
