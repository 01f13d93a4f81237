"""Workspaces over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from mirrorlake.client.connection import NounClient, segment
from mirrorlake.model.workspaces import Limits, Workspace
from mirrorlake.services.contract import Workspaces


class WorkspaceClient(NounClient, Workspaces):
    """Implements `Workspaces` over HTTP."""

    def list(self) -> Sequence[Workspace]:
        """See `Workspaces.list`."""
        return self.connection.ask(tuple[Workspace, ...], "GET", "/workspaces")

    def get(self, name: str) -> Workspace:
        """See `Workspaces.get`."""
        return self.connection.ask(Workspace, "GET", f"/workspaces/{segment(name)}")

    def create(self, name: str, limits: Limits | None = None) -> Workspace:
        """See `Workspaces.create`."""
        body = {"name": name, "limits": _body(limits or Limits())}
        return self.connection.ask(Workspace, "POST", "/workspaces", body=body)

    def rename(self, name: str, new: str) -> Workspace:
        """See `Workspaces.rename`."""
        return self.change(name, new=new)

    def limit(self, name: str, limits: Limits) -> Workspace:
        """See `Workspaces.limit`."""
        return self.change(name, limits=limits)

    def change(self, name: str, *, new: str | None = None, limits: Limits | None = None) -> Workspace:
        """See `Workspaces.change`."""
        body = ({} if new is None else {"name": new}) | ({} if limits is None else {"limits": _body(limits)})
        if not body:
            return self.get(name)
        return self.connection.ask(Workspace, "PATCH", f"/workspaces/{segment(name)}", body=body)

    def delete(self, name: str, *, acknowledge: int) -> Workspace:
        """See `Workspaces.delete`."""
        path = f"/workspaces/{segment(name)}"
        return self.connection.ask(Workspace, "DELETE", path, params={"acknowledge": acknowledge})


def _body(limits: Limits) -> dict[str, int | None]:
    return {"assets": limits.assets, "bytes": limits.bytes}
