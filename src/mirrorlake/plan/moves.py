"""Recognise renamed objects: known bytes that vanished under one key and appeared under another. Pure.

A move keeps the asset's identity (id, tags, labels), so it must be certain: token and size are equal, and if several
objects vanished or appeared with them, their paths identify them (`plan.twins`). Empty objects are all equal and never
move; undecodable objects have no identity to keep.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from mirrorlake.core.columnar import (
    BoolMask,
    Column,
    as_binary,
    column,
    columns,
    equal_to,
    filled,
    from_numpy_mask,
    in_order,
    is_in,
    joined_text,
    keep,
    no_rows,
    places_in,
    same,
    take,
    to_text,
    where,
)
from mirrorlake.model.columns import CHANGES, KNOWN
from mirrorlake.model.objects import KnownState
from mirrorlake.model.outcomes import Op
from mirrorlake.plan.twins import pair_by_path
from mirrorlake.plan.update_policy import UPDATE_EVERYTHING, UpdatePolicy
from mirrorlake.select.fingerprints import fingerprints, tokens_and_sizes

_PAIRS: list[pa.Field[Any]] = [
    pa.field("old_key", pa.string(), nullable=False),
    pa.field("new_key", pa.string(), nullable=False),
    KNOWN.field("companions"),  # the known companions under the old key
    pa.field("known_state", pa.int16(), nullable=False),
]
PAIRS = pa.schema(_PAIRS)

WAITS = "it may be {} under another key, which cannot be proven while the source may be a different one"


@dataclass(frozen=True, slots=True)
class Moves:
    """Which known objects now have another key. `pairs` has the layout PAIRS, in order of the new key."""

    pairs: pa.RecordBatch

    def __len__(self) -> int:
        return self.pairs.num_rows

    @property
    def old_keys(self) -> Column:
        """The old keys of the moves, each once."""
        return column(self.pairs, "old_key")

    @property
    def new_keys(self) -> Column:
        """The new keys of the moves, each once."""
        return column(self.pairs, "new_key")

    def split(self, first: BoolMask) -> tuple[Moves, Moves]:
        """The moves in this mask of the pairs, and the others."""
        return Moves(keep(self.pairs, first)), Moves(keep(self.pairs, ~first))

    def only(self, old_keys: Column) -> Moves:
        """Only the moves from these old keys."""
        return Moves(keep(self.pairs, is_in(self.old_keys, old_keys)))

    def apply_to(self, changes: pa.RecordBatch, frozen: UpdatePolicy = UPDATE_EVERYTHING) -> pa.RecordBatch:
        """The changes with each move as one MOVED row in place of its NEW row; its VANISHED row is removed.

        A frozen companion that was read under the old key is not read again under the new one.
        """
        if not len(self):
            return changes
        keys = column(changes, "key")
        left = self._left(changes)
        if left.any():
            changes = keep(changes, ~left)
            keys = column(changes, "key")
        places = places_in(keys, self.new_keys)
        came = equal_to(column(changes, "op"), int(Op.NEW)) & (places >= 0)
        if not came.any():
            return changes
        origin = take(self.pairs, places)
        now = dict(zip(changes.schema.names, columns(changes), strict=True))
        count = changes.num_rows
        now["op"] = where(came, filled(count, int(Op.MOVED), pa.int8()), now["op"])
        now["known_state"] = where(came, column(origin, "known_state"), now["known_state"])
        now["old_key"] = where(came, column(origin, "old_key"), now["old_key"])
        for role, (token, size) in tokens_and_sizes(column(origin, "companions")).items():
            differs = ~(same(now[role.token], token) & same(now[role.size], size))
            differs &= ~frozen.kept_companion(role, now["config"], token)
            now[role.differs] = where(came, from_numpy_mask(differs), now[role.differs])
        return pa.RecordBatch.from_arrays(list(now.values()), schema=CHANGES)

    def mark_waiting(self, changes: pa.RecordBatch) -> pa.RecordBatch:
        """The changes with these moves postponed: neither key is new or vanished, and a later pass decides."""
        if not len(self):
            return changes
        changes = keep(changes, ~self._left(changes))
        places = places_in(column(changes, "key"), self.new_keys)
        came = equal_to(column(changes, "op"), int(Op.NEW)) & (places >= 0)
        if not came.any():
            return changes
        count = changes.num_rows
        before, after = WAITS.split("{}")
        olds = column(take(self.pairs, places), "old_key")
        words = [filled(count, before.strip(), pa.string()), olds, filled(count, after.strip(), pa.string())]
        now = dict(zip(changes.schema.names, columns(changes), strict=True))
        now["op"] = where(came, filled(count, int(Op.SKIPPED), pa.int8()), now["op"])
        now["skip"] = where(came, joined_text(words, " "), now["skip"])
        return pa.RecordBatch.from_arrays(list(now.values()), schema=CHANGES)

    def _left(self, changes: pa.RecordBatch) -> BoolMask:
        vanished = equal_to(column(changes, "op"), int(Op.VANISHED))
        return vanished & is_in(column(changes, "key"), self.old_keys)


NO_MOVES = Moves(no_rows(PAIRS))


def match_moves(vanished: pa.RecordBatch, new: pa.RecordBatch) -> Moves:
    """The moves among the VANISHED and the NEW rows (layout CHANGES) of a whole pass.

    Rows of either kind may be left out whose identity no row of the other kind has.
    """
    vanished, new = able_to_leave(vanished), able_to_arrive(new)
    if not vanished.num_rows or not new.num_rows:
        return NO_MOVES
    left, came = pair_by_path(identities(vanished), column(vanished, "key"), identities(new), column(new, "key"))
    origin, target = take(vanished, left), take(new, came)
    pairs = pa.RecordBatch.from_arrays(
        [
            column(origin, "key"),
            column(target, "key"),
            fingerprints(origin),
            column(origin, "known_state"),
        ],
        schema=PAIRS,
    )
    return Moves(take(pairs, in_order(as_binary(column(pairs, "new_key")))))


def able_to_leave(changes: pa.RecordBatch) -> pa.RecordBatch:
    """The VANISHED rows that a move could start from."""
    able = equal_to(column(changes, "op"), int(Op.VANISHED)) & ~equal_to(column(changes, "size"), 0)
    return keep(changes, able & ~equal_to(column(changes, "known_state"), int(KnownState.REFUSED)))


def able_to_arrive(changes: pa.RecordBatch) -> pa.RecordBatch:
    """The NEW rows that a move could end at."""
    return keep(changes, equal_to(column(changes, "op"), int(Op.NEW)) & ~equal_to(column(changes, "size"), 0))


def identities(changes: pa.RecordBatch) -> Column:
    """Token and size of each row as one value; no token holds the separator."""
    return joined_text([column(changes, "token"), to_text(column(changes, "size"))], "\n")
