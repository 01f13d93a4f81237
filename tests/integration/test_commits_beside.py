"""Transactions of a pass beside each other: the heartbeat goes on, others wait, and a lost lease undoes them."""

from __future__ import annotations

import psycopg
import pyarrow as pa
import pytest

from mirrorlake.catalog import datasources, label_files, leases, runs
from mirrorlake.catalog.runs import Lease
from mirrorlake.catalog.staging import leased, leased_beside
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import LeaseLost
from mirrorlake.model.sources import Access, Datasource, Location, MirrorSettings, Provider
from mirrorlake.postgres.pool import Catalog

QUICK = "SET lock_timeout = '10ms'"


@pytest.fixture
def source(empty_catalog: Catalog) -> Datasource:
    location = Location(provider=Provider.S3, container="b")
    return datasources.create(empty_catalog, name=None, location=location, access=Access(), settings=MirrorSettings())


@pytest.fixture
def lease(empty_catalog: Catalog, source: Datasource, monkeypatch: pytest.MonkeyPatch) -> Lease:
    monkeypatch.setattr(leases, "HEARTBEAT_S", 3600)  # each test beats itself
    return runs.begin(empty_catalog, source.id, "mirror")


def known(catalog: Catalog, source: Datasource) -> list[str]:
    return [key for batch in label_files.known(catalog, source.id) for key in batch.column("key").to_pylist()]


def listed(*keys: str) -> pa.RecordBatch:
    return pa.record_batch({"key": [*keys], "size": [1] * len(keys), "token": ["t"] * len(keys)})


def test_the_heartbeat_renews_the_lease_while_transactions_beside_each_other_are_open(
    empty_catalog: Catalog, lease: Lease
) -> None:
    with empty_catalog.session() as heart:
        heart.execute(QUICK)
        renew, values = statement("renew_lease").query, {**lease.values(), "moved": True, "retrying": False}
        with leased(lease), pytest.raises(psycopg.errors.LockNotAvailable):
            heart.execute(renew, values)
        with leased_beside(lease), leased_beside(lease):
            assert heart.execute(renew, values).rowcount == 1
    lease.close()


def test_commits_of_other_passes_and_edits_of_the_store_wait_for_them(
    empty_catalog: Catalog, source: Datasource, lease: Lease
) -> None:
    edit, values = statement("lock_store_for_edit").query, {"datasource_id": source.id}
    with empty_catalog.session() as other:
        other.execute(QUICK)
        with leased_beside(lease), pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(edit, values)
        assert other.execute(edit, values).rowcount == 1
    lease.close()


def test_a_takeover_in_between_undoes_what_was_written(
    empty_catalog: Catalog, source: Datasource, lease: Lease
) -> None:
    def write_and_lose() -> None:
        with leased_beside(lease) as staging:
            staging.run("create_staged_label")
            staging.copy("staged_label", listed("b.txt"), by="key")
            staging.run("record_label_files")
            with empty_catalog.write() as connection:
                connection.execute("UPDATE lease SET holder = gen_random_uuid()")

    label_files.record_listed(lease, listed("a.txt"))
    with pytest.raises(LeaseLost):
        write_and_lose()
    assert known(empty_catalog, source) == ["a.txt"]
    with pytest.raises(LeaseLost):
        label_files.record_listed(lease, listed("c.txt"))
    assert known(empty_catalog, source) == ["a.txt"]
    lease.close()
