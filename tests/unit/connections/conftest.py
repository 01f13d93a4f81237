"""One AWS server for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.ministack_server import Ministack


@pytest.fixture(scope="session")
def aws() -> Iterator[Ministack]:
    with Ministack() as server:
        yield server
