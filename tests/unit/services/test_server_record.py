"""A library has one server; a second one names what the first one does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.services.server import serving
from mirrorlake.services.server_record import running_address


def second(home: Path) -> str:
    with pytest.raises(MirrorlakeError) as refused, serving(home):
        pass
    return str(refused.value)


def test_a_second_server_is_told_whether_the_first_one_is_starting_or_running(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text('{"pid": 1, "address": "http://127.0.0.1:1"}')  # of one that was killed
    with serving(tmp_path) as record:
        assert second(tmp_path) == (
            f"Another server of this library is starting (process {os.getpid()})."
            " Wait until it prints its address and open that, or stop it: mirrorlake down"
        )
        assert running_address(tmp_path) is None
        record("http://127.0.0.1:9123")
        assert second(tmp_path).startswith("A server is already running at http://127.0.0.1:9123.")
        assert running_address(tmp_path) == "http://127.0.0.1:9123"


def test_no_server_has_no_address(tmp_path: Path) -> None:
    assert running_address(tmp_path) is None
    (tmp_path / "server.json").write_text("")
    assert running_address(tmp_path) is None
