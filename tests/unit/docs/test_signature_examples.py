"""The examples of signatures on the pages fit the signatures of the library."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.support.named import ROOT

from mirrorlake.connections.signatures import HEADER, is_signed, sign

HOW_TO = ROOT / "docs" / "how-to"
SECRET = "whsec_example"


def example(page: str) -> dict[str, Any]:
    """The names that the Python block of a page defines."""
    source = (HOW_TO / page).read_text("utf-8").partition("```python\n")[2].partition("```")[0]
    defined: dict[str, Any] = {}
    exec(source, defined)  # noqa: S102 - our own page
    return defined


def test_the_example_of_a_receiver_accepts_what_we_send_and_nothing_else() -> None:
    is_genuine = example("report-runs-with-webhooks.md")["is_genuine"]
    body, now = b'{"event": "run.held"}', int(time.time())
    assert is_genuine(SECRET, body, sign(SECRET, body, now))
    assert not is_genuine(SECRET, body + b" ", sign(SECRET, body, now))
    assert not is_genuine("other", body, sign(SECRET, body, now))
    assert not is_genuine(SECRET, body, sign(SECRET, body, now - 400))
    assert not is_genuine(SECRET, body, "v1=0")


def test_the_example_of_a_sender_is_accepted(monkeypatch: Any) -> None:
    defined = example("keep-a-datasource-fresh-with-events.md")
    sent: dict[str, Any] = {}

    class Response:
        def raise_for_status(self) -> None:
            """Nothing."""

    def post(url: str, **given: Any) -> Response:
        sent.update(given, url=url)
        return Response()

    monkeypatch.setattr(defined["httpx"], "post", post)
    defined["report"]("http://127.0.0.1:8765", "pictures", SECRET, ["a.png"])
    assert sent["url"] == "http://127.0.0.1:8765/api/v1/events/pictures"
    assert is_signed(SECRET, sent["content"], sent["headers"][HEADER], int(time.time()))
    assert json.loads(sent["content"]) == {"events": [{"key": "a.png", "kind": "created"}]}
