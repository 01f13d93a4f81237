"""Activity over HTTP."""

from __future__ import annotations

from mirrorlake.client.connection import NounClient
from mirrorlake.model.activity import Activity, ActivityFilter
from mirrorlake.model.pages import Page
from mirrorlake.services.contract import EVERY_ACTIVITY, Activities


class ActivityClient(NounClient, Activities):
    """Implements `Activities` over HTTP."""

    def page(
        self, chosen: ActivityFilter = EVERY_ACTIVITY, *, limit: int = 100, cursor: str | None = None
    ) -> Page[Activity]:
        """See `Activities.page`."""
        params = {
            "limit": limit,
            "kind": chosen.kind,
            "subject": chosen.subject,
            "actor": chosen.actor,
            "action": chosen.action,
            "refused": None if chosen.refused is None else str(chosen.refused).lower(),
            "since": None if chosen.since is None else chosen.since.isoformat(),
            "until": None if chosen.until is None else chosen.until.isoformat(),
            "cursor": cursor,
        }
        return self.connection.page(Activity, "/activity", params)
