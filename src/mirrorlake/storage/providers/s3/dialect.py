"""How the protocol differs between AWS, with what imitates it, and the XML API of Google Cloud Storage."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What is the token of an object, and the names for messages."""

    scheme: str  # of addresses
    list_permission: str
    get_permission: str
    version_element: str  # of an object in a listing
    version_header: str  # of a response
    if_match: bool  # whether If-Match compares that token
    version_parameter: str  # of a request for a version
    version_permission: str


AWS = Dialect(
    scheme="s3",
    list_permission="s3:ListBucket",
    get_permission="s3:GetObject",
    version_element="ETag",
    version_header="ETag",
    if_match=True,
    version_parameter="versionId",
    version_permission="s3:GetObjectVersion",
)
# The JSON API lists generations too, so that a bucket keeps its tokens whatever the credentials.
# https://cloud.google.com/storage/docs/xml-api/get-bucket-list
GOOGLE = Dialect(
    scheme="gs",
    list_permission="storage.objects.list",
    get_permission="storage.objects.get",
    version_element="Generation",
    version_header="x-goog-generation",
    if_match=False,
    version_parameter="generation",
    version_permission="storage.objects.get",
)
