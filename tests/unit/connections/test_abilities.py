"""The order of the rows, and what is not tried after a failure, over stores that fail as told."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from mirrorlake.connections.checks.abilities import AbilityChecker, Target
from mirrorlake.connections.checks.presigned import Fetched
from mirrorlake.connections.checks.symptom import Subject
from mirrorlake.core.errors import (
    AccessDenied,
    NoSuchBucket,
    ServerAnswer,
    SourceUnreachable,
    StorageError,
    WrongRegion,
)
from mirrorlake.model.columns import LISTING
from mirrorlake.model.connections import AbilityCheck
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.storage.base import Body, ListPage

ORIGIN = "https://lake.example.org"


def answered(error: StorageError, **answer: Any) -> StorageError:
    error.answer = ServerAnswer(**answer)
    return error


class Scripted:
    """A store with some objects, whose calls raise what the test says."""

    server = "http://store.example.org"

    def __init__(self, sizes: dict[str, int], **errors: StorageError) -> None:
        self.sizes = sizes
        self.errors = errors
        self.closed = False

    def _fail(self, call: str) -> None:
        if call in self.errors:
            raise self.errors[call]

    def list_page(self, _scope: Any, _cursor: object | None) -> ListPage:
        self._fail("list")
        keys = sorted(self.sizes)
        columns = [keys, [self.sizes[key] for key in keys], [f"t-{key}" for key in keys], [None] * len(keys)]
        batch = pa.RecordBatch.from_arrays(
            [pa.array(column, field.type) for column, field in zip([*columns, columns[-1]], LISTING, strict=True)],
            schema=LISTING,
        )
        return ListPage(batch=batch, cursor=None)

    def head(self, key: str) -> ObjectInfo:
        self._fail("head")
        return ObjectInfo(key=key, size=self.sizes.get(key, 1), token=f"t-{key}")

    def get(self, key: str, **_: Any) -> Body:
        self._fail("get")
        return Body(data=b"x" * self.sizes.get(key, 1), info=self.head(key))

    def get_range(self, key: str, *, token: str | None, start: int, length: int) -> Body:
        raise NotImplementedError

    def presign(self, key: str, _expires_s: int) -> str | None:
        self._fail("presign")
        return f"https://store.example.org/{key}?signature=canary"

    def close(self) -> None:
        self.closed = True


def answers(origin: str = "*", status: int = 206) -> Any:
    return lambda _url, _headers: Fetched(status=status, headers={"Access-Control-Allow-Origin": origin}, body=b"x")


def check(store: Any, **more: Any) -> dict[str, AbilityCheck]:
    subject = Subject(name="acme", bucket="photos", region="us-east-1", origin=ORIGIN)
    target = Target(subject=subject, store=store, **{"fetch": answers(), **more})
    return {row.check: row for row in AbilityChecker(target).rows()}


def states(rows: dict[str, AbilityCheck]) -> dict[str, bool | None]:
    return {name: row.ok for name, row in rows.items()}


def test_a_healthy_source_has_a_green_row_for_each_ability() -> None:
    rows = check(Scripted({"a.jpg": 10, "b.jpg": 5}))
    assert states(rows) == {
        "reach endpoint": True, "authenticate": True, "list": True, "head": True, "get": True, "get a range": True,
        "presigned get": True, "read a match": None, "put": None, "delete": None,
    }  # fmt: skip
    assert rows["get"].key == "b.jpg"  # the smaller one


def test_behind_a_dead_endpoint_nothing_else_is_tried() -> None:
    rows = check(Scripted({}, list=SourceUnreachable("The server cannot be reached: Connection refused.")))
    assert rows["reach endpoint"].ok is False
    assert all(row.ok is None for name, row in rows.items() if name != "reach endpoint")
    assert "authenticate" in rows


@pytest.mark.parametrize("code", ["SignatureDoesNotMatch", "InvalidAccessKeyId", "AuthenticationFailed"])
def test_unknown_credentials_are_no_fault_of_the_listing(code: str) -> None:
    rows = check(Scripted({}, list=answered(AccessDenied("No."), status=403, code=code)))
    assert rows["reach endpoint"].ok
    assert rows["authenticate"].ok is False
    assert rows["list"].ok is None


def test_missing_credentials_are_no_fault_of_the_endpoint() -> None:
    rows = check(Scripted({}, list=AccessDenied("No AWS credentials were found.", "Run aws configure.")))
    assert rows["authenticate"].ok is False
    assert rows["authenticate"].fix == "Run aws configure."


def test_a_missing_bucket_is_no_fault_of_the_credentials() -> None:
    rows = check(Scripted({}, list=answered(NoSuchBucket("None."), status=404, code="NoSuchBucket")))
    assert rows["authenticate"].ok
    assert rows["list"].ok is False
    assert rows["list"].error == "404 NoSuchBucket"


def test_without_a_listing_a_known_object_is_read() -> None:
    refused = answered(AccessDenied("Denied."), status=403, code="AccessDenied", words="Access Denied")
    assert states(check(Scripted({"a": 1}, list=refused)))["head"] is None
    rows = check(Scripted({"a": 1}, list=refused), known_key="a")
    assert (rows["list"].ok, rows["head"].ok, rows["get"].ok) == (False, True, True)


def test_a_wrong_region_is_corrected_where_the_server_names_the_right_one() -> None:
    first = Scripted({}, list=answered(WrongRegion("Elsewhere."), status=301, region="eu-west-1"))
    target = Target(
        subject=Subject(region="us-east-1", origin=ORIGIN), store=first, reopen=lambda _: Scripted({"a": 1}),  # type: ignore[arg-type,return-value]
        fetch=answers(),
    )  # fmt: skip
    checker = AbilityChecker(target)
    rows = {row.check: row for row in checker.rows()}
    assert checker.region == "eu-west-1"
    assert first.closed
    assert "eu-west-1" in rows["region"].message
    assert rows["list"].ok
    assert not [row for row in rows.values() if row.ok is False]


def test_a_wrong_region_that_the_server_does_not_name_is_a_red_row() -> None:
    rows = check(Scripted({}, list=answered(WrongRegion("Elsewhere."), status=400)))
    assert rows["region"].ok is False
    assert rows["list"].ok is None


def test_pages_of_another_origin_may_not_read() -> None:
    for allowed in ("", "https://other.example.org"):
        row = check(Scripted({"a": 1}), fetch=answers(allowed))["presigned get"]
        assert row.ok is False
        assert "CORS" in (row.cause or "")
        assert "canary" not in repr(row)


def test_a_server_that_ignores_ranges_is_a_red_row() -> None:
    row = check(Scripted({"a": 1}), fetch=answers(ORIGIN, 200))["get a range"]
    assert row.ok is False
    assert "Range" in (row.fix or "")


def test_a_key_that_the_patterns_select_is_read() -> None:
    row = check(Scripted({"a.txt": 1, "b.jpg": 1}), pick=lambda _page: "b.jpg")["read a match"]
    assert (row.ok, row.key) == (True, "b.jpg")
    assert check(Scripted({"a.txt": 1}), pick=lambda _page: None)["read a match"].ok is None


class Sink:
    """A writable store that fails as told."""

    def __init__(self, **errors: StorageError) -> None:
        self.errors, self.calls = errors, list[str]()

    def put(self, key: str, _data: bytes) -> str:
        self.calls.append(f"put {key}")
        if "put" in self.errors:
            raise self.errors["put"]
        return "t"

    def delete(self, key: str) -> None:
        self.calls.append(f"delete {key}")
        if "delete" in self.errors:
            raise self.errors["delete"]

    def close(self) -> None:
        self.calls.append("close")


def test_the_test_file_is_hidden_and_deleted_again() -> None:
    sink = Sink()
    rows = check(Scripted({"a": 1}), writable=lambda: sink)
    put, delete, close = sink.calls
    assert put.startswith("put .mirrorlake/permission-test-")
    assert delete == put.replace("put", "delete")
    assert close == "close"
    assert (rows["put"].ok, rows["delete"].ok) == (True, True)


def test_a_test_file_that_remains_is_named() -> None:
    denied = answered(AccessDenied("Denied."), status=403, code="AccessDenied")
    row = check(Scripted({"a": 1}), writable=lambda: Sink(delete=denied))["delete"]
    assert row.ok is False
    assert row.key in row.message  # type: ignore[operator]
    refused = check(Scripted({"a": 1}), writable=lambda: Sink(put=denied))
    assert (refused["put"].ok, refused["delete"].ok) == (False, None)
