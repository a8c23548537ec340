"""Which Records make which messages: no store, no stream."""

import json
from typing import Any, get_args

import pytest

from chalicelib.kernel.record import Posting, Record
from chalicelib.messages import wording
from chalicelib.messages.actions import remember
from chalicelib.messages.kinds.notice import Notice
from chalicelib.messages.model import About
from chalicelib.messages.notices import notices
from chalicelib.procedures.items import Kind
from chalicelib.table import keys
from tests.unit.decisions import AT, holds, record
from tests.unit.parties import PERSON, SHOP

ALICE = PERSON.removeprefix(keys.holder(""))
ORDER = {"id": "o" * 26, "account": ALICE, "status": "placed", "voucher": None, "title": "SECRET"}
HOLD = {"id": "h" * 26, "points": 400, "captured_points": 300, "title": "SECRET"}
SALE = (Posting(PERSON, "offer:o/0", 1000, "points"),)

AWARD = (Posting("draw-entry:e", PERSON, 1000, "points"), *SALE)


def sale(order: dict[str, Any] | None = None, **facts: Any) -> Record:
    made = {"movement": "redemption", "postings": SALE, "holder": SHOP, "answer": json.dumps(ORDER | (order or {}))}
    return record("redemption", **made | facts)


def only(made: Record) -> Notice:
    [notice] = notices(made)
    return notice


def test_the_id_follows_from_record_and_account_and_sorts_by_time() -> None:
    one = only(sale())
    assert one == only(sale())
    assert one.id.startswith("20260131080000000-")
    assert len(one.id) <= 64
    assert only(sale(id="d" * 26)).id != one.id
    assert only(sale(at="2026-01-31T08:00:00.001Z")).id > one.id


def test_a_message_is_put_once_and_stands_among_the_unread() -> None:
    write = remember(only(sale()))
    assert holds(write)
    assert not holds(write, {"read_at": AT})
    assert (write.item["list"], write.item["rank"]) == (f"unread:{ALICE}", write.key.sk.removeprefix("message:"))


@pytest.mark.parametrize(
    ("order", "facts", "kind"),
    [
        ({}, {}, "order_placed"),
        ({"status": "fulfilled", "voucher": "SECRET"}, {}, "voucher_handed_out"),
        ({}, {"payer": PERSON, "reference": "entry", "postings": AWARD}, "draw_won"),
    ],
)
def test_a_sale_is_for_the_buyer(order: dict[str, Any], facts: dict[str, Any], kind: str) -> None:
    notice = only(sale(order, **facts))
    assert (notice.account, notice.kind, notice.personal) == (ALICE, kind, True)
    assert "SECRET" not in "".join(notice.text)


@pytest.mark.parametrize(("role", "kind"), [("system", "order_late"), ("institution", "order_refunded")])
def test_what_the_schedule_refunds_was_late(role: str, kind: str) -> None:
    back = (Posting("offer:o/0", PERSON, 1000, "points"),)
    made = record(
        "redemption_refunded", role=role, movement="refund", postings=back, holder=SHOP, answer=json.dumps(ORDER)
    )
    assert only(made).kind == kind


def test_a_hold_that_was_taken_whole_leaves_no_line_but_a_message() -> None:
    taken = (Posting("hold:h", SHOP, 400, "points"),)
    whole = HOLD | {"captured_points": 400}
    facts: dict[str, Any] = {"movement": "capture", "postings": taken, "holder": SHOP, "payer": PERSON, "hold": "h"}
    notice = only(record("hold_captured", answer=json.dumps(whole), **facts))
    assert notice.account == ALICE
    assert notice.text == ("A merchant took 400 points that were held.", "预授权完成，权益方收取 400 碳积分。")
    assert "100 came back" in wording.captured(HOLD).en


@pytest.mark.parametrize("facts", [{"role": "scenario_operator"}, {"role": "bureau", "batch": "b", "line": 1}])
def test_conversions_make_none(facts: dict[str, Any]) -> None:
    got = (Posting("system:pool", PERSON, 100, "points"),)
    made = record("reduction_confirmed", movement="conversion", postings=got, counterparty="metro", **facts)
    assert notices(made) == []


def test_records_that_concern_nobody_or_do_not_name_the_account_make_none() -> None:
    assert notices(record("offer_changed")) == []
    grant = {"id": "g", "purpose": "report", "scenario": "metro"}
    assert notices(record("grant_redeemed", answer=json.dumps(grant))) == []
    assert only(record("grant_redeemed", answer=json.dumps(grant), account=ALICE)).kind == "grant_given"


def test_what_an_institution_learns_is_not_sent_to_the_client() -> None:
    account = {"id": ALICE, "kind": "institution"}
    assert not only(record("account_frozen", role="bureau", answer=json.dumps(account))).personal
    assert only(record("account_frozen", role="bureau", answer=json.dumps(account | {"kind": "individual"}))).personal


def test_a_procedure_reaches_the_account_and_the_one_that_got_what_it_held() -> None:
    moved = (Posting(PERSON, "account:new", 100, "points"),)
    procedure = json.dumps({"id": "p", "kind": "rebind", "status": "approved"})
    made = record("account_rebound", movement="account_transfer", postings=moved, account=ALICE, answer=procedure)
    assert [each.account for each in notices(made)] == [ALICE, "new"]


@pytest.mark.parametrize("status", ["proposed", "approved", "rejected"])
@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_procedure_has_words_in_every_state(kind: str, status: str) -> None:
    assert all(wording.procedure(kind, status))


@pytest.mark.parametrize(
    ("status", "postings", "parts"),
    [
        ("upheld", (Posting("offer:o/0", PERSON, 1000, "points"),), ("upheld", "1,000 points")),
        ("upheld", (), ("upheld",)),
        ("dismissed", (), ("dismissed",)),
    ],
)
def test_a_ruling_reaches_the_person_with_what_came_back(
    status: str, postings: tuple[Posting, ...], parts: tuple[str, ...]
) -> None:
    moved: dict[str, Any] = {"movement": "refund", "postings": postings, "holder": SHOP} if postings else {}
    dispute = json.dumps({"id": "d" * 26, "status": status, "text": "SECRET", "ruling": "SECRET"})
    notice = only(record("dispute_ruled", role="exchange", account=ALICE, answer=dispute, **moved))
    assert (notice.account, notice.kind, notice.about) == (ALICE, "dispute_ruled", About("dispute", "d" * 26))
    assert all(part in notice.text.en for part in parts)
    assert "SECRET" not in "".join(notice.text)
    assert len(notice.text.zh) > len("裁定")


def test_an_answer_reaches_the_person_who_disputes() -> None:
    made = record("dispute_answered", role="institution", account=ALICE, answer=json.dumps({"id": "d" * 26}))
    assert (only(made).account, only(made).kind) == (ALICE, "dispute_answered")
