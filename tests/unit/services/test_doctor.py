"""The doctor names what is wrong in units that fit it."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from mirrorlake.core.settings import Settings
from mirrorlake.services import doctor

Usage = namedtuple("Usage", "total used free")  # noqa: PYI024  as `shutil` returns


@pytest.mark.parametrize(("free", "text"), [(3_500_000, "3.5 MB"), (0, "0 B"), (1_999_000_000, "2.0 GB")])
def test_little_room_is_told_in_the_unit_that_fits_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, text: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _home: Usage(10**12, 10**12 - free, free))
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    check = doctor._run("data folder", doctor._home, Settings(home=home))
    assert (check.ok, check.message) == (False, f"Only {text} are free for {home}.")
