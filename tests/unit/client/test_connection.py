"""What a client tells of its server and its key: never the key, and a redirect is no success."""

from __future__ import annotations

import traceback
from contextlib import closing

import pytest
from tests.support.rawserver import RawServer, response, sends

from mirrorlake.client.connection import Connection
from mirrorlake.core.errors import MirrorlakeError, SourceUnreachable, UsageError

CANARY = "canary1234567890"


@pytest.mark.parametrize("byte", ["\n", "\r\n", " ", "\0", "\x01", "\x7f", "\u00e9"])
def test_a_key_that_no_header_can_contain_is_refused_and_not_shown(byte: str) -> None:
    with pytest.raises(UsageError, match="MIRRORLAKE_API_KEY") as raised:
        Connection("http://127.0.0.1:1", f"{CANARY}{byte}{CANARY}")
    assert CANARY not in "".join(traceback.format_exception(raised.value))


def test_blanks_around_a_key_are_removed() -> None:
    with RawServer(sends(response("204 No Content"))) as server:
        with closing(Connection(server.endpoint, f" {CANARY}\r\n")) as connection:
            connection.send("GET", "/x")
        assert server.heads[0].lower().endswith(f"authorization: bearer {CANARY}".encode())


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_neither_followed_nor_a_success(status: str) -> None:
    with RawServer(sends(response("204 No Content"))) as elsewhere:
        answer = response(status, Location=f"{elsewhere.endpoint}/api/v1/x")
        with (
            RawServer(sends(answer)) as server,
            closing(Connection(server.endpoint, CANARY)) as connection,
            pytest.raises(SourceUnreachable, match="not followed"),
        ):
            connection.send("DELETE", "/x")
        assert elsewhere.heads == []


def test_a_password_in_the_address_is_not_shown() -> None:
    with pytest.raises(MirrorlakeError) as raised:
        Connection(f"http://user:{CANARY}@127.0.0.1:1", None).send("GET", "/x")
    assert CANARY not in str(raised.value)
