"""The end of an agreement or licence: announced once, on the day a suspension of its own, lifted by a renewal."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import Contended, InvalidRequest, InvalidState
from chalicelib.ledger.account import Account
from chalicelib.merchants.validity import Validity, validities
from chalicelib.renewals import actions
from chalicelib.renewals.model import Renewal
from chalicelib.table import keys
from chalicelib.table.row import load
from tests.unit.decisions import AT, ID, NOW, after, command, holds, refusal, touched, write_to
from tests.unit.merchants.accounts import account, merchant

ACCOUNT, NOTE, LICENCE = keys.account("account:shop"), keys.shelving("shop"), keys.validity("shop", "licence")
ENDS = Validity(merchant="shop", subject="licence", since="2025-01-01T00:00:00.000Z", ends_on="2026-02-10")


def system() -> Any:
    return command(role="system", sub="system")


def renewal(known: Validity | None, stored: Account, **changes: Any) -> Any:
    body = Renewal(**({"subject": "licence", "ends_on": "2030-12-31", "reason": "new"} | changes))
    return actions.renew(command(body, role="exchange", sub="exchange"), stored, known)


def test_a_last_day_ends_at_midnight_in_shanghai() -> None:
    assert (ENDS.ends_at, ENDS.days_left(NOW)) == ("2026-02-10T16:00:00.000Z", 10)
    assert replace(ENDS, ends_on="2026-01-30").days_left(NOW) == -1
    assert (replace(ENDS, ends_on=None).ends_at, replace(ENDS, ends_on=None).days_left(NOW)) == (None, None)


def test_an_end_is_announced_once_and_not_after_a_renewal() -> None:
    decision = actions.remind(system(), ENDS)
    assert (decision.kind, decision.publish, decision.facts.merchant) == ("licence_ending", True, "shop")
    assert decision.answer.model_dump() == {"merchant": "shop", "ends_on": "2026-02-10", "days_left": 10}
    write = write_to(decision, LICENCE)
    assert after(write, ENDS)["reminded_at"] == AT
    for stored in (replace(ENDS, reminded_at=AT), replace(ENDS, since=AT)):
        assert isinstance(refusal(write, stored), InvalidState)


def test_on_the_day_the_merchant_is_suspended_by_the_end_itself() -> None:
    known = account(merchant=merchant(suspended_by=("operator",), status="suspended"))
    decision = actions.stop(system(), ENDS, known)
    assert (decision.kind, decision.publish) == ("merchant_suspended", True)
    assert touched(decision) == [ACCOUNT, NOTE, LICENCE]
    turned = load(Account, after(write_to(decision, ACCOUNT), known)).as_merchant
    assert (turned.status, turned.suspended_by, turned.turn) == ("suspended", ("licence", "operator"), ID)
    assert "营业执照到期" in str(decision.facts.reason)
    assert after(write_to(decision, LICENCE), ENDS)["stopped_at"] == AT
    assert not holds(write_to(decision, LICENCE), replace(ENDS, since=AT))
    with pytest.raises(InvalidState):
        actions.stop(system(), ENDS, account(merchant=merchant(suspended_by=("licence",), status="suspended")))


def test_a_renewal_lifts_what_its_end_had_stopped_and_nothing_else() -> None:
    stopped = replace(ENDS, stopped_at=AT, reminded_at=AT)
    known = account(merchant=merchant(suspended_by=("exchange", "licence"), status="suspended"))
    decision = renewal(stopped, known)
    assert (decision.kind, decision.publish) == ("merchant_renewed", True)
    turned = load(Account, after(write_to(decision, ACCOUNT), known)).as_merchant
    assert (turned.status, turned.suspended_by) == ("suspended", ("exchange",))
    item = after(write_to(decision, LICENCE), stopped)
    assert item == {
        "merchant": "shop", "subject": "licence", "since": AT, "ends_on": "2030-12-31",
        "list": "validity:licence", "rank": "2030-12-31T16:00:00.000Z:shop",
    }  # fmt: skip


def test_a_renewal_in_time_turns_nothing() -> None:
    decision = renewal(ENDS, account(merchant=merchant()))
    assert (touched(decision), decision.publish) == ([ACCOUNT, LICENCE], False)
    assert write_to(decision, ACCOUNT).action == "ConditionCheck"
    assert isinstance(refusal(write_to(decision, ACCOUNT), account(merchant=merchant(turn="another"))), Contended)
    for stored in (replace(ENDS, stopped_at=AT), replace(ENDS, since=AT)):
        assert isinstance(refusal(write_to(decision, LICENCE), stored), Contended)


def test_without_an_end_it_leaves_the_list() -> None:
    write = write_to(renewal(ENDS, account(merchant=merchant()), ends_on=None), LICENCE)
    listed = vars(ENDS) | {"list": "validity:licence", "rank": "r"}
    assert after(write, {name: value for name, value in listed.items() if value}) == {
        "merchant": "shop", "subject": "licence", "since": AT,
    }  # fmt: skip


def test_what_cannot_be_renewed() -> None:
    with pytest.raises(InvalidRequest):
        renewal(ENDS, account(merchant=merchant()), ends_on="2026-01-30")
    for status in ("ended", "leaving", "left"):
        with pytest.raises(InvalidState):
            renewal(ENDS, account(merchant=merchant(status=status)))


def test_an_admission_keeps_the_days_that_are_known() -> None:
    writes = list(validities(command(), "shop", agreement="2026-12-31", licence=None))
    assert [each.key for each in writes] == [keys.validity("shop", "agreement")]
    assert holds(writes[0], replace(ENDS, since="2020")), "whatever was before"
