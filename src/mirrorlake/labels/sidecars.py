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

from mirrorlake.labels.class_map import ClassMap
from mirrorlake.labels.documents import geometry_to_json
from mirrorlake.labels.formats import coco, dataloop, encord, labelme, voc, yolo
from mirrorlake.labels.geometry import bounds, check_geometry, convert, shape_of
from mirrorlake.labels.records import BadLabels, ImageLabels, Label, Reader, problem
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
TEXT_BYTES = 64_000_000  # of a file of YOLO; a number of 2 bytes needs some thirty
LINES_LIMIT = 1_000_000  # of a file of YOLO
KEPT_PROBLEMS = 3  # of one file; all of them are counted


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
    images: Mapping[int, tuple[str, ...]]  # the images that a file is about, where that is not one
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SidecarReader:
    """Reads the label files of one datasource."""

    format: SidecarFormat
    classes: ClassMap
    class_ids: Mapping[str, int]  # by the names of classes of the ontology
    skip_invalid: bool

    def read(self, files: Sequence[bytes]) -> SidecarBatch:
        """The annotations of these files, which are numbered from 0."""
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
            rows, rest = read_columns(files, boxes, ROWS)
            parts.append(rows)
        columns = _Columns()
        incomplete: dict[int, FileProblems] = {}
        images: dict[int, tuple[str, ...]] = {}
        for number in rest:
            if number in refused:
                continue
            found, problems = self._read_file(files[number])
            if problems.count and not (self.skip_invalid and found is not None):
                refused[number] = problems
                continue
            if problems.count:
                incomplete[number] = problems
            if self.format is SidecarFormat.COCO:
                images[number] = tuple(one.path for one in found or ())
            for one in found or ():
                self._add(columns, number, one, unmapped)
        parts.append(columns.batch())
        rows = pa.Table.from_batches(parts, ROWS).combine_chunks()
        batches = rows.to_batches()
        return SidecarBatch(
            rows=batches[0] if batches else columns.batch(),
            refused=refused,
            incomplete=incomplete,
            images=images,
            unmapped=unmapped,
        )

    def _too_much(self, data: bytes) -> str | None:
        """Why a file is not parsed: it could need more memory than there is."""
        if self.format is not SidecarFormat.YOLO:
            return None  # the readers of JSON and XML have limits themselves
        if len(data) > TEXT_BYTES:
            return f"The file has more than {TEXT_BYTES:,} bytes."
        if len(data) > LINES_LIMIT and data.count(b"\n") > LINES_LIMIT:
            return f"The file has more than {LINES_LIMIT:,} lines."
        return None

    def _read_file(self, data: bytes) -> tuple[list[ImageLabels] | None, FileProblems]:
        """The images of a file with the labels that can be stored; None if nothing of it can be used."""
        problems: list[LabelProblem] = []
        count = 0

        def report(found: LabelProblem) -> None:
            nonlocal count
            count += 1
            if len(problems) < KEPT_PROBLEMS:
                problems.append(found)

        read, name = _READERS[self.format]
        try:
            images = [
                ImageLabels(path=one.path, labels=tuple(self._valid(one, report)))
                for one in read(_OneFile(name, data), report)
            ]
        except RecursionError:
            report(problem(name, "The file is nested too deeply."))
            images = []
        except Exception as error:  # noqa: BLE001  a bug met with strange bytes refuses this file, not the pass
            what = f"{type(error).__name__}: {error}"
            report(problem(name, f"There was an unexpected error while reading ({what}). Please report this file."))
            images = []
        if self.format is not SidecarFormat.COCO and len(images) != 1:
            if images:
                report(problem(name, f"The file is about {len(images)} images, but belongs to one."))
            elif not count:
                report(problem(name, f"The file is not a file of the format {self.format.value}."))
            return None, FileProblems(first=tuple(problems), count=count)
        return images if images or not count else None, FileProblems(first=tuple(problems), count=count)

    def _valid(self, image: ImageLabels, report: Callable[[LabelProblem], None]) -> Iterator[Label]:
        """The labels that can be stored, in the shapes of their classes. Those of unmapped classes are as they are."""
        for label in image.labels:
            reason = check_geometry(label.geometry)
            target = self.classes.classes.get(label.class_name)
            if reason is None and target is not None:
                made = convert(label.geometry, target.shape)
                if made is not None:
                    yield Label(class_name=label.class_name, geometry=made[0], attributes=label.attributes)
                    continue
                reason = f"A {shape_of(label.geometry).value} cannot become a {target.shape.value}."
            if reason is None:
                yield label
            else:
                report(problem(image.file, reason, label.place))

    def _add(self, columns: _Columns, number: int, image: ImageLabels, unmapped: Counter[str]) -> None:
        for label in image.labels:
            target = self.classes.classes.get(label.class_name)
            if target is None:
                if label.class_name not in self.classes.left_out:
                    unmapped[label.class_name] += 1
                continue
            columns.file.append(number)
            columns.image.append(image.path if self.format is SidecarFormat.COCO else None)
            columns.class_id.append(self.class_ids[target.name])
            columns.box.append(bounds(label.geometry))
            columns.geometry.append(
                None if isinstance(label.geometry, Box) else orjson.dumps(geometry_to_json(label.geometry)).decode()
            )
            columns.attributes.append(orjson.dumps(dict(label.attributes)).decode() if label.attributes else None)


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
        yield from enumerate(self.read(name).split(b"\n"), 1)


def read_class_names(name: str, data: bytes) -> dict[int, str]:
    """The class names in a `data.yaml` or `classes.txt`, by number; none if there are none."""
    return yolo.class_names(_OneFile(name, data), lambda _: None)
