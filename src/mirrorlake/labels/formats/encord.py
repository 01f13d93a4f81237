"""Encord: label rows as Encord's export has them, one JSON document for each image or a list of all.

A row has `data_title` and `data_units`, each with `labels.objects` (name, shape, and a geometry in fractions of the
image) and `labels.classifications`. The schema of label sidecars is not public; this is the form of the export, which
the SDK of Encord documents. A rotated box has x, y, w and h before it is
turned, and theta: degrees clockwise around its centre.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import orjson

from mirrorlake.labels.json_decode import decode_json
from mirrorlake.labels.json_size import is_list
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
    image_path,
    image_size,
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
    RotatedBox,
    Shape,
)

SHAPES = (Shape.POLYGON, Shape.BOX, Shape.ROTATED_BOX, Shape.POLYLINE, Shape.KEYPOINTS, Shape.CLASSIFICATION)
FILE = "labels.json"
SUFFIX = ".encord.json"
_VISIBLE = 2
_IN_ROW = 3  # levels from the members of a row down to its objects: data_units, unit, labels
_MEMBERS = ("objects", "classifications")  # of the labels of a unit
_KEY_DIGITS = 9  # of the number of a point
_HASHES = ("objectHash", "featureHash")  # that Encord gives to objects and classes
_NAMES = {
    Shape.BOX: "bounding_box",
    Shape.ROTATED_BOX: "rotatable_bounding_box",
    Shape.POLYGON: "polygon",
    Shape.POLYLINE: "polyline",
    Shape.KEYPOINTS: "point",
}


def _keeps(label: Label, name: str) -> bool:
    return name in _HASHES and not isinstance(label.geometry, Classification)


ABILITIES = Abilities(attributes=_keeps)


class _XY(msgspec.Struct):
    x: float
    y: float


class _Box(msgspec.Struct):
    x: float
    y: float
    w: float
    h: float
    theta: float = 0.0


class _Object(msgspec.Struct):
    name: str
    shape: str
    boundingBox: _Box | None = None  # noqa: N815  the format's own name
    rotatableBoundingBox: _Box | None = None  # noqa: N815  as above
    polygon: dict[str, _XY] | None = None
    polyline: dict[str, _XY] | None = None
    point: dict[str, _XY] | None = None


class _Classified(msgspec.Struct):
    name: str


class _Unit(msgspec.Struct):
    data_title: str | None = None
    width: float | None = None
    height: float | None = None
    labels: dict[str, msgspec.Raw] | None = None


class _Row(msgspec.Struct):
    data_units: dict[str, _Unit]
    data_title: str | None = None


def read(files: LabelFiles, report: Report) -> Iterator[ImageLabels]:
    """The images of every JSON file. A sidecar without a title belongs to the image that its own name names."""
    for name in files.names():
        if not name.lower().endswith(".json"):
            continue
        try:
            data = files.read(name)
            rows = _rows(data)
        except BadLabels as error:
            report(problem(name, f"The file is not a label row: {error}"))
            continue
        for row in rows:
            for unit in row.data_units.values():
                try:
                    yield _unit(name, row, unit, report)
                except BadLabels as error:
                    report(problem(name, error))


def _rows(data: bytes) -> list[_Row]:
    if is_list(data):
        return decode_json(data, list[_Row], below=_IN_ROW + 2)
    return [decode_json(data, _Row, below=_IN_ROW)]


def _unit(name: str, row: _Row, unit: _Unit, report: Report) -> ImageLabels:
    title = unit.data_title or row.data_title or name.removesuffix(SUFFIX)
    found = _members(unit.labels or {})
    check_count(sum(map(len, found.values())))
    labels: list[Label] = []
    for member, raws in found.items():
        for i, raw in enumerate(raws):
            place = f"{member}[{i}]"
            try:
                labels.append(_object(raw, unit, place) if member == "objects" else _classified(raw, place))
            except BadLabels as error:
                report(problem(name, error, place))
    size = (None, None) if not unit.width or not unit.height else image_size(unit.width, unit.height)
    return ImageLabels(path=image_path(title), width=size[0], height=size[1], file=name, labels=tuple(labels))


def _members(labels: Mapping[str, msgspec.Raw]) -> dict[str, list[msgspec.Raw]]:
    """The objects and classifications of a unit. Raises BadLabels for a video, whose labels are by frame."""
    if labels and not labels.keys() & set(_MEMBERS):
        what = (
            "those of frames of a video"
            if any(key.isdecimal() for key in labels)
            else "neither objects nor classifications"
        )
        raise BadLabels(f"The labels of the unit are {what}, which are not read.")
    return {member: decode_json(labels[member], list[msgspec.Raw]) for member in _MEMBERS if member in labels}


def _classified(raw: msgspec.Raw, place: str) -> Label:
    name = decode_json(raw, _Classified).name
    return Label(class_name=check_text(name, "The name"), geometry=Classification(), place=place)


def _object(raw: msgspec.Raw, unit: _Unit, place: str) -> Label:
    one = decode_json(raw, _Object)
    attributes = plain_attributes(decode_json(raw, dict[str, Any]))
    kept = {key: attributes[key] for key in _HASHES if key in attributes}
    class_name = check_text(one.name, "The name")
    return Label(class_name=class_name, geometry=_geometry(one, unit), attributes=kept, place=place)


def _geometry(one: _Object, unit: _Unit) -> Geometry:
    match one.shape:
        case "bounding_box" if one.boundingBox is not None:
            box = one.boundingBox
            return Box(box.x, box.y, box.w, box.h)
        case "rotatable_bounding_box" if one.rotatableBoundingBox is not None:
            return _rotated(one.rotatableBoundingBox, *image_size(unit.width, unit.height))
        case "polygon" if one.polygon is not None:
            return Polygon((_points(one.polygon),))
        case "polyline" if one.polyline is not None:
            return Polyline(_points(one.polyline))
        case "point" if one.point is not None:
            return Keypoints(tuple((x, y, _VISIBLE) for x, y in _points(one.point)))
        case other:
            raise BadLabels(f"An object of the shape {other!r} is not supported, or has no geometry.")


def _points(points: Mapping[str, _XY]) -> tuple[Point, ...]:
    if not all(key.isdecimal() and len(key) <= _KEY_DIGITS for key in points):
        raise BadLabels("The points are not numbered.")
    return tuple((points[key].x, points[key].y) for key in sorted(points, key=int))


def _rotated(box: _Box, width: int, height: int) -> RotatedBox:
    """The corners, turned in pixels: in fractions an angle would depend on the aspect ratio."""
    x, y = (box.x + box.w / 2) * width, (box.y + box.h / 2) * height
    half_w, half_h = box.w * width / 2, box.h * height / 2
    cos, sin = math.cos(math.radians(box.theta)), math.sin(math.radians(box.theta))
    ends = ((-half_w, -half_h), (half_w, -half_h), (half_w, half_h), (-half_w, half_h))
    return RotatedBox(tuple(((x + a * cos - b * sin) / width, (y + a * sin + b * cos) / height) for a, b in ends))


def write(images: Iterable[ImageLabels], classes: Sequence[LabelClass], output: LabelOutput) -> None:
    """One list of label rows."""
    colours = {one.name: one.colour for one in classes}
    with output.open(FILE) as file:
        file.write(b"[")
        for i, image in enumerate(images):
            file.write((b"," if i else b"") + b"\n" + orjson.dumps(_to_json(image, colours)))
        file.write(b"\n]\n")


def _to_json(image: ImageLabels, colours: Mapping[str, str]) -> dict[str, Any]:
    data_hash = str(uuid.uuid5(uuid.NAMESPACE_URL, image.path))
    classified = [label for label in image.labels if isinstance(label.geometry, Classification)]
    objects = [row for label in image.labels for row in _objects(label, image, colours)]
    labels = {"objects": objects, "classifications": [{"name": label.class_name} for label in classified]}
    unit = {
        "data_hash": data_hash,
        "data_title": image.path,
        "data_type": "image",
        "width": image.width,
        "height": image.height,
        "labels": labels,
    }
    if image.uri:
        unit["data_link"] = image.uri
    return {"data_title": image.path, "data_hash": data_hash, "data_type": "image", "data_units": {data_hash: unit}}


def _objects(label: Label, image: ImageLabels, colours: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows of one label: a polygon of several rings becomes several objects."""
    rows: list[tuple[Shape, str, object]]
    match label.geometry:
        case Box(x, y, width, height):
            rows = [(Shape.BOX, "boundingBox", {"x": x, "y": y, "w": width, "h": height})]
        case RotatedBox(corners):
            rows = [
                (Shape.ROTATED_BOX, "rotatableBoundingBox", _unrotated(corners, image.width or 1, image.height or 1))
            ]
        case Polygon(rings):
            rows = [(Shape.POLYGON, "polygon", _numbered(ring)) for ring in rings]
        case Polyline(points):
            rows = [(Shape.POLYLINE, "polyline", _numbered(points))]
        case Keypoints(points):
            rows = [(Shape.KEYPOINTS, "point", _numbered([(x, y) for x, y, visible in points if visible]))]
        case _:
            rows = []
    kept = {key: label.attributes[key] for key in _HASHES if key in label.attributes}
    return [
        {"name": label.class_name, "color": colours[label.class_name], "shape": _NAMES[shape], key: value} | kept
        for shape, key, value in rows
    ]


def _numbered(points: Sequence[Point]) -> dict[str, dict[str, float]]:
    return {str(i): {"x": x, "y": y} for i, (x, y) in enumerate(points)}


def _unrotated(corners: Sequence[Point], width: int, height: int) -> dict[str, float]:
    """Width and height from the sides, the angle from the first side: exact for a rectangle in pixels."""
    points = [(x * width, y * height) for x, y in corners]
    (ax, ay), (bx, by), (cx, cy) = points[:3]
    wide, high = math.dist((ax, ay), (bx, by)), math.dist((bx, by), (cx, cy))
    x, y = sum(point[0] for point in points) / len(points), sum(point[1] for point in points) / len(points)
    theta = math.degrees(math.atan2(by - ay, bx - ax)) % 360
    return {
        "x": (x - wide / 2) / width,
        "y": (y - high / 2) / height,
        "w": wide / width,
        "h": high / height,
        "theta": theta,
    }
