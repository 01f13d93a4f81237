"""The library of `make demo` has something on every page, shown over a bucket of a few photographs."""

from __future__ import annotations

import io
from pathlib import Path

import skimage
from examples.demo.changes import BUCKET
from examples.demo.contents import fill_library
from examples.demo.server import LOOPBACK, LocalS3, Upload
from PIL import Image
from psycopg.conninfo import conninfo_to_dict
from tests.support.cli import Cli
from tests.support.postgres import Server
from tests.support.served import serving

from mirrorlake import Mirrorlake
from mirrorlake.model.runs import RunState

PHOTOGRAPHS = [Path(skimage.__file__).parent / "data" / name for name in ("astronaut.png", "coffee.png", "coins.png")]


def test_no_list_of_the_demo_is_empty(postgres_server: Server, tmp_path: Path) -> None:
    uploads = [Upload(key=f"studio/{path.name}", body=path.read_bytes()) for path in PHOTOGRAPHS]
    with LocalS3(tmp_path / "s3") as s3:
        uploads += [
            Upload(key=f"studio/{path.stem}.json", body=b'{"capture": {"weather": "fog", "temperature": 26},'
                   b' "reviewed": false, "quality_score": 0.4}')
            for path in PHOTOGRAPHS
        ]  # fmt: skip
        s3.load(BUCKET, uploads)
        credentials = {name: value for name, value in s3.environment().items() if name.startswith("AWS_")}
        parts = conninfo_to_dict(postgres_server.new_database())
        url = f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}"
        own = {"MIRRORLAKE_DATABASE_URL": url, "MIRRORLAKE_ALLOW_ADDRESSES": LOOPBACK}
        cli = Cli(tmp_path / "home", credentials | own)
        mirrored = cli.run("mirror", f"s3://{BUCKET}/", "--name", "demo", "--endpoint", s3.endpoint)
        assert mirrored.code == 0, mirrored.err
        with serving(cli, tmp_path / "nobody") as served, Mirrorlake(served.address, served.token) as library:
            lines = fill_library(library, s3, [path.read_bytes() for path in PHOTOGRAPHS])
            assert_filled(library)
    assert [line.split()[0] for line in lines] == [
        "connected", "mirrored", "tagged", "labelled", "frozen", "saved", "held",
    ]  # fmt: skip


def assert_filled(library: Mirrorlake) -> None:
    [connection] = library.connections.list()
    assert connection.health is not None
    assert connection.health.ok
    assert {one.name for one in library.datasources.list()} == {"demo", "yard"}
    assert [run.state for run in library.runs.list()].count(RunState.HELD) == 1
    assert {one.class_name: one.annotations for one in library.labels.stats()} == {"person": 1, "cup": 1, "coin": 6}
    [project] = library.projects.list()
    detail = library.projects.get(project.name)
    assert detail.assets == len(PHOTOGRAPHS)
    assert detail.splits.none == 0
    [snapshot] = library.snapshots.page(project=project.name).items
    assert snapshot.assets == len(PHOTOGRAPHS)
    [search] = library.saved_searches.list()
    for query in (search.query.replace("true", "false"), "tag:warm", 'tag:"needs review"'):
        assert library.assets.search(query).total == len(PHOTOGRAPHS), query
    for kind in ("video", "document", "audio"):
        [asset] = library.assets.find(f"kind:{kind}")
        assert len(library.assets.thumbnail(asset.id)) > 500, kind
        Image.open(io.BytesIO(library.assets.thumbnail(asset.id))).verify()
