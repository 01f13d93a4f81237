"""Requests to the REST API on kept connections: how many a second, and how long one takes."""

from __future__ import annotations

import http.client
import statistics
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from benchmarks.measure import median, tool
from benchmarks.place import environment_of, fresh_home, started
from benchmarks.seed import know_synthetic
from benchmarks.tables import Table, number
from mirrorlake.core.settings import Settings
from mirrorlake.postgres.pool import open_catalog

ASSETS = 100_000
CONNECTIONS = 8
_SECONDS = 2.0  # of each measurement
_WARM_UP = 20  # requests before it
# The least that any server of this kind costs: uvicorn, and an app that returns the same bytes every time.
_BARE = """
import socket, uvicorn
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
sock.bind(("127.0.0.1", 0))
sock.listen()
print("http://127.0.0.1:%d" % sock.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, http="h11", log_level="error", access_log=False, lifespan="off")).run([sock])
"""


@dataclass(frozen=True, slots=True)
class _Target:
    """What is requested, and where."""

    address: str
    path: str
    headers: dict[str, str]


def over_http(rounds: int) -> Table:
    """The API of a library of 100,000 assets beside a bare server."""
    with fresh_home() as home:
        with open_catalog(Settings(home=home)) as catalog:
            know_synthetic(catalog, name="bench", endpoint="http://127.0.0.1:9", objects=2 * ASSETS)
        with (
            started([tool("mirrorlake"), "up", "--port", "0", "--no-worker"], environment_of(home)) as line,
            started([sys.executable, "-c", _BARE], environment_of(home)) as bare,
        ):
            url = urlsplit(line.rpartition(" ")[2])
            token = {"Authorization": f"Bearer {parse_qs(url.query)['token'][0]}"}
            ours = f"http://{url.netloc}"
            targets = {
                "bare uvicorn": _Target(bare, "/", {}),
                "`GET /health`": _Target(ours, "/api/v1/health", {}),
                "`GET /assets/1`, one asset": _Target(ours, "/api/v1/assets/1", token),
                "`GET /assets`, a page of 100": _Target(ours, "/api/v1/assets", token),
            }
            return _table(targets, rounds)


def _table(targets: dict[str, _Target], rounds: int) -> Table:
    times: dict[str, list[float]] = {name: [] for name in targets}
    rates: dict[str, list[float]] = {name: [] for name in targets}
    for turn in range(rounds):
        for name in list(targets)[turn % len(targets) :] + list(targets)[: turn % len(targets)]:
            times[name].append(statistics.median(_request(targets[name])))
            with ThreadPoolExecutor(CONNECTIONS) as pool:
                side_by_side = list(pool.map(_request, [targets[name]] * CONNECTIONS))
            rates[name].append(sum(len(each) / sum(each) for each in side_by_side))
    rows = [(name, number(1000 * median(times[name])), number(median(rates[name]))) for name in targets]
    return Table(
        title=f"Requests to the API of a library of {ASSETS:,} assets",
        head=("", "ms a request, 1 connection", f"requests a second, {CONNECTIONS} connections"),
        rows=rows,
        notes=["The client is one process of Python on the same machine, whose own cost is in every line."],
    )


def _request(target: _Target) -> list[float]:
    """The seconds of each request on one kept connection."""
    connection = http.client.HTTPConnection(urlsplit(target.address).netloc)
    try:
        list(_timed(connection, target, _WARM_UP))
        found: list[float] = []
        end = time.perf_counter() + _SECONDS
        while time.perf_counter() < end:
            found += _timed(connection, target, 1)
    finally:
        connection.close()
    return found


def _timed(connection: http.client.HTTPConnection, target: _Target, times: int) -> Iterator[float]:
    for _ in range(times):
        started = time.perf_counter()
        connection.request("GET", target.path, headers=target.headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{target.path} was answered with {answer.status}")
        yield time.perf_counter() - started
