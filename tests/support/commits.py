"""Build batches like those of a pass, and commit them in runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from mirrorlake.catalog import assets, commit, datasources, edits, objects, runs
from mirrorlake.catalog.runs import Lease
from mirrorlake.model.assets import AssetState, Scalar
from mirrorlake.model.columns import CHANGES, PROCESSED
from mirrorlake.model.edits import Edit
from mirrorlake.model.objects import Requests
from mirrorlake.model.outcomes import Op, ResultKind
from mirrorlake.model.runs import Counts, OutcomeKind, RunState
from mirrorlake.model.sources import Access, Location, MirrorSettings, Provider
from mirrorlake.postgres.pool import Catalog

THEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def change(op: Op, key: str, **given: Any) -> dict[str, Any]:
    return {
        "op": int(op),
        "key": key,
        "size": 10,
        "token": f"token of {key}",
        "modified": THEN,
        "storage_class": "STANDARD",
        "metadata_differs": False,
        **given,
    }


def processed_row(
    key: str, *, op: Op = Op.NEW, result: ResultKind = ResultKind.PROCESSED, **given: Any
) -> dict[str, Any]:
    facts = {
        "media_type": "image/jpeg",
        "width": 640,
        "height": 480,
        "orientation": 1,
        "digest": key.encode().ljust(32, b".")[:32],
        "placeholder": b"hash",
        "kind": "image",
        "facts": '{"camera": "X100"}',
        "warnings": [],
    }
    return change(op, key) | (facts if result is ResultKind.PROCESSED else {}) | {"result": int(result)} | given


def with_sidecar(token: str, values: dict[str, Any] | None) -> dict[str, Any]:
    text = None if values is None else json.dumps(values)
    return {
        "metadata_key": "s.json",
        "metadata_token": token,
        "metadata_size": 5,
        "metadata_values": text,
        "metadata_document": text,
    }


def changes(*rows: dict[str, Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=CHANGES)


def processed_rows(*rows: dict[str, Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=PROCESSED)


def commit_rows(lease: Lease, *rows: dict[str, Any]) -> Counts:
    batch = processed_rows(*rows)
    return commit.commit_processed(lease, batch, batch.column("key"))


def missing(lease: Lease, gone: pa.Array) -> Counts:
    return commit.commit_missing(lease, gone, pa.array(["Its object is gone"] * len(gone), pa.string()))


def keys(*names: str) -> pa.Array:
    return pa.array(names, pa.string())


class Pass:
    """Starts one run after another, like passes."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.datasource = datasources.create(
            catalog,
            name=None,
            location=Location(provider=Provider.S3, container="photos", prefix="in/"),
            access=Access(),
            settings=MirrorSettings(),
        )
        self.lease = runs.begin(catalog, self.datasource.id, "mirror")

    def next(self) -> Lease:
        self.end()
        self.lease = runs.begin(self.catalog, self.datasource.id, "mirror")
        return self.lease

    def end(self) -> None:
        runs.finish(self.lease, state=RunState.SUCCEEDED, counts=Counts(), requests=Requests(), bytes_read=0)

    def known(self) -> dict[str, dict[str, Any]]:
        with objects.open_known(self.catalog, self.datasource.id) as known:
            return {
                row["key"]: row | _metadata(row["companions"]) for batch in known.rows() for row in batch.to_pylist()
            }

    def outcomes(self) -> dict[str, tuple[OutcomeKind, str | None]]:
        found = runs.outcomes(self.catalog, self.lease.run_id, limit=10_000)
        return {outcome.key: (outcome.kind, outcome.reason) for outcome in found}

    def ids(self) -> dict[str, str]:
        with self.catalog.read() as connection:
            return {key: str(identity) for identity, key in connection.execute("SELECT id, key FROM asset").fetchall()}

    def edit(self, key: str, name: str, value: Scalar) -> None:
        edits.apply(self.catalog, [self.ids()[key]], Edit(metadata={name: value}))

    def state(self, key: str) -> AssetState:
        return assets.get_asset_detail(self.catalog, self.ids()[key]).asset.state


def _metadata(companions: str | None) -> dict[str, str | None]:
    """The token of the metadata file in a fingerprint that has no other companion."""
    return {"metadata_token": None if companions is None else companions.partition(":")[2]}
