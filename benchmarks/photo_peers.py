"""Thumbnails and sizes of photographs by other systems: `photo_peers.py NAME --bucket B --endpoint http://...`.

Each runs in a process of its own, in an environment that only peers use; this file imports nothing of this project.
Prints one line of JSON: photographs and seconds without start-up.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import logging
import multiprocessing
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

SIDE = 320
QUALITY, EFFORT = 78, 2  # as our thumbnails
THREADS = 4  # GETs under way in each process
ERROR_LINE = re.compile(r"^[\w.]*(?:Error|Exception|Exit)\b.*", re.MULTILINE)  # the last one of a traceback
MOST_REASONS = 2  # that are named
Place = tuple[str, str, int]  # bucket, endpoint, processes


def _store(bucket: str, endpoint: str) -> Any:
    from obstore.store import S3Store  # noqa: PLC0415  each peer pays for its own imports only

    return S3Store(
        bucket,
        endpoint=endpoint,
        region=os.environ["AWS_REGION"],
        access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
        secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
    )


def thumbnail(data: bytes) -> tuple[int, int, bytes]:
    """Width and height of a picture, and its thumbnail, as people write it with Pillow."""
    from PIL import Image, ImageOps  # noqa: PLC0415

    image = Image.open(io.BytesIO(data))
    width, height = image.size
    image.draft("RGB", (SIDE * 2, SIDE * 2))
    image = ImageOps.exif_transpose(image.convert("RGB"))
    image.thumbnail((SIDE, SIDE))
    file = io.BytesIO()
    image.save(file, "WEBP", quality=QUALITY, method=EFFORT)
    return width, height, file.getvalue()


def _share(bucket: str, endpoint: str, keys: list[str]) -> int:
    import obstore  # noqa: PLC0415

    store = _store(bucket, endpoint)
    with ThreadPoolExecutor(THREADS) as pool:
        made = pool.map(lambda key: thumbnail(bytes(obstore.get(store, key).bytes())), keys)
        return sum(len(small) > 0 for _, _, small in made)


def pillow(place: Place) -> tuple[int, float]:
    """A loop over all objects with Pillow."""
    import obstore  # noqa: PLC0415

    bucket, endpoint, processes = place
    started = time.perf_counter()
    keys = [item["path"] for page in obstore.list(_store(bucket, endpoint), chunk_size=1000) for item in page]
    shares = [(bucket, endpoint, keys[number::processes]) for number in range(processes)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        done = sum(pool.starmap(_share, shares))
    return done, time.perf_counter() - started


def datachain(place: Place) -> tuple[int, float]:
    """A chain over the bucket whose function makes the thumbnail, with one process for each core."""
    import datachain as peer  # noqa: PLC0415

    bucket, endpoint, processes = place
    options = {"aws_endpoint_url": endpoint, "aws_key": os.environ["AWS_ACCESS_KEY_ID"],
               "aws_secret": os.environ["AWS_SECRET_ACCESS_KEY"]}  # fmt: skip

    def thumbnail_bytes(file: Any) -> int:
        return len(thumbnail(file.read())[2])

    thumbnail_bytes.__annotations__ = {"file": peer.File, "return": int}  # which it reads, as values

    started = time.perf_counter()
    chain = peer.read_storage(f"s3://{bucket}/", type="binary", client_config=options, update=True)
    # Without its cache of files, which refuses objects whose ETag SeaweedFS lists in another form than it serves.
    saved = chain.settings(parallel=processes, prefetch=0).map(bytes=thumbnail_bytes, output=int).save("photographs")
    return saved.count(), time.perf_counter() - started


def fiftyone(place: Place) -> tuple[int, float]:
    """A dataset over files of this machine, which the open version needs, with its metadata and small images."""
    import fiftyone as peer  # noqa: PLC0415
    import fiftyone.utils.image as pictures  # noqa: PLC0415
    import obstore  # noqa: PLC0415

    bucket, endpoint, processes = place
    store = _store(bucket, endpoint)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        keys = [item["path"] for page in obstore.list(store, chunk_size=1000) for item in page]

        def fetch(key: str) -> str:
            file = Path(folder) / "originals" / key
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(bytes(obstore.get(store, key).bytes()))
            return str(file)

        with ThreadPoolExecutor(THREADS * processes) as pool:
            files = list(pool.map(fetch, keys))
        dataset = peer.Dataset.from_images(files)
        dataset.compute_metadata(num_workers=processes)
        pictures.transform_images(dataset, size=(SIDE, -1), output_field="small", ext=".jpg",
                                  output_dir=str(Path(folder) / "small"), num_workers=processes)  # fmt: skip
        return len(dataset), time.perf_counter() - started


PEERS: dict[str, Callable[[Place], tuple[int, float]]] = {
    "pillow": pillow,
    "datachain": datachain,
    "fiftyone": fiftyone,
}


@contextlib.contextmanager
def explained() -> Generator[None]:
    """Whatever fails below, the last line on standard error names why: also what only a process of a peer printed."""
    kept = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        except Exception as error:  # noqa: BLE001  it is printed, as all that a peer raises
            sys.stderr.flush()
            file.seek(0)
            printed = file.read().decode(errors="replace")
            os.write(kept, printed.encode())
            reasons = [one for one in ERROR_LINE.findall(printed) if one not in str(error)]
            named = dict.fromkeys([*reasons[-MOST_REASONS:], f"{type(error).__name__}: {error}"])
            raise SystemExit("; ".join(named).replace("\n", " ")) from None
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def main() -> None:
    """Run one peer and print what it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=list(PEERS))
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    logging.disable()
    with explained():
        done, seconds = PEERS[arguments.name]((arguments.bucket, arguments.endpoint, arguments.processes))
    print(json.dumps({"objects": done, "seconds": seconds}))


if __name__ == "__main__":
    main()
