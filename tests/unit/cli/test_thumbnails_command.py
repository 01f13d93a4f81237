"""What `mirrorlake thumbnails clean` prints about files that it could not remove yet."""

from __future__ import annotations

import pytest

from mirrorlake.cli.commands.thumbnails import print_cleaned
from mirrorlake.model.thumbnails import Cleaning


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ((4, 7), "3 files quarantined. Run this command again after the end of run 4, run 7 to remove them."),
        ((), "3 files quarantined. Run this command again to remove them."),  # the runs ended while it was at work
    ],
)
def test_quarantined_files_are_reported_with_the_runs_that_may_use_them(
    runs: tuple[int, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = Cleaning(
        left_over=3,
        young=0,
        removed=0,
        removed_bytes=0,
        put_back=0,
        waiting=3,
        waits_for=runs,
        hold=None,
        seconds=0.1,
    )
    print_cleaned(told)
    assert said in capsys.readouterr().out
