"""Our signatures are those of botocore, for every key and both kinds of signature."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import botocore.auth
import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st
from tests.support.torture import torture_keys

from mirrorlake.storage.providers.s3.credentials import Keys
from mirrorlake.storage.providers.s3.signing import signed_headers, signed_url

NOW = datetime(2026, 11, 28, 12, 0, 0, tzinfo=UTC)
REGION = "eu-west-1"
PERMANENT = Keys(access_key="AKIDEXAMPLE", secret_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
LENT = Keys(access_key="ASIAEXAMPLE", secret_key="secret", token="token/with+signs==")


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW.replace(tzinfo=None))


def of_botocore(keys: Keys) -> ReadOnlyCredentials:
    return ReadOnlyCredentials(keys.access_key, keys.secret_key, keys.token)


def same_headers(method: str, target: str, more: dict[str, str], keys: Keys, body: bytes | None) -> None:
    headers = {"Host": "bucket.s3.eu-west-1.amazonaws.com", **more}
    ours = signed_headers(method, target, headers, keys, REGION, body=body, now=NOW)
    # Over plain HTTP, botocore signs the body, as we always do.
    request = AWSRequest(
        method=method, url=f"http://bucket.s3.eu-west-1.amazonaws.com{target}", headers=headers, data=body
    )
    S3SigV4Auth(of_botocore(keys), "s3", REGION).add_auth(request)
    assert {name.lower(): value for name, value in ours.items()} == {
        name.lower(): value for name, value in dict(request.headers).items()
    }


@pytest.mark.parametrize("keys", [PERMANENT, LENT], ids=["permanent", "lent"])
def test_every_key_is_signed_as_botocore_signs_it(keys: Keys) -> None:
    for key in torture_keys():
        same_headers("GET", f"/{quote(key, safe='/-_.~')}", {}, keys, None)


@given(
    prefix=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    body=st.binary(max_size=50),
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE"]),
)
def test_queries_headers_and_bodies_are_signed_as_botocore_signs_them(prefix: str, body: bytes, method: str) -> None:
    target = f"/bucket?list-type=2&prefix={quote(prefix, safe='-_.~')}&uploads="
    same_headers(method, target, {"x-amz-copy-source": "/bucket/a%20b"}, LENT, body)


@pytest.mark.parametrize("keys", [PERMANENT, LENT], ids=["permanent", "lent"])
@pytest.mark.parametrize("base", ["https://bucket.s3.eu-west-1.amazonaws.com", "http://127.0.0.1:9000/bucket"])
def test_every_url_is_presigned_as_botocore_presigns_it(keys: Keys, base: str) -> None:
    for key in torture_keys():
        url = f"{base}/{quote(key, safe='/-_.~')}"
        request = AWSRequest(method="GET", url=url)
        S3SigV4QueryAuth(of_botocore(keys), "s3", REGION, expires=60).add_auth(request)
        ours = urlsplit(signed_url(url, keys, REGION, 60, now=NOW))
        theirs = urlsplit(str(request.url))
        assert ours[:3] == theirs[:3]
        assert dict(part.split("=") for part in ours.query.split("&")) == dict(
            part.split("=") for part in theirs.query.split("&")
        )
