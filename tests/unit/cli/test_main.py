"""The command line accepts what people type: help in three spellings, both numbers of a noun, and plain paths."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from mirrorlake.cli import exit_codes
from mirrorlake.cli.inputs import folder_address
from mirrorlake.cli.main import QUERY_COMMANDS, expand_arguments, run


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["help"], ["--help"]),
        (["help", "mirror"], ["mirror", "--help"]),
        (["help", "run", "list"], ["runs", "list", "--help"]),
        (["run", "list"], ["runs", "list"]),
        (["datasources", "run", "x"], ["datasource", "run", "x"]),
        (["search", "help"], ["search", "help"]),
        (["search", "-h"], ["search", "--help"]),
        (["facets", "-h"], ["facets", "--help"]),
        (["duplicates", "-h"], ["duplicates", "--help"]),
        (["--workspace", "w", "search", "-h"], ["--workspace", "w", "search", "--help"]),
        ([], []),
    ],
    ids=" ".join,
)
def test_another_spelling_means_the_same_command(typed: list[str], meant: list[str]) -> None:
    assert expand_arguments(typed) == meant


def test_a_query_that_begins_with_a_minus_and_holds_an_h_is_a_query(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its letters are not short options: `-h` would show the help."""
    monkeypatch.setenv("MIRRORLAKE_DATABASE_URL", "none")  # the command runs, and gets no further
    assert run(["search", "-height:1"]) == 2
    assert "MIRRORLAKE_DATABASE_URL" in capsys.readouterr().err


@pytest.mark.parametrize("command", QUERY_COMMANDS)
@pytest.mark.parametrize("words", [["--jsn"], ["tag:x", "--jsn"], ["--limti", "5", "tag:x"], ["--limti=5"]], ids=str)
def test_a_mistyped_option_is_no_query(command: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, *words]) == 2
    typed = next(word for word in words if word.startswith("--")).partition("=")[0]
    assert f"No such option: {typed}. Try 'mirrorlake {command} --help'." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (["runs", "list", "--workspace", "yard"], "before the command: mirrorlake --workspace NAME"),
        (["search", "forklift", "--workspace=yard"], "before the command: mirrorlake --workspace NAME"),
        (["search", "forklift", "width>600"], "put quotes around it"),
        (["labels", "stats", "forklift", "width>600"], "put quotes around it"),
        (["export", "-tag:x"], "mirrorlake export … -- '-tag:done'"),
        (["labels", "export", "-tag:x"], "mirrorlake labels export … -- '-tag:done'"),
    ],
    ids=str,
)
def test_what_is_in_the_wrong_place_is_answered_with_how_to_write_it(
    typed: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(typed) == 2
    assert hint in capsys.readouterr().err
    assert run(["tag", "add", "-x"]) == 2
    assert "query" not in capsys.readouterr().err


@pytest.mark.parametrize("query", [["tag:x"], ["--query", "-tag:x"], [""], ["--asset", "7", "--asset", "9"]], ids=str)
def test_what_is_processed_again_is_a_query_after_the_command_or_an_option_or_ids(
    query: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIRRORLAKE_DATABASE_URL", "none")  # as above
    assert run(["asset", "reprocess", *query]) == 2
    assert "MIRRORLAKE_DATABASE_URL" in capsys.readouterr().err
    for wrong in ([], [*query, "tag:y", "--query", "tag:z"]):
        assert run(["asset", "reprocess", *wrong]) == 2
        assert "MIRRORLAKE_DATABASE_URL" not in capsys.readouterr().err


@pytest.mark.parametrize("asked", [["-h"], ["--help"], ["help"]], ids=" ".join)
def test_help_is_shown_however_it_is_asked_for(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(asked) == 0
    assert "Usage: mirrorlake" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "usage", "hint"),
    [
        (["runs", "show"], "Usage: mirrorlake runs show", "Try 'mirrorlake runs show --help'."),
        (["tags", "add"], "Usage: mirrorlake tag add", "Try 'mirrorlake tag add --help'."),
        (["mirror", "s3://bucket", "--jobz", "2"], "Usage: mirrorlake mirror", "Try 'mirrorlake mirror --help'."),
        (["nonsense"], "Usage: mirrorlake [OPTIONS] COMMAND", "Try 'mirrorlake --help'."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_misused_command_shows_its_own_usage(
    typed: list[str], usage: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(typed) == 2
    shown = capsys.readouterr()
    assert not shown.out
    assert shown.err.startswith("error: ")
    assert usage in shown.err
    assert hint in shown.err


@pytest.mark.parametrize("command", [["datasource", "preview"], ["datasource", "create"], ["labels", "import"]])
def test_an_option_that_a_connection_has_is_answered_with_the_connection(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "s3://bucket", "--endpoint", "http://127.0.0.1:9000"]) == 2
    assert "mirrorlake connection add NAME" in capsys.readouterr().err
    assert run([*command, "s3://bucket", "--endpint", "http://127.0.0.1:9000"]) == 2
    assert "connection add" not in capsys.readouterr().err


def test_a_path_is_the_folder_that_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my photos").mkdir()
    here = tmp_path.as_uri()
    assert folder_address(".") == here
    assert folder_address("my photos") == folder_address("./my photos") == f"{here}/my%20photos"
    assert folder_address(str(tmp_path / "elsewhere")) == f"{here}/elsewhere"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert folder_address("~/pictures") == f"{here}/pictures"


@pytest.mark.parametrize("address", ["s3://bucket/folder", "file:///data", "s3:/bucket", "photos", ""])
def test_what_names_no_folder_here_stays_as_it_is_typed(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert folder_address(address) == address


@pytest.mark.parametrize(("words", "expected"), [("mirrorlake dat", "datasource"), ("mirrorlake runs ca", "cancel")])
def test_a_shell_is_given_the_commands_that_fit(words: str, expected: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from mirrorlake.cli import main; main()"],
        env=os.environ
        | {"_MIRRORLAKE_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == [expected], done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_calls_this_program(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert "_MIRRORLAKE_COMPLETE" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code"),
    [("secrets make-key >&-", 0), ("secrets make-key <&- >&- 2>&-", 0), ("nonsense 2>&-", 2)],
)
def test_closed_standard_streams_change_no_exit_code(words: str, code: int) -> None:
    command = f'"$0" -c "from mirrorlake.cli import main; main()" {words}'
    done = subprocess.run(["sh", "-c", command, sys.executable], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


def test_a_settings_file_that_is_not_there_is_named_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "none.json"
    assert run(["mirror", "s3://bucket", "--settings", str(file)]) == 2
    assert f"The settings file {file} cannot be read: No such file or directory." in capsys.readouterr().err


@pytest.mark.parametrize("encode", [str.encode, orjson.dumps])
def test_an_argument_that_is_not_utf8_is_named(
    encode: Callable[[str], bytes], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def store(words: list[str], **_: object) -> None:
        encode(words[-1])

    monkeypatch.setattr(sys.modules[run.__module__], "_app_for", lambda _words: store)
    assert run(["ontology", "show", os.fsdecode(b"\xff")]) == exit_codes.USAGE
    assert capsys.readouterr().err == "error: '\\udcff' is not UTF-8. Use a name or path that is.\n"


@pytest.mark.parametrize(
    "fault",
    [KeyError("ours"), TypeError("ours"), UnicodeEncodeError("utf-8", "\udcee", 0, 1, "surrogates not allowed")],
)
def test_another_fault_is_not_hidden_behind_an_argument_that_is_not_utf8(
    fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_words: list[str], **_: object) -> None:
        raise fault

    monkeypatch.setattr(sys.modules[run.__module__], "_app_for", lambda _words: fail)
    with pytest.raises(type(fault)):
        run(["ontology", "show", os.fsdecode(b"\xff")])


@pytest.mark.parametrize("words", ["--help", "--version", "search --help", "datasource list --help"])
def test_a_help_that_cannot_be_written_is_one_sentence(words: str) -> None:
    command = f'"$0" -c "from mirrorlake.cli import main; main()" {words} > /dev/full'
    done = subprocess.run(["bash", "-c", command, sys.executable], capture_output=True, text=True, check=False)
    assert done.returncode == exit_codes.FAILED
    assert done.stderr == (
        "error: Cannot write the result to standard output: No space left on device. Free some space, or redirect the "
        "output elsewhere.\n"
    )
