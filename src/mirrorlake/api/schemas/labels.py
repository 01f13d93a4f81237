"""Bodies of requests about ontologies and annotations."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from pydantic.config import JsonDict

from mirrorlake.api.schemas import NUMBER_LIMIT, VISIBLE, Body
from mirrorlake.catalog.annotations import ANNOTATION_LIMIT
from mirrorlake.core.errors import UsageError
from mirrorlake.labels.documents import geometry_from_json
from mirrorlake.labels.ontology import ATTRIBUTE_LIMIT, CLASS_LIMIT, NAME_LIMIT
from mirrorlake.labels.records import ATTRIBUTES_LIMIT, TEXT_LIMIT, BadLabels
from mirrorlake.model.labels import LabelClass, LabelExportOptions, LabelImportOptions, MatchBy, NewAnnotation, Shape

VERSION_LIMIT = 2**31 - 1
_Name = Annotated[str, Field(min_length=1, max_length=NAME_LIMIT, pattern=VISIBLE)]
# `labels.ontology` checks these names, with better messages than a schema can give.
_NAMED: JsonDict = {"propertyNames": {"type": "string", "minLength": 1, "maxLength": NAME_LIMIT, "pattern": VISIBLE}}
_Text = Annotated[str, Field(max_length=TEXT_LIMIT)]
_Scalar = bool | Annotated[int, Field(ge=-NUMBER_LIMIT, le=NUMBER_LIMIT)] | float | _Text


class ClassBody(Body):
    """A class of an ontology."""

    name: _Name
    shape: Shape
    colour: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$", description="As #rrggbb.")]
    attributes: Annotated[
        dict[str, _Name], Field(default_factory=dict, max_length=ATTRIBUTE_LIMIT, json_schema_extra=_NAMED)
    ]
    external_ids: Annotated[
        dict[str, _Name], Field(default_factory=dict, max_length=ATTRIBUTE_LIMIT, json_schema_extra=_NAMED)
    ]


class OntologyBody(Body):
    """All classes of an ontology, in order."""

    classes: Annotated[tuple[ClassBody, ...], Field(max_length=CLASS_LIMIT)]
    version: Annotated[
        int | None,
        Field(ge=0, le=VERSION_LIMIT, description="The version that is replaced; 0 to create only. Any if omitted."),
    ] = None

    def as_classes(self) -> list[LabelClass]:
        """The classes as nouns of the library."""
        return [
            LabelClass(
                name=one.name,
                shape=one.shape,
                colour=one.colour,
                attributes=one.attributes,
                external_ids=one.external_ids,
            )
            for one in self.classes
        ]


class LabelImportBody(Body):
    """An import of labels, or its preview."""

    path: Annotated[
        str,
        Field(min_length=1, max_length=2048, pattern=VISIBLE, description="Name of the uploaded file, or an address."),
    ]
    format: Annotated[str, Field(max_length=NAME_LIMIT, description="Label format, such as yolo or coco.")]
    ontology: _Name
    connection: Annotated[_Name | None, Field(description="Connection for the address; not for an upload.")] = None
    upload: Annotated[str | None, Field(max_length=64, description="Id of the upload.")] = None
    query: Annotated[str, Field(max_length=8192, description="Only label assets that match this query.")] = ""
    classes: Annotated[
        dict[str, Annotated[str, Field(max_length=NAME_LIMIT)]],
        Field(default_factory=dict, max_length=CLASS_LIMIT, description="Class of a name in the files; empty: none."),
    ]
    add_classes: Annotated[bool, Field(description="Add classes that the ontology lacks; create the ontology.")] = False
    match_by: MatchBy = MatchBy.KEY
    keep_existing: Annotated[bool, Field(description="Add to labels of earlier imports of these assets.")] = False
    skip_invalid: Annotated[bool, Field(description="Import the rest if some labels are invalid.")] = False
    dry_run: Annotated[bool, Field(description="Preview: store nothing.")] = False

    def as_options(self) -> LabelImportOptions:
        """The import as a value of the library."""
        return LabelImportOptions(**self.model_dump())


class LabelExportBody(Body):
    """An export of labels to a bucket, or to a file that is kept for a download."""

    format: Annotated[str, Field(max_length=NAME_LIMIT, description="Label format, such as yolo or coco.")]
    path: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=2048,
            pattern=VISIBLE,
            description="Address of a new object; may be a zip. Without it, the file is kept for a download.",
        ),
    ] = None
    connection: Annotated[_Name | None, Field(description="Connection for the address.")] = None
    ontology: Annotated[_Name | None, Field(description="May be omitted if there is only one.")] = None
    query: Annotated[str, Field(max_length=8192, description="Only export assets that match this query.")] = ""
    snapshot: Annotated[_Name | None, Field(description="Export a snapshot, as PROJECT@NUMBER.")] = None
    copy_images: Annotated[bool, Field(description="Copy the images beside the labels.")] = False
    bake_orientation: Annotated[bool, Field(description="Turn copied images by their EXIF orientation.")] = False

    def as_options(self) -> LabelExportOptions:
        """The export as a value of the library."""
        return LabelExportOptions(**self.model_dump())


class AnnotationBody(Body):
    """An annotation, with relative coordinates."""

    class_name: _Name
    shape: Shape
    geometry: Annotated[dict[str, Any], Field(max_length=4, description="By shape; see the reference of labels.")]
    attributes: Annotated[
        dict[str, _Scalar], Field(default_factory=dict, max_length=ATTRIBUTES_LIMIT, json_schema_extra=_NAMED)
    ]


class AnnotationsBody(Body):
    """All annotations of an asset in one ontology."""

    ontology: _Name
    annotations: Annotated[tuple[AnnotationBody, ...], Field(max_length=ANNOTATION_LIMIT)]

    def as_annotations(self) -> list[NewAnnotation]:
        """The annotations as nouns of the library. Raises UsageError for a geometry of another form."""
        made: list[NewAnnotation] = []
        for position, one in enumerate(self.annotations, 1):
            try:
                geometry = geometry_from_json(one.shape, one.geometry)
            except BadLabels as error:
                raise UsageError(f"Annotation {position} ({one.class_name}) is invalid: {error}") from error
            made.append(NewAnnotation(class_name=one.class_name, geometry=geometry, attributes=one.attributes))
        return made
