"""Own functions: what a file of one may import, and the processes that call it.

from mirrorlake.functions import Asset, Label, Result, Run
"""

from __future__ import annotations

from mirrorlake.functions.contract import Asset, Label, Result, Run

__all__ = ["Asset", "Label", "Result", "Run"]
