"""Saved searches: queries with a name, shared with the workspace."""

from __future__ import annotations

from datetime import datetime

from mirrorlake.model.public import public_noun

MAX_NAME_CHARS = 100
MAX_SAVED = 1000  # in one workspace: a list that people still read


@public_noun
class SavedSearch:
    """A query with a name. Everybody in the workspace can open it."""

    id: int
    name: str
    query: str
    """In the search language, as it was written."""
    created_by: str
    created: datetime
    updated_by: str
    updated: datetime
