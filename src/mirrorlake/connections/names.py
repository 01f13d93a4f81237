"""The names of settings and secrets. Light: the command line loads it with every command of connections."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from mirrorlake.model.connections import ConnectionSettings

SETTING_NAMES: Final = tuple(field.name for field in fields(ConnectionSettings))
SECRET_NAMES: Final = (
    "access_key_id",
    "secret_access_key",
    "session_token",
    "credentials_json",
    "account_key",
    "sas_token",
    "connection_string",
    "client_secret",
    "proxy_login",
)
# Where a secret may be stored instead.
REFERENCES: Final = ("env", "file", "vault", "aws-secretsmanager", "gcp-secretmanager", "azure-keyvault")


def is_reference(text: str) -> bool:
    """Whether a secret was given as a reference, such as `env:NAME`."""
    scheme, colon, _ = text.partition(":")
    return bool(colon) and scheme in REFERENCES
