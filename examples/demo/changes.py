"""The four changes that the demo makes in its bucket, and what a pass must then report."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass

from examples.demo.bucket import DemoBucket, sidecar_of
from mypy_boto3_s3 import S3Client
from PIL import Image, ImageOps

BUCKET = "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Which keys are touched, and how."""

    replaced: str
    deleted: str
    described: str  # its sidecar is edited
    renamed: str
    renamed_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The counts of the report that the demo checks, and the GETs that the changes are worth."""

    new: int = 0
    changed: int = 1
    metadata_changed: int = 1
    moved: int = 1
    removed: int = 1
    get: int = 2  # the replaced photograph and the edited sidecar; a rename reads nothing


def choose(bucket: DemoBucket) -> Changes:
    """Four different photographs: ordinary ones in the folder of a camera, so that they are easy to find."""
    plain = [key for key in bucket.plain if key.startswith("cameras/") and key.endswith(".jpg")]
    described = next(key for key in bucket.described if key.startswith("cameras/"))
    replaced, deleted, renamed = plain[:3]
    folder, _, name = renamed.rpartition("/")
    return Changes(
        replaced=replaced,
        deleted=deleted,
        described=described,
        renamed=renamed,
        renamed_to=f"{folder}/best of {name}",
    )


def make(changes: Changes, client: S3Client) -> None:
    """Make the four changes in the bucket."""
    body = client.get_object(Bucket=BUCKET, Key=changes.replaced)["Body"].read()
    client.put_object(Bucket=BUCKET, Key=changes.replaced, Body=_mirrored(body), ContentType="image/jpeg")
    client.delete_object(Bucket=BUCKET, Key=changes.deleted)
    sidecar = sidecar_of(changes.described)
    facts = json.loads(client.get_object(Bucket=BUCKET, Key=sidecar)["Body"].read())
    facts |= {"reviewed": not facts["reviewed"], "reviewer": "Ada"}
    client.put_object(Bucket=BUCKET, Key=sidecar, Body=json.dumps(facts).encode(), ContentType="application/json")
    # S3 knows no renaming: every tool copies and deletes.
    client.copy_object(Bucket=BUCKET, Key=changes.renamed_to, CopySource={"Bucket": BUCKET, "Key": changes.renamed})
    client.delete_object(Bucket=BUCKET, Key=changes.renamed)


def differences(report: dict[str, object], expected: Expected) -> list[str]:
    """One sentence for each difference from the expected report."""
    requests = report.get("requests")
    got = {**report, "get": requests.get("get") if isinstance(requests, dict) else None}
    return [
        f"{name} should be {wanted} and is {got.get(name)}"
        for name, wanted in asdict(expected).items()
        if got.get(name) != wanted
    ]


def _mirrored(body: bytes) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(body)) as image:
        ImageOps.mirror(image.convert("RGB")).save(out, "JPEG", quality=88)
    return out.getvalue()
