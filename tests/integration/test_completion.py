"""Completion of queries over a real library: keys, values and names with their counts, as a query contains them."""

from __future__ import annotations

import pytest

from mirrorlake.catalog import field_counts
from mirrorlake.core.errors import UsageError
from mirrorlake.model.completions import Suggestion
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.completion import complete
from mirrorlake.search.run import search


@pytest.fixture(scope="module")
def library(catalog: Catalog) -> Catalog:
    with catalog.write() as connection:
        connection.execute(
            "INSERT INTO datasource (name, uri, access, settings) VALUES ('yard', 's3://b/', '{}', '{}')"
        )
        connection.execute(
            """
            INSERT INTO asset (id, datasource_id, key, name, state, token, size, kind, media_type, width, height,
              orientation, digest, placeholder, facts, metadata)
            SELECT n, 1, n::text, n::text, 0, '', n, 'image', 'image/png', 1, 1, 1, '', 'x', '{"iso": 100}',
              jsonb_build_object('site', (ARRAY['hall 3', 'hall 4', 'yard'])[1 + n % 3], 'capture.temperature', n,
                'code', n::text, 'reviewed', n % 2 = 0, 'taken', '2026-01-0' || n)
            FROM generate_series(1, 9) AS n
            """
        )
        connection.execute("INSERT INTO asset_tag VALUES ('night shift', 1), ('night', 2), ('night', 3)")
        connection.execute("INSERT INTO project (name) VALUES ('Roads 2026')")
    field_counts.fold(catalog)
    return catalog


def texts(library: Catalog, query: str, position: int | None = None) -> list[str]:
    return [one.text for one in complete(library, query, position).suggestions]


def first(library: Catalog, query: str) -> Suggestion:
    return complete(library, query).suggestions[0]


def test_keys_are_found_by_any_part_with_counts_and_types(library: Catalog) -> None:
    assert texts(library, "metadata.")[:2] == ["metadata.capture.temperature", "metadata.code"]
    found = first(library, "-metadata.TEMP")
    assert (found.text, found.label, found.assets, found.type) == (
        "metadata.capture.temperature", "capture.temperature", 9, "number",
    )  # fmt: skip
    assert texts(library, "facts.i") == ["facts.iso"]
    assert "metadata.capture.temperature" in texts(library, "temp")
    assert texts(library, "ni")[-2:] == ["tag:night", 'tag:"night shift"']


def test_parts_of_an_asset_are_completed_with_keys(library: Catalog) -> None:
    assert texts(library, "has:") == ["annotations", "text", "metadata.", "facts."]
    assert texts(library, "has:metadata.temp") == ["metadata.capture.temperature"]
    assert texts(library, "-has:facts.") == ["facts.iso"]


def test_a_whole_key_is_followed_by_the_operators_of_its_type(library: Catalog) -> None:
    assert texts(library, "metadata.site") == ["metadata.site:", "metadata.site!="]
    assert "metadata.capture.temperature>=" in texts(library, "metadata.capture.temperature")


def test_values_are_quoted_where_needed_and_the_query_finds_what_was_counted(library: Catalog) -> None:
    assert texts(library, "metadata.site:ha") == ['"hall 3"', '"hall 4"']
    assert texts(library, "metadata.code:1") == ['"1"']
    for query in (
        "metadata.site:",
        "metadata.code:",
        "metadata.reviewed:",
        "metadata.taken:",
        "tag:",
        "kind:",
        "type:",
    ):
        found = complete(library, query)
        assert found.suggestions
        for one in found.suggestions:
            assert search(library, query[: found.start] + one.text, limit=1).total == one.assets


def test_a_suggestion_replaces_the_whole_value_around_the_position(library: Catalog) -> None:
    query = 'metadata.site:"ha" tag:night'
    found = complete(library, query, len('metadata.site:"h'))
    assert query[found.start : found.end] == '"ha"'
    assert [one.label for one in found.suggestions] == ["hall 3", "hall 4"]


def test_names_states_and_sorts_complete(library: Catalog) -> None:
    assert texts(library, "project:roa") == ['"Roads 2026"']
    assert texts(library, "datasource:") == ["yard"]
    assert texts(library, "state:m") == ["missing"]
    assert texts(library, "split:") == ["train", "valid", "test", "none"]
    assert texts(library, "-split:V") == ["valid"]
    assert texts(library, "sort:-si") == ["-size"]
    assert texts(library, "sort:metadata.temp") == ["metadata.capture.temperature"]
    assert texts(library, "sort:size:d") == ["size:desc"]
    assert "AND" in texts(library, "tag:x A")
    assert texts(library, '"free te') == []


def test_a_position_outside_of_the_query_is_refused(library: Catalog) -> None:
    with pytest.raises(UsageError, match="outside"):
        complete(library, "abc", 4)
