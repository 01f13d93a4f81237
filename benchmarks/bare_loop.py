"""The physical limit of a first pass: every object by obstore, its thumbnail by pyvips, nothing kept.

`python -m benchmarks.bare_loop --bucket B --endpoint http://... --processes 2` prints one JSON line.
"""

from __future__ import annotations

import os

os.environ.setdefault("VIPS_CONCURRENCY", "1")  # one picture a thread: read by libvips when it is loaded

import argparse
import json
import multiprocessing
import resource
import time
from concurrent.futures import ThreadPoolExecutor

import obstore
import pyvips
from obstore.store import S3Store

from mirrorlake.formats.sides import THUMBNAIL_SIDE
from mirrorlake.formats.thumbnail import THUMBNAIL_EFFORT, THUMBNAIL_QUALITY

THREADS = 4  # GETs under way in each process


def _store(bucket: str, endpoint: str) -> S3Store:
    return S3Store(
        bucket,
        endpoint=endpoint,
        region=os.environ["AWS_REGION"],
        access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
        secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
    )


def _share(bucket: str, endpoint: str, keys: list[str]) -> int:
    """Thumbnails of these objects; how many bytes were read."""
    store = _store(bucket, endpoint)

    def process(key: str) -> int:
        data = bytes(obstore.get(store, key).bytes())
        small = pyvips.Image.thumbnail_buffer(data, THUMBNAIL_SIDE, height=THUMBNAIL_SIDE, size="down")
        small.webpsave_buffer(Q=THUMBNAIL_QUALITY, effort=THUMBNAIL_EFFORT, keep="none")
        return len(data)

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(process, keys))


def main() -> None:
    """Process every object of the bucket once and print the cost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    started = time.perf_counter()
    store = _store(arguments.bucket, arguments.endpoint)
    keys = [item["path"] for page in obstore.list(store, chunk_size=1000) for item in page]
    shares = [keys[place :: arguments.processes] for place in range(arguments.processes)]
    # As in a pass: fresh processes, so that no lock of a thread is inherited.
    with multiprocessing.get_context("spawn").Pool(arguments.processes) as pool:
        read = sum(pool.starmap(_share, [(arguments.bucket, arguments.endpoint, share) for share in shares]))
        pool.close()
        pool.join()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = {
        "objects": len(keys),
        "bytes": read,
        "seconds": time.perf_counter() - started,
        "cpu": children.ru_utime + children.ru_stime,
    }
    print(json.dumps(spent))


if __name__ == "__main__":
    main()
