"""The SDK: access to a library on a server from Python."""

from mirrorlake.client.client import Mirrorlake

Client = Mirrorlake  # its earlier name

__all__ = ["Client", "Mirrorlake"]
