"""Bodies of requests about workspaces."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from mirrorlake.api.schemas import NUMBER_LIMIT, VISIBLE, Body, whole
from mirrorlake.catalog.workspaces import NAME_LIMIT
from mirrorlake.model.workspaces import Limits

_Name = Annotated[str, Field(min_length=1, max_length=NAME_LIMIT, pattern=VISIBLE, description="Without slashes.")]
_Number = Annotated[int, Field(ge=0, le=NUMBER_LIMIT, strict=True), BeforeValidator(whole)] | None


class LimitsBody(Body):
    """The limits of a workspace; null: no limit."""

    assets: _Number = None
    bytes: _Number = None

    def as_limits(self) -> Limits:
        """The noun."""
        return Limits(assets=self.assets, bytes=self.bytes)


class NewWorkspace(Body):
    """A workspace to create."""

    name: _Name
    limits: LimitsBody = LimitsBody()


class WorkspaceChange(Body):
    """What to change of a workspace. Limits are replaced as a whole."""

    name: _Name | None = None
    limits: LimitsBody | None = None
