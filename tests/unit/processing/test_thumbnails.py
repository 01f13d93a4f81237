"""Thumbnails are named by content, written whole or not at all, and never by way of a key."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest
from tests.support.images import encoded, scene

from mirrorlake.core.errors import CatalogError, DiskFull
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.process import process_bytes
from mirrorlake.processing.thumbnails import Thumbnails, thumbnail_key

_DIGEST = bytes(range(32))


def _thumbnails(root: Path) -> Thumbnails:
    return Thumbnails(LibraryStore.in_folder(root).store)


def _webp() -> bytes:
    return process_bytes(encoded(scene(), "png"), "a.png").thumbnail


def test_what_was_written_is_read_and_nothing_else_is_there(tmp_path: Path):
    thumbnails = _thumbnails(tmp_path)
    assert thumbnails.read(_DIGEST) is None
    thumbnails.write(_DIGEST, _webp())
    thumbnails.write(_DIGEST, _webp())
    assert thumbnails.read(_DIGEST) == _webp()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / thumbnail_key(_DIGEST)]
    assert tmp_path / thumbnail_key(_DIGEST) == tmp_path / "v1" / "00" / f"{_DIGEST.hex()}.webp"


@pytest.mark.parametrize("part", [0, 1], ids=["empty", "zeros of the same size"])
def test_what_a_power_cut_left_is_not_shown_and_is_replaced(tmp_path: Path, part: int):
    thumbnails = _thumbnails(tmp_path)
    thumbnails.write(_DIGEST, _webp())
    (tmp_path / thumbnail_key(_DIGEST)).write_bytes(bytes(part * len(_webp())))
    assert thumbnails.read(_DIGEST) is None
    thumbnails.write(_DIGEST, _webp())
    assert thumbnails.read(_DIGEST) == _webp()


def test_many_writers_of_one_thumbnail_leave_one_whole_file(tmp_path: Path):
    thumbnails, webp = _thumbnails(tmp_path), _webp()
    threads = [threading.Thread(target=thumbnails.write, args=(_DIGEST, webp)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert thumbnails.read(_DIGEST) == webp
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize("digest", [b"", b"../../../../etc/passwd", bytes(31), bytes(33)])
def test_only_a_digest_makes_a_key(digest: bytes):
    with pytest.raises(ValueError, match="a digest has 32 bytes"):
        thumbnail_key(digest)


def test_a_folder_that_cannot_be_written_ends_the_pass_with_a_sentence(tmp_path: Path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(CatalogError, match="could not be written in"):
        _thumbnails(blocked).write(_DIGEST, _webp())


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_reported_as_such(tmp_path: Path, code: int, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(code, "full")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(DiskFull, match="No space is left for thumbnails in"):
        _thumbnails(tmp_path).write(_DIGEST, _webp())
