"""The tests of a fresh clone are compiled once, before several processes import them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.tools import bytecode


def test_a_fresh_clone_is_imported_once_in_two_parts_that_are_the_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bytecode, "ROOT", tmp_path)
    monkeypatch.setattr(bytecode, "COLLECT", ("sh", "-c", 'echo "$@" >> calls', "sh"))
    monkeypatch.setattr(bytecode.sys, "dont_write_bytecode", False)
    bytecode.compile_tests()
    one, other = sorted((tmp_path / "calls").read_text().splitlines(), key=len)
    assert other.split() == ["tests", *(f"--ignore={folder}" for folder in one.split())]

    compiled = tmp_path / "tests" / "architecture" / "__pycache__" / "test_shape.cpython-311-pytest-9.2.0.pyc"
    compiled.parent.mkdir(parents=True)
    compiled.touch()
    (tmp_path / "calls").unlink()
    bytecode.compile_tests()
    assert not (tmp_path / "calls").exists()


def test_what_pytest_leaves_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the name of these files another, all tests would be imported before each run."""
    assert any(bytecode.ROOT.glob("tests/unit/tools/__pycache__/test_bytecode.*-pytest-*.pyc")) or (
        bytecode.sys.dont_write_bytecode
    )
