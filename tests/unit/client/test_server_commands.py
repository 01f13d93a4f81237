"""Whatever a command does with a library, it does on a server too: over the SDK, and so over REST."""

from __future__ import annotations

import re
from pathlib import Path

import mirrorlake.cli.commands

FOLDER = Path(mirrorlake.cli.commands.__file__).parent
# About this machine and its processes and files: no server does these for others.
LOCAL = {"backup", "completion", "doctor", "down", "mirror", "up", "worker"}


def test_only_commands_about_this_machine_bypass_the_backend_of_servers() -> None:
    sources = {path.stem: path.read_text() for path in FOLDER.glob("*.py")}
    commands = {name: text for name, text in sources.items() if re.search(r"^def install", text, re.MULTILINE)}
    reaching = re.compile(r"\b(?:open_library|open_server|edit_and_print)\b")
    assert {name for name, text in commands.items() if not reaching.search(text)} == LOCAL | {"registry"}
