"""Events of Event Grid in a real storage queue (Azurite), and what is read of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from tests.support.azure_queue import ACCOUNT, CREDENTIALS, KEY, Queue, azure_queues

from mirrorlake.connections.events.arrival import sort_arrivals
from mirrorlake.connections.events.reading import read_events
from mirrorlake.core.errors import AccessDenied, SettingsError, StorageError, UsageError
from mirrorlake.model.credentials import AzureAccountKey, AzureSas, AzureServicePrincipal, Credentials, Unsigned
from mirrorlake.model.sources import Access, Location, Provider
from mirrorlake.storage.connections import ForbiddenAddress
from mirrorlake.storage.providers.azure import queue as azure
from mirrorlake.storage.providers.azure.queue_service import AzureQueueService
from mirrorlake.storage.queues import MessageQueue

AWKWARD = "b/ü +%2F&.png"


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with azure_queues() as address:
        yield address


def event(key: str, kind: str = "Microsoft.Storage.BlobCreated") -> dict[str, Any]:
    subject = f"/blobServices/default/containers/photos/blobs/{key}"
    return {"eventType": kind, "subject": subject, "data": {"api": "PutBlob"}}


def new_queue(service: str, name: str) -> Queue:
    queue = Queue(f"{service}/{name}")
    queue.create()
    return queue


def opened(queue: Queue, credentials: Any = CREDENTIALS, networks: Any = None) -> MessageQueue:
    return AzureQueueService().open(queue.url, Access(), credentials=credentials, networks=networks)


def test_events_are_read_and_deleted(service: str) -> None:
    queue = new_queue(service, "events")
    queue.put(json.dumps(event("a.png")))
    queue.put(json.dumps([event(AWKWARD, "Microsoft.Storage.BlobDeleted")]))
    queue.put("no event")
    with closing(opened(queue)) as reader:
        messages = reader.receive(wait_s=0)
        location = Location(provider=Provider.AZURE, container=f"{ACCOUNT}/photos")
        arrival = sort_arrivals((read_events(message.body) for message in messages), location)
        assert arrival.keys == {"a.png", AWKWARD}
        assert (arrival.counts.received, arrival.counts.unreadable) == (2, 1)
        assert reader.receive(wait_s=0) == []  # hidden from other readers
        reader.delete(messages)
        reader.delete(messages)  # again is no error


def test_a_message_that_is_not_deleted_comes_again(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(azure, "HIDDEN_S", 1)
    queue = new_queue(service, "again")
    queue.put(json.dumps(event("a.png")))
    with closing(opened(queue)) as reader:
        first = reader.receive(wait_s=0)
        found: list[Any] = []
        for _ in range(20):
            found += reader.receive(wait_s=1)
            if found:
                break
        assert [message.body for message in found] == [message.body for message in first]


def test_a_wrong_key_is_refused_and_shown_nowhere(service: str) -> None:
    queue = new_queue(service, "closed")
    wrong = AzureAccountKey(account=ACCOUNT, key="d3Jvbmc=")
    with closing(opened(queue, wrong)) as reader, pytest.raises(AccessDenied) as refused:
        reader.receive(wait_s=0)
    assert "d3Jvbmc" not in str(refused.value)
    assert KEY not in str(refused.value)


def test_a_queue_that_does_not_exist_is_named(service: str) -> None:
    with closing(opened(Queue(f"{service}/none"))) as reader, pytest.raises(StorageError, match=r"none refused.*404"):
        reader.receive(wait_s=0)


def test_an_address_that_is_not_public_is_refused_for_callers_of_a_server(service: str) -> None:
    with closing(opened(Queue(f"{service}/x"), networks=())) as reader, pytest.raises(ForbiddenAddress):
        reader.receive(wait_s=0)


SAS = AzureSas(account="lake", token="sv=1&sig=canary")
PRINCIPAL = AzureServicePrincipal(account="lake", tenant_id="t", client_id="c", client_secret="canary")
SHARED = AzureAccountKey(account="lake", key=KEY)


@pytest.mark.parametrize("credentials", [SAS, PRINCIPAL], ids=["sas", "token"])
@pytest.mark.parametrize(
    "url",
    [
        "https://queue.example/x",
        "https://other.queue.core.windows.net/x",
        "http://lake.queue.core.windows.net/x",
        "https://lake.queue.core.windows.net.example/x",
    ],
)
def test_tokens_and_signatures_go_to_queues_of_their_account_only(credentials: Credentials, url: str) -> None:
    with pytest.raises(SettingsError, match="no queue of this account") as refused:
        opened(Queue(url), credentials)
    assert "canary" not in str(refused.value)
    opened(Queue("https://lake.queue.core.windows.net/x"), credentials).close()
    opened(Queue(url), SHARED).close()  # a key is never sent


def test_a_queue_is_not_read_without_credentials() -> None:
    with pytest.raises(SettingsError, match="without credentials"):
        opened(Queue("https://lake.queue.core.windows.net/x"), Unsigned())


@pytest.mark.parametrize(
    "address", ["photos", "https://a.queue.core.windows.net/", "https://a/x?sv=1&sig=secret", "https://u@a/x"]
)
def test_what_is_no_address_of_a_queue_is_refused(address: str) -> None:
    with pytest.raises(UsageError) as refused:
        AzureQueueService().check(address)
    assert "secret" not in str(refused.value)
