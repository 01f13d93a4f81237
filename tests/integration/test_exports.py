"""Exports of one library in every format, to every target, and as datasets: what is read back is what is there."""

from __future__ import annotations

import csv
import io
import json
import pickle
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from blake3 import blake3
from pyarrow import ipc, parquet
from tests.support.buckets import picture_no
from tests.support.postgres import Server

import mirrorlake
from mirrorlake.catalog import annotations, datasources, edits, jobs, ontologies, projects
from mirrorlake.client.dataset import NEEDED, AssetDataset, scope_of
from mirrorlake.client.dataset_sources import LocalSource
from mirrorlake.core.errors import (
    MirrorlakeError,
    NotFound,
    ObjectChanged,
    ObjectGone,
    PermissionDenied,
    QueryError,
    UsageError,
)
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.library.export_store import ExportStore
from mirrorlake.library.label_files import open_label_files
from mirrorlake.library.snapshot_labels import frozen_classes
from mirrorlake.library.snapshots import freeze
from mirrorlake.mirror.pass_plan import RunContext
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.mirror.run import run_pass
from mirrorlake.model.access import EVERYTHING, Actor, ActorKind, Context, Permission
from mirrorlake.model.asset_columns import ASSETS
from mirrorlake.model.assets import STATE_NUMBERS, AssetState
from mirrorlake.model.bulk import MAX_IDS
from mirrorlake.model.edits import Edit
from mirrorlake.model.exports import AssetExport, ExportFormat, ExportOptions, ExportScope
from mirrorlake.model.jobs import JobKind
from mirrorlake.model.labels import (
    Box,
    Classification,
    LabelClass,
    LabelExportOptions,
    NewAnnotation,
    Polygon,
    Shape,
)
from mirrorlake.model.sources import Access, Location, MirrorSettings, Provider
from mirrorlake.postgres.pool import Catalog, open_catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.services.base import Resources
from mirrorlake.services.exports import ExportService
from mirrorlake.services.jobs import JobService

KEYS = ("=sum.png", "a.png", "sub/b c.png", "sub/gone.png", "sub/replaced.png", "ü.png")
BOB = Context(actor=Actor(kind=ActorKind.TOKEN, name="bob"))
TRIANGLE = Polygon((((0.1, 0.1), (0.6, 0.1), (0.6, 0.6)),))


@dataclass
class Made:
    """A library over a folder, of which one file is gone and one was replaced after the run."""

    catalog: Catalog
    settings: Settings
    folder: Path
    data: dict[str, bytes]
    ids: dict[str, str]

    def export(self, path: Path | str | None, chosen: ExportFormat, **options: Any) -> AssetExport:
        made = ExportOptions(path=None if path is None else str(path), format=chosen, **options)
        received = options.pop("receive", lambda _piece: None)
        job = new_job(JobKind.ASSETS_EXPORT, made, requested_by="bob")
        return run_here(self.settings, self.catalog, job, item=received)

    def service(self, caller: Context = BOB) -> ExportService:
        return ExportService(Resources(self.settings, self.catalog), caller)


@pytest.fixture(scope="module")
def made(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    place = tmp_path_factory.mktemp("exports")
    folder, settings = place / "pictures", Settings(home=place / "home", database_url=postgres_server.new_database())
    data = {key: picture_no(number) for number, key in enumerate(KEYS)}
    for key, content in data.items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(content)
    assert settings.database_url is not None
    with open_catalog(settings) as catalog:
        source = datasources.create(
            catalog,
            name="pictures",
            location=Location(provider=Provider.FILE, container=str(folder)),
            access=Access(),
            settings=MirrorSettings(),
        )
        (place / "plan").mkdir()
        context = RunContext(
            catalog=catalog,
            thumbnails=LibraryStore.in_folder(settings.thumbnails),
            workdir=place / "plan",
            processes=0,
            ranges=1,
        )
        assert run_pass(source, context, NullProgress()).counts.new == len(KEYS)
        with catalog.read() as connection:
            ids = {key: str(number) for key, number in connection.execute("SELECT key, id FROM asset")}
        facts = json.dumps({"aperture": 2.8, "keywords": ["x", "=y"]})
        with catalog.write() as connection:
            connection.execute(
                "UPDATE asset SET facts = facts || %s::jsonb WHERE id = %s::bigint", (facts, ids["ü.png"])
            )
        edit = Edit(metadata={"score": 1.5, "site": "=1+1", "night": True, "mixed": 1}, add_tags=("b", "a"))
        edits.apply(catalog, [ids["a.png"]], edit, by=BOB)
        edits.apply(catalog, [ids["ü.png"]], Edit(metadata={"score": 2, "mixed": "x"}), by=BOB)
        projects.add(catalog, "roads", [ids["a.png"], ids["ü.png"]], by=BOB)
        classes = [
            LabelClass(name=name, shape=shape, colour="#ff0000")
            for name, shape in (("load", Shape.BOX), ("dock", Shape.POLYGON), ("night", Shape.CLASSIFICATION))
        ]
        ontologies.save(catalog, "site", classes)
        labels = [
            NewAnnotation(class_name="load", geometry=Box(0.25, 0.5, 0.125, 0.25), attributes={"wet": True}),
            NewAnnotation(class_name="dock", geometry=TRIANGLE),
            NewAnnotation(class_name="night", geometry=Classification()),
        ]
        annotations.replace(catalog, ids["a.png"], "site", labels, by=BOB)
        freeze_and_change(catalog, ids["sub/b c.png"])
        (folder / "sub/gone.png").unlink()
        (folder / "sub/replaced.png").write_bytes(picture_no(99))
        yield Made(catalog, settings, folder, data, ids)


def freeze_and_change(catalog: Catalog, asset_id: str) -> None:
    """Make the snapshot `frozen@1` of one asset in the split `train`, then change all that it froze."""
    projects.add(catalog, "frozen", [asset_id], by=BOB)
    with catalog.write() as connection:
        connection.execute("UPDATE project_asset SET split = 0 WHERE asset_id = %s", (asset_id,))
    edits.apply(catalog, [asset_id], Edit(metadata={"round": 1, "who": "x"}, add_tags=("then",)), by=BOB)
    label = NewAnnotation(class_name="load", geometry=Box(0.5, 0.5, 0.25, 0.125), attributes={"n": 1})
    annotations.replace(catalog, asset_id, "site", [label], by=BOB)
    freeze(catalog, "frozen", lambda _step, _done, _total: None, note="", by=BOB)
    edits.apply(catalog, [asset_id], Edit(metadata={"round": 2}, add_tags=("now",), remove_tags=("then",)), by=BOB)
    annotations.replace(catalog, asset_id, "site", [], by=BOB)


def by_key(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in rows}


def test_parquet_has_the_documented_schema_and_every_value(made: Made, tmp_path: Path) -> None:
    result = made.export(tmp_path / "all.parquet", ExportFormat.PARQUET)
    table = parquet.read_table(tmp_path / "all.parquet")
    assert table.schema.equals(ASSETS, check_metadata=False)
    assert (table.schema.metadata or {})[b"mirrorlake.schema"] == b"1"
    assert (result.assets, result.size) == (len(KEYS), (tmp_path / "all.parquet").stat().st_size)
    assert table.column("id").to_pylist() == sorted(made.ids.values(), key=int)
    row = by_key(table.to_pylist())["a.png"]
    assert row["uri"] == f"file://{made.folder}/a.png"
    assert (row["datasource"], row["state"], row["tags"], row["projects"]) == (
        "pictures",
        "present",
        ["a", "b"],
        ["roads"],
    )
    assert row["digest"] == blake3(made.data["a.png"]).hexdigest()
    assert json.loads(row["metadata"]) == {"score": 1.5, "site": "=1+1", "night": True, "mixed": 1}
    load, dock, night = row["annotations"]
    assert (load["class"], load["x"], load["width"], load["geometry"]) == ("load", 0.25, 0.125, None)
    assert json.loads(load["attributes"]) == {"wet": True}
    assert json.loads(dock["geometry"])["rings"][0][2] == [0.6, 0.6]
    assert (night["shape"], night["x"]) == ("classification", None)
    assert by_key(table.to_pylist())["ü.png"]["uri"].endswith("/%C3%BC.png")


def test_metadata_keys_are_columns_of_their_type(made: Made, tmp_path: Path) -> None:
    fields = ("key", "metadata.score", "metadata.night", "metadata.mixed", "metadata.nowhere")
    made.export(tmp_path / "keys.parquet", ExportFormat.PARQUET, fields=fields, query="sort:-name")
    table = parquet.read_table(tmp_path / "keys.parquet")
    assert [str(table.schema.field(name).type) for name in fields] == ["string", "double", "bool", "string", "string"]
    assert table.column("key").to_pylist() == sorted(KEYS, reverse=True)
    rows = by_key(table.to_pylist())
    assert list(rows["a.png"].values()) == ["a.png", 1.5, True, "1", None]
    assert list(rows["ü.png"].values()) == ["ü.png", 2.0, None, "x", None]


FACTS = ("facts.channels", "facts.colour_space", "facts.has_alpha", "facts.aperture", "facts.keywords", "facts.pages")


@pytest.mark.parametrize("scope", [{"query": 'filename:"ü.png"'}, {"snapshot": "frozen@1"}])
def test_facts_are_columns_of_their_type(made: Made, tmp_path: Path, scope: dict[str, str]) -> None:
    made.export(tmp_path / "facts.parquet", ExportFormat.PARQUET, fields=FACTS, **scope)
    table = parquet.read_table(tmp_path / "facts.parquet")
    kinds = [table.schema.field(name).type for name in FACTS]
    assert kinds == [pa.int64(), pa.string(), pa.bool_(), pa.float64(), pa.list_(pa.string()), pa.int64()]
    listed = scope.get("snapshot") is None
    rows = [[3, "rgb", False, 2.8 if listed else None, ["x", "=y"] if listed else None, None]]
    assert [list(row.values()) for row in table.to_pylist()] == rows
    made.export(tmp_path / "facts.jsonl", ExportFormat.JSONL, fields=FACTS, **scope)
    assert [list(json.loads(line).values()) for line in (tmp_path / "facts.jsonl").read_text().splitlines()] == rows
    made.export(tmp_path / "facts.csv", ExportFormat.CSV, fields=FACTS, **scope)
    _, row = csv.reader((tmp_path / "facts.csv").read_text().splitlines())
    assert row == ["3", "rgb", "false", "2.8" if listed else "", '["x","=y"]' if listed else "", ""]


def test_keywords_of_an_older_library_are_a_list_too(made: Made, tmp_path: Path) -> None:
    """They were one text, which stays so in its snapshots, and elsewhere until workers have come to the asset."""
    asset_id = made.ids["sub/gone.png"]
    with made.catalog.write() as connection:
        connection.execute(
            """UPDATE asset SET facts = facts || '{"keywords": "dock; hall 3"}' WHERE id = %s::bigint""", (asset_id,)
        )
    projects.add(made.catalog, "old", [asset_id], by=BOB)
    freeze(made.catalog, "old", lambda _step, _done, _total: None, note="", by=BOB)
    for name, scope in (("then", {"snapshot": "old@1"}), ("now", {"project": "old"})):
        made.export(tmp_path / name, ExportFormat.PARQUET, fields=("facts.keywords",), **scope)
        assert parquet.read_table(tmp_path / name).to_pylist() == [{"facts.keywords": ["dock", "hall 3"]}]


def test_a_dataset_has_facts_as_columns(made: Made) -> None:
    source = LocalSource(made.settings)
    fields = (*NEEDED, "facts.aperture")
    with AssetDataset(source, source.rows(ExportScope(query='filename:"ü.png"'), fields)) as dataset:
        assert dataset[0]["facts.aperture"] == 2.8


def test_a_snapshot_is_exported_as_it_was(made: Made, tmp_path: Path) -> None:
    fields = ("key", "split", "tags", "metadata.round", "metadata.who", "annotations")
    for name, scope in (("then", {"snapshot": "frozen@1"}), ("now", {"project": "frozen"})):
        made.export(tmp_path / name, ExportFormat.PARQUET, fields=fields, **scope)
    (then,) = parquet.read_table(tmp_path / "then").to_pylist()
    assert list(then.values())[:5] == ["sub/b c.png", "train", ["then"], 1.0, "x"]
    assert [(one["class"], one["x"], one["width"]) for one in then["annotations"]] == [("load", 0.5, 0.25)]
    (now,) = parquet.read_table(tmp_path / "now").to_pylist()
    assert list(now.values()) == ["sub/b c.png", "train", ["now"], 2.0, "x", []]
    made.export(tmp_path / "all", ExportFormat.JSONL, snapshot="frozen@1")
    (row,) = [json.loads(line) for line in (tmp_path / "all").read_text().splitlines()]
    assert (row["metadata"], row["projects"]) == ({"round": 1, "who": "x"}, ["frozen"])
    for scope in ({"snapshot": "frozen@2"}, {"snapshot": "nothing"}):
        with pytest.raises(NotFound):
            made.export(tmp_path / "new", ExportFormat.CSV, **scope)
    with pytest.raises(UsageError, match="whole"):
        made.export(tmp_path / "new", ExportFormat.CSV, snapshot="frozen@1", query="tag:a")


def test_the_labels_of_a_snapshot_are_those_that_were_frozen(made: Made, tmp_path: Path) -> None:
    options = LabelExportOptions(
        query="", format="csv", path=str(tmp_path / "then.zip"), snapshot="frozen@1", copy_images=True
    )
    job = new_job(JobKind.LABELS_EXPORT, options)
    result = run_here(made.settings, made.catalog, job)
    assert (result.images, result.annotations, result.copied) == (1, 1, 1)
    with zipfile.ZipFile(tmp_path / "then.zip") as archive:
        (copied,) = [one for one in archive.namelist() if one.endswith("sub/b c.png")]
        assert archive.read(copied) == made.data["sub/b c.png"]
        (name,) = [one for one in archive.namelist() if one.endswith(".csv")]
        (row,) = csv.DictReader(io.StringIO(archive.read(name).decode()))
    assert (row["filename"], row["class"]) == ("sub/b c.png", "load")


def test_a_class_that_only_the_snapshot_has_is_exported(made: Made) -> None:
    box = LabelClass(name="other", shape=Shape.BOX, colour="#00ff00")
    found = frozen_classes(made.catalog, "frozen@1", "site", (box,))
    assert [(one.name, one.shape) for one in found] == [("other", Shape.BOX), ("load", Shape.BOX)]


def test_json_lines_nest_what_parquet_has_as_text(made: Made, tmp_path: Path) -> None:
    made.export(tmp_path / "some.jsonl", ExportFormat.JSONL, project="roads")
    rows = by_key([json.loads(line) for line in (tmp_path / "some.jsonl").read_text().splitlines()])
    assert sorted(rows) == ["a.png", "ü.png"]
    assert rows["a.png"]["metadata"]["site"] == "=1+1"
    assert rows["a.png"]["annotations"][0]["attributes"] == {"wet": True}
    assert rows["a.png"]["created"].endswith("Z")


def test_no_cell_of_a_csv_is_a_formula(made: Made, tmp_path: Path) -> None:
    made.export(tmp_path / "all.csv", ExportFormat.CSV, fields=("key", "tags", "size", "metadata.site"))
    rows = list(csv.reader(io.StringIO((tmp_path / "all.csv").read_text())))
    assert rows[0] == ["key", "tags", "size", "metadata.site"]
    assert ["'=sum.png", "[]", str(len(made.data["=sum.png"])), ""] in rows
    assert ["a.png", '["a","b"]', str(len(made.data["a.png"])), "'=1+1"] in rows


def test_a_list_goes_to_standard_output_in_pieces(made: Made) -> None:
    pieces: list[bytes] = []
    job = new_job(JobKind.ASSETS_EXPORT, ExportOptions(path="-", format=ExportFormat.LIST, query="filename:a.png"))
    run_here(made.settings, made.catalog, job, item=pieces.append)
    assert b"".join(pieces).decode() == f"file://{made.folder}/a.png\n"


def test_ids_export_these_assets_and_no_others(made: Made, tmp_path: Path) -> None:
    chosen = (made.ids["ü.png"], made.ids["a.png"], made.ids["=sum.png"])
    fields = ("key", "split")
    trashed = "UPDATE asset SET state = %s WHERE id = %s::bigint"
    with made.catalog.write() as connection:  # also what is in the trash, which a query would leave out
        connection.execute(trashed, (STATE_NUMBERS[AssetState.TRASH], made.ids["=sum.png"]))
    try:
        result = made.export(tmp_path / "some.csv", ExportFormat.CSV, fields=fields, assets=chosen)
        of_project = made.export(tmp_path / "p.csv", ExportFormat.CSV, fields=fields, assets=chosen, project="roads")
    finally:
        with made.catalog.write() as connection:
            connection.execute(trashed, (STATE_NUMBERS[AssetState.PRESENT], made.ids["=sum.png"]))
    rows = list(csv.reader(io.StringIO((tmp_path / "some.csv").read_text())))[1:]
    assert sorted(row[0] for row in rows) == ["'=sum.png", "a.png", "ü.png"]
    assert (result.assets, of_project.assets) == (3, 2)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"query": "tag:a", "assets": ("1",)}, UsageError),
        ({"snapshot": "frozen@1", "assets": ("1",)}, UsageError),
        ({"assets": tuple(map(str, range(1, MAX_IDS + 2)))}, UsageError),
        ({"assets": ("999999",)}, NotFound),
        ({"assets": ("not an id",)}, NotFound),
    ],
    ids=["query", "snapshot", "many", "unknown", "no id"],
)
def test_an_export_names_assets_that_exist_and_nothing_else(
    made: Made, options: dict[str, Any], error: type[MirrorlakeError]
) -> None:
    with pytest.raises(error):
        made.service().start(ExportOptions(format=ExportFormat.CSV, **options))


def test_a_list_of_jobs_counts_the_assets_of_an_export(made: Made) -> None:
    chosen = tuple(sorted(made.ids.values()))
    job = made.service().start(ExportOptions(format=ExportFormat.CSV, assets=chosen))
    service = JobService(Resources(made.settings, made.catalog), BOB)
    assert service.get(job.id).args["assets"] == list(chosen)
    assert service.page().items[0].args["assets"] == len(chosen)
    service.cancel(job.id)


def test_a_manifest_counts_what_has_no_address(made: Made, tmp_path: Path) -> None:
    result = made.export(tmp_path / "m.jsonl", ExportFormat.MANIFEST, url_life_s=60)
    rows = [json.loads(line) for line in (tmp_path / "m.jsonl").read_text().splitlines()]
    assert {row["url"] for row in rows} == {None}
    assert (result.left_out_count, len(rows)) == (len(KEYS), len(KEYS))
    assert result.urls_expire is not None


def test_an_export_of_labels_names_each_image_that_it_could_not_copy_and_is_read_again(
    made: Made, tmp_path: Path
) -> None:
    out = tmp_path / "labels.zip"
    options = LabelExportOptions(query="sort:key", format="vi", path=str(out), ontology="site", copy_images=True)
    result = run_here(made.settings, made.catalog, new_job(JobKind.LABELS_EXPORT, options, requested_by="bob"))
    assert (result.copied, result.not_copied_count) == (len(KEYS) - 2, 2)
    with zipfile.ZipFile(out) as archive:
        gone = [json.loads(line) for line in archive.read("not-exported.jsonl").splitlines()]
        assert set(archive.namelist()).isdisjoint(one["path"] for one in gone)
    assert [(one["datasource"], one["key"]) for one in gone] == [
        ("pictures", "sub/gone.png"),
        ("pictures", "sub/replaced.png"),
    ]
    assert all(one["reason"] for one in gone)
    with open_label_files(out) as files:
        assert [name for name in files.names() if name.endswith(".jsonl")] == ["annotations.jsonl"]


def test_shards_hold_the_mirrored_bytes_and_name_what_is_gone(made: Made, tmp_path: Path) -> None:
    result = made.export(tmp_path / "set", ExportFormat.WEBDATASET, shard_bytes=1_000_000)
    found: dict[str, dict[str, bytes]] = {}
    with tarfile.open(tmp_path / "set" / "shard-000000.tar") as shard:
        for member in shard:
            stem, _, suffix = member.name.partition(".")
            content = shard.extractfile(member)
            assert content is not None
            found.setdefault(stem, {})[suffix] = content.read()
    kept = set(KEYS) - {"sub/gone.png", "sub/replaced.png"}
    assert {json.loads(one["json"])["key"]: one["png"] for one in found.values()} == {
        key: made.data[key] for key in kept
    }
    assert all(stem.isdigit() for stem in found)
    gone = [json.loads(line) for line in (tmp_path / "set" / "not-exported.jsonl").read_text().splitlines()]
    assert {one["id"] for one in gone} == {made.ids["sub/gone.png"], made.ids["sub/replaced.png"]}
    assert (result.left_out_count, [one.name for one in result.files]) == (
        2,
        ["not-exported.jsonl", "shard-000000.tar"],
    )


def test_nothing_is_replaced_and_nothing_of_a_failed_export_remains(made: Made, tmp_path: Path) -> None:
    there = tmp_path / "there.csv"
    there.write_text("mine")
    with pytest.raises(UsageError, match="exists"):
        made.export(there, ExportFormat.CSV)
    assert there.read_text() == "mine"
    with pytest.raises(NotFound):
        made.export(tmp_path / "new.csv", ExportFormat.CSV, project="nothing")
    with pytest.raises(QueryError):
        made.export(tmp_path / "new.csv", ExportFormat.CSV, query="width:>")
    assert [one.name for one in tmp_path.iterdir()] == ["there.csv"]


def test_an_export_without_a_path_is_kept_for_a_download(made: Made) -> None:
    job = made.service().start(ExportOptions(format=ExportFormat.PARQUET))
    with pytest.raises(NotFound, match="queued"):
        made.service().download(job.id, "assets.parquet")
    with made.catalog.write() as connection:
        connection.execute("DELETE FROM job WHERE id = %s", (job.id,))
    made.export(None, ExportFormat.LIST)
    (newest,) = [one for one in _jobs(made) if one.kind == "assets_export"][:1]
    assert b"".join(made.service().download(newest.id, "assets.txt")).count(b"\n") == len(KEYS)
    with pytest.raises(NotFound):
        made.service().download(newest.id, "../assets.txt")
    with pytest.raises(NotFound):
        made.service().download(newest.id + 99, "assets.txt")
    store = LibraryStore.in_folder(made.settings.thumbnails.with_name("exports")).store
    for one in list(store.list("")):
        store.delete(one.key)
    with pytest.raises(NotFound, match="deleted"):
        made.service().download(newest.id, "assets.txt")


def _jobs(made: Made) -> list[Any]:
    return jobs.list_jobs(made.catalog, limit=5)


@pytest.mark.parametrize(
    "options",
    [
        ExportOptions(path="/etc/passwd2"),
        ExportOptions(path="-"),
        ExportOptions(path="s3://bucket/a.parquet"),
        ExportOptions(path="s3://bucket/../../x y"),
        ExportOptions(connection="c"),
        ExportOptions(fields=("nothing",)),
        ExportOptions(format=ExportFormat.LIST, fields=("id",)),
        ExportOptions(url_life_s=10**9),
        ExportOptions(shard_bytes=1),
    ],
)
def test_a_caller_of_the_api_names_no_path_of_the_server(made: Made, options: ExportOptions) -> None:
    with pytest.raises(UsageError):
        made.service().start(options)


def test_a_caller_without_the_permission_reads_nothing(made: Made) -> None:
    blind = replace(BOB, permissions=EVERYTHING - {Permission.ASSETS_READ})
    unlabelled = replace(BOB, permissions=EVERYTHING - {Permission.LABELS_READ})
    with pytest.raises(PermissionDenied):
        made.service(blind).start(ExportOptions(format=ExportFormat.MANIFEST))
    with pytest.raises(PermissionDenied):
        made.service(unlabelled).stream(ExportScope())
    assert list(made.service(unlabelled).stream(ExportScope(), ("id",)))


def test_the_stream_is_arrow_that_polars_and_duckdb_read(made: Made) -> None:
    data = b"".join(made.service().stream(ExportScope(query="tag:a"), ("key", "tags", "metadata.score")))
    table = ipc.open_stream(data).read_all()
    assert pl.from_arrow(table).rows() == [("a.png", ["a", "b"], 1.5)]  # type: ignore[union-attr]
    assert duckdb.sql("SELECT key, len(tags) FROM tbl", connection=_with("tbl", table)).fetchall() == [("a.png", 2)]


def _with(name: str, table: pa.Table) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.register(name, table)
    return connection


def site(record: mirrorlake.Record) -> tuple[str, int]:
    return record.key, record.array().shape[2]


def test_a_dataset_reads_rows_now_and_bytes_when_they_are_used(made: Made) -> None:
    with mirrorlake_open(made, "filename:a.png") as dataset:
        (record,) = dataset
        assert (len(dataset), record.key, record.read()) == (1, "a.png", made.data["a.png"])
        assert record.metadata["score"] == 1.5
        assert [one["class"] for one in record.annotations] == ["load", "dock", "night"]
        assert record.array().shape == (record.height, record.width, 3)
        assert record.array().dtype.name == "uint8"
        with pytest.raises(AttributeError):
            _ = record.nothing
        with pytest.raises(IndexError):
            _ = dataset[1]
        assert dataset[-1].id == record.id
        assert len(dataset[:0]) == 0
        with pytest.raises(UsageError, match=r"no split 'val'.*train, valid, test"):
            dataset.split("val")  # an empty set would train without being noticed


def test_a_dataset_refuses_bytes_that_changed_after_the_run(made: Made) -> None:
    with mirrorlake_open(made, "sort:key path:sub/**") as dataset:
        assert dataset[0].read() == made.data["sub/b c.png"]
        with pytest.raises(ObjectGone):
            dataset[1].read()
        with pytest.raises(ObjectChanged):
            dataset[2].read()


def test_another_process_gets_a_dataset_without_its_connections(made: Made) -> None:
    with mirrorlake_open(made, 'filename:a.png OR filename:"ü.png" sort:key') as dataset:
        mapped = dataset.map(site)
        assert mapped.__getitems__([1, 0]) == [("ü.png", 3), ("a.png", 3)]
        with pickle.loads(pickle.dumps(mapped)) as copy:  # noqa: S301  our own
            assert list(copy) == [("a.png", 3), ("ü.png", 3)]
        one = pickle.loads(pickle.dumps(dataset[1]))  # noqa: S301  our own
        assert one.read() == made.data["ü.png"]


INHERITED: list[AssetDataset] = []  # by forked processes


def read_inherited(at: int) -> bytes:
    return INHERITED[0][at].read()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # threads of the parent hold no lock of a dataset
def test_forked_processes_open_their_own_connections(made: Made) -> None:
    with mirrorlake_open(made, 'filename:a.png OR filename:"ü.png" sort:key') as dataset:
        expected = [made.data["a.png"], made.data["ü.png"]]
        assert [record.read() for record in dataset] == expected
        INHERITED.append(dataset)
        with get_context("fork").Pool(2) as pool:
            assert pool.map(read_inherited, range(2)) == expected
        assert dataset[0].read() == expected[0]  # the connections of the parent still work
        INHERITED.clear()


def mirrorlake_open(made: Made, query: str) -> AssetDataset:
    source = LocalSource(made.settings)
    return AssetDataset(source, source.rows(ExportScope(query=query), tuple(ASSETS.names)))


def test_a_name_with_a_number_is_a_snapshot_and_other_text_a_query() -> None:
    assert scope_of("traps@3") == ExportScope(snapshot="traps@3")
    assert scope_of("tag:a@b", project="p") == ExportScope(query="tag:a@b", project="p")
    assert scope_of("", query="a@3") == ExportScope(query="a@3")
    for wrong in ({"what": "a", "query": "b"}, {"what": "a@1", "project": "p"}):
        with pytest.raises(UsageError):
            scope_of(**wrong)


def test_an_old_export_goes_when_another_is_kept(made: Made, tmp_path: Path) -> None:
    store = LibraryStore.in_folder(tmp_path / "kept").store
    kept = ExportStore(store)
    (tmp_path / "work").mkdir()
    with kept.target(1, tmp_path / "work") as target, target.open("a.txt") as file:
        file.write(b"0123")
    assert b"".join(kept.read(1, "a.txt", 4)) == b"0123"
    with kept.target(1, tmp_path / "work"), pytest.raises(NotFound):  # another attempt of the same job
        kept.read(1, "a.txt", 4)
    assert isinstance(made.catalog, Catalog)
    assert issubclass(NotFound, MirrorlakeError)
