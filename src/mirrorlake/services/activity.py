"""Use cases of activity: show who changed what, and record who was refused what."""

from __future__ import annotations

from mirrorlake.catalog.activity import list_activity, record_alone
from mirrorlake.core.cursors import read_cursor, write_cursor
from mirrorlake.core.errors import UsageError
from mirrorlake.model.access import Permission
from mirrorlake.model.activity import Action, Activity, ActivityFilter, Subject
from mirrorlake.model.pages import Page, page_of
from mirrorlake.services.base import Service, requires
from mirrorlake.services.contract import EVERY_ACTIVITY, Activities

ACTIVITY = "activity"  # the name of the list in its cursors


class ActivityService(Service, Activities):
    """Implements `Activities` over the catalog."""

    @requires(Permission.ACTIVITY_READ)
    def page(
        self, chosen: ActivityFilter = EVERY_ACTIVITY, *, limit: int = 100, cursor: str | None = None
    ) -> Page[Activity]:
        """See `Activities.page`."""
        if chosen.subject is not None and chosen.kind is None:
            raise UsageError(
                "A subject needs its kind: an asset and a project may have the same name.",
                "Name the kind too: asset, project or datasource.",
            )
        if chosen.refused:
            self.caller.require(Permission.AUDIT_READ)
        before = None if cursor is None else read_cursor(cursor, ACTIVITY, int)
        audit = Permission.AUDIT_READ in self.caller.permissions
        catalog, workspace = self.resources.catalog, self.caller.workspace
        found = list_activity(catalog, workspace, chosen, limit=limit, before=before, audit=audit)
        return page_of(found, write_cursor(ACTIVITY, found[-1].id) if len(found) == limit else None)

    def record_refusal(self, permission: str, *, method: str, path: str, more: int) -> None:
        """Record that the caller was refused a request, and `more` like it that were not recorded."""
        details = {"method": method, "path": path} | ({"more": more} if more else {})
        catalog = self.resources.catalog
        record_alone(
            catalog, self.caller, Action.REQUEST, Subject.PERMISSION, permission, details=details, refused=True
        )
