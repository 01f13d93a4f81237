"""Sources that answer with nonsense: a pass takes what can be taken, says what cannot, and hides nothing."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.passes import Mirrored, picture

from mirrorlake.catalog import runs
from mirrorlake.catalog.pool import Catalog
from mirrorlake.model.runs import OutcomeKind, RunState
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.folder import FolderStore


def deep_file(root: Path, depth: int) -> None:
    """A picture below so many folders that no single path could name it."""
    at = os.open(root, os.O_RDONLY)
    for place in range(depth):
        name = f"{place:0200}"
        os.mkdir(name, dir_fd=at)
        below = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    file = os.open("deep.png", os.O_WRONLY | os.O_CREAT, dir_fd=at)
    os.write(file, picture(99))
    os.close(file)
    os.close(at)


def test_a_path_longer_than_any_key_costs_itself_alone(empty_catalog: Catalog, tmp_path: Path) -> None:
    root = tmp_path / "photos"
    root.mkdir()
    (root / "a.png").write_bytes(picture(1))
    deep_file(root, 25)
    location = Location(provider=Provider.FILE, container=str(root))
    mirrored = Mirrored(empty_catalog, tmp_path, FolderStore(location), location=location)
    for report in (mirrored.run(), mirrored.run()):
        assert (report.state, report.error) == (RunState.SUCCEEDED, None)
        assert (report.counts.listed, report.counts.selected, report.counts.skipped) == (2, 2, 1)
        told = {one.kind: one for one in runs.outcomes(empty_catalog, report.run or 0, limit=9)}
        assert told[OutcomeKind.SKIPPED].key.endswith("/deep.png")
        assert "more than 2,500 bytes" in (told[OutcomeKind.SKIPPED].reason or "")
    assert mirrored.states() == {"a.png": "present"}
