"""Bodies of requests about snapshots."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictBool

from mirrorlake.api.schemas import VISIBLE, Body
from mirrorlake.catalog.projects import NAME_LIMIT
from mirrorlake.model.snapshots import NOTE_LIMIT, RestoreOptions, SnapshotOptions

Note = Annotated[str, Field(max_length=NOTE_LIMIT, pattern=r"^[^\x00]*$", description="Note for people.")]


class SnapshotBody(Body):
    """What to freeze."""

    project: Annotated[str, Field(min_length=1, max_length=NAME_LIMIT, pattern=VISIBLE)]
    note: Note = ""

    def as_options(self) -> SnapshotOptions:
        """The options as a noun of the library."""
        return SnapshotOptions(project=self.project, note=self.note)


class NoteBody(Body):
    """The new note of a snapshot."""

    note: Note


class RestoreBody(Body):
    """What to restore besides the project's assets and splits."""

    metadata: Annotated[bool, Field(strict=True, description="The metadata that users had set.")] = False
    tags: StrictBool = False
    annotations: StrictBool = False
    dry_run: Annotated[bool, Field(strict=True, description="Only count what would change.")] = False

    def as_options(self, snapshot: str) -> RestoreOptions:
        """The options as a noun of the library."""
        return RestoreOptions(snapshot=snapshot, **self.model_dump())
