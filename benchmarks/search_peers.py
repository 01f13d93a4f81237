"""Searches of the same assets by other systems, each in an environment of its own: `search_peers.py NAME FILE MOST`.

Reads the newest MOST assets of the Parquet file that mirrorlake exported, and prints one line of JSON: how many there
are, seconds to load them, and milliseconds of each query. Imports nothing of this project.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROUNDS = 20
# By the names of `benchmarks.search`. The newest 50 assets with all columns, as a page needs them.
CONDITIONS = {
    "everything": "true",
    "a value of 2 %": "camera_id = 'cam-07'",
    "a value of 0.02 %": "site = 'site-77'",
    "a number of 0.01 %": "score > 99.99",
    "part of 0.25 % of names": "name LIKE '%lynx%'",
    "a folder of 2,000": "starts_with(key, 'set-0000/day-03/')",
}
COUNT, FACET, ORDER = "count of a value of 2 %", "facet of one field, whole library", "by a number"


def read(file: str, most: int) -> Any:
    """The newest assets as a table of Arrow, keys of metadata as plain names, ids as numbers."""
    from pyarrow import int64, parquet  # noqa: PLC0415

    table = parquet.read_table(file)
    table = table.rename_columns([name.rpartition(".")[2] for name in table.column_names])
    table = table.set_column(table.column_names.index("id"), "id", table.column("id").cast(int64()))
    return table if table.num_rows <= most else table.sort_by([("id", "descending")]).slice(0, most)


def duckdb(table: Any, folder: str) -> tuple[float, dict[str, Callable[[], object]]]:
    """A table of DuckDB, in the order of ids."""
    import duckdb as peer  # noqa: PLC0415

    session = peer.connect(str(Path(folder) / "assets.duckdb"))
    started = time.perf_counter()
    session.register("assets", table)
    session.execute("CREATE TABLE asset AS SELECT * FROM assets ORDER BY id")
    session.execute("CHECKPOINT")
    loaded = time.perf_counter() - started

    def ask(text: str) -> Callable[[], object]:
        return lambda: session.execute(text).fetchall()

    page = "SELECT * FROM asset WHERE {} ORDER BY {} LIMIT 50"
    queries = {name: ask(page.format(condition, "id DESC")) for name, condition in CONDITIONS.items()}
    queries[ORDER] = ask(page.format("true", "score, id"))
    queries[COUNT] = ask("SELECT count(*) FROM asset WHERE camera_id = 'cam-07'")
    queries[FACET] = ask("SELECT camera_id, count(*) FROM asset GROUP BY 1 ORDER BY 2 DESC LIMIT 10")
    return loaded, queries


def lancedb(assets: Any, folder: str) -> tuple[float, dict[str, Callable[[], object]]]:
    """A table of LanceDB with scalar indexes. It has no order: its pages are any 50 assets."""
    import lancedb as peer  # noqa: PLC0415
    from lancedb.index import Bitmap, BTree  # noqa: PLC0415

    started = time.perf_counter()
    table = peer.connect(folder).create_table("asset", assets)
    for column, kind in (("camera_id", Bitmap), ("site", Bitmap), ("score", BTree)):
        table.create_index(column, config=kind())
    loaded = time.perf_counter() - started

    def ask(condition: str) -> Callable[[], object]:
        return lambda: table.search().where(condition).limit(50).to_arrow()

    queries = {name: ask(condition) for name, condition in CONDITIONS.items() if condition != "true"}
    queries["everything"] = lambda: table.search().limit(50).to_arrow()
    queries[COUNT] = lambda: table.count_rows("camera_id = 'cam-07'")
    return loaded, queries


def datachain(assets: Any, folder: str) -> tuple[float, dict[str, Callable[[], object]]]:
    """A saved dataset of DataChain, which keeps it in SQLite without indexes."""
    os.chdir(folder)  # it writes beside itself
    import datachain as peer  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    parquet.write_table(assets, "assets.parquet")
    started = time.perf_counter()
    chain = peer.read_parquet("assets.parquet", source=False).save("asset")
    loaded = time.perf_counter() - started
    column = peer.C
    conditions = {
        "a value of 2 %": column("camera_id") == "cam-07",
        "a value of 0.02 %": column("site") == "site-77",
        "a number of 0.01 %": column("score") > 99.99,  # noqa: PLR2004
        "part of 0.25 % of names": column("name").glob("*lynx*"),
        "a folder of 2,000": column("key").glob("set-0000/day-03/*"),
    }

    def ask(condition: Any = None, order: str = "id", *, descending: bool = True) -> Callable[[], object]:
        def page() -> object:
            found = chain if condition is None else chain.filter(condition)
            return found.order_by(order, descending=descending).limit(50).to_list()

        return page

    queries = {name: ask(condition) for name, condition in conditions.items()}
    queries["everything"] = ask()
    queries[ORDER] = ask(order="score", descending=False)
    queries[COUNT] = lambda: chain.filter(column("camera_id") == "cam-07").count()
    grouped = {"n": peer.func.count(), "partition_by": "camera_id"}
    queries[FACET] = lambda: chain.group_by(**grouped).order_by("n", descending=True).limit(10).to_list()
    return loaded, queries


def lightly(assets: Any, folder: str) -> tuple[float, dict[str, Callable[[], object]]]:
    """A dataset of LightlyStudio, which opens a picture for each asset: here the same small one everywhere."""
    os.environ["LIGHTLY_STUDIO_ANALYTICS_ENABLED"] = "false"
    import lightly_studio as peer  # noqa: PLC0415
    from lightly_studio import db_manager  # noqa: PLC0415
    from lightly_studio.core.dataset_query import ImageSampleField as Field  # noqa: PLC0415
    from lightly_studio.core.dataset_query.order_by import OrderByField, OrderByMetadataField  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    held = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(held, "JPEG")
    first = Path(folder) / "first.jpg"
    first.write_bytes(held.getvalue())
    rows = {f"{one['id']:09}.jpg": one for one in assets.select(["id", "camera_id", "site", "score"]).to_pylist()}
    pictures = Path(folder) / "pictures"
    pictures.mkdir()
    for name in rows:
        os.link(first, pictures / name)
    db_manager.connect(db_file=str(Path(folder) / "assets.db"))
    started = time.perf_counter()
    dataset = peer.ImageDataset.create()
    dataset.add_images_from_path(path=str(pictures), embed=False)
    dataset.update_metadata([(one.sample_id, rows[one.file_name]) for one in dataset])
    loaded = time.perf_counter() - started
    conditions = {
        "a value of 2 %": Field.metadata["camera_id"] == "cam-07",
        "a value of 0.02 %": Field.metadata["site"] == "site-77",
        "a number of 0.01 %": Field.metadata["score"] > 99.99,  # noqa: PLR2004
    }
    newest = OrderByField(Field.file_path_abs).desc()

    def ask(condition: Any = None, order: Any = newest) -> Callable[[], object]:
        def page() -> object:
            query = dataset.query() if condition is None else dataset.query().match(condition)
            found = query.order_by(order).slice(0, 50).to_list()
            return [(one.file_name, one.width, one.height) for one in found]

        return page

    queries = {name: ask(condition) for name, condition in conditions.items()}
    queries["everything"] = ask()
    queries[ORDER] = ask(order=OrderByMetadataField("score"))
    return loaded, queries


def fiftyone(assets: Any, folder: str) -> tuple[float, dict[str, Callable[[], object]]]:
    """A dataset of FiftyOne with indexes on the fields that are searched. It opens no file."""
    os.environ |= {"FIFTYONE_DATABASE_DIR": folder, "FIFTYONE_DO_NOT_TRACK": "true"}
    import fiftyone as peer  # noqa: PLC0415

    rows = assets.select(["id", "name", "key", "camera_id", "site", "score"]).to_pylist()
    started = time.perf_counter()
    dataset = peer.Dataset("asset")
    dataset.add_samples(
        [peer.Sample(filepath=f"/pictures/{one['key']}", number=one.pop("id"), **one) for one in rows], progress=False
    )
    for field in ("number", "camera_id", "site", "score"):
        dataset.create_index(field)
    loaded = time.perf_counter() - started
    field = peer.ViewField
    conditions = {
        "a value of 2 %": field("camera_id") == "cam-07",
        "a value of 0.02 %": field("site") == "site-77",
        "a number of 0.01 %": field("score") > 99.99,  # noqa: PLR2004
        "part of 0.25 % of names": field("name").contains_str("lynx"),
        "a folder of 2,000": field("key").starts_with("set-0000/day-03/"),
    }

    def ask(view: Any, order: str = "number", *, reverse: bool = True) -> Callable[[], object]:
        return lambda: list(view.sort_by(order, reverse=reverse).limit(50))

    queries = {name: ask(dataset.match(condition)) for name, condition in conditions.items()}
    queries["everything"] = ask(dataset)
    queries[ORDER] = ask(dataset, "score", reverse=False)
    queries[COUNT] = lambda: dataset.match(field("camera_id") == "cam-07").count()
    queries[FACET] = lambda: dataset.count_values("camera_id")
    return loaded, queries


PEERS = {"duckdb": duckdb, "lancedb": lancedb, "datachain": datachain, "lightly": lightly, "fiftyone": fiftyone}


def main() -> None:
    """Load, ask each query some times, and print what it took."""
    name, file, most = sys.argv[1:4]
    assets = read(file, int(most))
    with tempfile.TemporaryDirectory() as folder:
        loaded, queries = PEERS[name](assets, folder)
        found = {query: times(work) for query, work in queries.items()}
        os.chdir("/")
    print(json.dumps({"assets": assets.num_rows, "loaded_s": loaded, "ms": found}))


def times(work: Callable[[], object]) -> list[float]:
    """Milliseconds of each time after the first, the shortest first."""
    work()
    found: list[float] = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        found.append((time.perf_counter() - started) * 1000)
    return sorted(found)


if __name__ == "__main__":
    main()
