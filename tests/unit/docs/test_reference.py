"""The reference pages agree with the code: generated parts are fresh, and what is written by hand is complete."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections import Counter
from functools import cache
from itertools import takewhile
from pathlib import Path

import pytest
from tests.support.named import ROOT
from tests.tools.docs import PART, PARTS, pages, regenerate
from tests.tools.reference.commands import program
from typer.core import TyperGroup

from mirrorlake.cli.main import expand_arguments
from mirrorlake.core.errors import SettingsError
from mirrorlake.select.settings import settings_from_json

DOCS = ROOT / "docs"
CONFIGURATION = (DOCS / "reference" / "configuration.md").read_text("utf-8")
SETTINGS_PART = CONFIGURATION.partition("## Settings of a datasource")[2].partition("## Fixed limits")[0]
SETTINGS = re.findall(r"^\| `(\w+)` \| `(.+?)` \| (.+?) \|", SETTINGS_PART, re.MULTILINE)
PLAIN = settings_from_json("{}")
NO_SETTING = "0"  # a name that is close to none
# A setting whose value needs another one beside it.
BESIDE = {'"metadata"': {"namingStrategyMetadataKey": "title"}}
PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "examples" / "demo" / "README.md"]
SHELL_WORDS = {"|", ";", "&", "&&", "||", ">"}  # what ends a command
COMMANDS = sorted(
    {
        line
        for page in PAGES
        for block in re.findall(r"^```(?:sh|ini)\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
        for line in re.findall(r"\bmirrorlake ([a-z].*)$", block.replace("\\\n", " "), re.MULTILINE)
    }
)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_a_generated_part_is_what_the_code_says(page: Path) -> None:
    text = page.read_text("utf-8")
    assert regenerate(text) == text, "run `make docs`"


def test_every_generated_part_is_on_one_page() -> None:
    found = Counter(match["name"] for page in pages() for match in PART.finditer(page.read_text("utf-8")))
    assert found == dict.fromkeys(PARTS, 1)


def test_every_variable_of_the_environment_is_on_the_configuration_page() -> None:
    sources = (ROOT / "src").rglob("*.py")
    named = {name for path in sources for name in re.findall(r"\bMIRRORLAKE_[A-Z_]+[A-Z]", path.read_text("utf-8"))}
    assert named == set(re.findall(r"^\| `(MIRRORLAKE_\w+)` \|", CONFIGURATION, re.MULTILINE))


def known_settings(around: str) -> set[str]:
    """The names that a settings file may hold, as its error for an unknown one lists them."""
    with pytest.raises(SettingsError) as caught:
        settings_from_json(around)
    return set(re.findall(r"\w+", caught.value.fix.partition("Known settings: ")[2]))


def test_every_setting_is_on_the_configuration_page() -> None:
    known = known_settings(json.dumps({NO_SETTING: 1}))
    assert len(known) > 15
    assert known == {name for name, _, _ in SETTINGS}


@pytest.mark.parametrize(("name", "default"), [(name, default) for name, default, _ in SETTINGS])
def test_a_default_is_what_a_file_without_the_setting_means(name: str, default: str) -> None:
    assert settings_from_json(json.dumps({name: json.loads(default)})) == PLAIN


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, _, values in SETTINGS for value in re.findall(r'`("[^`]+"|true|false)`', values)],
)
def test_a_value_that_the_page_names_is_accepted(name: str, value: str) -> None:
    settings_from_json(json.dumps({name: json.loads(value), **BESIDE.get(value, {})}))


@pytest.mark.parametrize(("name", "values"), [(name, values) for name, _, values in SETTINGS if values.count('`"') > 1])
def test_every_value_of_a_choice_is_named(name: str, values: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_from_json(json.dumps({name: NO_SETTING}))
    allowed = set(re.findall(r"\w+", caught.value.fix.partition("can be ")[2])) - {"or"}
    if allowed:  # of a schedule the message gives examples instead
        assert allowed == set(re.findall(r'"(\w+)"', values))


def test_the_settings_files_that_pages_show_can_be_read() -> None:
    page = (DOCS / "reference" / "settings-file.md").read_text("utf-8")
    files = re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(files) > 1
    for file in files:
        assert settings_from_json(file) != PLAIN


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_that_a_page_shows_exists_with_its_options(words: str) -> None:
    command = program()
    typed = shlex.split(words.partition(')"')[0], comments=True)
    rest = expand_arguments(list(takewhile(lambda word: word not in SHELL_WORDS, typed)))
    while isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
        command = command.commands[rest.pop(0)]
    if typed[0] == "search":
        rest = rest[1:]  # a query may begin with "-"
    allowed = {word for parameter in command.params for word in (*parameter.opts, *parameter.secondary_opts)}
    asked = {word.partition("=")[0] for word in rest if word.startswith("--")}
    assert asked <= allowed | {"--help"}


def test_pages_show_commands() -> None:
    assert len(COMMANDS) > 30


# Rows of the fixed limits, with the constants that set them, wherever those are defined.
LIMITS = [
    ("key", "LONGEST_KEY", 1),
    ("image", "MAX_OBJECT_BYTES", 1 << 20),
    ("image", "MAX_PIXELS", 10**6),
    ("image", "MAX_SIDE", 1),
    ("sidecar", "max_bytes", 1 << 10),
    ("sidecar", "MAX_DEPTH", 1),
    ("glob", "MAX_PATTERN_CHARS", 1),
    ("glob file", "MAX_GLOB_FILE_BYTES", 1 << 10),
    ("mirror configs of a datasource", "CONFIG_LIMIT", 1),
    ("thumbnail", "THUMBNAIL_SIDE", 1),
    ("preview", "PREVIEW_SIDE", 1),
    ("query", "MAX_LENGTH", 1),
    ("query", "MAX_TERMS", 1),
    ("query", "TIMEOUT_S", 1),
    ("removals that are never held because of their number", "ALWAYS_ALLOWED", 1),
    ("attempts of a run whose worker dies", "ATTEMPTS", 1),
    ("embedded PostgreSQL stops when unused for", "IDLE_STOP_S", 60),
]


@cache
def constants() -> dict[str, set[int]]:
    """The whole numbers that the source assigns to names or hands over as named arguments, by name."""
    found: dict[str, set[int]] = {}
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.keyword(arg=str(name), value=value):
                    text = ast.unparse(value)
                    if re.fullmatch(r"[\d_ <*+()]+", text):
                        found.setdefault(name, set()).add(eval(text))  # noqa: S307  digits and operators alone
                case _:
                    pass
    return found


@pytest.mark.parametrize(("row", "name", "unit"), LIMITS)
def test_a_limit_is_the_constant_that_sets_it(row: str, name: str, unit: int) -> None:
    shown = re.search(rf"^\| {re.escape(row)} \| (.+) \|$", CONFIGURATION, re.MULTILINE)
    assert shown
    numbers = {int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", shown[1])}
    assert numbers & {value // unit for value in constants()[name]}


def test_the_options_of_the_server_are_on_the_configuration_page() -> None:
    part = CONFIGURATION.partition("## The server")[2].partition("\n## ")[0]
    options = {word for option in program().commands["up"].params for word in (*option.opts, *option.secondary_opts)}
    assert options - {"-h", "--help"} == set(re.findall(r"`(--[\w-]+)`", part))


def test_what_a_method_of_the_client_takes_can_be_made_from_its_page() -> None:
    types = (DOCS / "reference" / "sdk.md").read_text("utf-8").partition("## Types that methods take")[2]
    assert "`from mirrorlake.model.edits import Edit`" in types
    assert "`Edit(*, metadata: " in types
    assert "`Split: TRAIN = 'train', " in types
    assert "`Job(" not in types  # a method returned it
