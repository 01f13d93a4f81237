"""A new companion role is a row in the registry and a reader: all else follows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.postgres import Server

from mirrorlake.catalog.companions import APPLIERS
from mirrorlake.model.companions import ROLES
from mirrorlake.select.companion_readers import READERS

ROOT = Path(__file__).parents[2]


def test_a_role_of_a_test_goes_all_the_way_from_the_listing_to_a_pass_that_plans_nothing(
    postgres_server: Server, tmp_path: Path
):
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.labelled", postgres_server.new_database(), str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_role_has_a_reader_and_names_that_columns_can_have():
    names = [role.name for role in ROLES]
    assert len(set(names)) == len(names)
    assert set(READERS) == set(names)
    assert set(APPLIERS) <= set(names)
    for role in ROLES:
        assert role.name.isascii()
        assert role.name.isalpha()
        assert role.name.islower()
        assert role.stem_suffix is None or (role.stem_suffix.count("."), role.stem_suffix[0]) == (1, ".")
