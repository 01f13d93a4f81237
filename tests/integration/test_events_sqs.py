"""Events of a real bucket through real queues (moto): directly, through SNS, and through EventBridge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.moto_server import KEY, REGION, Moto
from tests.support.passes import picture

from mirrorlake.catalog import datasources, events, runs
from mirrorlake.catalog.events import Receiver
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.worker import Stop, Worker
from mirrorlake.model.access import LIBRARY
from mirrorlake.model.events import EventStatus, ReceiverKind
from mirrorlake.model.sources import Datasource, Location, MirrorSettings, Provider
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search import run as search
from mirrorlake.storage.providers.s3.access import S3Access

AWKWARD = "b/ü +%2F&.png"
WAYS = ("sqs", "sns", "eventbridge")


@pytest.fixture(scope="module")
def aws() -> Iterator[Moto]:
    with Moto() as server:
        yield server


@dataclass(frozen=True)
class Bucket:
    """A bucket whose events go to a queue."""

    server: Moto
    name: str
    queue: str

    def put(self, key: str, data: bytes) -> None:
        self.server.client("s3").put_object(Bucket=self.name, Key=key, Body=data)

    def delete(self, key: str) -> None:
        self.server.client("s3").delete_object(Bucket=self.name, Key=key)

    def send(self, body: str) -> None:
        self.server.client("sqs").send_message(QueueUrl=self.queue, MessageBody=body)

    def left(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        asked = self.server.client("sqs").get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)
        return sum(int(asked["Attributes"][name]) for name in names)


def bucket_with_events(server: Moto, name: str, way: str) -> Bucket:
    s3, sqs = server.client("s3"), server.client("sqs")
    s3.create_bucket(Bucket=name)
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    names = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
    asked: dict[str, Any] = {"QueueConfigurations": [{"QueueArn": arn, "Events": names}]}
    if way == "sns":
        topic = server.client("sns").create_topic(Name=name)["TopicArn"]
        server.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        asked = {"TopicConfigurations": [{"TopicArn": topic, "Events": names}]}
    if way == "eventbridge":
        bridge = server.client("events")
        bridge.put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.s3"]}), State="ENABLED")
        bridge.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
        asked = {"EventBridgeConfiguration": {}}
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=asked)
    return Bucket(server, name, url)


@dataclass(frozen=True)
class Fed:
    """A datasource that gets its events from a queue, and its worker."""

    catalog: Catalog
    source: Datasource
    worker: Worker

    def status(self) -> EventStatus:
        return events.show_status(self.catalog, self.source)

    def visible(self) -> set[str]:
        return {asset.key for asset in search.stream(self.catalog, f'datasource:"{self.source.name}"')}


@pytest.fixture
def feed(empty_catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)

    def make(bucket: Bucket, *, trusted: bool = True) -> Fed:
        source = datasources.create(
            empty_catalog,
            name=bucket.name,
            location=Location(provider=Provider.S3, container=bucket.name),
            access=S3Access(endpoint=bucket.server.endpoint, region=REGION),
            settings=MirrorSettings(listing_ordered=True),
        )
        receiver = Receiver(kind=ReceiverKind.SQS, address=bucket.queue, trusted=trusted)
        events.set_receiver(empty_catalog, source, receiver, by=LIBRARY)
        worker = Worker(Settings(home=tmp_path), empty_catalog, jobs=1, log=print, stop=Stop())
        return Fed(empty_catalog, source, worker)

    return make


@pytest.mark.parametrize("way", WAYS)
def test_changes_of_a_bucket_arrive_whatever_way_its_events_take(aws: Moto, feed: Any, way: str) -> None:
    bucket = bucket_with_events(aws, f"photos-{way}", way)
    fed = feed(bucket)
    for number, key in enumerate(["a.png", AWKWARD]):
        bucket.put(key, picture(number))
    bucket.put("a.json", b'{"site": "hall"}')
    bucket.put("readme.txt", b"for people")
    assert fed.worker.drain()
    assert fed.visible() == {"a.png", AWKWARD}
    bucket.delete(AWKWARD)
    assert fed.worker.drain()
    assert fed.visible() == {"a.png"}
    status = fed.status()
    assert status.counts.received >= 5  # moto's EventBridge sends some twice
    assert (status.counts.unreadable, status.waiting) == (0, 0)
    assert status.last_event is not None
    assert status.last_error is None
    assert bucket.left() == 0
    assert {run.trigger for run in runs.list_runs(fed.catalog, limit=9)} == {"events"}


def test_what_cannot_be_used_is_counted_and_does_not_come_again(aws: Moto, feed: Any) -> None:
    bucket = bucket_with_events(aws, "odd", "sqs")
    fed = feed(bucket)
    tests = fed.status().counts.tests
    foreign = {"s3": {"bucket": {"name": "another"}, "object": {"key": "a.png"}}}
    for body in ("no JSON", "{}", json.dumps({"Records": [foreign]})):
        bucket.send(body)
    assert fed.worker.drain()
    status = fed.status()
    assert (status.counts.received, status.counts.foreign, status.counts.unreadable) == (0, 1, 2)
    assert status.counts.tests == tests + 1  # S3 tries a new queue
    assert status.last_warning
    assert bucket.left() == 0


def test_a_message_is_deleted_only_after_its_keys_are_stored(
    aws: Moto, feed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = bucket_with_events(aws, "killed", "sqs")
    fed = feed(bucket)
    bucket.put("a.png", picture(1))

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(events, "add_hints", fail)
        fed.worker.drain()
    assert bucket.left() == 2  # with the test message: they come again once they are visible
    assert fed.status().counts.received == 0


def test_a_queue_that_refuses_us_is_shown_with_what_to_allow(aws: Moto, feed: Any) -> None:
    bucket = bucket_with_events(aws, "gone", "sqs")
    fed = feed(bucket)
    aws.client("sqs").delete_queue(QueueUrl=bucket.queue)
    assert not fed.worker.drain()
    error = fed.status().last_error
    assert error
    assert "QueueDoesNotExist" in error or "NonExistentQueue" in error
    assert KEY not in error.replace(bucket.queue, "")


def test_a_queue_that_only_a_caller_of_the_server_named_must_have_a_public_address(aws: Moto, feed: Any) -> None:
    bucket = bucket_with_events(aws, "inside", "sqs")
    fed = feed(bucket, trusted=False)
    bucket.put("a.png", picture(1))
    assert not fed.worker.drain()
    assert "not a public address" in str(fed.status().last_error)
    assert fed.status().counts.received == 0
