"""The physical limit of reading sidecars: every one by obstore, in as many processes and threads as a pass reads them.

`python -m benchmarks.bare_gets --endpoint http://... --every 50 --count 10000` prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import time
from concurrent.futures import ThreadPoolExecutor

import obstore
from obstore.store import S3Store

from benchmarks.pages import key_of
from mirrorlake.processing.pool import FETCH_THREADS


def _share(endpoint: str, keys: list[str]) -> int:
    """Reads these objects; how many bytes they have."""
    store = S3Store(
        "bench",
        endpoint=endpoint,
        region="us-east-1",
        skip_signature=True,
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
    )
    with ThreadPoolExecutor(FETCH_THREADS) as pool:
        return sum(pool.map(lambda key: len(obstore.get(store, key).bytes()), keys))


def main() -> None:
    """Read them once and print what it cost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--every", type=int, required=True, help="read the sidecar of every Nth photograph")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    keys = [key_of(2 * arguments.every * place + 1) for place in range(arguments.count)]
    started = time.perf_counter()
    shares = [keys[place :: arguments.processes] for place in range(arguments.processes)]
    # As in a pass: fresh processes, so that no lock of a thread is inherited.
    with multiprocessing.get_context("spawn").Pool(arguments.processes) as pool:
        read = sum(pool.starmap(_share, [(arguments.endpoint, share) for share in shares]))
        pool.close()
        pool.join()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = children.ru_utime + children.ru_stime
    print(json.dumps({"bytes": read, "seconds": time.perf_counter() - started, "cpu": cpu}))


if __name__ == "__main__":
    main()
