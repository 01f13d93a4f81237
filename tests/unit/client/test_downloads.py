"""Files that the client writes: new ones only, whole ones only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrorlake.client.downloads import save_files
from mirrorlake.core.errors import UsageError


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    save_files(tmp_path / "new" / "a.csv", ["a.csv"], lambda _: iter([b"one", b"two"]))
    assert (tmp_path / "new" / "a.csv").read_bytes() == b"onetwo"
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["a.csv"]


@pytest.mark.parametrize("several", [False, True])
def test_what_appears_while_it_is_written_is_not_replaced(tmp_path: Path, *, several: bool) -> None:
    path = tmp_path / "a"

    def download(_: str) -> Iterator[bytes]:
        yield b"mine"
        path.write_text("somebody else's")

    with pytest.raises(UsageError, match="exists"):
        save_files(path, ["a.csv"], download, several=several)
    assert path.read_text() == "somebody else's"
    assert [one.name for one in tmp_path.iterdir()] == ["a"]


def test_a_file_system_without_links_keeps_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    save_files(tmp_path / "a", ["a"], lambda _: iter([b"mine"]))
    assert (tmp_path / "a").read_bytes() == b"mine"
    with pytest.raises(UsageError, match="exists"):
        save_files(tmp_path / "a", ["a"], lambda _: iter([b"mine"]))
