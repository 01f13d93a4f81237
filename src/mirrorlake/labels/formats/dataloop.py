"""Dataloop: one JSON document for each item, with coordinates in pixels.

`filename` is the path of the item, `metadata.system` its size. Boxes, polygons (`segment`), polylines, points and
classes are read. Source: the item JSON that `dtlpy` downloads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import msgspec
import orjson

from mirrorlake.labels.geometry import bounds, relative, scale
from mirrorlake.labels.json_decode import decode_json
from mirrorlake.labels.losses import Abilities, keeps_all
from mirrorlake.labels.records import (
    BadLabels,
    ImageLabels,
    Label,
    LabelFiles,
    LabelOutput,
    Report,
    check_count,
    check_text,
    image_path,
    image_size,
    label_file_of,
    plain_attributes,
    problem,
)
from mirrorlake.model.labels import (
    Box,
    Classification,
    Geometry,
    Keypoints,
    LabelClass,
    Point,
    Polygon,
    Polyline,
    Shape,
)

SHAPES = (Shape.POLYGON, Shape.BOX, Shape.POLYLINE, Shape.KEYPOINTS, Shape.CLASSIFICATION)
ABILITIES = Abilities(attributes=keeps_all, rings=True, points=False)
_VISIBLE = 2


class _System(msgspec.Struct):
    width: float | None = None
    height: float | None = None


class _Metadata(msgspec.Struct):
    system: _System | None = None


class _Item(msgspec.Struct):
    filename: str
    annotations: list[msgspec.Raw]
    metadata: _Metadata | None = None


class _XY(msgspec.Struct):
    x: float
    y: float


class _Annotation(msgspec.Struct):
    type: str
    label: str
    coordinates: Any = None
    attributes: dict[str, Any] | list[Any] | None = None


def read(files: LabelFiles, report: Report) -> Iterator[ImageLabels]:
    """The image of every JSON file."""
    for name in files.names():
        if name.lower().endswith(".json"):
            try:
                yield _item(name, decode_json(files.read(name), _Item), report)
            except BadLabels as error:
                report(problem(name, f"The file is not an item: {error}"))


def _item(name: str, item: _Item, report: Report) -> ImageLabels:
    check_count(len(item.annotations))
    system = (item.metadata.system if item.metadata else None) or _System()
    size = (None, None) if not system.width or not system.height else image_size(system.width, system.height)
    labels: list[Label] = []
    for i, raw in enumerate(item.annotations):
        place = f"annotations[{i}]"
        try:
            one = decode_json(raw, _Annotation)
            geometry = _geometry(one)
            if not isinstance(geometry, Classification):
                geometry = relative(geometry, *image_size(*size))
            attributes = plain_attributes(one.attributes) if isinstance(one.attributes, dict) else {}
            class_name = check_text(one.label, "The label")
            labels.append(Label(class_name=class_name, geometry=geometry, attributes=attributes, place=place))
        except BadLabels as error:
            report(problem(name, error, place))
    path = image_path(item.filename.lstrip("/"))
    return ImageLabels(path=path, width=size[0], height=size[1], file=name, labels=tuple(labels))


def _geometry(one: _Annotation) -> Geometry:
    found: object = one.coordinates
    match one.type:
        case "box":
            box = bounds(Polyline(_points(found)))
            if box is None:
                raise AssertionError("points have bounds")
            return box
        case "segment":
            return Polygon(tuple(_points(ring) for ring in _parts(found)))
        case "polyline":
            return Polyline(_points(_parts(found)[0]))
        case "point":
            return Keypoints(tuple((x, y, _VISIBLE) for x, y in _points([found])))
        case "class":
            return Classification()
        case other:
            raise BadLabels(f"An annotation of the type {other!r} is not supported.")


def _parts(found: object) -> list[object]:
    """The lists of points; older versions write one list without the outer one."""
    parts = cast("list[object]", found) if isinstance(found, list) else []
    return parts if parts and isinstance(parts[0], list) else [found]


def _points(found: object) -> tuple[Point, ...]:
    try:
        points = tuple((point.x, point.y) for point in msgspec.convert(found, list[_XY]))
    except msgspec.ValidationError as error:
        raise BadLabels(str(error)) from error
    if not points:
        raise BadLabels("The annotation has no points.")
    return points


def write(images: Iterable[ImageLabels], classes: Sequence[LabelClass], output: LabelOutput) -> None:
    """`PATH.json` for each image."""
    del classes
    for image in images:
        document = {
            "filename": f"/{image.path}",
            "metadata": {"system": {"width": image.width, "height": image.height}},
            "annotations": [row for label in image.labels for row in _to_json(label, image)],
        }
        with output.open(label_file_of(image, ".json")) as file:
            file.write(orjson.dumps(document) + b"\n")


def _to_json(label: Label, image: ImageLabels) -> list[dict[str, Any]]:
    """The annotations of one label: an item has single points."""
    values: Sequence[object]
    match scale(label.geometry, image.width or 1, image.height or 1):
        case Box(x, y, width, height):
            kind, values = "box", [[{"x": x, "y": y}, {"x": x + width, "y": y + height}]]
        case Polygon(rings):
            kind, values = "segment", [[_listed(ring) for ring in rings]]
        case Polyline(points):
            kind, values = "polyline", [[_listed(points)]]
        case Keypoints(points):
            kind, values = "point", [{"x": x, "y": y} for x, y, visible in points if visible]
        case _:
            kind, values = "class", [list[object]()]
    attributes = dict(label.attributes)
    return [
        {"type": kind, "label": label.class_name, "attributes": attributes, "coordinates": value} for value in values
    ]


def _listed(points: Sequence[Point]) -> list[dict[str, float]]:
    return [{"x": x, "y": y} for x, y in points]
