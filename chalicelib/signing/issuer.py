"""The keys of the issuer of tokens: fetched when first needed, kept for an hour, and again for a key not yet known."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

from chalicelib.signing import jose

_KEPT_SECONDS, _PATIENCE_SECONDS, _BYTES_MAX = 3600, 3, 1 << 20
_UNNAMED_SECONDS = 300  # a token that names no key does not show that there is a new one
_PROVEN_MAX = 10_000  # tokens: a few megabytes
_AGAIN_SECONDS = 10  # whoever sends unknown key ids must not make us call the issuer for each


class IssuerAway(Exception):
    """The issuer's keys are not available: our fault or its own, not the token's."""


class IssuerKeys:
    """``url`` is https, or a file's on one machine."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url, self._clock = url, clock
        self._keys: tuple[jose.Key, ...] = ()
        self._fetched = float("-inf")
        self._proven: dict[bytes, bytes] = {}

    def payload(self, token: str) -> bytes:
        """What the issuer has signed. Raises jose.Invalid where it has not, IssuerAway where nobody can tell.

        A signature is checked once while the keys stay the same: that takes a millisecond and more. Keys that are new
        enough for a token that names none are new enough for any.
        """
        digest = hashlib.sha256(token.encode()).digest()
        known = self._proven.get(digest)
        if known is not None and self._clock() - self._fetched <= _UNNAMED_SECONDS:
            return known
        keys = self.for_token(token)
        if (known := self._proven.get(digest)) is not None:  # none is, where the keys were fetched again
            return known
        payload = jose.verify(token, keys)
        if len(self._proven) >= _PROVEN_MAX:
            self._proven.clear()
        self._proven[digest] = payload
        return payload

    def for_token(self, token: str) -> tuple[jose.Key, ...]:
        """The keys to judge ``token`` by. Raises IssuerAway, and jose.Invalid for what is no token at all."""
        known, age = jose.judges(token, self._keys), self._clock() - self._fetched
        kept = _UNNAMED_SECONDS if jose.key_id(token) is None else _KEPT_SECONDS
        if age > (kept if known else _AGAIN_SECONDS):
            self._fetch(stale_will_do=bool(self._keys))
        return self._keys

    def _fetch(self, *, stale_will_do: bool) -> None:
        try:
            self._keys = jose.key_set(_read(self._url))
            self._proven = {}
        except (OSError, ValueError) as error:
            if not stale_will_do:
                raise IssuerAway(self._url) from error
        self._fetched = self._clock()


def _read(url: str) -> str:
    if url.startswith("file://"):
        return Path(unquote(urlsplit(url).path)).read_text()
    with urlopen(Request(url, headers={"Accept": "application/json"}), timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310 (https)
        text: str = answer.read(_BYTES_MAX).decode()
    return text
