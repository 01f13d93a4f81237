"""How requests reach a server: what a connection specifies for those to the bucket and to token services alike."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """The default is for the machine's own credentials: its proxy, and every address that is not forbidden."""

    ca_bundle: str | None = None  # path of a PEM file with additional authorities
    proxy: str | None = field(default=None, repr=False)  # its address may contain a login
    networks: tuple[str, ...] | None = None  # see `storage.connections.is_forbidden`


MACHINE = Wire()
