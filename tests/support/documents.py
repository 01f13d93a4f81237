"""Run the examples of a Markdown page, and compare what they print with what the page shows.

A block of `sh` or `python` runs; a `text` block right after it is its expected output, in which `…` stands for any
text and a line `…` for any lines. A comment before a block says what differs from that:

    <!-- exit: 1 -->                 the block ends with this exit code
    <!-- background -->              the block is a server: it runs until the page ends
    <!-- not run: REASON -->         the block needs what no test has
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"(?:^<!-- (?P<note>.+?) -->\n+)?"
    r"^```(?P<language>sh|python)\n(?P<source>.*?)^```\n"
    r"(?:\n?```text\n(?P<shown>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)
# Lines of cli/progress.py, printed where something takes several seconds.
PROGRESS = re.compile(r"^(?:[a-z ]+: [\d,]+ of [\d,]+.*|listing: .* so far|(?:run|job) \d+: running.*)\n", re.MULTILINE)
PATIENCE_S = 300
MARK = "@@@ block"


@dataclass(frozen=True)
class Block:
    """One example of a page. `shown` None: the page does not show its output."""

    page: str
    line: int
    language: str
    source: str
    shown: str | None
    note: str

    @property
    def runs(self) -> bool:
        return not self.note.startswith("not run:")

    @property
    def is_server(self) -> bool:
        return self.note == "background"

    @property
    def exit_code(self) -> int:
        return int(self.note.removeprefix("exit: ")) if self.note.startswith("exit: ") else 0


def blocks(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    return [
        Block(
            page.name,
            text.count("\n", 0, match.start()) + 1,
            match["language"],
            match["source"],
            match["shown"],
            match["note"] or "",
        )
        for match in BLOCK.finditer(text)
    ]


def is_as_shown(shown: str, printed: str) -> bool:
    """Whether the output of a program matches the page, ignoring the number of spaces between words.

    On a slow machine, progress can be printed that the page does not show.
    """
    return _matches(shown, printed) or _matches(shown, PROGRESS.sub("", printed))


def _matches(shown: str, printed: str) -> bool:
    parts = []
    for line in shown.splitlines():
        any_lines = line.strip() == "…"
        parts.append(r"(?:.*\n)*?" if any_lines else _pattern(line) + r"[ ]*\n")
    return (
        re.fullmatch("".join(parts), printed if printed.endswith("\n") or not printed else printed + "\n") is not None
    )


def _pattern(line: str) -> str:
    return r"[ ]*" + r"[ ]+".join(re.escape(word).replace("…", ".*") for word in line.split())


def run_page(page: Path, environ: Mapping[str, str], *, folder: Path, replaced: Mapping[str, str]) -> None:
    """Run the blocks of a page one after another in one shell. Fails at the first that is not as shown."""
    wanted = [block for block in blocks(page) if block.runs]
    script = "\n".join(_script_of(block, index, replaced) for index, block in enumerate(wanted))
    shell = subprocess.Popen(
        ["bash", "-c", f"{script}\nkill $(jobs -p) 2>/dev/null; wait"],
        env=environ,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        printed, _ = shell.communicate(timeout=PATIENCE_S)
    finally:
        with suppress(ProcessLookupError):  # all have ended, what it started in the background too
            os.killpg(shell.pid, signal.SIGKILL)
    for block, (code, output) in zip(wanted, _outputs(printed), strict=True):
        where = f"{block.page}, line {block.line}:\n{block.source}\nprinted:\n{output}"
        assert code == block.exit_code, f"exit code {code} in {where}"
        if block.shown is not None:
            assert is_as_shown(_replace(block.shown, replaced), output), f"not as shown in {where}"


def _script_of(block: Block, index: int, replaced: Mapping[str, str]) -> str:
    source = _replace(block.source, replaced)
    if block.language == "python":
        source = f"python - <<'END_OF_BLOCK'\n{source}END_OF_BLOCK\n"
    if block.is_server:
        # A line says that it listens; its worker may have begun a job before.
        ready = "grep -qs ' served at ' server.out" if "mirrorlake up" in source else "test -s server.out"
        started = f"{{ {source.strip()} ; }} > server.out 2>&1 &"
        source = f"rm -f server.out\n{started}\nuntil {ready}; do sleep 0.1; done\ncat server.out\n"
    return f"{source}_code=$?\necho\necho '{MARK}' {index} $_code"


def _outputs(printed: str) -> Iterator[tuple[int, str]]:
    for part in re.finditer(rf"(?P<output>.*?)\n{MARK} \d+ (?P<code>\d+)\n", printed, re.DOTALL):
        yield int(part["code"]), part["output"]


def _replace(text: str, replaced: Mapping[str, str]) -> str:
    for old, new in replaced.items():
        text = re.sub(old, new, text)
    return text
