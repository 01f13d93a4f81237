"""The composition root: wires the parts together and exposes the use cases."""

from mirrorlake.app.library import Library
from mirrorlake.app.request import MirrorRequest

__all__ = ["Library", "MirrorRequest"]
