"""An original that somebody has already is not read again; one that changed is, whatever the library remembers.

Parts of it are read, and no more than a piece is in memory.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.buckets import picture_no
from tests.support.postgres import Server

from mirrorlake.core.errors import ObjectChanged
from mirrorlake.core.settings import Settings
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.model.assets import OpenOriginal, Original, Unchanged
from mirrorlake.services.callers import local_user
from mirrorlake.services.library import open_library
from mirrorlake.services.mirror import mirror
from mirrorlake.services.mirror_request import MirrorRequest, read_request
from mirrorlake.services.originals import PIECE_BYTES


def test_an_original_is_read_once_for_each_content(postgres_server: Server, tmp_path: Path) -> None:
    picture = tmp_path / "photos" / "a.png"
    picture.parent.mkdir()
    picture.write_bytes(picture_no(1))
    settings = Settings(home=tmp_path / "home", database_url=postgres_server.new_database())
    mirror(settings, read_request(MirrorRequest(uri=picture.parent.as_uri(), jobs=1)), NullProgress())
    with open_library(settings, local_user()) as library:
        (asset,) = library.assets.find("")
        first = library.assets.original(asset.id)
        assert isinstance(first, Original)
        assert (first.data, first.url) == (picture_no(1), None)
        assert library.assets.original(asset.id, known={"another", first.mark}) == Unchanged(first.mark)

        picture.write_bytes(picture_no(2))  # and no pass has seen it yet
        second = library.assets.original(asset.id, known={first.mark})
        assert isinstance(second, Original)
        assert second.data == picture_no(2)
        assert second.mark != first.mark


def test_a_part_of_a_large_original_is_read_in_pieces(postgres_server: Server, tmp_path: Path) -> None:
    picture = tmp_path / "photos" / "a.png"
    picture.parent.mkdir()
    data = picture_no(1) + b"\0" * (3 * PIECE_BYTES)
    picture.write_bytes(data)
    settings = Settings(home=tmp_path / "home", database_url=postgres_server.new_database())
    mirror(settings, read_request(MirrorRequest(uri=picture.parent.as_uri(), jobs=1)), NullProgress())
    with open_library(settings, local_user()) as library:
        (asset,) = library.assets.find("")
        opened = library.assets.open_original(asset.id)
        assert isinstance(opened, OpenOriginal)
        assert opened.size == len(data)
        pieces = list(opened.pieces(range(10, 2 * PIECE_BYTES)))
        assert [len(piece) for piece in pieces] == [PIECE_BYTES, PIECE_BYTES - 10]
        assert b"".join(pieces) == data[10 : 2 * PIECE_BYTES]
        started = opened.pieces(range(len(data)))
        assert next(started) == data[:PIECE_BYTES]
        picture.write_bytes(picture_no(2))
        with pytest.raises(ObjectChanged):
            list(started)
