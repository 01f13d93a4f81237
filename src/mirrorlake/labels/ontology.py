"""Check the classes of an ontology, and map the classes of a label file to them. Pure."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Mapping, Sequence

from mirrorlake.core.errors import UsageError
from mirrorlake.labels.class_numbers import choose_namespace
from mirrorlake.labels.records import TEXT_LIMIT
from mirrorlake.model.assets import Scalar
from mirrorlake.model.labels import ClassMapping, LabelClass, Shape

NAME_LIMIT = 100  # characters of a name of an ontology, class, attribute or namespace
CLASS_LIMIT = 5_000  # of one ontology
ATTRIBUTE_LIMIT = 100  # of one class
ATTRIBUTE_TYPES = ("text", "number", "boolean")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_GOLDEN = 0.618  # of the circle of hues: neighbours in the list differ
# Each of these keeps every shape before it whole.
_WIDER = (Shape.BOX, Shape.ROTATED_BOX, Shape.POLYGON)

ShapeCounts = Mapping[Shape, int]


def check_ontology_name(name: str) -> None:
    """Raises UsageError."""
    _check_name(name, "ontology")
    if "/" in name:
        raise UsageError(f"Invalid ontology name: {name!r}.", "Use a name without slashes.")


def check_classes(classes: Sequence[LabelClass]) -> None:
    """Raises UsageError for what cannot be the classes of one ontology."""
    if len(classes) > CLASS_LIMIT:
        raise UsageError(f"An ontology has at most {CLASS_LIMIT:,} classes, not {len(classes):,}.")
    seen: set[str] = set()
    for one in classes:
        _check_name(one.name, "class")
        if one.name in seen:
            raise UsageError(f"Class {one.name} is there twice.", "Keep one of the two.")
        seen.add(one.name)
        if not _COLOUR.fullmatch(one.colour):
            raise UsageError(f"Colour {one.colour!r} of class {one.name} is invalid.", "Write it as #1e90ff.")
        if len(one.attributes) > ATTRIBUTE_LIMIT or len(one.external_ids) > ATTRIBUTE_LIMIT:
            raise UsageError(f"Class {one.name} has more than {ATTRIBUTE_LIMIT} attributes or external ids.")
        for name, kind in one.attributes.items():
            _check_name(name, "attribute")
            if kind not in ATTRIBUTE_TYPES:
                raise UsageError(
                    f"Attribute {name} of class {one.name} has the type {kind!r}.",
                    f"Types are {', '.join(ATTRIBUTE_TYPES)}.",
                )
        for namespace, external in one.external_ids.items():
            _check_name(namespace, "namespace")
            _check_name(external, "external id")


def check_attributes(one: LabelClass, values: Mapping[str, Scalar]) -> str | None:
    """Why these cannot be attributes of an annotation of the class; None if they can. Undeclared ones always can."""
    for name, value in values.items():
        if not name.strip() or len(name) > NAME_LIMIT or not name.isprintable():
            return f"The name of an attribute is invalid: {name!r}."
        if isinstance(value, str) and (len(value) > TEXT_LIMIT or "\0" in value):
            return f"The attribute {name} has more than {TEXT_LIMIT:,} characters or contains a NUL character."
        kind = one.attributes.get(name)
        found = "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"
        if kind not in (None, found):
            return f"The attribute {name} is a {found}; its class declares it as {kind}."
    return None


def next_colour(position: int) -> str:
    """A colour for the class at this position, unlike those before it."""
    red, green, blue = colorsys.hsv_to_rgb(position * _GOLDEN % 1, 0.75, 0.9)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def map_classes(
    found: Mapping[str, ShapeCounts],
    classes: Sequence[LabelClass],
    *,
    given: Mapping[str, str],
    namespace: str | None,
    add: bool,
) -> list[ClassMapping]:
    """What each class of a label file becomes: as `given`, else by name, by name in any case, or by external id.

    A class that nothing fits is added where `add` is set. Classes mapped to an empty name are left out. Raises
    UsageError if `given` names what does not exist.
    """
    known = {one.name: one for one in classes}
    folded = {one.name.casefold(): one for one in reversed(classes)}
    chosen = None if namespace is None else choose_namespace(classes, namespace)
    external = {one.external_ids[chosen]: one for one in reversed(classes) if chosen and chosen in one.external_ids}
    _check_given(found, known, given, add=add)
    mapped: list[ClassMapping] = []
    for name, shapes in found.items():
        wanted = given.get(name, name)
        fits = known.get(wanted)
        if fits is None and name not in given:
            fits = folded.get(name.casefold()) or external.get(name)
        added = fits is None and add and bool(wanted)
        shape = fits.shape if fits is not None else new_shape(shapes) if added else None
        mapped.append(
            ClassMapping(
                name=name,
                annotations=sum(shapes.values()),
                class_name=fits.name if fits is not None else wanted if added or not wanted else None,
                shape=shape,
                added=added,
            )
        )
    return mapped


def added_classes(mapped: Sequence[ClassMapping], position: int) -> list[LabelClass]:
    """The classes that an import adds, from this position on."""
    added = {one.class_name: one.shape for one in mapped if one.added}
    return [
        LabelClass(name=name, shape=shape, colour=next_colour(position + i))
        for i, (name, shape) in enumerate(added.items())
        if name is not None and shape is not None
    ]


def new_shape(shapes: ShapeCounts) -> Shape:
    """The shape of a new class for annotations of these shapes: the narrowest that keeps all boxes and polygons."""
    areas = [shape for shape in _WIDER if shapes.get(shape)]
    others = {shape: count for shape, count in shapes.items() if shape not in _WIDER}
    if not others or sum(shapes[shape] for shape in areas) >= max(others.values()):
        return areas[-1]
    return max(others, key=lambda shape: (others[shape], shape.value))


def _check_given(
    found: Mapping[str, object], known: Mapping[str, object], given: Mapping[str, str], *, add: bool
) -> None:
    for name, target in given.items():
        if name not in found:
            raise UsageError(
                f"The label files have no class {name!r}.", f"Their classes are {', '.join(sorted(found)[:20])}."
            )
        if target and target not in known and not add:
            raise UsageError(f"The ontology has no class {target!r}.", "Add it, or use --add-classes.")


def _check_name(name: str, what: str) -> None:
    if not name.strip() or len(name) > NAME_LIMIT or not name.isprintable():
        raise UsageError(
            f"Invalid name of an {what}: {name!r}." if what[0] in "aeo" else f"Invalid name of a {what}: {name!r}.",
            f"Use 1 to {NAME_LIMIT} characters without control characters.",
        )
