"""Use cases of search indexes."""

from __future__ import annotations

from collections.abc import Sequence

from mirrorlake.catalog import jobs, search_indexes
from mirrorlake.model.access import Permission
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.search_indexes import SearchIndex
from mirrorlake.services.base import Service, requires
from mirrorlake.services.index_contract import SearchIndexes


class SearchIndexService(Service, SearchIndexes):
    """Implements `SearchIndexes` over the catalog."""

    @requires(Permission.ASSETS_READ)
    def list(self) -> Sequence[SearchIndex]:
        """See `SearchIndexes.list`."""
        return search_indexes.list_all(self.resources.catalog)

    @requires(Permission.LIBRARY_MAINTAIN)
    def maintain(self) -> Job:
        """See `SearchIndexes.maintain`."""
        from mirrorlake.jobs.execution import new_job  # noqa: PLC0415  loads the libraries that reach buckets
        from mirrorlake.jobs.handlers.search_indexes import IndexArgs  # noqa: PLC0415  as above

        job = new_job(JobKind.SEARCH_INDEXES, IndexArgs(), requested_by=self.caller.actor.name)
        return jobs.show_job(self.resources.catalog, jobs.request(self.resources.catalog, job))
