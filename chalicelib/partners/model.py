"""Partners. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Partner:
    """A merchant's own system: where it is called, and the key (``whpk_…``) that proved it."""

    merchant: str
    callback_url: str
    public_key: str
