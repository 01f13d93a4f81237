"""Encrypted secrets of webhooks: one for each owner, an event receiver or a webhook."""

from __future__ import annotations

from mirrorlake.catalog.statements import statement
from mirrorlake.model.connections import Sealed
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog


@retry_on_contention
def store(catalog: Catalog, owner: str, sealed: Sealed) -> None:
    """Store the secret of an owner in place of an earlier one."""
    with catalog.write() as connection:
        values = {"owner": owner, "key": sealed.key, "data": sealed.data}
        connection.execute(statement("store_signing_secret").query, values)


@retry_on_contention
def drop(catalog: Catalog, owner: str) -> None:
    """Delete the secret of an owner, if there is one."""
    with catalog.write() as connection:
        connection.execute(statement("drop_signing_secret").query, {"owner": owner})


def find(catalog: Catalog, owner: str) -> Sealed | None:
    """The encrypted secret of an owner."""
    with catalog.read() as connection:
        row = connection.execute(statement("signing_secret").query, {"owner": owner}).fetchone()
    return None if row is None else Sealed(key=row[0], data=row[1])


def sealed_rows(catalog: Catalog) -> list[tuple[int, Sealed]]:
    """All encrypted secrets, by number."""
    with catalog.read() as connection:
        rows = connection.execute(statement("sealed_signing_secrets").query).fetchall()
    return [(number, Sealed(key=key, data=data)) for number, key, data in rows]


@retry_on_contention
def rewrap(catalog: Catalog, number: int, before: str, key: str) -> bool:
    """Replace the wrapped data key of a secret; False if it is no longer `before`."""
    values = {"id": number, "before": before, "key": key}
    with catalog.write() as connection:
        return connection.execute(statement("rewrap_signing_secret").query, values).rowcount == 1
