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
    """One object in the catalog, with the digest that names its asset's thumbnail."""

    key: str
    token: str
    size: int
    state: KnownState
    asset_id: str | None
    digest: bytes | None


def count_known(catalog: Catalog, datasource_id: int) -> int:
    """The number of objects of a datasource in the catalog."""
    with catalog.read() as connection:
        row = connection.execute(statement("count_known").query, {"datasource_id": datasource_id}).fetchone()
    return int(row[0]) if row else 0


def read_objects(catalog: Catalog, datasource_id: int) -> Iterator[list[Remembered]]:
    """All objects in byte order of their keys. No transaction stays open between two batches."""
    after = ""
    while True:
        rows = _rows(catalog, "objects_to_verify", {"datasource_id": datasource_id, "after": after, "limit": ROWS})
        if not rows:
            return
        yield rows
        after = rows[-1].key


def sample_objects(catalog: Catalog, datasource_id: int, count: int) -> Iterator[list[Remembered]]:
    """`count` objects chosen at random, or all if there are fewer."""
    rows = _rows(catalog, "sample_to_verify", {"datasource_id": datasource_id, "limit": count})
    for start in range(0, len(rows), ROWS):
        yield rows[start : start + ROWS]


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
            digest=None if digest is None else bytes(digest),
        )
        for key, token, size, state, asset, digest in rows
    ]
