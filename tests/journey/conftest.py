"""A library of its own for each journey, on the database server that all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.support.cli import Cli
from tests.support.postgres import Server


@pytest.fixture
def cli(tmp_path: Path, postgres_server: Server) -> Iterator[Cli]:
    parts = conninfo_to_dict(postgres_server.new_database())
    url = f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}"
    yield Cli(tmp_path / "home", {"MIRRORLAKE_DATABASE_URL": url})
