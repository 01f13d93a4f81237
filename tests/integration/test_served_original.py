"""An original that somebody has already is not read again; one that changed is, whatever the library remembers.

Parts of it are read, and no more than a piece is in memory.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.support.buckets import picture_no
from tests.support.postgres import Server

from mirrorlake.api.web import create_app
from mirrorlake.catalog import projects
from mirrorlake.core.errors import ObjectChanged
from mirrorlake.core.settings import Settings
from mirrorlake.library.snapshots import freeze
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.model.assets import OpenOriginal, Original, Unchanged
from mirrorlake.services.base import open_resources
from mirrorlake.services.callers import local_user
from mirrorlake.services.library import LocalLibrary, open_library
from mirrorlake.services.mirror import mirror
from mirrorlake.services.mirror_request import MirrorRequest, read_request
from mirrorlake.services.originals import PIECE_BYTES
from mirrorlake.storage.providers.folder.store import FolderStore


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


def test_a_frozen_original_is_read_in_pieces_too(
    postgres_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = tmp_path / "photos" / "a.png"
    picture.parent.mkdir()
    data = picture_no(1) + b"\0" * PIECE_BYTES
    picture.write_bytes(data)
    settings = Settings(home=tmp_path / "home", database_url=postgres_server.new_database())
    mirror(settings, read_request(MirrorRequest(uri=picture.parent.as_uri(), jobs=1)), NullProgress())
    with open_resources(settings) as resources:
        library = LocalLibrary(resources, local_user())
        (asset,) = library.assets.find("")
        projects.add(resources.catalog, "roads", [asset.id], by=local_user())
        freeze(resources.catalog, "roads", lambda _step, _done, _total: None, note="", by=local_user())
        monkeypatch.setattr(FolderStore, "get", None)  # which reads all of a file at once
        app = create_app(lambda caller: LocalLibrary(resources, caller), token="a-token-of-this-test")
        with TestClient(
            app, base_url="http://localhost", headers={"Authorization": "Bearer a-token-of-this-test"}
        ) as web:
            path = f"/api/v1/snapshots/roads@1/assets/{asset.id}/original"
            answer = web.get(path)
            assert (answer.status_code, answer.content) == (200, data)
            assert answer.headers["content-length"] == str(len(data))
            assert "sandbox" in answer.headers["content-security-policy"]
            assert library.snapshots.original("roads@1", asset.id).data == data
            picture.write_bytes(picture_no(2))
            assert web.get(path).status_code == 404
