"""Queues of Azure Storage: read the messages of Event Grid by the REST protocol.

https://learn.microsoft.com/rest/api/storageservices/queue-service-rest-api
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree as ET

from mirrorlake.core.errors import AccessDenied, SettingsError, SourceUnreachable, StorageError
from mirrorlake.storage.http import NoAnswer, client_of
from mirrorlake.storage.providers.azure.credentials import Anonymous, AzureConfig, SharedKey
from mirrorlake.storage.providers.azure.queue_messages import decoded_message
from mirrorlake.storage.queues import Message, Networks
from mirrorlake.storage.server_address import is_loopback

BATCH = 32  # messages of one request, the most that the service allows
HIDDEN_S = 120  # a message that is not deleted within this time comes again
ANSWER_BYTES = 8 << 20  # a message has at most 64 KiB
REQUEST_S = 60.0
_HOSTS = (
    ".queue.core.windows.net",
    ".queue.storage.azure.net",
    ".queue.core.usgovcloudapi.net",
    ".queue.core.chinacloudapi.cn",
)


class AzureQueue:
    """One queue, read with what reads the containers of its account. Raises SettingsError for credentials of others."""

    def __init__(self, url: str, config: AzureConfig, *, networks: Networks) -> None:
        check_queue(url, config)
        parts = urlsplit(url)
        self._url = url
        self._path = parts.path.rstrip("/")
        self._authentication = config.authentication
        self._client = client_of(f"{parts.scheme}://{parts.netloc}", replace(config.wire, networks=networks))

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
        own = self._authentication
        sent, signed = own.authenticate(method, target, self._client.headers({}))
        try:
            answer = self._client.send(method, sent, signed, deadline_s=REQUEST_S)
            if answer.status == HTTPStatus.UNAUTHORIZED and own.renew(signed):
                self._client.discard(answer)
                sent, signed = own.authenticate(method, target, self._client.headers({}))
                answer = self._client.send(method, sent, signed, deadline_s=REQUEST_S)
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


def check_queue(url: str, config: AzureConfig) -> None:
    """Raise SettingsError if the credentials may not be sent to this queue.

    An account key is never sent. A token opens everything that its identity may read, and a shared access signature is
    sent as it is: they go only to queues of Azure, in the account that they are of.
    """
    if isinstance(config.authentication, Anonymous):
        raise SettingsError(
            "A queue of Azure Storage cannot be read without credentials.",
            "Mirror the datasource with a connection that has some.",
        )
    parts = urlsplit(url)
    account, _, _ = (parts.hostname or "").partition(".")
    own = config.account is None or config.account == account
    azure = parts.scheme == "https" and own and (parts.hostname or "").endswith(_HOSTS)
    if not (isinstance(config.authentication, SharedKey) or azure or is_loopback(parts.hostname or "")):
        raise SettingsError(
            f"Tokens and shared access signatures are not sent to {parts.hostname}, which is no queue of this account.",
            "Use the address of a queue of the account, or a connection with an account key.",
        )


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
