"""The supply as projected so far, and as it was."""

from datetime import datetime

from chalicelib.errors import InvalidRequest
from chalicelib.kernel.fields import stamp
from chalicelib.openness import model
from chalicelib.openness.model import SupplyAnswer, SupplyLane, total
from chalicelib.table import keys, read


def supply() -> SupplyAnswer:
    """Sums over the lanes, as of now."""
    return total(_lanes())


def supply_at(at: datetime, now: datetime) -> SupplyAnswer:
    """The supply as the platform knew it at a time, to the minute: the last that was kept by then. One read.

    Raises InvalidRequest.
    """
    if at > now:
        raise InvalidRequest.at("/at", "Must not be in the future", "不能晚于当前时间")
    kept = latest(stamp(at))
    if kept is None:
        raise InvalidRequest.at("/at", "The supply was not kept yet at that time", "该时间尚无碳积分总量记录")
    return total([kept])


def latest(until: str) -> SupplyLane | None:
    """The last of the kept supplies, up to a time."""
    place, low = keys.supply_at(until), keys.supply_at("0").sk
    return next(read.query(place.pk, low, place.sk, SupplyLane, descending=True, chunk=1), None)


def together() -> SupplyLane | None:
    """All lanes as one; None where nothing has moved."""
    lanes = _lanes()
    return model.together(lanes) if lanes else None


def _lanes() -> list[SupplyLane]:
    return list(read.query(keys.SUPPLY, "sums:", "sums:~", SupplyLane))
