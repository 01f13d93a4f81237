"""What is refused before anything is asked of anyone, and what the refusal says to do."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from mirrorlake.core.errors import SettingsError, UsageError
from mirrorlake.model.sources import Datasource, MirrorSettings
from mirrorlake.select.globs import compile_globs
from mirrorlake.services.mirror_request import MirrorRequest, read_request
from mirrorlake.storage.address import parse_location
from mirrorlake.storage.providers.registry import provider_of


@pytest.mark.parametrize("name", ["a.jpg", "two words.jpg", "it's.jpg", "star*.jpg", "$HOME.jpg"])
def test_the_hint_for_a_single_file_is_a_command_that_takes_this_file(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "of mine"
    folder.mkdir()
    (folder / name).write_bytes(b"x")
    with pytest.raises(UsageError, match="single file") as raised:
        read_request(MirrorRequest(uri=(folder / name).as_uri()))
    words = shlex.split(raised.value.fix.removeprefix("Mirror its folder: "))
    assert words[:2] == ["mirrorlake", "mirror"]
    assert words[3] == "--glob"
    assert parse_location(words[2]).container == str(folder)
    assert compile_globs([words[4]]).match_one(name) == words[4]


def stored(uri: str, *, anonymous: bool = False, connection: str | None = None) -> Datasource:
    location = parse_location(uri)
    provider = provider_of(location.provider)
    access = provider.read_access({"endpoint": "https://bucket.example", "anonymous": anonymous})
    return Datasource(
        id=1,
        name="pictures",
        location=location,
        access=access,
        settings=MirrorSettings(),
        connection=connection,
        connection_id=None if connection is None else 7,
    )


@pytest.mark.parametrize("uri", ["s3://lake", "gs://lake", "az://account/lake"])
@pytest.mark.parametrize(
    ("before", "given", "after"),
    [(True, None, True), (True, False, False), (False, None, False), (False, True, True)],
)
def test_anonymous_stays_as_it_was_until_it_is_given(
    uri: str, *, before: bool, given: bool | None, after: bool
) -> None:
    options = read_request(MirrorRequest(uri=uri, anonymous=given))
    assert options.apply_to(stored(uri, anonymous=before)).access.options().anonymous is after


@pytest.mark.parametrize("uri", ["s3://lake", "gs://lake", "az://account/lake"])
def test_a_datasource_leaves_its_connection_and_keeps_its_server(uri: str) -> None:
    source = stored(uri, connection="lake")
    kept = read_request(MirrorRequest(uri=uri)).apply_to(source)
    assert (kept.connection, kept.connection_id) == ("lake", 7)
    left = read_request(MirrorRequest(uri=uri, no_connection=True, anonymous=True)).apply_to(source)
    assert (left.connection, left.connection_id) == (None, None)
    options = left.access.options()
    assert (options.endpoint, options.anonymous) == ("https://bucket.example", True)
    with pytest.raises(SettingsError, match="--no-connection cannot be combined"):
        read_request(MirrorRequest(uri=uri, connection="lake", no_connection=True))


@pytest.mark.parametrize(("given", "after"), [(None, True), (True, True), (False, False)])
def test_picture_text_stays_as_it_was_until_it_is_given(given: bool | None, after: bool) -> None:  # noqa: FBT001 - a case
    options = read_request(MirrorRequest(uri="s3://lake", picture_text=given))
    assert options.mirror_settings(MirrorSettings(picture_text=True)).picture_text is after
    assert options.mirror_settings(MirrorSettings()).picture_text is (given is True)
