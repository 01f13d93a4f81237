"""A secret of Azure Key Vault, read with the machine's own identity in Microsoft Entra ID.

https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from mirrorlake.core.errors import SettingsError
from mirrorlake.storage.providers.azure.key_vault import ask_vault, vault_address, vault_tokens
from mirrorlake.storage.server_words import clean_code

_PATH = re.compile(r"/secrets/[A-Za-z0-9-]{1,127}(?:/[0-9a-f]{32})?")


def is_secret_address(address: str) -> bool:
    """Whether this is the address of a secret, perhaps of one version. Tokens go to vaults of Azure alone."""
    return vault_address(address, _PATH) is not None


def read_secret(address: str) -> str:
    """The secret at `address`, by one request.

    Raises SettingsError, without a secret, and SourceUnreachable for what may be temporary. The vault's own words are
    no part of an error: those of a refusal name this machine's identity, and other users than operators read them.
    """

    def unusable(reason: str) -> SettingsError:
        return SettingsError(
            f"The secret {address} of Azure Key Vault cannot be read: {reason.rstrip('.')}.",
            "Grant this machine's identity the role Key Vault Secrets User on the vault; check the address.",
        )

    found = vault_address(address, _PATH)
    if found is None:
        raise unusable("this is not the address of a secret")
    base, domain, path = found
    status, document = ask_vault(base, vault_tokens(domain), "GET", path, None, unusable=unusable)
    if status != HTTPStatus.OK:
        raise unusable(f"the vault answered {status}{_code_of(document)}")
    value = document.get("value")
    if not isinstance(value, str):
        raise unusable("the answer of the vault has no value")
    return value


def _code_of(document: Mapping[str, Any]) -> str:
    """The vault's code of an error in an answer, such as `Forbidden`; empty without one."""
    error = document.get("error")
    code = cast("Mapping[str, Any]", error).get("code") if isinstance(error, dict) else None
    found = clean_code(code) if isinstance(code, str) else ""
    return f" ({found})" if found else ""
