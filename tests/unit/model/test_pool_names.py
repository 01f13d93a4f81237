"""Pools have short names that are safe in a command."""

from __future__ import annotations

import pytest

from mirrorlake.core.errors import UsageError
from mirrorlake.model.pool_names import check_pool


@pytest.mark.parametrize("name", ["default", "gpu", "team-a_2", "7", "a" * 63])
def test_a_plain_name_is_a_pool(name: str):
    assert check_pool(name) == name


@pytest.mark.parametrize("name", ["", "GPU", "-x", "a b", "a" * 64, "a\n", "é"])
def test_any_other_name_is_refused(name: str):
    with pytest.raises(UsageError, match="Invalid name of a pool"):
        check_pool(name)
