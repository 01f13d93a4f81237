"""Queues of Azure Storage: read the messages of Event Grid by the REST protocol, signed with Shared Key or a SAS.

https://learn.microsoft.com/rest/api/storageservices/queue-service-rest-api
"""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl, quote, urlsplit
from xml.etree import ElementTree as ET

from mirrorlake.core.errors import AccessDenied, SettingsError, SourceUnreachable, StorageError
from mirrorlake.model.credentials import AzureAccountKey, AzureSas, Credentials
from mirrorlake.storage.http import HttpClient, NoAnswer
from mirrorlake.storage.providers.azure.queue_messages import decoded_message
from mirrorlake.storage.queues import Message, Networks

VERSION = "2023-11-03"
BATCH = 32  # messages of one request, the most that the service allows
HIDDEN_S = 120  # a message that is not deleted within this time comes again
ANSWER_BYTES = 8 << 20  # a message has at most 64 KiB
REQUEST_S = 60.0

Authenticate = Callable[[str, str, Mapping[str, str]], tuple[str, dict[str, str]]]


class AzureQueue:
    """One queue. `authenticate` returns target and headers of a request as they are sent."""

    def __init__(self, url: str, authenticate: Authenticate, *, networks: Networks) -> None:
        parts = urlsplit(url)
        self._url = url
        self._path = parts.path.rstrip("/")
        self._authenticate = authenticate
        self._client = HttpClient(f"{parts.scheme}://{parts.netloc}", networks=networks)

    def receive(self, *, wait_s: int) -> Sequence[Message]:
        """At most 32 messages. The service does not wait for a message: after none, this does."""
        target = f"{self._path}/messages?numofmessages={BATCH}&visibilitytimeout={HIDDEN_S}"
        found = [_read_message(one) for one in _parse(self._ask("GET", target)).iter("QueueMessage")]
        if not found and wait_s:
            time.sleep(wait_s)
        return found

    def delete(self, messages: Sequence[Message]) -> None:
        """Delete messages. One whose time is over stays, and comes again."""
        for message in messages:
            number, _, receipt = message.receipt.partition(" ")
            target = f"{self._path}/messages/{quote(number, safe='')}?popreceipt={quote(receipt, safe='')}"
            self._ask("DELETE", target, gone=True)

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def _ask(self, method: str, target: str, *, gone: bool = False) -> bytes:
        headers = {"x-ms-date": format_datetime(datetime.now(UTC), usegmt=True), "x-ms-version": VERSION}
        sent, signed = self._authenticate(method, target, headers)
        try:
            answer = self._client.send(method, sent, self._client.headers(signed), deadline_s=REQUEST_S)
            data = self._client.read(answer, limit=ANSWER_BYTES)
        except NoAnswer as error:
            raise SourceUnreachable(
                f"The queue {self._url} did not answer: {error}.", "Check its address and the network."
            ) from error
        if answer.status < 300 or (gone and answer.status == 404):  # noqa: PLR2004 - success, and deleted already
            return data
        code = answer.headers.get("x-ms-error-code", "")
        text = f"The queue {self._url} refused the request with {answer.status} {code}".rstrip() + "."
        if answer.status in (401, 403):
            raise AccessDenied(text, "Allow to read and delete its messages: Storage Queue Data Message Processor.")
        if answer.status >= 500:  # noqa: PLR2004 - the server's own
            raise SourceUnreachable(text)
        raise StorageError(text, "Check the account and the name of the queue.")


def authentication(credentials: Credentials | None) -> Authenticate:
    """How requests to a queue are authenticated. Raises SettingsError for credentials of other kinds."""
    if isinstance(credentials, AzureAccountKey):
        account, key = credentials.account, b64decode(credentials.key)
        return lambda method, target, headers: (
            target,
            {**headers, "Authorization": f"SharedKey {account}:{_signature(key, method, target, headers, account)}"},
        )
    if isinstance(credentials, AzureSas):
        token = credentials.token
        return lambda _method, target, headers: (f"{target}{'&' if '?' in target else '?'}{token}", dict(headers))
    raise SettingsError(
        "The queue of a storage account needs an account key or a shared access signature.",
        "Mirror the datasource with a connection of the kind azure-key or azure-sas.",
    )


def _signature(key: bytes, method: str, target: str, headers: Mapping[str, str], account: str) -> str:
    """What Shared Key signs of a request without a body.

    https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
    """
    path, _, query = target.partition("?")
    own = [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-ms-")]
    asked = [f"{name}:{value}" for name, value in sorted(parse_qsl(query, keep_blank_values=True))]
    text = "\n".join([method, *[""] * 11, *own, f"/{account}{path}", *asked])
    return b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()


def _parse(data: bytes) -> ET.Element:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise StorageError("The queue answered with a document type, which no queue needs.")
    try:
        return ET.fromstring(data)  # noqa: S314 - without a document type, nothing can be expanded
    except ET.ParseError as error:
        raise StorageError("The queue answered with something else than XML.") from error


def _read_message(one: ET.Element) -> Message:
    text = one.findtext("MessageText") or ""
    return Message(
        body=decoded_message(text), receipt=f"{one.findtext('MessageId') or ''} {one.findtext('PopReceipt') or ''}"
    )
