"""The configuration of one connection: complete in itself, whatever the machine's AWS configuration contains."""

from __future__ import annotations

from typing import assert_never

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.credentials import AwsKeys, AwsRole, AwsWebIdentity, Credentials, Unsigned
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.aws_server import aws_domain
from mirrorlake.storage.providers.s3.credentials import AwsConfig, CredentialSource, Keys, S3Server
from mirrorlake.storage.providers.s3.roles import AssumedRole, WebIdentityRole
from mirrorlake.storage.providers.s3.sts import StsServer
from mirrorlake.storage.server_address import server_url

DEFAULT_REGION = "us-east-1"
_ORIGIN = "set in its connection"

_Own = AwsKeys | AwsRole | AwsWebIdentity | Unsigned


def connection_config(access: S3Access, credentials: Credentials) -> AwsConfig:
    """What requests of a connection need. Makes no request. It can be pickled.

    Raises SettingsError for invalid settings, and AccessDenied for keys that no header can contain.
    """
    if not isinstance(credentials, _Own):
        raise SettingsError(
            f"{type(credentials).__name__} cannot be used for s3:// addresses.", "Use a connection of another kind."
        )
    region = access.region or DEFAULT_REGION
    if access.endpoint is None:
        server = S3Server(url=f"https://s3.{region}.{aws_domain(region)}")
    else:
        server = S3Server(url=server_url(access.endpoint, _ORIGIN, "an S3 server"), origin=_ORIGIN)
    return AwsConfig(
        region=region,
        server=server,
        ca_bundle=access.ca_bundle,
        source=_source(credentials, access, region),
        path_style=access.path_style,
        requester_pays=access.requester_pays,
        proxy=access.proxy,
        networks=access.networks,
    )


def refuse_open_role(access: S3Access, credentials: Credentials) -> None:
    """Raise AccessDenied for a role that is known to admit callers without the ExternalId. Asks its server."""
    if isinstance(credentials, AwsRole) and credentials.role_arn is not None:
        source = _source(credentials, access, access.region or DEFAULT_REGION)
        if isinstance(source, AssumedRole):
            source.refuse_if_open()


def _source(credentials: _Own, access: S3Access, region: str) -> CredentialSource | None:
    match credentials:
        case Unsigned():
            return None
        case AwsKeys():
            return _keys(credentials)
        case AwsRole():
            return _assumed_role(credentials, _sts(credentials.sts_endpoint, access, region))
        case AwsWebIdentity():
            return WebIdentityRole(
                _sts(credentials.sts_endpoint, access, region),
                role_arn=credentials.role_arn,
                session_name=credentials.session_name,
                token_file=credentials.token_file,
            )
        case _:
            assert_never(credentials)


def _assumed_role(credentials: AwsRole, server: StsServer) -> AssumedRole:
    if credentials.role_arn is None:
        raise SettingsError(
            "The connection has no role yet.",
            "Create the role with the documents of the connection, then store its ARN (--role-arn).",
            field="role_arn",
        )
    return AssumedRole(
        server,
        role_arn=credentials.role_arn,
        session_name=credentials.session_name,
        external_id=credentials.external_id,
        base=None if credentials.base is None else _keys(credentials.base),
        profile=credentials.profile,
        proven=credentials.proven,
    )


def _keys(given: AwsKeys) -> Keys:
    return Keys.from_machine(given.access_key_id, given.secret_access_key, given.session_token)


def _sts(endpoint: str | None, access: S3Access, region: str) -> StsServer:
    return StsServer(
        url=server_url(endpoint, _ORIGIN, "an S3 server") if endpoint else f"https://sts.{region}.{aws_domain(region)}",
        region=region,
        ca_bundle=access.ca_bundle,
        proxy=access.proxy,
        networks=access.networks,
    )
