"""A command that deletes much names the confirmation it needs, and ends like one with a missing option."""

from __future__ import annotations

from contextlib import nullcontext
from types import ModuleType, SimpleNamespace

import pytest

from mirrorlake.cli import exit_codes
from mirrorlake.cli.commands import project_details, snapshot, workspace
from mirrorlake.cli.main import run


@pytest.mark.parametrize(
    ("module", "noun"), [(project_details, "project"), (snapshot, "snapshot"), (workspace, "workspace")]
)
def test_a_deletion_without_its_confirmation_ends_as_wrong_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], module: ModuleType, noun: str
) -> None:
    nouns = SimpleNamespace(get=lambda _name: SimpleNamespace(assets=3, snapshots=0))  # any deletion would raise
    library = SimpleNamespace(**{f"{noun}s": nouns})
    monkeypatch.setattr(module, "open_library", lambda: nullcontext(library))
    assert run([noun, "delete", "old"]) == exit_codes.USAGE
    assert f"mirrorlake {noun} delete old --acknowledge 3" in capsys.readouterr().err
