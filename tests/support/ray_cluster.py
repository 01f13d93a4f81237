"""A real Ray cluster for tests: two nodes as processes on loopback, free ports, a folder of its own, stopped by pid."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

import psutil

ROOT = Path(__file__).resolve().parents[2]
START_S = 90.0
STORE_BYTES = 80 << 20  # of shared memory for each node: the least that Ray takes is 75 MB
_READY = "Ray runtime started"


class Node:
    """One node: `ray start --block` and what it started."""

    def __init__(self, log: Path, environment: dict[str, str], *arguments: str, cpus: int) -> None:
        self._log = log
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", f"--num-cpus={cpus}"]
        command += [f"--object-store-memory={STORE_BYTES}", "--disable-usage-stats", *arguments]
        # Ray's own ports: 0 takes free ones.
        command += ["--min-worker-port=0", "--max-worker-port=0", "--dashboard-agent-listen-port=0"]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command, env=os.environ | environment, stdout=output, stderr=output, cwd=ROOT
            )

    def wait(self) -> None:
        """Until it runs."""
        end = time.monotonic() + START_S
        while _READY not in self._log.read_text():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"A node of Ray did not start: {self._log.read_text()[-2000:]}")
            time.sleep(0.05)

    def pids(self) -> list[int]:
        """Of all its processes."""
        return [one.pid for one in psutil.Process(self.process.pid).children(recursive=True)]

    def kill(self) -> None:
        """As a power failure of the machine: all its processes at once."""
        if self.process.poll() is not None:
            return
        root = psutil.Process(self.process.pid)
        found = [root, *root.children(recursive=True)]
        for one in found:
            if one.is_running():
                one.kill()
        self.process.wait()
        psutil.wait_procs(found, 10)


class RayCluster:
    """`with RayCluster() as cluster:` then `cluster.address`; a second node that can be killed and started again."""

    def __init__(self, *, cpus: int = 1, second: bool = True) -> None:
        self._cpus = cpus  # of each node
        self._with_second = second
        self._ports = _free_ports(2)
        self._token = secrets.token_hex(32)
        self.folder = Path("/nonexistent")
        self._head: Node | None = None
        self._second: Node | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Of nodes, and of what uses the cluster, also as one of its nodes (`ray://auto`)."""
        return {
            "PYTHONPATH": str(ROOT),  # of the stores of tests
            "RAY_ADDRESS": f"127.0.0.1:{self._ports[0]}",
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": self._token,
        }

    @property
    def address(self) -> str:
        """Of its client server."""
        return f"ray://127.0.0.1:{self._ports[1]}"

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))  # sockets below it have short names
        try:
            self._head = Node(
                self.folder / "head.log",
                self._node_environment(),
                "--head",
                "--node-ip-address=127.0.0.1",
                f"--port={self._ports[0]}",
                f"--ray-client-server-port={self._ports[1]}",
                "--include-dashboard=false",
                f"--temp-dir={self.folder}/t",
                cpus=self._cpus,
            )
            self._head.wait()
            if self._with_second:
                self.start_second()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _node_environment(self) -> dict[str, str]:
        return {name: value for name, value in self.environment.items() if name != "RAY_ADDRESS"}

    def start_second(self) -> None:
        """Start the second node, or start it again."""
        if self._second is None or self._second.process.poll() is not None:
            address = f"--address=127.0.0.1:{self._ports[0]}"
            self._second = Node(
                self.folder / "second.log",
                self._node_environment(),
                address,
                "--node-ip-address=127.0.0.1",
                cpus=self._cpus,
            )
            self._second.wait()

    def kill_second(self) -> None:
        """End the second node without warning."""
        assert self._second is not None
        self._second.kill()

    def second_pids(self) -> set[int]:
        """Of the processes of the second node."""
        assert self._second is not None
        return set(self._second.pids())

    def contents(self) -> dict[Path, bytes]:
        """Every file that the cluster wrote: logs, and what it keeps on disk."""
        return {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    def __exit__(self, *_: object) -> None:
        for node in (self._second, self._head):
            if node is not None:
                node.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def _free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
