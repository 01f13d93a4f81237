"""The REST contract against a served library: schemathesis with every check.

Each operation gets random requests. Every `SHARE`th one also gets a request for each limit, type and absence that its
schema names: 50 an operation, most of the time of this test. `make soak` does this with all of them, has more examples,
and tries every operation without the token.
"""

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
from tests.support.soak import seed, sized, soaking, some_of

ROOT = Path(__file__).parents[2]
CONFIG = Path(__file__).with_name("rest_contract.toml")
TOKEN = "a-token-of-the-tests"
OPERATIONS = 30  # at least
SHARE = 3
NOT_RANDOM = {"watchJob", "watchJobs"}  # see CONFIG
EXAMPLES = ("--max-examples", str(sized(2, 30)), "--seed", str(20261127 + seed()))


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
    for operations in found["paths"].values():
        for operation in operations.values():  # a key belongs to one request, which random values do not know
            kept = [each for each in operation.get("parameters", []) if each["name"] != "Idempotency-Key"]
            operation["parameters"] = kept
    contract = tmp_path / "contract.json"
    contract.write_text(json.dumps(found))
    names = {operation["operationId"] for operations in found["paths"].values() for operation in operations.values()}
    left_out = sorted(names - NOT_RANDOM - set(some_of(sorted(names), SHARE)))
    config = CONFIG.read_text()
    if left_out:
        config += f"\n[[operations]]\ninclude-operation-id = {json.dumps(left_out)}\nphases.coverage.enabled = false\n"
    (tmp_path / CONFIG.name).write_text(config)
    reports = [explore(contract, address, "--header", f"Authorization: {bearer}", *EXAMPLES)]
    if soaking():  # 401 for every operation without credentials is also tests/unit/api's
        reports.append(explore(contract, address, "--phases", "coverage"))
    for report in reports:
        tested = re.search(r"Tested: (\d+)", report)
        assert tested is not None, report
        assert int(tested[1]) == sum(map(len, found["paths"].values())) >= OPERATIONS, report


def explore(contract: Path, address: str, *words: str) -> str:
    """What schemathesis reports. Fails with it if there is any finding."""
    program = str(Path(sys.executable).with_name("schemathesis"))
    command = [program, "--config-file", CONFIG.name, "run", str(contract)]
    options = ["--url", address, "--warnings", "off", "--no-color", *words]
    done = subprocess.run([*command, *options], cwd=contract.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
