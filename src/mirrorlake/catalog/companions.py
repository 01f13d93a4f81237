"""Commit companions: stage them one per row, apply them to their assets, and store them.

In memory each role has its own columns. Here each companion is a row, so statements do not depend on the roles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

import orjson
import pyarrow as pa

from mirrorlake.catalog.staging import Staging
from mirrorlake.model.assets import Scalar
from mirrorlake.model.companions import METADATA, ROLES
from mirrorlake.model.metadata import Metadata, MetadataStrategy
from mirrorlake.plan.merge import STRATEGIES, ExistingMetadata

# Applies the staged companions of one role in the transaction of their batch. The strategies are those of the
# datasource's configs, in their order.
Applier = Callable[[Staging, Sequence[MetadataStrategy]], None]


def merge_metadata(staging: Staging, strategies: Sequence[MetadataStrategy]) -> None:
    """Merge changed metadata files into the metadata of existing assets, for the statements that update them."""
    rows = staging.fetch("lock_for_merge", staging.datasource_id)
    if rows.num_rows == 0:
        return
    ids: list[int] = []
    merged: list[Metadata] = []
    for asset_id, values, sources, merged_at, edited, config, content in zip(
        *(cast("list[Any]", column.to_pylist()) for column in rows.columns), strict=True
    ):
        merge = STRATEGIES[strategies[config or 0]]
        before = existing_metadata(values, sources, merged_at, edited=edited)
        ids.append(asset_id)
        merged.append(merge(before, None if content is None else orjson.loads(content)))
    copy_merged(staging, ids, merged)


# By the name of the role. A companion of any other role is only stored with its asset.
APPLIERS: Mapping[str, Applier] = MappingProxyType({METADATA.name: merge_metadata})


def apply_companions(staging: Staging, strategies: Sequence[MetadataStrategy]) -> None:
    """Store the staged companions with their assets and apply them."""
    for role in ROLES:
        if role.name in APPLIERS:
            APPLIERS[role.name](staging, strategies)
    staging.run("drop_companions", "store_companions")


def existing_metadata(values: str, sources: str, merged_at: str | None, *, edited: bool) -> ExistingMetadata:
    """The current metadata, from the columns of an asset as JSON texts."""
    return ExistingMetadata(
        metadata=Metadata(values=cast("Mapping[str, Scalar]", orjson.loads(values)), provenance=_entries(sources)),
        merged_at=merged_at,
        edited=edited,
    )


def copy_merged(staging: Staging, ids: list[int], merged: list[Metadata]) -> None:
    """Copy merged metadata to the table that the statements of this transaction read."""
    staging.copy(
        "merged",
        pa.record_batch(
            {
                "asset_id": pa.array(ids, pa.int64()),
                "metadata": _texts(each.values for each in merged),
                "provenance": _texts(each.provenance for each in merged),
            }
        ),
        by="asset_id",
    )


def _entries(text: str) -> dict[str, tuple[str, ...]]:
    found = cast("dict[str, list[str]]", orjson.loads(text))
    return {key: tuple(entry) for key, entry in found.items()}


def _texts(documents: Iterable[object]) -> pa.Array[Any]:
    return pa.array([orjson.dumps(document).decode() for document in documents], pa.string())
