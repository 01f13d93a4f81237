"""What is refused before anything is asked of anyone, and what the refusal says to do."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from mirrorlake.core.errors import UsageError
from mirrorlake.select.globs import compile_globs
from mirrorlake.services.mirror_request import MirrorRequest, read_request
from mirrorlake.storage.address import parse_location


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
