"""Bodies of requests about projects."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from mirrorlake.api.schemas import VISIBLE, Body, whole
from mirrorlake.catalog.projects import NAME_LIMIT
from mirrorlake.model.projects import DESCRIPTION_LIMIT
from mirrorlake.model.splits import (
    ASSIGNED_LIMIT,
    BY_ASSET,
    SEED_LIMIT,
    Split,
    SplitAssignment,
    SplitOptions,
    SplitSettings,
)

_Name = Annotated[str, Field(min_length=1, max_length=NAME_LIMIT, pattern=VISIBLE)]
_Description = Annotated[str, Field(max_length=DESCRIPTION_LIMIT, pattern=r"^[^\x00]*$")]
_Percent = Annotated[
    int,
    Field(ge=0, le=100, strict=True, description="Percentage of groups. The three sum to 100."),
    BeforeValidator(whole),
]
_AssetId = Annotated[str, Field(max_length=64)]


class Members(Body):
    """The assets to add or remove."""

    assets: Annotated[tuple[_AssetId, ...], Field(min_length=1, max_length=1000)]


class ProjectBody(Body):
    """A new project."""

    name: _Name
    description: _Description = ""


class ProjectChange(Body):
    """What to change of a project; the rest stays."""

    name: _Name | None = None
    description: _Description | None = None


class SplitSettingsBody(Body):
    """How to divide the assets."""

    train: _Percent
    valid: _Percent
    test: _Percent
    by: Annotated[
        str, Field(max_length=200, description="What makes a group: asset, content, folder or metadata.KEY.")
    ] = BY_ASSET
    seed: Annotated[
        int,
        Field(ge=0, le=SEED_LIMIT, strict=True, description="Another seed divides differently."),
        BeforeValidator(whole),
    ] = 0


class SplitBody(Body):
    """Divide a project."""

    settings: Annotated[SplitSettingsBody | None, Field(description="Those of the project if omitted.")] = None
    dry_run: Annotated[bool, Field(strict=True, description="Only count.")] = False

    def as_options(self, project: str) -> SplitOptions:
        """The options as a noun of the library."""
        settings = None if self.settings is None else SplitSettings(**self.settings.model_dump())
        return SplitOptions(project=project, settings=settings, dry_run=self.dry_run)


class AssignBody(Body):
    """Choose the split of assets, by their ids or by a query."""

    split: Annotated[Split | None, Field(description="Null: no split.")]
    automatic: Annotated[bool, Field(strict=True, description="Let the settings of the project decide again.")] = False
    assets: Annotated[tuple[_AssetId, ...], Field(max_length=ASSIGNED_LIMIT)] = ()
    query: Annotated[str | None, Field(max_length=8192, description="Query in the search language.")] = None
    skip_others: Annotated[
        bool, Field(strict=True, description="Skip ids of assets that are not in the project, in place of an error.")
    ] = False

    def as_assignment(self, project: str) -> SplitAssignment:
        """The assignment as a noun of the library."""
        return SplitAssignment(project=project, **{name: getattr(self, name) for name in AssignBody.model_fields})
