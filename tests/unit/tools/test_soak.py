"""`make soak` goes on where it was, and never takes a proof of other code for one of this."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.tools.soak import CODE, digest_of, left, proofs, remember, remembered


def test_what_passed_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "soak" / "passed.json"
    first, second, *others = proofs()
    assert left(proofs(), remembered(path, "code")) == proofs()
    remember(path, "code", [first.title])
    remember(path, "code", [first.title, second.title])
    assert left(proofs(), remembered(path, "code")) == others
    assert left(proofs(), remembered(path, "other code")) == proofs()


@pytest.mark.parametrize("name", CODE)
def test_a_change_of_the_code_asks_for_every_proof_anew(tmp_path: Path, name: str) -> None:
    for each in CODE:
        path = tmp_path / each if "." in each else tmp_path / each / "deep" / "file.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1")
    before = digest_of(tmp_path)
    assert before == digest_of(tmp_path)
    (tmp_path / name if "." in name else tmp_path / name / "deep" / "file.py").write_text("2")
    assert digest_of(tmp_path) != before
