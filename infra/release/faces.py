"""The built pages of faces/: which file an address means, and what each is sent with. The same here and deployed."""

from pathlib import Path

from infra.here import ROOT

DIST = ROOT / "faces" / "dist"
CONFIG = "faces.json"  # how people sign in; each place has its own
# Faces, and the addresses in each beside its own that lead to the same page.
PAGES = {"citizen": ("consent",), "portal": (), "desk": (), "transparency": ()}
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
# A browser keeps what a digest names for ever, and asks again for what names others.
FOR_EVER, ASK_AGAIN = "public, max-age=31536000, immutable", "no-cache"


def file_of(path: str) -> str | None:
    """The file in the build that an address means: ``/citizen/`` is citizen/index.html."""
    parts = path.removeprefix("/").split("/")
    if len(parts) != 2 or "" in parts[:1]:
        return None
    folder, name = parts
    if folder in PAGES and name in ("", *PAGES[folder]):
        return f"{folder}/index.html"
    return f"assets/{name}" if folder == "assets" and name else None


def headers(file: str, connect: str = "") -> dict[str, str]:
    """What a file is sent with. ``connect`` names what pages may talk to beside their own origin: the bucket of
    documents, the issuer of tokens."""
    kind = Path(file).suffix
    found = {
        "Content-Type": TYPES[kind],
        "Cache-Control": FOR_EVER if file.startswith("assets/") else ASK_AGAIN,
        "X-Content-Type-Options": "nosniff",
    }
    if kind != ".html":
        return found
    return found | {"Content-Security-Policy": policy(connect), "Referrer-Policy": "no-referrer"}


def policy(connect: str = "") -> str:
    """Nothing from elsewhere and nothing inline; files of documents are shown from ``connect`` alone."""
    more = f" {connect}" if connect else ""
    return (
        f"default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:{more};"
        f" connect-src 'self'{more}; frame-src 'self' blob:{more}; object-src 'none'; base-uri 'none';"
        f" form-action 'self'; frame-ancestors 'none'"
    )
