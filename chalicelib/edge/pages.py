"""Pages for people: what every page and its assets are sent with, and who would rather have one than JSON."""

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from chalice.app import Response

from chalicelib.edge import problem
from chalicelib.errors import NotFound

HTML = "text/html; charset=utf-8"
JSON = "application/json"
PDF = "application/pdf"
BINARY = (PDF,)  # what API Gateway and Chalice are to hand out as bytes

# Nothing from elsewhere, no inline script, no inline style, no frame. Swagger UI's icons are data: URLs in its CSS.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_CSP = "Content-Security-Policy"
FORMS = {_CSP: HEADERS[_CSP].replace("form-action 'none'", "form-action 'self'")}  # of a page that holds a form


def preferred(headers: Mapping[str, str], *offered: str) -> str:
    """Which of the ``offered`` media types to answer: one that Accept names and likes best, otherwise the first."""
    weights = dict(problem.weights(headers.get("accept", "")))
    return max(offered, key=lambda kind: weights.get(kind, 0.0))


def page(content: str | bytes, content_type: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that people look at. How long it stays fresh is the route's to say."""
    return Response(content, dict({"Content-Type": content_type} | HEADERS | dict(headers or {})), 200)


class Assets:
    """Files that pages refer to: paths and types by name. Text only, Chalice would hand out others as base64."""

    def __init__(self, files: Mapping[str, tuple[Path, str]]) -> None:
        self._files = files

    @cached_property
    def version(self) -> str:
        """Changes whenever a file does, so that browsers may keep what they have for ever."""
        read = b"".join(path.read_bytes() for path, _ in self._files.values())
        return hashlib.sha256(read).hexdigest()[:12]

    def answer(self, asked: str, name: str) -> Response:
        """A file. While versions change over, the other one's is answered but not kept. Raises NotFound."""
        if name not in self._files:
            raise NotFound()
        path, content_type = self._files[name]
        cache = "public, max-age=31536000, immutable" if asked == self.version else "no-store"
        return page(path.read_text("utf-8"), content_type, {"Cache-Control": cache})
