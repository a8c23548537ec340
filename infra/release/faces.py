"""The built pages of faces/: which file an address means, and what each is sent with. The same here and deployed."""

from pathlib import Path
from typing import NamedTuple

from infra.here import ROOT

DIST = ROOT / "faces" / "dist"
BUILT = "pages"  # a copy of it, in build/STAGE: what is deployed is what was packaged
CONFIG = "faces.json"  # how people sign in; each place has its own
ASSETS = "assets"
# Faces, and the addresses in each beside its own that lead to the same page.
PAGES = {"citizen": ("consent",), "portal": (), "desk": (), "transparency": ()}
# All of them text: API Gateway passes bytes on only as types that it was given, and then not to every browser.
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
OF_S3 = ("Content-Type", "Cache-Control")  # S3 sends these itself; others it keeps beside the file
# A browser keeps what a digest names for ever, and asks again for what names others.
FOR_EVER, ASK_AGAIN = "public, max-age=31536000, immutable", "no-cache"


class Beside(NamedTuple):
    """What pages may reach beside their own origin: origins separated by blanks."""

    files: str = ""  # the bucket of documents
    issuer: str = ""  # who signs people in


NOTHING = Beside()


def file_of(path: str) -> str | None:
    """The file in the build that an address means: ``/citizen/`` is citizen/index.html."""
    parts = path.removeprefix("/").split("/")
    if len(parts) != 2 or "" in parts[:1]:
        return None
    folder, name = parts
    if folder in PAGES and name in ("", *PAGES[folder]):
        return f"{folder}/index.html"
    return f"{ASSETS}/{name}" if folder == ASSETS and name else None


def headers(file: str, beside: Beside = NOTHING) -> dict[str, str]:
    """What a file is sent with."""
    kind = Path(file).suffix
    found = {
        "Content-Type": TYPES[kind],
        "Cache-Control": FOR_EVER if file.startswith(f"{ASSETS}/") else ASK_AGAIN,
        "X-Content-Type-Options": "nosniff",
    }
    if kind != ".html":
        return found
    return found | {"Content-Security-Policy": policy(beside), "Referrer-Policy": "no-referrer"}


def policy(beside: Beside = NOTHING) -> str:
    """Nothing from elsewhere and nothing inline. Documents are shown from their bucket, and the issuer is asked."""
    files, both = (f" {each}" if each else "" for each in (beside.files, " ".join(filter(None, beside))))
    return (
        f"default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:{files};"
        f" connect-src 'self'{both}; frame-src 'self' blob:{files}; object-src 'none'; base-uri 'none';"
        f" form-action 'self'; frame-ancestors 'none'"
    )
