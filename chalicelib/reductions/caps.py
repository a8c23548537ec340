"""What bounds a person's reductions: how much one record can hold, and how much a day."""

from decimal import Decimal
from functools import reduce
from operator import and_

from chalicelib.accounts.queries import person
from chalicelib.errors import InvalidRequest, Refusal, unprocessable
from chalicelib.kernel.record import Record
from chalicelib.ledger.account import AnyAccount
from chalicelib.ledger.actions import AccountFrozen, AccountNotOpen
from chalicelib.reductions.model import Reduction
from chalicelib.table import keys
from chalicelib.table.write import Attr, ConditionBase, Item, Write, present, update


def plausible(quantity: str, scenario: Item) -> None:
    """Raises InvalidRequest where one record can plausibly not hold so much."""
    most = scenario.get("quantity_max")  # scenarios of before the bound have none
    if most is not None and Decimal(quantity) > Decimal(most):
        unit = scenario["unit"]
        en, zh = (
            f"More than one record can plausibly hold: at most {most} {unit}",
            f"超出单条记录的合理上限 {most} {unit}",
        )
        raise InvalidRequest.at("/quantity", en, zh)


def count(reduction: Reduction, scenario: Item, on: str) -> tuple[tuple[Write, ...], dict[str, int] | None]:
    """The person's sums of a day under a scenario with a bound a day; any other keeps none. And what the Record says.

    Raises or refuses InvalidRequest over the cap, over the number of records, and for an account that is none.
    """
    cap, most = scenario["daily_cap_grams"], scenario.get("records_per_day_max")
    if cap is None and most is None:
        return (), None
    en, zh = f"Exceeds the daily cap of {cap} g", f"超过每日上限 {cap} 克"
    many_en, many_zh = f"Exceeds {most} records a day for one person", f"超过每人每日 {most} 条记录的上限"
    if cap is not None and reduction.grams > cap:
        raise InvalidRequest.at("/quantity", en, zh)

    def refuse(item: Item | None) -> Refusal:
        if most is not None and item and item.get("records", 0) >= most:
            return InvalidRequest.at("/occurred_at", many_en, many_zh)
        return unprocessable("/quantity", en, zh)(item)

    counted = {"grams": reduction.grams, "records": 1}
    usage = update(_usage(reduction, on), add=counted, require=_fits(reduction.grams, cap, most), refuse=refuse)
    return (usage,), counted


def _fits(grams: int, cap: int | None, most: int | None) -> ConditionBase:
    """At least one of the two bounds is there."""
    bounds = []
    if cap is not None:
        bounds.append(Attr("grams").not_exists() | Attr("grams").lte(cap - grams))
    if most is not None:
        bounds.append(Attr("records").not_exists() | Attr("records").lt(most))
    return reduce(and_, bounds)


def release(reduction: Reduction, record: Record) -> tuple[Write, ...]:
    """What the reduction counted for its day (``record``) counts no more."""
    if record.cap_day is None:
        return ()
    counted = record.cap_counted or {"grams": reduction.grams}  # earlier Records counted grams only
    less = {name: -amount for name, amount in counted.items()}
    return (update(_usage(reduction, record.cap_day), add=less, require=present()),)


def no_account(account: AnyAccount | None) -> Refusal:
    """Why an account takes no reduction."""
    if account and account.status == "frozen":  # it will be released or closed: the record may come again
        return AccountFrozen()
    return InvalidRequest.at("/account", "Is no open account of a person", "不是有效的个人账户")


def _usage(reduction: Reduction, on: str) -> keys.Key:
    try:
        return keys.usage(person(reduction.account), reduction.scenario, on)
    except AccountNotOpen:
        raise no_account(None) from None
