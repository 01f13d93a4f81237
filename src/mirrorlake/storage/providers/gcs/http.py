"""Requests to the JSON API with an access token: every key is sent byte for byte, and nothing is redirected."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from mirrorlake.storage.bucket_requests import BucketRequests, with_query
from mirrorlake.storage.http import REQUEST_S, NoAnswer, Response, client_of
from mirrorlake.storage.providers.gcs.config import GcsConfig
from mirrorlake.storage.providers.gcs.errors import Refusal, RequestInfo, read_refusal, unreachable
from mirrorlake.storage.providers.gcs.tokens import READ, token_cache

_TOKEN = re.compile(r"\bya29\.\S+|\bBearer\s+\S+")


class Http(BucketRequests[RequestInfo]):
    """Sends requests for one bucket. Thread-safe; raises only our own errors."""

    def __init__(self, bucket: str, config: GcsConfig, scope: str = READ) -> None:
        parts = urlsplit(config.server.url)
        self._base, self._folder = f"{parts.scheme}://{parts.netloc}", parts.path
        self._bucket = quote(bucket, safe="")
        self._tokens = None if config.source is None else token_cache(config.source, scope)
        self._billed = [] if config.billed_project is None else [("userProject", config.billed_project)]
        super().__init__(client_of(self._base, config.wire), unreachable)

    @property
    def bucket_path(self) -> str:
        """The path of the bucket's metadata."""
        return f"{self._folder}/storage/v1/b/{self._bucket}"

    @property
    def list_path(self) -> str:
        """The path of the bucket's objects."""
        return f"{self.bucket_path}/o"

    def path(self, key: str) -> str:
        """The path of one object."""
        return f"{self.list_path}/{_segment(key)}"

    def upload_path(self) -> str:
        """The path of uploads to the bucket."""
        return f"{self._folder}/upload/storage/v1/b/{self._bucket}/o"

    def url(self, key: str) -> str:
        """The address of one object for browsers, by the XML API."""
        return f"{self._base}{self._folder}/{self._bucket}/{quote(key, safe='/-_.~')}"

    def send(
        self,
        method: str,
        path: str,
        *,
        asked: RequestInfo,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        deadline_s: float = REQUEST_S,
    ) -> Response:
        """The status and headers of the response; `read` reads its body.

        A token that was refused before it expired is replaced once: it may have been revoked for a newer one.
        """
        target = with_query(path, [*query, *self._billed])
        token = None if self._tokens is None else self._tokens.current()
        sent = self._client.headers(headers or {})
        answer = self._send_once(method, target, _with_token(sent, token), body, asked=asked, deadline_s=deadline_s)
        if answer.status == HTTPStatus.UNAUTHORIZED and self._tokens is not None and token is not None:
            self.discard(answer)
            self._tokens.drop(token)
            sent = _with_token(sent, self._tokens.current())
            answer = self._send_once(method, target, sent, body, asked=asked, deadline_s=deadline_s)
        return answer

    def _send_once(
        self,
        method: str,
        target: str,
        sent: Mapping[str, str],
        body: bytes | None,
        *,
        asked: RequestInfo,
        deadline_s: float,
    ) -> Response:
        try:
            return self._client.send(method, target, sent, body, deadline_s=deadline_s)
        except NoAnswer as error:
            raise unreachable(asked, str(error)) from error

    def refusal(self, answer: Response) -> Refusal:
        """The details of an error response, without the token that we sent. Its connection is released.

        If its body cannot be read or is too large, only its status and headers are used.
        """
        body = self._client.read_error(answer)
        refusal = read_refusal(answer.status, answer.headers, body)
        return replace(refusal, reason=self._hide(refusal.reason), message=self._hide(refusal.message))

    def _hide(self, text: str) -> str:
        token = None if self._tokens is None else self._tokens.known()
        return _TOKEN.sub("...", text.replace(token, "...") if token else text)


def _with_token(headers: Mapping[str, str], token: str | None) -> dict[str, str]:
    return {**headers, **({} if token is None else {"Authorization": f"Bearer {token}"})}


def _segment(key: str) -> str:
    """A key as one segment of a path. A dot alone, or two, would be resolved by anything on the way."""
    return key.replace(".", "%2E") if key in (".", "..") else quote(key, safe="-_.~")
