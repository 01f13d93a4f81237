"""Passes on one data folder, from anywhere, leave each other's plans alone and sweep up what was left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mirrorlake.jobs.scratch import scratch_folder

KILLED = """
import os, sys
from pathlib import Path
from mirrorlake.jobs.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1])) as plan:
    (plan / "spool").write_text("half a plan")
    os._exit(9)
"""


def left_in(home: Path) -> list[Path]:
    return sorted((home / "scratch").glob("pass-*"))


def test_a_pass_sweeps_no_plan_of_one_that_lives_whatever_its_process_is_called(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as one:
        (one / "spool").write_text("a plan")
        # As in another container, where no process of this number is seen.
        folder = one.parent.rename(one.parent.with_name("pass-999999999-x"))
        with scratch_folder(tmp_path) as other:
            assert not list(other.iterdir())
            assert (folder / "plan" / "spool").read_text() == "a plan"
        folder.rename(one.parent)
    assert left_in(tmp_path) == []


def test_what_a_killed_pass_left_goes_with_the_next_one(tmp_path: Path) -> None:
    assert subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False).returncode == 9
    [left] = left_in(tmp_path)
    (tmp_path / "scratch" / "pass-1-old").mkdir()  # of one that was killed before it had its lock
    with scratch_folder(tmp_path) as plan:
        assert left_in(tmp_path) == [plan.parent]
    assert not left.exists()
