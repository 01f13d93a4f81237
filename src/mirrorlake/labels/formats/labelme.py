"""LabelMe: one JSON file next to each image, with shapes in pixels.

Rectangles, polygons, points, lines and circles are read; a circle becomes a polygon of 36 points. Masks are embedded
pictures and are not read. Source: the sample files of labelme 5.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import orjson

from mirrorlake.labels.geometry import bounds, relative, scale
from mirrorlake.labels.json_decode import decode_json
from mirrorlake.labels.losses import Abilities
from mirrorlake.labels.records import (
    BadLabels,
    ImageLabels,
    Label,
    LabelFiles,
    LabelOutput,
    Report,
    check_count,
    check_text,
    image_size,
    join_path,
    label_file_of,
    plain_attributes,
    problem,
)
from mirrorlake.model.assets import Scalar
from mirrorlake.model.labels import (
    Box,
    Classification,
    Geometry,
    Keypoints,
    LabelClass,
    Point,
    Polygon,
    Polyline,
    RotatedBox,
    Shape,
)

SHAPES = (Shape.POLYGON, Shape.BOX, Shape.ROTATED_BOX, Shape.POLYLINE, Shape.KEYPOINTS, Shape.CLASSIFICATION)
VERSION = "5.5.0"  # whose fields we write
CIRCLE_POINTS = 36
_VISIBLE = 2
_ENDS = 2  # points of a rectangle and of a circle


class _Shape(msgspec.Struct):
    label: str
    points: list[tuple[float, float]]
    shape_type: str = "polygon"
    group_id: int | None = None
    description: str | None = None
    flags: dict[str, Any] | None = None


class _Document(msgspec.Struct):
    shapes: list[msgspec.Raw]
    imagePath: str  # noqa: N815  the format's own name
    imageWidth: float | None = None  # noqa: N815  as above
    imageHeight: float | None = None  # noqa: N815  as above
    flags: dict[str, Any] | None = None


def _keeps(label: Label, name: str) -> bool:
    """A classification is a flag without attributes."""
    if isinstance(label.geometry, Classification):
        return False
    group, description, _ = _apart(label)
    return {"group_id": group, "description": description or None}.get(name, True) is not None


def _apart(label: Label) -> tuple[int | None, str, dict[str, Scalar]]:
    """The group and the description of a shape, as far as they can be such, and its other attributes."""
    attributes = dict(label.attributes)
    group, description = attributes.pop("group_id", None), attributes.pop("description", "")
    number = group if isinstance(group, int) and not isinstance(group, bool) else None
    return number, description if isinstance(description, str) else "", attributes


ABILITIES = Abilities(attributes=_keeps)


def read(files: LabelFiles, report: Report) -> Iterator[ImageLabels]:
    """The images of every JSON file."""
    for name in files.names():
        if name.lower().endswith(".json"):
            try:
                yield _read_document(name, decode_json(files.read(name), _Document), report)
            except BadLabels as error:
                report(problem(name, f"The file is not a LabelMe document: {error}"))


def _read_document(name: str, document: _Document, report: Report) -> ImageLabels:
    check_count(len(document.shapes) + len(document.flags or ()))
    path = join_path(name, document.imagePath)
    width, height = image_size(document.imageWidth, document.imageHeight) if document.shapes else (None, None)
    labels: list[Label] = [
        Label(class_name=check_text(flag, "A flag"), geometry=Classification(), place="flags")
        for flag, value in (document.flags or {}).items()
        if value is True
    ]
    for i, raw in enumerate(document.shapes):
        place = f"shapes[{i}]"
        try:
            shape = decode_json(raw, _Shape)
            class_name = check_text(shape.label, "The label")
            geometry = relative(_geometry(shape), width or 1, height or 1)
            attributes = plain_attributes(shape.flags)
        except BadLabels as error:
            report(problem(name, error, place))
            continue
        attributes |= plain_attributes({"group_id": shape.group_id, "description": shape.description or None})
        labels.append(Label(class_name=class_name, geometry=geometry, attributes=attributes, place=place))
    return ImageLabels(path=path, width=width, height=height, file=name, labels=tuple(labels))


def _geometry(shape: _Shape) -> Geometry:
    points = tuple(shape.points)
    match shape.shape_type:
        case "rectangle" if len(points) == _ENDS:
            box = bounds(Polyline(points))
            if box is None:
                raise AssertionError("two points have bounds")
            return box
        case "polygon":
            return Polygon((points,))
        case "oriented_rectangle":
            return RotatedBox(points)
        case "line" | "linestrip":
            return Polyline(points)
        case "point" | "points":
            return Keypoints(tuple((x, y, _VISIBLE) for x, y in points))
        case "circle" if len(points) == _ENDS:
            return Polygon((_circle(*points),))
        case other:
            raise BadLabels(f"A shape of the type {other!r} with {len(points)} points is not supported.")


def _circle(centre: Point, edge: Point) -> tuple[Point, ...]:
    radius = math.dist(centre, edge)
    angles = (2 * math.pi * i / CIRCLE_POINTS for i in range(CIRCLE_POINTS))
    return tuple((centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles)


def write(images: Iterable[ImageLabels], classes: Sequence[LabelClass], output: LabelOutput) -> None:
    """`PATH.json` for each image."""
    del classes
    for image in images:
        shapes: list[dict[str, Any]] = []
        flags: dict[str, bool] = {}
        for label in image.labels:
            if isinstance(label.geometry, Classification):
                flags[label.class_name] = True
            else:
                shapes += _to_json(label, image)
        document = {
            "version": VERSION,
            "flags": flags,
            "shapes": shapes,
            "imagePath": image.path.rpartition("/")[2],
            "imageData": None,
            "imageHeight": image.height,
            "imageWidth": image.width,
        }
        with output.open(label_file_of(image, ".json")) as file:
            file.write(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")


def _to_json(label: Label, image: ImageLabels) -> list[dict[str, Any]]:
    geometry = scale(label.geometry, image.width or 1, image.height or 1)
    group, description, attributes = _apart(label)
    lines: list[tuple[str, Sequence[Point]]]
    match geometry:
        case Box(x, y, width, height):
            lines = [("rectangle", [(x, y), (x + width, y + height)])]
        case Polygon(rings):
            lines = [("polygon", ring) for ring in rings]
        case RotatedBox(corners):
            lines = [("oriented_rectangle", corners)]
        case Polyline(points):
            lines = [("linestrip", points)]
        case Keypoints(points):
            lines = [("points" if len(points) > 1 else "point", [(x, y) for x, y, visible in points if visible])]
        case _:
            lines = []
    return [
        {
            "label": label.class_name,
            "points": [list(point) for point in points],
            "group_id": group,
            "description": description,
            "shape_type": kind,
            "flags": attributes,
            "mask": None,
        }
        for kind, points in lines
    ]
