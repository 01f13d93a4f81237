"""The database that comes with mirrorlake, as a person meets it: nothing to set up, whatever the home is."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from tests.support.cli import Cli
from tests.support.postgres import discard, new_home


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    root.mkdir()
    for number in range(3):
        Image.new("RGB", (32, 32), (number, 0, 0)).save(root / f"{number}.png")
    return root


@pytest.fixture
def base() -> Iterator[Path]:
    """A folder of its own for homes; the databases of those that a test notes here are discarded."""
    folder = new_home()
    yield folder
    for home in list(folder.rglob("postgres")):
        if (home / "18").is_dir():
            discard(home.parent)
    discard(folder)


def test_the_first_command_starts_the_database_and_down_stops_it(base: Path, photos: Path) -> None:
    cli = Cli(base, {})
    assert cli.mirror(photos.as_uri(), "--jobs", "1")["new"] == 3
    stopped = cli.run("down")
    assert (stopped.code, stopped.err) == (0, "PostgreSQL was stopped.\n")
    again = cli.run("down")
    assert (again.code, again.err) == (0, "Nothing was running.\n")
    assert len(cli.search()) == 3  # it has started again
    report = cli.run("doctor", "--json").json
    checks = {check["check"]: check for check in report["checks"]}
    assert checks["database"]["ok"]
    assert "(embedded) is running" in checks["database"]["message"]


def test_ctrl_c_while_the_database_still_starts_says_so(base: Path) -> None:
    started = Cli(base, {}).start("search", "")
    while not (base / "postgres" / "18" / "start.lock").exists():
        assert started.poll() is None
        time.sleep(0.01)
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=60)
    assert (started.returncode, out, err.count("\n")) == (130, "", 1), err
    assert "Stopped" in err


@pytest.mark.skipif(os.geteuid() != 0, reason="2026-11-21: only for root does PostgreSQL run as another user")
def test_root_may_keep_a_library_where_nobody_else_can_look(base: Path, photos: Path) -> None:
    (base / "closed").mkdir(mode=0o700)
    cli = Cli(base / "closed" / "home", {})
    assert cli.mirror(photos.as_uri(), "--jobs", "1")["new"] == 3
    assert cli.run("down").code == 0
    assert len(cli.search()) == 3


def test_a_long_home_with_odd_letters_works(base: Path, photos: Path) -> None:
    cli = Cli(base / ("long name, with 'quotes' " * 5) / ("é" * 60), {})
    assert cli.mirror(photos.as_uri(), "--jobs", "1")["new"] == 3
    assert len(cli.search()) == 3


def test_a_home_that_is_a_file_is_told(base: Path, photos: Path) -> None:
    (base / "file").write_text("")
    for words in (["search", "", "--json"], ["mirror", photos.as_uri(), "--json"], ["up", "--port", "0"]):
        result = Cli(base / "file", {}).run(*words)
        assert (result.code, result.out) == (1, "")
        assert result.err.startswith(f"error: The data folder {base / 'file'} cannot be used")
        assert "Set MIRRORLAKE_HOME" in result.err
        assert result.err.count("\n") == 1
