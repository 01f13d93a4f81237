"""What `mirrorlake thumbnails clean` prints."""

from __future__ import annotations

import pytest

from mirrorlake.cli.commands.thumbnails import print_cleaned
from mirrorlake.model.thumbnails import Cleaning


def test_a_cleanup_reports_what_it_removed_moved_and_merged(capsys: pytest.CaptureFixture[str]) -> None:
    print_cleaned(
        Cleaning(left_over=3, young=2, removed=3, removed_bytes=3000, packed=7, repacked=1, hold=None, seconds=0.1)
    )
    assert capsys.readouterr().out.splitlines() == [
        "3 thumbnails removed, 3.0 kB.",
        "7 files moved into packs.",
        "1 pack merged or rewritten.",
        "2 recently written thumbnails kept.",
    ]
