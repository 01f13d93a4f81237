"""Signed S3 requests: every key is sent byte for byte, and nothing is retried or redirected."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mirrorlake.storage.bucket_requests import BucketRequests, with_query
from mirrorlake.storage.http import REQUEST_S, HttpClient, NoAnswer, Response
from mirrorlake.storage.providers.s3.credentials import AwsConfig
from mirrorlake.storage.providers.s3.endpoint import Endpoint
from mirrorlake.storage.providers.s3.errors import Refusal, RequestInfo, read_refusal, unreachable
from mirrorlake.storage.providers.s3.signing import signed_headers, signed_url

_PAYER = "x-amz-request-payer"
_SECRET_CHARACTERS = 8
_SIGNATURE = re.compile(r"AWS4-HMAC\S*|\b(?:Credential|SignedHeaders|Signature)=[^\s,<&]*")


class Http(BucketRequests[RequestInfo]):
    """Sends signed requests for one bucket. Thread-safe; raises only our own errors."""

    def __init__(self, bucket: str, config: AwsConfig) -> None:
        self.endpoint = Endpoint(bucket, config.server, config.path_style)
        self._region = config.region
        self._source = config.source
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/ObjectsinRequesterPaysBuckets.html
        self._extra = {_PAYER: "requester"} if config.requester_pays else {}
        super().__init__(
            HttpClient(self.endpoint.base, config.ca_bundle, networks=config.networks, proxy=config.proxy), unreachable
        )

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
        """The status and headers of the response; `read` reads its body. `query` must be sorted by name."""
        target = with_query(path, query)
        sent = self._client.headers({**(headers or {}), **self._extra})
        if self._source is not None:
            sent = signed_headers(method, target, sent, self._source.current(), self._region, body=body)
        try:
            return self._client.send(method, target, sent, body, deadline_s=deadline_s)
        except NoAnswer as error:
            raise unreachable(asked, str(error)) from error

    def refusal(self, answer: Response) -> Refusal:
        """The details of an error response, without anything that we sent. Its connection is released.

        If its body cannot be read or is too large, only its status and headers are used.
        """
        body = self._client.read_error(answer)
        return self.hide(read_refusal(answer.status, answer.headers, body))

    def hide(self, refusal: Refusal) -> Refusal:
        """The same without credentials and signatures, which some servers repeat in their messages."""
        keys = None if self._source is None else self._source.current()
        secrets: list[str | None] = [] if keys is None else [keys.token, keys.secret_key, keys.access_key]

        def without(text: str) -> str:
            for secret in secrets:
                if secret and len(secret) >= _SECRET_CHARACTERS:  # a shorter one could be part of any word
                    text = text.replace(secret, "...")
            return _SIGNATURE.sub("...", text)

        return replace(
            refusal,
            code=without(refusal.code),
            message=without(refusal.message),
            region=without(refusal.region),
            redirect=without(refusal.redirect),
        )

    def presign(self, path: str, expires_s: int, query: Sequence[tuple[str, str]] = ()) -> str:
        """A URL that permits anyone to GET `path` for `expires_s` seconds. Names in `query` sort before `x`."""
        url = self.endpoint.base + path
        if self._source is None:
            return with_query(url, query)
        more = {**dict(query), **self._extra}
        return signed_url(url, self._source.current(), self._region, expires_s, more=more)
