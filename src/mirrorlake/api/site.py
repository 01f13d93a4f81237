"""The web pages: the built web app in the package, and the address that signs a browser in."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from mirrorlake.api.access import Gate
from mirrorlake.api.routing import is_api

BUILT: Final = Path(__file__).parent / "static"
_NOT_BUILT: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>mirrorlake</title>
<h1>The web pages are not built yet</h1>
<p>The API is available under <code>/api/v1</code>, but this copy of mirrorlake does not contain the web pages.</p>
<p>Build them with <code>make setup</code>, or with <code>npm ci &amp;&amp; npm run build</code> in the
<code>ui</code> folder, then reload.</p></html>"""
# The system's own table may be wrong or empty; a build contains only these types.
_TYPES: Final = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".html": "text/html",
    ".json": "application/json",
    ".txt": "text/plain",
}
# What monitoring asks of servers, and no page is at. With the app as the answer, it would take anything for a success.
_PROBES: Final = frozenset({"/health", "/healthz", "/live", "/livez", "/metrics", "/ping", "/ready", "/readyz"})


@dataclass(frozen=True, slots=True)
class Site:
    """Serves one folder of built files. Public: the pages contain no data of the library."""

    gate: Gate
    folder: Path = BUILT

    def page(self, request: Request) -> Response:
        """A file of the build, or the app for the address of a page."""
        path = request.url.path
        if is_api(path) or path in _PROBES:
            raise HTTPException(404)
        signed_in = self.gate.sign_in(request)
        if signed_in is not None:
            return signed_in
        if "." not in path:
            return self._app()
        return self._file(path.lstrip("/"))

    def _app(self) -> Response:
        headers = {
            "Cache-Control": "no-store"
        }  # it names the hashed files: an old copy would request files that no longer exist
        index = self.folder / "index.html"
        if not index.is_file():
            return HTMLResponse(_NOT_BUILT, status_code=503, headers=headers)
        return Response(index.read_bytes(), media_type="text/html", headers=headers)

    def _file(self, name: str) -> Response:
        file = self._inside(name)
        if file is None:
            raise HTTPException(404)
        hashed = file.parent.name == "assets"  # where the build puts files whose names carry their hash
        cache = "public, max-age=31536000, immutable" if hashed else "no-cache"
        kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return Response(file.read_bytes(), media_type=kind, headers={"Cache-Control": cache})

    def _inside(self, name: str) -> Path | None:
        """The file of that name, if it is part of the build."""
        root = self.folder.resolve()
        try:
            file = (root / name).resolve()
            known = file.is_relative_to(root) and file.is_file() and not file.name.startswith(".")
        except (ValueError, OSError):  # NUL in the name, or a name too long for the file system
            return None
        return file if known else None
