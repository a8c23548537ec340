"""A merchant's system is registered, replaced and disabled; a webhook event is tried, waits and is given up."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import InvalidState
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Record
from chalicelib.partners import actions
from chalicelib.partners.items import DUE, EARLIER_FAILED, KEY_OVERLAP, WAITING, Delivery, Partner, PreviousKey, Pulse
from chalicelib.partners.model import event, to_answer
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.row import load
from tests.unit.decisions import AT, NOW, after, command, holds, refusal, touched, write_to
from tests.unit.partners.deliveries import ORDER, delivery, partner

PENDING, FAILED = lists.deliveries("shop", "pending"), lists.deliveries("shop", "failed")
LATER = NOW + timedelta(hours=1)
PARTNER, PULSE = keys.partner("shop"), keys.pulse("shop")


def test_the_first_system_of_a_merchant_is_listed_and_answers() -> None:
    known, pulse, noted = actions.register(partner(), None)
    assert (known.key, pulse.key, noted.key) == (PARTNER, PULSE, DUE.key(NOW + timedelta(minutes=1), "shop"))
    assert holds(known)
    assert not holds(known, partner())
    item = after(known)
    assert load(Partner, item) == partner()
    assert (item["list"], item["rank"]) == ("partners", "shop")
    assert load(Pulse, after(pulse, Pulse(failures=3, rests_until="2099"))) == Pulse(failures=0, rests_until=AT)


def test_another_system_replaces_the_one_that_was_read_and_no_other() -> None:
    old = partner(disabled_at=AT)
    new = partner(public_key="whpk_new", at=stamp(LATER), previous=old.replaced_by("whpk_new", LATER))
    known, *_ = actions.register(new, old)
    assert holds(known, old)
    assert not holds(known, partner(at=stamp(LATER)))
    assert not holds(known)
    assert load(Partner, after(known, old)) == new


def test_the_key_before_stays_valid_for_a_day_and_the_same_key_replaces_none() -> None:
    end = stamp(NOW + KEY_OVERLAP)
    previous = PreviousKey(public_key="whpk_old", valid_until=end)
    assert partner().replaced_by("whpk_new", NOW) == previous
    assert partner().replaced_by("whpk_old", NOW) is None
    new = partner(public_key="whpk_new", previous=previous)
    assert new.replaced_by("whpk_new", LATER) == previous
    assert new.replaced_by("whpk_new", NOW + KEY_OVERLAP) is None
    assert new.replaced_by("whpk_old", LATER) == PreviousKey(
        public_key="whpk_new", valid_until=stamp(LATER + KEY_OVERLAP)
    )
    assert new.public_keys(stamp(LATER)) == ("whpk_new", "whpk_old")
    assert new.public_keys(end) == ("whpk_new",)
    assert partner().public_keys(AT) == ("whpk_old",)


def test_a_system_that_wants_no_more_is_disabled_with_a_line_in_the_history() -> None:
    decision = actions.disable(command(role="system", sub="system"), partner(), "application")
    write = write_to(decision, PARTNER)
    item = after(write, partner())
    assert load(Partner, item) == partner(disabled_at=AT)
    assert (item["list"], item["rank"]) == ("partners-disabled", "shop")
    [line] = [each for each in decision.writes if each.key.pk == "application:application"]
    assert after(line) == {
        "at": AT, "by_role": "system", "action": "webhooks", "outcome": "disabled", "status": "active",
        "comment": "https://mall.example.com/hook answered 410",
    }  # fmt: skip
    assert refusal(write, partner(at=stamp(LATER))).code == "invalid_state"
    assert refusal(write, partner(disabled_at=AT)).code == "invalid_state"


def test_a_merchant_without_an_application_has_no_history() -> None:
    assert touched(actions.disable(command(), partner(), None)) == [PARTNER]


def record(kind: str = "redemption", **changes: Any) -> Record:
    answer = json.dumps(
        {"id": ORDER, "account": "a", "offer": "x", "quantity": 1, "points": 30, "status": "placed", "note": "王"}
    )
    fields: dict[str, Any] = {"id": ORDER, "at": AT, "kind": kind, "caller": "alice", "role": "individual"}
    fields |= {"fingerprint": "f", "status": 201, "answer": answer, "holder": "account:shop"}
    return Record(**(fields | changes))


def test_the_event_of_an_order_waits_once_and_names_nobody() -> None:
    write = actions.remember(record())
    item = after(write)
    stored = load(Delivery, item)
    assert stored == delivery(payload=stored.payload)
    assert Listing(item["list"], item["rank"]) == PENDING.at(f"{AT}:{stored.id}")
    assert not holds(write, stored)
    assert "alice" not in stored.payload
    assert "王" not in stored.payload
    assert event(record("redemption_refunded")).type == "order.refunded"


def test_a_try_is_counted_before_it_is_made_and_by_one_of_two() -> None:
    write = actions.claim(delivery(), NOW)
    item = after(write, delivery())
    assert (item["attempts"], item["status"]) == (1, "pending")
    assert item["next_at"] > AT
    assert not holds(write, item)
    assert not holds(write)
    assert "list" not in item  # where it is listed already: an entry of the index less to write


def test_what_failed_with_its_order_is_listed_again_when_it_is_tried() -> None:
    failed = delivery("order.refunded", status="failed", reason=EARLIER_FAILED)
    item = after(actions.claim(failed, NOW), failed)
    assert (item["status"], PENDING.holds(item["list"])) == ("pending", True)


def test_what_arrived_leaves_the_list_and_is_forgotten_in_time() -> None:
    claimed = delivery(attempts=1)
    listed = {"list": "deliveries:shop:pending", "rank": "r"}
    item = after(actions.delivered(claimed, NOW), vars(claimed) | listed)
    assert (item["status"], item["delivered_at"], "list" in item) == ("delivered", AT, False)
    assert item["expires_at"] > NOW.timestamp()


def test_what_failed_waits_and_what_is_given_up_is_listed_as_such() -> None:
    claimed = delivery(attempts=1)
    item = after(actions.postpone(claimed, LATER, "late"), claimed)
    assert (item["status"], item["next_at"], item["reason"]) == ("pending", stamp(LATER), "late")
    assert item["rank"] == f"{stamp(LATER)}:{claimed.id}"
    item = after(actions.give_up(claimed, "late"), claimed)
    assert (item["status"], FAILED.holds(item["list"])) == ("failed", True)
    for write in (actions.postpone(claimed, LATER, None), actions.give_up(claimed, "late")):
        assert not holds(write, delivery(attempts=2))


def test_what_waits_for_a_disabled_system_has_all_its_tries_later() -> None:
    claimed = delivery(attempts=8)
    parked = load(Delivery, after(actions.park(claimed, LATER), claimed))
    assert (parked.status, parked.attempts, parked.reason) == ("pending", 0, "endpoint_disabled")
    assert parked.next_at == stamp(LATER)
    assert to_answer(parked).next_attempt_at is None
    assert to_answer(delivery()).next_attempt_at == AT


def test_a_failing_system_rests_and_one_asks_whether_it_is_back() -> None:
    item = after(actions.rest("shop", LATER), Pulse(failures=1, rests_until=AT))
    pulse = load(Pulse, item)
    assert (pulse.failures, pulse.rests(NOW), pulse.rests(LATER)) == (2, True, False)
    probe = actions.probe("shop", pulse, LATER)
    assert not holds(probe, after(probe, pulse))
    assert not load(Pulse, after(actions.recovered("shop", NOW), pulse)).rests(NOW)


def test_only_what_was_given_up_is_replayed() -> None:
    for status in ("pending", "delivered"):
        with pytest.raises(InvalidState):
            actions.replay(command(), delivery(status=status))
    failed = delivery(status="failed", attempts=8, reason="late", waiting_since="2020")
    decision = actions.replay(command(), failed)
    assert decision.publish
    assert touched(decision) == [keys.delivery(failed.id), PULSE]
    write = write_to(decision, keys.delivery(failed.id))
    item = after(write, failed)
    assert load(Delivery, item) == replace(failed, status="pending", attempts=0, reason=None, waiting_since=AT)
    assert PENDING.holds(item["list"])
    assert refusal(write, delivery(status="delivered")).facts["state"] == "delivered"
    assert refusal(write).facts["state"] == "gone"


def test_an_event_is_due_in_time_or_when_what_it_waited_for_has_arrived() -> None:
    early = NOW - timedelta(seconds=1)
    assert delivery().is_due(NOW, follows=False)
    assert not delivery().is_due(early, follows=False)
    assert delivery().is_due(early, follows=True)
    assert not delivery(status="failed", reason="late").is_due(NOW, follows=True)
    assert delivery(status="failed", reason=EARLIER_FAILED).is_due(early, follows=True)
    assert not delivery(status="failed", reason=EARLIER_FAILED).is_due(NOW, follows=False)


def test_an_event_is_spent_after_its_tries_or_after_days_of_silence_of_the_present_system() -> None:
    days = NOW + WAITING
    assert delivery(attempts=8).is_spent(NOW, 8, None)
    assert not delivery(attempts=7).is_spent(days, 8, None)
    assert delivery().is_spent(days, 8, AT)
    assert not delivery().is_spent(days, 8, stamp(LATER))  # another system was registered since
    assert not delivery().is_spent(days - timedelta(seconds=1), 8, AT)


def test_a_refund_follows_its_order() -> None:
    placed, refunded = delivery(), delivery("order.refunded")
    assert (placed.earlier, placed.following) == (None, refunded.id)
    assert (refunded.earlier, refunded.following) == (placed.id, None)


def test_items_of_an_earlier_version_load() -> None:
    """They kept what is not there as null, and knew neither previous keys nor disabled systems."""
    known = {"merchant": "shop", "callback_url": "https://x", "public_key": "whpk_old", "at": AT, "list": "partners"}
    assert load(Partner, known).disabled_at is None
    item = vars(delivery()) | {"delivered_at": None, "reason": None, "list": "l", "rank": "r"}
    assert load(Delivery, item) == delivery()
