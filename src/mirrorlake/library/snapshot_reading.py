"""Read single assets of snapshots, find those that are gone, and check that snapshots are as they were made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa
from blake3 import blake3

from mirrorlake.catalog import snapshots
from mirrorlake.catalog.projects import check_exists
from mirrorlake.core.errors import NotFound
from mirrorlake.library.snapshot_rows import as_assets, column_values, read_ids
from mirrorlake.library.snapshots import check_chunk, read_frozen
from mirrorlake.library.steps import StepCallback
from mirrorlake.model.objects import ObjectRef
from mirrorlake.model.snapshots import Gone, GoneAsset, Snapshot, SnapshotAsset, SnapshotPart
from mirrorlake.postgres.pool import Catalog

CHECKING = "Checking snapshots"
SEARCHED = 50  # chunks that one search reads at most: a second or two
AROUND = 200  # snapshots that may hold an asset, asked for at once


def list_assets(catalog: Catalog, name: str, *, limit: int, after: int) -> list[SnapshotAsset]:
    """The next assets of a snapshot by id. Raises NotFound and CatalogError."""
    project, _ = snapshots.parse_name(name)
    found: list[SnapshotAsset] = []
    for part in _following(snapshots.list_parts(catalog, name), after):
        rows = read_frozen(catalog, part)
        start = sum(number <= after for number in column_values(rows, "id"))
        found += [_asset(row) for row in as_assets(rows.slice(start, limit - len(found)), project).to_pylist()]
        if len(found) == limit:
            break
    return found


def search_assets(
    catalog: Catalog, name: str, *, limit: int, after: int, named: str = "", class_name: str | None = None
) -> tuple[list[SnapshotAsset], int | None]:
    """The next assets of a snapshot by id whose name or key contains `named`, with an annotation of a class.

    A class is named `CLASS` or `ONTOLOGY/CLASS`.

    Also the id after which a further search continues; None if nothing is left. One search reads SEARCHED chunks at
    most, and may find nothing although later ones do. Raises NotFound and CatalogError.
    """
    project, _ = snapshots.parse_name(name)
    found: list[SnapshotAsset] = []
    following = list(_following(snapshots.list_parts(catalog, name), after))
    for part in following[:SEARCHED]:
        rows = _rows_named(read_frozen(catalog, part), after, named.casefold(), class_name)
        for row in as_assets(rows, project).to_pylist():
            one = _asset(row)
            if class_name is None or any(_has_class(label, class_name) for label in one.annotations):
                found.append(one)
                if len(found) == limit:
                    return found, int(one.id)
    return found, following[SEARCHED - 1].last_asset if len(following) > SEARCHED else None


def _has_class(annotation: Mapping[str, object], name: str) -> bool:
    return name in (annotation["class"], f"{annotation['ontology']}/{annotation['class']}")


def _rows_named(rows: pa.Table, after: int, named: str, class_name: str | None) -> pa.Table:
    """The rows after an id that may match: whether a class is that of an annotation is decided of its values."""
    label = "" if class_name is None else orjson.dumps(class_name.rpartition("/")[2]).decode()[1:-1]
    columns = [column_values(rows, column) for column in ("id", "name", "key", "annotations")]
    places = [
        place
        for place, (number, name, key, annotations) in enumerate(zip(*columns, strict=True))
        if number > after and (named in name.casefold() or named in key.casefold()) and label in annotations
    ]
    return rows.take(pa.array(places, pa.int64()))


def find_asset(catalog: Catalog, name: str, asset_id: int) -> SnapshotAsset:
    """One asset of a snapshot as it was. Raises NotFound and CatalogError."""
    for one in list_assets(catalog, name, limit=1, after=asset_id - 1):
        if one.id == str(asset_id):
            return one
    raise NotFound(f"The snapshot {name} has no asset {asset_id}.")


def object_of(asset: SnapshotAsset) -> ObjectRef:
    """The object of an asset as it was frozen."""
    return ObjectRef(
        datasource=asset.datasource, key=asset.key, token=asset.token, version=asset.version, size=asset.size
    )


def list_with_asset(
    catalog: Catalog, asset_id: int, *, limit: int, project: str | None = None, before: int | None = None
) -> list[tuple[int, Snapshot]]:
    """The newest snapshots that hold an asset, with their places in the list. Raises NotFound and CatalogError.

    One chunk is in memory, and each is read once, whatever number of snapshots shares it.
    """
    if project is not None:
        check_exists(catalog, project)
    found: list[int] = []
    known: dict[bytes, bool] = {}
    while len(found) < limit:
        around = snapshots.parts_around(catalog, asset_id, rows=AROUND, project=project, before=before)
        for place, digest in around:
            if digest not in known:
                known[digest] = _holds(catalog, digest, asset_id)
            if known[digest]:
                found.append(place)
        if len(around) < AROUND:
            break
        before = around[-1][0]
    return snapshots.list_at(catalog, found[:limit])


def _holds(catalog: Catalog, digest: bytes, asset_id: int) -> bool:
    content = snapshots.find_content(catalog, digest)
    if content is None:  # its last snapshot was deleted meanwhile
        return False
    check_chunk(content, digest)
    return asset_id in read_ids(content)


def list_gone(catalog: Catalog, name: str, *, limit: int, after: int) -> list[GoneAsset]:
    """The next assets of a snapshot whose frozen content the library does not reach any more, by id.

    Raises NotFound and CatalogError.
    """
    found: list[GoneAsset] = []
    for part in _following(snapshots.list_parts(catalog, name), after):
        for one in gone_in(catalog, read_frozen(catalog, part)):
            if int(one.asset_id) > after:
                found.append(one)
                if len(found) == limit:
                    return found
    return found


def gone_in(catalog: Catalog, rows: pa.Table) -> Iterator[GoneAsset]:
    """The assets of these frozen rows whose content the library does not reach any more, by id."""
    columns = {each: column_values(rows, each) for each in ("id", "key", "uri", "token", "version", "digest")}
    reasons = snapshots.find_gone(catalog, columns["id"], columns["token"], columns["digest"])
    for number, key, uri, version, digest in zip(
        *(columns[each] for each in ("id", "key", "uri", "version", "digest")), strict=True
    ):
        if number in reasons:
            yield GoneAsset(
                asset_id=str(number),
                key=key,
                uri=uri,
                reason=Gone(reasons[number]),
                version=version,
                digest="" if digest is None else digest.hex(),
            )


def check_chunks(catalog: Catalog, step: StepCallback) -> tuple[str, ...]:
    """Compare the bytes of every chunk with its digest, each once; return the snapshots with a damaged one."""
    digests = snapshots.list_chunks(catalog)
    damaged: list[bytes] = []
    for done, digest in enumerate(digests, 1):
        content = snapshots.find_content(catalog, digest)
        if content is not None and blake3(content).digest() != digest:
            damaged.append(digest)
        step(CHECKING, done, len(digests))
    return tuple(snapshots.names_with_chunks(catalog, damaged))


def _following(parts: Sequence[SnapshotPart], after: int) -> Iterator[SnapshotPart]:
    return (part for part in parts if part.last_asset > after)


def _asset(row: Mapping[str, Any]) -> SnapshotAsset:
    return SnapshotAsset(
        **{name: row[name] for name in _PLAIN},
        tags=tuple(row["tags"]),
        metadata=orjson.loads(row["metadata"]),
        annotations=tuple(_annotation(one) for one in row["annotations"]),
    )


def _annotation(one: Mapping[str, Any]) -> dict[str, object]:
    sides = {side: one[side] for side in ("x", "y", "width", "height")}
    geometry = one["geometry"]
    return {
        "ontology": one["ontology"],
        "class": one["class"],
        "shape": one["shape"],
        "geometry": sides if one["shape"] == "box" else orjson.loads(geometry or "{}"),
        "attributes": orjson.loads(one["attributes"]),
    }


_PLAIN = (
    "id", "name", "key", "uri", "datasource", "kind", "media_type", "size", "width", "height", "token", "version",
    "digest", "split",
)  # fmt: skip
