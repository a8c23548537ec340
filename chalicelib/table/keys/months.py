"""Keys of what is kept by month or by day."""

from chalicelib.table.keys.names import STATISTICS, Key


def order_on(day: str, lane: int, at: str, redemption: str) -> Key:
    """The pointer to an order among those of its day (UTC), in lanes."""
    return Key(f"orders:{day}:{lane:02d}", f"{at}:{redemption}")


def month_sums(month: str, lane: int) -> Key:
    """Sums of the Records of a month (Asia/Shanghai, ``2026-01``), in lanes."""
    return Key(STATISTICS, f"{month}:{lane:02d}")


def months(since: str, until: str) -> tuple[str, str, str]:
    """The partition of all months, and the sort keys around those from ``since`` to ``until``, both included."""
    return STATISTICS, since, f"{until}:~"


def confirmed(month: str, scenario: str, methodology: str, lane: int) -> Key:
    """Grams that Records of a month credited or reversed, by scenario and methodology, in lanes."""
    return Key(confirmed_in(month), f"{scenario}:{methodology}:{lane:02d}")


def confirmed_in(month: str) -> str:
    """The partition of a month's grams."""
    return f"confirmed:{month}"


def turnover(month: str, merchant: str, lane: int) -> Key:
    """What a merchant sold, gave back and was bought back in a month, in lanes."""
    return Key(turnover_in(month), f"{merchant}:{lane:02d}")


def turnover_in(month: str) -> str:
    """The partition of a month's merchants."""
    return f"turnover:{month}"


def report_part(month: str, number: int) -> Key:
    """A part of the report of a month."""
    return Key(f"report:{month}", f"part:{number:04d}")


def reconciliation(day: str) -> Key:
    """What a day's recomputation of the books found."""
    return Key(f"reconciliation:{day}", "reconciliation")
