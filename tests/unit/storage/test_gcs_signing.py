"""Signed URLs of Google: as the published test vectors, and with the canonical request of botocore."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tests.support.torture import torture_keys

from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.providers.gcs.config import GcsConfig, HmacKeys
from mirrorlake.storage.providers.gcs.hmac_store import GcsHmacStore
from mirrorlake.storage.providers.gcs.signed_urls import LONGEST_S, signed_url

# Conformance tests of Google's libraries: https://github.com/googleapis/conformance-tests/tree/main/storage/v1, of the
# public key of their service account only the modulus.
MODULUS = int(
    "ac3f3322ac8a2db5f436af28d098f5a871211e1a8edfed0e3fb4c4171e55c5ce8f77006814dadf9c9448fd2f99683612d5abebe4faa9a7c83cf9"
    "434e32f23556c8c633cc634dac6456ff2698aa7aa52990b2d4eddb9a736357b1036c2fe313564b058d14dc76921df9fa4bd343f0c5dd803d3fba"
    "54535b0ababd4f3fc3a8b9b58b14ee7d8b2e54139757d0eff7a63bd9d87021497b31d955ad0799e5ac747c16b28934b24c10610348ccfdc917d0"
    "694798094f680d81ee8aa290deb0978ba0bcda5fb7149c39fe0809e72ee2c3c304ac2152b257184116c1573e9960a5a411c261b3c046dffd7a6d"
    "f6aa36eb0d943209f7d23b0e68a9527805fc712e95885fad",
    16,
)
PUBLIC = rsa.RSAPublicNumbers(65537, MODULUS).public_key()
EMAIL = "test-iam-credentials@dummy-project-id.iam.gserviceaccount.com"
# "Simple GET", "Vary expiration and timestamp", "Vary bucket and object": time, seconds, object, signature.
VECTORS = [
    (
        datetime(2019, 2, 1, 9, tzinfo=UTC), 10, "test-bucket/test-object",
        (
        "95e6a13d43a1d1962e667f17397f2b80ac9bdd1669210d5e08e0135df9dff4e56113485dbe429ca2266487b9d1796ebdee2d7cf682a6ef3b"
        "b9fbb4c351686fba90d7b621cf1c4eb1fdf126460dd25fa0837dfdde0a9fd98662ce60844c458448fb2b352c203d9969cb74efa4bdb74228"
        "7744a4f2308afa4af0e0773f55e32e92973619249214b97283b2daa14195244444e33f938138d1e5f561088ce8011f4986dda33a55641259"
        "4db7c12fc40e1ff3f1bedeb7a42f5bcda0b9567f17f65855f65071fabb88ea12371877f3f77f10e1466fff6ff6973b74a933322ff0949ce3"
        "57e20abe96c3dd5cfab42c9c83e740a4d32b9e11e146f0eb3404d2e975896f74"
        ),
    ),
    (
        datetime(2019, 3, 1, 9, tzinfo=UTC), 20, "test-bucket/test-object",
        (
        "9669ed5b10664dc594c758296580662912cf4bcc5a4ba0b6bf055bcbf6f34eed7bdad664f534962174a924741a0c273a4f67bc1847cef201"
        "92a6beab44223bd9d4fbbd749c407b79997598c30f82ddc269ff47ec09fa3afe74e00616d438df0d96a7d8ad0adacfad1dc3286f864d924f"
        "e919fb0dce45d3d975c5afe8e13af2db9cc37ba77835f92f7669b61e94c6d562196c1274529e76cfff1564cc2cad7d5387dc8e12f7a5dfd9"
        "25685fe92c30b43709eee29fa2f66067472cee5423d1a3a4182fe8cea75c9329d181dc6acad7c393cd04f8bf5bc0515127d8ebd65d80c08e"
        "19ad03316053ea60033fd1b1fd85a69c576415da3bf0a3718d9ea6d03e0d66f0"
        ),
    ),
    (
        datetime(2019, 2, 1, 9, tzinfo=UTC), 10, "test-bucket2/test-object2",
        (
        "36e3d58dfd3ec1d2dd2f24b5ee372a71e811ffaa2162a2b871d26728d0354270bc116face87127532969c4a3967ed05b7309af741e19c720"
        "2f3167aa8c2ac420b61417d6451442bb91d7c822cd17be8783f01e05372769c88913561d27e6660dd8259f0081a71f831be6c50283626cbf"
        "04494ac10c394b29bb3bce74ab91548f58a37118a452693cf0483d77561fc9cac8f1765d2c724994cca46a83517a10157ee0347a233a2aae"
        "ae6e6ab5e204ff8fc5f54f90a3efdb8301d9fff5475d58cd05b181affd657f48203f4fb133c3a3d355b8eefbd10d5a0a5fd70d06e9515460"
        "ad74e22334b2cba4b29cae4f6f285cdb92d8f3126d7a1479ca3bdb69c207d860"
        ),
    ),
]  # fmt: skip


class PublishedSigner:
    """Signs with a published signature, after it has checked that Google's key made it for these very bytes."""

    email = EMAIL

    def __init__(self, signature: str) -> None:
        self._signature = bytes.fromhex(signature)

    def sign(self, data: bytes) -> bytes:
        PUBLIC.verify(self._signature, data, padding.PKCS1v15(), hashes.SHA256())
        return self._signature


@pytest.mark.parametrize(("time", "expires", "path", "signature"), VECTORS)
def test_urls_are_those_of_the_published_vectors(time: datetime, expires: int, path: str, signature: str) -> None:
    url = signed_url(f"https://storage.googleapis.com/{path}", PublishedSigner(signature), expires, now=time)
    day = f"{time:%Y%m%d}"
    assert url == (
        f"https://storage.googleapis.com/{path}?X-Goog-Algorithm=GOOG4-RSA-SHA256"
        f"&X-Goog-Credential=test-iam-credentials%40dummy-project-id.iam.gserviceaccount.com%2F{day}%2Fauto%2Fstorage"
        f"%2Fgoog4_request&X-Goog-Date={day}T090000Z&X-Goog-Expires={expires}&X-Goog-SignedHeaders=host"
        f"&X-Goog-Signature={signature}"
    )


def hmac_store() -> GcsHmacStore:
    keys = HmacKeys(access_key="GOOG1ESTUB", secret_key="secret")
    return GcsHmacStore(Location(provider=Provider.GCS, container="bucket"), GcsConfig(hmac=keys), keys)


def test_every_key_is_signed_as_it_is_sent() -> None:
    store = hmac_store()
    for key in torture_keys():
        url = urlsplit(str(store.presign(key, 60)))
        assert unquote(url.path) == f"/bucket/{key}"
        query, _, signature = url.query.rpartition("&X-Goog-Signature=")
        given = dict(parse_qsl(query))
        # botocore's canonical request of the same path and query; only the names of algorithm and scope differ.
        asked = AWSRequest(method="GET", url=f"https://{url.netloc}{url.path}?{query}")
        asked.context["timestamp"] = given["X-Goog-Date"]
        signer = S3SigV4QueryAuth(Credentials("k", "s"), "s3", "auto", expires=60)
        canonical = signer.canonical_request(asked)
        scope = given["X-Goog-Credential"].partition("/")[2]
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"GOOG4-HMAC-SHA256\n{given['X-Goog-Date']}\n{scope}\n{digest}"
        signing = b"GOOG4secret"
        for part in scope.split("/"):
            signing = hmac.digest(signing, part.encode(), "sha256")
        assert hmac.digest(signing, text.encode(), "sha256").hex() == signature
    store.close()


@pytest.mark.parametrize(("asked", "given"), [(0, "1"), (-5, "1"), (60, "60"), (10**9, str(LONGEST_S))])
def test_a_url_lives_as_long_as_google_permits(asked: int, given: str) -> None:
    store = hmac_store()
    assert dict(parse_qsl(str(store.presign("a", asked))))["X-Goog-Expires"] == given
    store.close()
