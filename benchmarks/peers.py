"""Other people's listing, each in a fresh process, with the credentials of the environment.

`python -m benchmarks.peers boto3|obstore --bucket B --endpoint http://...` prints one JSON line.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import time
from collections.abc import Callable

from benchmarks.measure import tool


def s5cmd(bucket: str, endpoint: str) -> list[str]:
    """The command that lists a bucket with s5cmd."""
    return [tool("s5cmd"), "--endpoint-url", endpoint, "ls", f"s3://{bucket}/*"]


def rclone(bucket: str, endpoint: str) -> list[str]:
    """The command that lists a bucket with rclone."""
    remote = f':s3,provider=Other,env_auth=true,region=us-east-1,endpoint="{endpoint}":{bucket}'
    flags = ["--files-only", "--fast-list", "--format", "ps", "--config", os.devnull]
    return [tool("rclone"), "lsf", "-R", *flags, remote]


def _boto3(bucket: str, endpoint: str) -> int:
    import boto3  # noqa: PLC0415  (each peer pays for its own import only)

    pages = boto3.client("s3", endpoint_url=endpoint).get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return sum(len([(entry["Key"], entry["Size"], entry["ETag"]) for entry in page["Contents"]]) for page in pages)


def _obstore(bucket: str, endpoint: str) -> int:
    import obstore  # noqa: PLC0415
    from obstore.store import S3Store  # noqa: PLC0415

    store = S3Store(
        bucket,
        endpoint=endpoint,
        region=os.environ["AWS_REGION"],
        access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
        secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
    )
    return sum(batch.num_rows for batch in obstore.list(store, chunk_size=10_000, return_arrow=True))


def _obstore_google(bucket: str, endpoint: str) -> int:
    import obstore  # noqa: PLC0415
    from obstore.store import GCSStore  # noqa: PLC0415

    nobody = {
        "gcs_base_url": endpoint,
        "disable_oauth": True,
        "client_email": "",
        "private_key": "",
        "private_key_id": "",
    }
    store = GCSStore(bucket, service_account_key=json.dumps(nobody), client_options={"allow_http": True})
    return sum(batch.num_rows for batch in obstore.list(store, chunk_size=10_000, return_arrow=True))


PEERS: dict[str, Callable[[str, str], int]] = {"boto3": _boto3, "obstore": _obstore, "obstore-google": _obstore_google}


def main() -> None:
    """List once and print how many objects there were."""
    parser = argparse.ArgumentParser()
    parser.add_argument("peer", choices=sorted(PEERS))
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--endpoint", required=True)
    arguments = parser.parse_args()
    importlib.import_module(arguments.peer.partition("-")[0])  # what loads it is start-up
    started, cpu = time.perf_counter(), time.process_time()
    objects = PEERS[arguments.peer](arguments.bucket, arguments.endpoint)
    spent = {"seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    print(json.dumps({"objects": objects, **spent}))


if __name__ == "__main__":
    main()
