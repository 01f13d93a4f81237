"""References to secrets that are stored elsewhere: read at each use, and stored instead of the secret.

env:NAME                          an environment variable of the process that uses the connection
file:/PATH                        a file of its machine, such as a mounted secret
vault:MOUNT/PATH#FIELD            HashiCorp Vault, key-value engine version 2, at VAULT_ADDR with VAULT_TOKEN
aws-secretsmanager:NAME[#FIELD]   AWS Secrets Manager, with the machine's own credentials
gcp-secretmanager:NAME[#FIELD]    Google Cloud Secret Manager, likewise; NAME is projects/PROJECT/secrets/SECRET
azure-keyvault:URL[#FIELD]        Azure Key Vault, likewise; URL is https://VAULT.vault.azure.net/secrets/SECRET
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, cast
from urllib.parse import quote, urlsplit

import orjson

from mirrorlake.core.errors import AccessDenied, SettingsError, SourceUnreachable
from mirrorlake.storage.providers.registry import (
    is_azure_secret,
    is_google_secret,
    read_aws_secret,
    read_azure_secret,
    read_google_secret,
)
from mirrorlake.storage.retry import is_passing

READ_LIMIT = 64 << 10  # bytes of one secret
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_VAULT_PATH = re.compile(r"(?P<mount>[A-Za-z0-9_-]+)/(?P<path>[A-Za-z0-9_./-]+)#(?P<field>[A-Za-z0-9_.-]+)")
_VAULT_SECONDS = 30.0
_OPERATOR_FIX: Final = "Give the secret, or ask an operator to make the connection on the library's machine."


def check_reference(text: str, *, allowed: tuple[str, ...] | None) -> None:
    """Raise SettingsError for an invalid reference, or for one that this caller may not use.

    `allowed` are prefixes that the operator permits; None: the caller is an operator. A reference reads a secret of the
    library's machine, so a caller who may choose it could send that secret to a server of its own.
    """
    scheme = text.partition(":")[0]
    if allowed is not None and (scheme == "file" or not any(text.startswith(prefix) for prefix in allowed)):
        raise SettingsError(f"References to secrets with {scheme}: are reserved for operators.", _OPERATOR_FIX)
    rest = text.partition(":")[2]
    valid = {
        "env": lambda: _ENV_NAME.fullmatch(rest) is not None,
        "file": lambda: rest.startswith("/") and rest.isprintable(),
        "vault": lambda: _VAULT_PATH.fullmatch(rest) is not None and ".." not in rest,
        "aws-secretsmanager": lambda: bool(rest.partition("#")[0]) and rest.isprintable(),
        "gcp-secretmanager": lambda: is_google_secret(rest.partition("#")[0]),
        "azure-keyvault": lambda: is_azure_secret(rest.partition("#")[0]),
    }[scheme]()
    if not valid:
        raise SettingsError(
            f"{text!r} is not a reference to a secret.",
            "Write env:NAME, file:/PATH, vault:MOUNT/PATH#FIELD, aws-secretsmanager:NAME#FIELD, "
            "gcp-secretmanager:projects/PROJECT/secrets/NAME#FIELD or "
            "azure-keyvault:https://VAULT.vault.azure.net/secrets/NAME#FIELD.",
        )


def resolve(name: str, reference: str) -> str:
    """The secret that a reference leads to; `name` is what it is used for. Raises MirrorlakeError, without a secret."""
    scheme, _, rest = reference.partition(":")
    found = READERS[scheme](rest).strip()
    if not found:
        raise SettingsError(f"The secret {name} is empty: {reference}.", "Check where it is stored.")
    return found


def _read_env(name: str) -> str:
    found = os.environ.get(name)
    if found is None:
        raise SettingsError(
            f"The environment variable {name} is not set.", "Set it for the server and every worker of the library."
        )
    return found


def _read_file(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            data = file.read(READ_LIMIT + 1)
    except OSError as error:
        raise SettingsError(
            f"The secret in {path} cannot be read: {error.strerror}.", "Check the path and its permissions."
        ) from None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
    if len(data) > READ_LIMIT or not text:
        raise SettingsError(f"The file {path} holds no secret in UTF-8.", "Check the path.")
    return text


def _read_vault(text: str) -> str:
    """https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version ."""
    from mirrorlake.storage.http import HttpClient, NoAnswer  # noqa: PLC0415  loads the HTTP client

    found = _VAULT_PATH.fullmatch(text)
    address, token = os.environ.get("VAULT_ADDR", "").rstrip("/"), os.environ.get("VAULT_TOKEN", "").strip()
    if found is None or not address or not token:
        raise SettingsError(
            "The address or the token of the Vault server is not set.",
            "Set VAULT_ADDR and VAULT_TOKEN for the server and every worker of the library.",
        )
    parts = urlsplit(address)
    client = HttpClient(f"{parts.scheme}://{parts.netloc}", os.environ.get("VAULT_CACERT"), networks=None)
    try:
        target = f"{parts.path}/v1/{found['mount']}/data/{quote(found['path'])}"
        headers = client.headers({"X-Vault-Token": token})
        namespace = os.environ.get("VAULT_NAMESPACE")
        if namespace:
            headers["X-Vault-Namespace"] = namespace
        answer = client.send("GET", target, headers, deadline_s=_VAULT_SECONDS)
        body = client.read(answer, limit=READ_LIMIT)
    except NoAnswer as error:
        raise SourceUnreachable(f"The Vault server at {address} cannot be reached: {error}.", "Check it.") from None
    finally:
        client.close()
    where = f"vault:{text}"
    if answer.status in (400, 401, 403):
        raise AccessDenied(f"Vault does not permit reading {where}.", "Check VAULT_TOKEN and its policy.")
    if is_passing(answer.status):
        raise SourceUnreachable(f"Vault answered {answer.status} for {where}.", "Try again later.")
    if answer.status != 200:  # noqa: PLR2004
        raise SettingsError(f"Vault answered {answer.status} for {where}.", "Check mount and path.")
    return _field(_json(body), ("data", "data", found["field"]), where)


def _read_aws(text: str) -> str:
    name, _, field = text.partition("#")
    secret = read_aws_secret(name)
    return secret if not field else _field(_json(secret.encode()), (field,), f"aws-secretsmanager:{text}")


def _read_google(text: str) -> str:
    name, _, field = text.partition("#")
    secret = read_google_secret(name)
    return secret if not field else _field(_json(secret.encode()), (field,), f"gcp-secretmanager:{text}")


def _read_azure(text: str) -> str:
    address, _, field = text.partition("#")
    secret = read_azure_secret(address)
    return secret if not field else _field(_json(secret.encode()), (field,), f"azure-keyvault:{text}")


def _json(data: bytes) -> object:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def _field(document: object, path: tuple[str, ...], where: str) -> str:
    for name in path:
        document = cast("Mapping[str, object]", document).get(name) if isinstance(document, dict) else None
    if not isinstance(document, str):
        raise SettingsError(f"{where} has no such field.", "Check the name after #.")
    return document


READERS: Final[Mapping[str, Callable[[str], str]]] = {
    "env": _read_env,
    "file": _read_file,
    "vault": _read_vault,
    "aws-secretsmanager": _read_aws,
    "gcp-secretmanager": _read_google,
    "azure-keyvault": _read_azure,
}
