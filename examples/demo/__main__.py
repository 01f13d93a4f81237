"""`make demo`: a real S3 server, real photographs, two passes, four changes between them, then the library itself."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from examples.demo import changes, photos
from examples.demo.bucket import DemoBucket, lay_out
from examples.demo.changes import BUCKET, Changes, Expected
from examples.demo.contents import fill_library
from examples.demo.server import LOOPBACK, LocalS3
from rich.console import Console
from rich.markup import escape

from mirrorlake import Mirrorlake
from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.postgres.data_dir import database_folder, read_recorded_base

PLACE = photos.ROOT / ".demo"
PORT = 8765  # the default port of `mirrorlake up`
SERVED = re.compile(r"served at (?P<url>\S+)/\?token=(?P<token>\S+)")
console = Console(highlight=False, soft_wrap=True)


class DemoFailed(MirrorlakeError):
    """The demo failed to show its result."""


class _Terminated(KeyboardInterrupt):
    """Raised when this process receives SIGTERM."""


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise _Terminated


def main() -> int:
    """Run the demo; the exit code is 0 only if the second pass handled exactly the four changes."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--exit", action="store_true", help="end after the second pass instead of serving the library")
    arguments = parser.parse_args()
    started = time.monotonic()
    # SIGTERM ends like Ctrl-C, so that the servers started here end too.
    signal.signal(signal.SIGTERM, _terminate)
    try:
        _demo(serve=not arguments.exit, started=started)
    except KeyboardInterrupt:
        console.print("\nStopped.")
        return 130
    except MirrorlakeError as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        return 1
    return 0


def _demo(*, serve: bool, started: float) -> None:
    _title("Real photographs, out of packages")
    collected = photos.collect()
    bucket = lay_out(collected)
    console.print(
        f"{bucket.photographs} photographs from {len(photos.SOURCES)} packages; {bucket.sidecars} get a JSON sidecar, "
        f"and {bucket.broken} objects are broken on purpose."
    )
    own_home = "MIRRORLAKE_HOME" not in os.environ
    home = PLACE / "home" if own_home else Path(os.environ["MIRRORLAKE_HOME"])
    if own_home:
        _begin_afresh(home)
    _title("A real S3 server on this machine")
    shutil.rmtree(PLACE / "s3" / "data", ignore_errors=True)
    with LocalS3(PLACE / "s3") as server:
        count = server.load(BUCKET, bucket.uploads)
        console.print(f"SeaweedFS serves {count} objects at {server.endpoint}, bucket {BUCKET!r}; signatures checked.")
        run = _Mirrorlake(server, home)
        try:
            _passes(run, server, bucket)
            if own_home:  # a library that somebody has gets no more than the datasource
                _fill(run, server, collected)
            console.print(f"\n[green]The demo took {time.monotonic() - started:.0f} s.[/green]")
            if serve:
                _serve(run)
        finally:
            run.quietly(["down"])


def _passes(run: _Mirrorlake, server: LocalS3, bucket: DemoBucket) -> None:
    command = ["mirror", f"s3://{BUCKET}/", "--name", "demo", "--endpoint", server.endpoint]
    _title("First pass: everything is new")
    run.shown(command)
    _title("Objects broken on purpose affected nothing else")
    newest = run.documents(["runs", "list", "--datasource", "demo", "--limit", "1", "--json"])[0]
    run.shown(["runs", "outcomes", str(newest["run"]), "--outcome", "failed"])
    chosen = changes.choose(bucket)
    changes.make(chosen, server.client())
    _title("Four changes in the bucket")
    for line in _describe_changes(chosen):
        console.print(f"  {escape(line)}")
    _title("Second pass: only these are handled")
    console.print(f"[dim]$ mirrorlake {escape(' '.join(command))} --json[/dim]")
    (report,) = run.documents([*command, "--json"])
    expected = Expected()
    wrong = changes.differences(report, expected)
    for name in ("listed", "new", "changed", "metadata_changed", "moved", "removed", "unchanged"):
        console.print(f"  {name.replace('_', ' '):18}{report[name]:>6}")
    console.print(f"  {'GET requests':18}{expected.get:>6}   of {bucket.photographs} photographs")
    if wrong:
        raise DemoFailed(f"The second pass did not report exactly the four changes: {'; '.join(wrong)}.")
    console.print("[green]Exactly the four changes, and nothing else was read.[/green]")


def _describe_changes(chosen: Changes) -> list[str]:
    return [
        f"replaced  {chosen.replaced}",
        f"deleted   {chosen.deleted}",
        f"edited    the sidecar of {chosen.described}",
        f"renamed   {chosen.renamed} -> {chosen.renamed_to}",
    ]


def _fill(run: _Mirrorlake, server: LocalS3, photographs: Sequence[Path]) -> None:
    _title("What people do with a library")
    with run.served() as library:
        for line in fill_library(library, server, [path.read_bytes() for path in photographs[:4]]):
            console.print(f"  {escape(line)}")


def _serve(run: _Mirrorlake) -> None:
    _title("The library")
    console.print(
        'Try these searches:  [bold]fruits[/bold]   [bold]metadata.site:"gate"[/bold]   '
        "[bold]metadata.capture.temperature>20 metadata.reviewed:true[/bold]\n"
    )
    with socket.socket() as probe:
        port = PORT if probe.connect_ex(("127.0.0.1", PORT)) else 0  # taken by another library: any free one
    run.shown(["up", "--port", str(port)], until_stopped=True)


def _begin_afresh(home: Path) -> None:
    """Remove the library of an earlier demo, and the database wherever it had to be put."""
    if home.is_dir():
        environment = {**os.environ, "MIRRORLAKE_HOME": str(home)}
        subprocess.run([_executable(), "down"], env=environment, capture_output=True, check=False)  # noqa: S603
        base = read_recorded_base(database_folder(home))
        if base is not None:
            shutil.rmtree(base, ignore_errors=True)
        shutil.rmtree(home)
    PLACE.mkdir(exist_ok=True)


class _Mirrorlake:
    """Runs `mirrorlake` commands with the demo's credentials and home."""

    def __init__(self, server: LocalS3, home: Path) -> None:
        allowed = {"MIRRORLAKE_ALLOW_ADDRESSES": LOOPBACK}
        self._environment = {**server.environment(), **allowed, "MIRRORLAKE_HOME": str(home)}
        # The demo uses the library of this machine, not a server that the environment names.
        self._environment.pop("MIRRORLAKE_URL", None)

    def shown(self, arguments: Sequence[str], *, until_stopped: bool = False) -> None:
        """Run in the foreground: what it prints is the show. Raises DemoFailed where it fails."""
        console.print(f"[dim]$ mirrorlake {escape(' '.join(arguments))}[/dim]")
        process = subprocess.Popen([_executable(), *arguments], env=self._environment)  # noqa: S603
        try:
            code = process.wait()
        except KeyboardInterrupt as stop:
            if isinstance(stop, _Terminated):
                process.terminate()  # Ctrl-C reached it as well, but a kill only reaches this process
            process.wait()
            if until_stopped:
                return
            raise
        if code:
            raise DemoFailed(
                f"mirrorlake {arguments[0]} ended with exit code {code}.", "See the output above for the reason."
            )

    def documents(self, arguments: Sequence[str]) -> list[dict[str, object]]:
        """Run a command and return the JSON documents that it printed, one per line."""
        done = subprocess.run(  # noqa: S603
            [_executable(), *arguments], env=self._environment, stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            raise DemoFailed(
                f"mirrorlake {arguments[0]} ended with exit code {done.returncode}: {done.stdout.strip()}",
                "See the output above for the reason.",
            )
        return [json.loads(line) for line in done.stdout.splitlines()]

    @contextmanager
    def served(self) -> Generator[Mirrorlake]:
        """The library behind a server that ends with the block."""
        command = [_executable(), "up", "--port", "0"]
        log = PLACE / "served.log"
        with (
            log.open("w") as lines,
            subprocess.Popen(  # noqa: S603  (our own command)
                command, env=self._environment, stdout=subprocess.PIPE, stderr=lines, text=True
            ) as server,
        ):
            try:
                address = SERVED.search(server.stdout.readline() if server.stdout else "")
                if address is None:
                    raise DemoFailed("mirrorlake up did not start.", f"See {log} for the reason.")
                with Mirrorlake(address["url"], address["token"]) as library:
                    yield library
            finally:
                server.terminate()
                server.communicate()

    def quietly(self, arguments: Sequence[str]) -> None:
        """Run a command without showing its output."""
        subprocess.run([_executable(), *arguments], env=self._environment, capture_output=True, check=False)  # noqa: S603


def _executable() -> str:
    return str(Path(sys.executable).parent / "mirrorlake")


def _title(text: str) -> None:
    console.print(f"\n[bold cyan]{text}[/bold cyan]")


if __name__ == "__main__":
    sys.exit(main())
