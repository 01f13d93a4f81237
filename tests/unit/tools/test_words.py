"""The checker of private words: what it finds, what it leaves alone, and that its tables can only shrink."""

from __future__ import annotations

import pytest
from tests.tools.words import EXCEPTIONS, ROOT, RULES, UNCHECKED, check, find_words, read_files


@pytest.mark.parametrize(
    ("path", "content", "word"),
    [
        ("docs/a.md", "The list is made anew.", "anew"),
        ("docs/a.md", "Every so many hours.", "so many"),
        ("README.md", "A bad file costs itself alone.", "costs itself alone"),
        ("docs/a.md", "Mirrored by itself.", "by itself"),
        ("src/a.sql", "-- which key stands there", "stands"),
        ("src/a.py", '"""Say what it is."""', "Say"),
        ("src/a.py", "x = 1  # judged before", "judged"),
        ("src/a.py", 'error = f"Told {name} twice."', "Told"),
        ("ui/src/a.tsx", "<p>Look at the run.</p>", "Look at"),
        ("src/a.py", "def tell(line): ...", "tell"),
        ("src/a.py", "was_told = 1", "was_told"),
        ("src/a.py", "class Looked: ...", "Looked"),
        ("src/a.py", "def _judge_all(): ...", "_judge_all"),
    ],
)
def test_a_private_word_is_found(path: str, content: str, word: str):
    assert [finding.word for finding in find_words(path, content)] == [word]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("docs/a.md", "So many that nobody counts them; what stands for a slash; a stand-in."),
        ("docs/a.md", "The command tells you what to do, and says why."),  # a tutorial may
        ("src/a.py", "seen = set()\nlast_seen = seen\nstanding = 1"),  # only definitions are checked for these
        ("src/a.py", "def untold(): ...\ndef outlook(): ..."),
        ("src/a.py", "a.looked()"),
    ],
)
def test_ordinary_english_is_left_alone(path: str, content: str):
    assert not list(find_words(path, content))


def test_a_finding_names_its_line_and_what_to_write():
    errors, _ = check({"src/a.py": '"""One.\n\nTwo, anew.\n"""\n'}, {}, ())
    assert errors == ["src/a.py:3: 'anew' (archaic): use again"]


def test_an_unchecked_prefix_is_counted_and_fails_once_it_is_clean():
    files = {"src/a/b.py": "# anew\n", "src/c/d.py": "# again\n"}
    errors, counts = check(files, {"src/a/": "not rewritten yet", "src/c/": "not rewritten yet"}, ())
    assert counts == {"src/a/": 1, "src/c/": 0}
    assert errors == ["tests/tools/words.py: 'src/c/' is clean: remove it from UNCHECKED"]


def test_an_exception_excuses_its_line_alone_and_fails_once_it_is_unused():
    files = {"docs/a.md": "by itself now\nby itself then\n"}
    errors, _ = check(files, {}, (("docs/a.md", "now", "a quotation"), ("docs/b.md", "anew", "a quotation")))
    assert [error.split(":")[:2] for error in errors] == [
        ["docs/a.md", "2"],
        ["tests/tools/words.py", " unused exception for docs/b.md"],
    ]


def test_every_entry_has_its_reason():
    assert all(rule.instead and rule.reason for rule in RULES)
    assert all(UNCHECKED.values())
    assert all(reason for _, _, reason in EXCEPTIONS)


def test_the_files_of_the_repository_are_read():
    files = read_files(ROOT)
    assert {"README.md", "Makefile", "src/mirrorlake/core/errors.py", "ui/src/main.tsx"} <= files.keys()
    assert "tests/tools/words.py" not in files
