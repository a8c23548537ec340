"""Duties that are not kept: since when, when offers leave the shelf for it, and who brings them back."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import InvalidState
from chalicelib.kernel.decision import Decision
from chalicelib.kernel.fields import stamp
from chalicelib.labels import beijing
from chalicelib.ledger.account import Account
from chalicelib.merchants.model import Cause
from chalicelib.supervision.duties import actions
from chalicelib.supervision.duties.items import Duties
from chalicelib.supervision.duties.model import DELISTS, StockHealth, warned
from chalicelib.supervision.duties.warnings import DUTIES
from chalicelib.table import keys
from chalicelib.table.row import load
from tests.unit.decisions import AT, ID, NOW, after, command, holds, touched, write_to
from tests.unit.merchants.accounts import account, merchant

PLACE, ACCOUNT = keys.duties("shop"), keys.account("account:shop")
LONG_AGO, LATELY = stamp(NOW - timedelta(days=14)), stamp(NOW - timedelta(days=13))
STOCK, LATE = "stock_below_commitment", "orders_late"


def duties(since: Mapping[str, str] | None = None, **changes: Any) -> Duties:
    return Duties(**{"merchant": "shop", "looked_at": LATELY, "since": since or {}} | changes)


def seller(**changes: Any) -> Account:
    return account(merchant=merchant(application="application", **changes))


def delisted() -> Account:
    return seller(status="suspended", suspended_by=("duty",))


def kept(decision: Decision, before: Duties) -> Duties:
    write = write_to(decision, PLACE)
    assert holds(write, before)
    assert not holds(write, duties(before.since, delisted_at="meanwhile"))
    return load(Duties, after(write, before))


def test_a_warning_is_remembered_since_it_was_first_seen_and_forgotten_once_it_is_met() -> None:
    first = actions.remember(None, "shop", [STOCK, "offers_stale"], at=AT, delisted=False)
    item = after(first)
    assert (item["since"], item["list"], item["rank"]) == ({STOCK: AT, "offers_stale": AT}, "duties", f"{AT}:shop")
    assert not holds(first, item)
    before = duties({STOCK: LONG_AGO, LATE: LATELY})
    again = after(actions.remember(before, "shop", [LATE, "webhooks_failing"], at=AT, delisted=False), before)
    assert (again["since"], again["rank"]) == ({LATE: LATELY, "webhooks_failing": AT}, f"{LATELY}:shop")
    met = after(actions.remember(before, "shop", [], at=AT, delisted=False), before)
    assert met == {"merchant": "shop", "looked_at": AT}


def test_what_only_warns_is_in_no_list() -> None:
    item = after(actions.remember(None, "shop", ["offers_stale", "licence_ends_soon"], at=AT, delisted=False))
    assert "list" not in item


def test_who_is_delisted_is_remembered_as_such_only_while_it_is() -> None:
    before = duties({STOCK: LONG_AGO}, delisted_at=AT, delisted_for=(STOCK,))
    for still, expected in ((True, AT), (False, None)):
        item = after(actions.remember(before, "shop", [STOCK], at=AT, delisted=still), before)
        assert (item.get("delisted_at"), item["list"]) == (expected, "delisted" if still else "duties")


def delist(known: Duties, of: Account) -> Decision:
    return actions.delist(command(role="system", sub="system"), known, of, days=14)


def test_what_lasts_for_the_days_of_the_stage_takes_the_offers_off_the_shelf() -> None:
    before = duties({STOCK: LONG_AGO, LATE: LATELY})
    decision = delist(before, seller())
    assert (decision.kind, decision.publish, decision.facts.merchant) == ("merchant_delisted", True, "shop")
    line = keys.application_step("application", AT, ID)
    assert touched(decision) == [ACCOUNT, keys.shelving("shop"), line, PLACE]
    turned = load(Account, after(write_to(decision, ACCOUNT), seller())).as_merchant
    assert (turned.status, turned.suspended_by, turned.turn) == ("suspended", ("duty",), ID)
    comment = after(write_to(decision, line))["comment"]
    assert comment == (
        f"自 {beijing(LONG_AGO)[:10]} 起未落实运营管理责任，权益下架：在架库存低于承诺数量。"
        f"Duties not met since {beijing(LONG_AGO)[:10]}: stock below the commitment."
    )
    now = kept(decision, before)
    assert (now.delisted_at, now.delisted_for, now.since) == (AT, (STOCK,), before.since)
    item = after(write_to(decision, PLACE), before)
    assert (item["list"], item["rank"], "by_takedown" in item) == ("delisted", f"{AT}:shop", False)
    assert decision.answer.model_dump()["duties"] == [{"code": STOCK, "since": LONG_AGO}]


def test_all_duties_together_fit_the_reason() -> None:
    decision = delist(duties(dict.fromkeys(DELISTS, LONG_AGO)), seller())
    comment = after(write_to(decision, keys.application_step("application", AT, ID)))["comment"]
    assert all(word in comment for code in DELISTS for word in DUTIES[code])


@pytest.mark.parametrize(
    ("known", "of"),
    [
        (duties({STOCK: LATELY}), seller()),
        (duties({"offers_stale": LONG_AGO, "licence_ends_soon": LONG_AGO}), seller()),
        (duties({STOCK: LONG_AGO}, delisted_at=AT), seller()),
        (duties({STOCK: LONG_AGO}), seller(status="suspended", suspended_by=("exchange",))),
        (duties({STOCK: LONG_AGO}), seller(status="leaving")),
        (duties({STOCK: LONG_AGO}), account("frozen", merchant=merchant())),
    ],
)
def test_nothing_else_does(known: Duties, of: Account) -> None:
    with pytest.raises(InvalidState):
        delist(known, of)


def relist(role: str, unmet: set[str], of: Account | None = None) -> Decision:
    known = duties({STOCK: LONG_AGO}, delisted_at=AT, delisted_for=(STOCK,))
    return actions.relist(command(Cause(), role=role, sub="shop"), of or delisted(), known, unmet)


def test_the_merchant_brings_them_back_once_the_duty_is_met() -> None:
    with pytest.raises(actions.DutiesUnmet) as refused:
        relist("institution", {STOCK})
    assert refused.value.facts["duties"] == STOCK
    assert refused.value.text("zh").startswith("导致权益下架的运营管理责任尚未落实：在架库存低于承诺数量。")
    decision = relist("institution", set())
    turned = load(Account, after(write_to(decision, ACCOUNT), delisted())).as_merchant
    assert (turned.status, turned.suspended_by) == ("active", ())
    before = duties({STOCK: LONG_AGO}, delisted_at=AT, delisted_for=(STOCK,))
    assert load(Duties, after(write_to(decision, PLACE), before)) == Duties(merchant="shop", looked_at=AT)


def test_the_exchange_brings_them_back_before_and_the_days_begin_again() -> None:
    item = after(write_to(relist("exchange", {STOCK}), PLACE), duties({STOCK: LONG_AGO}, delisted_at=AT))
    assert (item["since"], item["rank"], "delisted_at" in item) == ({STOCK: AT}, f"{AT}:shop", False)


def of_operator(known: Duties) -> Decision:
    caused = command(Cause(), role="institution", sub="operator")
    return actions.relist(caused, delisted(), known, {STOCK}, "operator")


def test_the_operator_brings_back_what_only_its_own_takedown_drove_off_the_shelf() -> None:
    before = duties({STOCK: LONG_AGO})
    decision = actions.delist(command(role="system", sub="system"), before, seller(), days=14, taken_down=True)
    known = kept(decision, before)
    assert known.by_takedown is True
    back = of_operator(known)
    assert keys.account("account:operator") in touched(back), "it may act"
    assert load(Duties, after(write_to(back, PLACE), known)) == duties({STOCK: AT}, looked_at=AT)


def test_the_operator_brings_nothing_back_that_left_the_shelf_for_another_reason() -> None:
    before = duties({STOCK: LONG_AGO, LATE: LONG_AGO})
    decision = actions.delist(command(role="system", sub="system"), before, seller(), days=14, taken_down=True)
    assert kept(decision, before).by_takedown is None
    for known in (kept(decision, before), duties({STOCK: LONG_AGO}, delisted_at=AT, delisted_for=(STOCK,))):
        with pytest.raises(actions.NotByTakedown) as refused:
            of_operator(known)
        assert "stock below the commitment" in refused.value.text("en")


@pytest.mark.parametrize(
    ("committed", "units", "taken_down", "short"),
    [(100, 40, 60, True), (100, 40, 59, False), (100, 100, 60, False), (None, 0, 60, False)],
)
def test_stock_is_short_by_a_takedown_if_it_would_be_enough_without(
    committed: int | None, units: int, taken_down: int, short: bool
) -> None:
    stock = StockHealth(committed=committed, units=units, offers=1, more=False, taken_down=taken_down)
    assert stock.short_by_takedown is short


def test_what_others_suspended_stays_so() -> None:
    both = seller(status="suspended", suspended_by=("duty", "exchange"))
    decision = relist("institution", set(), both)
    turned = load(Account, after(write_to(decision, ACCOUNT), both)).as_merchant
    assert (turned.status, turned.suspended_by) == ("suspended", ("exchange",))
    with pytest.raises(InvalidState):
        relist("exchange", set(), seller())


def test_a_warning_names_when_the_offers_leave_the_shelf() -> None:
    assert warned(STOCK, "2026-01-01T00:00:00.000Z", 14).delists_at == "2026-01-15T00:00:00.000Z"
    assert warned("offers_stale", AT, 14).delists_at is None
    assert warned(STOCK, None, 14).delists_at is None
