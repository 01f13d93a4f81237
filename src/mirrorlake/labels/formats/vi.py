"""Datature Vi JSONL: one line for each annotation of an image, with phrases and the boxes that they name.

A phrase is a class. A bound is `[left, top, right, bottom]`, relative to the image; one of four points is the box
around them. Questions and answers are no labels: their image is read without any. What a token is, is not documented;
ours are words of the caption. Source: the data set loader of vi-sdk 0.1 (`vi.dataset.loaders.types.annotations`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
import orjson

from mirrorlake.labels.geometry import bounds
from mirrorlake.labels.json_decode import decode_json
from mirrorlake.labels.records import (
    BadLabels,
    ImageLabels,
    Label,
    LabelFiles,
    LabelOutput,
    Report,
    check_text,
    image_path,
    image_size,
    number,
    problem,
)
from mirrorlake.model.labels import Box, LabelClass, Polyline, Shape

SHAPES = (Shape.BOX,)
FILE = "annotations.jsonl"
_EDGES, _POINTS, _PAIR = 4, 4, 2


class _Asset(msgspec.Struct):
    filename: str
    width: float | None = None
    height: float | None = None


class _Contents(msgspec.Struct, rename="camel"):
    type: str
    grounded_phrases: list[msgspec.Raw] = []


class _Phrase(msgspec.Struct):
    phrase: str
    bounds: list[msgspec.Raw]


class _Line(msgspec.Struct):
    asset: _Asset
    contents: _Contents


def read(files: LabelFiles, report: Report) -> Iterator[ImageLabels]:
    """The images of every JSONL file, one for each line."""
    for name in files.names():
        if not name.lower().endswith(".jsonl"):
            continue
        try:
            for line, text in files.lines(name):
                if not text.strip():
                    continue
                try:
                    yield _image(name, line, decode_json(text, _Line), report)
                except BadLabels as error:
                    report(problem(name, error, f"line {line}"))
        except BadLabels as error:
            report(problem(name, error))


def _image(name: str, line: int, found: _Line, report: Report) -> ImageLabels:
    asset = found.asset
    size = (None, None) if not asset.width or not asset.height else image_size(asset.width, asset.height)
    labels: list[Label] = []
    for i, raw in enumerate(found.contents.grounded_phrases):
        place = f"line {line}, groundedPhrases[{i}]"
        try:
            one = decode_json(raw, _Phrase)
            class_name = check_text(one.phrase, "The phrase")
            labels += [Label(class_name=class_name, geometry=_box(bound), place=place) for bound in one.bounds]
        except BadLabels as error:
            report(problem(name, error, place))
    path = image_path(asset.filename)
    return ImageLabels(path=path, width=size[0], height=size[1], file=name, labels=tuple(labels))


def _box(raw: msgspec.Raw) -> Box:
    values = decode_json(raw, list[msgspec.Raw])
    if len(values) == _EDGES and not bytes(values[0]).startswith(b"["):
        left, top, right, bottom = (number(bytes(value), "A coordinate") for value in values)
        return Box(left, top, right - left, bottom - top)
    points = decode_json(raw, list[list[float]])
    if len(points) != _POINTS or any(len(point) != _PAIR for point in points):
        raise BadLabels("A bound has neither 4 numbers nor 4 points.")
    around = bounds(Polyline(tuple((x, y) for x, y in points)))
    if around is None:
        raise AssertionError("points have bounds")
    return around


def write(images: Iterable[ImageLabels], classes: Sequence[LabelClass], output: LabelOutput) -> None:
    """One file with a line for each image. Its caption consists of the names of its classes."""
    del classes
    with output.open(FILE) as file:
        for position, image in enumerate(images, 1):
            file.write(orjson.dumps(_to_json(position, image)) + b"\n")


def _to_json(position: int, image: ImageLabels) -> dict[str, object]:
    words: list[str] = []
    places: dict[str, tuple[int, int]] = {}
    for label in image.labels:
        if label.class_name not in places:
            first = len(words)
            words += label.class_name.split()
            places[label.class_name] = (first, len(words))
    return {
        "id": str(position),
        "asset": {
            "type": "Image",
            "filename": image.path,
            "width": image.width or 0,
            "height": image.height or 0,
        },
        "contents": {
            "type": "PhraseGrounding",
            "caption": " ".join(words),
            "groundedPhrases": [_phrase(label, places[label.class_name]) for label in image.labels],
        },
    }


def _phrase(label: Label, place: tuple[int, int]) -> dict[str, object]:
    box = label.geometry
    if not isinstance(box, Box):
        raise TypeError(f"Vi has no {type(box).__name__}")
    return {
        "phrase": label.class_name,
        "startTokenIndex": place[0],
        "endTokenIndex": place[1],
        "bounds": [[box.x, box.y, box.x + box.width, box.y + box.height]],
    }
