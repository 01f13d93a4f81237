"""The data folder is its owner's alone: images, thumbnails, settings and the access token are nobody else's."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.postgres import discard, new_home

from mirrorlake.core import private
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.scratch import scratch_folder
from mirrorlake.library.home import open_data_folder
from mirrorlake.postgres.embedded import ensure_running, status
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.services.doctor import examine
from mirrorlake.services.server import first_start_token, serving

NOBODY = 65534


def readable_by_others(home: Path) -> dict[str, str]:
    """Everything that others can read or change, with its mode. To pass through a folder is not to read it."""
    shared: dict[str, str] = {}
    for path in (home, *home.rglob("*")):
        facts = path.lstat()
        allowed = 0o066 if path.is_dir() else 0o077
        if not path.is_symlink() and facts.st_mode & allowed:
            shared[str(path.relative_to(home))] = oct(stat.S_IMODE(facts.st_mode))
    return shared


@pytest.fixture
def home() -> Iterator[Path]:
    """The home of a library that has everything, made with the loosest umask."""
    parent = new_home()
    home = parent / "home"
    before = os.umask(0)
    try:
        ensure_running(home)
        LibraryStore.in_folder(Settings(home=home).thumbnails).store.put("ab/cd/ef.webp", b"RIFF")
        first_start_token(home)
        with serving(home) as record, scratch_folder(home):
            record("http://127.0.0.1:1")
        yield home
    finally:
        os.umask(before)
        discard(home)
        discard(parent)


def test_nothing_of_a_new_home_is_readable_by_others(home: Path):
    assert (home / "library" / "thumbnails" / "ab" / "cd" / "ef.webp").is_file()
    assert readable_by_others(home) == {}
    # Only PostgreSQL's user, where root runs it, must pass through.
    assert stat.S_IMODE(home.stat().st_mode) == (0o711 if os.geteuid() == 0 else 0o700)
    assert stat.S_IMODE((home / "library").stat().st_mode) == 0o700


def test_a_home_that_was_readable_is_tightened_and_keeps_working(home: Path):
    for path in (home, home / "library", home / "scratch", home / "postgres"):
        path.chmod(0o755)
    (home / "server.json").chmod(0o644)
    with open_data_folder(home):
        pass
    assert readable_by_others(home) == {}
    ensure_running(home)
    assert status(home).data is not None


def test_a_folder_with_other_things_in_it_is_left_as_it_is_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    home = tmp_path / "documents"
    home.mkdir(mode=0o755)
    home.chmod(0o755)
    (home / "letter.txt").write_text("")
    (home / "library").mkdir()
    (home / "library").chmod(0o755)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            private.make_home(home)
    assert [str(home) in line and "letter.txt" in line for line in caplog.messages] == [True]
    checks = {
        check.check: check for check in examine(Settings(home=home, database_url="postgresql://[::1]:1/x")).checks
    }
    assert (checks["data folder"].ok, checks["data folder"].message) == (False, caplog.messages[0])
    assert stat.S_IMODE(home.stat().st_mode) == 0o755
    assert stat.S_IMODE((home / "library").stat().st_mode) == 0o700


@contextmanager
def as_nobody() -> Generator[None]:
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.geteuid() != 0, reason="2026-11-28: only root can become a user who does not own the folder")
def test_a_home_that_cannot_be_tightened_is_said_and_still_used():
    parent = new_home()
    home = parent / "home"
    home.mkdir()
    home.chmod(0o777)
    try:
        with as_nobody():
            reason = private.tighten_home(home)
            assert reason is not None
            assert f"Other users can read {home}" in reason
            with open_data_folder(home):
                pass
    finally:
        discard(parent)
