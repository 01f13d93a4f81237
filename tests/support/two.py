"""Two datasources over one bucket, and their assets."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.passes import Mirrored

from mirrorlake.catalog import runs
from mirrorlake.mirror.report import Report
from mirrorlake.model.assets import Asset
from mirrorlake.model.runs import OutcomeKind
from mirrorlake.model.sources import Location, Provider
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search import run as search
from mirrorlake.storage.providers.memory.store import MemoryStore

KEYS = [f"a/{number}.png" for number in range(6)]


def bucket_at(prefix: str = "") -> Location:
    return Location(provider=Provider.S3, container="photos", prefix=prefix)


class Two:
    """An older and a younger datasource over one bucket; the younger sees only the folder a/."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self.catalog = catalog
        self.folder = folder
        self.store = MemoryStore()
        self.older = Mirrored(catalog, folder, self.store, location=bucket_at())
        self.younger = Mirrored(catalog, folder, self.store, location=bucket_at("a/"))

    @property
    def names(self) -> tuple[str, str]:
        return self.older.source.name, self.younger.source.name

    def in_order(self, *, younger_first: bool) -> tuple[Mirrored, Mirrored]:
        return (self.younger, self.older) if younger_first else (self.older, self.younger)

    def all(self) -> dict[str, Asset]:
        """Every asset, by key. A key has one."""
        found = list(search.stream(self.catalog, "state:any"))
        by_key = {asset.key: asset for asset in found}
        assert len(by_key) == len(found)
        return by_key

    def sidecar(self, stem: str, **values: object) -> None:
        self.store.put(f"{stem}.json", json.dumps(values).encode())


def planned_nothing(report: Report) -> bool:
    return report.counts.unchanged == report.counts.selected and report.requests.get == 0


def outcome(mirrored: Mirrored, report: Report, key: str) -> tuple[OutcomeKind, str | None]:
    assert report.run is not None
    found = {one.key: (one.kind, one.reason) for one in runs.outcomes(mirrored.catalog, report.run, limit=100)}
    return found[key]
