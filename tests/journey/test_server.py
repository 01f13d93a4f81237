"""`up` serves the library: commands that ask it say the same as commands in process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image
from tests.support.cli import Cli
from tests.support.s3stub import Answer, S3Stub
from tests.support.served import Serving, serving

from mirrorlake.client import Client
from mirrorlake.core.errors import UsageError
from mirrorlake.model.edits import Edit


@pytest.fixture
def served(cli: Cli, tmp_path: Path) -> Iterator[Serving]:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(5):
        Image.new("RGB", (32 + number, 32), (number, 0, 0)).save(photos / f"{number}.png")
    (photos / "ü esc\x1b \u2028.png").write_bytes((photos / "0.png").read_bytes())
    (photos / "1.json").write_text(json.dumps({"site": "hall 3", "capture": {"temperature": 72.5}}))
    (photos / "broken.png").write_bytes(b"no picture")
    cli.mirror(photos.as_uri(), "--jobs", "1", "--name", "mine")
    with serving(cli, tmp_path / "nobody") as made:
        yield made


def test_a_server_and_a_library_in_process_say_the_same(served: Serving, tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "1.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    newest = served.cli.search("1.png")[0]["id"]
    for words in (
        ["search", ""],
        ["search", 'metadata.site:"hall 3"', "--limit", "1"],
        ["search", "metadata.width:>"],
        ["runs", "list"],
        ["runs", "list", "--limit", "501"],
        ["runs", "show", "99"],
        ["runs", "outcomes", "1"],
        ["asset", "show", newest],
        ["datasource", "list"],
        ["datasource", "show", "mine"],
        ["datasource", "show", "none"],
        [
            "labels",
            "import",
            str(tmp_path / "labels"),
            "--format",
            "yolo",
            "--ontology",
            "a",
            "--add-classes",
            "--dry-run",
        ],
    ):
        here, there = served.cli.run(*words, "--json"), served.remote.run(*words, "--json")
        assert (there.code, there.out, there.err) == (here.code, here.out, here.err), words
    with Client(served.address, api_key=served.token) as client:
        assert len(list(client.assets.find(""))) == 6


def test_the_client_turns_as_many_pages_as_are_asked_for(served: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    with Client(served.address, api_key=served.token) as client:
        whole = [run.id for run in client.runs.list(limit=3)]
        monkeypatch.setattr("mirrorlake.services.contract.PAGE_LIMIT", 1)
        assert [run.id for run in client.runs.list(limit=3)] == whole
        assert [run.id for run in client.runs.list(limit=1)] == whole[:1]
        assert len(list(client.assets.find(""))) == 6


def test_a_nul_is_refused_in_one_sentence_wherever_it_is(served: Serving) -> None:
    with Client(served.address, api_key=served.token) as client:
        for act in (
            lambda: client.assets.search("a\0b"),
            lambda: client.assets.edit("1", Edit(metadata={"a\0": 1})),
            lambda: client.assets.edit("1", Edit(metadata={"a": "\0"})),
            lambda: client.assets.edit("1", Edit(add_tags=("\0",))),
            lambda: client.projects.add("a", ["\0"]),
            lambda: client.projects.add("a\0", ["1"]),
            lambda: client.datasources.change_settings("mine", {"exclude": ["a\0"]}),
            lambda: client.datasources.explain("mine", "a\0"),
            lambda: client.runs.list(datasource="a\0"),
            lambda: client.jobs.verify("a\0"),
        ):
            with pytest.raises(UsageError, match="NUL") as refused:
                act()
            assert refused.value.fix


def test_a_server_answers_to_the_address_that_browsers_open(cli: Cli, tmp_path: Path) -> None:
    behind_proxy = cli.with_environ(MIRRORLAKE_ORIGIN="https://library.example")
    with serving(behind_proxy, tmp_path / "nobody", "--host", "0.0.0.0", "--no-worker") as made:  # noqa: S104  tested
        assert made.process.stdout is not None
        assert made.process.stdout.readline() == f"From other machines: https://library.example/?token={made.token}\n"
        assert made.address.startswith("http://127.0.0.1:")
        for host in ("library.example", "library.example:443"):
            assert httpx.get(f"{made.address}/api/v1/health", headers={"Host": host}).status_code == 200
        refused = httpx.get(f"{made.address}/api/v1/health", headers={"Host": "other.example"})
        assert (refused.status_code, "MIRRORLAKE_ORIGIN" in refused.json()["fix"]) == (421, True)
        signed_in = httpx.get(f"{made.address}/?token={made.token}", headers={"Host": "library.example"})
        assert "set-cookie" in signed_in.headers


def test_one_server_a_library_and_down_stops_it(served: Serving) -> None:
    second = served.cli.run("up", "--port", "0")
    assert second.code == 1
    assert served.address in second.err
    assert (second.out, second.err.count("\n")) == ("", 1)

    stranger = served.remote.with_environ(MIRRORLAKE_API_KEY="canary-wrong").run("search", "", "--json")
    assert (stranger.code, stranger.out) == (1, "")
    assert "MIRRORLAKE_API_KEY" in stranger.err
    assert "canary-wrong" not in stranger.err

    stopped = served.cli.run("down")
    assert (stopped.code, stopped.err.splitlines()[0]) == (0, "The server was stopped.")
    assert served.process.wait(timeout=30) == 0
    gone = served.remote.run("search", "", "--json")
    assert (gone.code, gone.out, gone.err.count("\n")) == (1, "", 1)
    assert "mirrorlake up" in gone.err


@pytest.mark.parametrize("url", ["127.0.0.1:8765", "http://", "http://[::1", "http://127.0.0.1:8765/?token=canary"])
def test_what_is_no_address_of_a_server_is_wrong_before_any_request(cli: Cli, url: str) -> None:
    result = cli.with_environ(MIRRORLAKE_URL=url).run("search", "", "--json")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1), result.err
    assert "http://127.0.0.1:8765." in result.err
    assert "canary" not in result.err


def test_another_web_server_is_no_mirrorlake(stub: S3Stub, cli: Cli) -> None:
    stub.faults.append(lambda _: Answer(200, b"<html>Welcome</html>"))
    stub.public.add("api")
    result = cli.with_environ(MIRRORLAKE_URL=stub.endpoint).run("search", "", "--json")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1), result.err
    assert "not a mirrorlake server" in result.err
