"""Thumbnails are named by content, written whole or not at all, and never by way of a key."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest
from tests.support.images import encoded, scene

from mirrorlake.core.errors import CatalogError, DiskFull
from mirrorlake.processing.process import process_bytes
from mirrorlake.processing.thumbnails import Thumbnails, _translated

_DIGEST = bytes(range(32))


def _webp() -> bytes:
    return process_bytes(encoded(scene(), "png"), "a.png").rendered.thumbnail


def test_what_was_written_is_read_and_nothing_else_is_there(tmp_path: Path):
    thumbnails = Thumbnails(tmp_path)
    assert thumbnails.read(_DIGEST) is None
    thumbnails.write(_DIGEST, _webp())
    thumbnails.write(_DIGEST, _webp())
    assert thumbnails.read(_DIGEST) == _webp()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [thumbnails.path_of(_DIGEST)]
    assert thumbnails.path_of(_DIGEST) == tmp_path / "v1" / "00" / f"{_DIGEST.hex()}.webp"


@pytest.mark.parametrize("part", [0, 1], ids=["empty", "zeros of the same size"])
def test_what_a_power_cut_left_is_not_shown_and_is_replaced(tmp_path: Path, part: int):
    thumbnails = Thumbnails(tmp_path)
    thumbnails.write(_DIGEST, _webp())
    thumbnails.path_of(_DIGEST).write_bytes(bytes(part * len(_webp())))
    assert thumbnails.read(_DIGEST) is None
    thumbnails.write(_DIGEST, _webp())
    assert thumbnails.read(_DIGEST) == _webp()


def test_many_writers_of_one_thumbnail_leave_one_whole_file(tmp_path: Path):
    thumbnails, webp = Thumbnails(tmp_path), _webp()
    threads = [threading.Thread(target=thumbnails.write, args=(_DIGEST, webp)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert thumbnails.read(_DIGEST) == webp
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize("digest", [b"", b"../../../../etc/passwd", bytes(31), bytes(33)])
def test_only_a_digest_makes_a_path(tmp_path: Path, digest: bytes):
    with pytest.raises(ValueError, match="a digest has 32 bytes"):
        Thumbnails(tmp_path).path_of(digest)


def test_a_folder_that_cannot_be_written_ends_the_pass_with_a_sentence(tmp_path: Path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(CatalogError, match="could not be written in"):
        Thumbnails(blocked).write(_DIGEST, _webp())


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_as_such(tmp_path: Path, code: int):
    assert isinstance(_translated(OSError(code, "full"), tmp_path), DiskFull)
