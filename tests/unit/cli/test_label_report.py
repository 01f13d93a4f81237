"""Statistics of labels as pictures: complete, self-contained, and safe with any class name."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.cli.label_report import html_report, text_report
from mirrorlake.model.labels import CentreMap, ClassCount, LabelStatistics, Shape, SizeCount

_counts = st.integers(0, 10**9)


def statistics(name: str = "forklift", count: int = 3) -> LabelStatistics:
    one = ClassCount(
        ontology="site", class_name=name, shape=Shape.BOX, annotations=count, assets=1, width=0.1, height=0.1
    )
    return LabelStatistics(
        assets=2,
        annotated=1,
        annotations=count,
        classes=(one,),
        sizes=(SizeCount(at_least=0.5, below=None, annotations=count),),
        centres=CentreMap(columns=2, rows=1, counts=(count, 0)),
    )


class Reader(HTMLParser):
    """The tags and the texts of a document."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@given(name=st.text(max_size=40), count=_counts)
def test_a_class_name_is_text_whatever_it_contains(name: str, count: int) -> None:
    page = html_report(statistics(name, count))
    usual = Reader(html_report(statistics("x", count)))
    assert Reader(page).tags == usual.tags


def test_a_report_needs_nothing_else_and_contains_every_number() -> None:
    page = html_report(statistics("a<b>", 1234))
    assert not re.search(r"<script|<link|<img|src=|href=|url\(", page)
    texts = Reader(page).texts
    assert "a<b> (site)" in texts
    assert texts.count("1,234") == 3  # the class, the size and the cell


def test_any_annotation_is_visible_in_a_terminal() -> None:
    one = statistics()
    lines = list(text_report(one))
    assert lines[0] == "3 annotations of 1 class on 1 of 2 assets."
    assert lines[-2] == "|██  |"
    many = CentreMap(columns=2, rows=1, counts=(1, 10**6))
    cells = list(
        text_report(LabelStatistics(assets=1, annotated=1, annotations=1, classes=(), sizes=(), centres=many))
    )[-2]
    assert cells == "|░░██|"


@given(count=_counts)
def test_no_count_breaks_a_report(count: int) -> None:
    assert any(f"{count:,}" in line for line in text_report(statistics(count=count)))
