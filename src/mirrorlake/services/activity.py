"""Use cases of activity: show who changed what."""

from __future__ import annotations

from mirrorlake.catalog.activity import list_activity
from mirrorlake.core.cursors import read_cursor, write_cursor
from mirrorlake.core.errors import UsageError
from mirrorlake.model.access import Permission
from mirrorlake.model.activity import Activity, Subject
from mirrorlake.model.pages import Page, page_of
from mirrorlake.services.base import Service, requires
from mirrorlake.services.contract import Activities

ACTIVITY = "activity"  # the name of the list in its cursors


class ActivityService(Service, Activities):
    """Implements `Activities` over the catalog."""

    @requires(Permission.ACTIVITY_READ)
    def page(
        self, *, limit: int = 100, kind: Subject | None = None, subject: str | None = None, cursor: str | None = None
    ) -> Page[Activity]:
        """See `Activities.page`."""
        if subject is not None and kind is None:
            raise UsageError(
                "A subject needs its kind: an asset and a project may have the same name.",
                "Name the kind too: asset, project or datasource.",
            )
        before = None if cursor is None else read_cursor(cursor, ACTIVITY, int)
        found = list_activity(
            self.resources.catalog, self.caller.workspace, limit=limit, kind=kind, subject=subject, before=before
        )
        return page_of(found, write_cursor(ACTIVITY, found[-1].id) if len(found) == limit else None)
