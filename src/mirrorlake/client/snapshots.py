"""Snapshots over HTTP."""

from __future__ import annotations

from dataclasses import asdict

from mirrorlake.client.assets import read_original
from mirrorlake.client.connection import NounClient, segment
from mirrorlake.model.assets import Original
from mirrorlake.model.jobs import Job
from mirrorlake.model.pages import Page
from mirrorlake.model.snapshots import (
    GoneAsset,
    RestoreOptions,
    Snapshot,
    SnapshotAsset,
    SnapshotComparison,
    SnapshotOptions,
)
from mirrorlake.services.snapshot_contract import Snapshots


class SnapshotClient(NounClient, Snapshots):
    """Implements `Snapshots` over HTTP."""

    def page(
        self, *, limit: int = 100, project: str | None = None, asset: str | None = None, cursor: str | None = None
    ) -> Page[Snapshot]:
        """See `Snapshots.page`."""
        params = {"limit": limit, "project": project, "asset": asset, "cursor": cursor}
        return self.connection.page(Snapshot, "/snapshots", params)

    def get(self, name: str) -> Snapshot:
        """See `Snapshots.get`."""
        return self.connection.ask(Snapshot, "GET", f"/snapshots/{segment(name)}")

    def start(self, options: SnapshotOptions) -> Job:
        """See `Snapshots.start`."""
        return self.connection.ask(Job, "POST", "/snapshots", body=asdict(options))

    def start_restore(self, options: RestoreOptions) -> Job:
        """See `Snapshots.start_restore`."""
        body = asdict(options)
        name = body.pop("snapshot")
        return self.connection.ask(Job, "POST", f"/snapshots/{segment(name)}/restore", body=body)

    def compare(self, before: str, after: str, *, limit: int = 100) -> SnapshotComparison:
        """See `Snapshots.compare`."""
        params = {"with": after, "limit": limit}
        return self.connection.ask(SnapshotComparison, "GET", f"/snapshots/{segment(before)}/compare", params=params)

    def asset_page(
        self,
        name: str,
        *,
        limit: int = 100,
        named: str | None = None,
        class_name: str | None = None,
        cursor: str | None = None,
    ) -> Page[SnapshotAsset]:
        """See `Snapshots.asset_page`."""
        params = {"limit": limit, "named": named, "class_name": class_name, "cursor": cursor}
        return self.connection.page(SnapshotAsset, f"/snapshots/{segment(name)}/assets", params)

    def gone_page(self, name: str, *, limit: int = 100, cursor: str | None = None) -> Page[GoneAsset]:
        """See `Snapshots.gone_page`."""
        return self.connection.page(GoneAsset, f"/snapshots/{segment(name)}/gone", {"limit": limit, "cursor": cursor})

    def original(self, name: str, asset_id: str) -> Original:
        """See `Snapshots.original`."""
        address = f"/snapshots/{segment(name)}/assets/{segment(asset_id)}/original"
        return read_original(self.connection.send("GET", address, redirects=True))

    def set_note(self, name: str, note: str) -> Snapshot:
        """See `Snapshots.set_note`."""
        return self.connection.ask(Snapshot, "PATCH", f"/snapshots/{segment(name)}", body={"note": note})

    def delete(self, name: str, *, acknowledge: int) -> None:
        """See `Snapshots.delete`."""
        self.connection.send("DELETE", f"/snapshots/{segment(name)}", params={"acknowledge": acknowledge})
