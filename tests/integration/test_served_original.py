"""An original that somebody has already is not read again; one that changed is, whatever the library remembers."""

from __future__ import annotations

from pathlib import Path

from tests.support.buckets import picture_no
from tests.support.postgres import Server

from mirrorlake.core.settings import Settings
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.model.assets import Original, Unchanged
from mirrorlake.services.callers import local_user
from mirrorlake.services.library import open_library
from mirrorlake.services.mirror import mirror
from mirrorlake.services.mirror_request import MirrorRequest, read_request


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
