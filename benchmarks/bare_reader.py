"""The physical limit of a pass: our own listing reader, bare, in as many ranges side by side. Nothing is compared.

`python -m benchmarks.bare_reader --uri s3://bucket/ --endpoint http://... --ranges 2` prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor

import mirrorlake.storage.providers.s3.aws_session  # noqa: F401  loaded late elsewhere; here all loading is start-up
from benchmarks.measure import MB, high_water
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.sources import Access, AccessOptions
from mirrorlake.storage.address import parse_location
from mirrorlake.storage.base import Store
from mirrorlake.storage.listing import list_range
from mirrorlake.storage.open import open_store
from mirrorlake.storage.providers.registry import provider_of


def _walk(store: Store, scope: KeyRange) -> int:
    listing = list_range(store, scope)
    objects = sum(batch.num_rows for batch in listing)
    if listing.certificate().objects < objects:
        raise AssertionError("a listing gave more objects than it certifies")
    return objects


def main() -> None:
    """List once and print what it cost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--uri", required=True)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--ranges", type=int, default=1)
    parser.add_argument("--ordered", action="store_true", help="believe that the server lists in key order")
    parser.add_argument("--anonymous", action="store_true")
    arguments = parser.parse_args()
    options = AccessOptions(endpoint=arguments.endpoint, anonymous=arguments.anonymous)
    location = parse_location(arguments.uri)
    provider = provider_of(location.provider)
    provider.load()
    access = provider.change_access(Access(), options)
    started, cpu = time.perf_counter(), time.process_time()
    store = open_store(location, access, listing_ordered=arguments.ordered)
    scopes = store.split(KeyRange(prefix=location.prefix), arguments.ranges)
    with ThreadPoolExecutor(len(scopes)) as pool:
        objects = sum(pool.map(lambda scope: _walk(store, scope), scopes))
    spent = {
        "objects": objects,
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - cpu,
        "peak": high_water() / MB,
        "ranges": len(scopes),
    }
    print(json.dumps(spent))


if __name__ == "__main__":
    main()
