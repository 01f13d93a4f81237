"""Read the messages in which clouds report changed objects. Pure.

A message is recognised by its shape, so that every receiver reads every shape: a queue may get notifications directly,
through SNS, or through EventBridge. A new shape is one row of `_SHAPES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

import orjson

from mirrorlake.connections.events import azure, generic, google, s3
from mirrorlake.connections.events.shapes import Found, Unusable, as_object, text_of
from mirrorlake.core.text import count_noun
from mirrorlake.model.events import ObjectHint, ReadEvents

MAX_BODY_BYTES = 1 << 20  # SQS and storage queues allow less
MAX_EVENTS = 10_000  # of one message; S3 sends one, and Event Grid some thousands at most
MAX_KEY_BYTES = 2_500  # longer ones are in no catalog
_SHOWN_WARNINGS = 20  # of one message

Json = Any


def read_events(body: bytes | str) -> ReadEvents:
    """The hints of one message. Whatever cannot be used becomes a warning; nothing is raised."""
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    if len(raw) > MAX_BODY_BYTES:
        return _refused(f"A message of {len(raw):,} bytes was ignored: more than {MAX_BODY_BYTES:,} are not read.")
    try:
        document: Json = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return _refused(f"A message was ignored, because it is not JSON: {error}.")
    return read_document(document)


def read_document(document: Json) -> ReadEvents:
    """As `read_events`, for JSON that was parsed already."""
    parts: list[Json] = cast("list[Json]", document) if isinstance(document, list) else [document]
    hints: list[ObjectHint] = []
    warnings: list[str] = []
    tests = seen = 0
    for found in _each(parts):
        seen += 1
        if seen > MAX_EVENTS:
            warnings.append(f"Only the first {MAX_EVENTS:,} events of a message were read.")
            break
        if isinstance(found, Unusable):
            warnings.append(found.reason)
        elif found is None:
            tests += 1
        else:
            problem = _problem_of(found.key)
            if problem is None:
                hints.append(found)
            else:
                warnings.append(problem)
    if not seen:
        warnings.append("A message contained no events.")
    if len(warnings) > _SHOWN_WARNINGS:
        more = count_noun(len(warnings) - _SHOWN_WARNINGS, "more problem")
        warnings = [*warnings[:_SHOWN_WARNINGS], f"{more} of the same message."]
    return ReadEvents(hints=tuple(hints), tests=tests, warnings=tuple(warnings))


def _each(parts: Iterable[Json]) -> Iterator[Found]:
    for part in parts:
        document = as_object(part)
        shape = None if document is None else _shape_of(document)
        if document is None or shape is None:
            yield Unusable("An event was ignored: its shape is not one that mirrorlake knows.")
        else:
            yield from shape(document)


def _through_sns(document: Mapping[str, Json]) -> Iterator[Found]:
    """What a notification of SNS wraps as text; it is never wrapped twice."""
    try:
        inner = as_object(orjson.loads(text_of(document, "Message") or ""))
    except orjson.JSONDecodeError:
        inner = None
    shape = None if inner is None else _shape_of(inner)
    if inner is None or shape is None or shape is _through_sns:
        yield Unusable("A notification of SNS was ignored: what it contains is no event of a bucket.")
    else:
        yield from shape(inner)


# How each shape is recognised, and what reads it.
_SHAPES: tuple[tuple[Callable[[Mapping[str, Json]], bool], Callable[[Mapping[str, Json]], Iterator[Found]]], ...] = (
    (lambda one: one.get("Type") == "Notification" and "Message" in one, _through_sns),
    (s3.is_test, s3.read_test),
    (s3.is_notification, s3.read_notification),
    (s3.is_eventbridge, s3.read_eventbridge),
    (google.is_pushed, google.read_pushed),
    (google.is_message, google.read_message),
    (azure.is_event, azure.read_event),
    (generic.is_event_list, generic.read_event_list),
)


def _shape_of(document: Mapping[str, Json]) -> Callable[[Mapping[str, Json]], Iterator[Found]] | None:
    return next((read for matches, read in _SHAPES if matches(document)), None)


def _problem_of(key: str) -> str | None:
    """Why no catalog can hold this key; None if one can."""
    if not key:
        return "An event was ignored: its key is empty."
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        return f"An event was ignored: its key {key[:100]!r} is not UTF-8."
    if "\0" in key:
        return f"An event was ignored: its key {key[:100]!r} contains a NUL character."
    if size > MAX_KEY_BYTES:
        return f"An event was ignored: its key of {size:,} bytes is longer than any catalog can hold."
    return None


def _refused(warning: str) -> ReadEvents:
    return ReadEvents(warnings=(warning,))
