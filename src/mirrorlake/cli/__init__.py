"""The command line. `main` turns every ending into one sentence and an exit code.

Exit codes: 0 success; 1 the work failed; 2 wrong before any request was made; 130 Ctrl-C.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of the `mirrorlake` command. Ends the process with its exit code."""
    try:
        from mirrorlake.cli.main import run  # noqa: PLC0415  Ctrl-C while this loads must not print a traceback

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.stderr.write("error: Stopped.\n")
        code = 130
    sys.exit(code)


__all__ = ["main"]
