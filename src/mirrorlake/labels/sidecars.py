"""Read label sidecars to columns of annotations, many files at once. Pure; the bytes come from strangers.

Files of plain YOLO boxes, as nearly all are, are read by a vectorised path (`labels.yolo_columns`). It takes only what
the reader of the format reads to the same values; everything else goes through that reader.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pyarrow as pa

from mirrorlake.core.columnar import column, equal_to, keep, no_rows
from mirrorlake.labels.class_map import ClassMap
from mirrorlake.labels.documents import geometry_to_json
from mirrorlake.labels.formats import coco, dataloop, encord, labelme, voc, yolo
from mirrorlake.labels.geometry import bounds, check_geometry, choose, shape_of
from mirrorlake.labels.records import LABELS_LIMIT, BadLabels, ImageLabels, Label, Reader, Report, problem
from mirrorlake.labels.turning import Fit, PictureSize, fit, misfit_note, turn_image
from mirrorlake.labels.yolo_columns import read_columns
from mirrorlake.model.label_sidecars import SidecarFormat
from mirrorlake.model.labels import Box, LabelProblem, Shape

# The annotations of a batch of files; `image` is the path in its folder where a file is about several images.
_ROWS: list[pa.Field[Any]] = [
    pa.field("file", pa.int32()),
    pa.field("image", pa.string()),
    pa.field("class_id", pa.int32()),
    *(pa.field(name, pa.float64()) for name in ("x", "y", "width", "height")),
    pa.field("geometry", pa.string()),
    pa.field("attributes", pa.string()),
]
ROWS = pa.schema(_ROWS)
# In the reader, a file of which the name matters has one that the format itself accepts.
_READERS: Mapping[SidecarFormat, tuple[Reader, str]] = {
    SidecarFormat.ENCORD: (encord.read, "a.json"),
    SidecarFormat.YOLO: (yolo.read, "a.txt"),
    SidecarFormat.DATALOOP: (dataloop.read, "a.json"),
    SidecarFormat.COCO: (coco.read, "a.json"),
    SidecarFormat.VOC: (voc.read, "a.xml"),
    SidecarFormat.LABELME: (labelme.read, "a.json"),
}
# What a file would take in memory once it is parsed is bounded by what it contains, not by its bytes alone.
TEXT_BYTES = 20_000_000  # of a file of YOLO; a number of 2 bytes needs some thirty
LINE_BYTES = 1_000_000  # of a line of one
LINES_LIMIT = LABELS_LIMIT  # of a file of YOLO
KEPT_PROBLEMS = 3  # of one file; all of them are counted
_ROWS_AS_OBJECTS = 10_000
# The sizes of the images of a file, by its number: by their names in their folder.
PictureSizes = Callable[[int], Mapping[str, PictureSize]]


def no_sizes(_number: int) -> Mapping[str, PictureSize]:
    """For files whose images have no known size."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblems:
    """What is wrong with one label file."""

    first: tuple[LabelProblem, ...]
    count: int

    def sentence(self) -> str:
        """The problems with their places, for an outcome."""
        shown = "; ".join(f"{one.place}: {one.reason}" if one.place else one.reason for one in self.first)
        return shown + (f"; and {self.count - len(self.first):,} more" if self.count > len(self.first) else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SidecarBatch:
    """What some label files contain."""

    rows: pa.RecordBatch  # ROWS, of the files that are taken
    refused: Mapping[int, FileProblems]  # by the number of the file: it changes nothing
    incomplete: Mapping[int, FileProblems]  # of these files, all valid labels are taken
    displaced: Mapping[int, str]  # why the labels of these files, which are taken, may be displaced
    unmapped: Mapping[str, int]  # labels of classes without a class in the ontology


@dataclass(slots=True)
class _Columns:
    file: list[int] = field(default_factory=list[int])
    image: list[str | None] = field(default_factory=list["str | None"])
    class_id: list[int] = field(default_factory=list[int])
    box: list[Box | None] = field(default_factory=list["Box | None"])
    geometry: list[str | None] = field(default_factory=list["str | None"])
    attributes: list[str | None] = field(default_factory=list["str | None"])

    def batch(self) -> pa.RecordBatch:
        sides = [
            pa.array([None if box is None else getattr(box, side) for box in self.box], pa.float64())
            for side in ("x", "y", "width", "height")
        ]
        arrays: list[Any] = [
            pa.array(self.file, pa.int32()),
            pa.array(self.image, pa.string()),
            pa.array(self.class_id, pa.int32()),
            *sides,
            pa.array(self.geometry, pa.string()),
            pa.array(self.attributes, pa.string()),
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=ROWS)

    def truncate(self, rows: int) -> None:
        for values in (self.file, self.image, self.class_id, self.box, self.geometry, self.attributes):
            del values[rows:]


class _Rows:
    """The annotations of one file after the other. They become Arrow while a file is read: objects need far more."""

    def __init__(self) -> None:
        self._parts: list[pa.RecordBatch] = []
        self._columns = _Columns()
        self._begun = (0, 0)  # parts and rows before the present file

    def begin(self) -> None:
        """Begin a file."""
        self._begun = len(self._parts), len(self._columns.file)

    def drop(self, number: int) -> None:
        """Forget what was added of the file that was begun last."""
        parts, rows = self._begun
        self._columns.truncate(rows if len(self._parts) == parts else 0)
        self._parts[parts:] = [keep(part, ~equal_to(column(part, "file"), number)) for part in self._parts[parts:]]

    def add(self, number: int, image: str | None, class_id: int, label: Label) -> None:
        """Add a label of the file."""
        columns, geometry = self._columns, label.geometry
        columns.file.append(number)
        columns.image.append(image)
        columns.class_id.append(class_id)
        columns.box.append(bounds(geometry))
        columns.geometry.append(
            None if isinstance(geometry, Box) else orjson.dumps(geometry_to_json(geometry)).decode()
        )
        columns.attributes.append(orjson.dumps(dict(label.attributes)).decode() if label.attributes else None)
        if len(columns.file) >= _ROWS_AS_OBJECTS:
            self._flush()

    def batches(self) -> list[pa.RecordBatch]:
        """All rows."""
        self._flush()
        return self._parts

    def _flush(self) -> None:
        self._parts.append(self._columns.batch())
        self._columns = _Columns()


@dataclass(slots=True, kw_only=True)
class _File:
    """A file while it is read."""

    number: int
    pictures: PictureSizes
    without_class: Counter[str]
    displaced: str = ""
    _sizes: Mapping[str, PictureSize] | None = None

    def pictures_of(self, name: str | None) -> Sequence[PictureSize]:
        """The sizes of the images of this name; without one, of all."""
        if self._sizes is None:
            self._sizes = self.pictures(self.number)
        if name is None:
            return [*self._sizes.values()]
        return [self._sizes[name]] if name in self._sizes else []


@dataclass(frozen=True, slots=True, kw_only=True)
class SidecarReader:
    """Reads the label files of one datasource."""

    format: SidecarFormat
    classes: ClassMap
    class_ids: Mapping[str, int]  # by the names of classes of the ontology
    skip_invalid: bool

    def read(self, files: Sequence[bytes], pictures: PictureSizes = no_sizes) -> SidecarBatch:
        """The annotations of these files, which are numbered from 0, on `pictures`."""
        refused = {
            number: FileProblems(first=(problem("", reason),), count=1)
            for number, data in enumerate(files)
            if (reason := self._too_much(data)) is not None
        }
        if refused:
            files = [b"" if number in refused else data for number, data in enumerate(files)]
        unmapped: Counter[str] = Counter()
        parts: list[pa.RecordBatch] = []
        rest: Sequence[int] = range(len(files))
        if self.format is SidecarFormat.YOLO:
            boxes = {
                int(name): self.class_ids[one.name]
                for name, one in self.classes.classes.items()
                if one.shape is Shape.BOX
            }
            found, rest = read_columns(files, boxes, ROWS)
            parts.append(found)
        rows = _Rows()
        incomplete: dict[int, FileProblems] = {}
        displaced: dict[int, str] = {}
        for number in rest:
            if number in refused:
                continue
            rows.begin()
            without_class: Counter[str] = Counter()
            file = _File(number=number, pictures=pictures, without_class=without_class)
            usable, problems = self._read_file(file, files[number], rows)
            if problems.count and not (self.skip_invalid and usable):
                refused[number] = problems
                rows.drop(number)
                continue
            unmapped.update(without_class)
            if problems.count:
                incomplete[number] = problems
            if file.displaced:
                displaced[number] = file.displaced
        parts += rows.batches()
        (batch,) = pa.Table.from_batches(parts, ROWS).combine_chunks().to_batches() or [no_rows(ROWS)]
        return SidecarBatch(rows=batch, refused=refused, incomplete=incomplete, displaced=displaced, unmapped=unmapped)

    def _too_much(self, data: bytes) -> str | None:
        """Why a file is not parsed: it could need more memory than there is."""
        if self.format is not SidecarFormat.YOLO:
            return None  # the readers of JSON and XML have limits themselves
        if len(data) > TEXT_BYTES:
            return f"The file has more than {TEXT_BYTES:,} bytes."
        if len(data) > LINES_LIMIT and data.count(b"\n") > LINES_LIMIT:
            return f"The file has more than {LINES_LIMIT:,} lines."
        return None

    def _read_file(self, file: _File, data: bytes, rows: _Rows) -> tuple[bool, FileProblems]:
        """Add the labels of a file that can be stored; return whether anything of it can be used."""
        problems: list[LabelProblem] = []
        count = images = 0

        def report(found: LabelProblem) -> None:
            nonlocal count
            count += 1
            if len(problems) < KEPT_PROBLEMS:
                problems.append(found)

        read, name = _READERS[self.format]
        try:
            for one in read(_OneFile(name, data), report):
                images += 1
                self._add(rows, file, self._upright(one, file, report), report)
        except RecursionError:
            images = 0
            report(problem(name, "The file is nested too deeply."))
        except Exception as error:  # noqa: BLE001  a bug met with strange bytes refuses this file, not the pass
            images = 0
            what = f"{type(error).__name__}: {error}"
            report(problem(name, f"There was an unexpected error while reading ({what}). Please report this file."))
        usable = images > 0 or not count
        if self.format is not SidecarFormat.COCO and images != 1:
            usable = False
            if images:
                report(problem(name, f"The file is about {images} images, but belongs to one."))
            elif not count:
                report(problem(name, f"The file is not a file of the format {self.format.value}."))
        return usable, FileProblems(first=tuple(problems), count=count)

    def _valid(self, image: ImageLabels, report: Report) -> Iterator[Label]:
        """The labels that can be stored, in the shapes of their classes. Those of unmapped classes are as they are."""
        for label in image.labels:
            reason = check_geometry(label.geometry)
            target = self.classes.classes.get(label.class_name)
            if reason is None and target is not None:
                also = label.also if label.also is not None and check_geometry(label.also) is None else None
                made = choose(label.geometry, also, target.shape)
                if made is not None:
                    yield Label(class_name=label.class_name, geometry=made[0], attributes=label.attributes)
                    continue
                reason = f"A {shape_of(label.geometry).value} cannot become a {target.shape.value}."
            if reason is None:
                yield label
            else:
                report(problem(image.file, reason, label.place))

    def _upright(self, image: ImageLabels, file: _File, report: Report) -> ImageLabels:
        """The image with labels of the upright picture, if the file has the size of what it was drawn on."""
        if not image.labels or not image.width or not image.height:
            return image
        name = image.path if self.format is SidecarFormat.COCO else None
        pictures = file.pictures_of(name)
        fits = {(fit((image.width, image.height), one), one.orientation) for one in pictures}
        if len(fits) == 1 and next(iter(fits))[0] is Fit.STORED:
            return turn_image(image, pictures[0].orientation, report)
        wrong = next((one for one in pictures if fit((image.width, image.height), one) is not Fit.UPRIGHT), None)
        if wrong is not None:
            file.displaced = file.displaced or misfit_note(image, wrong)
        return image

    def _add(self, rows: _Rows, file: _File, image: ImageLabels, report: Report) -> None:
        path = image.path if self.format is SidecarFormat.COCO else None
        for label in self._valid(image, report):
            target = self.classes.classes.get(label.class_name)
            if target is not None:
                rows.add(file.number, path, self.class_ids[target.name], label)
            elif label.class_name not in self.classes.left_out:
                file.without_class[label.class_name] += 1


@dataclass(frozen=True, slots=True)
class _OneFile:
    """One label file in memory, as the readers of formats take it."""

    name: str
    data: bytes

    def names(self) -> Sequence[str]:
        return [self.name]

    def read(self, name: str) -> bytes:
        if name != self.name:
            raise BadLabels(f"There is no file {name}.")
        return self.data

    def lines(self, name: str) -> Iterator[tuple[int, bytes]]:
        for number, line in enumerate(self.read(name).split(b"\n"), 1):
            if len(line) > LINE_BYTES:
                raise BadLabels(f"Line {number} is longer than {LINE_BYTES:,} bytes.")
            yield number, line


def read_class_names(name: str, data: bytes) -> dict[int, str]:
    """The class names in a `data.yaml` or `classes.txt`, by number; none if there are none."""
    return yolo.class_names(_OneFile(name, data), lambda _: None)
