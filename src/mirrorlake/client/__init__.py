"""The SDK: access to a library on a server from Python."""

from mirrorlake.client.client import Client

__all__ = ["Client"]
