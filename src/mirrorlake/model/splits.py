"""Splits of a project: train, valid and test, and how its assets are divided."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from mirrorlake.core.errors import UsageError
from mirrorlake.model.public import public_noun


class Split(StrEnum):
    """The part of a project that an asset is in."""

    TRAIN = "train"
    VALID = "valid"
    TEST = "test"


def parse_split(text: str) -> Split:
    """The split of this name. Raises UsageError."""
    try:
        return Split(text)
    except ValueError as error:
        raise UsageError(f"There is no split {text!r}.", f"Splits are {', '.join(Split)}.") from error


SPLIT_NUMBERS: Final = {Split.TRAIN: 0, Split.VALID: 1, Split.TEST: 2}  # project_asset.split
SPLITS: Final = {number: split for split, number in SPLIT_NUMBERS.items()}
SEED_LIMIT: Final = 2**31 - 1
ASSIGNED_LIMIT: Final = 10_000  # ids of one assignment; more are chosen by a query
BY_ASSET, BY_CONTENT, BY_FOLDER, BY_METADATA = "asset", "content", "folder", "metadata."


@public_noun
class SplitSettings:
    """How the assets of a project are divided. The same settings give an asset of the same group the same split."""

    train: int
    """Percentage of groups. The three sum to 100."""
    valid: int
    test: int
    by: str = BY_ASSET
    """What makes a group: asset (each on its own), content (equal bytes), folder, or metadata.KEY."""
    seed: int = 0
    """Another seed divides the groups differently."""


@public_noun
class SplitCounts:
    """Number of assets of a project by split."""

    train: int = 0
    valid: int = 0
    test: int = 0
    none: int = 0
    """Without a split."""
    assigned: int = 0
    """Of all these, those whose split a person chose."""


@public_noun
class SplitOptions:
    """Divide a project: by these settings, or by those it has."""

    project: str
    settings: SplitSettings | None = None
    dry_run: bool = False
    """Only count."""


@public_noun
class SplitAssignment:
    """Choose the split of single assets of a project, which dividing the project does not change."""

    project: str
    split: Split | None
    """Null: no split. With `automatic`, the settings of the project decide again."""
    automatic: bool = False
    assets: tuple[str, ...] = ()
    """Ids of the assets; empty: those that match the query."""
    query: str | None = None
    skip_others: bool = False
    """Skip ids of assets that are not in the project; else they are an error. A query skips them in any case."""


@public_noun
class SplitResult:
    """The splits of a project after a change."""

    project: str
    settings: SplitSettings | None
    counts: SplitCounts
    moved: int
    """Number of assets whose split changed, or would change."""
    ungrouped: int = 0
    """Assets without the metadata key: each is a group of its own."""
    dry_run: bool = False
    notes: tuple[str, ...] = ()
