"""What `mirrorlake thumbnails clean` says of files that it could not remove yet."""

from __future__ import annotations

import pytest

from mirrorlake.cli.commands.thumbnails import tell_cleaned
from mirrorlake.model.thumbnails import Cleaning


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ((4, 7), "3 files wait for the end of run 4, run 7; run this command again then."),
        ((), "3 files wait for this command to be run again."),  # the runs ended while it was at work
    ],
)
def test_what_waits_says_for_what(runs: tuple[int, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
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
    tell_cleaned(told)
    assert said in capsys.readouterr().out
