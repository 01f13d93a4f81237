"""Groups of near-duplicates are complete, found once, and the same on pages of any size."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from tests.support.commits import Pass, commit_rows, processed_row
from typer.testing import CliRunner

from mirrorlake.api import create_app
from mirrorlake.cli.commands import duplicates as command
from mirrorlake.cli.main import build_command
from mirrorlake.client import Mirrorlake
from mirrorlake.core.errors import UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.model.access import LIBRARY
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search import duplicates
from mirrorlake.search.compile import compile_query
from mirrorlake.search.duplicates import list_duplicates
from mirrorlake.search.grammar import parse
from mirrorlake.services.base import Resources
from mirrorlake.services.library import LocalLibrary

NEAR, ORIGINALS, COPIES = 8, 30, 4


@pytest.fixture
def working(empty_catalog: Catalog) -> Iterator[Pass]:
    work = Pass(empty_catalog)
    try:
        yield work
    finally:
        work.lease.close()


def _hashes() -> list[int]:
    """Originals and copies of copies, which drift away from the original, in any order."""
    dice = np.random.default_rng(5)
    found: list[int] = []
    for _ in range(ORIGINALS):
        bits = dice.integers(0, 2, 64, dtype=np.uint8)
        for _ in range(int(dice.integers(1, COPIES + 1))):
            found.append(int.from_bytes(np.packbits(bits).tobytes(), signed=True))
            bits = bits.copy()
            bits[dice.choice(64, 6, replace=False)] ^= 1
    return [found[place] for place in dice.permutation(len(found))]


def _expected(hashes: dict[str, int]) -> set[tuple[str, ...]]:
    """The connected groups, by comparing all pairs."""
    names = sorted(hashes)
    group = {name: place for place, name in enumerate(names)}
    for one, other in combinations(names, 2):
        if ((hashes[one] ^ hashes[other]) & (2**64 - 1)).bit_count() <= NEAR:
            joined, kept = group[other], group[one]
            group = {name: kept if each == joined else each for name, each in group.items()}
    members = [tuple(name for name in names if group[name] == each) for each in set(group.values())]
    return {found for found in members if len(found) > 1}


def _pages(catalog: Catalog, query: str, limit: int) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    page = list_duplicates(catalog, query, limit=limit)
    while True:
        assert len(page.groups) <= limit
        found += [tuple(asset.name for asset in group.assets) for group in page.groups]
        if page.next_cursor is None:
            return found
        page = list_duplicates(catalog, query, limit=limit, cursor=page.next_cursor)


def test_groups_are_those_of_comparing_all_pairs(working: Pass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    catalog = working.catalog
    hashes = {f"in/{place:03}.jpg": one for place, one in enumerate(_hashes())}
    commit_rows(working.lease, *(processed_row(name, picture_hash=one) for name, one in hashes.items()))
    ids = working.ids()
    assert sorted(hashes, key=lambda name: int(ids[name])) == list(hashes)
    wanted = _expected(hashes)
    assert len(wanted) > ORIGINALS / 3
    monkeypatch.setattr(duplicates, "BATCH", 7)
    for limit in (1, 3, 100):
        found = _pages(catalog, "", limit)
        assert set(found) == wanted
        assert len(found) == len(wanted)
    assert [names[0] for names in found] == sorted(names[0] for names in found)
    monkeypatch.setattr(duplicates, "PAGE_S", 0.0)  # pages without any group
    assert list_duplicates(catalog, "", limit=5).next_cursor is not None
    monkeypatch.undo()
    some = {name: one for name, one in hashes.items() if not name.endswith(("1.jpg", "2.jpg"))}
    assert set(_pages(catalog, "-filename:*1.jpg -filename:*2.jpg", 100)) == _expected(some) != wanted

    library = LocalLibrary(Resources(Settings(home=tmp_path), catalog), LIBRARY)
    app = create_app(lambda _caller: library, token="t", allowed_hosts=[])
    with TestClient(app, "http://127.0.0.1:8000/api/v1/", headers={"Authorization": "Bearer t"}) as client:
        sdk = Mirrorlake("http://127.0.0.1:8000", api_key="t")
        monkeypatch.setattr(sdk._connection, "_http", client)
        served = [tuple(asset.name for asset in group.assets) for group in sdk.assets.duplicates(limit=5)]
    assert served == found[:5]

    @contextmanager
    def here() -> Generator[LocalLibrary]:
        yield library

    monkeypatch.setattr(command, "open_library", here)
    shown = CliRunner().invoke(build_command(["duplicates", "search"]), ["duplicates", "--json"])
    groups = [json.loads(line) for line in shown.stdout.splitlines()]
    assert {tuple(asset["name"] for asset in group["assets"]) for group in groups} == wanted, shown.output


def test_a_large_group_is_capped_and_a_query_has_no_order(working: Pass, monkeypatch: pytest.MonkeyPatch):
    catalog = working.catalog
    commit_rows(working.lease, *(processed_row(f"in/{place}.jpg", picture_hash=77) for place in range(5)))
    monkeypatch.setattr(duplicates, "MOST", 3)
    (group,) = list_duplicates(catalog, "", limit=5).groups
    assert (len(group.assets), group.capped) == (3, True)
    with catalog.read() as connection:  # of thousands of pictures of one camera, few are held at a time
        finder = duplicates._Finder(connection, compile_query(parse("")).where)
        near = finder.near(finder.next_ids(0))
    assert [len(others) for others in near.values()] == [3] * 5
    for query in ("sort:name", "like:cat"):
        with pytest.raises(UsageError, match="order of their oldest"):
            list_duplicates(catalog, query, limit=5)
    with pytest.raises(UsageError, match="cursor"):
        list_duplicates(catalog, "", limit=5, cursor="e30")
