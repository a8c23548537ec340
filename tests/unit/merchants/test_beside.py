"""An event beside a merchant's mode: who may begin one, and what it changes."""

from typing import Any

import pytest

from chalicelib.errors import Contended, Refusal
from chalicelib.ledger.account import Account, EventTerms
from chalicelib.ledger.actions import AccountClosed, AccountFrozen
from chalicelib.merchants.beside import MerchantEvent, NoNewEvent, begins, runs_beside, still_runs
from chalicelib.merchants.model import to_answer
from chalicelib.table import keys
from chalicelib.table.row import load
from tests.unit.decisions import AT, ID, after, command, holds, refusal
from tests.unit.merchants.accounts import account, merchant

TERMS = EventTerms(starts_at="2026-02-01", ends_at="2026-03-01", per_account_limit=2, quantity=5)
OVER = EventTerms(starts_at="2020", ends_at="2021", per_account_limit=1)


def known(**changes: Any) -> Account:
    return account(merchant=merchant(**changes))


def test_it_turns_the_merchant_and_changes_nothing_else_of_it() -> None:
    before = known(application="first", suspended_by=())
    own, note, event = begins(command(role="exchange"), before, "application", TERMS)
    assert [each.key for each in (own, note, event)] == [before.key, keys.shelving("shop"), keys.event("application")]
    changed = load(Account, after(own, before)).as_merchant
    assert changed == merchant(application="first", turn=ID, events_until="2026-03-01")
    assert load(MerchantEvent, after(event)) == MerchantEvent(id="application", merchant="shop", since=AT, terms=TERMS)
    assert not holds(event, {"merchant": "shop"}), "an event begins once"


@pytest.mark.parametrize(("earlier", "until"), [("2026-01", "2026-03-01"), ("2027-01", "2027-01")])
def test_the_last_of_its_events_keeps_the_merchant(earlier: str, until: str) -> None:
    before = known(events_until=earlier)
    own, *_ = begins(command(), before, "application", TERMS)
    assert load(Account, after(own, before)).as_merchant.promised_until == until


@pytest.mark.parametrize(
    ("stored", "kind"),
    [
        (account("frozen", merchant=merchant()), AccountFrozen),
        (account("closed"), AccountClosed),
        (known(status="suspended"), NoNewEvent),
        (known(status="leaving"), NoNewEvent),
        (known(turn="later"), Contended),
    ],
)
def test_who_may_not_sell_begins_none(stored: Account, kind: type[Refusal]) -> None:
    own, *_ = begins(command(), known(), "application", TERMS)
    assert holds(own, known())
    assert type(refusal(own, stored)) is kind


@pytest.mark.parametrize(
    ("stored", "beside"),
    [
        (None, False),
        (account(), False),
        (known(), True),
        (known(status="suspended"), True),
        (known(status="leaving"), True),
        (known(status="ended"), False),
        (known(status="left"), False),
        (known(mode="event", event=TERMS), True),
        (known(mode="event", event=OVER), False),
        (known(mode="event", event=OVER, events_until="2026-03-01"), True),
    ],
)
def test_an_event_of_who_is_a_merchant_is_one_beside_its_mode(stored: Account | None, beside: bool) -> None:
    assert runs_beside(stored, AT) is beside


def test_it_ends_with_the_admission_that_it_belonged_to() -> None:
    assert still_runs(known(status="suspended"), AT)
    assert not still_runs(known(status="ended"), AT)
    assert not still_runs(known(since="2026-12"), AT)
    assert not still_runs(account(), AT)


def test_a_merchant_of_the_mode_event_has_ended_once_all_its_events_have() -> None:
    assert to_answer(known(mode="event", event=OVER), AT).status == "ended"
    assert to_answer(known(mode="event", event=OVER, events_until="2026-03-01"), AT).status == "active"
    assert to_answer(known(events_until="2021"), AT).status == "active", "its mode is not an event"
