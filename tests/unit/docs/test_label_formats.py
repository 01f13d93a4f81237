"""docs/reference/labels.md lists exactly the label formats of the registry, and its limits are the real ones."""

from __future__ import annotations

import re

from tests.support.named import ROOT

from mirrorlake.cli.commands import labels as command
from mirrorlake.labels.geometry import EDGE, RING_POINTS
from mirrorlake.labels.registry import FORMATS
from mirrorlake.library.label_files import FILE_BYTES
from mirrorlake.model.labels import Shape

PAGE = (ROOT / "docs" / "reference" / "labels.md").read_text("utf-8")


def test_the_table_is_the_registry() -> None:
    rows = [
        f"| `{one.name}` | {one.title} | {one.layout.value} | {', '.join(one.shapes)} |" for one in FORMATS.values()
    ]
    assert re.findall(r"^\| `[\w-]+` \| .+? \| (?:file|folder) \| .+ \|$", PAGE, re.MULTILINE) == rows


def test_the_command_names_every_format() -> None:
    named = re.findall(r"[\w-]+", command.FORMAT_HELP.partition(": ")[2])
    assert [name for name in named if name != "or"] == [*FORMATS]


def test_every_shape_and_limit_is_described() -> None:
    for shape in Shape:
        assert f"| `{shape.value}` | `{{" in PAGE
    assert f"{EDGE:.0%}".replace("%", " %") in PAGE
    assert f"{RING_POINTS:,} points" in PAGE
    assert f"at most {FILE_BYTES // 1_000_000} MB" in PAGE
