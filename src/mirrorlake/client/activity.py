"""Activity over HTTP."""

from __future__ import annotations

from mirrorlake.client.connection import NounClient
from mirrorlake.model.activity import Activity, Subject
from mirrorlake.model.pages import Page
from mirrorlake.services.contract import Activities


class ActivityClient(NounClient, Activities):
    """Implements `Activities` over HTTP."""

    def page(
        self, *, limit: int = 100, kind: Subject | None = None, subject: str | None = None, cursor: str | None = None
    ) -> Page[Activity]:
        """See `Activities.page`."""
        params = {"limit": limit, "kind": kind, "subject": subject, "cursor": cursor}
        return self.connection.page(Activity, "/activity", params)
