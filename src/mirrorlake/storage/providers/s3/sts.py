"""Temporary keys from AWS STS: one signed request for a role, one unsigned for a role with a token.

Requests go through our own connections, so that the address is checked like that of a bucket.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlsplit
from xml.parsers import expat

from mirrorlake.core.errors import AccessDenied, ServerAnswer, SourceUnreachable, StorageError
from mirrorlake.storage.http import HttpClient, NoAnswer
from mirrorlake.storage.providers.s3.credentials import Keys, is_sendable
from mirrorlake.storage.providers.s3.signing import signed_headers
from mirrorlake.storage.server_words import clean_code, clean_text

VERSION: Final = "2011-06-15"
LIFE_S: Final = 3600  # of the keys; the most that a role allows if another role assumes it
ANSWER_BYTES: Final = 64 << 10
DEADLINE_S: Final = 30.0
_TEXTS: Final = frozenset({"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", "Code", "Message"})
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StsServer:
    """An STS server, and how it is reached."""

    url: str
    region: str
    ca_bundle: str | None = None
    proxy: str | None = field(default=None, repr=False)  # its address may contain a login
    networks: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporaryKeys:
    """Keys that expire."""

    keys: Keys = field(repr=False)
    expires: datetime


class RoleRefused(AccessDenied):
    """STS does not let these credentials assume the role."""


def assume_role(
    server: StsServer, caller: Keys, *, role_arn: str, session_name: str, external_id: str | None
) -> TemporaryKeys:
    """Keys of a role. Raises RoleRefused, AccessDenied for unusable keys of the caller, and SourceUnreachable."""
    form = {
        "Action": "AssumeRole",
        "RoleArn": role_arn,
        "RoleSessionName": session_name,
        "DurationSeconds": str(LIFE_S),
    }
    if external_id is not None:
        form["ExternalId"] = external_id
    return _request(server, form, role_arn, caller)


def assume_role_with_web_identity(server: StsServer, token: str, *, role_arn: str, session_name: str) -> TemporaryKeys:
    """Keys of a role, for a token of an identity provider. Errors as above."""
    if not is_sendable(token):
        raise AccessDenied("The token of the web identity contains a blank or a line end.", "Check its file.")
    form = {
        "Action": "AssumeRoleWithWebIdentity",
        "RoleArn": role_arn,
        "RoleSessionName": session_name,
        "WebIdentityToken": token,
        "DurationSeconds": str(LIFE_S),
    }
    return _request(server, form, role_arn, None)


def _request(server: StsServer, form: dict[str, str], role_arn: str, caller: Keys | None) -> TemporaryKeys:
    body = "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in {**form, "Version": VERSION}.items())
    parts = urlsplit(server.url)
    client = HttpClient(
        f"{parts.scheme}://{parts.netloc}", server.ca_bundle, networks=server.networks, proxy=server.proxy
    )
    target = parts.path or "/"
    sent = client.headers({"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})
    data = body.encode()
    if caller is not None:
        sent = signed_headers("POST", target, sent, caller, server.region, body=data, service="sts")
    try:
        answer = client.send("POST", target, sent, data, deadline_s=DEADLINE_S)
        text = client.read(answer, limit=ANSWER_BYTES)
    except NoAnswer as error:
        raise _unreachable(server, str(error)) from None
    finally:
        client.close()
    found = _read(text)
    if answer.status == HTTPStatus.OK:
        return _keys(server, found)
    secrets = [form.get("WebIdentityToken"), *([] if caller is None else [caller.secret_key, caller.token])]
    raise _refusal(server, answer.status, found, role_arn, [secret for secret in secrets if secret])


def _read(body: bytes) -> dict[str, str]:
    """The texts of known elements of a response, wherever they are. Empty if it is no XML; declarations are refused."""
    found: dict[str, str] = {}
    texts: list[str] = []

    def start(_name: str, _attributes: object) -> None:
        texts.clear()

    def end(name: str) -> None:
        local = name.rpartition(" ")[2]
        if local in _TEXTS:
            found.setdefault(local, "".join(texts).strip())
        texts.clear()

    def refuse(*_: object) -> None:
        raise ValueError("a document type")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = texts.append
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(body, True)  # noqa: FBT003 - the C function takes it by position
    except (expat.ExpatError, ValueError, LookupError):
        return {}
    return found


def _keys(server: StsServer, found: dict[str, str]) -> TemporaryKeys:
    try:
        keys = Keys.from_machine(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
        expires = datetime.fromisoformat(found["Expiration"])
    except (KeyError, ValueError):
        raise _unreachable(server, "its answer contains no keys") from None
    return TemporaryKeys(keys=keys, expires=expires if expires.tzinfo else expires.replace(tzinfo=UTC))


def _refusal(server: StsServer, status: int, found: dict[str, str], role_arn: str, secrets: list[str]) -> StorageError:
    code, words = clean_code(found.get("Code", "")), clean_text(found.get("Message", ""))
    for secret in secrets:
        words = words.replace(secret, "...")
    error = _error(server, status, code, words, role_arn)
    error.answer = ServerAnswer(status=status, code=code, words=words, service="sts")
    return error


def _error(server: StsServer, status: int, code: str, words: str, role_arn: str) -> StorageError:
    quoted = f" The server reports: {words.rstrip('.')}." if words else ""
    if code in _DENIED:
        return RoleRefused(
            f"The role {role_arn} does not admit this connection.{quoted}",
            "Check its trust policy: principal and ExternalId (mirrorlake connection documents NAME).",
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or code in (
        "Throttling",
        "ThrottlingException",
        "RequestLimitExceeded",
    ):
        return _unreachable(server, f"it answered {status}{f' {code}' if code else ''}")
    if code in ("InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken", "ExpiredTokenException"):
        return AccessDenied(
            f"The keys that assume the role {role_arn} are not valid: {code}.{quoted}",
            "Check the access key of the connection, or the AWS identity of this machine.",
        )
    if code in ("InvalidIdentityToken", "IDPRejectedClaim", "IDPCommunicationError"):
        return AccessDenied(
            f"The token of the web identity was refused for the role {role_arn}: {code}.{quoted}",
            "Check the identity provider in the account of the role, its audience, and that the token has not expired.",
        )
    return AccessDenied(f"STS refuses the role {role_arn}: {code or status}.{quoted}", "Check its ARN.")


def _unreachable(server: StsServer, reason: str) -> SourceUnreachable:
    return SourceUnreachable(
        f"The STS server {server.url} cannot be reached: {reason}.", "Check the network, or try again later."
    )
