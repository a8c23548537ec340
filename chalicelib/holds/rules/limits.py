"""What a grant allows: whether it is live, and how much an order and a day may take."""

from functools import partial, reduce
from operator import or_

from chalicelib.errors import Contended, Refusal
from chalicelib.grants.items import SPEND, Grant, day
from chalicelib.holds.model import NewHold
from chalicelib.holds.rules.refusals import DayLimitReached, GrantInactive, OrderLimitReached
from chalicelib.kernel.decision import Command
from chalicelib.table import keys
from chalicelib.table.write import Attr, Write, seen, update


def usable(command: Command[NewHold], grant: Grant | None) -> Grant:
    """``grant`` if the merchant may hold under it now. Raises GrantInactive."""
    live = grant is not None and grant.purpose == SPEND and grant.is_for(command.caller)
    if grant is None or not live or grant.standing(command.at) != "active":
        raise GrantInactive()
    return grant


def count(command: Command[NewHold], grant: Grant) -> Write:
    """The points count for the grant's day, in the transaction that holds them: it is live then, and no two holds at
    once pass the limit. What is released later still counts: the limit bounds what can be reserved in a day.

    Raises OrderLimitReached, DayLimitReached; refuses DayLimitReached, GrantInactive.
    """
    points, today = command.body.points, day(command.now)
    order_max, day_max = grant.points_max_order or 0, grant.points_max_day or 0
    if points > order_max:
        raise OrderLimitReached(limit=order_max, held=0)
    if points > day_max - grant.used_on(today):
        raise DayLimitReached(limit=day_max, held=grant.used_on(today))

    refuse = seen(Grant, partial(_why_not, command, today))
    active, key = Attr("status").eq("active"), keys.grant(grant.id)
    if grant.day == today:
        left = Attr("day").eq(today) & Attr("used_points").lte(day_max - points)
        return update(key, add={"used_points": points}, require=active & left, refuse=refuse)
    earlier = reduce(or_, (Attr("day").not_exists(), Attr("day").lt(today)))
    return update(key, assign={"day": today, "used_points": points}, require=active & earlier, refuse=refuse)


def _why_not(command: Command[NewHold], today: str, grant: Grant | None) -> Refusal:
    """Why the grant, as it stood, did not allow the hold."""
    if grant is None or grant.standing(command.at) != "active":
        return GrantInactive()
    left = (grant.points_max_day or 0) - grant.used_on(today)
    if grant.day == today and command.body.points > left:
        return DayLimitReached(limit=grant.points_max_day, held=grant.used_points)
    return Contended()  # the first hold of its day came in between
