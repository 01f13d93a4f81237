"""Compile the tests of a fresh clone: `python -m tests.tools.bytecode`, before `make test` starts its processes.

Each of these imports every test, and pytest rewrites the assertions of what it imports. Without bytecode they would all
do this, which takes 20 seconds of one core each. Where tests were run before, there is nothing to do.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COLLECT = (sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider")
FOLDERS = ("tests/unit", "tests/architecture")  # about half of it
REWRITTEN = "tests/architecture/__pycache__/test_*-pytest-*.pyc"


def compile_tests() -> None:
    """Import all tests once, in two processes. What cannot be imported is for the suite to report."""
    if sys.dont_write_bytecode or any(ROOT.glob(REWRITTEN)):
        return
    others = [f"--ignore={folder}" for folder in FOLDERS]
    for process in [
        subprocess.Popen((*COLLECT, *words), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for words in (FOLDERS, ("tests", *others))
    ]:
        process.wait()


if __name__ == "__main__":
    compile_tests()
