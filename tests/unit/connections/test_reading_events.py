"""Events are read whatever way they came, keys byte for byte, and what cannot be used is told."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.connections.events.reading import MAX_BODY_BYTES, MAX_EVENTS, read_document, read_events
from mirrorlake.model.events import HintKind, ObjectHint
from mirrorlake.storage.providers.azure.queue_messages import decoded_message

KEYS = st.text(
    st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=60
)  # any key that a catalog can hold


def s3_record(key: str, name: str = "ObjectCreated:Put") -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "eventName": name,
                "s3": {"bucket": {"name": "photos"}, "object": {"key": quote_plus(key), "sequencer": "0055AED6"}},
            }
        ]
    }


def sns(document: dict[str, Any]) -> dict[str, Any]:
    return {"Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:…", "Message": json.dumps(document)}


def eventbridge(key: str, kind: str = "Object Created") -> dict[str, Any]:
    return {
        "version": "0",
        "source": "aws.s3",
        "detail-type": kind,
        "detail": {"bucket": {"name": "photos"}, "object": {"key": key, "sequencer": "0055AED6"}},
    }


def pubsub(key: str, kind: str = "OBJECT_FINALIZE") -> dict[str, Any]:
    attributes = {"eventType": kind, "bucketId": "photos", "objectId": key, "objectGeneration": "0055AED6"}
    return {"message": {"data": "e30=", "messageId": "7", "attributes": attributes}, "subscription": "projects/p/…"}


def event_grid(key: str, kind: str = "Microsoft.Storage.BlobCreated") -> dict[str, Any]:
    return {
        "id": "1",
        "eventType": kind,
        "subject": f"/blobServices/default/containers/photos/blobs/{key}",
        "data": {"url": f"https://a.blob.core.windows.net/photos/{quote(key, safe='/')}", "sequencer": "0055AED6"},
    }


def cloud_event(key: str, kind: str = "Microsoft.Storage.BlobCreated") -> dict[str, Any]:
    event = event_grid(key)
    return {"specversion": "1.0", "type": kind, "subject": event["subject"], "data": event["data"]}


def ours(key: str) -> dict[str, Any]:
    return {"events": [{"container": "photos", "key": key, "kind": "created", "sequencer": "0055AED6"}]}


WAYS = {
    "a notification": s3_record,
    "through SNS": lambda key: sns(s3_record(key)),
    "EventBridge": eventbridge,
    "pushed by Pub/Sub": pubsub,
    "pulled from Pub/Sub": lambda key: pubsub(key)["message"],
    "Event Grid": event_grid,
    "a CloudEvent": cloud_event,
    "ours": ours,
}


@given(key=KEYS, way=st.sampled_from(sorted(WAYS)))
def test_any_key_comes_back_whatever_way_its_event_came(key: str, way: str) -> None:
    wanted = ObjectHint(container="photos", key=key, kind=HintKind.CREATED, sequencer="0055AED6")
    found = read_events(json.dumps(WAYS[way](key)))
    assert (found.hints, found.warnings, found.tests) == ((wanted,), (), 0)


@given(key=KEYS)
def test_any_key_comes_back_from_a_storage_queue(key: str) -> None:
    body = base64.b64encode(json.dumps([event_grid(key)]).encode()).decode()
    assert [hint.key for hint in read_events(decoded_message(body)).hints] == [key]


@pytest.mark.parametrize(
    ("encoded", "key"),
    [
        ("a+b.png", "a b.png"),
        ("a%2Bb.png", "a+b.png"),
        ("red%20flower.jpg", "red flower.jpg"),
        ("%C3%BC//..%2Fx%25.png", "ü//../x%.png"),
        ("100%", "100%"),
        ("u%CC%88.png", "u\u0308.png"),
    ],
)
def test_keys_of_notifications_are_decoded_like_a_form(encoded: str, key: str) -> None:
    record = s3_record("x")
    record["Records"][0]["s3"]["object"]["key"] = encoded
    assert read_document(record).hints[0].key == key


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (s3_record("k", "ObjectRemoved:DeleteMarkerCreated"), HintKind.REMOVED),
        (s3_record("k", "s3:ObjectRemoved:Delete"), HintKind.REMOVED),
        (s3_record("k", "LifecycleExpiration:Delete"), HintKind.REMOVED),
        (s3_record("k", "ObjectTagging:Put"), HintKind.UNKNOWN),
        (eventbridge("k", "Object Deleted"), HintKind.REMOVED),
        (eventbridge("k", "Object Storage Class Changed"), HintKind.UNKNOWN),
        (pubsub("k", "OBJECT_DELETE"), HintKind.REMOVED),
        (pubsub("k", "OBJECT_METADATA_UPDATE"), HintKind.UNKNOWN),
        (event_grid("k", "Microsoft.Storage.BlobDeleted"), HintKind.REMOVED),
        (cloud_event("k", "Microsoft.Storage.BlobTierChanged"), HintKind.UNKNOWN),
        ({"events": [{"key": "k"}]}, HintKind.UNKNOWN),
    ],
)
def test_each_cloud_names_what_happened_in_its_own_words(document: dict[str, Any], kind: HintKind) -> None:
    assert [hint.kind for hint in read_document(document).hints] == [kind]


def test_a_key_that_its_address_writes_otherwise_is_checked_under_both_names() -> None:
    event = event_grid("a b.png")
    event["subject"] = "/blobServices/default/containers/photos/blobs/a%20b.png"
    assert [hint.key for hint in read_document(event).hints] == ["a%20b.png", "a b.png"]


@pytest.mark.parametrize(
    "document",
    [
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "photos"},
        sns({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "photos"}),
        [{"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "x"}}],
    ],
)
def test_a_test_message_names_no_key_and_warns_of_nothing(document: Any) -> None:
    found = read_document(document)
    assert (found.hints, found.tests, found.warnings) == ((), 1, ())


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"\xff", b"null", b"7", b'"text"', b"[]", b"{}",
        b'[{"Records": 7}]', b'{"Records": []}', b'{"Records": [7]}',
        b'{"Records": [{"s3": {"object": {"key": 7}}}]}', b'{"Records": [{"s3": {"object": {"key": "%FF"}}}]}',
        b'{"Records": [{"s3": {"object": {"key": ""}}}]}', b'{"Records": [{"s3": {"object": {"key": "a%00"}}}]}',
        b'{"Type": "Notification", "Message": "{"}', b'{"Type": "Notification", "Message": 7}',
        b'{"source": "aws.s3", "detail": 7}', b'{"message": {"messageId": "1", "attributes": {"objectId": 7}}}',
        b'{"eventType": "Microsoft.Storage.BlobCreated", "subject": "elsewhere"}', b'{"events": [{}]}',
        b'{"events": [{"key": "\\u0000"}]}', b"[" * 100_000, b'{"events": [{"key": "' + b"k" * 3000 + b'"}]}',
        b" " * (MAX_BODY_BYTES + 1),
        json.dumps(sns(sns(s3_record("k")))).encode(),
    ],
)  # fmt: skip
def test_a_hostile_message_is_told_of_and_never_raises(body: bytes) -> None:
    found = read_events(body)
    assert found.hints == ()
    assert found.warnings
    assert all(len(warning) < 400 for warning in found.warnings)


def test_one_bad_event_costs_no_other() -> None:
    document = {"events": [{"key": "a.png"}, {"key": 7}, {"key": "b.png"}]}
    found = read_document(document)
    assert [hint.key for hint in found.hints] == ["a.png", "b.png"]
    assert len(found.warnings) == 1


def test_the_events_of_one_message_are_bounded() -> None:
    found = read_document({"events": [{"key": f"{number}.png"} for number in range(MAX_EVENTS + 5)]})
    assert len(found.hints) == MAX_EVENTS
    assert found.warnings == (f"Only the first {MAX_EVENTS:,} events of a message were read.",)
