"""Webhooks get signed requests when runs start and end: again after errors, never in the way of a run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.hooks import Hooks, receiver
from tests.support.passes import picture

from mirrorlake.catalog import datasources, queue, runs
from mirrorlake.catalog.webhooks import RETRY_AFTER_S
from mirrorlake.connections.signatures import HEADER, is_signed
from mirrorlake.core.errors import NotFound, UsageError
from mirrorlake.core.settings import PRIVATE_NETWORKS, Settings
from mirrorlake.jobs.worker import Stop, Worker
from mirrorlake.model.runs import RunState
from mirrorlake.model.sources import Access, Datasource, Location, MirrorSettings, Provider
from mirrorlake.model.webhooks import DeliveryState, Webhook, WebhookEvent
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.base import Resources
from mirrorlake.services.callers import local_user
from mirrorlake.services.webhooks import WebhookService


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with receiver() as hooks:
        yield hooks


class Place:
    """A library with one folder, its worker and its webhooks."""

    def __init__(self, catalog: Catalog, home: Path, *, networks: tuple[str, ...] = PRIVATE_NETWORKS) -> None:
        self.catalog = catalog
        self.settings = Settings(home=home, allow_addresses=networks)
        self.webhooks = WebhookService(Resources(self.settings, catalog), local_user())

    def source(self, folder: Path, pictures: int = 1) -> Datasource:
        folder.mkdir()
        for number in range(pictures):
            (folder / f"{number}.png").write_bytes(picture(number))
        return datasources.create(
            self.catalog,
            name=folder.name,
            location=Location(provider=Provider.FILE, container=str(folder)),
            access=Access(),
            settings=MirrorSettings(),
        )

    def work(self) -> bool:
        return Worker(self.settings, self.catalog, jobs=1, log=print, stop=Stop()).drain()

    def run(self, source: Datasource) -> int:
        with self.catalog.write() as connection:
            connection.execute("UPDATE job SET finished = finished - interval '2 hours'")  # nothing cools down
        return queue.request(self.catalog, source.name)

    def due_now(self) -> None:
        with self.catalog.write() as connection:
            connection.execute("UPDATE webhook_delivery SET not_before = now() WHERE state = 'waiting'")

    def states(self, webhook: Webhook) -> list[tuple[str, DeliveryState, int]]:
        found = self.webhooks.deliveries(webhook.id)
        return [(one.event, one.state, one.attempts) for one in reversed(found)]


@pytest.fixture
def place(empty_catalog: Catalog, tmp_path: Path) -> Place:
    return Place(empty_catalog, tmp_path / "home")


def test_a_run_is_reported_with_signed_requests(place: Place, tmp_path: Path, hooks: Hooks) -> None:
    made = place.webhooks.add(hooks.url)
    run_id = place.run(place.source(tmp_path / "a"))
    assert place.work()
    assert [headers["mirrorlake-event"] for _, headers, _ in hooks.requests] == ["run.started", "run.finished"]
    for path, headers, body in hooks.requests:
        assert path == "/hooks?key=1"
        assert is_signed(str(made.secret), body, headers[HEADER.lower()], int(time.time()))
        document = json.loads(body)
        assert (document["run"]["id"], document["run"]["datasource"]) == (run_id, "a")
        assert document["delivery"] == int(headers["mirrorlake-delivery"])
    assert json.loads(hooks.requests[-1][2])["run"]["counts"]["new"] == 1
    shown = place.webhooks.get(made.id)
    assert (shown.waiting, shown.last_state, shown.last_status) == (0, DeliveryState.DELIVERED, 200)
    assert shown.secret is None


def test_holds_and_failures_are_reported_as_such(place: Place, tmp_path: Path, hooks: Hooks) -> None:
    place.webhooks.add(hooks.url, events=[WebhookEvent.HELD, WebhookEvent.FAILED])
    source = place.source(tmp_path / "a", pictures=12)
    place.run(source)
    place.work()
    for file in (tmp_path / "a").iterdir():
        file.unlink()
    place.run(source)
    place.work()
    (tmp_path / "a").rmdir()
    place.run(source)
    place.work()
    assert [headers["mirrorlake-event"] for _, headers, _ in hooks.requests] == ["run.held", "run.failed"]
    assert json.loads(hooks.requests[0][2])["run"]["hold"]["count"] == 12


def test_a_webhook_of_one_datasource_hears_of_no_other(place: Place, tmp_path: Path, hooks: Hooks) -> None:
    first, second = place.source(tmp_path / "a"), place.source(tmp_path / "b")
    place.webhooks.add(hooks.url, events=[WebhookEvent.FINISHED], datasource="b")
    for source in (first, second):
        place.run(source)
    place.work()
    assert [json.loads(body)["run"]["datasource"] for _, _, body in hooks.requests] == ["b"]


def test_what_is_not_accepted_is_sent_again_later_but_not_for_ever(place: Place, tmp_path: Path, hooks: Hooks) -> None:
    made = place.webhooks.add(hooks.url, events=[WebhookEvent.FINISHED])
    hooks.answers = [500, 302, 200]
    run_id = place.run(place.source(tmp_path / "a"))
    assert place.work()
    assert runs.show_run(place.catalog, run_id).state is RunState.SUCCEEDED
    assert place.states(made) == [("run.finished", DeliveryState.WAITING, 1)]
    assert "answered 500" in str(place.webhooks.get(made.id).last_error)
    place.work()
    assert len(hooks.requests) == 1  # not before its time
    place.due_now()
    place.work()
    assert "Redirects are not followed" in str(place.webhooks.get(made.id).last_error)
    assert len(hooks.requests) == 2  # and none was
    place.due_now()
    place.work()
    assert place.states(made) == [("run.finished", DeliveryState.DELIVERED, 3)]
    assert len({headers["mirrorlake-delivery"] for _, headers, _ in hooks.requests}) == 1

    hooks.answers = [503]
    place.run(datasources.named(place.catalog, "a"))
    for _ in range(len(RETRY_AFTER_S) + 3):
        place.work()
        place.due_now()
    assert place.states(made)[-1] == ("run.finished", DeliveryState.FAILED, len(RETRY_AFTER_S) + 1)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/", "http://[::1]:{port}/", "http://10.0.0.1/", "http://169.254.169.254/"]
)
def test_an_address_that_is_not_public_is_refused_unless_an_operator_allows_it(
    empty_catalog: Catalog, tmp_path: Path, hooks: Hooks, url: str
) -> None:
    place = Place(empty_catalog, tmp_path / "home", networks=())
    with pytest.raises(UsageError, match=r"not a public address|metadata"):
        place.webhooks.add(url.format(port=8080))
    assert hooks.requests == []


def test_a_name_of_such_an_address_is_refused_when_it_is_used(
    empty_catalog: Catalog, tmp_path: Path, hooks: Hooks
) -> None:
    place = Place(empty_catalog, tmp_path / "home", networks=())
    made = place.webhooks.add(hooks.url.replace("127.0.0.1", "localhost"))
    done = place.webhooks.test(made.id)
    assert (done.state, done.status) == (DeliveryState.FAILED, None)
    assert "not a public address" in str(done.error)
    assert hooks.requests == []


def test_an_address_that_does_not_answer_is_in_no_ones_way(place: Place, tmp_path: Path) -> None:
    made = place.webhooks.add("http://127.0.0.1:1/?token=canary")
    run_id = place.run(place.source(tmp_path / "a"))
    assert place.work()
    assert runs.show_run(place.catalog, run_id).state is RunState.SUCCEEDED
    shown = place.webhooks.get(made.id)
    assert (shown.waiting, shown.last_state) == (2, DeliveryState.WAITING)
    assert "canary" not in str(shown.last_error)


def test_a_test_shows_the_response_at_once(place: Place, hooks: Hooks) -> None:
    made = place.webhooks.add(hooks.url)
    assert place.webhooks.test(made.id).state is DeliveryState.DELIVERED
    hooks.answers = [404]
    failed = place.webhooks.test(made.id)
    assert (failed.state, failed.status, failed.attempts) == (DeliveryState.FAILED, 404, 1)
    place.due_now()
    place.work()
    assert len(hooks.requests) == 2  # a test is not repeated


def test_a_deleted_webhook_is_sent_nothing_more(place: Place, tmp_path: Path, hooks: Hooks) -> None:
    made = place.webhooks.add(hooks.url)
    place.run(place.source(tmp_path / "a"))
    place.webhooks.delete(made.id)
    place.work()
    assert hooks.requests == []
    with pytest.raises(NotFound):
        place.webhooks.delete(made.id)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "https://",
        "example.com",
        "https://me:secret@example.com/",
        "https://example.com/#x",
        "https://example.com/\n",
        "https://" + "x" * 3000,
    ],
)
def test_an_address_that_no_request_can_be_sent_to_is_refused(place: Place, url: str) -> None:
    with pytest.raises(UsageError) as refused:
        place.webhooks.add(url)
    assert "secret" not in str(refused.value)
