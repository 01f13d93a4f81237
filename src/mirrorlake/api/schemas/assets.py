"""Bodies of requests about assets."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasChoices, Field

from mirrorlake.api.schemas import Body
from mirrorlake.model.assets import Scalar
from mirrorlake.model.edits import Edit

EDIT_LIMIT = 1000  # keys or tags that one request may name
_Words = Annotated[tuple[str, ...], Field(max_length=EDIT_LIMIT)]


class AssetChange(Body):
    """A change of an asset, applied as a whole or not at all. Keys and tags that it does not name are kept."""

    metadata: Annotated[
        dict[str, Scalar], Field(default_factory=dict, max_length=EDIT_LIMIT, description="Keys to set.")
    ]
    remove_metadata: Annotated[
        _Words,
        Field(
            validation_alias=AliasChoices("remove_metadata", "removeMetadata"),
            description="Keys to remove, including those read from a sidecar.",
        ),
    ] = ()
    add_tags: Annotated[_Words, Field(validation_alias=AliasChoices("add_tags", "addTags"))] = ()
    remove_tags: Annotated[_Words, Field(validation_alias=AliasChoices("remove_tags", "removeTags"))] = ()

    def as_edit(self) -> Edit:
        """The change as a noun of the library."""
        return Edit(**{name: getattr(self, name) for name in type(self).model_fields})
