"""The labels and images of a snapshot, as exports of labels take them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import orjson

from mirrorlake.catalog.snapshots import get
from mirrorlake.labels.documents import geometry_from_json
from mirrorlake.labels.ontology import next_colour
from mirrorlake.labels.records import ImageLabels, Label
from mirrorlake.library.snapshots import read_snapshot
from mirrorlake.model.labels import LabelClass, Shape
from mirrorlake.model.objects import ObjectRef
from mirrorlake.model.splits import Split
from mirrorlake.postgres.pool import Catalog

_SIDES = ("x", "y", "width", "height")


def frozen_images(catalog: Catalog, snapshot: str) -> Iterator[ObjectRef]:
    """The objects of a snapshot. Raises NotFound."""
    for row in _rows(catalog, snapshot, ("key", "datasource", "token", "version", "size")):
        yield ObjectRef(**row)


def frozen_labels(catalog: Catalog, snapshot: str, ontology: str) -> Iterator[ImageLabels]:
    """The assets of a snapshot with their labels in one ontology. Raises NotFound."""
    for row in _rows(catalog, snapshot, ("key", "datasource", "uri", "width", "height", "split", "annotations")):
        labels = tuple(_label(one) for one in row["annotations"] if one["ontology"] == ontology)
        yield ImageLabels(
            path=row["key"],
            datasource=row["datasource"],
            uri=row["uri"],
            width=row["width"],
            height=row["height"],
            labels=labels,
            split=None if row["split"] is None else Split(row["split"]),
        )


def frozen_ontologies(catalog: Catalog, snapshot: str) -> tuple[str, ...]:
    """The names of the ontologies whose labels a snapshot has. Raises NotFound."""
    return tuple(sorted({name.partition("/")[0] for name in get(catalog, snapshot).classes}))


def frozen_classes(
    catalog: Catalog, snapshot: str, ontology: str, present: tuple[LabelClass, ...]
) -> tuple[LabelClass, ...]:
    """The classes of an ontology: those that it has now, then those that only the snapshot has. Raises NotFound."""
    counted = [name.partition("/") for name in get(catalog, snapshot).classes]
    missing = {name for owner, _, name in counted if owner == ontology} - {one.name for one in present}
    shapes: dict[str, Shape] = {}
    for row in _rows(catalog, snapshot, ("annotations",)) if missing else ():
        shapes |= {
            one["class"]: Shape(one["shape"])
            for one in row["annotations"]
            if one["ontology"] == ontology and one["class"] in missing
        }
    added = [
        LabelClass(name=name, shape=shape, colour=next_colour(len(present) + place))
        for place, (name, shape) in enumerate(sorted(shapes.items()))
    ]
    return (*present, *added)


def _rows(catalog: Catalog, snapshot: str, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for table in read_snapshot(catalog, snapshot):
        yield from cast("Any", table).select(names).to_pylist()


def _label(one: dict[str, Any]) -> Label:
    shape = Shape(one["shape"])
    document = {side: one[side] for side in _SIDES} if shape is Shape.BOX else _document(one["geometry"])
    attributes = _document(one["attributes"])
    return Label(class_name=one["class"], geometry=geometry_from_json(shape, document), attributes=attributes)


def _document(text: str | None) -> dict[str, Any]:
    return cast("dict[str, Any]", orjson.loads(text or "{}"))
