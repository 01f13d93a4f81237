"""The labels of many images in columns, where they are nothing but valid boxes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mirrorlake.labels.records import ImageLabels, Label, LabelFiles, Report
from mirrorlake.model.labels import Box

Integers: TypeAlias = npt.NDArray[np.int64]
Numbers: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxBatch:
    """Images whose labels are boxes without attributes that `check_geometry` accepts."""

    paths: Sequence[str]  # of the images, without suffixes
    files: Sequence[str]  # the label files
    counts: Integers  # labels of each image
    names: Sequence[str]  # of classes, as the files have them
    codes: Integers  # of each label: the position of its class in `names`
    boxes: Numbers  # of each label: x, y, width, height
    lines: Integers  # of each label: its line

    def images(self) -> Iterator[ImageLabels]:
        """The same images one by one."""
        start = 0
        for path, file, count in zip(self.paths, self.files, self.counts.tolist(), strict=True):
            rows = slice(start, start + count)
            codes: list[int] = self.codes[rows].tolist()
            boxes: list[list[float]] = self.boxes[rows].tolist()
            labels = tuple(
                Label(class_name=self.names[code], geometry=Box(*box), place=f"line {line}")
                for code, box, line in zip(codes, boxes, self.lines[rows].tolist(), strict=True)
            )
            start += count
            yield ImageLabels(path=path, suffixed=False, file=file, labels=labels)


LabelsOfImages: TypeAlias = ImageLabels | BoxBatch


def count_images(images: LabelsOfImages) -> int:
    """How many images these are."""
    return len(images.paths) if isinstance(images, BoxBatch) else 1


BatchReader = Callable[[LabelFiles, Report], Iterator[LabelsOfImages]]  # like a Reader, with batches where it can
