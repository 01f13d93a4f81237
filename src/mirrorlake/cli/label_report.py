"""Statistics of labels as pictures: an HTML file that needs nothing else, and text for a terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from mirrorlake.core.text import count_noun
from mirrorlake.model.labels import CentreMap, ClassCount, LabelStatistics, SizeCount

SHOWN_CLASSES = 50
_CELL = 16  # pixels
_BAR, _ROW = 420, 26  # the longest bar, and the height of a row
_BAR_HEIGHT = 16
_NAME = 220  # pixels for names
_SHADES = " ░▒▓█"
_BLOCKS = 40  # characters of the longest bar
_NAME_LETTERS = 30

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Labels</title>
<style>
:root {{ color-scheme: light dark; }}
:root {{ --ink: #1c2128; --quiet: #5b6470; --bar: #2f6fde; --page: #fff; --cell: 47, 111, 222; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #e6e9ee; --quiet: #a0a9b5; --bar: #6ea2ff; --page: #15181d; --cell: 110, 162, 255; }}
}}
body {{ margin: 2rem; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }}
h1 {{ font-size: 1.5rem; }} h2 {{ font-size: 1.1rem; margin-top: 2rem; }}
p {{ color: var(--quiet); }} svg {{ max-width: 100%; height: auto; display: block; }}
text {{ fill: var(--ink); font: 13px system-ui, sans-serif; }} .quiet {{ fill: var(--quiet); }}
.bar {{ fill: var(--bar); }} .cell {{ fill: rgb(var(--cell)); }}
.frame {{ fill: none; stroke: var(--quiet); }}
</style>
<h1>Labels</h1>
<p>{summary}</p>
<h2>Classes</h2>
{classes}
<h2>Sizes</h2>
<p>Area of the box around each annotation, as a part of the image.</p>
{sizes}
<h2>Centres</h2>
<p>Where in the image the centres of the annotations are. The fullest cell has {most}.</p>
{centres}
</html>
"""


def html_report(found: LabelStatistics) -> str:
    """The statistics as one HTML document with SVG pictures."""
    shown = found.classes[:SHOWN_CLASSES]
    more = len(found.classes) - len(shown)
    classes = _bars("classes", ((_class_name(one), one.annotations) for one in shown))
    return _PAGE.format(
        summary=escape(_summary(found)),
        classes=classes + (f"<p>{count_noun(more, 'more class', 'more classes')}.</p>" if more else ""),
        sizes=_bars("sizes", ((_size_name(one), one.annotations) for one in found.sizes)),
        centres=_heat_map(found.centres),
        most=escape(count_noun(max(found.centres.counts, default=0), "annotation")),
    )


def text_report(found: LabelStatistics) -> Iterator[str]:
    """The statistics as lines of text."""
    yield _summary(found)
    yield ""
    yield from _text_bars((_class_name(one), one.annotations) for one in found.classes[:SHOWN_CLASSES])
    yield ""
    yield "Area of the boxes, as a part of the image:"
    yield from _text_bars((_size_name(one), one.annotations) for one in found.sizes)
    yield ""
    yield "Centres of the annotations in the image:"
    most = max(found.centres.counts, default=0)
    columns = found.centres.columns
    edge = "+" + "-" * (2 * columns) + "+"
    yield edge
    for row in range(found.centres.rows):
        counts = found.centres.counts[row * columns : (row + 1) * columns]
        yield "|" + "".join(2 * _shade(count, most) for count in counts) + "|"
    yield edge


def _summary(found: LabelStatistics) -> str:
    return (
        f"{count_noun(found.annotations, 'annotation')} of {count_noun(len(found.classes), 'class', 'classes')} on "
        f"{found.annotated:,} of {count_noun(found.assets, 'asset')}."
    )


def _class_name(one: ClassCount) -> str:
    return f"{one.class_name} ({one.ontology})"


def _size_name(one: SizeCount) -> str:
    low = f"{one.at_least * 100:g} %"
    return f"{low} or more" if one.below is None else f"{low} to {one.below * 100:g} %"


def _shade(count: int, most: int) -> str:
    # Any annotation is visible.
    return _SHADES[0] if not count else _SHADES[1 + (len(_SHADES) - 2) * count // most]


def _text_bars(rows: Iterable[tuple[str, int]]) -> Iterator[str]:
    known = [(name if name.isprintable() else ascii(name), count) for name, count in rows]
    most = max((count for _, count in known), default=0)
    for name, count in known:
        short = name if len(name) <= _NAME_LETTERS else f"{name[: _NAME_LETTERS - 1]}…"
        bar = "█" * (round(_BLOCKS * count / most) if most else 0)
        yield f"{short:{_NAME_LETTERS}} {count:>9,} {bar}".rstrip()


def _bars(name: str, rows: Iterable[tuple[str, int]]) -> str:
    known = list(rows)
    most = max((count for _, count in known), default=0)
    parts: list[str] = []
    for position, (label, count) in enumerate(known):
        y = position * _ROW
        width = _BAR * count / most if most else 0
        short = label if len(label) <= _NAME_LETTERS else f"{label[: _NAME_LETTERS - 1]}…"
        parts.append(
            f'<text x="{_NAME - 8}" y="{y + 14}" text-anchor="end"><title>{escape(label)}</title>{escape(short)}</text>'
            f'<rect class="bar" x="{_NAME}" y="{y + 2}" width="{width:.1f}" height="{_BAR_HEIGHT}" rx="2"/>'
            f'<text class="quiet" x="{_NAME + width + 8:.1f}" y="{y + 14}">{count:,}</text>'
        )
    height = max(len(known), 1) * _ROW
    return (
        f'<svg role="img" aria-label="{name}" width="{_NAME + _BAR + 100}" height="{height}" '
        f'viewBox="0 0 {_NAME + _BAR + 100} {height}">{"".join(parts)}</svg>'
    )


def _heat_map(centres: CentreMap) -> str:
    most = max(centres.counts, default=0)
    cells = "".join(
        f'<rect class="cell" x="{position % centres.columns * _CELL}" y="{position // centres.columns * _CELL}" '
        f'width="{_CELL}" height="{_CELL}" opacity="{0.1 + 0.9 * count / most:.3f}"><title>{count:,}</title></rect>'
        for position, count in enumerate(centres.counts)
        if count
    )
    width, height = centres.columns * _CELL, centres.rows * _CELL
    return (
        f'<svg role="img" aria-label="centres" width="{width + 2}" height="{height + 2}" '
        f'viewBox="-1 -1 {width + 2} {height + 2}">{cells}'
        f'<rect class="frame" x="0" y="0" width="{width}" height="{height}"/></svg>'
    )
