"""Bodies of requests about assets."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasChoices, Field, WithJsonSchema
from pydantic.config import JsonDict

from mirrorlake.api.schemas import VISIBLE, Body
from mirrorlake.model.assets import Scalar
from mirrorlake.model.edits import Edit
from mirrorlake.select.edits import MAX_TAG_CHARS, MAX_VALUE_CHARS
from mirrorlake.select.metadata import KEY, MAX_KEY_CHARS

EDIT_LIMIT = 1000  # keys or tags that one request may name
# The rules of `select.edits`, which checks them with better messages than a schema can give.
_KEY_SCHEMA: JsonDict = {"type": "string", "pattern": f"^{KEY.pattern}$", "maxLength": MAX_KEY_CHARS}
_TAG_SCHEMA = {"type": "string", "pattern": VISIBLE, "minLength": 1, "maxLength": MAX_TAG_CHARS}
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

    def as_edit(self) -> Edit:
        """The change as a noun of the library."""
        return Edit(**{name: getattr(self, name) for name in type(self).model_fields})
