"""Find out whether a source is the one that earlier passes saw, and for which keys that is in doubt."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mirrorlake.catalog.removal import get_identity
from mirrorlake.core.columnar import chosen, column, equal_to
from mirrorlake.core.errors import NoSuchBucket, StorageError
from mirrorlake.mirror.scan import ListingDiff
from mirrorlake.model.identity import Identity, merge
from mirrorlake.model.objects import KnownState
from mirrorlake.model.outcomes import Op
from mirrorlake.model.sources import Datasource
from mirrorlake.plan.identity import (
    NO_DOUBTS,
    OTHER_FOLDER,
    Doubts,
    combine,
    compare,
    differing,
    doubt_contents,
    need_contents,
)
from mirrorlake.plan.moves import Moves
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.rules import Rules
from mirrorlake.storage.base import Store
from mirrorlake.storage.providers.registry import provider_of

_KEPT = (Op.COMPANION, Op.RETURNED, Op.REFUSED, Op.GOVERNED)  # of objects whose bytes are the known ones


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """The identity of a source now and in earlier passes, and the keys for which it may be another one."""

    now: Identity | None
    before: Identity | None
    doubts: Doubts

    @property
    def known(self) -> Identity | None:
        """What is known of this source: also what earlier passes read of it, unless it is another one."""
        if self.now is None or self.doubts.everything:
            return self.now
        return merge(self.before, self.now)


def read_root(source: Datasource, catalog: Catalog) -> SourceState:
    """The state of a source as far as no request is needed: that of a folder."""
    now = provider_of(source.location.provider).root_identity(source.location)
    return _state(now, get_identity(catalog, source.id))


def read_state(source: Datasource, catalog: Catalog, store: Store) -> SourceState:
    """The state of a source: of a folder without a request, of a bucket with one at most."""
    root = read_root(source, catalog)
    return root if root.now is not None else _state(store.identify(), root.before)


def read_listed(root: SourceState, source: Datasource, catalog: Catalog, store: Store) -> SourceState:
    """The state of a source after it was listed; `root` is that from before the listing.

    Raises NoSuchBucket if the root of a folder changed meanwhile. What is mounted below it may have changed too: the
    listing may then have missed keys, which are in doubt.
    """
    after = read_state(source, catalog, store)
    if root.now is None or after.now is None:
        return after
    if differing(root.now.facts, after.now.facts):
        raise NoSuchBucket(OTHER_FOLDER, "Check that the disk is mounted, then run again.")
    meanwhile = compare(root.now, after.now)
    return replace(after, doubts=combine(combine(root.doubts, after.doubts), meanwhile))


def doubt_bucket(state: SourceState, listing: ListingDiff, moves: Moves, rules: Rules) -> SourceState:
    """The state of a source, with doubts if its contents are more likely those of another bucket."""
    if state.now is None or state.doubts.everything or not need_contents(state.before, state.now):
        return state
    kept, lost = listing.unchanged + len(moves), -len(moves)
    for batch in listing.changes:
        ops = column(batch, "op")
        kept += sum(int(equal_to(ops, int(op)).sum()) for op in _KEPT)
        lost += int(equal_to(ops, int(Op.CHANGED)).sum())
        # Objects that no pattern selects any more may exist.
        gone = equal_to(ops, int(Op.VANISHED)) & equal_to(column(batch, "known_state"), int(KnownState.PRESENT))
        lost += int((rules.governing(chosen(column(batch, "key"), gone)) >= 0).sum())
    return replace(state, doubts=doubt_contents(state.before, state.now, kept=kept, lost=lost))


def refuse_other(state: SourceState, fix: str) -> None:
    """Raise StorageError if the source as a whole may be another one than earlier passes saw."""
    if state.doubts.everything:
        raise StorageError(" ".join(state.doubts.reasons), fix)


def _state(now: Identity | None, before: Identity | None) -> SourceState:
    return SourceState(now=now, before=before, doubts=NO_DOUBTS if now is None else compare(before, now))
