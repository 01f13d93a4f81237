"""Labels: ontologies with their classes, and annotations with their geometry.

All coordinates are relative to the upright image: 0 is its left or top edge, 1 its right or bottom edge. Only masks
count pixels. Decision 30 has the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from mirrorlake.model.assets import Scalar
from mirrorlake.model.exports import ExportFile
from mirrorlake.model.public import public_noun

Point = tuple[float, float]
UPLOAD_BYTES = 500_000_000  # of one upload of label files


class Shape(StrEnum):
    """What the annotations of a class are."""

    BOX = "box"
    ROTATED_BOX = "rotated_box"
    POLYGON = "polygon"
    POLYLINE = "polyline"
    KEYPOINTS = "keypoints"
    MASK = "mask"
    CLASSIFICATION = "classification"  # of the whole image


class AnnotationSource(StrEnum):
    """Where an annotation came from."""

    USER = "user"  # the command line, REST or the SDK
    IMPORT = "import"  # an imported label file
    BUCKET = "bucket"  # a label sidecar of a datasource
    FUNCTION = "function"  # an own function


class MatchBy(StrEnum):
    """What of an asset the images of label files are compared with."""

    KEY = "key"
    NAME = "name"
    DIGEST = "digest"  # of its bytes, as the name of the file


@dataclass(frozen=True, slots=True)
class Box:
    """An upright box by its top left corner and its size."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class RotatedBox:
    """Four corners in order around the box: a rectangle in pixels, not in relative coordinates."""

    corners: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Polygon:
    """One or more closed rings, without repeating the first point; together they are one object."""

    rings: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True, slots=True)
class Polyline:
    """An open line."""

    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Keypoints:
    """Points in the order that the class defines, each with its visibility: 0 not labelled, 1 hidden, 2 visible."""

    points: tuple[tuple[float, float, int], ...]


@dataclass(frozen=True, slots=True)
class Mask:
    """Pixels, as COCO's compressed run lengths over columns."""

    width: int  # pixels
    height: int
    counts: str


@dataclass(frozen=True, slots=True)
class Classification:
    """The whole image."""


Geometry = Box | RotatedBox | Polygon | Polyline | Keypoints | Mask | Classification


@public_noun
class LabelClass:
    """A class of an ontology: what annotations can show."""

    name: str
    shape: Shape
    colour: str
    """As #rrggbb."""
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    """Names of attributes of its annotations, each with its type: text, number or boolean."""
    external_ids: Mapping[str, str] = field(default_factory=dict[str, str])
    """What other systems call it, by namespace, such as YOLO: 3."""


@public_noun
class Ontology:
    """A named and versioned list of classes."""

    name: str
    version: int
    """Increases with every change."""
    classes: tuple[LabelClass, ...]
    updated: datetime
    by: str | None
    """Who changed it last, if known."""


@public_noun
class Annotation:
    """One label of an asset."""

    ontology: str
    class_name: str
    shape: Shape
    geometry: Mapping[str, Any]
    """Relative coordinates, by shape; see the reference of labels."""
    attributes: Mapping[str, Scalar]
    source: AnnotationSource
    by: str | None
    """Who made or imported it, if known."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAnnotation:
    """An annotation to store."""

    class_name: str
    geometry: Geometry
    attributes: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])


@public_noun
class ClassCount:
    """How many annotations of a class the assets of a query have."""

    ontology: str
    class_name: str
    shape: Shape
    annotations: int
    assets: int
    """Number of assets with at least one of them."""
    width: float | None
    """Mean width of the annotations, relative; null for classifications."""
    height: float | None
    """Mean height of the annotations, relative; null for classifications."""


@public_noun
class SizeCount:
    """How many annotations have a box of some size."""

    at_least: float
    """Area as a fraction of the image."""
    below: float | None
    """Null: no limit."""
    annotations: int


@public_noun
class CentreMap:
    """How many annotations have their centre in each cell of a grid over the image."""

    columns: int
    rows: int
    counts: tuple[int, ...]
    """Row by row from the top left cell."""


@public_noun
class LabelStatistics:
    """The annotations of the assets of a query: their classes, sizes and places."""

    assets: int
    annotated: int
    """Assets with annotations."""
    annotations: int
    classes: tuple[ClassCount, ...]
    """The most frequent first."""
    sizes: tuple[SizeCount, ...]
    """From small to large; annotations without a box are not counted."""
    centres: CentreMap


@public_noun
class LabelProblem:
    """Something in a label file that was not imported, or needs attention."""

    file: str
    place: str
    """The line or member; empty for the whole file."""
    reason: str


@public_noun
class ClassMapping:
    """A class in a label file, and the class of the ontology that it becomes."""

    name: str
    annotations: int
    class_name: str | None
    """Null: nothing fits, and its annotations cannot be imported."""
    shape: Shape | None
    """The shape that its annotations get."""
    added: bool
    """Whether the import adds the class to the ontology."""


@public_noun
class LabelUpload:
    """Label files that were uploaded and wait for their import."""

    id: str
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelImportOptions:
    """What an import reads and how. `classes` maps names in the files to classes; an empty name leaves them out."""

    path: str  # of this machine, or an address in a bucket; the file's name if it was uploaded
    format: str
    ontology: str
    connection: str | None = None  # for the address; None: the machine's own credentials
    upload: str | None = None  # the id of an upload
    query: str = ""
    classes: Mapping[str, str] = field(default_factory=dict[str, str])
    add_classes: bool = False
    match_by: MatchBy = MatchBy.KEY
    keep_existing: bool = False  # add to what earlier imports made of these assets in this ontology
    skip_invalid: bool = False  # import the rest
    dry_run: bool = False


@public_noun
class LabelImport:
    """The result of an import of labels, or of its preview."""

    images: int
    """Images that the label files name."""
    matched: int
    """Images that are assets."""
    unmatched: tuple[str, ...]
    """The first of the images without an asset."""
    ambiguous: tuple[str, ...]
    """The first of the images that several assets fit, or whose asset another image fits better; they are left out."""
    resized: int
    """Matched images whose label file states another aspect ratio than the asset has."""
    classes: tuple[ClassMapping, ...]
    annotations: int
    """Annotations that were imported, or would be."""
    replaced: int
    """Earlier imported annotations that were deleted, or would be."""
    left_out: int
    """Annotations of images without an asset."""
    converted: int
    """Annotations in the files that became the box around them, because their class has boxes."""
    problems: tuple[LabelProblem, ...]
    """The first problems."""
    problem_count: int
    dry_run: bool
    turned: int = 0
    """Images whose labels were drawn before the EXIF orientation is applied, and were turned by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelExportOptions:
    """Which assets are exported, and where to. `ontology` may be omitted if there is only one.

    Without a path, a server keeps the file for a download.
    """

    query: str
    format: str
    snapshot: str | None = None  # as PROJECT@NUMBER, instead of a query
    path: str | None = None  # new on this machine, or the address of a new object
    ontology: str | None = None
    connection: str | None = None  # for the address; None: the machine's own credentials
    copy_images: bool = False  # beside the labels; otherwise they only name the images
    bake_orientation: bool = False  # copied images are turned by their EXIF orientation


@public_noun
class LabelExport:
    """The result of an export of labels."""

    images: int
    annotations: int
    converted: int
    """Annotations whose shape the format does not have, written as another shape."""
    left_out: int
    """Annotations that the format cannot express."""
    copied: int
    """Images that were copied."""
    not_copied: tuple[str, ...]
    """The first of the images that could not be copied, each with the reason."""
    not_copied_count: int
    path: str | None
    """Where the files are; null if they are kept for a download."""
    split: int = 0
    """Annotations of several rings or points that became several ones, because the format has no others."""
    without_attributes: int = 0
    """Annotations written without some of their attributes, which the format does not have."""
    without_visibility: int = 0
    """Annotations with keypoints that are hidden or not labelled, which the format does not separate from visible ones,
    or leaves out."""
    by_datasource: bool = False
    """Whether paths begin with the name of the datasource, because several of them have the same key."""
    whole_names: int = 0
    """Images whose label file has their whole name, because another image differs from them in its suffix only."""
    without_split: int = 0
    """Images that are in no list of a split, which the format writes, because they have none."""
    files: tuple[ExportFile, ...] = ()
    """The file that is kept for a download, if there is no path."""
