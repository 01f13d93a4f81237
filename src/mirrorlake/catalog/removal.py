"""Carry out and remember removals: the trash, what goes for good, and what waits for a person's consent.

As in `catalog.commit`, every function that takes the lease writes one batch in one transaction, answers the counts of
the outcomes it wrote, and raises LeaseLost where another pass has taken over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from psycopg.types.json import Jsonb

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.assets import no_asset, number_of
from mirrorlake.catalog.leases import lease_lost
from mirrorlake.catalog.runs import Lease
from mirrorlake.catalog.staging import Staging, staged
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import Conflict, NotFound
from mirrorlake.model.access import LIBRARY, Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.columns import KnownState
from mirrorlake.model.runs import Counts, Hold, RunState
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

HELD_ROWS = 4096  # keys read at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmable:
    """A held run whose removals may be carried out now."""

    run_id: int
    datasource_id: int
    count: int
    root: str | None  # of a folder, as that run saw it


def standing(catalog: Catalog, datasource_id: int, prefix: str) -> dict[str, int]:
    """How many objects with an asset stand in each folder right below `prefix`; '' counts those in none."""
    with catalog.read() as connection:
        rows = connection.execute(
            statement("standing_by_folder").query, {"datasource_id": datasource_id, "start": len(prefix) + 1}
        ).fetchall()
    return dict(rows)


def with_asset(catalog: Catalog, datasource_id: int, keys: list[str]) -> set[str]:
    """Those of these refused keys that have an asset of earlier content."""
    if not keys:
        return set()
    with catalog.read() as connection:
        rows = connection.execute(
            statement("refused_with_asset").query, {"datasource_id": datasource_id, "keys": keys}
        ).fetchall()
    return {key for (key,) in rows}


def count_spared(catalog: Catalog, datasource_id: int, keys: list[str]) -> int:
    """How many of these orphaned keys have an asset that stays in sight: another datasource shows or keeps it."""
    if not keys:
        return 0
    with catalog.read() as connection:
        row = connection.execute(
            statement("count_spared").query, {"datasource_id": datasource_id, "keys": keys}
        ).fetchone()
    return 0 if row is None else int(row[0])


@retry_on_contention
def trash(lease: Lease, keys: pa.Array[Any], causes: pa.Array[Any]) -> Counts:
    """Put the assets of orphaned keys into the trash, and tell the cause. Their return brings them back."""
    if len(keys) == 0:
        return Counts()
    with staged(lease, pa.record_batch({"key": keys, "reason": causes})) as staging:
        staging.run("find_vanished")
        _trash(staging)
        return staging.tell("tell_removed")


@retry_on_contention
def remove(lease: Lease, keys: pa.Array[Any], causes: pa.Array[Any]) -> Counts:
    """Remove the assets of orphaned keys for good, unless something else uses them.

    One that another datasource shows is only let go of; those in a project, or that another datasource remembers, go
    into the trash.
    """
    if len(keys) == 0:
        return Counts()
    with staged(lease, pa.record_batch({"key": keys, "reason": causes})) as staging:
        staging.run("find_vanished")
        staging.fetch("lock_vanished")
        staging.run("remove_objects", "remove_assets")
        _trash(staging)
        return staging.tell("tell_removed")


def _trash(staging: Staging) -> None:
    staging.lock_assets()
    staging.run("trash_objects")
    if staging.shared:
        staging.run("drop_moved")
    staging.run("trash_assets")
    staging.govern()


@retry_on_contention
def tell(lease: Lease, keys: pa.Array[Any], reason: pa.Array[Any]) -> Counts:
    """Tell of vanished keys about which nothing is done, and why."""
    if len(keys) == 0:
        return Counts()
    with staged(lease, pa.record_batch({"key": keys, "reason": reason})) as staging:
        staging.run("find_vanished")
        return staging.tell("tell_kept")


def any_waiting(catalog: Catalog, datasource_id: int) -> bool:
    """Whether removals of this datasource were held back and wait for a person still."""
    with catalog.read() as connection:
        row = connection.execute(statement("any_waiting").query, {"datasource_id": datasource_id}).fetchone()
    return row is not None and bool(row[0])


def waiting_keys(catalog: Catalog, datasource_id: int, keys: list[str]) -> list[str]:
    """Those of these keys whose removal waits for a person still."""
    with catalog.read() as connection:
        rows = connection.execute(
            statement("waiting_keys").query, {"datasource_id": datasource_id, "keys": keys}
        ).fetchall()
    return [key for (key,) in rows]


@retry_on_contention
def begin_hold(lease: Lease, hold: Hold, root: str | None) -> None:
    """Remember what this run holds back; the keys follow by `hold_back`."""
    with lease.catalog.write() as connection:
        connection.execute(
            statement("insert_hold").query,
            {
                "run_id": lease.run_id,
                "reason": hold.reason,
                "count": hold.count,
                "by_prefix": Jsonb(dict(hold.by_prefix)),
                "plan_hash": hold.plan_hash,
                "root": root,
            },
        )


@retry_on_contention
def hold_back(lease: Lease, keys: pa.Array[Any], reason: pa.Array[Any]) -> Counts:
    """Hold the removal of these keys until a person confirms it; told like everything that nothing is done about."""
    if len(keys) == 0:
        return Counts()
    with staged(lease, pa.record_batch({"key": keys, "reason": reason})) as staging:
        staging.run("find_vanished")
        return staging.tell("tell_held")


def confirmable(catalog: Catalog, *, run_id: int | None, plan_hash: str | None) -> Confirmable:
    """The newest held run of this plan. `run_id` may name any run that held it.

    Raises NotFound where nothing of that name is held, Conflict where it was confirmed or superseded.
    """
    with catalog.read() as connection:
        if run_id is None:
            rows = connection.execute(statement("holds_of_plan").query, {"plan_hash": plan_hash}).fetchall()
            if not rows:
                raise NotFound(f"No run holds the plan {plan_hash}.", "`mirrorlake runs list` shows held runs.")
            if len({datasource for _, datasource in rows}) > 1:
                raise Conflict(
                    "Several datasources hold the same list of keys.", "Name the run: mirrorlake runs confirm RUN"
                )
            run_id = int(rows[0][0])
        asked = connection.execute(statement("one_hold").query, {"run_id": run_id}).fetchone()
        if asked is None:
            raise NotFound(f"Run {run_id} holds nothing.", "`mirrorlake runs list` shows held runs.")
        datasource_id, state, _, held_hash, _, confirmed_by = asked
        if state == RunState.CANCELLED.value:
            raise Conflict(
                f"Run {run_id} was cancelled: what it held is dismissed.",
                "Run another pass: it finds anew what vanished.",
            )
        if plan_hash is not None and held_hash != plan_hash:
            raise Conflict(
                f"Run {run_id} holds another plan: {held_hash}.",
                f"Look at it again: mirrorlake runs show {run_id}",
            )
        if confirmed_by is not None:
            raise Conflict(
                f"What run {run_id} held was confirmed and carried out by run {confirmed_by}.",
                "Run the next pass to see how things stand.",
            )
        newest = connection.execute(statement("newest_judgement").query, {"datasource_id": datasource_id}).fetchone()
        if newest is None or newest[1] != RunState.HELD.value or newest[2] != held_hash:
            later = "" if newest is None else f" by run {newest[0]}"
            raise Conflict(
                f"What run {run_id} held is outdated: its datasource was mirrored again{later}.",
                "Confirm the newest held run of that datasource, if there is one: mirrorlake runs list",
            )
        row = connection.execute(statement("one_hold").query, {"run_id": newest[0]}).fetchone()
        stored = connection.execute(statement("count_held").query, {"run_id": newest[0]}).fetchone()
    if row is None or stored is None or stored[0] != row[2]:
        raise Conflict(
            f"The list of what run {newest[0]} held is not whole.", "Run another pass: it makes the list anew."
        )
    return Confirmable(run_id=newest[0], datasource_id=datasource_id, count=row[2], root=row[4])


def held_keys(catalog: Catalog, held: Confirmable) -> Iterator[tuple[list[str], list[KnownState]]]:
    """The held keys that are still known, some thousand at a time, in byte order, with what is remembered of each."""
    after = ""
    while True:
        with catalog.read() as connection:
            rows = connection.execute(
                statement("held_keys").query,
                {
                    "run_id": held.run_id,
                    "datasource_id": held.datasource_id,
                    "after": after,
                    "limit": HELD_ROWS,
                },
            ).fetchall()
        if not rows:
            return
        after = rows[-1][0]
        yield [key for key, _ in rows], [KnownState(state) for _, state in rows]


@retry_on_contention
def begin_confirm(lease: Lease, held: Confirmable) -> None:
    """The run of this lease sets about what was held; whatever comes of it, each of the two leads to the other."""
    with lease.catalog.write() as connection:
        connection.execute(statement("begin_confirm").query, {"run_id": lease.run_id, "held": held.run_id})


@retry_on_contention
def confirmed(lease: Lease, held: Confirmable) -> None:
    """The run of this lease carried out what was held."""
    with lease.catalog.write() as connection:
        connection.execute(statement("confirm_hold").query, {"run_id": held.run_id, "confirmed_by": lease.run_id})
        connection.execute(statement("end_hold").query, {"run_id": held.run_id})
        connection.execute(statement("drop_confirmed").query, {"run_id": held.run_id})


@retry_on_contention
def drop_superseded(catalog: Catalog, datasource_id: int, run_id: int, *, whole: bool) -> None:
    """Forget the keys that runs before this one held back: all, or where it did not see the whole, those it holds."""
    with catalog.write() as connection:
        connection.execute(
            statement("drop_superseded").query, {"datasource_id": datasource_id, "run_id": run_id, "whole": whole}
        )


def root_of(catalog: Catalog, datasource_id: int) -> str | None:
    """The root that removals of a folder rely on; None where no pass has seen one."""
    with catalog.read() as connection:
        row = connection.execute(statement("root_of").query, {"datasource_id": datasource_id}).fetchone()
    return row[0] if row else None


@retry_on_contention
def adopt_root(lease: Lease, root: str | None) -> None:
    """Believe in this root of a folder from now on. Raises LeaseLost."""
    values = {"datasource_id": lease.datasource_id, "lock": lease.lock, "holder": lease.holder, "root": root}
    with lease.catalog.write() as connection:
        if connection.execute(statement("adopt_root").query, values).rowcount == 0:
            raise lease_lost(lease)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished:
    """An object whose asset is in the trash because it vanished."""

    datasource_id: int
    key: str
    token: str
    size: int


def vanished_of(catalog: Catalog, asset_id: str) -> list[Vanished]:
    """The vanished objects of an asset."""
    with catalog.read() as connection:
        rows = connection.execute(statement("objects_of_asset").query, {"id": number_of(asset_id)}).fetchall()
    return [Vanished(datasource_id=source, key=key, token=token, size=size) for source, key, token, size in rows]


@retry_on_contention
def restore(
    catalog: Catalog,
    asset_id: str,
    *,
    back: list[Vanished],
    away: list[Vanished],
    stands: bool,
    by: Context = LIBRARY,
) -> None:
    """Take an asset out of the trash. Objects that are `back` count as before; for those `away` no pass asks again.

    `stands` says that an object stands though no pass takes it. Raises NotFound where there is no such asset,
    Conflict where it is not in the trash.
    """
    number = number_of(asset_id)
    with catalog.write() as connection:
        connection.execute(statement("hold_store_of_asset").query, {"id": number})
        row = connection.execute(statement("lock_asset").query, {"id": number}).fetchone()
        if row is None:
            raise no_asset(asset_id)
        if not row[0]:
            raise Conflict(f"Asset {asset_id} is not in the trash.", "`mirrorlake search state:trash` shows what is.")
        for objects, state in ((back, KnownState.PRESENT), (away, KnownState.KEPT)):
            for each in objects:
                connection.execute(
                    statement("restore_object").query,
                    {"id": number, "datasource_id": each.datasource_id, "key": each.key, "state": int(state)},
                )
        connection.execute(statement("restore_asset").query, {"id": number, "stands": stands})
        connection.execute(statement("govern_restored").query, {"id": number})
        record_activity(connection, by, Action.RESTORE, Subject.ASSET, [number])
