"""What distinguishes a bucket from another one of the same name: its owner, its region and when it was created."""

from __future__ import annotations

from http import HTTPStatus

from mirrorlake.core.errors import StorageError
from mirrorlake.model.identity import Identity
from mirrorlake.storage.providers.s3.credentials import AwsConfig
from mirrorlake.storage.providers.s3.errors import RequestInfo
from mirrorlake.storage.providers.s3.http import Http
from mirrorlake.storage.providers.s3.list_xml import read_xml

_REFUSED = Identity(hints={}, requests=1)


def identify(bucket: str, config: AwsConfig, *, anonymous: bool) -> Identity:
    """The identity of a bucket, by one request that lists the buckets of the owner; without facts if that is refused.

    The credentials may be allowed to read the bucket and not to list buckets, or belong to another account. AWS names
    the time of the last change of a bucket's policy as its creation outside of us-east-1, and other servers name the
    caller as the owner, so these are only hints.
    """
    if anonymous:
        return Identity(hints={})
    http = Http("", config)
    asked = RequestInfo(bucket=bucket, region=config.region, permission="s3:ListAllMyBuckets", anonymous=False)
    try:
        answer = http.send("GET", http.endpoint.bucket_path, asked=asked, query=[("prefix", bucket)])
        body = http.read(answer, asked=asked)
        if answer.status != HTTPStatus.OK:
            return _REFUSED
        found = read_xml(body)
    except StorageError:
        return _REFUSED  # if the server is unreachable, the listing reports it
    finally:
        http.close()
    for one in found.entries:
        if one.get("Name") == bucket:
            known = {"owner": found.fields.get("Owner/ID", ""), "region": one.get("BucketRegion", "")}
            lasting = {name: value for name, value in known.items() if value}
            created = {"creation date": one["CreationDate"]} if one.get("CreationDate") else {}
            if config.server.is_aws:
                return Identity(facts=lasting, hints=created, requests=1)
            return Identity(hints={**lasting, **created}, requests=1)
    return _REFUSED
