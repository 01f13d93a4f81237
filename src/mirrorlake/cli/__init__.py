"""The command line. `main` turns every ending into one sentence and an exit code.

Exit codes: 0 success; 1 the work failed; 2 wrong before any request was made; 130 Ctrl-C.
"""

from mirrorlake.cli.main import main

__all__ = ["main"]
