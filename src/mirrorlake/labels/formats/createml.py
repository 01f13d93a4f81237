"""Create ML: a JSON list of images, each with labels and boxes by their centre, in pixels.

The files do not state the size of the images, so the size of the asset counts. The members `imagefilename` and
`annotation` of older files are read too. Source: developer.apple.com/documentation/createml, "Building an object
detector data source", with the defaults of `MLObjectDetector.AnnotationType.boundingBox`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
import orjson

from mirrorlake.labels.geometry import scale
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
    problem,
)
from mirrorlake.model.labels import Box, LabelClass, Shape

SHAPES = (Shape.BOX,)
FILE = "annotations.json"


class _Coordinates(msgspec.Struct):
    x: float
    y: float
    width: float
    height: float


class _Annotation(msgspec.Struct):
    label: str
    coordinates: _Coordinates


class _Image(msgspec.Struct):
    image: str | None = None
    imagefilename: str | None = None
    annotations: list[msgspec.Raw] = []
    annotation: list[msgspec.Raw] = []


def read(files: LabelFiles, report: Report) -> Iterator[ImageLabels]:
    """The images of every JSON file."""
    for name in files.names():
        if not name.lower().endswith(".json"):
            continue
        try:
            images = decode_json(files.read(name), list[msgspec.Raw])
        except BadLabels as error:
            report(problem(name, f"The file is not a list of images: {error}"))
            continue
        for i, raw in enumerate(images):
            try:
                yield _image(name, f"[{i}]", decode_json(raw, _Image), report)
            except BadLabels as error:
                report(problem(name, error, f"[{i}]"))


def _image(name: str, at: str, image: _Image, report: Report) -> ImageLabels:
    path = image_path(image.image or image.imagefilename or "")
    member = "annotations" if image.annotations else "annotation"
    labels: list[Label] = []
    for i, raw in enumerate(image.annotations or image.annotation):
        place = f"{at}.{member}[{i}]"
        try:
            one = decode_json(raw, _Annotation)
            labels.append(Label(class_name=check_text(one.label, "The label"), geometry=_box(one), place=place))
        except BadLabels as error:
            report(problem(name, error, place))
    return ImageLabels(path=path, file=name, labels=tuple(labels), pixels=True)


def _box(one: _Annotation) -> Box:
    of = one.coordinates
    return Box(of.x - of.width / 2, of.y - of.height / 2, of.width, of.height)


def write(images: Iterable[ImageLabels], classes: Sequence[LabelClass], output: LabelOutput) -> None:
    """One document."""
    del classes
    with output.open(FILE) as file:
        file.write(b"[")
        for position, image in enumerate(images):
            rows = [_to_json(label, image) for label in image.labels]
            file.write((b",\n" if position else b"\n") + orjson.dumps({"image": image.path, "annotations": rows}))
        file.write(b"\n]\n")


def _to_json(label: Label, image: ImageLabels) -> dict[str, object]:
    box = scale(label.geometry, image.width or 1, image.height or 1)
    if not isinstance(box, Box):
        raise TypeError(f"Create ML has no {type(box).__name__}")
    x, y = box.x + box.width / 2, box.y + box.height / 2
    return {"label": label.class_name, "coordinates": {"x": x, "y": y, "width": box.width, "height": box.height}}
