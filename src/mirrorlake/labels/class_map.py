"""Which class of an ontology each class of label sidecars becomes. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from mirrorlake.labels.class_numbers import DIGITS, choose_namespace
from mirrorlake.model.label_sidecars import LabelSidecars, SidecarFormat
from mirrorlake.model.labels import LabelClass, Shape

YOLO_SHAPES = (Shape.BOX, Shape.POLYGON, Shape.ROTATED_BOX)
_NAMESPACES = {SidecarFormat.YOLO: "YOLO", SidecarFormat.COCO: "COCO"}  # others have names


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassMap:
    """The classes of label files, by their name there: a number where the format has no names."""

    classes: Mapping[str, LabelClass]  # without those that are left out
    left_out: frozenset[str]  # mapped to no class on purpose
    namespace: str | None  # of the external ids that were used
    warnings: tuple[str, ...] = ()

    def fingerprint(self, class_ids: Mapping[str, int]) -> str:
        """A text that differs if the same files would give other annotations."""
        pairs = sorted((name, class_ids[one.name], one.shape.value) for name, one in self.classes.items())
        return hashlib.sha256(orjson.dumps(pairs)).hexdigest()


def make_class_map(labels: LabelSidecars, classes: Sequence[LabelClass]) -> ClassMap:
    """The map of these settings: external ids of the chosen namespace, overridden by the setting `classMap`.

    Formats with names also take the classes of the ontology by their names. As in Encord, a namespace that is named
    like the format in any case is preferred, else the first alphabetically.
    """
    yolo = labels.format is SidecarFormat.YOLO
    by_name = {one.name: one for one in classes}
    namespace = labels.namespace or choose_namespace(classes, _NAMESPACES.get(labels.format, labels.format.value))
    found: dict[str, LabelClass] = {}
    warnings: list[str] = []
    for one in classes:
        external = one.external_ids.get(namespace or "")
        if external is None:
            continue
        if yolo and not _is_number(external):
            warnings.append(f"The external id {external!r} of class {one.name} is no class number.")
            continue
        name = str(int(external)) if yolo else external
        if name in found:
            warnings.append(
                f"Classes {found[name].name} and {one.name} have the external id {name}: the first is used."
            )
        found.setdefault(name, one)
    if not yolo:
        found |= by_name
    for name, target in labels.class_map.items():
        found.pop(name, None)
        if target in by_name:
            found[name] = by_name[target]
        elif target:
            warnings.append(f"The ontology {labels.ontology} has no class {target!r}, to which {name} is mapped.")
    return ClassMap(
        classes=found,
        left_out=frozenset(name for name, target in labels.class_map.items() if not target),
        namespace=namespace,
        warnings=(*warnings, *_general_warnings(labels, classes, found)),
    )


def map_names(names: Mapping[int, str], classes: Sequence[LabelClass]) -> dict[str, str]:
    """A class map of the numbers of these names: classes of the same names in any case, or an empty text for none."""
    known = {one.name.casefold(): one.name for one in reversed(classes)}
    return {str(number): known.get(name.casefold(), "") for number, name in names.items()}


def _general_warnings(
    labels: LabelSidecars, classes: Sequence[LabelClass], found: Mapping[str, LabelClass]
) -> list[str]:
    warnings: list[str] = []
    if labels.format is SidecarFormat.YOLO:
        if not any(one.shape in YOLO_SHAPES for one in classes):
            warnings.append(
                f"The ontology {labels.ontology} has no class of boxes, polygons or rotated boxes, as YOLO has."
            )
        if not any(one.external_ids for one in classes) and not labels.class_map:
            warnings.append(
                f"The classes of the ontology {labels.ontology} have no external ids, and labels.classMap is empty."
            )
    if not found:
        warnings.append(f"No class of the label files is mapped to a class of the ontology {labels.ontology}.")
    return warnings


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= DIGITS
