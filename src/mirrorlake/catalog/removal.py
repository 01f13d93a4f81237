"""Carry out and record removals: the trash, permanent removal, and removals held for confirmation.

As in `catalog.commit`, every function that takes the lease writes one batch in one transaction, returns the counts of
the outcomes it wrote, and raises LeaseLost if another pass has taken over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from psycopg.types.json import Jsonb

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.assets import asset_not_found, parse_asset_id
from mirrorlake.catalog.leases import lease_lost
from mirrorlake.catalog.runs import Lease
from mirrorlake.catalog.staging import Staging, staged
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import Conflict, NotFound
from mirrorlake.model.access import LIBRARY, Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.identity import Identity
from mirrorlake.model.objects import KnownState
from mirrorlake.model.runs import Counts, Hold, RunState
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

HELD_ROWS = 4096  # keys per read


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmable:
    """A held run whose removals can be confirmed now."""

    run_id: int
    datasource_id: int
    count: int
    identity: Identity | None  # of the source, as that run found it


def count_by_folder(catalog: Catalog, datasource_id: int, prefix: str) -> dict[str, int]:
    """How many objects with an asset are in each folder directly below `prefix`; '' counts those in none."""
    with catalog.read() as connection:
        rows = connection.execute(
            statement("count_by_folder").query, {"datasource_id": datasource_id, "start": len(prefix) + 1}
        ).fetchall()
    return dict(rows)


def count_removed_by_parts(catalog: Catalog, datasource_id: int, prefix: str) -> dict[str, int]:
    """How many objects partial passes removed since the last pass over everything, by folder as `count_by_folder`."""
    with catalog.read() as connection:
        rows = connection.execute(
            statement("count_removed_by_parts").query, {"datasource_id": datasource_id, "start": len(prefix) + 1}
        ).fetchall()
    return dict(rows)


def keys_with_asset(catalog: Catalog, datasource_id: int, keys: list[str]) -> set[str]:
    """Those of these undecodable keys that have an asset from earlier content."""
    if not keys:
        return set()
    with catalog.read() as connection:
        rows = connection.execute(
            statement("refused_with_asset").query, {"datasource_id": datasource_id, "keys": keys}
        ).fetchall()
    return {key for (key,) in rows}


def select_project_keys(catalog: Catalog, datasource_id: int, keys: list[str]) -> list[str]:
    """Those of these keys whose asset is in a project: their removal is refused."""
    if not keys:
        return []
    with catalog.read() as connection:
        rows = connection.execute(
            statement("keys_in_project").query, {"datasource_id": datasource_id, "keys": keys}
        ).fetchall()
    return [key for (key,) in rows]


def count_spared(catalog: Catalog, datasource_id: int, keys: list[str]) -> int:
    """How many of these orphaned keys have an asset that another datasource shows or keeps."""
    if not keys:
        return 0
    with catalog.read() as connection:
        row = connection.execute(
            statement("count_spared").query, {"datasource_id": datasource_id, "keys": keys}
        ).fetchone()
    return 0 if row is None else int(row[0])


@retry_on_contention
def trash(lease: Lease, keys: pa.Array[Any], causes: pa.Array[Any]) -> Counts:
    """Move the assets of orphaned keys to the trash and record the reason. They are restored if the objects return.

    An asset in a project is marked missing instead: it was added since the pass was planned.
    """
    if len(keys) == 0:
        return Counts()
    with staged(lease, pa.record_batch({"key": keys, "reason": causes})) as staging:
        staging.run("find_vanished")
        staging.fetch("lock_vanished")
        _trash(staging)
        return staging.record_outcomes("record_removals")


@retry_on_contention
def remove(lease: Lease, keys: pa.Array[Any], causes: pa.Array[Any]) -> Counts:
    """Permanently remove the assets of orphaned keys, unless something else uses them.

    An asset that another datasource shows is only detached. Assets known to another datasource, or that users
    labelled, tagged or edited, go to the trash. Assets in a project are marked missing.
    """
    if len(keys) == 0:
        return Counts()
    with staged(lease, pa.record_batch({"key": keys, "reason": causes})) as staging:
        staging.run("find_vanished")
        staging.fetch("lock_vanished")
        staging.run("remove_objects", "remove_assets")
        _trash(staging)
        return staging.record_outcomes("record_removals")


def _trash(staging: Staging) -> None:
    staging.lock_assets()
    staging.run("trash_objects")
    if staging.shared:
        staging.run("drop_moved")
    staging.run("trash_assets")
    staging.govern()


@retry_on_contention
def record_orphans(lease: Lease, keys: pa.Array[Any], reason: pa.Array[Any]) -> Counts:
    """Record vanished keys for which nothing is done, with the reason."""
    if len(keys) == 0:
        return Counts()
    with staged(lease, pa.record_batch({"key": keys, "reason": reason})) as staging:
        staging.run("find_vanished")
        return staging.record_outcomes("record_orphans")


def has_held_removals(catalog: Catalog, datasource_id: int) -> bool:
    """Whether removals of this datasource are held and still await confirmation."""
    with catalog.read() as connection:
        row = connection.execute(statement("has_held_removals").query, {"datasource_id": datasource_id}).fetchone()
    return row is not None and bool(row[0])


def select_held_keys(catalog: Catalog, datasource_id: int, keys: list[str]) -> list[str]:
    """Those of these keys whose removal still awaits confirmation."""
    with catalog.read() as connection:
        rows = connection.execute(
            statement("unconfirmed_keys").query, {"datasource_id": datasource_id, "keys": keys}
        ).fetchall()
    return [key for (key,) in rows]


@retry_on_contention
def begin_hold(lease: Lease, hold: Hold, identity: Identity | None) -> None:
    """Record the hold of this run; `hold_back` adds its keys."""
    with lease.catalog.write() as connection:
        connection.execute(
            statement("insert_hold").query,
            {
                "run_id": lease.run_id,
                "reason": hold.reason,
                "count": hold.count,
                "by_prefix": Jsonb(dict(hold.by_prefix)),
                "plan_hash": hold.plan_hash,
                "identity": _stored(identity),
            },
        )


@retry_on_contention
def complete_hold(lease: Lease, hold: Hold) -> None:
    """Store this in place of what `begin_hold` recorded."""
    with lease.catalog.write() as connection:
        connection.execute(
            statement("complete_hold").query,
            {
                "run_id": lease.run_id,
                "reason": hold.reason,
                "count": hold.count,
                "by_prefix": Jsonb(dict(hold.by_prefix)),
                "plan_hash": hold.plan_hash,
            },
        )


def keys_of_hold(lease: Lease) -> Iterator[list[str]]:
    """The keys that this run has held so far, in byte order, some thousand at a time."""
    after = ""
    while True:
        values = {"run_id": lease.run_id, "after": after, "limit": HELD_ROWS}
        with lease.catalog.read() as connection:
            rows = connection.execute(statement("hold_keys").query, values).fetchall()
        if not rows:
            return
        after = rows[-1][0]
        yield [key for (key,) in rows]


@retry_on_contention
def hold_back(lease: Lease, keys: pa.Array[Any], reason: pa.Array[Any]) -> Counts:
    """Hold the removal of these keys until it is confirmed, with an outcome for each."""
    if len(keys) == 0:
        return Counts()
    with staged(lease, pa.record_batch({"key": keys, "reason": reason})) as staging:
        staging.run("find_vanished")
        return staging.record_outcomes("record_held")


def find_confirmable(catalog: Catalog, *, run_id: int | None, plan_hash: str | None) -> Confirmable:
    """The newest held run of this plan. `run_id` may name any run that held it.

    Raises NotFound if nothing is held under that name, Conflict if it was confirmed or superseded.
    """
    with catalog.read() as connection:
        if run_id is None:
            rows = connection.execute(statement("holds_of_plan").query, {"plan_hash": plan_hash}).fetchall()
            if not rows:
                raise NotFound(
                    f"Plan {plan_hash} is not held by any run.",
                    "The page Runs and `mirrorlake runs list` show held runs.",
                )
            if len({datasource for _, datasource in rows}) > 1:
                raise Conflict(
                    "Several datasources hold the same list of keys.",
                    "Name the run: mirrorlake runs confirm RUN",
                )
            run_id = int(rows[0][0])
        asked = connection.execute(statement("one_hold").query, {"run_id": run_id}).fetchone()
        if asked is None:
            raise NotFound(
                f"Run {run_id} has no held removals.", "The page Runs and `mirrorlake runs list` show held runs."
            )
        datasource_id, state, _, held_hash, _, confirmed_by = asked
        if state == RunState.CANCELLED.value:
            raise Conflict(
                f"Run {run_id} was cancelled, and its held removals were dismissed.",
                "Start a new run: it detects the missing objects again.",
            )
        if plan_hash is not None and held_hash != plan_hash:
            raise Conflict(
                f"Run {run_id} holds another plan: {held_hash}.",
                f"Review it, on its page or with: mirrorlake runs show {run_id}",
            )
        if confirmed_by is not None:
            raise Conflict(
                f"The held removals of run {run_id} were already confirmed and carried out by run {confirmed_by}.",
                "Start a new run to see the current state.",
            )
        newest = connection.execute(statement("last_evaluation").query, {"datasource_id": datasource_id}).fetchone()
        if newest is None or newest[1] != RunState.HELD.value or newest[2] != held_hash:
            later = "" if newest is None else f" by run {newest[0]}"
            raise Conflict(
                f"The held removals of run {run_id} are outdated: its datasource was mirrored again{later}.",
                "Confirm its newest held run, if there is one: see the page Runs, or mirrorlake runs list",
            )
        row = connection.execute(statement("one_hold").query, {"run_id": newest[0]}).fetchone()
        stored = connection.execute(statement("count_held").query, {"run_id": newest[0]}).fetchone()
    if row is None or stored is None or stored[0] != row[2]:
        raise Conflict(
            f"The list of held removals for run {newest[0]} is incomplete.", "Start a new run to rebuild it."
        )
    return Confirmable(run_id=newest[0], datasource_id=datasource_id, count=row[2], identity=_identity(row[4]))


def held_keys(catalog: Catalog, held: Confirmable) -> Iterator[tuple[list[str], list[KnownState]]]:
    """The held keys that are still known, in byte order, some thousand at a time, with their catalog rows."""
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


def held_label_files(catalog: Catalog, held: Confirmable) -> Iterator[list[str]]:
    """The held keys that are those of known label files, in byte order, some thousand at a time."""
    after = ""
    while True:
        values = {"run_id": held.run_id, "datasource_id": held.datasource_id, "after": after, "limit": HELD_ROWS}
        with catalog.read() as connection:
            rows = connection.execute(statement("held_label_files").query, values).fetchall()
        if not rows:
            return
        after = rows[-1][0]
        yield [key for (key,) in rows]


@retry_on_contention
def begin_confirm(lease: Lease, held: Confirmable) -> None:
    """Link the run of this lease and the held run: the confirmation has started, whatever its result."""
    with lease.catalog.write() as connection:
        connection.execute(statement("begin_confirm").query, {"run_id": lease.run_id, "held": held.run_id})


@retry_on_contention
def finish_confirm(lease: Lease, held: Confirmable) -> None:
    """Record that the run of this lease carried out the held removals."""
    with lease.catalog.write() as connection:
        connection.execute(statement("confirm_hold").query, {"run_id": held.run_id, "confirmed_by": lease.run_id})
        connection.execute(statement("end_hold").query, {"run_id": held.run_id})
        connection.execute(statement("drop_confirmed").query, {"run_id": held.run_id})


def was_carried_out(lease: Lease, held_run: int) -> bool:
    """Whether the interrupted run that this one continues carried out these held removals, all but its own end."""
    with lease.catalog.read() as connection:
        row = connection.execute(statement("was_carried_out").query, {"job_id": lease.run_id, "run_id": held_run})
        return row.fetchone() is not None


@retry_on_contention
def drop_superseded(catalog: Catalog, datasource_id: int, run_id: int, *, whole: bool) -> None:
    """Drop the keys that earlier runs held: all of them, or after an incomplete listing only those held again."""
    with catalog.write() as connection:
        connection.execute(
            statement("drop_superseded").query, {"datasource_id": datasource_id, "run_id": run_id, "whole": whole}
        )


def get_identity(catalog: Catalog, datasource_id: int) -> Identity | None:
    """The identity of the source that removals rely on; None before the first pass, and if nothing is known."""
    with catalog.read() as connection:
        row = connection.execute(statement("get_identity").query, {"datasource_id": datasource_id}).fetchone()
    return _identity(row[0]) if row else None


@retry_on_contention
def adopt_identity(lease: Lease, identity: Identity | None) -> None:
    """Store the identity of the source as the trusted one. Raises LeaseLost."""
    values = {
        "datasource_id": lease.datasource_id,
        "lock": lease.lock,
        "holder": lease.holder,
        "identity": _stored(identity),
    }
    with lease.catalog.write() as connection:
        if connection.execute(statement("store_identity").query, values).rowcount == 0:
            raise lease_lost(lease)


def _stored(identity: Identity | None) -> Jsonb | None:
    return None if identity is None else Jsonb(identity.to_json())


def _identity(document: Mapping[str, Any] | None) -> Identity | None:
    return None if document is None else Identity.from_json(document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished:
    """An object whose asset is in the trash because it vanished."""

    datasource_id: int
    key: str
    token: str
    size: int


def list_vanished(catalog: Catalog, asset_id: str) -> list[Vanished]:
    """The vanished objects of an asset."""
    with catalog.read() as connection:
        rows = connection.execute(statement("objects_of_asset").query, {"id": parse_asset_id(asset_id)}).fetchall()
    return [Vanished(datasource_id=source, key=key, token=token, size=size) for source, key, token, size in rows]


@retry_on_contention
def restore(
    catalog: Catalog,
    asset_id: str,
    *,
    back: list[Vanished],
    away: list[Vanished],
    exists: bool,
    by: Context = LIBRARY,
) -> None:
    """Restore an asset from the trash. Objects that are `back` count as before; passes ignore those that are `away`.

    `exists` means that an object exists although no pass selects it. Raises NotFound if there is no such asset,
    Conflict if it is not in the trash.
    """
    number = parse_asset_id(asset_id)
    with catalog.write() as connection:
        connection.execute(statement("lock_store_of_asset").query, {"id": number})
        row = connection.execute(statement("lock_asset").query, {"id": number}).fetchone()
        if row is None:
            raise asset_not_found(asset_id)
        if not row[0]:
            raise Conflict(f"Asset {asset_id} is not in the trash.", "To see the trash, search for state:trash.")
        for objects, state in ((back, KnownState.PRESENT), (away, KnownState.KEPT)):
            for each in objects:
                connection.execute(
                    statement("restore_object").query,
                    {"id": number, "datasource_id": each.datasource_id, "key": each.key, "state": int(state)},
                )
        connection.execute(statement("restore_asset").query, {"id": number, "exists": exists})
        connection.execute(statement("govern_restored").query, {"id": number})
        record_activity(connection, by, Action.RESTORE, Subject.ASSET, [number])
