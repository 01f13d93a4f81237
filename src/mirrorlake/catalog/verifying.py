"""Catalog rows of objects for a verification: a sample, or all of them in key order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mirrorlake.catalog.statements import statement
from mirrorlake.model.objects import KnownState
from mirrorlake.postgres.pool import Catalog

ROWS = 1024  # objects per batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """One object in the catalog, and what is stored of its asset."""

    key: str
    token: str
    size: int
    state: KnownState
    asset_id: str | None
    thumbnail: bytes | None  # the digest that names the thumbnail of its asset; None: it has none
    content: bytes | None  # the digest of the bytes that were read with this token and size; None: unknown


def count_known(catalog: Catalog, datasource_id: int) -> int:
    """The number of objects of a datasource in the catalog."""
    with catalog.read() as connection:
        row = connection.execute(statement("count_known").query, {"datasource_id": datasource_id}).fetchone()
    return int(row[0]) if row else 0


def read_objects(catalog: Catalog, datasource_id: int, *, rows: int = ROWS) -> Iterator[list[Remembered]]:
    """All objects in byte order of their keys. No transaction stays open between two batches."""
    after = ""
    while True:
        found = _rows(catalog, "objects_to_verify", {"datasource_id": datasource_id, "after": after, "limit": rows})
        if not found:
            return
        yield found
        after = found[-1].key


def sample_objects(catalog: Catalog, datasource_id: int, count: int, *, rows: int = ROWS) -> Iterator[list[Remembered]]:
    """`count` objects chosen at random, or all if there are fewer."""
    found = _rows(catalog, "sample_to_verify", {"datasource_id": datasource_id, "limit": count})
    for start in range(0, len(found), rows):
        yield found[start : start + rows]


def reread_objects(catalog: Catalog, datasource_id: int, keys: list[str]) -> dict[str, Remembered]:
    """The current rows of these keys."""
    if not keys:
        return {}
    return {one.key: one for one in _rows(catalog, "keys_to_verify", {"datasource_id": datasource_id, "keys": keys})}


def _rows(catalog: Catalog, name: str, values: dict[str, object]) -> list[Remembered]:
    with catalog.read() as connection:
        rows = connection.execute(statement(name).query, values).fetchall()
    return [
        Remembered(
            key=key,
            token=token,
            size=size,
            state=KnownState(state),
            asset_id=None if asset is None else str(asset),
            thumbnail=None if drawn is None else bytes(drawn),
            content=bytes(digest) if digest is not None and current else None,
        )
        for key, token, size, state, asset, digest, drawn, current in rows
    ]
