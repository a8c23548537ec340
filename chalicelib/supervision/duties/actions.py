"""A duty that is not kept is remembered; if that lasts, offers leave the shelf, and come back once it is kept."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.errors import Contended, InvalidState, Text, in_words
from chalicelib.kernel.caller import EXCHANGE
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, stamp
from chalicelib.labels import beijing
from chalicelib.ledger.account import Account
from chalicelib.ledger.standing import acting
from chalicelib.merchants.actions import reinstate, suspend
from chalicelib.merchants.model import DELISTED, DUTY, Cause
from chalicelib.supervision.duties.items import Duties
from chalicelib.supervision.duties.model import DELISTS, Delisted, UnmetDuty
from chalicelib.supervision.duties.warnings import DUTIES
from chalicelib.table import keys, lists
from chalicelib.table.lists import UNLISTED, Listing
from chalicelib.table.row import dump
from chalicelib.table.write import Attr, ConditionBase, Write, absent, update


class _OfDuties(InvalidState):
    """``duties``: their codes; the text has them in words."""

    def wording(self, language: str) -> dict[str, Any]:
        named = [in_words(DUTIES.get(code, code), language) for code in self.facts.get("duties", "?").split(", ")]
        return super().wording(language) | {"duties": ("、" if language == "zh" else ", ").join(named)}


class DutiesUnmet(_OfDuties):
    detail = Text(
        "The offers left the shelf for duties that are not met yet: {duties}.",
        "导致权益下架的运营管理责任尚未落实：{duties}。",
    )
    remedy = Text(
        "GET /v1/merchants/{id}/health says what to do. The exchange can put the offers back before.",
        "请按 GET /v1/merchants/{id}/health 的提示整改；上海环交所可提前恢复上架。",
    )


class NotByTakedown(_OfDuties):
    detail = Text(
        "The sub-platform did not cause the delisting. The offers left the shelf for: {duties}.",
        "该权益方的权益下架并非由分平台强制下架引起，原因为：{duties}。",
    )
    remedy = Text(
        "The merchant can put the offers back once the duty is met; the exchange can do so at any time.",
        "责任落实后，由该权益方恢复上架；上海环交所可随时恢复上架。",
    )


_OF_DELISTING = ("delisted_at", "delisted_for", "by_takedown")


def remember(known: Duties | None, merchant: str, codes: Collection[str], *, at: str, delisted: bool) -> Write:
    """What ``merchant`` is warned of at ``at``, each since it was first seen (``known``, as read). Contended where
    another look was quicker. ``delisted``: it is so still; an admission after a veto begins without it.
    """
    before = known.since if known else {}
    since = {code: before.get(code, at) for code in codes}
    after = Duties(merchant=merchant, looked_at=at, since=since)
    if known and delisted:
        kept = {name: getattr(known, name) for name in _OF_DELISTING}
        after = replace(after, **kept)
    return _kept(after, known)


def _kept(after: Duties, known: Duties | None) -> Write:
    name, at = lists.DELISTED, after.delisted_at
    if not at:
        name, at = lists.DUTIES, min((after.since[code] for code in DELISTS & {*after.since}), default=None)
    listed = Listing(name, f"{at}:{after.merchant}") if at else None
    emptied = [name for name in ("since", *_OF_DELISTING) if not getattr(after, name)]
    return update(
        keys.duties(after.merchant),
        assign=dump(after),
        listed=listed,
        remove=(*emptied, *(() if listed else UNLISTED)),
        require=_as_read(known),
    )


def _as_read(known: Duties | None) -> ConditionBase:
    if known is None:
        return absent()
    delisted = Attr("delisted_at")
    same = delisted.eq(known.delisted_at) if known.delisted_at else delisted.not_exists()
    return Attr("looked_at").eq(known.looked_at) & same


def lasting(known: Duties, at: str) -> dict[str, str]:
    """Warnings that have lasted until ``at`` from a time before it, and may lead to a delisting: each since when."""
    return {code: since for code, since in sorted(known.since.items()) if code in DELISTS and since <= at}


def delist(
    command: Command[Empty], known: Duties, account: Account, *, days: int, taken_down: bool = False
) -> Decision:
    """A duty is not kept for ``days`` days: the merchant (``account``, as read) sells nothing until it is. Once for
    each time: its history, its Record and a webhook name duty and time. ``taken_down``: with what its sub-platform took
    down, its stock would be what it commits to.

    Raises InvalidState where nothing has lasted so long, it is delisted already or may not sell anyway.
    """
    late = lasting(known, stamp(command.now - timedelta(days=days)))
    merchant = account.as_merchant
    if not late or known.delisted_at or (account.status, merchant.status) != ("active", "active"):
        raise InvalidState(state=merchant.status, action="delist")
    worded = Command(command.caller, Cause(reason=_reason(late)), command.id, command.now)
    decision = suspend(worded, account, DUTY)
    cause = taken_down and {*late} == {"stock_below_commitment"}
    after = replace(known, delisted_at=command.at, delisted_for=tuple(late), by_takedown=cause or None)
    unmet = [UnmetDuty(code=code, since=since) for code, since in late.items()]
    answer = Delisted(merchant=account.id, at=command.at, duties=unmet)
    return replace(decision, kind=DELISTED, answer=answer, writes=(*decision.writes, _kept(after, known)))


def _reason(late: Mapping[str, str]) -> str:
    since = beijing(min(late.values())).partition(" ")[0]
    zh, en = "、".join(DUTIES[code].zh for code in late), ", ".join(DUTIES[code].en for code in late)
    return f"自 {since} 起未落实运营管理责任，权益下架：{zh}。Duties not met since {since}: {en}."


def relist(
    command: Command[Cause], account: Account, known: Duties | None, unmet: Collection[str], operator: str | None = None
) -> Decision:
    """Offers come back that left the shelf for a duty: at the merchant's word once nothing of it is ``unmet`` (as
    measured), at the exchange's at once, and so at that of its sub-platform's ``operator`` where only what this one
    took down was the cause. What is not kept then counts from now.

    Raises InvalidState where it is not delisted, DutiesUnmet, NotByTakedown; refuses AccountFrozen of the operator.
    """
    decision = reinstate(command, account, DUTY)
    if known is None:
        raise Contended()
    if operator and not known.by_takedown:
        raise NotByTakedown(state="suspended", action="relist", duties=", ".join(known.delisted_for))
    if command.caller.role != EXCHANGE and not operator and unmet:
        raise DutiesUnmet(state="suspended", action="relist", duties=", ".join(sorted(unmet)))
    own = (acting(operator),) if operator else ()
    after = Duties(merchant=account.id, looked_at=command.at, since=dict.fromkeys(unmet, command.at))
    return replace(decision, writes=(*own, *decision.writes, _kept(after, known)))
