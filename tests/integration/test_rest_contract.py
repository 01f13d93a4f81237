"""The REST contract against a served library: schemathesis with every check, with the token and without."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.support.made_library import copy_of, made_template
from tests.support.postgres import Server

ROOT = Path(__file__).parents[2]
CONFIG = Path(__file__).with_name("rest_contract.toml")
TOKEN = "a-token-of-the-tests"
OPERATIONS = 30  # at least


@pytest.fixture
def address(postgres_server: Server, tmp_path: Path) -> Iterator[str]:
    with made_template(postgres_server, tmp_path, size=40) as template:
        database = copy_of(postgres_server, template).database_url or ""
        words = [sys.executable, "-m", "tests.support.serve_made", str(tmp_path), database, TOKEN, "0"]
        with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
            process.terminate()


def test_the_server_keeps_its_contract(address: str, tmp_path: Path) -> None:
    bearer = f"Bearer {TOKEN}"
    found = httpx.get(f"{address}/api/v1/openapi.json", headers={"authorization": bearer}, timeout=60).json()
    contract = tmp_path / "contract.json"
    contract.write_text(json.dumps(found))
    with_token = explore(contract, address, "--header", f"Authorization: {bearer}")
    without = explore(contract, address, "--phases", "coverage")
    for report in (with_token, without):
        tested = re.search(r"Tested: (\d+)", report)
        assert tested is not None, report
        assert int(tested[1]) == sum(map(len, found["paths"].values())) >= OPERATIONS, report


def explore(contract: Path, address: str, *words: str) -> str:
    """What schemathesis reports. Fails with it if there is any finding."""
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG), "run", str(contract)]
    options = ["--url", address, "--warnings", "off", "--no-color", *words]
    done = subprocess.run([*command, *options], cwd=contract.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
