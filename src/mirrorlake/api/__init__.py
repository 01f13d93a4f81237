"""The HTTP interface: REST API, web pages and access checks. OpenAPI is the contract."""

from mirrorlake.api.server import listen, serve
from mirrorlake.api.web import create_app

__all__ = ["create_app", "listen", "serve"]
