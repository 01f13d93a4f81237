"""Bodies of requests about assets."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasChoices, Field, WithJsonSchema
from pydantic.config import JsonDict

from mirrorlake.api.schemas import VISIBLE, Body
from mirrorlake.core.errors import UsageError
from mirrorlake.model.assets import Scalar
from mirrorlake.model.bulk import MAX_IDS, MAX_UPDATES, BulkEdit, EditPart
from mirrorlake.model.edits import Edit
from mirrorlake.select.edits import MAX_PROJECT_CHARS, MAX_TAG_CHARS, MAX_VALUE_CHARS
from mirrorlake.select.metadata import KEY, MAX_KEY_CHARS

EDIT_LIMIT = 1000  # keys or tags that one request may name
PROJECT_LIMIT = 100
_STAGES = (
    "`look` reads the objects and makes the thumbnails again, `text` reads the text in pictures, `embedding` computes "
    "hashes and vectors, `function:NAME` calls an own function."
)
# The rules of `select.edits`, which checks them with better messages than a schema can give.
_KEY_SCHEMA: JsonDict = {"type": "string", "pattern": f"^{KEY.pattern}$", "maxLength": MAX_KEY_CHARS}
_TAG_SCHEMA = {"type": "string", "pattern": VISIBLE, "minLength": 1, "maxLength": MAX_TAG_CHARS}
_PROJECT_SCHEMA = {"type": "string", "pattern": VISIBLE, "minLength": 1, "maxLength": MAX_PROJECT_CHARS}
_VALUE_SCHEMA = {
    "anyOf": [
        {"type": "boolean"},
        {"type": "integer", "minimum": -(2**63), "exclusiveMaximum": 2**63},
        {"type": "number"},
        {"type": "string", "maxLength": MAX_VALUE_CHARS},
    ]
}
_Keys = Annotated[tuple[Annotated[str, WithJsonSchema(_KEY_SCHEMA)], ...], Field(max_length=EDIT_LIMIT)]
_Tags = Annotated[tuple[Annotated[str, WithJsonSchema(_TAG_SCHEMA)], ...], Field(max_length=EDIT_LIMIT)]
_Projects = Annotated[
    tuple[Annotated[str, WithJsonSchema(_PROJECT_SCHEMA)], ...],
    Field(max_length=PROJECT_LIMIT, description="Names of projects."),
]
_Values = dict[str, Annotated[Scalar, WithJsonSchema(_VALUE_SCHEMA)]]


class AssetChange(Body):
    """A change of an asset, applied as a whole or not at all. Keys and tags that it does not name are kept."""

    metadata: Annotated[
        _Values,
        Field(
            default_factory=dict,
            max_length=EDIT_LIMIT,
            description="Keys to set.",
            json_schema_extra={"propertyNames": _KEY_SCHEMA},
        ),
    ]
    remove_metadata: Annotated[
        _Keys,
        Field(
            validation_alias=AliasChoices("remove_metadata", "removeMetadata"),
            description="Keys to remove, including those read from a sidecar.",
        ),
    ] = ()
    add_tags: Annotated[_Tags, Field(validation_alias=AliasChoices("add_tags", "addTags"))] = ()
    remove_tags: Annotated[_Tags, Field(validation_alias=AliasChoices("remove_tags", "removeTags"))] = ()
    add_projects: Annotated[
        _Projects,
        Field(
            validation_alias=AliasChoices("add_projects", "addProjects"),
            description="Projects to add to; created if they do not exist.",
        ),
    ] = ()
    remove_projects: Annotated[
        _Projects, Field(validation_alias=AliasChoices("remove_projects", "removeProjects"))
    ] = ()

    def as_edit(self) -> Edit:
        """The change as a noun of the library."""
        return Edit(**{name: getattr(self, name) for name in AssetChange.model_fields})


class AssetUpdate(AssetChange):
    """The change of one of several assets."""

    asset: Annotated[
        str,
        Field(max_length=64, validation_alias=AliasChoices("asset", "imageId"), description="Id of the asset."),
    ]


class Selected(Body):
    """Assets: those that match a query, or those with these ids."""

    query: Annotated[
        str | None, Field(max_length=8192, description='Query in the search language; "" matches everything.')
    ] = None
    assets: Annotated[
        tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=MAX_IDS, description="Ids of assets.")
    ] = ()

    def as_restoration(self) -> BulkEdit:
        """The restoration of these assets."""
        return BulkEdit.restoring(query=self.query, assets=self.assets)

    def as_trashing(self) -> BulkEdit:
        """The removal of these assets to the trash."""
        return BulkEdit.trashing(query=self.query, assets=self.assets)


class Reprocessing(Selected):
    """A stage of processing to run again, and for which assets."""

    stage: Annotated[str, Field(max_length=100, description=_STAGES)]
    failed: Annotated[bool, Field(description="Of `function:NAME`: only where its last call failed.")] = False


class BulkChange(AssetChange, Selected):
    """One change of all selected assets, or in `updates` a change of its own for each asset."""

    updates: Annotated[tuple[AssetUpdate, ...], Field(max_length=MAX_UPDATES)] = ()

    def as_bulk_edit(self) -> BulkEdit:
        """The change as a noun of the library. Raises UsageError for both forms at once."""
        edit = self.as_edit()
        if not self.updates:
            return BulkEdit.of(edit, query=self.query, assets=self.assets)
        if self.query is not None or self.assets or not edit.is_empty:
            raise UsageError(
                "A bulk edit with `updates` selects no other assets.", "Send either `updates` or one change of all."
            )
        return BulkEdit(parts=tuple(EditPart(assets=(one.asset,), edit=one.as_edit()) for one in self.updates))
