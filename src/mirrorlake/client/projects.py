"""Projects over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from mirrorlake.client.connection import NounClient, segment
from mirrorlake.model.acts import MembersChanged, Project
from mirrorlake.services.contract import Projects

MEMBERS = 1000  # assets per request


class ProjectClient(NounClient, Projects):
    """Implements `Projects` over HTTP."""

    def list(self) -> Sequence[Project]:
        """See `Projects.list`."""
        return self.connection.ask(tuple[Project, ...], "GET", "/projects")

    def add(self, name: str, asset_ids: Sequence[str]) -> int:
        """See `Projects.add`."""
        return self._change(name, "add", asset_ids)

    def remove(self, name: str, asset_ids: Sequence[str]) -> int:
        """See `Projects.remove`."""
        return self._change(name, "remove", asset_ids)

    def _change(self, name: str, verb: str, asset_ids: Sequence[str]) -> int:
        path = f"/projects/{segment(name)}/{verb}"
        parts = (asset_ids[start : start + MEMBERS] for start in range(0, len(asset_ids), MEMBERS))
        return sum(
            self.connection.ask(MembersChanged, "POST", path, body={"assets": list(part)}).changed for part in parts
        )
