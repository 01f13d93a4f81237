"""Tables of results that are kept beside a library."""

from __future__ import annotations

from pathlib import Path

from benchmarks.tables import Table, store, stored


def test_what_is_measured_once_is_kept_with_its_day(tmp_path: Path) -> None:
    table = Table(title="The load", head=("", "ms"), rows=[("all", "5")], notes=["In an empty library."])
    store(tmp_path / "once.json", [table])
    (kept,) = stored(tmp_path / "once.json")
    assert (kept.title, kept.head, kept.rows) == (table.title, table.head, table.rows)
    assert kept.notes[0] == "In an empty library."
    assert "when this library was made" in kept.notes[1]


def test_nothing_is_kept_where_nothing_was_measured(tmp_path: Path) -> None:
    assert stored(tmp_path / "once.json") == []
