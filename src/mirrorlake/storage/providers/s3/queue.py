"""SQS: read messages by its JSON protocol, signed with the keys of a datasource.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlsplit

import orjson

from mirrorlake.core.errors import AccessDenied, SourceUnreachable, StorageError
from mirrorlake.storage.http import HttpClient, NoAnswer
from mirrorlake.storage.providers.s3.credentials import AwsConfig
from mirrorlake.storage.providers.s3.signing import signed_headers
from mirrorlake.storage.queues import Message, Networks

BATCH = 10  # messages of one request, the most that SQS allows
HIDDEN_S = 120  # a message that is not deleted within this time comes again
ANSWER_BYTES = 4 << 20  # ten messages have at most 1 MiB together; JSON escapes may make more of it
REQUEST_S = 60.0
_REGION = re.compile(r"(?:sqs\.([a-z0-9-]+)|([a-z0-9-]+)\.queue)\.amazonaws\.com(?:\.cn)?")
_TARGET = "AmazonSQS"
_DENIED = {"AccessDeniedException", "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException"}


class SqsQueue:
    """One queue of SQS, or of a server that speaks its protocol."""

    def __init__(self, url: str, config: AwsConfig, *, networks: Networks) -> None:
        parts = urlsplit(url)
        found = _REGION.fullmatch(parts.hostname or "")
        self._url = url
        self._region = config.region if found is None else found[1] or found[2]
        self._source = config.source
        self._base = f"{parts.scheme}://{parts.netloc}"
        self._client = HttpClient(self._base, config.ca_bundle, networks=networks, proxy=config.proxy)

    def receive(self, *, wait_s: int) -> Sequence[Message]:
        """At most ten messages; waits up to `wait_s` seconds (0 to 20) for the first one."""
        answer = self._ask(
            "ReceiveMessage",
            {"MaxNumberOfMessages": BATCH, "WaitTimeSeconds": wait_s, "VisibilityTimeout": HIDDEN_S},
        )
        found = cast("list[dict[str, Any]]", answer.get("Messages") or [])
        return [Message(body=str(each["Body"]).encode(), receipt=str(each["ReceiptHandle"])) for each in found]

    def delete(self, messages: Sequence[Message]) -> None:
        """Delete messages. Raises StorageError if SQS did not delete all of them."""
        for start in range(0, len(messages), BATCH):
            entries = [
                {"Id": str(place), "ReceiptHandle": message.receipt}
                for place, message in enumerate(messages[start : start + BATCH])
            ]
            failed = self._ask("DeleteMessageBatch", {"Entries": entries}).get("Failed")
            if failed:
                raise StorageError(
                    f"SQS did not delete {len(failed)} of {len(entries)} messages: {failed[0].get('Code')}.",
                    "They come again, which is harmless.",
                )

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def _ask(self, action: str, members: Mapping[str, Any]) -> Mapping[str, Any]:
        body = orjson.dumps({"QueueUrl": self._url, **members})
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"{_TARGET}.{action}"}
        try:
            answer = self._client.send("POST", "/", self._signed(headers, body), body, deadline_s=REQUEST_S)
            data = self._client.read(answer, limit=ANSWER_BYTES)
        except NoAnswer as error:
            raise SourceUnreachable(
                f"The queue {self._url} did not answer {action}: {error}.", "Check its address and the network."
            ) from error
        try:
            document: Any = orjson.loads(data or b"{}")
        except orjson.JSONDecodeError:
            document = None
        if not isinstance(document, dict):
            raise StorageError(f"The queue {self._url} answered {action} with {answer.status} and no JSON object.")
        read = cast("dict[str, Any]", document)
        if answer.status != 200:  # noqa: PLR2004 - OK
            raise self._refused(action, answer.status, read)
        return read

    def _signed(self, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
        sent = self._client.headers(headers)
        if self._source is None:
            return sent
        return signed_headers("POST", "/", sent, self._source.current(), self._region, body=body, service="sqs")

    def _refused(self, action: str, status: int, document: Mapping[str, Any]) -> StorageError:
        code = str(document.get("__type") or "").rpartition("#")[2]
        words = str(document.get("message") or document.get("Message") or "")[:300]
        text = f"The queue {self._url} refused {action} with {status} {code}: {words}".rstrip(": ") + "."
        if code in _DENIED or status in (401, 403):
            return AccessDenied(text, "Allow sqs:ReceiveMessage and sqs:DeleteMessage on this queue.")
        if "NonExistentQueue" in code or "QueueDoesNotExist" in code:
            return StorageError(text, "Check the account, region and name in its address.")
        return SourceUnreachable(text) if status >= 500 else StorageError(text)  # noqa: PLR2004 - the server's own
