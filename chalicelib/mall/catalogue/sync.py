"""Making and changing offers line by line, each once for ever."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from chalicelib.edge.identity import budgets
from chalicelib.errors import InvalidRequest, Refusal
from chalicelib.kernel import validation
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import Settled, conclude
from chalicelib.mall.catalogue import shelf
from chalicelib.mall.catalogue.model import LineAnswer, NewOfferBatch, OfferBatchAnswer, OfferLine, OfferResult, Result
from chalicelib.mall.items import Offer
from chalicelib.mall.model import NewOffer, OfferAnswer, OfferChange
from chalicelib.mall.offers import queries
from chalicelib.mall.offers.sellers import Seller, above_sells, not_selling
from chalicelib.mall.tills.following import until_followed
from chalicelib.merchants import queries as merchants
from chalicelib.merchants.beside import MerchantEvent
from chalicelib.settings import settings
from chalicelib.table import keys

Decide = Callable[[Command[NewOfferBatch], OfferLine], Decision]
_CHANGES = ("points", "status", "title", "description")  # what may change; stock is counted apart
_AT_FIRST = {*_CHANGES, "sku", "stock", "busy"}  # and what else is not compared with what the offer has


def sync(command: Command[NewOfferBatch]) -> OfferBatchAnswer:
    """Commit each line, once for ever: the same request after a crash continues where it stopped.

    Raises RoleNotAllowed, AccountFrozen and MerchantSuspended before the first line; Contended and Unavailable between
    lines; TillsFollowing behind the last; IdempotencyKeyReused where lines of another request stand under this key.
    """
    _selling(command, queries.seller(command.caller.account))
    answer = each_line(command, _decide)
    for line in answer.offers:
        if line.result == "changed" and line.offer:
            until_followed(command, line.offer)
    return answer


def each_line(command: Command[NewOfferBatch], decide: Decide) -> OfferBatchAnswer:
    """What ``decide`` makes of each line, once for ever. Raises what stops between lines: see ``sync``."""
    lines = range(len(command.body.offers))
    return OfferBatchAnswer(id=command.id, offers=[_settled(command, number, decide) for number in lines])


def done(_: Command[NewOfferBatch], answer: OfferBatchAnswer) -> Decision:
    """The Record of the whole request, once all lines have theirs."""
    return Decision("offer_batch", answer)


def _selling(command: Command[Any], seller: Seller | None) -> None:
    if refusal := not_selling(seller, command.caller.role):
        raise refusal
    if above := seller.merchant.sub_platform if seller and seller.merchant else None:
        above_sells(queries.seller(above))


def _settled(command: Command[NewOfferBatch], number: int, decide: Decide) -> OfferResult:
    line = command.body.offers[number]
    part = command._replace(id=keys.part_id(command.id, f"offer {number}"))
    settled = conclude(
        part,
        lambda: decide(part, line),
        lambda refusal: Decision("offer_refused", _refused(line, refusal)),
        fingerprint=keys.digest(command.body.model_dump_json(exclude_defaults=True)),
    )
    return _result(line, settled)


def _result(line: OfferLine, settled: Settled) -> OfferResult:
    if settled.status != 201:
        return OfferResult.model_validate_json(settled.answer)
    answer = LineAnswer.model_validate_json(settled.answer)
    return OfferResult(sku=line.sku, result=answer.result, offer=answer.id)


def _refused(line: OfferLine, refusal: Refusal) -> OfferResult:
    english, chinese = (validation.explained(refusal, language) for language in ("en", "zh"))
    return OfferResult(sku=line.sku, result="refused", code=refusal.code, detail=english, detail_zh=chinese)


def _decide(command: Command[NewOfferBatch], line: OfferLine) -> Decision:
    merchant = command.caller.account
    known = queries.offer_by_sku(merchant, line.sku)
    if known is None:
        named = merchants.event(line.event) if line.event else None
        made = create(command, line, queries.seller(merchant), named)
        return replace(made, writes=(*made.writes, budgets.spent(budgets.OFFERS, command)))
    return change(command, line, known, queries.seller(merchant) if line.status not in (None, known.status) else None)


def create(
    command: Command[NewOfferBatch], line: OfferLine, seller: Seller | None, named: MerchantEvent | None
) -> Decision:
    """A line that makes an offer; see ``shelf.offer``. Raises InvalidRequest where it lacks what a new offer needs."""
    if line.status == "off_shelf":
        en, zh = "A new offer is on the shelf at once: leave status out", "新权益将直接上架，请勿填写 status"
        raise InvalidRequest.at("/status", en, zh)
    try:
        body = NewOffer.model_validate(line.model_dump(exclude={"status"}, exclude_none=True))
    except ValidationError as error:
        raise validation.invalid(error) from None
    order = Command(command.caller, body, command.id, command.now)
    return _as_line(shelf.offer(order, settings().busy_stripes, seller, named), "created")


def change(command: Command[NewOfferBatch], line: OfferLine, offer: Offer, seller: Seller | None) -> Decision:
    """A line that changes ``offer``, or nothing; see ``shelf.change``. Raises InvalidRequest where it differs in what
    never changes, or takes stock back.
    """
    _keeps(line, offer)
    added = _added(line, offer)
    wanted = {name: getattr(line, name) for name in _CHANGES}
    changes = {name: value for name, value in wanted.items() if value not in (None, getattr(offer, name))}
    if not changes and not added:
        return Decision("offer_unchanged", _answer(offer.to_answer(), "unchanged"))
    body = OfferChange(**changes, stock_added=added or None)
    order = Command(command.caller, body, command.id, command.now)
    return _as_line(shelf.change(order, offer, seller=seller, supplied=offer.supplied if added else None), "changed")


def _keeps(line: OfferLine, offer: Offer) -> None:
    """What never changes is as it was, where the line names it. Raises InvalidRequest."""
    kept = offer.to_answer().model_dump()
    for name, value in line.model_dump(exclude=_AT_FIRST, exclude_none=True).items():
        if (stamp(value) if isinstance(value, datetime) else value) != kept[name]:
            en, zh = "It never changes: offer it under a new sku", "该字段不可变更，请使用新的 sku 上架"
            raise InvalidRequest.at(f"/{name}", en, zh)


def _added(line: OfferLine, offer: Offer) -> int:
    added = (line.stock or offer.supplied) - offer.supplied
    if added < 0:
        en = f"The offer had {offer.supplied} units in all; units are never taken back. Take it off the shelf instead"
        raise InvalidRequest.at("/stock", en, f"该权益累计已投放 {offer.supplied} 件，不能减少；如需停售请下架")
    return added


def _as_line(decision: Decision, result: Result) -> Decision:
    assert isinstance(decision.answer, OfferAnswer)
    return replace(decision, answer=_answer(decision.answer, result))


def _answer(offer: OfferAnswer, result: Result) -> LineAnswer:
    return LineAnswer(**offer.model_dump(), result=result)
