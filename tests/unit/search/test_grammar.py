"""What each form of the query language means."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from mirrorlake.model.assets import AssetState
from mirrorlake.model.splits import Split
from mirrorlake.search.grammar import parse
from mirrorlake.search.nodes import (
    And,
    AnnotationCount,
    Boolean,
    BoxMeasure,
    Comparison,
    Everything,
    FileName,
    HasBox,
    HasClass,
    HasId,
    HasMediaType,
    HasTag,
    InDatasource,
    InProject,
    InSplit,
    IntegerColumn,
    IntegerCompare,
    MetadataColumn,
    MetadataCompare,
    MetadataExists,
    MetadataMatches,
    NameContains,
    Node,
    Not,
    Number,
    Or,
    PathMatches,
    Pattern,
    Sort,
    SortColumn,
    Span,
    StateIs,
    Text,
    TimeColumn,
    TimeCompare,
    Values,
)

EQ, NE, GE, LE, GT, LT = (
    Comparison.EQ, Comparison.NE, Comparison.GE, Comparison.LE, Comparison.GT, Comparison.LT,
)  # fmt: skip
a, b, c = NameContains("a"), NameContains("b"), NameContains("c")


def day(year: int, month: int = 1, date: int = 1, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, date, hour, minute, tzinfo=UTC)


MEANINGS: list[tuple[str, Node]] = [
    ("", Everything()),
    ("   ", Everything()),
    ("a", a),
    ('"a"', a),
    ("a b", And((a, b))),
    ("a AND b", And((a, b))),
    ("a OR b", Or((a, b))),
    ("a b OR c", Or((And((a, b)), c))),
    ("a (b OR c)", And((a, Or((b, c))))),
    ("-a", Not(a)),
    ("NOT a", Not(a)),
    ("NOT(a)", Not(a)),
    ("-(a b)", Not(And((a, b)))),
    ("--a", Not(Not(a))),
    ("-NOT a", Not(Not(a))),
    ("-a b", And((Not(a), b))),
    # Keywords are upper-case only; anything else is a word.
    ("and", NameContains("and")),
    ("not or", And((NameContains("not"), NameContains("or")))),
    ("ANDROID", NameContains("ANDROID")),
    ('"AND"', NameContains("AND")),
    ('"a \\" \\\\ \\n"', NameContains('a " \\ \\n')),
    ("IMG-2024", NameContains("IMG-2024")),
    ("IMG(1).jpg", NameContains("IMG(1).jpg")),
    ("(IMG(1).jpg)", NameContains("IMG(1).jpg")),
    ("a.b=c", NameContains("a.b=c")),
    ("12:30", NameContains("12:30")),
    ("metadata", NameContains("metadata")),
    ("metadata.json", NameContains("metadata.json")),
    ('metadata.k:"v"', MetadataCompare("k", EQ, Text("v"))),
    ("metadata.k:v", MetadataCompare("k", EQ, Text("v"))),
    ("METADATA.K=v", MetadataCompare("K", EQ, Text("v"))),
    ("metadata:k=v", MetadataCompare("k", EQ, Text("v"))),
    ("metadata:k", MetadataExists("k")),
    ("(metadata:k)", MetadataExists("k")),
    ("metadata.k:*", MetadataExists("k")),
    ("metadata.capture.temperature:1", MetadataCompare("capture.temperature", EQ, Number("1", Decimal(1)))),
    ("metadata.k>80", MetadataCompare("k", GT, Number("80", Decimal(80)))),
    ("metadata.k:>80", MetadataCompare("k", GT, Number("80", Decimal(80)))),
    ("metadata.k>=-1.5e2", MetadataCompare("k", GE, Number("-1.5e2", Decimal(-150)))),
    ("metadata.k==80", MetadataCompare("k", EQ, Number("80", Decimal(80)))),
    ('metadata.k:"80"', MetadataCompare("k", EQ, Text("80"))),
    ("metadata.k:007", MetadataCompare("k", EQ, Text("007"))),
    ("metadata.k:true", MetadataCompare("k", EQ, Boolean("true", True))),  # noqa: FBT003 - the node's own order
    ('metadata.k:"true"', MetadataCompare("k", EQ, Text("true"))),
    ("metadata.k!=v", MetadataCompare("k", NE, Text("v"))),
    ("metadata.k:2026-01-31", MetadataCompare("k", EQ, Span("2026-01-31", day(2026, 1, 31), day(2026, 2)))),
    ("metadata.k:2026", MetadataCompare("k", EQ, Number("2026", Decimal(2026)))),
    ("metadata.k:2026-01", MetadataCompare("k", EQ, Span("2026-01", day(2026, 1), day(2026, 2)))),
    ("metadata.k:0042", MetadataCompare("k", EQ, Text("0042"))),
    ('metadata.k:"2026-01"', MetadataCompare("k", EQ, Text("2026-01"))),
    ("metadata.k:TRUE", MetadataCompare("k", EQ, Boolean("TRUE", True))),  # noqa: FBT003 - the node's own order
    ("has:metadata.Camera_id", MetadataExists("Camera_id")),
    ("has:facts.lens", MetadataExists("lens", Values.FACTS)),
    ("metadata.k:2026-02-30", MetadataCompare("k", EQ, Text("2026-02-30"))),
    (
        "metadata.k:80..90",
        And((
            MetadataCompare("k", GE, Number("80", Decimal(80))),
            MetadataCompare("k", LE, Number("90", Decimal(90))),
        )),
    ),
    ("metadata.k:80..", MetadataCompare("k", GE, Number("80", Decimal(80)))),
    ("metadata.k:..90", MetadataCompare("k", LE, Number("90", Decimal(90)))),
    ("metadata.k:a..b", MetadataCompare("k", EQ, Text("a..b"))),
    ("metadata.k:a*b", MetadataMatches("k", Pattern(("a", "b")))),
    ('metadata.k:"a*b"', MetadataCompare("k", EQ, Text("a*b"))),
    ("metadata.k!=a*", And((MetadataExists("k"), Not(MetadataMatches("k", Pattern(("a", ""))))))),
    ("tag:new", HasTag("new")),
    ("project:roads", InProject("roads")),
    ("dataset:roads", InProject("roads")),
    ("split:Train", InSplit(Split.TRAIN)),
    ("split:none", InSplit(None)),
    ("project:*", InProject(Pattern(("", "")))),
    ("class:forklift", HasClass("forklift", GE, 1)),
    ("class:fork*>=3", HasClass(Pattern(("fork", "")), GE, 3)),
    ('(class:"a>=b"==0)', HasClass("a>=b", EQ, 0)),
    ("has:annotations", AnnotationCount(GE, 1)),
    ("max-annotations:9", AnnotationCount(LE, 9)),
    ("box-area>=0.1", HasBox(BoxMeasure.AREA, ((GE, Decimal("0.1")),))),
    ("box-side:8..32", HasBox(BoxMeasure.SIDE, ((GE, Decimal(8)), (LE, Decimal(32))))),
    ("box-side:..32", HasBox(BoxMeasure.SIDE, ((LE, Decimal(32)),))),
    ('tag:"a b"', HasTag("a b")),
    ("Tag:x*", HasTag(Pattern(("x", "")))),
    ("filename:*x*", FileName(Pattern(("", "x", "")))),
    ("filename!=a.jpg", Not(FileName("a.jpg"))),
    ("path:folder/**", PathMatches("folder/**", literal=False)),
    ('path:"a*"', PathMatches("a*", literal=True)),
    ("format:json", HasMediaType("application/json")),
    ("datasource:photos", InDatasource("photos")),
    ("datasource:har*", InDatasource(Pattern(("har", "")))),
    ('datasource:"har*"', InDatasource("har*")),
    ("type:Image/PNG", HasMediaType("image/png")),
    ("type:image", HasMediaType("image")),
    ("type:image/*", HasMediaType("image")),
    ("type:text", HasMediaType("text")),
    ("format:jpg", HasMediaType("image/jpeg")),
    ("format!=png", Not(HasMediaType("image/png"))),
    ("state:missing", StateIs(AssetState.MISSING)),
    ("state:any", StateIs(None)),
    ("id:42", HasId(42)),
    ("size>1.5mb", IntegerCompare(IntegerColumn.SIZE, GT, 1_500_000)),
    ("size<=2KiB", IntegerCompare(IntegerColumn.SIZE, LE, 2_048)),
    ("size:10", IntegerCompare(IntegerColumn.SIZE, EQ, 10)),
    (
        "size:1kb..2kb",
        And((IntegerCompare(IntegerColumn.SIZE, GE, 1_000), IntegerCompare(IntegerColumn.SIZE, LE, 2_000))),
    ),
    ("width!=800", IntegerCompare(IntegerColumn.WIDTH, NE, 800)),
    ("min-width:800", IntegerCompare(IntegerColumn.WIDTH, GE, 800)),
    ("max-height:800", IntegerCompare(IntegerColumn.HEIGHT, LE, 800)),
    ("created>2026-01-01", TimeCompare(TimeColumn.CREATED, GT, Span("2026-01-01", day(2026), day(2026, 1, 2)))),
    ("updated:2026", TimeCompare(TimeColumn.UPDATED, EQ, Span("2026", day(2026), day(2027)))),
    ("modified<2026-12", TimeCompare(TimeColumn.MODIFIED, LT, Span("2026-12", day(2026, 12), day(2027)))),
    (
        'created:"2026-01-01 12:00+02:00"',
        TimeCompare(
            TimeColumn.CREATED, EQ, Span("2026-01-01 12:00+02:00", day(2026, 1, 1, 10), day(2026, 1, 1, 10, 1))
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "meaning"), MEANINGS, ids=[text for text, _ in MEANINGS])
def test_a_text_means_its_node(text: str, meaning: Node):
    assert parse(text).where == meaning


@pytest.mark.parametrize(
    ("text", "where", "sorts"),
    [
        ("sort:name", Everything(), [Sort(SortColumn.NAME, descending=False)]),
        ("a sort:-updated", a, [Sort(SortColumn.UPDATED, descending=True)]),
        ("sort:updated:desc a", a, [Sort(SortColumn.UPDATED, descending=True)]),
        ("sort:-size:desc", Everything(), [Sort(SortColumn.SIZE, descending=False)]),
        ("SORT:Size:ASC", Everything(), [Sort(SortColumn.SIZE, descending=False)]),
        ("a OR b sort:width", Or((a, b)), [Sort(SortColumn.WIDTH, descending=False)]),
        ("a AND sort:width", a, [Sort(SortColumn.WIDTH, descending=False)]),
        ("sort:metadata.a.b:desc", Everything(), [Sort(MetadataColumn("a.b"), descending=True)]),
        (
            "sort:type a sort:-id",
            a,
            [Sort(SortColumn.TYPE, descending=False), Sort(SortColumn.ID, descending=True)],
        ),
    ],
)
def test_sorts_stand_anywhere_outside_brackets_and_apply_in_order(text: str, where: Node, sorts: list[Sort]):
    query = parse(text)
    assert query.where == where
    assert list(query.sorts) == sorts
