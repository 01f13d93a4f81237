"""Known services that speak the protocol of S3: their addresses and how they differ from S3.

Sources are the services' own documents, named at each row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.connections import ConnectionSettings

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")  # of a region or account: one label of a host name


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One service. The address may contain {region} and {account}; None: each installation has its own."""

    summary: str
    address: str | None
    region: str | None = None  # that requests are signed for if none is given
    path_style: bool = True


PRESETS: Final[Mapping[str, Preset]] = {
    # https://min.io/docs/minio/linux/reference/minio-server/settings/core.html (MINIO_DOMAIN, MINIO_SITE_REGION)
    "minio": Preset(summary="MinIO", address=None, region="us-east-1"),
    # https://github.com/seaweedfs/seaweedfs/wiki/Amazon-S3-API
    "seaweedfs": Preset(summary="SeaweedFS", address=None, region="us-east-1"),
    # https://docs.ceph.com/en/latest/radosgw/s3/ (buckets by path unless rgw_dns_name is set)
    "ceph": Preset(summary="Ceph Object Gateway", address=None, region="us-east-1"),
    # https://docs.wasabi.com/docs/what-are-the-service-urls-for-wasabis-different-storage-regions
    "wasabi": Preset(summary="Wasabi", address="https://s3.{region}.wasabisys.com", region="us-east-1"),
    # https://www.backblaze.com/docs/cloud-storage-call-the-s3-compatible-api
    "backblaze-b2": Preset(summary="Backblaze B2", address="https://s3.{region}.backblazeb2.com"),
    # https://developers.cloudflare.com/r2/api/s3/api/ (the region is always auto)
    "r2": Preset(summary="Cloudflare R2", address="https://{account}.r2.cloudflarestorage.com", region="auto"),
    # https://docs.digitalocean.com/reference/api/spaces/
    "digitalocean-spaces": Preset(
        summary="DigitalOcean Spaces", address="https://{region}.digitaloceanspaces.com", path_style=False
    ),
    # https://docs.otc.t-systems.com/regions-and-endpoints/ (Object Storage Service, obs.<region>.otc.t-systems.com)
    "otc-obs": Preset(
        summary="Open Telekom Cloud OBS",
        address="https://obs.{region}.otc.t-systems.com",
        region="eu-de",
        path_style=False,
    ),
    # https://cloud.google.com/storage/docs/interoperability (region auto is accepted for signatures)
    "gcs-hmac": Preset(
        summary="Google Cloud Storage with HMAC keys", address="https://storage.googleapis.com", region="auto"
    ),
}


def apply_preset(settings: ConnectionSettings) -> ConnectionSettings:
    """The settings with the address and region of their preset. Given ones are kept.

    Raises SettingsError for an unknown preset, and if a part of its address is missing or invalid.
    """
    if settings.preset is None:
        return settings
    preset = PRESETS.get(settings.preset)
    if preset is None:
        raise SettingsError(
            f"{settings.preset!r} is not a known service.",
            f"Use one of {', '.join(PRESETS)}, or an endpoint alone.",
            field="preset",
        )
    settings = replace(
        settings,
        region=settings.region or preset.region,
        path_style=preset.path_style if settings.path_style is None else settings.path_style,
    )
    return settings if settings.endpoint else replace(settings, endpoint=_address(settings, preset))


def _address(settings: ConnectionSettings, preset: Preset) -> str:
    if preset.address is None:
        raise SettingsError(
            f"The address of the {preset.summary} server is missing.",
            "Specify it as the endpoint: https://host:port.",
            field="endpoint",
        )
    values: dict[str, str] = {}
    for name, value in (("region", settings.region), ("account", settings.account)):
        if f"{{{name}}}" in preset.address:
            if value is None or not _NAME.fullmatch(value):
                raise SettingsError(
                    f"{preset.summary} needs {'an account' if name == 'account' else 'a region'}"
                    f"{'' if value is None else f', and {value!r} is none'}.",
                    f"Specify it with --{name}.",
                    field=name,
                )
            values[name] = value
    return preset.address.format_map(values)
