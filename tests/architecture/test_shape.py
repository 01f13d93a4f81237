"""The repository keeps the shape that it promises."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
FILE_LINES = 420
FUNCTION_LINES = 60
PROVIDERS_INTERFACE = {
    "mirrorlake.storage.providers.base",
    "mirrorlake.storage.providers.registry",
    "mirrorlake.storage.providers.folder.provider",  # a plain path is a folder
}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_a_file_is_read_in_one_sitting_and_says_why_it_exists(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= FILE_LINES
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno <= FUNCTION_LINES, node.name


def nodes_of(paths: Iterable[Path], word: str) -> Iterator[tuple[Path, ast.AST]]:
    """Every node of those of the sources that have the word at all: reading all of them takes seconds."""
    for path in paths:
        text = path.read_text()
        if word in text:
            for node in ast.walk(ast.parse(text)):
                yield path, node


def test_a_lazy_import_is_a_statement_in_a_function_with_its_reason() -> None:
    """Linter, type checker and the layers contract see such a statement; a module name in a string they do not."""
    for path in SOURCES:
        text = path.read_text()
        assert "import_module" not in text, path
        assert "__import__" not in text, path
        if not re.search(r"^[ \t]+(?:import|from)\b.*mirrorlake", text, re.MULTILINE):
            continue
        lines = text.splitlines()
        tree = ast.parse(text)
        checks = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
        for_types = {inner.lineno for node in checks for inner in node.body}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom) and node.col_offset and "mirrorlake" in ast.unparse(node):
                # What is imported for the type checker alone says too what it would load.
                reason = r"  # \w+" if node.lineno in for_types else r"noqa: PLC0415  \w+"
                assert re.search(reason, lines[node.lineno - 1]), f"{path}: line {node.lineno}"


def test_the_pure_folders_reach_for_nothing_outside() -> None:
    outside = re.compile(
        r"^\s*(?:from|import) (psycopg|adbc|httpx|urllib3|botocore|obstore|pyvips|PIL|asyncio|socket)\b", re.MULTILINE
    )
    pure = [
        path
        for folder in ("model", "select", "plan", "labels")
        for path in (ROOT / "src/mirrorlake" / folder).rglob("*.py")
    ]
    search = [ROOT / "src/mirrorlake/search" / name for name in ("compile.py", "conditions.py")]
    for path in [*pure, *search]:
        assert not outside.search(path.read_text()), path


def test_environment_is_read_in_one_place() -> None:
    readers = [path for path in SOURCES if "MIRRORLAKE_" in path.read_text() and "os.environ" in path.read_text()]
    assert [path.name for path in readers] == ["settings.py"]


def test_every_client_of_a_server_says_which_networks_it_may_reach() -> None:
    """Addresses that users give over the API may not be private ones: a client without the rule would reach them."""
    for path, node in nodes_of(SOURCES, "HttpClient"):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "HttpClient":
            assert "networks" in {keyword.arg for keyword in node.keywords}, f"{path}:{node.lineno}"


def test_a_source_is_opened_in_one_place_which_knows_its_credentials() -> None:
    """Whatever opened a store elsewhere could use other credentials than those of the datasource's connection."""
    callers = {
        path.name
        for path, node in nodes_of(SOURCES, "open_store")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open_store"
    }
    assert callers == {"store_factory.py"}


def test_nothing_in_the_repository_names_the_machine_it_was_made_on() -> None:
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *SOURCES, ROOT / "uv.lock"]:
        text = path.read_text()
        assert "/work/" not in text, path
        assert "/root/" not in text, path


def test_no_provider_of_storage_is_named_outside_its_own_folder() -> None:
    """A new provider is a folder and a row of the registry: no other module may ask which one it has before it."""
    own = ROOT / "src/mirrorlake/storage/providers"
    outside = [path for path in SOURCES if own not in path.parents]
    for path, node in nodes_of(outside, "Provider"):
        named = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Provider"
        assert not named, f"{path}:{getattr(node, 'lineno', 0)}"
    for path, node in nodes_of(outside, "mirrorlake.storage.providers."):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mirrorlake.storage.providers."):
            assert node.module in PROVIDERS_INTERFACE, f"{path}:{node.lineno}"


# What follows `mirrorlake COMMAND …` in a message, other than a number or what is already a word of a shell.
COMMAND = re.compile(r"\bmirrorlake( [a-z]+)+ (--[a-z-]+ )?$")
NUMBER = re.compile(r"(^|[._])(id|job|run|hours|undone_by|confirms|confirmed_by|superseded_by)$")
SENTENCES = {"source.name", "ours"}  # not commands: what mirrorlake may not do, and where it runs


def test_names_in_commands_to_copy_are_words_of_a_shell() -> None:
    """Whoever names a project `$(…)` runs nothing in the terminal of somebody who copies the command."""
    found = [
        (path.name, ast.unparse(value.value))
        for path, node in nodes_of(SOURCES, "mirrorlake ")
        if isinstance(node, ast.JoinedStr)
        for before, value in zip(node.values, node.values[1:], strict=False)
        if isinstance(before, ast.Constant)
        and COMMAND.search(str(before.value))
        and isinstance(value, ast.FormattedValue)
    ]
    assert len(found) > 20
    unquoted = [
        one
        for one in found
        if not one[1].startswith("shlex.quote(")
        and one[1] not in {"quoted", "PREFIX", *SENTENCES}
        and not NUMBER.search(one[1])
    ]
    assert unquoted == []
