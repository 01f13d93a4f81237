"""ETags as servers and proxies write them, and the token that each becomes."""

from __future__ import annotations

from datetime import datetime


def unquoted(etag: str) -> str:
    """The opaque part of an ETag. `"x"`, `W/"x"` and `x` are one version: proxies weaken tags, servers omit quotes."""
    tag = etag.strip()
    if tag[:2] in ("W/", "w/"):
        tag = tag[2:]
    return tag.strip('"') if len(tag) > 1 and tag[0] == tag[-1] == '"' else etag


def token_of(etag: str | None, modified: datetime | None) -> str:
    """The token of an object by its response headers. Without an ETag it is the date, as in a listing."""
    tag = unquoted(etag or "")
    if tag or modified is None:
        return tag
    return modified.strftime("%Y-%m-%dT%H:%M:%S.000Z")
