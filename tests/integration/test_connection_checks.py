"""Which checks of connections are due, and what pauses and resumes, in a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mirrorlake.catalog import connection_checks, connections, datasources, queue, runs, schedules
from mirrorlake.catalog.connections import ConnectionValues
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.settings import Settings
from mirrorlake.mirror.connection_health import Origins, check_connection
from mirrorlake.model.access import LIBRARY
from mirrorlake.model.connections import AbilityCheck, Connection, ConnectionKind, ConnectionSettings, Health
from mirrorlake.model.objects import Requests
from mirrorlake.model.runs import Counts, RunState
from mirrorlake.model.schedule import OFF, Every, Schedule
from mirrorlake.model.sources import Access, Datasource, Location, MirrorSettings, Provider
from mirrorlake.postgres.pool import Catalog

HOUR = timedelta(hours=1)
VALUES = ConnectionValues(
    settings=ConnectionSettings(region="us-east-1", bucket="photos"),
    references={},
    secret_names=(),
    sealed=None,
    trusted=True,
)


@pytest.fixture
def catalog(empty_catalog: Catalog) -> Catalog:
    return empty_catalog


@pytest.fixture
def lake(catalog: Catalog) -> Connection:
    return connections.add(catalog, "lake", ConnectionKind.AWS_AMBIENT, "id-1", VALUES, details={}, by=LIBRARY)


def source(catalog: Catalog, lake: Connection | None, name: str = "photos", schedule: Schedule = OFF) -> Datasource:
    return datasources.create(
        catalog,
        name=name,
        location=Location(provider=Provider.S3, container=name),
        access=Access(),
        settings=MirrorSettings(schedule=schedule),
        connection_id=None if lake is None else lake.id,
    )


def health(check: str, *, ok: bool) -> Health:
    row = AbilityCheck(check=check, ok=ok, message=f"The {check} is {'fine' if ok else 'broken'}.")
    return Health(ok=ok, checked=datetime.now(UTC), checks=(row,))


def due(catalog: Catalog, after: timedelta = timedelta()) -> list[str]:
    """The connections whose check is due then; what was queued is executed by nobody and forgotten."""
    found = connection_checks.enqueue_due(catalog, schedules.database_time(catalog) + after)
    with catalog.write() as connection:
        connection.execute("DELETE FROM job WHERE kind = 'connection_check'")
    return list(found)


def test_a_connection_without_datasources_is_never_due(catalog: Catalog, lake: Connection) -> None:
    assert due(catalog, timedelta(days=9)) == []
    connections.store_health(catalog, lake.name, health("list", ok=False))
    assert due(catalog, timedelta(days=9)) == []


def test_a_connection_is_checked_once_a_day_and_more_often_while_it_is_broken(
    catalog: Catalog, lake: Connection
) -> None:
    source(catalog, lake, schedule=Every(1))
    assert due(catalog) == ["lake"]  # never checked, and a schedule relies on it
    connections.store_health(catalog, lake.name, health("list", ok=True))
    assert (due(catalog), due(catalog, HOUR), due(catalog, 25 * HOUR)) == ([], [], ["lake"])
    connections.store_health(catalog, lake.name, health("list", ok=False))
    assert (due(catalog), due(catalog, timedelta(minutes=16))) == ([], ["lake"])


def test_a_check_is_queued_once(catalog: Catalog, lake: Connection) -> None:
    source(catalog, lake, schedule=Every(1))
    now = schedules.database_time(catalog)
    assert connection_checks.enqueue_due(catalog, now) == ["lake"]
    assert connection_checks.enqueue_due(catalog, now) == []


def test_a_failed_run_makes_a_check_due(catalog: Catalog, lake: Connection) -> None:
    source(catalog, lake)
    connections.store_health(catalog, lake.name, health("list", ok=True))
    assert due(catalog) == []
    queue.request(catalog, "photos", requested_by="Ada")
    lease = queue.claim(catalog)
    assert isinstance(lease, Lease)
    runs.finish(lease, state=RunState.FAILED, counts=Counts(), requests=Requests(), bytes_read=0, error="denied")
    assert due(catalog) == ["lake"]
    connections.store_health(catalog, lake.name, health("list", ok=True))
    assert due(catalog) == []


def test_only_schedules_of_a_broken_connection_pause_and_each_has_one_run_when_it_works_again(
    catalog: Catalog, lake: Connection
) -> None:
    source(catalog, lake, "photos", Every(1))
    source(catalog, None, "others", Every(1))
    connections.store_health(catalog, lake.name, health("list", ok=False))
    later = schedules.database_time(catalog) + 3 * HOUR
    assert [one.datasource for one in schedules.enqueue_due(catalog, later)] == ["others"]
    paused = {one.name: one.paused for one in datasources.list_summaries(catalog)}
    assert paused == {"photos": "The connection lake does not work: The list is broken.", "others": None}
    connections.store_health(catalog, lake.name, health("list", ok=True))
    assert [one.datasource for one in schedules.enqueue_due(catalog, later)] == ["photos"]
    assert datasources.summary(catalog, "photos").paused is None


def test_a_missing_cors_rule_pauses_nothing(catalog: Catalog, lake: Connection) -> None:
    source(catalog, lake, schedule=Every(1))
    connections.store_health(catalog, lake.name, health("presigned get", ok=False))
    assert datasources.summary(catalog, "photos").paused is None


def test_a_changed_connection_does_not_pause_until_it_was_checked(catalog: Catalog, lake: Connection) -> None:
    source(catalog, lake)
    connections.store_health(catalog, lake.name, health("list", ok=False))
    assert datasources.summary(catalog, "photos").paused is not None
    connections.change(catalog, connections.named(catalog, lake.name), VALUES, details={}, by=LIBRARY)
    assert datasources.summary(catalog, "photos").paused is None


def test_a_corrected_region_is_kept_with_all_other_settings(catalog: Catalog, lake: Connection) -> None:
    connection_checks.correct_region(catalog, lake, "eu-west-1")
    found = connections.named(catalog, "lake").connection
    assert found.settings == replace(lake.settings, region="eu-west-1")


@pytest.mark.parametrize(
    "kind", [ConnectionKind.AWS_KEYS, ConnectionKind.AZURE_KEY, ConnectionKind.GCS_SERVICE_ACCOUNT]
)
def test_a_connection_that_lost_its_secrets_says_so(catalog: Catalog, tmp_path: Path, kind: ConnectionKind) -> None:
    settings = ConnectionSettings(bucket="photos", account="photoslake")
    connections.add(catalog, "bare", kind, "id-2", replace(VALUES, settings=settings), details={}, by=LIBRARY)
    found = check_connection(Settings(home=tmp_path), catalog, connections.named(catalog, "bare"), Origins())
    (row,) = found.checks
    assert (found.ok, row.check) == (False, "authenticate")
    assert f"A connection of the kind {kind.value} needs " in row.message
    assert "internal error" not in row.message
    assert row.fix is not None
    assert row.fix.startswith("Specify --")
