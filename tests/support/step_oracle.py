"""What a pass may have done that was killed, cut short or lied to: all of it must be right, whatever is left undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tests.support.mirror_oracle import Row, World, merged, new_row, policy_for, sidecar_differs

from mirrorlake.model.sources import Orphans
from mirrorlake.select.fingerprints import UNREAD


def check_step(before: Mapping[str, Row], after: Mapping[str, Row], world: World, reported: World) -> None:
    """A pass that was killed, cut short or lied to may leave work undone; but what it did must be right.

    `reported` is the world with only those sidecars that the listing reported to the pass.
    """
    known = {row.key: asset for asset, row in before.items()}
    for asset, was in before.items():
        now = after.get(asset)
        if now is None:
            _check_loss(was, before, after, world)
            continue
        assert (now.tags, now.projects, now.edited) == (was.tags, was.projects, was.edited), "what people did was lost"
        if now.key != was.key:
            assert not world.has_object(was.key), "moved away from an object that stands"
            assert now.key in world.live(), "moved to no object"
            assert known.get(now.key) not in after, "moved onto another asset"
            assert now.digest == was.digest == world.digests[now.token], "moved to other bytes"
        _check_state(was, now, world)
        if now.key == was.key and now.sidecar is None and was.sidecar is not None:
            assert world.sidecar_of(now.key) is None, "metadata removed though the sidecar exists"
        _check_content(was, now, reported)
    for asset in after.keys() - before.keys():
        wanted = new_row(after[asset].key, reported)
        unread = replace(
            wanted, sidecar=None, entries={}, document=None, name=after[asset].name
        )  # the sidecar is read in the next pass
        assert after[asset] in (wanted, unread)


def _check_loss(was: Row, before: Mapping[str, Row], after: Mapping[str, Row], world: World) -> None:
    """An asset is gone because it was removed, or because an older one took its place."""
    heirs = [asset for asset, row in after.items() if row.key == was.key and asset in before]
    for heir in heirs:
        assert not was.worked_on, "what people did to a copy was lost"
        assert before[heir].born < was.born, "an older asset was taken for a copy"
        assert before[heir].digest == was.digest, "other bytes were taken for a copy"
    if not heirs:
        assert world.orphaned(was.key) is Orphans.REMOVE, "removed against the settings"
        assert world.is_orphan(was.key), "removed while it stands"
        assert not was.projects, "removed from a project"
        assert not was.edited, "removed with what people edited"
        assert not was.tags, "removed with tags of people"


def _check_state(was: Row, now: Row, world: World) -> None:
    if (now.state, now.known) == (was.state, was.known):
        return
    if now.state == "present":
        assert now.key in world.live(), "shown though it is not selected"
        return
    policy = {"missing": Orphans.KEEP, "trash": Orphans.TRASH}[now.state]
    assert policy_for(was, world) is policy, "orphaned against the settings"
    assert world.is_orphan(was.key), "hidden while it stands"


def _check_content(was: Row, now: Row, world: World) -> None:
    config = world.governing(now.key)
    if now.key != was.key and now.token != was.token:
        return  # it took the place of a copy, with the sidecar that was read for that
    if now.token != was.token:
        assert config is not None
        assert config.update_image
        assert now.token == world.pictures[now.key]
    if now.sidecar != was.sidecar:
        moved = replace(was, key=now.key)
        assert sidecar_differs(moved, world), "a sidecar was read that is not to be read"
        if now.sidecar == UNREAD:  # the object is back, and its sidecar is read in the next pass
            assert now.entries == was.entries
            return
        assert now.sidecar == world.sidecar_of(now.key)
        assert now.entries == merged(moved, world)
    else:
        assert now.entries == was.entries, "metadata changed without a sidecar"
