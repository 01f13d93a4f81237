"""Who this library is for a cloud: the principal that documents grant access to."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from mirrorlake.connections.documents.arns import principal_of
from mirrorlake.connections.documents.inputs import WebIdentity
from mirrorlake.model.credentials import (
    Ambient,
    AwsKeys,
    AwsRole,
    AzureManagedIdentity,
    AzureServicePrincipal,
    Credentials,
    GcsServiceAccount,
)

TIMEOUT_S = 3  # to connect to STS and for its answer; documents can be completed by hand
TOKEN_BYTES = 20_000
_REGION = "us-east-1"


def find_principal(credentials: Credentials | None, *, region: str | None, profile: str | None) -> str | None:
    """The principal of a connection's credentials; None if it is not known. Sends at most one request, to AWS."""
    match credentials:
        case GcsServiceAccount():
            return _text(_json(credentials.info), "client_email")
        case AzureServicePrincipal():
            return credentials.client_id
        case AzureManagedIdentity():
            return credentials.client_id
        case AwsRole():
            return _aws_principal(credentials.base, region, credentials.profile)
        case AwsKeys():
            return _aws_principal(credentials, region, None)
        case Ambient():
            return _aws_principal(None, region, profile)
        case _:
            return None


def read_web_identity(path: str | None) -> WebIdentity | None:
    """The claims of a token, which is not verified: they only fill a document. None if it cannot be read."""
    if path is None:
        return None
    try:
        with Path(path).open(encoding="ascii") as file:
            body = file.read(TOKEN_BYTES).split(".")[1]
        claims = _json(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode())
    except (OSError, UnicodeDecodeError, IndexError, binascii.Error):
        return None
    issuer, subject, audience = _text(claims, "iss"), _text(claims, "sub"), claims.get("aud")
    if issuer is None or subject is None:
        return None
    first = next(iter(cast("list[object]", audience)), None) if isinstance(audience, list) else cast("object", audience)
    own = {"audience": first} if isinstance(first, str) else {}
    return WebIdentity(issuer=issuer, subject=subject, **own)


def _aws_principal(keys: AwsKeys | None, region: str | None, profile: str | None) -> str | None:
    """The principal that AWS reports for keys, or for the machine's own identity.

    AWS itself is asked, or the server of the machine's own configuration: never one that a connection names.
    """
    import botocore.session  # noqa: PLC0415  it is slow to load
    from botocore.config import Config  # noqa: PLC0415  as above
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  as above

    given: dict[str, Any] = {}
    if keys is not None:
        given = {
            "aws_access_key_id": keys.access_key_id,
            "aws_secret_access_key": keys.secret_access_key,
            "aws_session_token": keys.session_token,
        }
    config = Config(connect_timeout=TIMEOUT_S, read_timeout=TIMEOUT_S, retries={"max_attempts": 0})
    try:
        session = botocore.session.Session(profile=profile)
        if keys is None and session.get_credentials() is None:
            return None
        client = cast("Any", session.create_client("sts", region_name=region or _REGION, config=config, **given))
        found: object = client.get_caller_identity().get("Arn")
    except (BotoCoreError, ClientError):
        return None  # the documents then have a placeholder, and a note that explains it
    return principal_of(found) if isinstance(found, str) else None


def _json(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}


def _text(values: Mapping[str, Any], name: str) -> str | None:
    found = values.get(name)
    return found if isinstance(found, str) and found.isprintable() else None
