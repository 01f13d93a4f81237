"""Credentials for a source, one type per way to authenticate. They exist in memory only: a `repr` hides every secret.

They are stored encrypted, by `connections.vault`; a provider's `resolve` turns them into what signs its requests.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Any of the types below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambient(Credentials):
    """What the machine provides: environment, configuration files, an instance's own identity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsigned(Credentials):
    """None: a public bucket or container, to which requests are sent without any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsKeys(Credentials):
    """An access key of AWS or of a server that speaks its protocol; also HMAC keys of Google Cloud Storage."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)  # of temporary keys


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsRole(Credentials):
    """A role to assume through STS."""

    role_arn: str | None  # None: not created yet, so nothing can be read
    external_id: str  # ours, one per connection
    session_name: str = "mirrorlake"
    base: AwsKeys | None = field(default=None, repr=False)  # who assumes it; None = the machine's own identity
    profile: str | None = None  # of the machine's configuration, without `base`
    sts_endpoint: str | None = None  # None = the region's
    proven: bool = False  # the role was found to refuse callers without the ExternalId


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsWebIdentity(Credentials):
    """A role to assume with a token of an identity provider, which is read again for each request to STS."""

    role_arn: str
    token_file: str | None = None  # None = the file that AWS_WEB_IDENTITY_TOKEN_FILE names on this machine
    session_name: str = "mirrorlake"
    sts_endpoint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GcsServiceAccount(Credentials):
    """A service account's key file."""

    info: str = field(repr=False)  # the JSON text


@dataclass(frozen=True, slots=True, kw_only=True)
class GcsWorkloadIdentity(Credentials):
    """A configuration file of workload identity federation (`external_account`)."""

    info: str = field(repr=False)  # the JSON text


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureAccountKey(Credentials):
    """The key of a storage account."""

    account: str
    key: str = field(repr=False)  # base64


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureSas(Credentials):
    """A shared access signature."""

    account: str
    token: str = field(repr=False)  # the query string, without `?`


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureServicePrincipal(Credentials):
    """An application that is registered in a tenant of Microsoft Entra ID."""

    account: str
    tenant_id: str
    client_id: str
    client_secret: str = field(repr=False)
    authority: str | None = None  # None = https://login.microsoftonline.com


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureManagedIdentity(Credentials):
    """The identity that Azure gives to a machine."""

    account: str
    client_id: str | None = None  # None = the identity that the system assigned
