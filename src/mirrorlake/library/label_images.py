"""Copy the images of an export beside its labels."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import BinaryIO

import orjson

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.labels.records import LabelOutput
from mirrorlake.library.export_problems import REPORT, SHOWN
from mirrorlake.library.original_reader import OriginalReader
from mirrorlake.model.objects import ObjectRef


@dataclass(slots=True)
class Copies:
    """What was copied."""

    copied: int = 0
    not_copied: int = 0
    examples: list[str] = field(default_factory=list[str])  # of those that were not, with the reason


def copy_images(
    images: Iterable[tuple[str, ObjectRef]], reader: OriginalReader, output: LabelOutput
) -> Iterator[Copies]:
    """Copy the bytes that were mirrored of these images under these names; yields after each image.

    An image that is gone, changed or cannot be read is counted, and named in the file REPORT.
    """
    copies = Copies()
    with ExitStack() as stack:
        report: BinaryIO | None = None
        for (name, image), data in reader.read_all(((name, image), image) for name, image in images):
            if isinstance(data, MirrorlakeError):
                report = report or stack.enter_context(output.scratch())
                report.write(_line(name, image, data))
                copies.not_copied += 1
                if len(copies.examples) < SHOWN:
                    copies.examples.append(f"{image.key}: {data.message}")
            else:
                with output.open(name) as file:
                    file.write(data)
                copies.copied += 1
            yield copies
        if report is not None:
            report.seek(0)
            with output.open(REPORT) as file:  # at the end: an output may have one file open at a time
                shutil.copyfileobj(report, file)


def _line(name: str, image: ObjectRef, error: MirrorlakeError) -> bytes:
    named = {"path": name, "datasource": image.datasource, "key": image.key, "reason": error.message}
    return orjson.dumps(named, option=orjson.OPT_APPEND_NEWLINE)
