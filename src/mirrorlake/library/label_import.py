"""Import labels: survey the files, map their classes, match their images with assets, and store all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mirrorlake.catalog.annotation_copy import AnnotationCopy
from mirrorlake.catalog.annotations import Chosen
from mirrorlake.catalog.label_import import (
    Connection,
    ImageStage,
    Matches,
    label_transaction,
    record_import,
    replace_imported,
)
from mirrorlake.catalog.ontologies import StoredOntology, read_ontology, save_in
from mirrorlake.catalog.transactions import OnDone, discard_done
from mirrorlake.core.errors import MirrorlakeError, NotFound, UsageError
from mirrorlake.core.text import count_noun
from mirrorlake.labels.box_batch import count_images
from mirrorlake.labels.ontology import added_classes, check_classes, check_ontology_name, map_classes
from mirrorlake.labels.records import ImageLabels, LabelFiles
from mirrorlake.labels.registry import FORMATS, LabelFormat
from mirrorlake.library.label_files import open_label_files
from mirrorlake.library.label_survey import (
    CHECKING,
    Step,
    Survey,
    in_class_shapes,
    read_valid,
    survey_labels,
    upright_in_asset,
)
from mirrorlake.model.access import Context
from mirrorlake.model.labels import AnnotationSource, ClassMapping, LabelImport, LabelImportOptions, Shape
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.selections import select_ids


def import_labels(catalog: Catalog, options: LabelImportOptions, step: Step, *, by: Context) -> LabelImport:
    """As `import_label_files`, of a path of this machine."""
    with open_label_files(Path(options.path)) as files:
        return import_label_files(catalog, files, options, step, by=by)


def import_label_files(
    catalog: Catalog,
    files: LabelFiles,
    options: LabelImportOptions,
    step: Step,
    *,
    by: Context,
    on_done: OnDone = discard_done,
) -> LabelImport:
    """Import, or preview, labels; `on_done` receives the result of an import before it is committed.

    Raises UsageError for options or files that cannot be used, and MirrorlakeError with the first problems if labels
    are invalid or have no class; a dry run returns them instead.
    """
    chosen_format = read_format(options.format)
    check_ontology_name(options.ontology)
    chosen = select_ids(options.query)
    step(CHECKING, 0, 0)
    with label_transaction(catalog, dry_run=options.dry_run) as connection:
        result = _import_files(
            connection, files=files, chosen_format=chosen_format, chosen=chosen, options=options, step=step, by=by
        )
        if not options.dry_run:
            on_done(connection, result)
    return result


def _import_files(
    connection: Connection,
    *,
    files: LabelFiles,
    chosen_format: LabelFormat,
    chosen: Chosen,
    options: LabelImportOptions,
    step: Step,
    by: Context,
) -> LabelImport:
    stage = ImageStage(connection)
    survey = survey_labels(files, chosen_format, step, stage.add)
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
        connection, numbers, source=AnnotationSource.IMPORT.value, by=by.actor.name, discard=options.dry_run
    )
    again = read_valid(files, chosen_format, survey.discard, step, survey.images)
    first = 0
    for images in again:
        end = first + stage.check_again(images, first)
        if isinstance(images, ImageLabels) and matches.assets[first]:
            images = upright_in_asset(images, matches.picture(first), survey)  # noqa: PLW2901  the same, in other units
        for part in in_class_shapes(images, shapes, survey):
            copy.add(part, matches.assets[first : first + count_images(part)])
            first += count_images(part)
        if first != end:
            raise AssertionError("all parts of the images were written")
    copy.flush()
    if not options.dry_run:
        _refuse(survey, mapped, skip_invalid=options.skip_invalid)  # labels that their class cannot have
    record_import(connection, options.ontology, images=matches.matched, stored=copy.stored, replaced=replaced, by=by)
    return _result(matches, mapped, survey, copy, replaced=replaced, dry_run=options.dry_run)


def _result(
    matches: Matches,
    mapped: list[ClassMapping],
    survey: Survey,
    copy: AnnotationCopy,
    *,
    replaced: int,
    dry_run: bool,
) -> LabelImport:
    return LabelImport(
        images=matches.images,
        matched=matches.matched,
        unmatched=matches.unmatched,
        ambiguous=matches.ambiguous,
        resized=survey.resized.count(),
        turned=survey.turned.count(),
        classes=tuple(mapped),
        annotations=copy.stored,
        replaced=replaced,
        left_out=copy.left_out,
        converted=survey.converted,
        problems=(*survey.problems, *survey.notes),
        problem_count=survey.problem_count,
        dry_run=dry_run,
    )


def read_format(name: str) -> LabelFormat:
    """The format with this name. Raises UsageError."""
    found = FORMATS.get(name.lower())
    if found is None:
        raise UsageError(f"Unknown label format: {name}.", f"Formats are {', '.join(FORMATS)}.")
    return found


def _ontology(read: Callable[[], StoredOntology], *, add: bool) -> StoredOntology | None:
    """The ontology; None if it does not exist and is created for the added classes."""
    try:
        return read()
    except NotFound as error:
        if not add:
            raise NotFound(
                error.message, "Create it, or let the import add it and its classes (--add-classes)."
            ) from error
        return None


def _targets(mapped: list[ClassMapping], stored: StoredOntology) -> tuple[dict[str, int], dict[str, Shape]]:
    """The number and the shape of the class that each name in the files becomes."""
    targets = {one.name: one.class_name for one in mapped if one.class_name}
    shapes = {one.name: one.shape for one in stored.ontology.classes}
    return (
        {name: stored.class_ids[target] for name, target in targets.items()},
        {name: shapes[target] for name, target in targets.items()},
    )


def _refuse(survey: Survey, mapped: list[ClassMapping], *, skip_invalid: bool) -> None:
    unmapped = [one for one in mapped if one.class_name is None]
    if unmapped:
        names = ", ".join(f"{one.name} ({one.annotations:,})" for one in unmapped[:10])
        count = count_noun(len(unmapped), "class", "classes")
        raise MirrorlakeError(
            f"{count} of the label files fit no class of the ontology: {names}.",
            "Choose a class for each, leave it out (--map NAME=CLASS, --map NAME=), or let the import add it"
            " (--add-classes).",
        )
    if survey.problem_count and not skip_invalid:
        first = survey.problems[0]
        where = f"{first.file}, {first.place}" if first.place else first.file
        raise MirrorlakeError(
            f"{count_noun(survey.problem_count, 'label')} cannot be imported. The first: {where}: {first.reason}",
            "A preview lists them (--dry-run). Correct them, or import the rest (--skip-invalid).",
        )
