"""Read the label files of an import: once to survey them, once to store their labels in the shapes of their classes."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from mirrorlake.core.errors import UsageError
from mirrorlake.labels.box_batch import BoxBatch, LabelsOfImages, count_images
from mirrorlake.labels.geometry import CORNERS, check_geometry, check_outline, choose, relative, shape_of
from mirrorlake.labels.records import NUMBER_LIMIT, ImageLabels, Label, LabelFiles, Report, problem
from mirrorlake.labels.registry import LabelFormat
from mirrorlake.labels.turning import Fit, PictureSize, fit, misfit_note, turn_image
from mirrorlake.model.labels import LabelProblem, Polygon, RotatedBox, Shape

KEPT_PROBLEMS = 100  # all of them are counted
STEP_IMAGES = 200  # between two reports
# Comparing each two edges of a polygon is quadratic, and for a note only: a file of long ones would take hours.
CROSSING_EFFORT = 4_000_000_000  # pairs of points in one import
_PYTHON_POINTS, _PYTHON_COST = 64, 20  # shorter rings are compared in Python, which is slower for each pair
READING, CHECKING = "reading labels", "checking labels"
Step = Callable[[str, int, int], object]


class Images:
    """A set of images that is only counted: a file may name one of them often, in a row or not."""

    def __init__(self) -> None:
        self._hashes = array("q")

    def add(self, path: str) -> None:
        """Add an image."""
        self._hashes.append(hash(path))

    def count(self) -> int:
        """How many there are."""
        return len(np.unique(np.frombuffer(self._hashes, np.int64)))


class Survey:
    """What the files contain."""

    def __init__(self) -> None:
        self.images = 0
        self.converted = 0
        self.classes: defaultdict[str, Counter[Shape]] = defaultdict(Counter)
        self.problems: list[LabelProblem] = []
        self.notes: list[LabelProblem] = []  # of labels that are imported all the same
        self.turned = Images()  # whose labels were drawn on the picture as it is stored
        self.resized = Images()  # of which the files state a size that does not fit
        self.problem_count = 0
        self._effort = 0  # of looking for polygons that cross or touch themselves

    def report(self, found: LabelProblem) -> None:
        """Count a problem."""
        self.problem_count += 1
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(found)

    def note_crossing(self, image: ImageLabels, label: Label) -> None:
        """Note a polygon that crosses or touches itself, as long as the effort lasts."""
        if not isinstance(label.geometry, Polygon | RotatedBox) or self._effort > CROSSING_EFFORT:
            return
        sizes = [len(ring) for ring in label.geometry.rings] if isinstance(label.geometry, Polygon) else [CORNERS]
        self._effort += sum(size * size * (_PYTHON_COST if size <= _PYTHON_POINTS else 1) for size in sizes)
        if self._effort > CROSSING_EFFORT:
            note = "From here on, polygons are not checked for edges that cross or touch: there are too many."
        elif (found := check_outline(label.geometry)) is not None:
            # Real data sets are full of them, and to leave them out would lose labels.
            note = f"{found} It is imported as it is."
        else:
            return
        self.note(problem(image.file, note, label.place))

    def note(self, note: LabelProblem) -> None:
        """Keep what needs attention, if it is among the first."""
        if len(self.notes) < KEPT_PROBLEMS and note not in self.notes:
            self.notes.append(note)

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
            survey.note_crossing(images, label)
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
        done += count_images(images)
        if done >= reported + STEP_IMAGES:
            step(READING if total else CHECKING, done, max(total, done))
            reported = done
        yield images if isinstance(images, BoxBatch) else _valid(images, report)


def _valid(image: ImageLabels, report: Report) -> ImageLabels:
    kept: list[Label] = []
    for label in image.labels:
        # Without a size, only what is outside of every image can be refused; `in_asset_size` checks again.
        geometry = relative(label.geometry, NUMBER_LIMIT, NUMBER_LIMIT) if image.pixels else label.geometry
        reason = check_geometry(geometry)
        if reason is None and label.also is not None and check_geometry(label.also) is not None:
            label = replace(label, also=None)  # noqa: PLW2901  the other geometry is valid
        if reason is None:
            kept.append(label)
        else:
            report(problem(image.file, reason, label.place))
    return image if tuple(kept) == image.labels else replace(image, labels=tuple(kept))


def upright_in_asset(image: ImageLabels, picture: PictureSize, survey: Survey) -> ImageLabels:
    """An image with labels of the upright picture that the asset is."""
    if image.pixels:
        return in_asset_size(image, picture.width, picture.height, survey.report)
    match fit((image.width, image.height), picture):
        case Fit.UPRIGHT:
            return image
        case Fit.STORED:
            survey.turned.add(image.path)
            return turn_image(image, picture.orientation, survey.report)
        case Fit.OTHER:
            survey.note(problem(image.file, misfit_note(image, picture)))
            survey.resized.add(image.path)
            return image


def in_asset_size(image: ImageLabels, width: int, height: int, report: Report) -> ImageLabels:
    """An image whose labels are in pixels, with relative labels, for an asset of this size."""
    if not width or not height:
        if image.labels:
            report(problem(image.file, "The size of the asset is unknown: coordinates in pixels need it."))
        return replace(image, labels=(), pixels=False)
    labels = tuple(replace(one, geometry=relative(one.geometry, width, height)) for one in image.labels)
    return _valid(replace(image, labels=labels, width=width, height=height, pixels=False), report)


def in_class_shapes(images: LabelsOfImages, shapes: Mapping[str, Shape], survey: Survey) -> Sequence[LabelsOfImages]:
    """The images, in one or several parts, with their labels in the shapes of their classes."""
    if not isinstance(images, BoxBatch):
        return [_in_shapes(images, shapes, survey)]
    if all(shapes.get(name, Shape.BOX) is Shape.BOX for name in images.names):
        return [images]
    return [_in_shapes(image, shapes, survey) for image in images.images()]


def _in_shapes(image: ImageLabels, shapes: Mapping[str, Shape], survey: Survey) -> ImageLabels:
    kept: list[Label] = []
    for label in image.labels:
        shape = shapes.get(label.class_name)
        made = None if shape is None else choose(label.geometry, label.also, shape)
        if made is not None:
            if label.also is not None and made[0] is not label.also:
                left, has = shape_of(label.also).value, shape_of(made[0]).value
                note = f"Labels of class {label.class_name} have {left} beside a {has}, which the class does not have."
                survey.note(problem(image.file, note))
            survey.converted += not made[1]
            kept.append(label if made[0] is label.geometry else replace(label, geometry=made[0]))
        elif shape is not None:
            reason = f"A {shape_of(label.geometry).value} cannot become a {shape.value}."
            survey.report(problem(image.file, reason, label.place))
    return replace(image, labels=tuple(kept))
