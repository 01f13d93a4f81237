"""The command line. `main` turns every ending into one sentence and an exit code.

Exit codes: 0 success; 1 the work failed; 2 wrong before any request was made; 130 Ctrl-C.
"""

from __future__ import annotations

import sys
from importlib import import_module


def main() -> None:
    """Entry point of the `mirrorlake` command. Ends the process with its exit code."""
    try:
        # Loaded here: Ctrl-C while that goes on is as frequent as any other, and must not print our insides.
        code = import_module("mirrorlake.cli.main").run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.stderr.write("error: Stopped.\n")
        code = 130
    sys.exit(code)


__all__ = ["main"]
