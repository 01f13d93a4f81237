"""Label Studio: the JSON export of tasks, with results in percent of the image.

Rectangles, also rotated ones, polygons, brushless keypoints and choices are read. Of several annotations of a task all
but cancelled ones count. Source: labelstud.io/guide/task_format and the tags RectangleLabels, PolygonLabels,
KeyPointLabels and Choices.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
import orjson

from mirrorlake.labels.json_decode import decode_json
from mirrorlake.labels.losses import Abilities
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
    RotatedBox,
    Shape,
)

SHAPES = (Shape.POLYGON, Shape.BOX, Shape.ROTATED_BOX, Shape.KEYPOINTS, Shape.CLASSIFICATION)
ABILITIES = Abilities(points=False)
FILE = "tasks.json"
PERCENT = 100.0
_VISIBLE = 2
_DOT = 0.5  # percent: how large a point is drawn
# `/data/upload/PROJECT/0a1b2c3d-NAME`; versions before 1.5 have no project.
_UPLOAD = re.compile(r"(?:^|/)data/upload/(?:[0-9]+/)?(?:[0-9a-f]{8}-)?(?P<name>[^/]+)$")


class _Value(msgspec.Struct):
    x: float = 0.0
    y: float = 0.0
    width: float | None = None
    height: float | None = None
    rotation: float = 0.0
    points: list[tuple[float, float]] | None = None
    rectanglelabels: list[str] = []
    polygonlabels: list[str] = []
    keypointlabels: list[str] = []
    choices: list[str] = []


class _Result(msgspec.Struct):
    type: str
    value: _Value
    original_width: float | None = None
    original_height: float | None = None


class _Annotation(msgspec.Struct):
    result: list[msgspec.Raw] = []
    was_cancelled: bool = False


class _Task(msgspec.Struct):
    data: dict[str, Any]
    annotations: list[_Annotation] = []


def read(files: LabelFiles, report: Report) -> Iterator[ImageLabels]:
    """The images of every JSON file."""
    for name in files.names():
        if not name.lower().endswith(".json"):
            continue
        try:
            tasks = decode_json(files.read(name), list[msgspec.Raw])
        except BadLabels as error:
            report(problem(name, f"The file is not a list of tasks: {error}"))
            continue
        for i, raw in enumerate(tasks):
            try:
                yield _task(name, f"[{i}]", decode_json(raw, _Task), report)
            except BadLabels as error:
                report(problem(name, error, f"[{i}]"))


def _task(name: str, at: str, task: _Task, report: Report) -> ImageLabels:
    labels: list[Label] = []
    size: tuple[int, int] | tuple[None, None] = (None, None)
    for a, annotation in enumerate(task.annotations):
        for r, raw in enumerate([] if annotation.was_cancelled else annotation.result):
            place = f"{at}.annotations[{a}].result[{r}]"
            try:
                result = decode_json(raw, _Result)
                labels += _result(result, place)
                if result.original_width and result.original_height:
                    size = image_size(result.original_width, result.original_height)
            except BadLabels as error:
                report(problem(name, error, place))
    path = _image_of(task.data)
    return ImageLabels(path=path, width=size[0], height=size[1], file=name, labels=tuple(labels))


def _image_of(data: Mapping[str, object]) -> str:
    """The path in the address of the image: after the bucket, or `?d=` of local files; the name of an uploaded one."""
    address = next(
        (value for key, value in data.items() if key in ("image", "img", "url") and isinstance(value, str)), None
    )
    if address is None:
        raise BadLabels("The task has no image.")
    try:
        parts = urlsplit(address)
    except ValueError:
        raise BadLabels("The address of the image is invalid.") from None
    if not parts.scheme and not parts.query:
        return _uploaded(image_path(address.lstrip("/")))
    local = parts.query.partition("d=")[2].partition("&")[0] if parts.path.endswith("/local-files/") else ""
    path = image_path(unquote(local or parts.path).lstrip("/"))
    return path if local else _uploaded(path)


def _uploaded(path: str) -> str:
    """The name of a file that was uploaded to Label Studio, which puts a random text before it; else the path."""
    found = _UPLOAD.search(path)
    return path if found is None else found["name"]


def _result(result: _Result, place: str) -> list[Label]:
    value = result.value
    geometry: Geometry
    match result.type:
        case "rectanglelabels":
            geometry, names = _rectangle(result), value.rectanglelabels
        case "polygonlabels":
            points = tuple((x / PERCENT, y / PERCENT) for x, y in value.points or ())
            geometry, names = Polygon((points,)), value.polygonlabels
        case "keypointlabels":
            geometry, names = Keypoints(((value.x / PERCENT, value.y / PERCENT, _VISIBLE),)), value.keypointlabels
        case "choices":
            geometry, names = Classification(), value.choices
        case other:
            raise BadLabels(f"A result of the type {other!r} is not supported.")
    if not names:
        raise BadLabels("The result has no label.")
    return [Label(class_name=check_text(one, "The label"), geometry=geometry, place=place) for one in names]


def _rectangle(result: _Result) -> Geometry:
    value = result.value
    if value.width is None or value.height is None:
        raise BadLabels("The rectangle has no width and height.")
    x, y, width, height = (number / PERCENT for number in (value.x, value.y, value.width, value.height))
    if not value.rotation:
        return Box(x, y, width, height)
    # It turns around its top left corner, clockwise, in pixels.
    size_x, size_y = image_size(result.original_width, result.original_height)
    cos, sin = math.cos(math.radians(value.rotation)), math.sin(math.radians(value.rotation))
    wide, high = width * size_x, height * size_y
    ends = ((0.0, 0.0), (wide, 0.0), (wide, high), (0.0, high))
    return RotatedBox(tuple((x + (a * cos - b * sin) / size_x, y + (a * sin + b * cos) / size_y) for a, b in ends))


def write(images: Iterable[ImageLabels], classes: Sequence[LabelClass], output: LabelOutput) -> None:
    """One list of tasks."""
    del classes
    with output.open(FILE) as file:
        file.write(b"[")
        for i, image in enumerate(images):
            rows = [row for label in image.labels for row in _to_json(label, image)]
            task = {"id": i + 1, "data": {"image": image.path}, "annotations": [{"result": rows}]}
            file.write((b"," if i else b"") + b"\n" + orjson.dumps(task))
        file.write(b"\n]\n")


def _to_json(label: Label, image: ImageLabels) -> list[dict[str, Any]]:
    rows: list[tuple[str, dict[str, Any]]]
    match label.geometry:
        case Box(x, y, width, height):
            sides = {"x": x, "y": y, "width": width, "height": height}
            percent = {side: number * PERCENT for side, number in sides.items()}
            rows = [("rectanglelabels", percent | {"rotation": 0})]
        case RotatedBox(corners):
            rows = [("rectanglelabels", _unrotated(corners, image.width or 1, image.height or 1))]
        case Polygon(rings):
            rows = [("polygonlabels", {"points": [[x * PERCENT, y * PERCENT] for x, y in ring]}) for ring in rings]
        case Keypoints(points):
            visible = [(x, y) for x, y, seen in points if seen]
            rows = [("keypointlabels", {"x": x * PERCENT, "y": y * PERCENT, "width": _DOT}) for x, y in visible]
        case Classification():
            rows = [("choices", {})]
        case _:
            rows = []
    size = {"original_width": image.width, "original_height": image.height, "image_rotation": 0}
    tag = {"from_name": "label", "to_name": "image"}
    return [size | tag | {"type": kind, "value": value | {kind: [label.class_name]}} for kind, value in rows]


def _unrotated(corners: Sequence[Point], width: int, height: int) -> dict[str, float]:
    # The height goes to the right of the width there, so the corners have to be clockwise.
    if _area(corners) < 0:
        corners = (corners[0], *reversed(corners[1:]))
    points = [(x * width, y * height) for x, y in corners]
    (ax, ay), (bx, by), (cx, cy) = points[:3]
    return {
        "x": corners[0][0] * PERCENT,
        "y": corners[0][1] * PERCENT,
        "width": math.dist((ax, ay), (bx, by)) / width * PERCENT,
        "height": math.dist((bx, by), (cx, cy)) / height * PERCENT,
        "rotation": math.degrees(math.atan2(by - ay, bx - ax)) % 360,
    }


def _area(corners: Sequence[Point]) -> float:
    """Twice the area; positive if the corners are clockwise, as y goes down."""
    return sum(corners[i - 1][0] * y - x * corners[i - 1][1] for i, (x, y) in enumerate(corners))
