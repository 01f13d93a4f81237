"""Commands that only ask start quickly: they load what answers them, and nothing that reaches buckets or draws."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import typer.main
from tests.support.postgres import Server
from typer.core import TyperGroup

from mirrorlake.cli.commands.registry import COMMANDS
from mirrorlake.cli.main import build_command

# Each of these costs between 0.02 and 0.5 seconds of one core.
COLUMNS = {"pyarrow", "numpy", "adbc_driver_manager", "adbc_driver_postgresql"}
BUCKETS = {"botocore", "boto3", "obstore", "urllib3"}
PICTURES = {"pyvips", "PIL"}
SERVERS = {"fastapi", "starlette", "uvicorn", "pydantic", "httpx"}
DRAWING = {"rich"}
STARTING = {"psutil", "mirrorlake.postgres.embedded", "mirrorlake.postgres.supervisor"}
DATABASE = {"psycopg", "psycopg_pool"}

SAYS_WHAT_IT_LOADED = """
import sys
from mirrorlake.cli.main import run
code = run(sys.argv[1:])
print(code, *sys.modules, file=sys.stderr)
"""


def loaded(command: list[str], server: Server) -> tuple[int, set[str]]:
    """The exit code of a command and the modules that it loaded, over the embedded database that runs already."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MIRRORLAKE_")}
    done = subprocess.run(
        [sys.executable, "-c", SAYS_WHAT_IT_LOADED, *command],
        env=kept | {"MIRRORLAKE_HOME": str(server.home)},
        capture_output=True,
        text=True,
        check=True,
    )
    code, *modules = done.stderr.splitlines()[-1].split(" ")
    return int(code), set(modules)


@pytest.mark.parametrize(
    "command",
    [
        ["search", "path:site/** type:image", "--json"],
        ["datasource", "list", "--json"],
        ["datasource", "show", "nowhere", "--json"],
        ["runs", "list", "--json"],
        ["runs", "outcomes", "1", "--json"],
        ["asset", "show", "1", "--json"],
        ["tag", "add", "1", "blue", "--json"],
        ["metadata", "set", "1", "site=hall", "--json"],
    ],
    ids=" ".join,
)
def test_a_command_that_asks_loads_only_what_answers_it(command: list[str], postgres_server: Server) -> None:
    ended, modules = loaded(command, postgres_server)
    assert ended in {0, 1}  # the empty library answered: nothing, or that there is no such thing
    assert "psycopg" in modules
    assert not modules & (COLUMNS | BUCKETS | PICTURES | SERVERS | DRAWING | STARTING)


def imported(module: str, then: str = "") -> set[str]:
    """What is loaded once a module is, and `then` was done."""
    script = f"import sys, {module}\n{then}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_workers_can_start_before_the_pass_that_gives_them_work_is_loaded() -> None:
    modules = imported("mirrorlake.cli.commands.mirror")
    assert "mirrorlake.processing.prestart" in modules
    assert not modules & (COLUMNS | BUCKETS | PICTURES | SERVERS | DRAWING | STARTING)


def test_a_worker_loads_decoders_and_nothing_of_the_machines_own_configuration() -> None:
    modules = imported("mirrorlake.processing.worker", "mirrorlake.processing.worker.load_stores()")
    assert {"pyvips", "urllib3"} <= modules
    assert not modules & ({"botocore", "boto3", "obstore"} | SERVERS | DRAWING | STARTING | DATABASE)


@pytest.mark.parametrize("command", [["--help"], ["--version"], ["datasource", "--help"], ["runs", "list", "--help"]])
def test_help_loads_nothing_that_works(command: list[str], postgres_server: Server) -> None:
    ended, modules = loaded(command, postgres_server)
    assert ended == 0
    assert not modules & (COLUMNS | BUCKETS | PICTURES | SERVERS | DRAWING | STARTING | DATABASE)


def test_the_overview_says_of_each_command_what_the_command_says_of_itself() -> None:
    group = typer.main.get_command(build_command())
    assert isinstance(group, TyperGroup)
    assert group.commands.keys() == COMMANDS.keys()
    for name, summary in COMMANDS.items():
        assert (group.commands[name].help or "").split("\n")[0] == summary
