"""Pub/Sub: pull the notifications of a bucket by the REST API.

https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import orjson

from mirrorlake.core.errors import AccessDenied, SourceUnreachable, StorageError
from mirrorlake.storage.http import HttpClient, NoAnswer
from mirrorlake.storage.queues import Message, Networks

SERVER = "https://pubsub.googleapis.com"
BATCH = 100
ANSWER_BYTES = 16 << 20
REQUEST_S = 60.0  # the service waits for some seconds until a message comes


class PubsubQueue:
    """One subscription. `token` returns the current access token of an account that may pull; None: an emulator."""

    def __init__(
        self, subscription: str, token: Callable[[], str] | None, *, server: str = SERVER, networks: Networks
    ) -> None:
        self._name = subscription
        self._token = token
        self._client = HttpClient(server, networks=networks)

    def receive(self, *, wait_s: int) -> Sequence[Message]:
        """At most a hundred messages. They come again after the deadline of the subscription."""
        del wait_s  # the service decides
        found = cast("list[dict[str, Any]]", self._ask("pull", {"maxMessages": BATCH}).get("receivedMessages") or [])
        return [
            Message(body=orjson.dumps(one.get("message")), receipt=str(one["ackId"])) for one in found if "ackId" in one
        ]

    def delete(self, messages: Sequence[Message]) -> None:
        """Acknowledge messages."""
        self._ask("acknowledge", {"ackIds": [message.receipt for message in messages]})

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def _ask(self, verb: str, members: Mapping[str, Any]) -> Mapping[str, Any]:
        body = orjson.dumps(members)
        headers = {"Content-Type": "application/json"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token()}"
        try:
            answer = self._client.send(
                "POST", f"/v1/{self._name}:{verb}", self._client.headers(headers), body, deadline_s=REQUEST_S
            )
            data = self._client.read(answer, limit=ANSWER_BYTES)
        except NoAnswer as error:
            raise SourceUnreachable(
                f"The subscription {self._name} did not answer {verb}: {error}.", "Check the network."
            ) from error
        if answer.status == 200:  # noqa: PLR2004 - OK
            return _object(data, self._name)
        text = f"The subscription {self._name} refused {verb} with {answer.status}."
        if answer.status in (401, 403):
            raise AccessDenied(text, "Grant the role pubsub.subscriber on the subscription.")
        if answer.status == 404:  # noqa: PLR2004 - not found
            raise StorageError(text, "Check the project and the name of the subscription.")
        raise SourceUnreachable(text) if answer.status in (429, 500, 502, 503, 504) else StorageError(text)


def _object(data: bytes, name: str) -> Mapping[str, Any]:
    try:
        document: Any = orjson.loads(data or b"{}")
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise StorageError(f"The subscription {name} answered with no JSON object.")
    return cast("dict[str, Any]", document)
