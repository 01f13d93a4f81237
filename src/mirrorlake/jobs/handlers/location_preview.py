"""Preview a location before a datasource exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from mirrorlake.catalog import connections
from mirrorlake.jobs.handler import SOON, Handler, JobContext
from mirrorlake.jobs.scratch import scratch_folder
from mirrorlake.mirror.location_preview import PreviewContext, preview_location
from mirrorlake.model.jobs import Job, JobKind, JobState
from mirrorlake.model.location_previews import LocationSummary
from mirrorlake.model.sources import Datasource
from mirrorlake.plan.backoff import RetryPolicy
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.prestart import cores
from mirrorlake.select.settings import settings_to_json, stored_settings
from mirrorlake.storage.address import stored_location
from mirrorlake.storage.providers.registry import provider_of

KEPT_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationArgs:
    """A location, how it is accessed, and what would be selected. Contains names of credentials, never a secret."""

    uri: str
    connection_id: int | None = None
    access: Mapping[str, Any] = field(default_factory=dict[str, Any])
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def of(cls, source: Datasource) -> LocationArgs:
        """The location of a datasource that is not stored."""
        return cls(
            uri=source.location.uri,
            connection_id=source.connection_id,
            access=source.access.stored(),
            settings=settings_to_json(source.settings),
        )

    def source(self, catalog: Catalog) -> Datasource:
        """The datasource that is not stored. Raises NotFound if its connection was deleted."""
        location = stored_location(self.uri)
        number = self.connection_id
        return Datasource(
            id=0,
            name=self.uri,
            location=location,
            access=provider_of(location.provider).read_access(dict(self.access)),
            settings=stored_settings(dict(self.settings)),
            connection=None if number is None else connections.by_id(catalog, number).connection.name,
            connection_id=number,
        )


def preview(_job: Job, args: LocationArgs, context: JobContext) -> LocationSummary:
    """List a location, and report what it holds as it goes. Stores nothing else."""
    source = args.source(context.catalog)

    def report(summary: LocationSummary) -> None:
        context.reporter.found(summary.listed, msgspec.to_builtins(summary))
        context.item(summary)

    with scratch_folder(context.settings.home) as workdir:
        prepared = PreviewContext(
            catalog=context.catalog,
            workdir=workdir,
            processes=context.processes or cores(),
            check=context.lease.check,
            report=report,
        )
        return preview_location(source, prepared, context.store_of(source))


def _state_of(summary: LocationSummary) -> tuple[JobState, str | None]:
    return (JobState.SUCCEEDED if summary.error is None else JobState.FAILED), summary.error


LOCATION_PREVIEW = Handler(
    kind=JobKind.LOCATION_PREVIEW,
    args=LocationArgs,
    result=LocationSummary,
    run=preview,
    policy=RetryPolicy(after_failure=False),  # a user waits: errors are shown at once
    priority=SOON,
    quick=True,
    kept_days=KEPT_DAYS,
    state_of=_state_of,
)
