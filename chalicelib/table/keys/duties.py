"""Keys of what a merchant was warned of, and of the daily look at all merchants."""

from chalicelib.table.keys.names import Key


def duties(merchant: str) -> Key:
    """Since when a merchant does not keep its duties."""
    return Key(f"duties:{merchant}", "duties")


def duties_round() -> Key:
    """How far the daily look at all merchants is."""
    return Key("duties", "round")
