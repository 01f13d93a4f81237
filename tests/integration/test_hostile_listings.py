"""Sources that answer with nonsense: a pass takes what can be taken, says what cannot, and hides nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.passes import Mirrored, picture
from tests.support.s3stub import ACCESS_KEY, SECRET_KEY, Answer, Fault, Request, S3Stub, error

from mirrorlake.catalog import runs
from mirrorlake.model.runs import OutcomeKind, RunState
from mirrorlake.model.sources import Location, Provider
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage import listing as listings
from mirrorlake.storage.base import Store
from mirrorlake.storage.providers.folder.store import FolderStore
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.credentials import Keys
from mirrorlake.storage.providers.s3.store import S3Store
from mirrorlake.storage.retry import RetryPolicy
from mirrorlake.storage.wrappers import RetryingStore


def deep_file(root: Path, depth: int) -> None:
    """A picture below so many folders that no single path could name it."""
    at = os.open(root, os.O_RDONLY)
    for place in range(depth):
        name = f"{place:0200}"
        os.mkdir(name, dir_fd=at)
        below = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    file = os.open("deep.png", os.O_WRONLY | os.O_CREAT, dir_fd=at)
    os.write(file, picture(99))
    os.close(file)
    os.close(at)


def test_a_path_longer_than_any_key_costs_itself_alone(empty_catalog: Catalog, tmp_path: Path) -> None:
    root = tmp_path / "photos"
    root.mkdir()
    (root / "a.png").write_bytes(picture(1))
    deep_file(root, 25)
    location = Location(provider=Provider.FILE, container=str(root))
    mirrored = Mirrored(empty_catalog, tmp_path, FolderStore(location), location=location)
    for report in (mirrored.run(), mirrored.run()):
        assert (report.state, report.error) == (RunState.SUCCEEDED, None)
        assert (report.counts.listed, report.counts.selected, report.counts.skipped) == (2, 2, 1)
        told = {one.kind: one for one in runs.outcomes(empty_catalog, report.run or 0, limit=9)}
        assert told[OutcomeKind.SKIPPED].key.endswith("/deep.png")
        assert "more than 2,500 bytes" in (told[OutcomeKind.SKIPPED].reason or "")
    assert mirrored.states() == {"a.png": "present"}


@pytest.fixture
def bucket() -> Iterator[S3Stub]:
    with S3Stub() as server:
        server.page_keys = PAGE
        for number, key in enumerate(KEYS):
            server.put("photos", key, picture(number))
        yield server


def location() -> Location:
    return Location(provider=Provider.S3, container="photos")


def opened(server: S3Stub, *, ordered: bool = True) -> Store:
    """The bucket as a pass opens it; only the waiting is left out."""
    keys = Keys(access_key=ACCESS_KEY, secret_key=SECRET_KEY)
    store = S3Store(location(), S3Access(endpoint=server.endpoint), listing_ordered=ordered, credentials=keys)
    return RetryingStore(store, RetryPolicy(sleep=lambda _: None))


@pytest.fixture
def mirrored(bucket: S3Stub, empty_catalog: Catalog, tmp_path: Path) -> Mirrored:
    mirrored = Mirrored(empty_catalog, tmp_path, opened(bucket), location=location())
    assert mirrored.run().counts.new == len(KEYS)
    return mirrored


KEYS = [f"{folder}/{number}.png" for folder in "abc" for number in range(6)]
PAGE = 5  # keys: four pages
Lie = Callable[[S3Stub, Request, bytes], Answer]


def listing(*contents: str, token: str | None = None, claims: str = "") -> Answer:
    """A page of the listing that holds these entries."""
    more = (
        "<IsTruncated>false</IsTruncated>"
        if token is None
        else (f"<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>")
    )
    return Answer(200, f"<ListBucketResult>{more}{claims}{''.join(contents)}</ListBucketResult>".encode())


def entry(key: str, *, size: str = "<Size>1</Size>") -> str:
    return (
        f"<Contents><Key>{key}</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
        f"<ETag>&quot;e&quot;</ETag>{size}</Contents>"
    )


def refused(answer: Answer) -> Lie:
    return lambda _stub, _request, _page: answer


LIES: dict[str, Lie] = {
    "a key twice": refused(listing(entry("b/3.png"), entry("b/3.png", size="<Size>2</Size>"))),
    "a key of the page before": refused(listing(entry("a/4.png"), entry("b/9.png"))),
    "keys out of order": refused(listing(entry("c/3.png"), entry("b/9.png"))),
    "keys nobody asked for": refused(listing(entry("zz/x.png"), entry("zz/y.png"), claims="<KeyCount>7</KeyCount>")),
    "a page cut short": lambda _stub, _request, page: Answer(200, page[: len(page) // 2]),
    "a page cut on its way": lambda _stub, _request, page: Answer(200, page, cut=len(page) // 2),
    "the same token for ever": refused(listing(token="same")),
    "tokens in a circle": lambda _stub, request, _page: listing(
        token="two" if request.query.get("continuation-token") == "one" else "one"
    ),
    "other tokens for ever": lambda stub, _request, _page: listing(token=f"t{len(stub.requests)}"),
    "more to come, but not where": refused(listing(entry("b/9.png"), claims="<IsTruncated>true</IsTruncated>")),
    "not whether more comes": refused(Answer(200, b"<ListBucketResult></ListBucketResult>")),
    "fewer keys than it claims": refused(listing(claims="<KeyCount>5</KeyCount>")),
    "an object without a size": refused(listing(entry("b/9.png", size=""))),
    "an object of less than no bytes": refused(listing(entry("b/9.png", size="<Size>-1</Size>"))),
    "another clock": refused(error(403, "RequestTimeTooSkewed")),
    "another region": refused(error(301, "PermanentRedirect", Region="ap-south-1")),
    "another place": refused(Answer(307, b"", {"Location": "https://elsewhere.example/"})),
    "a login page": refused(Answer(302, b"<html>Sign in</html>", {"Location": "/login"})),
    "a page for people": refused(Answer(200, b"<html><body>Welcome</body></html>")),
    "nothing": refused(Answer(200, b"")),
    "too much to do": refused(Answer(503, error(503, "SlowDown").body, {"Retry-After": "20"})),
    "a refusal as a success": refused(Answer(200, error(500, "InternalError").body)),
    "no such page": refused(Answer(404, b"<html>Not Found</html>")),
}


def telling(bucket: S3Stub, lie: Lie, *, first_page: bool) -> Fault:
    """The lie as the answer to all pages of a listing, or to all but the first."""
    honest = 0 if first_page else 1

    def fault(request: Request) -> Answer | None:
        nonlocal honest
        if request.key or "list-type" not in request.query:
            return None
        honest -= 1
        return None if honest >= 0 else lie(bucket, request, bucket.page(request))

    return fault


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("first_page", [True, False])
def test_a_listing_that_answers_nonsense_is_told_and_hides_nothing(
    bucket: S3Stub,
    mirrored: Mirrored,
    monkeypatch: pytest.MonkeyPatch,
    first_page: bool,  # noqa: FBT001
    ordered: bool,  # noqa: FBT001
) -> None:
    monkeypatch.setattr(listings, "EMPTY_PAGES", 20)
    for name, lie in LIES.items():
        bucket.faults = [telling(bucket, lie, first_page=first_page)]
        report = mirrored.run(opened(bucket, ordered=ordered))
        bucket.faults = []
        assert report.error or report.hold, f"{name}: a person is told"
        assert "\n" not in (report.error or ""), f"{name}: in one line"
        assert (report.counts.removed, report.counts.moved) == (0, 0), name
        assert mirrored.states() == dict.fromkeys(KEYS, "present"), name
        clean = mirrored.run(opened(bucket, ordered=ordered))
        assert (clean.state, clean.error, clean.counts.unchanged) == (RunState.SUCCEEDED, None, len(KEYS)), name
