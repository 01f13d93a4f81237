"""Lists that come by pages name the next one in a header."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from mirrorlake.api.routing import keep_encoded_slashes, list_answer
from mirrorlake.model.pages import Page


def test_the_address_of_the_next_page_is_written_as_the_request_was() -> None:
    raw = b"/api/v1/snapshots/R%2F7%20%E6%97%A5@1/assets"
    scope: dict[str, Any] = {
        "type": "http",
        "path": "/api/v1/snapshots/R/7 日@1/assets",
        "raw_path": raw,
        "headers": [],
    }
    scope["query_string"] = b"limit=2&cursor=before"
    keep_encoded_slashes(scope)
    link = list_answer(Request(scope), Page(items=(), next_cursor="a+b")).headers["link"]
    assert link == '</api/v1/snapshots/R%2F7%20%E6%97%A5@1/assets?limit=2&cursor=a%2Bb>; rel="next"'
