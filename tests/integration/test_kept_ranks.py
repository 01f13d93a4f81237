"""How many assets come before a value, from kept counts: equal to counting them, whatever changed since."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mirrorlake.catalog import field_counts, folders
from mirrorlake.model.assets import STATE_NUMBERS, AssetState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search import kept_ranks, known_values
from mirrorlake.search.nodes import SortColumn

ASSETS = 400
TRASH = STATE_NUMBERS[AssetState.TRASH]
EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
SIZES = (0, 7, 999, 1_000, 123_456, 9_999_999_999, 10**10, 123_999_999_999, 10**12)


def key(dice: random.Random, number: int) -> str:
    """Files beside folders, empty names, and characters that come before and after /."""
    folders = [dice.choice(["a", "b", "a!", "a0", "", "é", "c d"]) for _ in range(dice.randint(0, 4))]
    return "/".join([*folders, f"{dice.choice(['a', 'z', '!'])}{number}"])


@pytest.fixture(scope="module")
def library(catalog: Catalog) -> Catalog:
    dice = random.Random(12)  # noqa: S311 - a fixed library
    with catalog.write() as connection:
        connection.execute(
            "INSERT INTO datasource (name, uri, access, settings)"
            " VALUES ('a', 's3://a/', '{}', '{}'), ('b', 's3://b/', '{}', '{}')"
        )
        for number in range(1, ASSETS + 1):
            connection.execute(
                "INSERT INTO asset (id, datasource_id, key, name, state, token, size, kind, media_type, width, height,"
                " orientation, digest, placeholder, created)"
                " VALUES (%s, %s, %s, 'x', %s, '', %s, 'image', 'image/png', 1, 1, 1, '', '', %s)",
                (
                    number, dice.randint(1, 2), key(dice, number), TRASH if number % 9 == 0 else 0,
                    dice.choice([*SIZES, dice.randint(0, 10_000)]), EPOCH + timedelta(hours=dice.randint(0, 900)),
                ),
            )  # fmt: skip
    folders.fold(catalog)
    field_counts.fold(catalog)
    return catalog


CHANGES = (
    "SELECT",
    "UPDATE asset SET size = size * 3 + 1, created = created + interval '2 days' WHERE id % 11 = 0",
    "UPDATE asset SET size = 5 WHERE id % 22 = 0; UPDATE asset SET state = 2 - state WHERE state <> 1 AND id % 7 = 0",
    "DELETE FROM asset WHERE id % 13 = 0",
    (
        "INSERT INTO asset (id, datasource_id, key, name, state, token, size, kind, media_type, width, height,"
        " orientation, digest, placeholder) SELECT id + 1000, 2, 'new/' || key, '', state, '', size, kind, media_type,"
        " 1, 1, 1, '', '' FROM asset WHERE id % 5 = 0; UPDATE asset SET size = 77 WHERE id % 1010 = 0"
    ),
    "DELETE FROM asset WHERE datasource_id = 1; DELETE FROM datasource WHERE id = 1",
)


@pytest.mark.parametrize("change", CHANGES)
def test_ranks_from_kept_counts_are_those_of_counting(
    library: Catalog, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr(kept_ranks, "NEAR", 3)
    with library.write() as connection:
        connection.execute(change.encode())
    with library.read(one_snapshot=True) as connection:
        total = count(connection, "TRUE", {})
        ranked = 0
        for by in (SortColumn.KEY, SortColumn.SIZE, SortColumn.CREATED):
            for position in range(0, total, 7):
                found = kept_ranks.last_before(connection, by, position, total)
                if found is None:
                    continue
                ranked += 1
                assert found.before <= position
                assert count(connection, f"{by.value} < %(value)s", {"value": found.value}) == found.before, found
                if by is SortColumn.KEY:  # all that is left to pass is in one folder, or between two
                    assert position - found.before < ASSETS // 4
        assert ranked >= total // 7


def count(connection: Any, condition: str, values: dict[str, Any]) -> int:
    text = f"SELECT count(*) FROM asset WHERE state <> {TRASH} AND {condition}"  # noqa: S608 - ours
    return connection.execute(text, values).fetchone()[0]


def test_what_is_not_counted_has_no_rank(library: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_values, "MOST_PENDING", 0)
    with library.write() as connection:
        connection.execute("UPDATE asset SET size = size + 1 WHERE id = 1")
    with library.read() as connection:
        assert kept_ranks.last_before(connection, SortColumn.SIZE, 50, 100) is None
        assert kept_ranks.last_before(connection, SortColumn.NAME, 50, 100) is None
