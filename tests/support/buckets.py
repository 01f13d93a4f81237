"""Buckets for journeys: a server, a bucket in it, and the command with matching credentials."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image
from tests.support import s3stub, seaweed
from tests.support.cli import Cli, Result
from tests.support.fakegcs import FakeGcs
from tests.support.gcsstub import GcsStub


def picture(colour: str | tuple[int, int, int] = "red", size: tuple[int, int] = (24, 16), kind: str = "PNG") -> bytes:
    """One picture of one colour. As BMP, all colours have the same size in bytes."""
    held = io.BytesIO()
    Image.new("RGB", size, colour).save(held, kind)
    return held.getvalue()


def picture_no(number: int) -> bytes:
    """Pictures of different bytes for different numbers."""
    return picture((number % 256, number // 256 % 256, number // 65536), (8, 8))


def same_size_picture(number: int) -> bytes:
    """Pictures of different bytes for different numbers, all of the same size in bytes."""
    held = io.BytesIO()
    Image.new("RGB", (8, 8), (number % 256, number // 256 % 256, number // 65536)).save(held, "PNG", compress_level=0)
    return held.getvalue()


@dataclass(frozen=True)
class Bucket:
    """One bucket, with operations for tests and the command that mirrors it."""

    name: str
    endpoint: str
    cli: Cli
    put: Callable[[str, bytes], object]
    delete: Callable[[str], object]
    secrets: tuple[str, ...]
    flags: tuple[str, ...] = ()  # of every pass

    def rename(self, key: str, to: str, data: bytes) -> None:
        self.put(to, data)
        self.delete(key)

    def words(self, folder: str = "") -> list[str]:
        # One worker process: starting more would take longer than processing the few pictures of a test.
        return [f"s3://{self.name}/{folder}", "--endpoint", self.endpoint, "--jobs", "1", "--json", *self.flags]

    def mirror(self, *words: str, folder: str = "") -> Any:
        """Run a pass that must succeed; return its report."""
        result = self.cli.run("mirror", *self.words(folder), *words)
        self.keeps_secrets(result)
        assert result.code == 0, result.err
        return result.json

    def fails(self, *words: str, folder: str = "", cli: Cli | None = None) -> Any:
        """Run a pass that must fail with one sentence, which its report repeats; return the report."""
        result = (cli or self.cli).run("mirror", *self.words(folder), *words)
        self.keeps_secrets(result)
        assert result.code == 1, (result.out, result.err)
        report = result.json
        assert report["state"] == "failed"
        assert result.err.endswith(f"error: {report['error']}\n")  # after the progress lines of a slow pass
        assert "\n" not in report["error"]
        assert "Traceback" not in result.err
        return report

    def half_done(self) -> Any:
        """Run a pass that reports in one sentence what it could not list, and does the rest. Returns its report."""
        result = self.cli.run("mirror", *self.words())
        self.keeps_secrets(result)
        report = result.json
        assert (result.code, report["state"]) == (1, "succeeded")
        assert result.err.endswith(f"error: {report['error']}\n")  # after the progress lines of a slow pass
        assert "\n" not in report["error"]
        return report

    def keeps_secrets(self, result: Result) -> None:
        for secret in self.secrets:
            assert secret not in result.out
            assert secret not in result.err

    def names(self, query: str = "") -> list[str]:
        return sorted(asset["name"] for asset in self.cli.search(query))


def stub_bucket(stub: s3stub.S3Stub, cli: Cli, *flags: str) -> Bucket:
    name = f"b-{uuid.uuid4().hex[:12]}"
    stub.create_bucket(name)
    return Bucket(
        name=name,
        endpoint=stub.endpoint,
        cli=cli.with_environ(AWS_ACCESS_KEY_ID=s3stub.ACCESS_KEY, AWS_SECRET_ACCESS_KEY=s3stub.SECRET_KEY),
        put=lambda key, data: stub.put(name, key, data),
        delete=lambda key: stub.delete(name, key),
        secrets=(s3stub.SECRET_KEY,),
        flags=flags,
    )


def weed_bucket(server: seaweed.Seaweed, cli: Cli) -> Bucket:
    name = f"b-{uuid.uuid4().hex[:12]}"
    client = server.client()
    client.create_bucket(Bucket=name)
    return Bucket(
        name=name,
        endpoint=server.endpoint,
        cli=cli.with_environ(AWS_ACCESS_KEY_ID=seaweed.ACCESS_KEY, AWS_SECRET_ACCESS_KEY=seaweed.SECRET_KEY),
        put=lambda key, data: client.put_object(Bucket=name, Key=key, Body=data),
        delete=lambda key: client.delete_object(Bucket=name, Key=key),
        secrets=(seaweed.SECRET_KEY, seaweed.READER_SECRET),
    )


@dataclass(frozen=True)
class GoogleBucket(Bucket):
    """The same at Google Cloud Storage."""

    def words(self, folder: str = "") -> list[str]:
        return [f"gs://{self.name}/{folder}", "--endpoint", self.endpoint, "--jobs", "1", "--json", *self.flags]


def google_bucket(server: FakeGcs | GcsStub, cli: Cli) -> GoogleBucket:
    """A public bucket."""
    name = f"b-{uuid.uuid4().hex[:12]}"
    if isinstance(server, GcsStub):
        server.create_bucket(name, public=True)
    else:
        server.create_bucket(name)
    return GoogleBucket(
        name=name,
        endpoint=server.endpoint,
        cli=cli,
        put=lambda key, data: server.put(name, key, data),
        delete=lambda key: server.delete(name, key),
        secrets=(),
        flags=("--anonymous",),
    )
