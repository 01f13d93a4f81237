"""Packs that come late, cannot be read or return are not taken for lost, and are adopted as a whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from tests.support.mortal import Killed
from tests.support.passes import TWELVE, Mirrored, picture
from tests.support.thumbnails import checked, cleaned, everything_shown, made, packs, root

from mirrorlake.catalog import thumbnail_packs
from mirrorlake.core.errors import CatalogError
from mirrorlake.library import pack_audit
from mirrorlake.library.layout import PackObjects
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.writable import WritableStore

KEYS = TWELVE


def forget_packs(mirrored: Mirrored) -> None:
    """As a backup without thumbnails was restored."""
    with mirrored.catalog.write() as connection:
        connection.execute("DELETE FROM thumbnail")
        connection.execute("DELETE FROM thumbnail_pack")


def test_a_pack_that_a_run_commits_after_the_listing_is_not_lost(
    mirrored: Mirrored, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = pack_audit.list_packs

    def list_before_a_run(library: WritableStore) -> PackObjects:
        listed = real(library)
        monkeypatch.setattr(pack_audit, "list_packs", real)
        store.put("new.png", picture(99))
        mirrored.run()
        return listed

    monkeypatch.setattr(pack_audit, "list_packs", list_before_a_run)
    making, _ = made(mirrored)
    assert (making.lacking, len(packs(root(mirrored)))) == (0, 2)
    assert len(mirrored.assets()) == len(KEYS) + 1
    assert None not in everything_shown(mirrored).values()


def test_packs_that_may_not_be_read_are_not_lost(mirrored: Mirrored, monkeypatch: pytest.MonkeyPatch) -> None:
    before, real = everything_shown(mirrored), os.open

    def denied(path: str, *arguments: int, **named: int) -> int:
        if str(path).endswith(".pack"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", denied)
        for command in (made, checked):
            with pytest.raises(CatalogError, match="Permission denied"):
                command(mirrored)
    assert everything_shown(mirrored) == before
    assert checked(mirrored).clean


def test_a_pack_that_returns_is_adopted(mirrored: Mirrored, store: MemoryStore, tmp_path: Path) -> None:
    """As a disk that was not mounted."""
    before = everything_shown(mirrored)
    (pack,) = packs(root(mirrored))
    elsewhere = pack.rename(tmp_path / "elsewhere")
    for key in KEYS:
        store.delete(key)
    assert made(mirrored)[0].made == 0
    pack.parent.mkdir(parents=True, exist_ok=True)
    elsewhere.rename(pack)
    assert made(mirrored)[0].put_back == len(KEYS)
    assert everything_shown(mirrored) == before


def test_killed_while_it_adopts_a_pack_the_next_command_does_it(
    mirrored: Mirrored, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything_shown(mirrored)
    forget_packs(mirrored)

    def killed(*_: object) -> None:
        raise Killed

    for command in (made, cleaned):
        with monkeypatch.context() as patch:
            patch.setattr(thumbnail_packs, "_add", killed)
            with pytest.raises(Killed):
                command(mirrored)
        assert thumbnail_packs.list_packs(mirrored.catalog) == []
    cleaned(mirrored)
    assert everything_shown(mirrored) == before
    assert checked(mirrored).clean
