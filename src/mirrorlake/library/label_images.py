"""Copy the images of an export beside its labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mirrorlake.catalog.label_export import ExportedImage
from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.labels.records import LabelOutput
from mirrorlake.library.original_reader import ObjectRef, OriginalReader

SHOWN = 20  # images that were not copied


@dataclass(slots=True)
class Copies:
    """What was copied."""

    copied: int = 0
    not_copied: int = 0
    examples: list[str] = field(default_factory=list[str])  # of those that were not, with the reason


def copy_images(
    images: Iterable[tuple[str, ExportedImage]], reader: OriginalReader, output: LabelOutput
) -> Iterator[Copies]:
    """Copy the bytes that were mirrored of these images under these names; yields after each image.

    An image that is gone, changed or cannot be read is counted.
    """
    copies = Copies()
    objects = (
        ObjectRef(datasource=one.datasource, key=one.key, token=one.token, size=one.size, item=(name, one.key))
        for name, one in images
    )
    for (name, key), data in reader.read_all(objects):
        if isinstance(data, MirrorlakeError):
            copies.not_copied += 1
            if len(copies.examples) < SHOWN:
                copies.examples.append(f"{key}: {data.message}")
        else:
            with output.open(name) as file:
                file.write(data)
            copies.copied += 1
        yield copies
