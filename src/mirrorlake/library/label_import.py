"""Import labels: survey the files, map their classes, match their images with assets, and store all or nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mirrorlake.catalog.annotation_copy import AnnotationCopy
from mirrorlake.catalog.label_import import ImageStage, label_transaction, record_import, replace_imported
from mirrorlake.catalog.ontologies import StoredOntology, read_ontology, save_in
from mirrorlake.core.errors import MirrorlakeError, NotFound, UsageError
from mirrorlake.core.text import count_noun
from mirrorlake.labels.box_batch import BoxBatch, LabelsOfImages
from mirrorlake.labels.geometry import check_geometry, convert, crosses_itself, shape_of
from mirrorlake.labels.ontology import added_classes, check_classes, check_ontology_name, map_classes
from mirrorlake.labels.records import ImageLabels, Label, LabelFiles, Report, problem
from mirrorlake.labels.registry import FORMATS, LabelFormat
from mirrorlake.library.label_files import open_label_files
from mirrorlake.model.access import Context
from mirrorlake.model.labels import AnnotationSource, ClassMapping, LabelImport, LabelProblem, MatchBy, Shape
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.run import select_ids

KEPT_PROBLEMS = 100  # all of them are counted
STEP_IMAGES = 200  # between two reports
READING, CHECKING = "reading labels", "checking labels"
Step = Callable[[str, int, int], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelImportOptions:
    """What an import reads and how. `classes` maps names in the files to classes; an empty name leaves them out."""

    path: str
    format: str
    ontology: str
    query: str = ""
    classes: Mapping[str, str] = field(default_factory=dict[str, str])
    add_classes: bool = False
    match_by: MatchBy = MatchBy.KEY
    keep_existing: bool = False  # add to what earlier imports made of these assets in this ontology
    skip_invalid: bool = False  # import the rest
    dry_run: bool = False


def import_labels(catalog: Catalog, options: LabelImportOptions, step: Step, *, by: Context) -> LabelImport:
    """Import, or preview, the labels at a path of this machine.

    Raises UsageError for options or files that cannot be used, and MirrorlakeError with the first problems if labels
    are invalid or have no class; a dry run returns them instead.
    """
    chosen_format = read_format(options.format)
    check_ontology_name(options.ontology)
    chosen = select_ids(options.query)
    with (
        open_label_files(Path(options.path)) as files,
        label_transaction(catalog, dry_run=options.dry_run) as connection,
    ):
        stage = ImageStage(connection)
        survey = _survey(files, chosen_format, step, stage.add)
        stored = _ontology(lambda: read_ontology(connection, options.ontology), add=options.add_classes)
        existing = stored.ontology.classes if stored is not None else ()
        mapped = map_classes(
            survey.classes,
            existing,
            given=options.classes,
            namespace=chosen_format.namespace,
            add=options.add_classes,
        )
        if not options.dry_run:
            _refuse(survey, mapped, skip_invalid=options.skip_invalid)
        classes = [*existing, *added_classes(mapped, len(existing))]
        if stored is None or len(classes) > len(existing):
            check_classes(classes)
            stored = save_in(connection, options.ontology, classes, by)
        matches = stage.match(chosen, by=options.match_by)
        replaced = 0 if options.keep_existing else replace_imported(connection, stored.id)
        numbers, shapes = _targets(mapped, stored)
        copy = AnnotationCopy(
            connection,
            numbers,
            source=AnnotationSource.IMPORT.value,
            by=by.actor.name,
            discard=options.dry_run,
        )
        first = 0
        for images in _converted(_checked(files, chosen_format, survey.discard, step, survey.images), shapes, survey):
            count = stage.check_again(images, first)
            copy.add(images, matches.assets[first : first + count])
            first += count
        copy.flush()
        if not options.dry_run:
            _refuse(survey, mapped, skip_invalid=options.skip_invalid)  # labels that their class cannot have
        record_import(
            connection, options.ontology, images=matches.matched, stored=copy.stored, replaced=replaced, by=by
        )
    return LabelImport(
        images=matches.images,
        matched=matches.matched,
        unmatched=matches.unmatched,
        ambiguous=matches.ambiguous,
        resized=matches.resized,
        classes=tuple(mapped),
        annotations=copy.stored,
        replaced=replaced,
        left_out=copy.left_out,
        converted=survey.converted,
        problems=(*survey.problems, *survey.crossing),
        problem_count=survey.problem_count,
        dry_run=options.dry_run,
    )


def read_format(name: str) -> LabelFormat:
    """The format with this name. Raises UsageError."""
    found = FORMATS.get(name.lower())
    if found is None:
        raise UsageError(f"Unknown label format: {name}.", f"Formats are {', '.join(FORMATS)}.")
    return found


class _Survey:
    """What the files contain."""

    def __init__(self) -> None:
        self.images = 0
        self.converted = 0
        self.classes: defaultdict[str, Counter[Shape]] = defaultdict(Counter)
        self.problems: list[LabelProblem] = []
        self.crossing: list[LabelProblem] = []  # imported all the same
        self.problem_count = 0

    def report(self, found: LabelProblem) -> None:
        self.problem_count += 1
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(found)

    def discard(self, found: LabelProblem) -> None:
        """The second reading finds the same problems."""


def _survey(
    files: LabelFiles, chosen_format: LabelFormat, step: Step, stage: Callable[[LabelsOfImages], object]
) -> _Survey:
    survey = _Survey()
    for images in _checked(files, chosen_format, survey.report, step, 0):
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


def _checked(
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


def _converted(
    found: Iterator[LabelsOfImages], shapes: Mapping[str, Shape], survey: _Survey
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


def _in_shapes(image: ImageLabels, shapes: Mapping[str, Shape], survey: _Survey) -> ImageLabels:
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


def _ontology(read: Callable[[], StoredOntology], *, add: bool) -> StoredOntology | None:
    """The ontology; None if it does not exist and is created for the added classes."""
    try:
        return read()
    except NotFound as error:
        if not add:
            raise NotFound(error.message, "Create it, or use --add-classes.") from error
        return None


def _targets(mapped: list[ClassMapping], stored: StoredOntology) -> tuple[dict[str, int], dict[str, Shape]]:
    """The number and the shape of the class that each name in the files becomes."""
    targets = {one.name: one.class_name for one in mapped if one.class_name}
    shapes = {one.name: one.shape for one in stored.ontology.classes}
    return (
        {name: stored.class_ids[target] for name, target in targets.items()},
        {name: shapes[target] for name, target in targets.items()},
    )


def _refuse(survey: _Survey, mapped: list[ClassMapping], *, skip_invalid: bool) -> None:
    unmapped = [one for one in mapped if one.class_name is None]
    if unmapped:
        names = ", ".join(f"{one.name} ({one.annotations:,})" for one in unmapped[:10])
        count = count_noun(len(unmapped), "class", "classes")
        raise MirrorlakeError(
            f"{count} of the label files fit no class of the ontology: {names}.",
            "Use --map NAME=CLASS, --map NAME= to leave a class out, or --add-classes.",
        )
    if survey.problem_count and not skip_invalid:
        first = survey.problems[0]
        where = f"{first.file}, {first.place}" if first.place else first.file
        raise MirrorlakeError(
            f"{count_noun(survey.problem_count, 'label')} cannot be imported. The first: {where}: {first.reason}",
            "Use --dry-run to list them, or --skip-invalid to import the rest.",
        )
