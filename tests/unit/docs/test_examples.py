"""The examples of pages are found with what they print, and compared as the support module promises."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.documents import blocks, is_as_shown


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\n", "a\n", True),
        ("a\n", "b\n", False),
        ("new 3 …\n", "new    3  added\n", True),
        ("new 3 …\n", "new    4  added\n", False),
        ("…\nend\n", "one\ntwo\nend\n", True),
        ("…\nend\n", "end\nmore\n", False),
        ("  ^\n", "  ^\n", True),
        ("", "", True),
        ("done\n", "restoring the catalog: 94 of 641\ndone\n", True),
        ("done\n", "job 3: running, 1,200 of 5,000\nlisting: 5 objects so far\ndone\n", True),
        ("job 3: running, …\n", "job 3: running, 1,200 of 5,000\n", True),
        ("done\n", "job 3: failed, 5 of 6\ndone\n", False),
    ],
)
def test_what_is_shown_is_compared_by_words_and_gaps(shown: str, printed: str, *, same: bool) -> None:
    assert is_as_shown(shown, printed) == same


def test_a_block_has_its_note_and_its_output(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```sh\nfirst\n```\n\n```text\nshown\n```\n\n<!-- exit: 2 -->\n```sh\nsecond\n```\n\n"
        "<!-- not run: reason -->\n```python\nthird\n```\n\n```json\n{}\n```\n"
    )
    first, second, third = blocks(page)
    assert (first.source, first.shown, first.exit_code) == ("first\n", "shown\n", 0)
    assert (second.shown, second.exit_code, second.runs) == (None, 2, True)
    assert (third.language, third.runs) == ("python", False)
