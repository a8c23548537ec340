"""How many disputes a month had. Pure."""

from chalicelib.kernel.fields import Answer


class DisputeCounts(Answer):
    """Disputes that were opened in the month, and those that ended in it: by a ruling (``upheld``, ``dismissed``), by
    the person (``withdrawn``), or because the object was given back without one (``resolved``).
    """

    opened: int = 0
    upheld: int = 0
    dismissed: int = 0
    withdrawn: int = 0
    resolved: int = 0
