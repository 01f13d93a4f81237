"""Fixtures that many tests share live in `tests/support`, one file for each real service."""

pytest_plugins = ["tests.support.postgres"]
