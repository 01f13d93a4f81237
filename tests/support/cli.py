"""Run the `mirrorlake` command like a user, in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.support import preloaded

COMMAND = Path(sys.executable).with_name("mirrorlake")
PATIENCE_S = 300


@dataclass(frozen=True)
class Result:
    """The exit code and output of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


def _text_of(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


class Cli:
    """The command with one library's environment."""

    def __init__(self, home: Path, environ: Mapping[str, str]) -> None:
        self.home = home
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "MIRRORLAKE_", "COVERAGE"))
        }
        # Only credentials and a region from the test; no lookup of a cloud machine's own.
        nowhere = {
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }
        self.environ = {**clean, **nowhere, "MIRRORLAKE_HOME": str(home), **environ}

    def with_environ(self, **environ: str) -> Cli:
        return Cli(self.home, {**self.environ, **environ})

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [COMMAND, *map(str, words)], env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *words: str | Path, given: str | None = None) -> Result:
        """Run a command, with `given` as its standard input."""
        texts_of_words = [*map(str, words)]
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            if given is not None:
                code = subprocess.run(
                    [COMMAND, *texts_of_words],
                    env=self.environ,
                    input=given.encode(),
                    stdout=out,
                    stderr=err,
                    timeout=PATIENCE_S,
                    check=False,
                ).returncode
            elif self.environ.get("PYTHONPATH") == os.environ.get("PYTHONPATH"):
                code = preloaded.run(texts_of_words, self.environ, out, err, timeout=PATIENCE_S)
            else:  # it has modules that only an interpreter of its own can load
                code = subprocess.call(
                    [COMMAND, *texts_of_words],
                    env=self.environ,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    timeout=PATIENCE_S,
                )
            texts = [_text_of(file) for file in (out, err)]
        return Result(code, *texts)

    def mirror(self, *words: str | Path) -> Any:
        """Run a pass that must succeed; return its report."""
        result = self.run("mirror", *words, "--json")
        assert result.code == 0, result.err
        return result.json

    def search(self, query: str = "") -> list[Any]:
        result = self.run("search", query, "--json")
        assert result.code == 0, result.err
        return result.lines
