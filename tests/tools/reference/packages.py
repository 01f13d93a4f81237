"""The packages of the source, in the order of the import layers, with the first line of their docstrings."""

from __future__ import annotations

import ast
import re
import tomllib

from tests.support.named import ROOT, SOURCE
from tests.tools.reference.markdown import code, table


def package_reference() -> str:
    """A row for each package, those that all others may import first."""
    packages = [path.parent.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("__init__.py")]
    order = layers()
    packages = sorted((one for one in packages if one != "."), key=lambda one: (order.index(one.split("/")[0]), one))
    return table(("Package", "Content"), [(code(f"{one}/"), first_line(one)) for one in packages])


def layers() -> list[str]:
    """The top-level packages from the bottom up, as the contract of the import linter has them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    rows = next(one["layers"] for one in contracts if one["type"] == "layers")
    return [name for row in reversed(rows) for name in re.findall(r"\w+", row)]


def first_line(package: str) -> str:
    """The first line of the docstring of a package."""
    docstring = ast.get_docstring(ast.parse((SOURCE / package / "__init__.py").read_text("utf-8")))
    return (docstring or "").partition("\n")[0]
