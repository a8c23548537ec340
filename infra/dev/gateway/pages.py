"""The pages of faces/ on one machine, as S3 behind API Gateway answers them: with an ETag, and compressed."""

import gzip
import hashlib
import json
from functools import lru_cache
from pathlib import Path

from infra.dev.gateway import sign_in
from infra.dev.gateway.events import Answer, Environ, path_of
from infra.release import faces

_BESIDE = {f"/{face}" for face in faces.PAGES}  # an address without its slash
_EMULATOR = faces.Beside(files="http://127.0.0.1:*")  # documents lie there, under a port of their own


def answer(environ: Environ) -> Answer | None:
    """A page or one of its files, or None where the address is none of theirs."""
    path, method = path_of(environ), environ["REQUEST_METHOD"]
    if path == sign_in.PATH or path.startswith(f"{sign_in.PATH}/"):
        return sign_in.answer(environ)
    if method not in ("GET", "HEAD"):
        return None
    if path == f"/{faces.CONFIG}":
        return _sent(environ, faces.CONFIG, json.dumps({"sign_in": sign_in.PATH.strip("/")}).encode())
    if path in _BESIDE:  # exactly: `//citizen/` would lead to a host of that name
        query = environ.get("QUERY_STRING", "")
        place = f"{path}/?{query}" if query else f"{path}/"
        return "308 Permanent Redirect", [("Location", place), ("Content-Length", "0")], b""
    file = faces.file_of(path)
    content = _read(file) if file else None
    return None if file is None or content is None else _sent(environ, file, content)


def _read(file: str) -> bytes | None:
    """Read each time: whoever builds the pages sees them at once."""
    path = faces.DIST / file
    return path.read_bytes() if Path(file).suffix in faces.TYPES and path.is_file() else None


def _sent(environ: Environ, file: str, content: bytes) -> Answer:
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = [*faces.headers(file, _EMULATOR).items(), ("ETag", etag), ("Vary", "Accept-Encoding")]
    if etag in environ.get("HTTP_IF_NONE_MATCH", ""):
        return "304 Not Modified", headers, b""
    if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
        content, headers = _smaller(content), [*headers, ("Content-Encoding", "gzip")]
    return "200 OK", [*headers, ("Content-Length", str(len(content)))], content


@lru_cache(maxsize=256)
def _smaller(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)
