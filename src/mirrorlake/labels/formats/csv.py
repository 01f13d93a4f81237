"""CSV with a header: filename, width, height, class, xmin, ymin, xmax, ymax, in pixels.

The columns of TensorFlow's object detection tutorials and of Roboflow's export; their order is free, further ones are
ignored. Rows of one image need not be neighbours. A cell that a spreadsheet would execute gets an apostrophe first.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from mirrorlake.labels.geometry import relative, scale
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
    number,
    problem,
)
from mirrorlake.model.labels import Box, LabelClass, Shape

SHAPES = (Shape.BOX,)
FILE = "annotations.csv"
COLUMNS = ("filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax")
_EXECUTED = ("=", "+", "-", "@", "\t", "\r")  # OWASP: CSV injection
_Row = tuple[str, int, int, Label]  # path, width, height


def read(files: LabelFiles, report: Report) -> Iterator[ImageLabels]:
    """The images of every CSV file."""
    for name in files.names():
        if not name.lower().endswith(".csv"):
            continue
        for (path, width, height), rows in groupby(_rows(name, files, report), key=lambda row: row[:3]):
            labels = tuple(row[3] for row in rows)
            yield ImageLabels(path=path, width=width, height=height, file=name, labels=labels)


def _rows(name: str, files: LabelFiles, report: Report) -> Iterator[_Row]:
    try:
        lines = (line.decode("utf-8-sig" if at == 1 else "utf-8") + "\n" for at, line in files.lines(name))
        reader = csv.reader(lines)
        header = [cell.strip().lower() for cell in next(reader, list[str]())]
        missing = [column for column in COLUMNS if column not in header]
        if missing:
            report(problem(name, f"The header has no column {', '.join(missing)}.", "line 1"))
            return
        columns = [header.index(column) for column in COLUMNS]
        for cells in reader:
            place = f"line {reader.line_num}"
            if not cells:
                continue
            try:
                yield _row([cells[column] for column in columns], place)
            except IndexError:
                report(problem(name, f"The line has {len(cells)} cells, fewer than the header.", place))
            except BadLabels as error:
                report(problem(name, error, place))
    except (csv.Error, UnicodeDecodeError, BadLabels) as error:
        report(problem(name, f"The rest of the file cannot be read: {error}"))


def _row(cells: Sequence[str], place: str) -> _Row:
    filename, class_name = (_unguarded(cells[at]) for at in (0, 3))
    width, height = image_size(number(cells[1], "width"), number(cells[2], "height"))
    left, top, right, bottom = (number(cells[4 + at], COLUMNS[4 + at]) for at in range(4))
    label = Label(
        class_name=check_text(class_name, "The class"),
        geometry=relative(Box(left, top, right - left, bottom - top), width, height),
        place=place,
    )
    return image_path(filename), width, height, label


def write(images: Iterable[ImageLabels], classes: Sequence[LabelClass], output: LabelOutput) -> None:
    """One file. Images without annotations have no row."""
    del classes
    with output.open(FILE) as file:
        text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for image in images:
            for label in image.labels:
                box = scale(label.geometry, image.width or 1, image.height or 1)
                if isinstance(box, Box):
                    edges = (box.x, box.y, box.x + box.width, box.y + box.height)
                    names = (_guarded(image.path), image.width, image.height, _guarded(label.class_name))
                    writer.writerow((*names, *(f"{edge:.10g}" for edge in edges)))
        text.detach()


def _guarded(text: str) -> str:
    """A cell that nothing executes. One that looks guarded gets another apostrophe, so that it comes back as it is."""
    return "'" + text if text.lstrip("'").startswith(_EXECUTED) else text


def _unguarded(text: str) -> str:
    return text[1:] if text[:1] == "'" and text.lstrip("'").startswith(_EXECUTED) else text
