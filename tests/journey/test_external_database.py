"""A PostgreSQL of one's own: the same library, and each way to name it wrongly said in one sentence."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from PIL import Image
from tests.support.cli import Cli, Result

PASSWORD = "canary-4711"


def one_sentence(result: Result) -> bool:
    return result.err.startswith("error: ") and result.err.count("\n") == 1 and result.out == ""


@pytest.fixture
def nobody() -> str:
    """An address of this machine at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def test_the_library_lives_in_the_database_and_not_in_the_home(cli: Cli, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    Image.new("RGB", (32, 32)).save(photos / "a.png")
    cli.mirror(photos.as_uri(), "--jobs", "1")
    assert not (cli.home / "postgres").exists()
    elsewhere = cli.with_environ(MIRRORLAKE_HOME=str(tmp_path / "other"))
    assert [asset["name"] for asset in elsewhere.search()] == ["a.png"]
    assert elsewhere.mirror(photos.as_uri())["unchanged"] == 1
    stopped = cli.run("down")
    assert (stopped.code, stopped.err) == (0, "The external database (MIRRORLAKE_DATABASE_URL) was not stopped.\n")
    checks = {check["check"]: check for check in cli.run("doctor", "--json").json["checks"]}
    assert "(external) is running" in checks["database"]["message"]


def test_a_database_that_does_not_answer_is_named_without_its_password(cli: Cli, nobody: str) -> None:
    away = cli.with_environ(MIRRORLAKE_DATABASE_URL=f"postgresql://lake:{PASSWORD}@{nobody}/library")
    for words in (["mirror", "s3://bucket", "--json"], ["search", "", "--json"], ["up", "--port", "0"]):
        result = away.run(*words)
        assert (result.code, one_sentence(result)) == (1, True), result.err
        assert nobody in result.err
        assert PASSWORD not in result.err


def test_an_unknown_database_is_named(cli: Cli) -> None:
    url = cli.environ["MIRRORLAKE_DATABASE_URL"]
    place, _, options = url.partition("?")
    result = cli.with_environ(MIRRORLAKE_DATABASE_URL=f"{place}-nowhere?{options}").run("search", "", "--json")
    assert (result.code, one_sentence(result)) == (1, True), result.err
    assert "-nowhere" in result.err


@pytest.mark.parametrize("url", ["mysql://root@localhost/x", "library.db"])
def test_what_is_no_postgresql_address_is_wrong_before_any_request(cli: Cli, url: str) -> None:
    result = cli.with_environ(MIRRORLAKE_DATABASE_URL=url).run("search", "", "--json")
    assert (result.code, one_sentence(result)) == (2, True), result.err
    assert "postgresql://" in result.err


def test_a_password_that_cuts_the_address_in_two_is_never_repeated(cli: Cli) -> None:
    url = f"postgresql://lake:{PASSWORD}/x@y#z@localhost/library"
    result = cli.with_environ(MIRRORLAKE_DATABASE_URL=url).run("search", "", "--json")
    assert (result.code, one_sentence(result)) == (1, True), result.err
    assert PASSWORD not in result.err
