"""Exports through a server are the files that an export in process writes, and a broken download leaves nothing."""

from __future__ import annotations

import json
import socket
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.buckets import picture_no
from tests.support.cli import Cli
from tests.support.served import Serving, serving

KEYS = ("0.png", "1.png", "2.png")
PIECE = 1 << 16


@dataclass(frozen=True)
class Labelled:
    """A served library with three labelled pictures, of which one is gone from its folder."""

    serving: Serving
    folder: Path

    @property
    def here(self) -> Cli:
        return self.serving.cli

    @property
    def there(self) -> Cli:
        return self.serving.remote


@pytest.fixture
def labelled(cli: Cli, tmp_path: Path) -> Iterator[Labelled]:
    photos, labels, out = (tmp_path / name for name in ("photos", "labels", "out"))
    for folder in (photos, labels, out):
        folder.mkdir()
    for number, key in enumerate(KEYS):
        (photos / key).write_bytes(picture_no(number))
        (labels / key).with_suffix(".txt").write_text(f"0 0.5 0.5 0.{number + 1} 0.1\n")
    cli.mirror(photos.as_uri(), "--jobs", "1", "--name", "mine")
    imported = cli.run("labels", "import", labels, "--format", "yolo", "--ontology", "site", "--add-classes")
    assert imported.code == 0, imported.err
    assert "(new)" not in imported.out
    assert "0 (added)" in imported.out
    (photos / KEYS[1]).unlink()
    with serving(cli, tmp_path / "nobody") as made:
        yield Labelled(made, out)


def test_labels_from_a_server_are_those_of_an_export_in_process(labelled: Labelled) -> None:
    for name, words in {
        "coco.json": ("--format", "coco"),
        "some.csv": ("--format", "csv", "0.png"),
        "yolo.zip": ("--format", "yolo"),
        "with-images.zip": ("--format", "yolo", "--copy-images"),
    }.items():
        made = {}
        for cli, place in ((labelled.here, "here"), (labelled.there, "there")):
            path = labelled.folder / place / "new" / name
            exported = cli.run("labels", "export", *words, "--ontology", "site", "--out", path, "--json")
            assert exported.code == 0, (name, exported.err)
            assert exported.json["path"] == str(path)
            made[place] = (path.read_bytes(), {**exported.json, "path": None, "files": None})
        assert made["here"] == made["there"], name
        assert [one.name for one in (labelled.folder / "there" / "new").iterdir() if one.name.startswith(".")] == []
    assert (made["there"][1]["copied"], made["there"][1]["not_copied_count"]) == (2, 1)
    with zipfile.ZipFile(labelled.folder / "there" / "new" / "with-images.zip") as archive:
        assert archive.read("images/2.png") == picture_no(2)
        (gone,) = archive.read("not-exported.jsonl").splitlines()
    assert json.loads(gone)["key"] == KEYS[1]


def test_a_path_that_the_server_cannot_fill_is_refused_before_it_works(labelled: Labelled) -> None:
    taken = labelled.folder / "taken.json"
    taken.write_text("mine")
    for words, said in (
        (("--format", "coco", "--out", taken), "exists"),
        (("--format", "yolo", "--out", labelled.folder / "yolo"), ".zip"),
        (("--format", "coco", "--out", labelled.folder / "coco.zip"), "not as a zip file"),
        (("--format", "coco", "--out", labelled.folder / "c.json", "--ontology", "nothing"), "nothing"),
    ):
        refused = labelled.there.run("labels", "export", "--ontology", "site", *words)
        assert (refused.code in (1, 2), said in refused.err, refused.out) == (True, True, ""), refused
    assert taken.read_text() == "mine"
    assert [one.name for one in labelled.folder.iterdir()] == ["taken.json"]


def test_a_download_that_breaks_off_leaves_no_file(labelled: Labelled) -> None:
    with cutting(labelled.serving.address, b"/files/") as address:
        broken = labelled.there.with_environ(MIRRORLAKE_URL=address)
        for words in (
            ("labels", "export", "--format", "yolo", "--copy-images", "--out", labelled.folder / "labels.zip"),
            ("export", "--format", "parquet", "--out", labelled.folder / "assets.parquet"),
            ("export", "--format", "webdataset", "--out", labelled.folder / "shards"),
        ):
            failed = broken.run(*words)
            assert failed.code == 1, failed
            assert failed.err.strip()
        assert list(labelled.folder.iterdir()) == []
        assert broken.run("search", "", "--json").code == 0  # only downloads break off


@contextmanager
def cutting(address: str, path: bytes) -> Iterator[str]:
    """Another address of a server, at which answers to requests for this path break off."""
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    server = socket.create_connection((host, int(port)))
                    threading.Thread(target=_pass_on, args=(client, server, path), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def _pass_on(client: socket.socket, server: socket.socket, path: bytes) -> None:
    """Pass one request after the other on, each with its answer."""
    cut = threading.Event()

    def answers() -> None:
        with suppress(OSError), client:
            while data := server.recv(PIECE):
                if cut.is_set():
                    client.sendall(data[: len(data) // 2 + 1])
                    client.shutdown(socket.SHUT_RDWR)
                    return
                client.sendall(data)

    threading.Thread(target=answers, daemon=True).start()
    with suppress(OSError), server:
        while data := client.recv(PIECE):
            if path in data.partition(b"\r\n")[0]:
                cut.set()
            server.sendall(data)
