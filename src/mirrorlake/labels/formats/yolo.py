"""YOLO: one text file per image, one line per object: a class number and relative coordinates.

Lines of 5 numbers are boxes by their centre (Ultralytics "detect"), longer ones polygons ("segment"), also mixed in one
file. Lines of 9 numbers are four corners: rotated boxes ("obb") where the format `yolo-obb` was chosen or the class has
that shape. A sixth number after a box is a confidence. Class names come from `data.yaml`, `classes.txt` or `obj.names`.
Sources: docs.ultralytics.com/datasets/detect, /segment and /obb.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial

import numpy as np

from mirrorlake.labels.box_batch import BoxBatch, LabelsOfImages
from mirrorlake.labels.class_numbers import class_numbers
from mirrorlake.labels.formats.yolo_boxes import Boxes, read_boxes
from mirrorlake.labels.records import (
    LABELS_LIMIT,
    BadLabels,
    ImageLabels,
    Label,
    LabelFiles,
    LabelOutput,
    Report,
    check_text,
    copied_name,
    image_path,
    label_file_of,
    number,
    problem,
    without_suffix,
)
from mirrorlake.model.labels import Box, Classification, Geometry, LabelClass, Polygon, RotatedBox, Shape
from mirrorlake.model.splits import Split

SHAPES = (Shape.BOX, Shape.POLYGON)
OBB_SHAPES = (Shape.ROTATED_BOX,)
NAMESPACE = "YOLO"
DATA = "data.yaml"
_SPLITS = {Split.TRAIN: "train", Split.VALID: "val", Split.TEST: "test"}  # as data.yaml calls them
_REQUIRED = ("train", "val")  # also where no image is in them
NAME_FILES = ("data.yaml", "data.yml", "dataset.yaml", "classes.txt", "obj.names", "_darknet.labels")
_NOT_LABELS = frozenset({"classes.txt", "train.txt", "val.txt", "valid.txt", "test.txt", "readme.txt", "notes.txt"})
_BOX, _BOX_WITH_CONFIDENCE, _CORNERS = 5, 6, 9
_CONFIDENCE = "confidence"
_CHUNK_FILES, _CHUNK_BYTES = 2_000, 4_000_000  # read at once
_UNREADABLE = b"?"
NAME_FILE_BYTES = 1_000_000
# These are matched at one place and never go back, so they take linear time on any text.
_PAIR = re.compile(r"(?P<key>[0-9]{1,9}+)\s*+:\s*+(?P<value>.++)")
_INLINE = re.compile(
    r"""(?:(?P<key>[0-9]{1,9}+)\s*+:\s*+)?+(?P<value>"[^"]*+"|'(?:[^']|'')*+'|[^,\[\]{}"'][^,\[\]{}]*+)\s*+(?:,\s*+|$)"""
)
_BEFORE_QUOTE = frozenset(" \t[{,:'")


def read(files: LabelFiles, report: Report, *, corners: bool = False) -> Iterator[ImageLabels]:
    """The images of a folder of label files; `corners`: lines of 9 numbers are rotated boxes."""
    classes = class_names(files, report)
    for name in _label_files(files):
        image = _read_file(name, files, report, classes, corners=corners)
        if image is not None:
            yield image


def read_batches(files: LabelFiles, report: Report) -> Iterator[LabelsOfImages]:
    """The same as `read`, with the images of usual files in batches; an order of magnitude quicker."""
    classes = class_names(files, report)
    for names, texts in _chunks(files):
        boxes = read_boxes(texts)
        quick = [name for name, read in zip(names, boxes.read, strict=True) if read]
        try:
            paths = [image_path(_image_of(name)) for name in quick]
        except BadLabels:
            others = names  # one of them has a name that no key can contain
        else:
            if quick:
                yield _batch(quick, paths, boxes, classes)
            others = [name for name, read in zip(names, boxes.read, strict=True) if not read]
        for name in others:
            image = _read_file(name, files, report, classes, corners=False)
            if image is not None:
                yield image


def write(images: Iterable[ImageLabels], classes: Sequence[LabelClass], output: LabelOutput) -> None:
    """A label file for each image and `data.yaml` with the class names.

    Images of different splits are named in `train.txt`, `val.txt` and `test.txt`, one without a split in none of them.
    """
    numbers = class_numbers(classes, NAMESPACE, start=0)
    with ExitStack() as stack:
        lists = _SplitLists(output, stack)
        for image in images:
            with output.open(_label_file(image)) as file:
                for label in image.labels:
                    file.writelines(_lines(numbers[label.class_name], label.geometry))
            lists.add(image)
        written = lists.write()
    with output.open(DATA) as file:
        file.write(b"path: .\n")
        for name, images_of_split in (written or dict.fromkeys(_REQUIRED, "images")).items():
            file.write(f"{name}: {images_of_split}\n".encode())
        file.write(b"names:\n")
        for name, each in sorted(numbers.items(), key=lambda item: item[1]):
            file.write(f"  {each}: {_quoted(name)}\n".encode())


class _SplitLists:
    """The lists of the images of each split, which are written if there are several splits."""

    def __init__(self, output: LabelOutput, stack: ExitStack) -> None:
        self._output = output
        self._lists = {split: stack.enter_context(output.scratch()) for split in _SPLITS}
        self._found: set[Split | None] = set()

    def add(self, image: ImageLabels) -> None:
        """Add an image to the list of its split, if it has one."""
        self._found.add(image.split)
        if image.split is not None:
            name = self._output.safe_name("images/" + copied_name(image.path, keeps_suffix=image.keeps_suffix))
            self._lists[image.split].write(f"./{name}\n".encode("utf-8", "surrogateescape"))

    def write(self) -> dict[str, str]:
        """Write the lists; their names, by what `data.yaml` calls the splits."""
        written: dict[str, str] = {}
        if len(self._found) > 1:
            for split, name in _SPLITS.items():
                if split in self._found or name in _REQUIRED:
                    written[name] = f"{name}.txt"
                    self._lists[split].seek(0)
                    with self._output.open(written[name]) as file:
                        shutil.copyfileobj(self._lists[split], file)
        return written


read_obb = partial(read, corners=True)


def _label_files(files: LabelFiles) -> Iterator[str]:
    for name in files.names():
        base = name.rsplit("/", 1)[-1].lower()
        if base.endswith(".txt") and base not in _NOT_LABELS:
            yield name


def _read_file(
    name: str, files: LabelFiles, report: Report, classes: Mapping[int, str], *, corners: bool
) -> ImageLabels | None:
    labels: list[Label] = []
    try:
        path = image_path(_image_of(name))
        for line, text in files.lines(name):
            place = f"line {line}"
            try:
                found = _line(text, classes, place, corners=corners)
            except BadLabels as error:
                report(problem(name, error, place))
            else:
                if found is not None:
                    labels.append(found)
            if len(labels) > LABELS_LIMIT:
                report(problem(name, f"The file has more than {LABELS_LIMIT:,} labels."))
                return None
    except BadLabels as error:
        report(problem(name, error))
        return None
    return ImageLabels(path=path, suffixed=False, file=name, labels=tuple(labels))


def _chunks(files: LabelFiles) -> Iterator[tuple[list[str], list[bytes]]]:
    """Label files with their bytes, some at a time. One that cannot be read is left to `_read_file`."""
    names: list[str] = []
    texts: list[bytes] = []
    size = 0
    for name in _label_files(files):
        try:
            text = files.read(name)
        except BadLabels:
            text = _UNREADABLE
        names.append(name)
        texts.append(text if len(text) <= _CHUNK_BYTES else _UNREADABLE)
        size += len(texts[-1])
        if len(names) == _CHUNK_FILES or size >= _CHUNK_BYTES:
            yield names, texts
            names, texts, size = [], [], 0
    if names:
        yield names, texts


def _batch(names: Sequence[str], paths: Sequence[str], boxes: Boxes, classes: Mapping[int, str]) -> BoxBatch:
    numbers, codes = np.unique(boxes.classes, return_inverse=True)
    ends = np.cumsum(boxes.counts)
    return BoxBatch(
        paths=paths,
        files=names,
        counts=boxes.counts,
        names=[classes.get(each, str(each)) for each in numbers.tolist()],
        codes=codes.reshape(-1).astype(np.int64),
        boxes=boxes.boxes,
        lines=np.arange(1, len(codes) + 1) - np.repeat(ends - boxes.counts, boxes.counts),
    )


def _line(text: bytes, classes: Mapping[int, str], place: str, *, corners: bool) -> Label | None:
    words = text.split()
    if not words or words[0].startswith(b"#"):
        return None
    if not words[0].isdigit() or len(words[0]) > 9:  # noqa: PLR2004  no data set has a billion classes
        raise BadLabels(f"The class is not a number: {words[0].decode('utf-8', 'replace')[:40]!r}.")
    each = int(words[0])
    name = classes.get(each, str(each))
    if len(words) == 1:
        return Label(class_name=name, geometry=Classification(), place=place)
    values = [number(word, "A coordinate") for word in words[1:]]
    attributes: dict[str, float] = {}
    geometry: Geometry
    if len(words) in (_BOX, _BOX_WITH_CONFIDENCE):
        x, y, width, height = values[:4]
        geometry = Box(x - width / 2, y - height / 2, width, height)
        if len(words) == _BOX_WITH_CONFIDENCE:
            attributes[_CONFIDENCE] = values[4]
    elif len(words) > _BOX_WITH_CONFIDENCE and len(words) % 2:
        points = tuple(zip(values[::2], values[1::2], strict=True))
        geometry = RotatedBox(points) if corners and len(words) == _CORNERS else Polygon((points,))
    else:
        raise BadLabels(f"A line has 5 numbers for a box or an odd number from 7 for a polygon, not {len(words)}.")
    return Label(class_name=name, geometry=geometry, attributes=attributes, place=place)


def _lines(each: int, geometry: Geometry) -> list[bytes]:
    match geometry:
        case Box(x, y, width, height):
            rows = [[x + width / 2, y + height / 2, width, height]]
        case RotatedBox(corners):
            rows = [[value for point in corners for value in point]]
        case Polygon(rings):
            rows = [[value for point in ring for value in point] for ring in rings]
        case _:
            raise AssertionError(f"YOLO has no {type(geometry).__name__}")
    return [f"{each} {' '.join(f'{value:.9g}' for value in row)}\n".encode() for row in rows]


def _label_file(image: ImageLabels) -> str:
    """Where Ultralytics looks for the labels of `images/PATH`: the last folder `images` becomes `labels`."""
    head, _, tail = ("/images/" + label_file_of(image, ".txt")).rpartition("/images/")
    return f"{head}/labels/{tail}".removeprefix("/")


def _image_of(name: str) -> str:
    """The path of the image without its suffix: Ultralytics looks in `labels/` for each image in `images/`."""
    stem = without_suffix(name)
    head, found, tail = f"/{stem}".rpartition("/labels/")
    return f"{head}/images/{tail}".removeprefix("/") if found else stem


def class_names(files: LabelFiles, report: Report) -> dict[int, str]:
    """The names of classes by number, from the first file of names that is nearest to the root."""
    for base in NAME_FILES:
        found = [name for name in files.names() if name.rsplit("/", 1)[-1].lower() == base]
        if not found:
            continue
        name = min(found, key=lambda one: (one.count("/"), one))
        try:
            text = _text(files, name)
            names = _yaml_names(text) if base.endswith(("yaml", "yml")) else _listed_names(text)
            for number_of_name, each in names.items():
                check_text(each, f"The name of class {number_of_name}")
        except (UnicodeDecodeError, BadLabels) as error:
            report(problem(name, f"The names of the classes cannot be read: {error}"))
            continue
        if names:
            return names
    return {}


def _text(files: LabelFiles, name: str) -> str:
    data = files.read(name)
    if len(data) > NAME_FILE_BYTES:
        raise BadLabels(f"The file has more than {NAME_FILE_BYTES:,} bytes.")
    return data.decode("utf-8-sig")


def _listed_names(text: str) -> dict[int, str]:
    names = [line.strip() for line in text.splitlines()]
    while names and not names[-1]:
        names.pop()
    return {i: name for i, name in enumerate(names) if name}


def _yaml_names(text: str) -> dict[int, str]:
    """The value of `names`: a list or a mapping, on one line or several. The rest of the YAML is not read."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for at, line in enumerate(lines):
        key, colon, value = line.partition(":")
        if not colon or key.rstrip().strip("\"'") != "names":
            continue
        value = _without_comment(value)
        if not value:
            return _block_names(lines[at + 1 :])
        parts = [value]
        for following in lines[at + 1 :]:
            if parts[-1].endswith(("]", "}")):
                break
            parts.append(_without_comment(following))
        return _inline_names(" ".join(parts))
    return {}


def _inline_names(text: str) -> dict[int, str]:
    text = text.strip()
    if text[:1] + text[-1:] not in ("[]", "{}"):
        raise BadLabels("`names` is neither a list nor a mapping.")
    names: dict[int, str] = {}
    inner = text[1:-1].strip()
    at = i = 0
    while at < len(inner):
        found = _INLINE.match(inner, at)
        if found is None:
            raise BadLabels(f"Name {i + 1} is not a text: {inner[at : at + 40]!r}.")
        names[i if found["key"] is None else int(found["key"])] = _unquoted(found["value"])
        at, i = found.end(), i + 1
    return names


def _block_names(lines: Sequence[str]) -> dict[int, str]:
    names: dict[int, str] = {}
    for line in map(str.strip, lines):
        pair = _PAIR.fullmatch(line)
        if line.startswith(("- ", "-\t")):
            names[len(names)] = _unquoted(_without_comment(line[1:]))
        elif pair is not None:
            names[int(pair["key"])] = _unquoted(_without_comment(pair["value"]))
        else:
            break
    return names


def _without_comment(text: str) -> str:
    """The text up to a number sign after a space, unless that is in quotes."""
    quote, before = "", " "
    for i, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'" and before in _BEFORE_QUOTE:
            quote = char
        elif char == "#" and before.isspace():
            return text[:i].strip()
        before = char
    return text.strip()


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''").replace("\n", " ").replace("\r", " ") + "'"
