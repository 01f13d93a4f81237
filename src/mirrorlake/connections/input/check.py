"""Advice on all fields of a connection: what is certainly wrong is refused, and what is probably wrong is a hint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from mirrorlake.connections.input.advice import Advice
from mirrorlake.connections.input.aws import advise_endpoint, advise_keys, advise_pasted, advise_region, advise_role
from mirrorlake.connections.input.azure import (
    advise_account,
    advise_connection_string,
    advise_key,
    advise_key_size,
    advise_sas,
)
from mirrorlake.connections.input.bucket import advise_bucket, advise_prefix, scheme_of
from mirrorlake.connections.input.gcs import advise_key_file, advise_service_account, advise_workload_identity
from mirrorlake.model.connections import ConnectionKind

LONGEST = 64 << 10  # characters; longer values are refused elsewhere


def check_input(kind: ConnectionKind, settings: Mapping[str, object], secrets: Mapping[str, object]) -> None:
    """Raise SettingsError for the first field that is certainly wrong. Fields that are absent are not checked."""
    for name, advice in _refusals(kind, _texts(settings), _texts(secrets)):
        if advice is not None:
            raise advice.error(field=name)


def hints(kind: ConnectionKind, settings: Mapping[str, object], secrets: Mapping[str, object]) -> list[Advice]:
    """What is probably wrong, if the credentials are not accepted."""
    own, hidden = _texts(settings), _texts(secrets)
    found: list[Advice | None] = []
    if "access_key_id" in hidden:
        aws = kind.value.startswith("aws-") and "endpoint" not in own
        given = (hidden["access_key_id"], hidden.get("secret_access_key", ""), hidden.get("session_token"))
        found.append(advise_keys(*given, aws=aws))
    if "account_key" in hidden:
        found.append(advise_key_size(hidden["account_key"]))
    if "credentials_json" in hidden and kind is ConnectionKind.GCS_SERVICE_ACCOUNT:
        found.append(advise_key_file(hidden["credentials_json"]))
    return [advice for advice in found if advice is not None]


def _refusals(
    kind: ConnectionKind, settings: Mapping[str, str], secrets: Mapping[str, str]
) -> Iterator[tuple[str, Advice | None]]:
    aws = scheme_of(kind) == "s3" and kind is not ConnectionKind.S3 and "endpoint" not in settings
    checks: dict[str, Callable[[str], Advice | None]] = {
        "role_arn": advise_role,
        "bucket": lambda text: advise_bucket(text, kind if aws or scheme_of(kind) != "s3" else ConnectionKind.S3),
        "prefix": advise_prefix,
        "endpoint": lambda text: advise_endpoint(text, settings.get("bucket")),
    }
    if aws:
        checks["region"] = advise_region
    if scheme_of(kind) == "az":
        checks["account"] = advise_account
    yield from ((name, check(settings[name])) for name, check in checks.items() if name in settings)
    writes = settings.get("allow_writes") is not None
    of_secrets: dict[str, Callable[[str], Advice | None]] = {
        "access_key_id": lambda text: advise_pasted("access key id", text),
        "secret_access_key": lambda text: advise_pasted("secret access key", text),
        "session_token": lambda text: advise_pasted("session token", text),
        "credentials_json": (
            advise_workload_identity if kind is ConnectionKind.GCS_WORKLOAD_IDENTITY else advise_service_account
        ),
        "sas_token": lambda text: advise_sas(text, writes=writes),
        "account_key": advise_key,
        "connection_string": advise_connection_string,
    }
    yield from ((name, check(secrets[name])) for name, check in of_secrets.items() if name in secrets)


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    """The texts among the values, and `allow_writes` if it is true."""
    found = {name: value for name, value in values.items() if isinstance(value, str) and len(value) <= LONGEST}
    return found | ({"allow_writes": "true"} if values.get("allow_writes") is True else {})
