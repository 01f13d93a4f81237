"""The configuration of the embedded PostgreSQL: a workstation's database, accessible to its own user only."""

from __future__ import annotations

import os
from pathlib import Path

from mirrorlake.postgres.data_dir import DataDir

ROLE = "mirrorlake"  # the one database role; also the name of the database
MIB = 1024 * 1024


def write_configuration(place: DataDir, *, system_users: list[str]) -> None:
    """Write PostgreSQL's three configuration files for this version of mirrorlake.

    Only `system_users` may connect. Custom settings belong in `local.conf` beside the data folder.
    """
    _replace(place, "postgresql.conf", _settings(place))
    _replace(place, "pg_hba.conf", f"local all all peer map={ROLE}\n")
    users = dict.fromkeys(system_users)
    _replace(place, "pg_ident.conf", "".join(f'{ROLE} "{user}" {ROLE}\n' for user in users))


def _settings(place: DataDir) -> str:
    memory = memory_bytes()
    buffers = max(32, min(1024, memory // 16 // MIB))
    values = {
        # Only a socket in a folder that no other user can enter: no port, no password.
        "listen_addresses": "",
        "unix_socket_directories": os.fspath(place.socket_folder),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        # A restore locks about a thousand objects for each workspace, all in one transaction.
        "max_locks_per_transaction": "1024",
        # The indexes of ten million assets take gigabytes: what does not fit here is copied, and written twice.
        "shared_buffers": f"{buffers}MB",
        "effective_cache_size": f"{max(128, memory // 2 // MIB)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": f"{min(256, buffers)}MB",
        # In our own files: /dev/shm is tiny in containers and is emptied when a user logs out.
        "dynamic_shared_memory_type": "mmap",
        "io_method": "worker",
        "io_workers": "2",
        # A confirmed commit must survive a power cut. Passes commit in groups, so it costs little.
        "synchronous_commit": "on",
        "max_wal_size": "2GB",
        "min_wal_size": "128MB",
        "checkpoint_timeout": "10min",
        "random_page_cost": "1.1",
        "jit": "off",
        # Large updates of the narrow table must be vacuumed soon, or reading it in key order becomes a sort.
        "autovacuum_naptime": "10s",
        "autovacuum_vacuum_cost_limit": "2000",
        "logging_collector": "on",
        "log_directory": os.fspath(place.logs),
        "log_filename": "postgresql-%Y%m%d-%H%M%S.log",
        "log_file_mode": "0600",
        "log_rotation_age": "0",
        "log_rotation_size": "10MB",
        "log_line_prefix": "%m [%p] ",
        "log_timezone": "UTC",
        "timezone": "UTC",
        "cluster_name": ROLE,
    }
    lines = [f"{name} = '{_quote(value)}'" for name, value in values.items()]
    lines.append(f"include_if_exists = '{_quote(os.fspath(place.base / 'local.conf'))}'")
    return (
        "# Overwritten at every start. Put custom settings into the file named in the last line.\n"
        + "\n".join(lines)
        + "\n"
    )


def _quote(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")


def memory_bytes() -> int:
    """The memory of this machine, or of the container it runs in."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text("ascii").strip()
    except OSError:
        return total
    return min(total, int(limit)) if limit.isdigit() else total


def _replace(place: DataDir, name: str, text: str) -> None:
    """Replace a file atomically. If we are root, another user owns the folder, so no link is followed."""
    temporary = place.data / f"{name}.new"
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(os.fsencode(text))
        if os.geteuid() == 0:
            os.fchown(file.fileno(), place.account.uid, place.account.gid)
    temporary.replace(place.data / name)
