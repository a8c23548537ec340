"""Codes of vouchers as they are kept. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Codes:
    """Some codes of a till, in the order in which they are handed out."""

    first: int
    codes: tuple[str, ...]


@dataclass(frozen=True)
class KnownCodes:
    """Hashes of codes that an offer ever had."""

    hashes: frozenset[str] = frozenset()
