"""Keys of messages, of who is notified of them, and of donors who wait for the end of a campaign."""

from chalicelib.table.keys.names import MESSAGES, Key, holder


def message(account: str, id: str) -> Key:
    """A message to the holder of an account, beside it."""
    return Key(holder(account), f"{MESSAGES}{id}")


def message_client() -> Key:
    """Whose system is notified of messages: one, or none."""
    return Key("message-client", "client")


def donor(campaign: str, account: str) -> Key:
    """Somebody who has given to a campaign."""
    return Key(f"donors:{campaign}", f"donor:{account}")


def closing(campaign: str) -> Key:
    """That a campaign is closed, and how many of its donors were notified, beside them."""
    return Key(f"donors:{campaign}", "closing")


def campaign_refunds(campaign: str) -> Key:
    """How far the donors of an abandoned campaign have been refunded, beside it."""
    return Key(f"campaign:{campaign}", "refunds")
