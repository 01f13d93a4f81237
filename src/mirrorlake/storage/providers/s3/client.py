"""obstore clients for one bucket, with the endpoint, region, credentials and authorities of our own requests."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from obstore.store import S3Store as ObstoreS3

from mirrorlake.storage.http import CONNECT_S, READ_S, check_host
from mirrorlake.storage.providers.s3.credentials import CredentialSource, ObstoreProvider
from mirrorlake.storage.providers.s3.endpoint import Endpoint

if TYPE_CHECKING:
    from obstore.store import ClientConfig


def open_client(
    endpoint: Endpoint,
    region: str,
    source: CredentialSource | None,
    ca_bundle: str | None,
    *,
    deadline: timedelta,
    retries: int = 0,
) -> ObstoreS3:
    """A client; `deadline` limits a whole request, including the body of the response."""
    # obstore resolves names itself, so the check is only possible before its first connection.
    parts = urlsplit(endpoint.base)
    check_host(parts.hostname or "", parts.port)
    client: ClientConfig = {
        "allow_http": endpoint.base.startswith("http://"),
        "connect_timeout": timedelta(seconds=CONNECT_S),
        "read_timeout": timedelta(seconds=READ_S),
        "timeout": deadline,
    }
    if ca_bundle and not client["allow_http"]:
        client["root_certificate"] = Path(ca_bundle).read_bytes()
    return ObstoreS3(
        endpoint.bucket,
        # Every option is given, so that environment variables cannot change the behaviour of obstore.
        aws_endpoint_url_s3=endpoint.for_clients,
        virtual_hosted_style_request=endpoint.virtual,
        region=region,
        skip_signature=source is None,
        client_options=client,
        retry_config={"max_retries": retries, "retry_timeout": deadline},
        credential_provider=None if source is None else ObstoreProvider(source),
    )
