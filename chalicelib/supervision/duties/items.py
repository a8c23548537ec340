"""Since when duties of a merchant are not kept, as it is remembered. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Duties:
    """What a merchant was last warned of: since when, by the code of each warning.

    ``looked_at``: when that was measured. ``delisted_at``: its offers left the shelf for it; ``delisted_for`` names the
    warnings, and ``by_takedown`` whether only its sub-platform's taking offers down made them. It is listed by the time
    of its oldest warning that may lead to that; then by the time when it did.
    """

    merchant: str
    looked_at: str
    since: Mapping[str, str] = field(default_factory=dict)
    delisted_at: str | None = None
    delisted_for: tuple[str, ...] = ()
    by_takedown: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Round:
    """How far the daily look at all merchants has come: the place in their list (``after``), None at the end of it."""

    day: str
    after: Mapping[str, str] = field(default_factory=dict)
    done: bool = False
