"""Authenticated requests to one container: every key is sent byte for byte, and nothing is retried or redirected."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from mirrorlake.storage.bucket_requests import BucketRequests, with_query
from mirrorlake.storage.http import REQUEST_S, NoAnswer, Response, client_of
from mirrorlake.storage.providers.azure.credentials import Authentication, Sas
from mirrorlake.storage.providers.azure.denials import SasFacts
from mirrorlake.storage.providers.azure.errors import Refusal, RequestInfo, read_refusal, unreachable
from mirrorlake.storage.wire import MACHINE, Wire

_SECRET_CHARACTERS = 8
_SIGNATURE = re.compile(r"(?:SharedKey|SharedKeyLite|Bearer)\s+\S*|\bsig=[^\s&<]*|\bMAC signature\b.*")


class Http(BucketRequests[RequestInfo]):
    """Sends authenticated requests for one container. Thread-safe; raises only our own errors."""

    def __init__(self, url: str, container: str, authentication: Authentication, wire: Wire = MACHINE) -> None:
        parts = urlsplit(url)
        self.base = f"{parts.scheme}://{parts.netloc}"
        self.account_path = parts.path or "/"
        self.container_path = f"{parts.path}/{container}"
        self._authentication = authentication
        super().__init__(client_of(self.base, wire), unreachable)

    def path(self, key: str) -> str:
        """The percent-encoded path of `key`, encoded once: the signed path equals the one that is sent."""
        return f"{self.container_path}/{quote(key, safe='/-_.~')}"

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
        target = with_query(path, query)
        sent = self._client.headers(headers or {})
        if body is not None:
            sent["Content-Length"] = str(len(body))
        own = self._authentication
        signed_target, signed = own.authenticate(method, target, sent)
        try:
            answer = self._client.send(method, signed_target, signed, body, deadline_s=deadline_s)
            if answer.status == HTTPStatus.UNAUTHORIZED and own.renew(signed):
                self.discard(answer)
                signed_target, signed = own.authenticate(method, target, sent)
                answer = self._client.send(method, signed_target, signed, body, deadline_s=deadline_s)
        except NoAnswer as error:
            raise unreachable(asked, self._hidden(str(error))) from error
        return answer

    def refusal(self, answer: Response) -> Refusal:
        """The details of an error response, without anything that we sent. Its connection is released.

        If its body cannot be read or is too large, only its status and headers are used.
        """
        body = self._client.read_error(answer)
        refusal = read_refusal(answer.status, answer.headers, body)
        return replace(
            refusal,
            code=self._hidden(refusal.code),
            message=self._hidden(refusal.message),
            detail=self._hidden(refusal.detail),
            sas=_facts_of(self._authentication),
        )

    def _hidden(self, text: str) -> str:
        """The text without credentials and signatures, which some servers repeat in their messages."""
        for secret in self._authentication.secrets():
            if len(secret) >= _SECRET_CHARACTERS:  # a shorter one could be part of any word
                text = text.replace(secret, "...")
        return _SIGNATURE.sub("...", text)


def _facts_of(authentication: Authentication) -> SasFacts | None:
    if not isinstance(authentication, Sas):
        return None
    own = authentication
    return SasFacts(expires=own.expires, permissions=own.permissions, one_object=own.is_of_one_object)
