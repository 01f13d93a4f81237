"""A stub of Google's services for tokens: OAuth, STS, IAM Credentials and the metadata service.

No such server exists as a package. It checks what Google checks: the signature and claims of an assertion, the foreign
token, the token of the caller.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self
from urllib.parse import parse_qs, unquote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.support.httpstub import Answer, HttpStub, Request

from mirrorlake.storage.providers.gcs.tokens import UrlSigner
from mirrorlake.storage.tokens import AccessToken

EMAIL = "reader@stub-project.iam.gserviceaccount.com"
AUDIENCE = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/oidc"
SUBJECT = "foreign-token-canary"


@cache
def private_key() -> rsa.RSAPrivateKey:
    """One key for all tests: making one takes a moment."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem() -> str:
    return private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@dataclass(frozen=True)
class FixedToken:
    """A source of one token, for tests of other things."""

    text: str
    principal: str | None = EMAIL

    def fetch(self, scope: str) -> AccessToken:  # noqa: ARG002 - one for all
        return AccessToken(text=self.text, life_s=3600)

    def signer(self) -> UrlSigner | None:
        return None


@dataclass
class TokenStub:
    """`with TokenStub() as google:`; each token that it issues is another one, and is in `issued`."""

    life_s: float | None = 3600
    issued: list[str] = field(default_factory=list[str])
    scopes: list[str] = field(default_factory=list[str])
    http: HttpStub = field(init=False)

    def __post_init__(self) -> None:
        self.http = HttpStub(self._answer)

    def __enter__(self) -> Self:
        self.http.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.__exit__()

    @property
    def endpoint(self) -> str:
        return self.http.endpoint

    @property
    def metadata_host(self) -> str:
        return self.endpoint.removeprefix("http://")

    def key_file(self) -> dict[str, str]:
        return {
            "type": "service_account",
            "client_email": EMAIL,
            "private_key_id": "key-1",
            "private_key": pem(),
            "token_uri": f"{self.endpoint}/token",
        }

    def federation(self, **source: object) -> dict[str, object]:
        return {
            "type": "external_account",
            "audience": AUDIENCE,
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": f"{self.endpoint}/sts",
            "credential_source": source,
        }

    @property
    def impersonation_url(self) -> str:
        return f"{self.endpoint}/v1/projects/-/serviceAccounts/{EMAIL}:generateAccessToken"

    def _answer(self, request: Request) -> Answer:
        match request.path:
            case "/token":
                return self._grant(parse_qs(request.body.decode()))
            case "/sts":
                return self._exchange(parse_qs(request.body.decode()))
            case "/subject":
                return Answer(200, json.dumps({"id_token": SUBJECT}).encode())
            case path if path.startswith("/computeMetadata/v1/instance/service-accounts/default/"):
                return self._metadata(request, path.rpartition("/")[2])
            case path if ":" in path:
                return self._iam(request, unquote(path).rpartition("/")[2])
        return Answer(404, b"{}")

    def _issue(self, scope: str) -> str:
        self.scopes.append(scope)
        self.issued.append(f"ya29.issued-{len(self.issued)}")
        return self.issued[-1]

    def _granted(self, scope: str) -> Answer:
        document: dict[str, Any] = {"access_token": self._issue(scope), "token_type": "Bearer"}
        return _json(document | ({} if self.life_s is None else {"expires_in": self.life_s}))

    def _grant(self, form: dict[str, list[str]]) -> Answer:
        if form["grant_type"] == ["refresh_token"]:
            return self._granted("of the user") if form["refresh_token"] == ["refresh"] else _denied("invalid_grant")
        head, claims, signature = form["assertion"][0].split(".")
        given = json.loads(_decode(claims))
        try:
            signed = f"{head}.{claims}".encode()
            private_key().public_key().verify(_decode(signature), signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return _denied("invalid_grant", "Invalid JWT Signature.")
        right = (json.loads(_decode(head)), given["iss"], given["aud"]) == (
            {"alg": "RS256", "typ": "JWT", "kid": "key-1"},
            EMAIL,
            f"{self.endpoint}/token",
        )
        now = time.time()
        if not right or abs(given["iat"] - now) > 60 or not 0 < given["exp"] - given["iat"] <= 3600:
            return _denied("invalid_grant", "Invalid JWT: Token must be a short-lived token.")
        return self._granted(given["scope"])

    def _exchange(self, form: dict[str, list[str]]) -> Answer:
        if form["audience"] != [AUDIENCE] or form["subject_token"] != [SUBJECT]:
            return _denied("invalid_request", "Invalid subject token.")
        return self._granted(form["scope"][0])

    def _metadata(self, request: Request, name: str) -> Answer:
        if request.headers.get("metadata-flavor") != "Google":
            return Answer(403)
        flavor = {"Metadata-Flavor": "Google"}
        if name == "email":
            return Answer(200, EMAIL.encode(), flavor)
        answer = self._granted(request.query["scopes"])
        return Answer(200, answer.body, flavor)

    def _iam(self, request: Request, action: str) -> Answer:
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.issued:
            return Answer(401, b'{"error": {"code": 401, "message": "Invalid Credentials"}}')
        document = json.loads(request.body)
        if action == f"{EMAIL}:generateAccessToken":
            expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
            return _json({"accessToken": self._issue(document["scope"][0]), "expireTime": expires})
        if action == f"{EMAIL}:signBlob":
            signed = private_key().sign(base64.b64decode(document["payload"]), padding.PKCS1v15(), hashes.SHA256())
            return _json({"keyId": "key-1", "signedBlob": base64.b64encode(signed).decode()})
        return Answer(404, b"{}")


def _json(document: dict[str, Any]) -> Answer:
    return Answer(200, json.dumps(document).encode(), {"Content-Type": "application/json"})


def _denied(error: str, description: str = "") -> Answer:
    return Answer(400, json.dumps({"error": error, "error_description": description}).encode())


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
