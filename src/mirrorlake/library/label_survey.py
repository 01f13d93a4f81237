"""Read the label files of an import: once to survey them, once to store their labels in the shapes of their classes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from mirrorlake.core.errors import UsageError
from mirrorlake.labels.box_batch import BoxBatch, LabelsOfImages
from mirrorlake.labels.geometry import check_geometry, convert, crosses_itself, shape_of
from mirrorlake.labels.records import ImageLabels, Label, LabelFiles, Report, problem
from mirrorlake.labels.registry import LabelFormat
from mirrorlake.model.labels import LabelProblem, Shape

KEPT_PROBLEMS = 100  # all of them are counted
STEP_IMAGES = 200  # between two reports
READING, CHECKING = "reading labels", "checking labels"
Step = Callable[[str, int, int], object]


class Survey:
    """What the files contain."""

    def __init__(self) -> None:
        self.images = 0
        self.converted = 0
        self.classes: defaultdict[str, Counter[Shape]] = defaultdict(Counter)
        self.problems: list[LabelProblem] = []
        self.crossing: list[LabelProblem] = []  # imported all the same
        self.problem_count = 0

    def report(self, found: LabelProblem) -> None:
        """Count a problem."""
        self.problem_count += 1
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(found)

    def discard(self, found: LabelProblem) -> None:
        """The second reading finds the same problems."""


def survey_labels(
    files: LabelFiles, chosen_format: LabelFormat, step: Step, stage: Callable[[LabelsOfImages], object]
) -> Survey:
    """What the files contain; `stage` receives their images. Raises UsageError if there are none."""
    survey = Survey()
    for images in read_valid(files, chosen_format, survey.report, step, 0):
        stage(images)
        if isinstance(images, BoxBatch):
            survey.images += len(images.paths)
            for name, count in zip(images.names, np.bincount(images.codes).tolist(), strict=True):
                survey.classes[name][Shape.BOX] += count
            continue
        survey.images += 1
        for label in images.labels:
            survey.classes[label.class_name][shape_of(label.geometry)] += 1
            if crosses_itself(label.geometry):
                # Real data sets are full of them, and to leave them out would lose labels.
                note = "The polygon crosses itself. It is imported as it is."
                if len(survey.crossing) < KEPT_PROBLEMS:
                    survey.crossing.append(problem(images.file, note, label.place))
    if not survey.images and not survey.problem_count:
        raise UsageError(
            f"There are no labels in the format {chosen_format.name}.",
            "Check the path, the format and the suffixes of the files.",
        )
    return survey


def read_valid(
    files: LabelFiles, chosen_format: LabelFormat, report: Report, step: Step, total: int
) -> Iterator[LabelsOfImages]:
    """The images with those labels whose geometry can be stored."""
    done = reported = 0
    for images in (chosen_format.read_batches or chosen_format.read)(files, report):
        done += len(images.paths) if isinstance(images, BoxBatch) else 1
        if done >= reported + STEP_IMAGES:
            step(READING if total else CHECKING, done, max(total, done))
            reported = done
        yield images if isinstance(images, BoxBatch) else _valid(images, report)


def _valid(image: ImageLabels, report: Report) -> ImageLabels:
    kept: list[Label] = []
    for label in image.labels:
        reason = check_geometry(label.geometry)
        if reason is None:
            kept.append(label)
        else:
            report(problem(image.file, reason, label.place))
    return image if len(kept) == len(image.labels) else replace(image, labels=tuple(kept))


def in_class_shapes(
    found: Iterator[LabelsOfImages], shapes: Mapping[str, Shape], survey: Survey
) -> Iterator[LabelsOfImages]:
    """The images with their labels in the shapes of their classes."""
    for images in found:
        if not isinstance(images, BoxBatch):
            yield _in_shapes(images, shapes, survey)
        elif all(shapes.get(name, Shape.BOX) is Shape.BOX for name in images.names):
            yield images
        else:
            for image in images.images():
                yield _in_shapes(image, shapes, survey)


def _in_shapes(image: ImageLabels, shapes: Mapping[str, Shape], survey: Survey) -> ImageLabels:
    kept: list[Label] = []
    for label in image.labels:
        shape = shapes.get(label.class_name)
        made = None if shape is None else convert(label.geometry, shape)
        if made is not None:
            survey.converted += not made[1]
            kept.append(label if made[0] is label.geometry else replace(label, geometry=made[0]))
        elif shape is not None:
            reason = f"A {shape_of(label.geometry).value} cannot become a {shape.value}."
            survey.report(problem(image.file, reason, label.place))
    return replace(image, labels=tuple(kept))
