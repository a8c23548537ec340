"""Registering a merchant's system."""

from chalicelib.table import keys
from chalicelib.table.write import Write, update


def register(*, merchant: str, callback_url: str, public_key: str, at: str) -> Write:
    """From now on ``merchant`` is told of its orders at ``callback_url``. A later registration replaces this one.

    One Write for the Decision that integrates it. Make sure of ``shake`` first.
    """
    known = {"merchant": merchant, "callback_url": callback_url, "public_key": public_key, "at": at}
    return update(keys.partner(merchant), assign=known | {"list": "partners", "rank": merchant})
