"""COCO: one JSON document with images, annotations and categories.

A segmentation is a polygon of one or more rings or a mask of run lengths; without one, the `bbox` counts. Keypoints
beside a segmentation, as in the official files, are taken by classes of keypoints. Source:
cocodataset.org/#format-data.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import msgspec
import orjson

from mirrorlake.labels import rle
from mirrorlake.labels.class_numbers import class_numbers
from mirrorlake.labels.geometry import bounds, check_mask_size, relative, scale, scale_box
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
    image_path,
    image_size,
    number,
    plain_attributes,
    problem,
)
from mirrorlake.model.labels import (
    Box,
    Geometry,
    Keypoints,
    LabelClass,
    Mask,
    Polygon,
    Shape,
)

SHAPES = (Shape.POLYGON, Shape.BOX, Shape.MASK, Shape.KEYPOINTS)
NAMESPACE = "COCO"
FILE = "annotations.json"
_CROWD = "iscrowd"


class _Document(msgspec.Struct):
    images: list[msgspec.Raw]
    annotations: list[msgspec.Raw] = []
    categories: list[msgspec.Raw] = []


class _Image(msgspec.Struct):
    id: int | str
    file_name: str
    width: float | None = None
    height: float | None = None


class _Category(msgspec.Struct):
    id: int
    name: str


class _Owner(msgspec.Struct):
    image_id: int | str


class _Annotation(msgspec.Struct):
    image_id: int | str
    category_id: int
    bbox: list[float] | None = None
    segmentation: Any = None
    keypoints: list[float] | None = None
    iscrowd: int | bool = 0
    attributes: dict[str, Any] | None = None


def _keeps(label: Label, name: str) -> bool:
    return name != _CROWD or label.attributes[name] == 1  # which the format has apart, as 0 or 1


ABILITIES = Abilities(attributes=_keeps, rings=True, visibility=True)


def read(files: LabelFiles, report: Report) -> Iterator[ImageLabels]:
    """The images of every JSON file, with or without annotations."""
    for name in files.names():
        if not name.lower().endswith(".json"):
            continue
        try:
            document = decode_json(files.read(name), _Document)
        except BadLabels as error:
            report(problem(name, f"The file is not a COCO document: {error}"))
            continue
        yield from _read_document(name, document, report)


def _read_document(name: str, document: _Document, report: Report) -> Iterator[ImageLabels]:
    def decode(member: str, rows: Iterable[int], kind: type[Any]) -> Iterator[tuple[int, str, Any]]:
        raws: list[msgspec.Raw] = getattr(document, member)
        for i in rows:
            place = f"{member}[{i}]"
            try:
                yield i, place, decode_json(raws[i], kind)
            except BadLabels as error:
                report(problem(name, error, place))

    categories: dict[int, str] = {}
    for _, place, category in decode("categories", range(len(document.categories)), _Category):
        try:
            categories[category.id] = check_text(category.name, "The name of the category")
        except BadLabels as error:
            report(problem(name, error, place))
    # Kept as bytes until their image comes: parsed, all annotations would need many times the memory.
    owned: dict[int | str, list[int]] = defaultdict(list)
    for i, _, owner in decode("annotations", range(len(document.annotations)), _Owner):
        owned[owner.image_id].append(i)
    for _, place, image in decode("images", range(len(document.images)), _Image):
        rows = owned.pop(image.id, [])
        try:
            check_count(len(rows))
            annotations = [(at, one) for _, at, one in decode("annotations", rows, _Annotation)]
            yield _image(name, image, annotations, categories, report)
        except BadLabels as error:
            report(problem(name, error, place))
    for owner, rows in owned.items():
        for i in rows:
            report(problem(name, f"There is no image with the id {owner}.", f"annotations[{i}]"))


def _image(
    name: str,
    image: _Image,
    annotations: Sequence[tuple[str, _Annotation]],
    categories: dict[int, str],
    report: Report,
) -> ImageLabels:
    path = image_path(image.file_name)
    width, height = image_size(image.width, image.height) if annotations else (None, None)
    labels: list[Label] = []
    for place, annotation in annotations:
        try:
            class_name = _class_name(annotation, categories)
            geometry = _geometry(annotation, width or 1, height or 1)
            also = _keypoints(annotation, width or 1, height or 1) if annotation.segmentation else None
        except BadLabels as error:
            report(problem(name, error, place))
            continue
        attributes = plain_attributes(annotation.attributes) | ({_CROWD: 1} if annotation.iscrowd else {})
        labels.append(Label(class_name=class_name, geometry=geometry, attributes=attributes, place=place, also=also))
    return ImageLabels(path=path, width=width, height=height, file=name, labels=tuple(labels))


def _class_name(annotation: _Annotation, categories: dict[int, str]) -> str:
    if annotation.category_id not in categories:
        raise BadLabels(f"There is no category with the id {annotation.category_id}.")
    return categories[annotation.category_id]


def _geometry(annotation: _Annotation, width: int, height: int) -> Geometry:
    segmentation = annotation.segmentation
    if isinstance(segmentation, dict):
        return _mask(cast("dict[str, Any]", segmentation), width, height)
    if isinstance(segmentation, list) and segmentation:
        rings = [_flat(ring) for ring in cast("list[object]", segmentation)]
        return relative(Polygon(tuple(tuple(zip(ring[::2], ring[1::2], strict=True)) for ring in rings)), width, height)
    keypoints = _keypoints(annotation, width, height)
    if keypoints is not None:
        return keypoints
    if annotation.bbox is None:
        raise BadLabels("The annotation has neither bbox nor segmentation nor keypoints.")
    if len(annotation.bbox) != 4:  # noqa: PLR2004  x, y, width, height
        raise BadLabels("bbox does not have 4 numbers.")
    return relative(Box(*annotation.bbox), width, height)


def _keypoints(annotation: _Annotation, width: int, height: int) -> Geometry | None:
    """The keypoints of an annotation; None if none of them is labelled."""
    points = annotation.keypoints or []
    if not any(points[2::3]):
        return None
    if len(points) % 3:
        raise BadLabels("The number of keypoint values is not a multiple of 3.")
    triples = zip(points[::3], points[1::3], points[2::3], strict=True)
    return relative(Keypoints(tuple((x, y, int(visible)) for x, y, visible in triples)), width, height)


def _flat(ring: object) -> list[float]:
    if not isinstance(ring, list) or len(cast("list[object]", ring)) % 2:
        raise BadLabels("A ring of the segmentation is not an even number of coordinates.")
    return [number(str(value), "A coordinate") for value in cast("list[object]", ring)]


def _mask(document: dict[str, Any], of_width: int, of_height: int) -> Mask:
    try:
        height, width = (int(value) for value in document["size"])
        counts = document["counts"]
        if not isinstance(counts, str):
            runs = [int(count) for count in counts]
            if any(run < 0 for run in runs):
                raise BadLabels("A run length of the mask is negative.")
            counts = rle.encode_counts(runs)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadLabels("The segmentation is not a mask with size and counts.") from error
    mask = Mask(width, height, counts)
    reason = check_mask_size(mask, of_width, of_height)
    if reason is not None:
        raise BadLabels(reason)
    return mask


def write(images: Iterable[ImageLabels], classes: Sequence[LabelClass], output: LabelOutput) -> None:
    """One document. Annotations wait in a temporary file until all images are written."""
    numbers = class_numbers(classes, NAMESPACE, start=1)
    with output.open(FILE) as file, output.scratch() as spool:
        file.write(b'{"info":{"description":"exported by mirrorlake"},"images":[')
        written = 0
        points: Counter[str] = Counter()  # of the classes of keypoints: the most of one annotation
        for each, image in enumerate(images, 1):
            row: dict[str, object] = {"id": each, "file_name": image.path, "width": image.width, "height": image.height}
            if image.uri:
                row["coco_url"] = image.uri
            file.write((b"," if each > 1 else b"") + b"\n" + orjson.dumps(row))
            for label in image.labels:
                if isinstance(label.geometry, Keypoints):
                    points[label.class_name] = max(points[label.class_name], len(label.geometry.points))
                ids = {"id": written + 1, "image_id": each, "category_id": numbers[label.class_name]}
                spool.write((b"," if written else b"") + b"\n" + orjson.dumps(ids | _to_json(label, image)))
                written += 1
        file.write(b'],"annotations":[')
        spool.seek(0)
        while block := spool.read(1 << 20):
            file.write(block)
        rows = [
            {"id": each, "name": name, "supercategory": ""} | _skeleton(points[name]) for name, each in numbers.items()
        ]
        file.write(b'],"categories":' + orjson.dumps(rows) + b"}\n")


def _skeleton(points: int) -> dict[str, object]:
    """What a category of keypoints has besides others: names of the points, which we do not have, and no lines."""
    return {"keypoints": [str(each) for each in range(1, points + 1)], "skeleton": []} if points else {}


def _to_json(label: Label, image: ImageLabels) -> dict[str, Any]:
    width, height = image.width or 1, image.height or 1
    geometry = scale(label.geometry, width, height)
    around = bounds(label.geometry)
    box = Box(0, 0, 0, 0) if around is None else scale_box(around, width, height)
    attributes = dict(label.attributes)
    document: dict[str, Any] = {
        "bbox": [box.x, box.y, box.width, box.height],
        "area": box.width * box.height,
        "iscrowd": int(bool(attributes.pop(_CROWD, 0))),
        "segmentation": [],
    }
    if attributes:
        document["attributes"] = attributes
    match geometry:
        case Polygon(rings):
            document["segmentation"] = [[value for point in ring for value in point] for ring in rings]
            document["area"] = sum(_area(ring) for ring in rings)
        case Mask(width, height, counts):
            document["segmentation"] = {"size": [height, width], "counts": counts}
            document["area"] = rle.area(geometry)
        case Keypoints(points):
            # The format has 0, 0 for a point that is not labelled, whatever its place was.
            document["keypoints"] = [value for point in points for value in (point if point[2] else (0, 0, 0))]
            document["num_keypoints"] = sum(1 for _, _, visible in points if visible)
        case _:
            pass  # a box is its bbox
    return document


def _area(ring: Sequence[tuple[float, float]]) -> float:
    return abs(sum(x * ring[i - 1][1] - ring[i - 1][0] * y for i, (x, y) in enumerate(ring))) / 2
