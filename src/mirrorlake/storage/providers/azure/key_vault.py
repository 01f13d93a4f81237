"""A key of Azure Key Vault, with the machine's own identity in Microsoft Entra ID.

https://learn.microsoft.com/rest/api/keyvault/keys/wrap-key/wrap-key
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, cast
from urllib.parse import urlsplit

import orjson

from mirrorlake.core.errors import SettingsError, StorageError
from mirrorlake.storage.http import NoAnswer, client_of
from mirrorlake.storage.key_services import KeyMismatch
from mirrorlake.storage.providers.azure.resolving import machine_grant
from mirrorlake.storage.providers.azure.tokens import source_of
from mirrorlake.storage.server_words import clean_text
from mirrorlake.storage.wire import MACHINE

VERSION: Final = "7.4"
ALGORITHM: Final = "RSA-OAEP-256"
# Vaults of all clouds of Azure, each of which wants tokens for its own domain. Tokens go nowhere else.
DOMAINS: Final = ("vault.azure.net", "vault.azure.cn", "vault.usgovcloudapi.net", "managedhsm.azure.net")
_VAULT = re.compile(r"[A-Za-z0-9-]{3,24}")
_PATH = re.compile(r"/keys/(?P<key>[A-Za-z0-9-]{1,127})")
_KEY_VERSION = re.compile(r"[0-9a-f]{32}")
_WRAPPED = re.compile(r"(?P<version>[0-9a-f]{32})\.(?P<value>[A-Za-z0-9_-]{1,4096})")
_ANSWER_BYTES = 64 << 10
_WAIT_S = 30.0


class KeyVaultKey:
    """One RSA key, by its address. Its newest version encrypts, and any enabled version decrypts."""

    def __init__(self, address: str) -> None:
        self._base, domain, self._path = _parts(address)
        self._address = f"{self._base}{self._path}"
        grant = machine_grant(os.environ, resource=f"https://{domain}")
        self._tokens = source_of(grant, MACHINE)

    def encrypt(self, data: bytes) -> str:
        """The encrypted data, with the version of the key."""
        version = self._newest_version()
        members = {"alg": ALGORITHM, "value": _encode(data)}
        return f"{version}.{self._ask('POST', f'{self._path}/{version}/wrapkey', members)['value']}"

    def decrypt(self, text: str) -> bytes:
        """The data."""
        found = _WRAPPED.fullmatch(text)
        if found is None:
            raise KeyMismatch
        members = {"alg": ALGORITHM, "value": found["value"]}
        value = self._ask("POST", f"{self._path}/{found['version']}/unwrapkey", members, decrypts=True)["value"]
        try:
            return base64.urlsafe_b64decode(f"{value}{'=' * (-len(value) % 4)}")
        except binascii.Error:
            raise self._unusable("its answer is not the decrypted key") from None

    def _newest_version(self) -> str:
        key = self._ask("GET", self._path, None, wanted="key")["key"]
        version = str(cast("Mapping[str, Any]", key).get("kid", "")).rpartition("/")[2] if isinstance(key, dict) else ""
        if not _KEY_VERSION.fullmatch(version):
            raise self._unusable("its answer names no version of the key")
        return version

    def _ask(
        self,
        method: str,
        path: str,
        members: Mapping[str, str] | None,
        *,
        wanted: str = "value",
        decrypts: bool = False,
    ) -> Mapping[str, Any]:
        """The members of the answer, of which `wanted` is one."""
        client = client_of(self._base, MACHINE)
        body = None if members is None else orjson.dumps(members)
        try:
            headers = {"Authorization": f"Bearer {self._tokens.current()}", "Content-Type": "application/json"}
            target = f"{path}?api-version={VERSION}"
            answer = client.send(method, target, client.headers(headers), body, deadline_s=_WAIT_S)
            data = client.read(answer, limit=_ANSWER_BYTES)
        except NoAnswer as error:
            raise self._unusable(f"the vault does not answer ({error})") from None
        except StorageError as error:
            raise self._unusable(error.message) from None
        finally:
            client.close()
        document = _object(data)
        # BadParameter is the answer for a text of another key, KeyNotFound that for a version that is gone.
        if decrypts and answer.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
            raise KeyMismatch
        if answer.status != HTTPStatus.OK:
            raise self._unusable(f"the vault answered {answer.status}{_words(document)}")
        found = document.get(wanted)
        if not found or (wanted == "value" and not isinstance(found, str)):
            raise self._unusable(f"the answer of the vault has no {wanted}")
        return document

    def _unusable(self, reason: str) -> SettingsError:
        return SettingsError(
            f"The key {self._address} of Azure Key Vault cannot be used: {reason.rstrip('.')}.",
            "Grant this machine's identity the role Key Vault Crypto User on the vault; check its address.",
        )


def _parts(address: str) -> tuple[str, str, str]:
    """The address of the vault, the domain that its tokens are for, and the path of the key. Raises SettingsError."""
    try:
        parts = urlsplit(address)
        name, _, domain = (parts.hostname or "").partition(".")
        path = _PATH.fullmatch(parts.path)
        plain = address == f"https://{parts.netloc}{parts.path}" and not set(":@") & set(parts.netloc)
    except ValueError:
        name, domain, path, plain = "", "", None, False
    if path is None or domain not in DOMAINS or not _VAULT.fullmatch(name) or not plain:
        raise SettingsError(
            "The address of the key in Azure Key Vault is not valid.",
            "Write azure-key-vault:https://VAULT.vault.azure.net/keys/KEY, without a version.",
        )
    return f"https://{name}.{domain}", domain, path[0]


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        document: Any = orjson.loads(data)
    except orjson.JSONDecodeError:
        return {}
    return cast("dict[str, Any]", document) if isinstance(document, dict) else {}


def _words(document: Mapping[str, Any]) -> str:
    error = document.get("error")
    words = cast("Mapping[str, Any]", error).get("message") if isinstance(error, dict) else None
    return f" ({clean_text(words).rstrip('.')})" if isinstance(words, str) and words else ""
