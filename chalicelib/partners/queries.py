"""Partners."""

from chalicelib.partners.model import Partner
from chalicelib.table import keys, read


def partner(merchant: str) -> Partner | None:
    """The merchant's own system, None where it has not integrated one."""
    item = read.get(keys.partner(merchant))
    return Partner(item["merchant"], item["callback_url"], item["public_key"]) if item else None
