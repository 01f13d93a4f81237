"""The kept counts of fields and values equal a recount of all assets, whatever changed them, folded at any time."""

from __future__ import annotations

import json
import random

import pytest
from tests.support.field_recount import counted, recount

from mirrorlake.catalog import edits, field_counts
from mirrorlake.catalog.known_keys import get_key, list_keys
from mirrorlake.model.edits import Edit
from mirrorlake.postgres.pool import Catalog

VALUES = (
    1, 1.0, 1.5, -0.299, 0.29, 1e300, 12345678901, True, False, "1", "true", "", "ü", "x" * 250, "2026-02-28",
    "2026-02-30", "2024-02-29T10:00:00+02:00",
)  # fmt: skip
KEYS = ("a", "b", "A.b", "c")
INSERT = """
INSERT INTO asset (datasource_id, key, name, state, token, size, modified, kind, media_type, width, height, orientation,
  digest, placeholder, facts, metadata)
SELECT 1, n::text, n::text, CASE WHEN n %% 7 = 0 THEN 2 ELSE 0 END, '', n * 997,
  CASE WHEN n %% 3 = 0 THEN NULL ELSE '2026-01-31T23:30:00Z'::timestamptz + n * interval '1 hour' END,
  'image', (ARRAY['image/png', 'image/jpeg'])[1 + n %% 2], n, 10, 1, '', 'thumb',
  CASE n %% 4 WHEN 0 THEN '{}' WHEN 1 THEN '{"iso": 100, "list": [1]}'
    ELSE '{"make": "x", "keywords": ["u", "v"]}' END::jsonb, %s::jsonb
FROM generate_series(%s::integer, %s) AS n
"""


@pytest.fixture
def library(empty_catalog: Catalog) -> Catalog:
    with empty_catalog.write() as connection:
        connection.execute("INSERT INTO datasource (name, uri, access, settings) VALUES ('a', 's3://b/', '{}', '{}')")
    return empty_catalog


class Changes:
    """Random changes of a library."""

    def __init__(self, catalog: Catalog, seed: int) -> None:
        self.catalog = catalog
        self.random = random.Random(seed)  # noqa: S311 - changes, not secrets

    def metadata(self) -> dict[str, object]:
        return {key: self.random.choice(VALUES) for key in self.random.sample(KEYS, self.random.randrange(4))}

    def run(self, sql: str, *values: object) -> None:
        with self.catalog.write() as connection:
            connection.execute(sql.encode(), values)

    def some(self) -> list[int]:
        with self.catalog.read() as connection:
            ids = [row[0] for row in connection.execute("SELECT id FROM asset ORDER BY id")]
        return self.random.sample(ids, min(len(ids), self.random.randrange(1, 6)))

    def step(self) -> None:
        some = self.some()
        match self.random.randrange(10):
            case 0 | 1:
                first = self.random.randrange(10_000)
                self.run(INSERT, json.dumps(self.metadata()), first, first + self.random.randrange(5))
            case 2:
                self.run("UPDATE asset SET metadata = %s WHERE id = ANY(%s)", json.dumps(self.metadata()), some)
            case 3:
                self.run("UPDATE asset SET state = 2 WHERE id = ANY(%s)", some)
            case 4:
                self.run("UPDATE asset SET state = 0, updated = now() WHERE id = ANY(%s)", some)
            case 5:
                self.run("UPDATE asset SET size = size * 3, kind = 'video', width = NULL WHERE id = ANY(%s)", some)
            case 6:
                self.run("DELETE FROM asset WHERE id = ANY(%s)", some[:2])
            case 7 | 8:
                tags = self.random.sample(["t", "u", "v"], 2)
                edit = Edit(metadata=self.metadata(), add_tags=(tags[0],), remove_tags=(tags[1],))  # pyright: ignore[reportArgumentType]
                edits.apply(self.catalog, map(str, some), edit)
            case _:
                # Several changes of one asset in one transaction, after which it may be as it was.
                with self.catalog.write() as connection:
                    for state in (2, 0, self.random.choice([0, 2])):
                        connection.execute("UPDATE asset SET state = %s WHERE id = ANY(%s)", (state, some))


@pytest.mark.parametrize("seed", range(3))
def test_counts_equal_a_recount_after_random_changes(
    library: Catalog, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(field_counts, "FOLD_ASSETS", 2)  # a change of one asset may be folded before another one's
    changes = Changes(library, seed)
    changes.run(INSERT, json.dumps({"a": 1}), 1, 10)
    for turn in range(80):
        changes.step()
        if turn % 10 == 9:
            field_counts.fold(library, seconds=0)
        if turn % 20 == 19:
            assert field_counts.fold(library)
            assert field_counts.pending(library) == 0
            assert counted(library) == recount(library)
    field_counts.forget(library)
    changes.step()
    field_counts.fold(library)
    assert counted(library) == recount(library)


def test_changes_that_are_not_committed_are_counted_when_they_are(library: Catalog) -> None:
    changes = Changes(library, 0)
    changes.run(INSERT, '{"a": 1}', 1, 6)
    field_counts.fold(library)
    with library.write() as open_change:
        open_change.execute("UPDATE asset SET metadata = '{\"b\": 2}' WHERE id = 1")
        changes.run("UPDATE asset SET metadata = '{\"a\": 3}' WHERE id = 2")
        assert field_counts.fold(library)
        assert counted(library) == recount(library)
        assert get_key(library, "b", values=1) is None
    field_counts.fold(library)
    assert counted(library) == recount(library)
    assert get_key(library, "b", values=1) is not None


def test_a_key_with_too_many_values_lists_frequent_ones_exactly(
    library: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(field_counts, "_LIMITS", {**field_counts._LIMITS, "most": 20, "kept": 5})
    changes = Changes(library, 0)
    changes.run(INSERT, "{}", 1, 60)
    changes.run(
        "UPDATE asset SET metadata ="
        " jsonb_build_object('n', CASE WHEN id %% 2 = 0 THEN 7 ELSE id END, 'm', %s::integer - id %% 3)",
        5,
    )
    field_counts.fold(library)
    changes.run("UPDATE asset SET metadata = '{}' WHERE id = 2")
    field_counts.fold(library)
    capped, whole = get_key(library, "n", values=3), get_key(library, "m", values=5)
    assert capped is not None
    assert whole is not None
    truth = recount(library)
    assert (capped.complete, capped.distinct, whole.complete, whole.distinct) == (False, 5, True, 3)
    assert (capped.values[0].value, capped.values[0].assets) == (7, truth["values"]["metadata.n", "7", "n"])
    assert capped.assets == truth["fields"]["metadata.n"]
    assert (capped.low, capped.high) == (1, 59)
    field_counts.forget(library)
    changes.run("UPDATE asset SET metadata = '{\"n\": 1}'")
    field_counts.fold(library)
    again = get_key(library, "n", values=3)
    assert again is not None
    assert (again.complete, again.distinct) == (True, 1)


def test_keys_have_types_ranges_and_examples(library: Catalog) -> None:
    changes = Changes(library, 0)
    for values in ({"t": "2026-01-05", "x": 1}, {"t": "2024-12-31T10:00Z", "x": "one"}, {"t": "soon", "x": 2.5}):
        changes.run(INSERT, json.dumps(values), 1, 1)
    found = list_keys(library, contains=None, limit=10, values=2)
    assert (found.total, found.pending) == (2, 0)
    dates, mixed = found.keys
    assert (dates.key, dates.type, dates.mixed, dates.types) == ("t", "date", False, {"string": 1, "date": 2})
    assert (dates.first, dates.last, dates.low) == ("2024-12-31", "2026-01-05", None)
    assert (mixed.type, mixed.mixed, mixed.types) == ("number", True, {"string": 1, "number": 2})
    assert (mixed.low, mixed.high, [one.value for one in mixed.values]) == (1, 2.5, [1, 2.5])
    assert [one.key for one in list_keys(library, contains="X", limit=10, values=0).keys] == ["x"]


def test_recording_changed_assets_does_not_take_quadratic_time(library: Catalog):
    """The plan of the trigger's join is kept for a session, and the first statement often changes nothing."""
    with library.write() as connection:
        connection.execute(INSERT, ("{}", 1, 300))
        plans: list[str] = []
        connection.add_notice_handler(lambda notice: plans.append(notice.message_primary or ""))
        connection.execute("LOAD 'auto_explain'")
        for name, value in (("log_level", "notice"), ("log_min_duration", "0"), ("log_nested_statements", "on")):
            connection.execute("SELECT set_config('auto_explain.' || %s, %s, true)", (name, value))
        connection.execute("UPDATE asset SET size = size + 1 WHERE id < 0")
        connection.execute("UPDATE asset SET size = size + 1")
    joins = [plan for plan in plans if "INSERT INTO asset_before" in plan and " Join" in plan]
    assert joins
    assert not [plan for plan in joins if "Nested Loop" in plan]
