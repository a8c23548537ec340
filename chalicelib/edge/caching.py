"""Public reads can be cached (RFC 9111): a validator for each answer, and how long it stays fresh.

Private answers are never cached. What a public read declares here is sent alike by the local gateway and by Lambda.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from chalice.app import Response

# Seconds that an answer may be used without asking again, by the kind of read
REVALIDATE = 0  # kept, but compared each time: what must show a change at once
LIVE = 5  # stock, sums, states that change with every sale
LISTED = 60  # what changes a few times a day
STABLE = 300  # what changes with a deployment or less
_VARY = "Accept, Accept-Language, Accept-Encoding"  # API Gateway compresses


def answer(given: Response, headers: Mapping[str, str], seconds: int) -> Response:
    """``given`` with its validator and freshness; 304 where the caller has it already (RFC 9110, 13.1.2).

    A view may name another Cache-Control, as assets do that never change.
    """
    if given.status_code != 200:
        return given
    tag = _tag(given.body)
    fresh = f"public, max-age={seconds}" if seconds else "no-cache"
    sent: dict[str, Any] = {"Cache-Control": fresh, "Vary": _VARY} | given.headers | {"ETag": tag}
    if _matches(headers.get("if-none-match", ""), tag):
        kept = ("ETag", "Cache-Control", "Vary", "Content-Language")
        return Response("", {name: sent[name] for name in kept if name in sent}, 304)
    return Response(given.body, sent, 200)


def _tag(body: Any) -> str:
    content = body if isinstance(body, bytes) else str(body).encode()
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _matches(header: str, tag: str) -> bool:
    """Weak comparison: a proxy that compresses an answer weakens its tag."""
    named = [each.strip().removeprefix("W/") for each in header.split(",")]
    return tag in named or named == ["*"]
