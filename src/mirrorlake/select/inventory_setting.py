"""Read the setting that names the inventories of a bucket. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from mirrorlake.core.errors import SettingsError, UsageError
from mirrorlake.select.json_reader import Json, quote, read_text
from mirrorlake.storage.address import parse_location
from mirrorlake.storage.providers.registry import has_inventories


def read_inventory(given: Mapping[str, Json], where: str) -> str | None:
    """The canonical address of the folder with inventories; None without one. Raises SettingsError."""
    address = read_text(dict(given), "inventory", where)
    if address is None:
        return None
    try:
        location = parse_location(address)
    except UsageError as error:
        raise SettingsError(f"{where}inventory: {error.message}", error.fix, field=f"{where}inventory") from error
    if not has_inventories(location.provider):
        raise SettingsError(
            f"{where}inventory is {quote(address)}, but only S3 writes inventories that mirrorlake reads.",
            "Write the folder of an inventory, such as s3://reports/photos/daily/.",
            field=f"{where}inventory",
        )
    return location.uri
