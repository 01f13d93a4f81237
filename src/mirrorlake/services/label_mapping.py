"""Refuse label files of which no class would become a class of their ontology, when they are enabled or changed."""

from __future__ import annotations

import shlex

from mirrorlake.catalog import ontologies
from mirrorlake.core.errors import NotFound, SettingsError
from mirrorlake.labels.class_map import YOLO_SHAPES, make_class_map
from mirrorlake.model.label_sidecars import LabelSidecars, SidecarFormat
from mirrorlake.postgres.pool import Catalog


def check_mapping(catalog: Catalog, before: LabelSidecars | None, after: LabelSidecars | None) -> None:
    """Raise SettingsError if `after` is another setting than `before` that maps nothing."""
    if after is None or after == before:
        return
    quoted = shlex.quote(after.ontology)
    try:
        classes = ontologies.by_name(catalog, after.ontology).classes
    except NotFound as error:
        raise SettingsError(
            f"labels.ontology is {after.ontology}, and there is no such ontology.",
            f"Create it with its classes first, on the page Labels or with: mirrorlake ontology create {quoted}",
            field="labels.ontology",
        ) from error
    yolo = after.format is SidecarFormat.YOLO
    if yolo and not any(one.shape in YOLO_SHAPES for one in classes):
        raise SettingsError(
            f"The ontology {after.ontology} has no class of boxes, polygons or rotated boxes, as YOLO has.",
            "Choose another ontology, or add such a class, on its page or with: mirrorlake ontology class add",
            field="labels.ontology",
        )
    if any(not yolo or one.shape in YOLO_SHAPES for one in make_class_map(after, classes).classes.values()):
        return
    if yolo:
        raise SettingsError(
            f"No class number is mapped to a class of the ontology {after.ontology}.",
            "Give its classes external ids, or map numbers to them: line by line in the settings of the datasource, or"
            " with --map 0=CLASS; or take the names of a data.yaml or classes.txt, found there, or with --names FILE.",
            field="labels.classMap",
        )
    raise SettingsError(
        f"The ontology {after.ontology} has no class for the label files.",
        f"Add one, on its page or with: mirrorlake ontology class add {quoted}",
        field="labels.ontology",
    )
