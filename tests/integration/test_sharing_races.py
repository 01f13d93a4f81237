"""Another datasource lets go of an object between the plan of a pass and its commit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.passes import put_all
from tests.support.two import KEYS, Two, planned_nothing

from mirrorlake.mirror import execute
from mirrorlake.postgres.pool import Catalog


@pytest.fixture
def two(empty_catalog: Catalog, tmp_path: Path) -> Two:
    return Two(empty_catalog, tmp_path)


def once_planned(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do this after the next pass has made its plan, before it commits any of it."""
    commit_unread = execute.commit_unread

    def acted(*arguments: Any) -> None:
        monkeypatch.setattr(execute, "commit_unread", commit_unread)
        act()
        commit_unread(*arguments)

    monkeypatch.setattr(execute, "commit_unread", acted)


@pytest.mark.parametrize("seen_by_the_younger", [False, True])
def test_whoever_inherits_an_asset_while_it_works_reads_its_own_sidecar(
    two: Two, monkeypatch: pytest.MonkeyPatch, *, seen_by_the_younger: bool
):
    put_all(two.store, KEYS)
    two.sidecar("a/0", n=1)
    two.older.run()
    if seen_by_the_younger:
        two.younger.run()
    two.sidecar("a/0", n=2, more=True)
    two.older.change(globs=("b/**",))
    once_planned(monkeypatch, two.older.run)
    two.younger.run()
    assert two.all()["a/0.png"].datasource == two.younger.source.name
    two.younger.run()
    assert two.all()["a/0.png"].metadata == {"n": 2, "more": True}
    assert planned_nothing(two.younger.run())
