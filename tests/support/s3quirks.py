"""What S3-compatible servers and the proxies before them leave out or say otherwise: one row for each difference.

Each changes the answers of tests/support/s3stub.py, is described in docs/reference/s3-servers.md, and passes the whole
contract suite of the stores.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import quote_plus

from tests.support.s3wire import Answer, Request, error

Answering = Callable[[Request], Answer]
Quirk = Callable[[Request, Answering], Answer]


def _on_page(change: Callable[[bytes], bytes]) -> Quirk:
    """Another text of each page of a listing."""

    def quirk(request: Request, answering: Answering) -> Answer:
        answer = answering(request)
        listed = not request.key and "list-type" in request.query and answer.status == 200
        return replace(answer, body=change(answer.body)) if listed else answer

    return quirk


def _on_object(change: Callable[[Answer], Answer], *, methods: tuple[str, ...] = ("GET", "HEAD")) -> Quirk:
    """Other responses with an object."""

    def quirk(request: Request, answering: Answering) -> Answer:
        answer = answering(request)
        found = bool(request.key) and request.method in methods and answer.status in (200, 206)
        return change(answer) if found else answer

    return quirk


def _on_if_match(respond: Callable[[str], str | Answer | None]) -> Quirk:
    """Another way with If-Match on GET: the tag that the server compares (None: none), or its answer."""

    def quirk(request: Request, answering: Answering) -> Answer:
        tag = request.headers.get("if-match")
        if request.method != "GET" or tag is None:
            return answering(request)
        compared = respond(tag)
        if isinstance(compared, Answer):
            return compared
        headers = {name: value for name, value in request.headers.items() if name != "if-match"}
        return answering(replace(request, headers=headers if compared is None else {**headers, "if-match": compared}))

    return quirk


def _without(element: str) -> Quirk:
    return _on_page(lambda page: re.sub(f"<{element}>[^<]*</{element}>".encode(), b"", page))


def _tags(form: str) -> Quirk:
    """Other ETags in listings, escaped as XML; `x` stands for the tag."""
    text = form.replace('"', "&quot;").encode()
    return _on_page(lambda page: re.sub(rb"<ETag>&quot;(.*?)&quot;</ETag>", _filled(b"<ETag>", text, b"</ETag>"), page))


def _filled(before: bytes, form: bytes, after: bytes) -> Callable[[re.Match[bytes]], bytes]:
    return lambda found: before + form.replace(b"x", found[1]) + after


def _header(name: str, change: Callable[[str], str | None]) -> Quirk:
    """Another value of a response header of objects, or none."""

    def changed(answer: Answer) -> Answer:
        headers = {key: value for key, value in answer.headers.items() if key != name}
        value = change(answer.headers[name]) if name in answer.headers else None
        return replace(answer, headers=headers if value is None else {**headers, name: value})

    return _on_object(changed)


def _all(*quirks: Quirk) -> Quirk:
    def quirk(request: Request, answering: Answering) -> Answer:
        for one in quirks:
            answering = _applied(one, answering)
        return answering(request)

    return quirk


def _applied(quirk: Quirk, answering: Answering) -> Answering:
    return lambda request: quirk(request, answering)


def _twice(page: bytes) -> bytes:
    """Each object again behind itself, as where a page begins with the last key of the one before."""
    doubled = re.sub(rb"<Contents>.*?</Contents>", lambda found: found[0] * 2, page, flags=re.DOTALL)
    return re.sub(rb"<KeyCount>\d+</KeyCount>", b"", doubled)


def _pretty(page: bytes) -> bytes:
    return re.sub(rb"(<(?!/|\?)[^<>]*>)(?=<(?!/))|(</[^<>]*>)(?=<)", lambda found: found[0] + b"\n  ", page)


def _prefixed(page: bytes) -> bytes:
    named = re.sub(rb"<(/?)(?=[A-Za-z])", rb"<\1s3:", page)
    return named.replace(b" xmlns=", b" xmlns:s3=")


def _http_dates(page: bytes) -> bytes:
    def other(found: re.Match[bytes]) -> bytes:
        date = datetime.fromisoformat(found[1].decode())
        return b"<LastModified>" + format_datetime(date, usegmt=True).encode() + b"</LastModified>"

    return re.sub(rb"<LastModified>(.*?)</LastModified>", other, page)


def _from_marker(request: Request, answering: Answering) -> Answer:
    """`start-after` includes its key."""
    after = request.query.get("start-after")
    if not after or request.key:
        return answering(request)
    raw = after.encode("utf-8", "surrogateescape")
    before = (raw[:-1] + bytes([raw[-1] - 1]) + b"\xff" if raw[-1] else raw[:-1]).decode("utf-8", "surrogateescape")
    return answering(replace(request, query={**request.query, "start-after": before}))


def _version_1(request: Request, answering: Answering) -> Answer:
    """The server knows only ListObjects, whose `marker` is a key."""
    if request.method != "GET" or request.key:
        return answering(request)
    ignored = ("list-type", "continuation-token", "start-after", "marker")
    query = {name: value for name, value in request.query.items() if name not in ignored}
    marker = request.query.get("marker", "")
    answer = answering(replace(request, query=query | {"list-type": "2"} | ({"start-after": marker} if marker else {})))
    token = re.search(rb"<NextContinuationToken>token-([0-9a-f]*)</NextContinuationToken>", answer.body)
    body = re.sub(rb"<(NextContinuationToken|KeyCount)>[^<]*</\1>", b"", answer.body)
    last = b"" if token is None or "delimiter" not in query else bytes.fromhex(token[1].decode()).rstrip(b"\xff")
    marks = f"<Marker>{quote_plus(marker)}</Marker>" + (f"<NextMarker>{quote_plus(last)}</NextMarker>" if last else "")
    return replace(answer, body=body.replace(b"<MaxKeys>", marks.encode() + b"<MaxKeys>"))


def _no_head(request: Request, answering: Answering) -> Answer:
    return Answer(405) if request.method == "HEAD" and request.key else answering(request)


def _no_range(request: Request, answering: Answering) -> Answer:
    headers = {name: value for name, value in request.headers.items() if name != "range"}
    return answering(replace(request, headers=headers))


def _empty_has_no_range(request: Request, answering: Answering) -> Answer:
    answer = answering(request)
    refused = "range" in request.headers and request.method == "GET" and answer.status == 200 and not answer.body
    return error(416, "InvalidRange") if refused else answer


def _compressed(answer: Answer) -> Answer:
    headers = {**answer.headers, "Content-Encoding": "gzip"}
    return replace(answer, body=gzip.compress(answer.body), headers=headers, framing="chunked")


def _unsized(framing: str, *, methods: tuple[str, ...]) -> Quirk:
    return _on_object(lambda answer: replace(answer, framing=framing), methods=methods)


QUIRKS: dict[str, Quirk] = {
    # Listings
    "listing-etag-bare": _tags("x"),
    "listing-etag-weak": _tags('W/"x"'),
    "listing-etag-quoted-twice": _tags('""x""'),
    "listing-etag-raw-quotes": _on_page(lambda page: page.replace(b"&quot;", b'"')),
    "listing-etag-absent": _without("ETag"),
    "listing-date-absent": _without("LastModified"),
    "listing-date-http": _on_page(_http_dates),
    "listing-class-absent": _without("StorageClass"),
    "listing-owner": _on_page(
        lambda page: page.replace(b"</Contents>", b"<Owner><ID>a&amp;b</ID></Owner><Extra/></Contents>")
    ),
    "listing-count-absent": _without("KeyCount"),
    "listing-count-empty": _on_page(lambda page: re.sub(rb"<KeyCount>\d+<", b"<KeyCount><", page)),
    "listing-truncated-case": _on_page(
        lambda page: page.replace(b">true</IsTr", b">True</IsTr").replace(b">false</IsTr", b">FALSE</IsTr")
    ),
    "listing-truncated-absent": _without("IsTruncated"),
    "listing-no-namespace": _on_page(lambda page: re.sub(rb"<\?xml[^>]*>\n| xmlns=\"[^\"]*\"", b"", page)),
    "listing-namespace-prefix": _on_page(_prefixed),
    "listing-white-space": _on_page(_pretty),
    "listing-spaces-percent": _on_page(lambda page: page.replace(b"+", b"%20")),
    "listing-key-twice": _on_page(_twice),
    "listing-start-after-included": _from_marker,
    "listing-version-1": _version_1,
    # If-Match
    "if-match-unquoted-only": _on_if_match(
        lambda tag: error(412, "PreconditionFailed") if tag.startswith('"') else f'"{tag}"'
    ),
    "if-match-refused": _on_if_match(lambda _: error(412, "PreconditionFailed")),
    "if-match-not-implemented": _on_if_match(lambda _: error(501, "NotImplemented")),
    "if-match-ignored": _on_if_match(lambda _: None),
    # HEAD and GET
    "etag-bare": _header("ETag", lambda tag: tag.strip('"')),
    "etag-weak": _header("ETag", lambda tag: f"W/{tag}"),
    "etag-weak-everywhere": _all(
        _tags('W/"x"'), _header("ETag", lambda tag: f"W/{tag}"), _on_if_match(lambda _: error(412, "Weak"))
    ),
    "etag-absent": _header("ETag", lambda _: None),
    "etag-absent-everywhere": _all(_without("ETag"), _header("ETag", lambda _: None)),
    "date-absent": _header("Last-Modified", lambda _: None),
    "date-iso": _header("Last-Modified", lambda date: parsedate_to_datetime(date).isoformat()),
    "type-absent": _header("Content-Type", lambda _: None),
    "names-lower-case": _on_object(
        lambda answer: replace(answer, headers={name.lower(): value for name, value in answer.headers.items()})
    ),
    "body-chunked": _unsized("chunked", methods=("GET",)),
    "body-until-close": _unsized("close", methods=("GET",)),
    "body-compressed": _on_object(_compressed, methods=("GET",)),
    "encoding-wrong": _on_object(
        lambda answer: replace(answer, headers={**answer.headers, "Content-Encoding": "gzip, utf-8"})
    ),
    "head-no-size": _all(_unsized("chunked", methods=("HEAD",)), _empty_has_no_range),
    "head-refused": _all(_no_head, _empty_has_no_range),
    "head-refused-range-ignored": _all(_no_head, _no_range, _unsized("chunked", methods=("GET",))),
}
UNDATED = frozenset({"listing-date-absent", "date-absent"})  # one side has no dates to compare


def as_google(request: Request, answering: Answering) -> Answer:
    """The XML API of Google Cloud Storage: generations beside ETags; no If-Match, and no headers of AWS."""
    assert "if-match" not in request.headers
    answer = answering(request)
    if not request.key:
        element = rb"<Generation>%d</Generation><MetaGeneration>1</MetaGeneration><ETag>&quot;%b&quot;</ETag>"
        body = re.sub(
            rb"<ETag>&quot;(.*?)&quot;</ETag>",
            lambda tag: element % (_generation(tag[1].decode()), tag[1]),
            answer.body,
        )
        return replace(answer, body=re.sub(rb"<StorageClass>.*?</StorageClass>", b"", body))
    if answer.status not in (200, 206):
        return answer
    generation = _generation(answer.headers["ETag"].strip('"'))
    return replace(answer, headers={**answer.headers, "x-goog-generation": str(generation)})


def _generation(etag: str) -> int:
    return int(etag[:12], 16)
