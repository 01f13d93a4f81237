"""What commands print for people, at a terminal and in a pipe."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import unicodedata
from datetime import UTC, datetime

import orjson
import pytest
from rich.cells import cell_len

from mirrorlake.cli.formatting import describe_datasource, fit_rows, summarize_run
from mirrorlake.cli.output import print_json, print_table
from mirrorlake.core.text import count_noun
from mirrorlake.model.runs import Run, RunState
from mirrorlake.model.schedule import Cron
from mirrorlake.model.sources import (
    Datasource,
    Location,
    MirrorConfig,
    MirrorSettings,
    NamingStrategy,
    Orphans,
    Provider,
    summarize,
)
from mirrorlake.storage.providers.s3.access import S3Access

LONG = "2024/" + "very long folder/" * 20 + "p.jpg"
PRINTING = """
from mirrorlake.cli.output import print_table, echo_error, echo_detail
print_table(["key", "why"], [("k" * 150, "[red]no markup[/red]")])
echo_detail(" of a[/]b", head="run 1")
echo_error("no")
"""


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_a_row_is_one_whole_line_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["size", "key"], [(7, LONG), (1_000, "[red]a\tb\nc[/]")], right=frozenset({0}))
    assert printed(capsys) == ["size  key", f"   7  {LONG}", "1000  [red]a\ufffdb\ufffdc[/]"]


def test_a_list_of_datasources_fits_120_columns_and_shortens_only_what_it_must(
    capsys: pytest.CaptureFixture[str],
) -> None:
    columns = ("name", "connection", "provider", "bucket", "prefix", "status", "assets", "last run", "next due")
    fixed = ("running", "1,000,000", "11-28 22:33", "11-29 03:00")
    rows = [
        ("harbour-cams", "lake", "s3", "photos", "2026/", *fixed),
        ("猫の写真" * 20, "c" * 100, "s3", "b" * 63, "very/long/prefix/" * 20, *fixed),
    ]
    assert fit_rows(columns, rows[:1], elastic=frozenset({0, 1, 3, 4})) == [list(rows[0])]
    fitted = fit_rows(columns, rows, elastic=frozenset({0, 1, 3, 4}))
    print_table(columns, fitted, right=frozenset({6}))
    assert all(cell_len(line) <= 120 for line in printed(capsys))
    assert fitted[0] == list(rows[0])
    assert tuple(fitted[1][5:]) == fixed
    assert all("…" in cell for place, cell in enumerate(fitted[1]) if place in {0, 1, 3, 4})


def test_columns_stand_below_each_other_in_every_script(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["", ""], [("猫の写真", 1), ("cafe\u0301", 22), ("", None)], right=frozenset({1}))
    assert printed(capsys) == ["猫の写真   1", "cafe\u0301      22", ""]


def test_no_line_of_json_holds_what_a_terminal_obeys_and_each_says_what_it_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    document = {"key": "".join(map(chr, range(0xD800))) + "\U0001f415"}
    print_json(document)
    line = capsys.readouterr().out
    assert orjson.loads(line) == document
    assert {char for char in line if unicodedata.category(char) in {"Cc", "Zl", "Zp"}} == {"\n"}


def test_no_colour_reaches_a_pipe_whatever_the_environment_asks_for() -> None:
    environ = {**os.environ, "FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "COLUMNS": "40"}
    done = subprocess.run([sys.executable, "-c", PRINTING], env=environ, capture_output=True, check=True)
    assert b"\x1b" not in done.stdout + done.stderr
    assert done.stdout.splitlines() == [
        b"key" + b" " * 149 + b"why",
        b"k" * 150 + b"  [red]no markup[/red]",
        b"run 1 of a[/]b",
    ]


def test_a_terminal_is_given_colours_and_folded_rows_unless_it_wants_none() -> None:
    environ = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    environ.pop("NO_COLOR", None)
    coloured, plain = at_terminal(environ), at_terminal({**environ, "NO_COLOR": "1"})
    assert b"\x1b[1mrun 1\x1b[0m of a[/]b" in coloured
    assert b"[red]" in coloured  # as it stands: no markup
    assert max(len(line) for line in coloured.splitlines() if line.startswith(b"k")) <= 80
    assert b"run 1 of a[/]b" in plain


@pytest.mark.parametrize("key", ["a[/red].jpg", "a\\[/red].jpg", "a\\[link=http://b]c.jpg", "a:dog:.jpg", "a\\"])
def test_a_table_at_a_terminal_shows_keys_as_they_are(key: str) -> None:
    program = f"from mirrorlake.cli.output import print_table; print_table(['', ''], [({key!r}, '|')])"
    assert at_terminal({**os.environ, "TERM": "xterm", "COLUMNS": "80"}, program).strip() == f"{key}  |".encode()


def at_terminal(environ: dict[str, str], program: str = PRINTING) -> bytes:
    ours, theirs = pty.openpty()
    subprocess.run([sys.executable, "-c", program], env=environ, stdout=theirs, stderr=theirs, check=True)
    os.close(theirs)
    read = bytearray()
    try:
        while part := os.read(ours, 4096):
            read += part
    except OSError:  # nobody holds the other end any more
        pass
    os.close(ours)
    return bytes(read)


def test_one_thing_is_no_plural() -> None:
    assert [count_noun(n, "asset") for n in (0, 1, 2, 1_000)] == ["0 assets", "1 asset", "2 assets", "1,000 assets"]
    assert [count_noun(n, "entry", "entries") for n in (1, 2)] == ["1 entry", "2 entries"]


def test_a_datasource_is_told_in_words() -> None:
    configs = (
        MirrorConfig(id="train", globs=("train/**", "more/*"), exclude=("**/draft/**",), orphans=Orphans.KEEP),
        MirrorConfig(glob_file="list.txt", paths=("a.jpg",), naming=NamingStrategy.METADATA, naming_key="title"),
    )
    source = Datasource(
        id=1,
        name="pictures",
        location=Location(provider=Provider.S3, container="bucket", prefix="p/"),
        access=S3Access(endpoint="http://127.0.0.1:9000", profile="lab"),
        settings=MirrorSettings(configs=configs, schedule=Cron("0 3 * * *", "Europe/Berlin")),
    )
    run = Run(
        id=7,
        datasource="pictures",
        trigger="mirror",
        state=RunState.SUCCEEDED,
        started=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        finished=None,
    )
    rows = list(describe_datasource(summarize(source, assets=1_234, last_run=run, cooldown_minutes=1, can_run=False)))
    told = dict(rows)
    assert told["address"] == "s3://bucket/p/"
    assert told["assets"] == "1,234"
    assert told["last run"] == "run 7, 2026-01-02 03:04 UTC: succeeded"
    assert told["schedule"] == "0 3 * * * (Europe/Berlin)"
    assert told["next manual run"] == "in 1 minute: the last run imported something"
    assert told["credentials"] == "AWS profile lab"
    selected = [value for name, value in rows if name == "selects"]
    assert selected == ["train/**", "more/*", "the patterns in list.txt", "the key a.jpg"]
    assert ("excludes", "**/draft/**") in rows
    assert ("object gone", "its asset is kept and marked missing (keep)") in rows
    assert ("asset named", "a metadata value title (metadata)") in rows
    assert not any(mark in str(value) for _, value in rows for mark in "{}[]")  # no JSON


def test_a_run_that_was_cut_off_does_not_say_that_nothing_changed() -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    shown = {
        state: summarize_run(Run(id=7, datasource="a", trigger="mirror", state=state, started=now, finished=now))
        for state in (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)
    }
    assert shown == {
        RunState.SUCCEEDED: "nothing changed",
        RunState.FAILED: "why: mirrorlake runs show 7",
        RunState.CANCELLED: "stopped before its end",
    }


PIECES = """
from mirrorlake.cli import main
import mirrorlake.cli.main
from mirrorlake.cli.output import echo_error, write_bytes
from mirrorlake.core.errors import MirrorlakeError
def run(_arguments):
    try:
        for _ in range(1000):
            write_bytes(b"piece" * 1000)
    except MirrorlakeError as error:
        echo_error(str(error))
        return 1
    return 0
mirrorlake.cli.main.run = run
main()
"""


@pytest.mark.parametrize(
    ("reader", "why"),
    [("> /dev/full", "No space left on device"), ("| head -c 5 > /dev/null", "ended before the last byte")],
)
def test_a_file_that_does_not_fit_into_standard_output_is_one_sentence(reader: str, why: str) -> None:
    command = ["bash", "-c", f'set -o pipefail; "$0" -c "$1" {reader}', sys.executable, PIECES]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
