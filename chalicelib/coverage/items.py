"""What is kept about the flags of a person's certificates. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """``turn``: the Record that last changed a flag. ``reach``: the place of the oldest flag that stands, if any."""

    turn: str | None = None
    reach: str | None = None
