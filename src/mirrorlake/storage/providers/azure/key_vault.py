"""A key of Azure Key Vault, with the machine's own identity in Microsoft Entra ID.

https://learn.microsoft.com/rest/api/keyvault/keys/wrap-key/wrap-key
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, cast
from urllib.parse import urlsplit

import orjson

from mirrorlake.core.errors import SettingsError, SourceUnreachable, StorageError
from mirrorlake.storage.http import NoAnswer, client_of
from mirrorlake.storage.key_services import KeyMismatch
from mirrorlake.storage.providers.azure.resolving import machine_grant
from mirrorlake.storage.providers.azure.tokens import TokenSource, source_of
from mirrorlake.storage.retry import is_passing, retry_after_s
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
        self._tokens = vault_tokens(domain)

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
        status, document = ask_vault(self._base, self._tokens, method, path, members, unusable=self._unusable)
        # BadParameter is the answer for a text of another key, KeyNotFound that for a version that is gone.
        if decrypts and status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
            raise KeyMismatch
        if status != HTTPStatus.OK:
            raise self._unusable(f"the vault answered {status}{words_of(document)}")
        found = document.get(wanted)
        if not found or (wanted == "value" and not isinstance(found, str)):
            raise self._unusable(f"the answer of the vault has no {wanted}")
        return document

    def _unusable(self, reason: str) -> SettingsError:
        return SettingsError(
            f"The key {self._address} of Azure Key Vault cannot be used: {reason.rstrip('.')}.",
            "Grant this machine's identity the role Key Vault Crypto User on the vault; check its address.",
        )


def ask_vault(
    base: str,
    tokens: TokenSource,
    method: str,
    path: str,
    members: Mapping[str, str] | None,
    *,
    unusable: Callable[[str], SettingsError],
) -> tuple[int, Mapping[str, Any]]:
    """The status and the members of the answer of a vault.

    Raises what `unusable` makes of a reason, and SourceUnreachable for what may be temporary.
    """
    client = client_of(base, MACHINE)
    body = None if members is None else orjson.dumps(members)
    try:
        headers = {"Authorization": f"Bearer {tokens.current()}", "Content-Type": "application/json"}
        target = f"{path}?api-version={VERSION}"
        answer = client.send(method, target, client.headers(headers), body, deadline_s=_WAIT_S)
        data = client.read(answer, limit=_ANSWER_BYTES)
    except NoAnswer as error:
        raise SourceUnreachable(f"The vault {base} cannot be reached: {error}.", "Try again later.") from None
    except SourceUnreachable:
        raise
    except StorageError as error:
        raise unusable(error.message) from None
    finally:
        client.close()
    if is_passing(answer.status):
        again_after_s = retry_after_s(answer.headers.get("Retry-After", "").strip())
        raise SourceUnreachable(
            f"The vault {base} answered {answer.status}.", "Try again later.", again_after_s=again_after_s
        )
    return answer.status, _object(data)


def vault_tokens(domain: str) -> TokenSource:
    """Tokens of the machine's own identity for the vaults of a domain."""
    return source_of(machine_grant(os.environ, resource=f"https://{domain}"), MACHINE)


def vault_address(address: str, path: re.Pattern[str]) -> tuple[str, str, str] | None:
    """The address of a vault, the domain that its tokens are for, and a path in it; None if it is no such address."""
    try:
        parts = urlsplit(address)
        name, _, domain = (parts.hostname or "").partition(".")
        plain = address == f"https://{parts.netloc}{parts.path}" and not set(":@") & set(parts.netloc)
    except ValueError:
        return None
    if not path.fullmatch(parts.path) or domain not in DOMAINS or not _VAULT.fullmatch(name) or not plain:
        return None
    return f"https://{name}.{domain}", domain, parts.path


def _parts(address: str) -> tuple[str, str, str]:
    found = vault_address(address, _PATH)
    if found is None:
        raise SettingsError(
            "The address of the key in Azure Key Vault is not valid.",
            "Write azure-key-vault:https://VAULT.vault.azure.net/keys/KEY, without a version.",
        )
    return found


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        document: Any = orjson.loads(data)
    except orjson.JSONDecodeError:
        return {}
    return cast("dict[str, Any]", document) if isinstance(document, dict) else {}


def words_of(document: Mapping[str, Any]) -> str:
    """The vault's own explanation in an answer; empty without one."""
    error = document.get("error")
    words = cast("Mapping[str, Any]", error).get("message") if isinstance(error, dict) else None
    return f" ({clean_text(words).rstrip('.')})" if isinstance(words, str) and words else ""
