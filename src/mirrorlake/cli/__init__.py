"""The command line. `main` turns every ending into one sentence and an exit code.

Exit codes: 0 success; 1 the work failed; 2 wrong before any request was made; 130 Ctrl-C.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Entry point of the `mirrorlake` command. Ends the process with its exit code."""
    _open_closed_streams()
    try:
        from mirrorlake.cli.main import run  # noqa: PLC0415  Ctrl-C while this loads must not print a traceback

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.stderr.write("error: Stopped.\n")
        code = 130
    sys.exit(code)


def _open_closed_streams() -> None:
    """Replace closed standard streams: else the next file or connection would get the number of one, and its output."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # as with `>&-` in a shell
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


__all__ = ["main"]
