"""What a person can get wrong ends with one clear sentence, the right exit code, and nothing lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image
from tests.support.cli import Cli
from tests.support.images import many_pictures
from tests.support.soak import some_of


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    root.mkdir()
    for number in range(3):
        Image.new("RGB", (32, 32), (number, 0, 0)).save(root / f"{number}.png")
    return root


def one_sentence(text: str) -> bool:
    return text.startswith("error: ") and "Traceback" not in text


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["photos"], "file://"),
        (["s3:/bucket/photos"], "perhaps s3://bucket/photos"),
        (["file:/photos"], "perhaps file:///photos"),
        (["ftp://somewhere/x"], "s3://"),
        (["s3://_no/x"], "Bucket names have"),
        (["file:///tmp", "--glob", '"unclosed'], "unclosed"),
        (["file:///tmp", "--region", "eu-west-1"], "folder"),
        (["s3://bucket", "--endpoint", "minio:9000"], "http://"),
        (["s3://bucket", "--anonymous", "--profile", "p"], "cannot be combined"),
        (["file:///tmp", "--settings", "/nowhere/settings.json"], "settings"),
        (["file:///tmp", "--no-such-flag"], "no-such-flag"),
        (["file:///tmp", "--jobs", "0"], "jobs"),
    ],
)
def test_wrong_before_any_request_ends_with_2(cli: Cli, words: list[str], hint: str) -> None:
    result = cli.run("mirror", *words, "--json")
    assert result.code == 2
    assert hint in result.err
    assert "Traceback" not in result.err
    assert result.out == ""


@pytest.mark.parametrize("content", ["not json", "[]", '{"globPatterns": 1}', '{"glob_patterns": ["a", 3]}'])
def test_a_bad_settings_file_is_named(cli: Cli, photos: Path, tmp_path: Path, content: str) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(content)
    result = cli.run("mirror", photos.as_uri(), "--settings", settings, "--json")
    assert result.code == 2
    assert result.err.startswith(f"error: {settings}: ")
    assert one_sentence(result.err)


@pytest.mark.parametrize("words", [[], ["datasource"]])
def test_a_name_without_a_command_answers_what_there_is_and_calls_it_no_error(cli: Cli, words: list[str]) -> None:
    result = cli.run(*words)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("Usage: mirrorlake")
    assert "says more" not in result.err


def test_a_folder_that_does_not_exist_fails_and_says_so(cli: Cli, tmp_path: Path) -> None:
    result = cli.run("mirror", (tmp_path / "nowhere").as_uri(), "--json")
    assert result.code == 1
    report = result.json
    assert report["state"] == "failed"
    assert "nowhere" in report["error"]
    assert one_sentence(result.err)
    for_people = cli.run("mirror", (tmp_path / "nowhere").as_uri())
    assert len(for_people.out.splitlines()) == 1  # no table of zeros above the sentence


def test_a_single_file_is_not_a_folder(cli: Cli, photos: Path) -> None:
    result = cli.run("mirror", (photos / "0.png").as_uri(), "--json")
    assert result.code == 2
    assert "--glob 0.png" in result.err


def test_an_empty_folder_is_a_library_of_nothing(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = cli.run("mirror", (tmp_path / "empty").as_uri(), "--json")
    assert (result.code, result.json["listed"], result.json["state"]) == (0, 0, "succeeded")
    assert "No objects exist below" in result.err
    assert "The datasource was not created." in result.err
    assert result.json["run"] is None  # what is named can be shown
    assert cli.run("datasource", "list", "--json").lines == []
    assert cli.run("runs", "list", "--json").lines == []
    Image.new("RGB", (32, 32)).save(tmp_path / "empty" / "1.png")
    assert cli.mirror((tmp_path / "empty").as_uri(), "--name", "later")["new"] == 1
    (tmp_path / "empty" / "1.png").unlink()
    emptied = cli.run("mirror", (tmp_path / "empty").as_uri(), "--json")
    assert emptied.json["state"] == "held"
    assert [one["name"] for one in cli.run("datasource", "list", "--json").lines] == ["later"]


def test_another_address_under_a_known_name_is_refused(cli: Cli, photos: Path, tmp_path: Path) -> None:
    cli.mirror(photos.as_uri(), "--name", "mine")
    (tmp_path / "other").mkdir()
    result = cli.run("mirror", (tmp_path / "other").as_uri(), "--name", "mine", "--json")
    assert result.code == 2
    assert photos.name in result.err


def test_a_wrong_query_points_at_the_character(cli: Cli) -> None:
    result = cli.run("search", "metadata.width:>", "--json")
    assert result.code == 2
    line, mark = result.err.splitlines()[1:3]
    assert line.strip() == "metadata.width:>"
    assert mark.strip() == "^"


def test_an_unknown_asset_and_run_are_not_found(cli: Cli) -> None:
    for words in (["asset", "show", "999"], ["asset", "show", "nonsense"], ["runs", "show", "999"]):
        result = cli.run(*words, "--json")
        assert result.code == 1
        assert one_sentence(result.err)
        assert result.out == ""


def test_a_second_pass_at_the_same_time_is_refused_and_names_the_first(cli: Cli, tmp_path: Path) -> None:
    root = many_pictures(tmp_path / "many", 400)
    first = cli.start("mirror", root.as_uri(), "--jobs", "1", "--json")
    run = wait_for_run(cli)
    second = cli.run("mirror", root.as_uri(), "--json")
    out, _ = first.communicate(timeout=120)
    assert second.code == 1
    assert str(run) in second.err
    assert json.loads(out)["new"] == 400


@pytest.mark.parametrize("sent", some_of([signal.SIGINT, signal.SIGTERM], 2))
def test_ctrl_c_keeps_what_was_committed_and_the_next_pass_goes_on(
    cli: Cli, tmp_path: Path, sent: signal.Signals
) -> None:
    root = many_pictures(tmp_path / "many", 600)
    process = cli.start("mirror", root.as_uri(), "--jobs", "1", "--json")
    run = wait_for_run(cli, committed=1)
    process.send_signal(sent)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert cli.run("runs", "show", run, "--json").json["state"] == "cancelled"
    kept = len(cli.search())
    assert kept > 0
    rest = cli.mirror(root.as_uri())
    assert rest["new"] + rest["unchanged"] == 600
    assert rest["unchanged"] == kept
    assert rest["requests"]["get"] == rest["new"]
    assert out == "" or json.loads(out)["state"] == "cancelled"


def test_ctrl_c_while_the_command_is_loaded_says_one_word(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    done = subprocess.run(
        [sys.executable, "-c", "from mirrorlake.cli import main; main()"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "error: Stopped.\n")


def test_a_killed_pass_is_simply_run_again(cli: Cli, tmp_path: Path) -> None:
    root = many_pictures(tmp_path / "many", 600)
    process = cli.start("mirror", root.as_uri(), "--jobs", "1", "--json")
    run = wait_for_run(cli, committed=1)
    process.kill()
    process.communicate(timeout=60)
    kept = len(cli.search())
    rest = cli.mirror(root.as_uri())
    assert rest["unchanged"] >= kept
    assert rest["new"] + rest["unchanged"] == 600
    assert rest["requests"]["get"] == rest["new"]
    assert cli.run("runs", "show", run, "--json").json["state"] == "failed"


def wait_for_run(cli: Cli, *, committed: int = 0) -> int:
    """The number of the run that is under way, once it has committed so many assets."""
    for _ in range(300):
        runs = [run for run in cli.run("runs", "list", "--json").lines if run["state"] == "running"]
        if runs and (not committed or len(cli.search()) >= committed):
            return runs[0]["run"]
        time.sleep(0.05)
    raise AssertionError("no run began")


def test_what_works_here_only_does_not_touch_this_library_where_a_server_is_meant(cli: Cli) -> None:
    result = cli.with_environ(MIRRORLAKE_URL="http://127.0.0.1:9").run("mirror", "file:///tmp")
    assert result.code == 2
    assert "MIRRORLAKE_URL" in result.err


def test_an_address_that_cannot_be_listed_leaves_no_datasource(cli: Cli, tmp_path: Path) -> None:
    typo = tmp_path / "phtos"
    first = cli.run("mirror", typo.as_uri(), "--json")
    assert (first.code, first.json["state"], first.json["run"]) == (1, "failed", None)  # what is named can be shown
    assert first.json["error"].endswith("The datasource was not created.")
    assert cli.run("datasource", "list", "--json").lines == []
    assert cli.run("runs", "list", "--json").lines == []
    typo.mkdir()
    (typo / "a.jpg").write_bytes(b"no picture")
    assert cli.mirror(typo.as_uri())["failed"] == 1
    (typo / "a.jpg").unlink()
    typo.rmdir()
    assert cli.run("mirror", typo.as_uri(), "--json").code == 1  # it is no longer new: it stays
    assert len(cli.run("datasource", "list", "--json").lines) == 1


def test_a_search_for_a_key_that_no_asset_has_names_the_nearest(cli: Cli, photos: Path) -> None:
    (photos / "0.json").write_text('{"capture": {"temperature": 21.5}}')
    cli.mirror(photos.as_uri())
    assert [asset["name"] for asset in cli.run("search", "metadata.capture.temperature>20", "--json").lines] == [
        "0.png"
    ]
    for query, note in (
        ("metadata.capture.tempreature>20", "Did you mean `metadata.capture.temperature`?"),
        ("metadata.temperature>20", "Did you mean `metadata.capture.temperature`?"),
        ("capture.temperature>20", "To search metadata, write `metadata.capture.temperature>20`."),
        ("metdata.site:x", "To search metadata, write `metadata.site:x`."),
    ):
        for words in ((), ("--json",)):
            result = cli.run("search", query, *words)
            assert (result.code, result.out, note in result.err) == (0, "", True), result.err
    refused = cli.run("search", "metadata.Q>>3")
    assert (refused.code, refused.err.splitlines()[1:3]) == (2, ["  metadata.Q>>3", "             ^"])
