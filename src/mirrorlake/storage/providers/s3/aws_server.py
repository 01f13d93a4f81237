"""The server that the machine's AWS configuration selects for S3, found as the AWS command line does it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

import botocore.session
from botocore.loaders import Loader

from mirrorlake.core.errors import SettingsError
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.credentials import S3Server
from mirrorlake.storage.server_address import server_url

CONFIGURED = "set in mirrorlake"
_KIND = "an S3 server"
_DEFAULT_PARTITION = "aws"  # of a region that no partition knows, as in botocore


def server_of(access: S3Access, session: botocore.session.Session, region: str) -> S3Server:
    """The endpoint of the access, else that of the AWS configuration, else that of the region on AWS.

    Raises SettingsError for an endpoint that is not an address.
    """
    if access.endpoint is not None:
        return S3Server(url=server_url(access.endpoint, CONFIGURED, _KIND), origin=CONFIGURED)
    if not session.get_config_variable("ignore_configured_endpoint_urls"):
        for endpoint, origin in _configured(session):
            if isinstance(endpoint, str) and endpoint:
                return S3Server(url=server_url(endpoint, origin, _KIND), origin=origin)
    return S3Server(url=_aws_url(session, region))


def _configured(session: botocore.session.Session) -> Iterator[tuple[object, str]]:
    """The endpoints of the environment and of the profile, most decisive first, with what specifies them.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    for variable in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"):
        yield os.environ.get(variable), variable
    profile = cast("Mapping[str, Any]", session.get_scoped_config())
    section = profile.get("services")
    if section is not None:
        services = cast("Mapping[str, Any]", session.full_config).get("services", {}).get(section)
        if services is None:
            raise SettingsError(
                f"The AWS profile names the services section {section!r}, which does not exist.",
                "Correct ~/.aws/config.",
            )
        own = services.get("s3")
        if isinstance(own, dict):
            yield cast("Mapping[str, Any]", own).get("endpoint_url"), f"endpoint_url of the services section {section}"
    yield profile.get("endpoint_url"), f"endpoint_url of the AWS profile {session.profile or 'default'}"


def _aws_url(session: botocore.session.Session, region: str) -> str:
    """The regional endpoint of S3, as the AWS configuration varies it."""
    fips = "-fips" if session.get_config_variable("use_fips_endpoint") else ""
    dual = ".dualstack" if session.get_config_variable("use_dualstack_endpoint") else ""
    return f"https://s3{fips}{dual}.{region}.{aws_domain(region)}"


def aws_domain(region: str) -> str:
    """The domain that botocore's data give for the partition of the region."""
    data = cast("Mapping[str, Any]", Loader().load_data("partitions"))
    partitions = {one["id"]: one for one in cast("list[dict[str, Any]]", data["partitions"])}
    partition = partitions[_DEFAULT_PARTITION]
    for one in partitions.values():
        if region in one["regions"] or re.match(one["regionRegex"], region):
            partition = one
            break
    return str(partition["outputs"]["dnsSuffix"])
