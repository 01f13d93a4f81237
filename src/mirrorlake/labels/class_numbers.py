"""Number classes for formats that have numbers instead of names. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from mirrorlake.model.labels import LabelClass

DIGITS = 9  # of a class number


def choose_namespace(classes: Sequence[LabelClass], wanted: str) -> str | None:
    """The namespace of external ids to use: `wanted` in any case, else the first alphabetically. None: there is none.

    The rule of Encord's label ingestion.
    """
    names = sorted({name for one in classes for name in one.external_ids})
    return next((name for name in names if name.casefold() == wanted.casefold()), names[0] if names else None)


def class_numbers(classes: Sequence[LabelClass], namespace: str, *, start: int) -> dict[str, int]:
    """The number of each class: its external id if all have different ones, else its position, from `start`."""
    chosen = choose_namespace(classes, namespace)
    ids = [one.external_ids.get(chosen or "", "") for one in classes]
    if len(set(ids)) == len(ids) and all(each.isascii() and each.isdigit() and len(each) <= DIGITS for each in ids):
        return {one.name: int(each) for one, each in zip(classes, ids, strict=True)}
    return {one.name: number for number, one in enumerate(classes, start)}
