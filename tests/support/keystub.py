"""Stubs of Google Cloud KMS and Secret Manager and of Azure Key Vault: no such server exists as a package.

They check what the services check: the token, the name of the key, the context, the algorithm.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from tests.support.gcstokens import private_key
from tests.support.httpstub import Answer, Request

GCP_NAME = "projects/p-1/locations/eu/keyRings/ring/cryptoKeys/mirrorlake"
TOKEN = "token-canary"
VERSION = "0123456789abcdef0123456789abcdef"
_OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


class GcpKmsStub:
    """One symmetric key. The answer to each request of a client."""

    def __init__(self) -> None:
        self._key = Fernet(Fernet.generate_key())

    def __call__(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _answer(
                403, {"error": {"code": 403, "message": "Permission denied.", "status": "PERMISSION_DENIED"}}
            )
        document: dict[str, Any] = json.loads(request.body)
        context = document["additionalAuthenticatedData"]
        match request.path:
            case path if path == f"/v1/{GCP_NAME}:encrypt":
                sealed = self._key.encrypt(f"{context} {document['plaintext']}".encode())
                return _answer(200, {"name": GCP_NAME, "ciphertext": base64.b64encode(sealed).decode()})
            case path if path == f"/v1/{GCP_NAME}:decrypt":
                try:
                    text = self._key.decrypt(base64.b64decode(document["ciphertext"])).decode()
                except InvalidToken:
                    text = ""
                if text.startswith(f"{context} "):
                    return _answer(200, {"plaintext": text.removeprefix(f"{context} ")})
                return _answer(
                    400, {"error": {"code": 400, "message": "Decryption failed.", "status": "INVALID_ARGUMENT"}}
                )
            case _:
                return _answer(404, {"error": {"code": 404, "message": "CryptoKey not found.", "status": "NOT_FOUND"}})


class KeyVaultStub:
    """One RSA key of one version, and Microsoft Entra ID, which issues tokens for its vault."""

    def __init__(self) -> None:
        self.resources: list[str] = []
        self.secrets: dict[str, str] = {}

    def __call__(self, request: Request) -> Answer:
        if request.path == "/tenant/oauth2/v2.0/token":
            self.resources.append(parse_qs(request.body.decode())["scope"][0])
            return _answer(200, {"access_token": TOKEN, "expires_in": 3600})
        if request.headers.get("authorization") != f"Bearer {TOKEN}" or request.query != {"api-version": "7.4"}:
            return _answer(401, {"error": {"code": "Unauthorized", "message": "AKV10000"}})
        match request.method, request.path:
            case "GET", path if path.startswith("/secrets/") and path.split("/")[2] in self.secrets:
                return _answer(200, {"value": self.secrets[path.split("/")[2]], "id": path})
            case "GET", "/keys/mirrorlake":
                kid = f"https://stub-vault.vault.azure.net/keys/mirrorlake/{VERSION}"
                return _answer(200, {"key": {"kid": kid, "kty": "RSA"}})
            case "POST", path if path.startswith(f"/keys/mirrorlake/{VERSION}/"):
                return self._use(path.rpartition("/")[2], json.loads(request.body))
            case _:
                return _answer(
                    404, {"error": {"code": "KeyNotFound", "message": "A key with this version was not found."}}
                )

    def _use(self, verb: str, document: Mapping[str, str]) -> Answer:
        value = base64.urlsafe_b64decode(document["value"] + "==")
        if document["alg"] != "RSA-OAEP-256":
            return _answer(400, {"error": {"code": "BadParameter", "message": "The algorithm is not supported."}})
        try:
            key = private_key()
            found = key.public_key().encrypt(value, _OAEP) if verb == "wrapkey" else key.decrypt(value, _OAEP)
        except ValueError:
            return _answer(400, {"error": {"code": "BadParameter", "message": "Decryption failed."}})
        return _answer(200, {"kid": VERSION, "value": base64.urlsafe_b64encode(found).decode().rstrip("=")})


class SecretManagerStub:
    """Secrets of one project of Google, by name, each with one version."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}

    def __call__(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _answer(
                403, {"error": {"code": 403, "message": "Permission denied.", "status": "PERMISSION_DENIED"}}
            )
        name, _, version = request.path.removeprefix("/v1/projects/p-1/secrets/").partition("/versions/")
        if name not in self.secrets or version not in ("latest:access", "1:access"):
            return _answer(404, {"error": {"code": 404, "message": "Secret not found.", "status": "NOT_FOUND"}})
        data = base64.b64encode(self.secrets[name].encode("latin-1")).decode()
        return _answer(200, {"name": request.path, "payload": {"data": data}})


def _answer(status: int, document: Mapping[str, Any]) -> Answer:
    return Answer(status, json.dumps(document).encode(), {"Content-Type": "application/json"})
