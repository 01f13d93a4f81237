"""Routes of connections. Their secrets are write-only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from mirrorlake.api.routing import Bound, add_route
from mirrorlake.api.schemas.connections import ConnectionChange, NewConnection, Origin
from mirrorlake.model.access import Permission
from mirrorlake.model.connection_documents import ConnectionDocuments
from mirrorlake.model.connections import Connection, Health

ConnectionName = Annotated[str, Path(max_length=1024, description="Name of the connection.")]


def show_all(library: Bound) -> Sequence[Connection]:
    """List all connections, without their secrets."""
    return library.connections.list()


def add(library: Bound, connection: NewConnection) -> Connection:
    """Store a connection. Makes no request to any server."""
    given = connection
    return library.connections.add(given.name, given.kind, settings=given.settings, secrets=given.secrets)


def get(library: Bound, name: ConnectionName) -> Connection:
    """Get a connection, without its secrets."""
    return library.connections.get(name)


def change(library: Bound, name: ConnectionName, change: ConnectionChange) -> Connection:
    """Change settings or secrets, and keep the others. What begins afterwards uses them."""
    return library.connections.change(name, settings=change.settings, secrets=change.secrets)


def check(library: Bound, name: ConnectionName, origin: Origin = None) -> Health:
    """Try each ability with real requests, store the result, and correct a wrong region. Half a minute at most."""
    return library.connections.check(name, origin=origin)


def documents(
    library: Bound,
    name: ConnectionName,
    *,
    origin: Origin = None,
    queue: Annotated[
        str | None, Query(max_length=1024, description="Queue or topic for events: an ARN on AWS, else its name.")
    ] = None,
    versions: Annotated[
        bool, Query(description="Also grant reading earlier versions of objects on S3, for snapshots.")
    ] = False,
) -> ConnectionDocuments:
    """Get the documents that grant the connection its bucket and prefix, ready to paste."""
    return library.connections.documents(name, origin=origin, queue=queue, versions=versions)


def delete(library: Bound, name: ConnectionName) -> Response:
    """Delete a connection with its secrets. Fails with 409 while datasources use it."""
    library.connections.delete(name)
    return Response(status_code=204)


def connection_routes() -> APIRouter:
    """The routes under /connections."""
    router = APIRouter(prefix="/connections", tags=["connections"])
    add_route(router, "GET", "", show_all, operation="listConnections", needs=Permission.CONNECTIONS_READ)
    add_route(router, "POST", "", add, operation="addConnection", needs=Permission.CONNECTIONS_EDIT, status=201)
    add_route(router, "GET", "/{name}", get, operation="getConnection", needs=Permission.CONNECTIONS_READ)
    add_route(router, "PATCH", "/{name}", change, operation="changeConnection", needs=Permission.CONNECTIONS_EDIT)
    add_route(router, "POST", "/{name}/check", check, operation="checkConnection", needs=Permission.CONNECTIONS_EDIT)
    add_route(
        router,
        "GET",
        "/{name}/documents",
        documents,
        operation="getConnectionDocuments",
        needs=Permission.CONNECTIONS_READ,
    )
    add_route(
        router,
        "DELETE",
        "/{name}",
        delete,
        operation="deleteConnection",
        needs=Permission.CONNECTIONS_EDIT,
        status=204,
        response_class=Response,
    )
    return router
