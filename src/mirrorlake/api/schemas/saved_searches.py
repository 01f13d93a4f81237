"""Bodies of requests about saved searches."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mirrorlake.api.schemas import VISIBLE, Body
from mirrorlake.model.saved_searches import MAX_NAME_CHARS

_Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS, json_schema_extra={"pattern": VISIBLE})]
_Query = Annotated[str, Field(max_length=8192, description='Query in the search language; "" matches everything.')]


class NewSavedSearch(Body):
    """A query to save."""

    name: _Name
    query: _Query


class SavedSearchChange(Body):
    """What changes of a saved search; what is not named is kept."""

    name: _Name | None = None
    query: _Query | None = None
