"""`split:` is about the project that is named with it."""

from __future__ import annotations

import pytest

from mirrorlake.model.splits import Split
from mirrorlake.search.grammar import parse
from mirrorlake.search.nodes import And, InProject, InSplit, Node, Not, Or, Pattern
from mirrorlake.search.splits import bind_splits

TRAIN_A = InSplit(Split.TRAIN, ("a",))


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("split:train", InSplit(Split.TRAIN)),
        ("project:a split:train", And((InProject("a"), TRAIN_A))),
        ("project:a -split:train", And((InProject("a"), Not(TRAIN_A)))),
        (
            "project:a (split:train OR split:none)",
            And((InProject("a"), Or((TRAIN_A, InSplit(None, ("a",)))))),
        ),
        (
            "project:a (project:b split:train)",
            And((InProject("a"), And((InProject("b"), InSplit(Split.TRAIN, ("b",)))))),
        ),
        (
            "(project:a OR project:b) split:train",
            And((Or((InProject("a"), InProject("b"))), InSplit(Split.TRAIN, ("a", "b")))),
        ),
        ("-project:a split:train", And((Not(InProject("a")), InSplit(Split.TRAIN)))),
        ("project:a OR split:train", Or((InProject("a"), InSplit(Split.TRAIN)))),
        ("dataset:a* split:train", And((InProject(Pattern(("a", ""))), InSplit(Split.TRAIN, (Pattern(("a", "")),))))),
    ],
)
def test_a_split_belongs_to_the_projects_that_must_match_with_it(text: str, bound: Node) -> None:
    assert bind_splits(parse(text).where) == bound
