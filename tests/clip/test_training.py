"""PyTorch, WebDataset and Ray read a library over a real bucket as the pages show it.

2026-11-30: as `test_clip.py`, this needs PyTorch, so that `make test` leaves it out; `make soak` installs it.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.support import seaweed
from tests.support.buckets import Bucket, weed_bucket
from tests.support.cli import COMMAND, Cli
from tests.support.documents import ROOT, Block, blocks
from tests.support.postgres import Server, address_of
from tests.support.served import serving

import mirrorlake

torch: Any = pytest.importorskip("torch", reason="2026-11-30: PyTorch is not installed; `make soak` has it")
PAGE = ROOT / "docs" / "how-to" / "export-assets.md"
PICTURES = 24
CLASSES = ("forklift", "pallet")
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # as DataLoader starts its workers


@dataclass(frozen=True)
class Yard:
    """A mirrored bucket with the project `traps` and three snapshots of it."""

    bucket: Bucket
    pictures: Mapping[str, bytes]  # by key
    folder: Path  # with the exports that the page shows

    @property
    def environ(self) -> Mapping[str, str]:
        return self.bucket.cli.environ


def picture(number: int) -> bytes:
    """A JPEG of its own size and colours."""
    held = io.BytesIO()
    dice = np.random.default_rng(number)
    pixels = dice.integers(0, 255, (60 + number, 80, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(held, "JPEG")
    return held.getvalue()


@pytest.fixture(scope="module")
def yard(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    folder = tmp_path_factory.mktemp("yard")
    labels = folder / "dataset" / "labels"
    labels.mkdir(parents=True)
    (folder / "dataset" / "data.yaml").write_text(f"names: [{', '.join(CLASSES)}]")
    with seaweed.Seaweed() as server:
        cli = Cli(folder / "home", {"MIRRORLAKE_DATABASE_URL": address_of(postgres_server.new_database())})
        bucket = weed_bucket(server, cli)
        pictures = {f"yard/{number:02}.jpg": picture(number) for number in range(PICTURES)}
        for number, (key, data) in enumerate(pictures.items()):
            bucket.put(key, data)
            bucket.put(key.replace(".jpg", ".json"), json.dumps({"site": "yard"}).encode())
            (labels / f"{number:02}.txt").write_text(f"{number % 2} 0.5 0.5 0.2 0.4\n")
        bucket.mirror("--name", "yard")
        for words in (
            ("labels", "import", folder / "dataset", "--format", "yolo", "--ontology", "site", "--add-classes"),
            ("project", "add", "traps", "--query", "metadata.site:yard"),
            ("project", "split", "traps", "--train", "80", "--valid", "20"),
            *[("snapshot", "create", "traps")] * 3,
            ("export", "metadata.site:yard sort:name", "--format", "parquet", "--out", folder / "yard.parquet"),
            ("export", "metadata.site:yard", "--format", "webdataset", "--out", folder / "yard-shards"),
        ):
            done = bucket.cli.run(*words)
            assert done.code == 0, (words, done.err)
        yield Yard(bucket, pictures, folder)


def pixels(record: mirrorlake.Record) -> tuple[str, Any]:
    return record.key, torch.from_numpy(record.array().copy()).sum()


@pytest.fixture(params=["library", "server"])
def environ(request: pytest.FixtureRequest, yard: Yard, tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """What `mirrorlake.open` finds its library by: on this machine, or a server that knows the bucket's credentials."""
    if request.param == "library":
        yield yard.environ
        return
    with serving(yard.bucket.cli, tmp_path) as served:
        without = {name: text for name, text in served.remote.environ.items() if not name.startswith("AWS_")}
        yield {name: text for name, text in without.items() if name != "MIRRORLAKE_DATABASE_URL"}


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_two_workers_read_each_picture_of_a_snapshot_from_the_bucket_once_an_epoch(
    yard: Yard, environ: Mapping[str, str], start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in set(os.environ) - set(environ):
        monkeypatch.delenv(name)
    for name, text in environ.items():
        monkeypatch.setenv(name, text)
    expected = {
        key: int(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).sum()) for key, data in yard.pictures.items()
    }
    with mirrorlake.open("traps@3", transform=pixels) as dataset:
        loader = torch.utils.data.DataLoader(
            dataset, batch_size=5, shuffle=True, num_workers=2, multiprocessing_context=start
        )
        for _ in range(2):
            found: list[tuple[str, int]] = []
            for keys, sums in loader:
                found += zip(keys, sums.tolist(), strict=True)
            assert len(found) == PICTURES
            assert dict(found) == expected
        assert dataset[0][0] in expected  # the connections of the parent still work


def test_an_object_that_changed_ends_an_epoch_and_says_so(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in yard.environ.items():
        monkeypatch.setenv(name, text)
    key = "yard/03.jpg"
    yard.bucket.put(key, picture(999))
    try:
        with mirrorlake.open("traps@3", transform=pixels) as dataset:
            loader = torch.utils.data.DataLoader(dataset, batch_size=5, num_workers=2)
            with pytest.raises(Exception, match=r"yard/03\.jpg") as caught:
                list(loader)
        assert "ObjectChanged" in str(caught.value) or caught.type.__name__ == "ObjectChanged"
    finally:
        yard.bucket.put(key, yard.pictures[key])


def example(package: str) -> Block:
    """The example of the page that imports this package."""
    (found,) = [one for one in blocks(PAGE) if one.language == "python" and f"import {package}" in one.source]
    return found


def run_example(yard: Yard, source: str) -> list[str]:
    """The lines that an example prints, in a process of its own, as a user runs it."""
    name = yard.folder / f"example_{uuid.uuid4().hex[:8]}.py"
    name.write_text(source)
    done = subprocess.run(
        [sys.executable, name],
        cwd=yard.folder,
        env={**yard.environ, "PATH": f"{COMMAND.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_example_of_pytorch_trains(yard: Yard) -> None:
    block = example("mirrorlake\nfrom torch.utils.data")
    assert "...  # images" in block.source
    printed = run_example(yard, block.source.replace("...", "print(tuple(images.shape), set(labels.tolist()))", 1))
    counts = [json.loads(line.partition(")")[0].replace("(", "[") + "]") for line in printed]
    train = yard.bucket.cli.search("project:traps split:train")
    assert sum(count[0] for count in counts) == len(train) > 0
    assert {tuple(count[1:]) for count in counts} == {(3, 224, 224)}


def test_the_example_of_webdataset_reads_the_shards(yard: Yard) -> None:
    lines = run_example(
        yard, example("webdataset").source + "\nfor image, about in pairs:\n    print(image.size[1], about['key'])\n"
    )
    expected = {f"{60 + number} yard/{number:02}.jpg" for number in range(PICTURES)}
    assert set(lines) == expected
    assert len(lines) == PICTURES


def test_the_example_of_ray_reads_the_rows(yard: Yard) -> None:
    lines = run_example(yard, example("ray").source + "\nfor row in images.take_all():\n    print(row['path'])\n")
    assert {line.rpartition("/")[2] for line in lines if line.startswith("s3://")} == {
        key.rpartition("/")[2] for key in yard.pictures
    }
