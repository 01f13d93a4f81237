"""Export labels: stream the assets of a query with their annotations into files of one format, in bounded memory."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from mirrorlake.catalog.label_export import labelled_images
from mirrorlake.catalog.ontologies import by_name, list_all
from mirrorlake.core.errors import MirrorlakeError, UsageError
from mirrorlake.labels.geometry import convert_to_any
from mirrorlake.labels.records import BadLabels, ImageLabels, Label, LabelOutput
from mirrorlake.labels.registry import LabelFormat, Layout
from mirrorlake.library.label_files import FileOutput, FolderOutput
from mirrorlake.library.label_import import read_format
from mirrorlake.model.labels import Classification, LabelExport, Ontology
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.run import select_ids

STEP_IMAGES = 200  # between two reports
WRITING = "writing labels"
Step = Callable[[str, int, int], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelExportOptions:
    """Which assets are exported, and where to. `ontology` may be omitted if there is only one."""

    query: str
    format: str
    path: str
    ontology: str | None = None


def export_labels(catalog: Catalog, options: LabelExportOptions, step: Step) -> LabelExport:
    """Write the labels of all assets that match to a new file or folder, which appears when it is complete.

    Raises UsageError, also if the path exists, and MirrorlakeError if two images would have the same label file.
    """
    chosen_format = read_format(options.format)
    chosen = select_ids(options.query)
    ontology = _ontology(catalog, options.ontology)
    counts = _Counts()
    try:
        with _new_output(Path(options.path), chosen_format.layout) as output:
            images = labelled_images(catalog, ontology.name, chosen)
            chosen_format.write(_expressible(images, chosen_format, counts, step), ontology.classes, output)
    except BadLabels as error:
        raise MirrorlakeError(
            f"The format {chosen_format.name} cannot hold these images: {error}",
            "Narrow the query, or use coco or csv.",
        ) from error
    except OSError as error:
        raise UsageError(f"Cannot write to {options.path}: {error.strerror}.", "Choose another path.") from error
    return LabelExport(
        images=counts.images,
        annotations=counts.annotations,
        converted=counts.converted,
        left_out=counts.left_out,
        path=options.path,
    )


class _Counts:
    """Counts of an export."""

    images = 0
    annotations = 0
    converted = 0
    left_out = 0


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
            counts.converted += made[0] is not label.geometry
            kept.append(label if made[0] is label.geometry else replace(label, geometry=made[0]))
        counts.images += 1
        counts.annotations += len(kept)
        if counts.images % STEP_IMAGES == 0:
            step(WRITING, counts.images, counts.images)
        yield replace(image, labels=tuple(kept))


def _ontology(catalog: Catalog, name: str | None) -> Ontology:
    if name is not None:
        return by_name(catalog, name)
    found = list_all(catalog)
    if len(found) != 1:
        names = ", ".join(one.name for one in found) or "none"
        raise UsageError(f"Which ontology is exported is not clear: there are {names}.", "Use --ontology NAME.")
    return found[0]


@contextmanager
def _new_output(path: Path, layout: Layout) -> Generator[LabelOutput]:
    """Where a writer puts its files: beside the path, to which they are moved at the end."""
    if path.exists() and (layout is Layout.FILE or not path.is_dir() or any(path.iterdir())):
        raise UsageError(f"{path} exists.", "Choose a new path, or an empty folder for formats with many files.")
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        if layout is Layout.FOLDER:
            part.mkdir(parents=True)
            yield FolderOutput(part)
        else:
            part.parent.mkdir(parents=True, exist_ok=True)
            yield FileOutput(part)
        part.rename(path)
    finally:
        if part.is_dir():
            shutil.rmtree(part)
        else:
            part.unlink(missing_ok=True)
