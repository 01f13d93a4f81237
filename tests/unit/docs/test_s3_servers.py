"""The page about S3-compatible servers has a row for each difference that the tests know, and for no other."""

from __future__ import annotations

import re
from collections import Counter

from tests.support.named import ROOT
from tests.support.s3quirks import QUIRKS

PAGE = (ROOT / "docs" / "reference" / "s3-servers.md").read_text("utf-8")


def test_every_difference_is_described_once() -> None:
    cells = re.findall(r"\| ((?:`[a-z0-9-]+`(?:, )?)+) \|$", PAGE, re.MULTILINE)
    named = Counter(name for cell in cells for name in re.findall(r"`([a-z0-9-]+)`", cell))
    assert named == dict.fromkeys(QUIRKS, 1)
