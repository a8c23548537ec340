"""Codes of vouchers as they are kept. Pure."""

from dataclasses import dataclass
from typing import NamedTuple

from chalicelib.mall.items import Till


class HandOut(NamedTuple):
    """A till as read, and the codes that its next sale hands out; none where it has too few."""

    till: Till
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Codes:
    """Some codes of a till, in the order in which they are handed out."""

    first: int
    codes: tuple[str, ...]


@dataclass(frozen=True)
class KnownCodes:
    """Hashes of codes that an offer ever had."""

    hashes: frozenset[str] = frozenset()
