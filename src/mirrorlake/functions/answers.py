"""What a function answers, checked: the change of one asset. Pure.

Functions in Python and webhooks answer with the same document:

    {"metadata": {…}, "add_tags": […], "remove_tags": […], "labels": [{"ontology": …, "class_name": …, …}]}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from mirrorlake.core.errors import UsageError
from mirrorlake.labels.documents import geometry_from_json
from mirrorlake.labels.geometry import check_geometry, check_outline
from mirrorlake.labels.records import BadLabels, check_text
from mirrorlake.model.assets import Scalar
from mirrorlake.model.edits import Edit
from mirrorlake.model.labels import NewAnnotation, Shape
from mirrorlake.select.edits import check_edit

ANSWER_BYTES = 1 << 20  # of one answer
LABEL_LIMIT = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The change of one asset. `labels` None: its annotations stay."""

    edit: Edit = field(default_factory=Edit)
    labels: Mapping[str, tuple[NewAnnotation, ...]] | None = None  # by ontology


class _Label(msgspec.Struct, forbid_unknown_fields=True):
    ontology: str
    class_name: str
    shape: Shape = Shape.CLASSIFICATION
    geometry: dict[str, Any] = {}
    attributes: dict[str, Scalar] = {}


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    metadata: dict[str, Scalar] = {}
    add_tags: list[str] = []
    remove_tags: list[str] = []
    labels: list[_Label] | None = None


def read_answer(data: bytes) -> Answer:
    """Read and check an answer; an empty one changes nothing. Raises UsageError for what cannot be stored."""
    if not data.strip():
        return Answer()
    try:
        document = msgspec.json.decode(data, type=_Document)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise UsageError(f"The answer is not a result: {error}.") from error
    edit = check_edit(
        Edit(
            metadata=document.metadata,
            add_tags=tuple(document.add_tags),
            remove_tags=tuple(document.remove_tags),
        )
    )
    return Answer(edit=edit, labels=None if document.labels is None else _labels(document.labels))


def _labels(found: list[_Label]) -> dict[str, tuple[NewAnnotation, ...]]:
    if len(found) > LABEL_LIMIT:
        raise UsageError(f"A result has at most {LABEL_LIMIT:,} labels.")
    by_ontology: dict[str, list[NewAnnotation]] = {}
    for position, one in enumerate(found, 1):
        try:
            check_text(one.ontology, "The ontology")
            check_text(one.class_name, "The class")
            geometry = geometry_from_json(one.shape, one.geometry)
        except BadLabels as error:
            raise UsageError(f"Label {position} ({one.class_name}) is invalid: {error}") from error
        reason = check_geometry(geometry) or check_outline(geometry)
        if reason is not None:
            raise UsageError(f"Label {position} ({one.class_name}) is invalid: {reason}")
        made = NewAnnotation(class_name=one.class_name, geometry=geometry, attributes=one.attributes)
        by_ontology.setdefault(one.ontology, []).append(made)
    return {name: tuple(each) for name, each in by_ontology.items()}
