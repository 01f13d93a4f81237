"""Pascal VOC: one XML file per image, with boxes in pixels.

Coordinates are taken as they are: tools such as labelImg write them from 0, the original data set from 1. Documents
with a DOCTYPE are refused, so that no entity is ever expanded. Source: the development kit of VOC 2012, section 8.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from xml.etree import ElementTree as ET
from xml.parsers import expat
from xml.sax.saxutils import escape

from mirrorlake.labels.geometry import relative, scale
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
    label_file_of,
    number,
    problem,
)
from mirrorlake.model.assets import Scalar
from mirrorlake.model.labels import Box, LabelClass, Shape

SHAPES = (Shape.BOX,)
_DOCUMENT_BYTES = 20_000_000  # of one image
_ELEMENTS, _DEPTH = 1_000_000, 50  # of a document; an element of 4 bytes needs a hundred bytes of memory
_NO_POSE = "Unspecified"
_FLAGS = ("truncated", "difficult", "occluded")
_INVALID_IN_XML = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])
_EDGES = ("xmin", "ymin", "xmax", "ymax")


def _keeps(label: Label, name: str) -> bool:
    value = label.attributes[name]
    if name in _FLAGS:
        return value == 1  # a flag that is not set is not there
    return name == "pose" and isinstance(value, str) and bool(value.strip()) and value != _NO_POSE


ABILITIES = Abilities(attributes=_keeps)


def read(files: LabelFiles, report: Report) -> Iterator[ImageLabels]:
    """The images of every XML file."""
    for name in files.names():
        if name.lower().endswith(".xml"):
            try:
                yield _document(name, _parse(files.read(name)), report)
            except BadLabels as error:
                report(problem(name, error))


def _parse(data: bytes) -> ET.Element:
    if len(data) > _DOCUMENT_BYTES:
        raise BadLabels(f"The document has more than {_DOCUMENT_BYTES:,} bytes.")
    builder = ET.TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    elements = depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal elements, depth
        elements, depth = elements + 1, depth + 1
        if elements > _ELEMENTS or depth > _DEPTH:
            raise BadLabels(f"The document has more than {_ELEMENTS:,} elements, or more than {_DEPTH} in each other.")
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def refuse(*_: object) -> None:
        raise BadLabels("The document has a DOCTYPE, which label files do not need.")

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(data, True)  # noqa: FBT003  the parser's own signature
        return builder.close()
    except expat.ExpatError as error:
        raise BadLabels(f"The file is not XML: {error}.") from error
    except BadLabels:
        raise
    except (ValueError, LookupError) as error:  # of an encoding that the parser does not have
        raise BadLabels(f"The encoding of the XML cannot be read: {error}. Save the file as UTF-8.") from error


def _document(name: str, root: ET.Element, report: Report) -> ImageLabels:
    if root.tag != "annotation":
        raise BadLabels(f"The document is a {root.tag}, not an annotation.")
    path = image_path(_text(root, "filename") or "")
    size = root.find("size")
    stated = [_text(size, side) if size is not None else None for side in ("width", "height")]
    objects = root.findall("object")
    check_count(len(objects))
    numbers = [None if one is None else number(one, "size") for one in stated]
    width, height = image_size(numbers[0], numbers[1]) if objects else (None, None)
    labels: list[Label] = []
    for i, element in enumerate(objects, 1):
        place = f"object {i}"
        try:
            labels.append(_object(element, width or 1, height or 1, place))
        except BadLabels as error:
            report(problem(name, error, place))
    return ImageLabels(path=path, width=width, height=height, file=name, labels=tuple(labels))


def _object(element: ET.Element, width: int, height: int, place: str) -> Label:
    box = element.find("bndbox")
    if box is None:
        raise BadLabels("The object has no bndbox.")
    left, top, right, bottom = (number(_text(box, edge) or "", edge) for edge in _EDGES)
    attributes: dict[str, Scalar] = {flag: True for flag in _FLAGS if _text(element, flag) == "1"}
    pose = _text(element, "pose")
    if pose and pose != _NO_POSE:
        attributes["pose"] = check_text(pose, "The pose")
    return Label(
        class_name=check_text(_text(element, "name") or "", "The name of the class"),
        geometry=relative(Box(left, top, right - left, bottom - top), width, height),
        attributes=attributes,
        place=place,
    )


def _text(element: ET.Element, tag: str) -> str | None:
    found = element.find(tag)
    return None if found is None or found.text is None else found.text.strip()


def write(images: Iterable[ImageLabels], classes: Sequence[LabelClass], output: LabelOutput) -> None:
    """`PATH.xml` for each image."""
    del classes
    for image in images:
        folder = image.path.rpartition("/")[0]
        with output.open(label_file_of(image, ".xml")) as file:
            file.write(
                f"<annotation>\n  <folder>{_xml(folder)}</folder>\n  <filename>{_xml(image.path)}</filename>\n"
                f"  <size><width>{image.width or 0}</width><height>{image.height or 0}</height>"
                "<depth>3</depth></size>\n"
                "  <segmented>0</segmented>\n".encode()
            )
            file.writelines(_lines(label, image) for label in image.labels)
            file.write(b"</annotation>\n")


def _lines(label: Label, image: ImageLabels) -> bytes:
    box = scale(label.geometry, image.width or 1, image.height or 1)
    if not isinstance(box, Box):
        return b""
    edges = zip(_EDGES, (box.x, box.y, box.x + box.width, box.y + box.height), strict=True)
    bounds = "".join(f"<{edge}>{value:.10g}</{edge}>" for edge, value in edges)
    flags = "".join(f"<{flag}>{int(bool(label.attributes.get(flag)))}</{flag}>" for flag in _FLAGS)
    pose = _xml(str(label.attributes.get("pose", _NO_POSE)))
    name = _xml(label.class_name)
    return f"  <object><name>{name}</name><pose>{pose}</pose>{flags}<bndbox>{bounds}</bndbox></object>\n".encode()


def _xml(text: str) -> str:
    return escape(text.translate(_INVALID_IN_XML))
