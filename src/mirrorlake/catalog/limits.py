"""Limits of workspaces: how much room is left, from counts that are maintained, never by counting assets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import Conflict
from mirrorlake.model.workspaces import LimitKind, Limits
from mirrorlake.postgres.pool import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The limits of a workspace and what is left of each; less than 0 if it was lowered below what is there."""

    limits: Limits
    assets: int | None = None  # None: no limit
    bytes: int | None = None

    @property
    def none_left_of(self) -> LimitKind | None:
        """The limit that admits no other asset."""
        if self.assets is not None and self.assets <= 0:
            return LimitKind.ASSETS
        return LimitKind.BYTES if self.bytes is not None and self.bytes <= 0 else None


UNLIMITED = Room(limits=Limits())


def room_of(row: tuple[int | None, int | None, int, int] | None) -> Room:
    """The room in a workspace, by the row of the statement `own_limits`."""
    if row is None:
        return UNLIMITED
    assets, size, assets_used, bytes_used = row
    return Room(
        limits=Limits(assets=assets, bytes=size),
        assets=None if assets is None else assets - assets_used,
        bytes=None if size is None else size - bytes_used,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """New objects of a batch that were left out because of a limit."""

    kind: LimitKind
    limit: int
    sizes: Sequence[int]

    @classmethod
    def of(cls, room: Room, sizes: Sequence[int], *, too_many: bool) -> Self | None:
        """These objects, given the room that there was before the batch; None if there are none."""
        kind = LimitKind.ASSETS if too_many else LimitKind.BYTES
        return cls(kind=kind, limit=room.limits.of(kind) or 0, sizes=sizes) if sizes else None


def room_in(catalog: Catalog) -> Room:
    """The room that is left in this workspace now."""
    with catalog.read() as connection:
        return room_of(connection.execute(statement("own_limits").query).fetchone())


def require_room(catalog: Catalog, assets: int) -> None:
    """Raise Conflict if this workspace has no room for this number of further assets."""
    room = room_in(catalog)
    if room.none_left_of is None and (room.assets is None or room.assets >= assets):
        return
    kind = room.none_left_of or LimitKind.ASSETS
    raise Conflict(
        f"The workspace has reached its limit of {room.limits.of(kind):,} {kind.value}: nothing was stored.",
        "Raise the limit (in the settings, or mirrorlake workspace limit), remove assets, or send fewer.",
    )
