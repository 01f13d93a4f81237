"""Every named statement is understood by the real database."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import TupleRow
from tests.support.postgres import Server

from mirrorlake.catalog import facets
from mirrorlake.catalog.statements import Statement, all_statements
from mirrorlake.postgres.migrate import create_schema
from mirrorlake.postgres.pool import Catalog

PREPARABLE = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
CONTINUED = {
    "run_columns": ["list_runs", "one_run", "last_runs", "last_passes", "runs_at_work"],
    "job_columns": ["list_jobs", "one_job"],
    "asset_columns": ["asset_by_id"],
    "ontology_columns": ["list_ontologies", "ontology_by_name"],
    "snapshot_columns": ["snapshot_by_name", "snapshots_newest_first", "snapshots_at"],
    "annotation_columns": ["annotations_of_asset", "annotations_of_asset_in"],
}
CHOSEN = "WITH chosen AS (SELECT id FROM asset)\n"
OF_CHOSEN = [
    "class_counts",
    "annotated_counts",
    "box_sizes",
    "box_centres",
    "match_label_images",
    "match_label_digests",
    "labelled_images",
    "exported_images",
    "insert_batches",
    "count_edit",
    "assign_split",
    "folder_children_of",
    "row_metadata_types",
    "count_chosen",
    "count_chosen_missing",
    "plan_assets",
    "plan_removed",
    "plan_again",
    "plan_failed_again",
    "count_looks",
    "keys_to_look_at",
    "read_texts_again",
    "embed_again",
]
FOUND = "WITH found AS MATERIALIZED (SELECT * FROM asset)"
OF_FOUND = [f"facet_{name}" for name in (*facets.COLUMNS, *facets.JOINED)]
COLUMNS_OF_ROWS = ["row_tags", "row_projects", "row_split", "row_annotations"]
ORDERS_OF_ROWS = ["rows_of_chosen", "rows_in_place"]


def is_fragment(statement: Statement) -> bool:
    return statement.description.startswith("Fragment")


def whole_statements() -> list[tuple[str, str]]:
    found = all_statements()
    whole = [(name, one.text) for name, one in found.items() if not is_fragment(one)]
    whole += [
        (f"{first}+{then}", f"{found[first].text}\n{found[then].text}")
        for first, all_ in CONTINUED.items()
        for then in all_
    ]
    whole += [(f"chosen+{name}", CHOSEN + found[name].text) for name in OF_CHOSEN]
    whole += [(name, f"SELECT {found[name].text} FROM asset") for name in COLUMNS_OF_ROWS]  # noqa: S608 - our own texts
    whole += [(f"found+{name}", f"{FOUND} {found[name].text}") for name in OF_FOUND]
    pairs, values = found["facet_pairs"], found["facet_values"]
    whole.append(("found+facet_values", f"{FOUND}, {pairs.text} {values.text}"))
    placed = CHOSEN.replace("SELECT id", "SELECT id, id AS place")
    whole += [(name, f"{placed} SELECT asset.id {found[name].text}") for name in ORDERS_OF_ROWS]
    return whole


def numbered(text: str) -> str:
    """psycopg's named placeholders as the server's numbered ones."""
    places = iter(range(1, text.count("%s") + 1))
    text = re.sub("%s", lambda _: f"${next(places)}", text)
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)))
    return re.sub(r"%\((\w+)\)s", lambda match: f"${names.index(match[1]) + 1}", text)


@pytest.fixture(scope="module")
def staging(postgres_server: Server) -> Iterator[psycopg.Connection[TupleRow]]:
    conninfo = postgres_server.new_database()
    with psycopg.connect(conninfo) as session:
        create_schema(session, "workspace_9")
    # A workspace finds nothing in the schema `public`, so no statement may name an object of an extension there.
    with Catalog(conninfo) as catalog, catalog.in_schema("workspace_9").session() as session:
        for name in ("create_staged", "create_merged", "create_sibling"):
            session.execute(all_statements()[name].query)
        for name in ("touched", "touched_before", "touched_tag", "field_delta", "bucket_delta"):
            session.execute(all_statements()[f"create_{name}"].query)
        for name in ("create_label_image", "create_label_match", "create_restored"):
            session.execute(all_statements()[name].query.replace(b"ON COMMIT DROP", b""))
        yield session


@pytest.mark.parametrize(("name", "text"), whole_statements(), ids=lambda value: value if "\n" not in value else "")
def test_statement_prepares_on_the_real_schema(staging: psycopg.Connection[TupleRow], name: str, text: str) -> None:
    if not text.startswith(PREPARABLE):
        if text.startswith("SET TRANSACTION"):
            return
        if text.startswith("LOCK TABLE"):
            with staging.transaction():
                staging.execute(text.encode())
            return
        assert text.startswith("CREATE TEMP TABLE"), "only staging tables cannot be prepared"
        staging.execute(re.sub("TABLE (label_|restored)", r"TABLE other_\1", text).encode())
        return

    staging.execute(f"PREPARE it AS {numbered(text)}".encode())
    staging.execute("DEALLOCATE it")


def test_every_fragment_is_part_of_a_whole_statement():
    fragments = {name for name, one in all_statements().items() if is_fragment(one)}

    continued = {*CONTINUED, *(then for all_ in CONTINUED.values() for then in all_)}
    assert fragments == {
        *continued,
        *OF_CHOSEN,
        *OF_FOUND,
        "facet_pairs",
        "facet_values",
        *COLUMNS_OF_ROWS,
        *ORDERS_OF_ROWS,
    }
