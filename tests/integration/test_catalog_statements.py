"""Every named statement is understood by the real database."""

from __future__ import annotations

import re

import pytest
from tests.support.postgres import Server

from mirrorlake.catalog.statements import Statement, all_statements
from mirrorlake.postgres.pool import Catalog

PREPARABLE = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
CONTINUED = {
    "run_columns": ["list_runs", "one_run", "last_runs", "last_passes", "runs_at_work"],
    "job_columns": ["list_jobs", "one_job"],
    "asset_columns": ["asset_by_id"],
    "ontology_columns": ["list_ontologies", "ontology_by_name"],
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
]


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
    return whole


def numbered(text: str) -> str:
    """psycopg's named placeholders as the server's numbered ones."""
    text = text.replace("%s", "$1")  # a fragment has at most one
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)))
    return re.sub(r"%\((\w+)\)s", lambda match: f"${names.index(match[1]) + 1}", text)


@pytest.fixture(scope="module")
def staging(postgres_server: Server):
    with Catalog(postgres_server.new_database()) as catalog, catalog.session() as session:
        for name in ("create_staged", "create_merged", "create_sibling"):
            session.execute(all_statements()[name].query)
        for name in ("create_label_image", "create_label_match"):
            session.execute(all_statements()[name].query.replace(b"ON COMMIT DROP", b""))
        yield session


@pytest.mark.parametrize(("name", "text"), whole_statements(), ids=lambda value: value if "\n" not in value else "")
def test_statement_prepares_on_the_real_schema(staging, name: str, text: str):
    if not text.startswith(PREPARABLE):
        if text.startswith("SET TRANSACTION"):
            return
        assert text.startswith("CREATE TEMP TABLE"), "only staging tables cannot be prepared"
        staging.execute(text.replace("TABLE label_", "TABLE other_").encode())
        return

    staging.execute(f"PREPARE it AS {numbered(text)}".encode())
    staging.execute("DEALLOCATE it")


def test_every_fragment_is_part_of_a_whole_statement():
    fragments = {name for name, one in all_statements().items() if is_fragment(one)}

    assert fragments == {*CONTINUED, *(then for all_ in CONTINUED.values() for then in all_), *OF_CHOSEN}
