"""Export labels: stream the assets of a query with their annotations into files of one format, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from mirrorlake.catalog.label_export import exported_images, labelled_images
from mirrorlake.catalog.ontologies import by_name, list_all
from mirrorlake.core.errors import MirrorlakeError, UsageError
from mirrorlake.labels import rle
from mirrorlake.labels.file_names import document_path
from mirrorlake.labels.geometry import convert_to_any
from mirrorlake.labels.losses import Losses, losses_of
from mirrorlake.labels.mask_pixels import can_change, resize
from mirrorlake.labels.records import BadLabels, ImageLabels, Label, copied_name
from mirrorlake.labels.registry import LabelFormat, Layout
from mirrorlake.library.export_paths import ExportPaths
from mirrorlake.library.export_targets import SpooledTarget
from mirrorlake.library.label_images import Copies, copy_images
from mirrorlake.library.label_import import read_format
from mirrorlake.library.label_targets import keep_for_download, open_target
from mirrorlake.library.snapshot_labels import frozen_classes, frozen_images, frozen_labels, frozen_ontologies
from mirrorlake.library.upright_copies import open_originals
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.labels import Classification, Geometry, LabelExport, LabelExportOptions, Mask, Ontology
from mirrorlake.model.objects import ObjectRef
from mirrorlake.model.splits import Split
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.selections import project_of, select_ids

STEP_IMAGES = 200  # between two reports
WRITING, COPYING = "writing labels", "copying images"
Step = Callable[[str, int, int], object]


def export_labels(
    catalog: Catalog,
    options: LabelExportOptions,
    step: Step,
    *,
    stores: SourceStores,
    workdir: Path,
    kept: SpooledTarget | None = None,
) -> LabelExport:
    """Write the labels of all assets that match, which appear when they are complete; `workdir` is an empty folder.

    `kept` takes the file of an export without a path, for a download.
    Raises UsageError, also if something is there already, and MirrorlakeError if two images would have the same label
    file.
    """
    if options.bake_orientation and not options.copy_images:
        raise UsageError("Only copied images can be turned upright.", "Copy the images too, or leave out the option.")
    chosen_format = read_format(options.format)
    chosen = _Chosen(catalog, options)
    counts, copies = _Counts(), Copies()
    several = chosen_format.layout is Layout.FOLDER or options.copy_images
    try:
        with (
            open_target(options, several=several, catalog=catalog, stores=stores, workdir=workdir)
            if kept is None
            else keep_for_download(kept, f"labels{chosen_format.suffix}", several=several, workdir=workdir)
        ) as output:
            step(WRITING, 0, 0)
            paths = ExportPaths(((one.datasource, one.key) for one in chosen.images()), as_files=several)
            named = _under_paths(chosen.labelled(), paths, chosen_format, counts, as_files=several)
            images = _expressible(named, chosen_format, counts, step)
            chosen_format.write(images, chosen.classes, output)
            if options.copy_images:
                with open_originals(catalog, stores, bake_orientation=options.bake_orientation) as reader:
                    originals = ((_copy_name(one, paths, chosen_format), one) for one in chosen.images())
                    for copies in copy_images(originals, reader, output):
                        step(COPYING, copies.copied + copies.not_copied, counts.images)
    except BadLabels as error:
        raise MirrorlakeError(
            f"The format {chosen_format.name} cannot hold these images: {error}",
            "Narrow the query." if options.copy_images else "Narrow the query, or use coco or csv.",
        ) from error
    except OSError as error:
        raise _unwritable(options.path, error) from error
    return counts.result(options, paths, copies, kept, lists_splits=chosen_format.lists_splits)


def _unwritable(path: str | None, error: OSError) -> UsageError:
    if path is None:
        return UsageError(f"The export cannot be kept: {error.strerror}.", "Make room in the data folder.")
    return UsageError(f"Cannot write to {path}: {error.strerror}.", "Choose another path.")


class _Chosen:
    """The exported assets and labels: those of a query now, or those of a snapshot."""

    def __init__(self, catalog: Catalog, options: LabelExportOptions) -> None:
        self._catalog = catalog
        self._snapshot = options.snapshot
        self._ids = select_ids(options.query)
        self._project = project_of(options.query)
        if options.snapshot is None:
            found = _ontology(catalog, options.ontology)
            self._ontology, self.classes = found.name, found.classes
            return
        if options.query:
            raise UsageError("The labels of a snapshot are exported as a whole.", "Leave out the query.")
        self._ontology = options.ontology or _only(frozen_ontologies(catalog, options.snapshot))
        present = [one.classes for one in list_all(catalog) if one.name == self._ontology]
        self.classes = frozen_classes(catalog, options.snapshot, self._ontology, present[0] if present else ())

    def labelled(self) -> Iterator[ImageLabels]:
        """The assets with their labels."""
        if self._snapshot is None:
            return labelled_images(self._catalog, self._ontology, self._ids, self._project)
        return frozen_labels(self._catalog, self._snapshot, self._ontology)

    def images(self) -> Iterator[ObjectRef]:
        """The assets with what is needed to read their bytes."""
        if self._snapshot is None:
            return exported_images(self._catalog, self._ids)
        return frozen_images(self._catalog, self._snapshot)


class _Counts:
    """Counts of an export."""

    images = 0
    annotations = 0
    converted = 0
    left_out = 0
    split = 0
    without_attributes = 0
    without_visibility = 0
    whole_names = 0

    def __init__(self) -> None:
        self.splits: dict[Split | None, int] = {}

    def add(self, losses: Losses) -> None:
        """Count what a label loses."""
        self.split += losses.split
        self.without_attributes += losses.attributes
        self.without_visibility += losses.visibility

    def result(
        self,
        options: LabelExportOptions,
        paths: ExportPaths,
        copies: Copies,
        kept: SpooledTarget | None,
        *,
        lists_splits: bool,
    ) -> LabelExport:
        """The result of the export."""
        return LabelExport(
            images=self.images,
            annotations=self.annotations,
            converted=self.converted,
            left_out=self.left_out,
            copied=copies.copied,
            not_copied=tuple(copies.examples),
            not_copied_count=copies.not_copied,
            path=options.path,
            split=self.split,
            without_attributes=self.without_attributes,
            without_visibility=self.without_visibility,
            by_datasource=paths.by_datasource,
            whole_names=self.whole_names,
            without_split=self.splits.get(None, 0) if lists_splits and len(self.splits) > 1 else 0,
            files=() if kept is None else tuple(kept.files),
        )


def _under_paths(
    images: Iterator[ImageLabels], paths: ExportPaths, chosen_format: LabelFormat, counts: _Counts, *, as_files: bool
) -> Iterator[ImageLabels]:
    """The images under their paths in the export."""
    for image in images:
        path = paths.path(image.datasource, image.path)
        if as_files:
            path = document_path(path)
        keeps = chosen_format.layout is Layout.FOLDER and paths.keeps_suffix(image.datasource, image.path)
        counts.whole_names += keeps
        counts.splits[image.split] = counts.splits.get(image.split, 0) + 1
        yield replace(image, path=path, keeps_suffix=keeps)


def _copy_name(image: ObjectRef, paths: ExportPaths, chosen_format: LabelFormat) -> str:
    """The name of a copied image: for tools that know names only, `a.jpg.txt` belongs to `a.jpg.jpg`."""
    keeps = chosen_format.by_stem and paths.keeps_suffix(image.datasource, image.key)
    return chosen_format.images + copied_name(paths.path(image.datasource, image.key), keeps_suffix=keeps)


def _expressible(
    images: Iterator[ImageLabels], chosen_format: LabelFormat, counts: _Counts, step: Step
) -> Iterator[ImageLabels]:
    """The images with those labels that the format can hold, in its shapes."""
    for image in images:
        kept: list[Label] = []
        for label in image.labels:
            made = convert_to_any(label.geometry, chosen_format.shapes)
            if made is None or (image.width is None and not isinstance(made[0], Classification)):
                counts.left_out += 1
                continue
            fitted = _in_size(made[0], image)
            if fitted is None:
                counts.left_out += 1
                continue
            counts.converted += fitted is not label.geometry
            kept.append(label if fitted is label.geometry else replace(label, geometry=fitted))
            counts.add(losses_of(kept[-1], chosen_format.abilities))
        counts.images += 1
        counts.annotations += len(kept)
        if counts.images % STEP_IMAGES == 0:
            step(WRITING, counts.images, counts.images)
        yield replace(image, labels=tuple(kept))


def _in_size(geometry: Geometry, image: ImageLabels) -> Geometry | None:
    """A mask in the size of its image, which may have got another one since; None if nothing is left of it."""
    width, height = image.width, image.height
    if not isinstance(geometry, Mask) or not width or not height:
        return geometry
    if not can_change(geometry, width, height):
        return None
    made = resize(geometry, width, height)
    return made if rle.area(made) else None


def _ontology(catalog: Catalog, name: str | None) -> Ontology:
    if name is not None:
        return by_name(catalog, name)
    return by_name(catalog, _only(tuple(one.name for one in list_all(catalog))))


def _only(names: tuple[str, ...]) -> str:
    if len(names) != 1:
        found = ", ".join(names) or "none"
        raise UsageError(f"Which ontology is exported is not clear: there are {found}.", "Name one (--ontology NAME).")
    return names[0]
