"""Applying, and changing a draft."""

from typing import Any

import pytest

from chalicelib.errors import InvalidRequest, InvalidState, RoleNotAllowed
from chalicelib.ledger.account import EventTerms
from chalicelib.ledger.actions import AccountClosed, AccountFrozen
from chalicelib.merchants.actions import AlreadyMerchant
from chalicelib.merchants.beside import NoNewEvent
from chalicelib.onboarding.forms import drafts
from chalicelib.onboarding.forms.plans import ApplicationChange, NewApplication
from chalicelib.onboarding.items import Application
from chalicelib.table import keys
from chalicelib.table.row import load
from tests.unit.decisions import AT, ID, after, command, holds, refusal, touched, write_to
from tests.unit.merchants.accounts import account, merchant
from tests.unit.onboarding.applications import EVENT_PLAN, application

DRAFT = keys.application(ID)
ACCOUNT, ABOVE = keys.account("account:shop"), keys.account("account:above")


def body(mode: str = "other", plan: Any = None, **fields: Any) -> NewApplication:
    fields = {"mode": mode, "title": "入驻申请", "plan": plan or {"description": "公益兑换点"}} | fields
    return NewApplication.model_validate(fields, strict=False)


def test_an_application_begins_as_the_one_open_draft_of_its_institution() -> None:
    decision = drafts.apply(command(body()), account())
    write = write_to(decision, DRAFT)
    assert load(Application, after(write)) == Application(
        id=ID, applicant="shop", name="示例商贸", mode="other", category="other", title="入驻申请",
        plan={"description": "公益兑换点"}, status="draft", created_at=AT, since=AT,
    )  # fmt: skip
    assert (write.item["list"], write.item["rank"]) == ("applications:draft", f"{AT}:{ID}")
    assert touched(decision) == [
        ACCOUNT, keys.applying("shop"), DRAFT, keys.application_step(ID, AT, ID), keys.applied("shop", AT, ID),
    ]  # fmt: skip
    guard = write_to(decision, keys.applying("shop"))
    assert holds(guard)
    assert refusal(guard, {"application": "another"}).facts["state"] == "open"


def test_only_an_open_account_that_is_no_merchant_may_apply() -> None:
    write = write_to(drafts.apply(command(body()), account()), ACCOUNT)
    over = EventTerms(starts_at="2020", ends_at="2021", per_account_limit=1)
    assert holds(write, account())
    assert holds(write, account(merchant=merchant(event=over)))
    busy = account(merchant=merchant(event=over, events_until="2097"))
    assert isinstance(refusal(write, busy), AlreadyMerchant)
    assert isinstance(refusal(write, account(merchant=merchant())), AlreadyMerchant)
    assert isinstance(refusal(write, account("frozen")), AccountFrozen)
    assert isinstance(refusal(write, account("closed")), AccountClosed)


def test_a_merchant_applies_for_an_event_beside_its_mode() -> None:
    seller = account(merchant=merchant(sub_platform="above"))
    decision = drafts.apply(command(body("event", EVENT_PLAN)), seller)
    assert ABOVE not in touched(decision), "it is beneath it already"
    assert keys.applied("above", AT, ID) in touched(decision)
    assert load(Application, after(write_to(decision, DRAFT))).sub_platform == "above"
    write = write_to(decision, ACCOUNT)
    assert holds(write, seller)
    for status in ("suspended", "leaving"):
        refused = refusal(write, account(merchant=merchant(status=status, sub_platform="above")))
        assert (type(refused), refused.facts["state"]) == (NoNewEvent, status)
    assert refusal(write, account("frozen", merchant=merchant())).code == "account_frozen"
    assert refusal(write, account(merchant=merchant(turn="later"))).code == "contended"


def test_a_merchant_names_no_other_sub_platform_than_its_own() -> None:
    for seller in (account(merchant=merchant()), account(merchant=merchant(sub_platform="own"))):
        with pytest.raises(InvalidRequest) as refused:
            drafts.apply(command(body("event", EVENT_PLAN, sub_platform="above")), seller)
        assert refused.value.facts["errors"][0]["pointer"] == "/sub_platform"


def test_an_event_of_who_is_no_merchant_any_more_makes_one_again() -> None:
    left = account(merchant=merchant(status="left"))
    assert holds(write_to(drafts.apply(command(body("event", EVENT_PLAN)), left), ACCOUNT), left)


def test_who_names_a_sub_platform_is_found_by_its_operator_and_it_must_take_merchants() -> None:
    decision = drafts.apply(command(body(sub_platform="above")), account())
    assert keys.applied("above", AT, ID) in touched(decision)
    write = write_to(decision, ABOVE)
    assert holds(write, account(merchant=merchant(mode="sub_platform")))
    for unfit in (
        account(),
        account(merchant=merchant(mode="other")),
        account(merchant=merchant(mode="sub_platform", status="suspended")),
    ):
        assert refusal(write, unfit).facts["errors"][0]["pointer"] == "/sub_platform"
    assert not holds(write, account("frozen", merchant=merchant(mode="sub_platform")))


def test_nobody_is_beneath_itself_and_no_sub_platform_beneath_another() -> None:
    plan = {"region_or_sector": "r", "operator_name": "o", "planned_merchants": 3, "categories": ["food"]}
    for wrong in (body(sub_platform="shop"), body("sub_platform", plan, sub_platform="above")):
        with pytest.raises(InvalidRequest) as refused:
            drafts.apply(command(wrong), account())
        assert refused.value.facts["errors"][0]["pointer"] == "/sub_platform"


def test_an_event_that_is_over_cannot_be_applied_for() -> None:
    over = EVENT_PLAN | {"starts_at": "2020-01-01T00:00:00Z", "opens_at": "2020-01-01T00:00:00Z"}
    over |= {"ends_at": "2020-01-02T00:00:00Z"}
    with pytest.raises(InvalidRequest) as refused:
        drafts.apply(command(body("event", over)), account())
    assert refused.value.facts["errors"][0]["pointer"] == "/plan/ends_at"
    with pytest.raises(InvalidRequest):
        drafts.edit(command(ApplicationChange(plan=over)), application("event"), "applicant")


@pytest.mark.parametrize("status", ["draft", "returned"])
def test_title_and_plan_change_with_a_line_that_names_them(status: str) -> None:
    before = application("event", status)
    change = ApplicationChange(title="修订", plan=EVENT_PLAN | {"quantity": 7})
    decision = drafts.edit(command(change), before, "applicant")
    item = after(write_to(decision, keys.application("application")), before)
    assert (item["title"], item["plan"]["quantity"], item["version"]) == ("修订", 7, before.version + 1)
    line = after(write_to(decision, keys.application_step("application", AT, ID)))
    assert (line["action"], line["comment"], line["status"]) == ("edit", "plan, title", status)


def test_only_the_applicant_edits_and_only_what_is_not_submitted() -> None:
    change = command(ApplicationChange(title="t"))
    with pytest.raises(RoleNotAllowed):
        drafts.edit(change, application(), "operator")
    with pytest.raises(InvalidState):
        drafts.edit(change, application(status="submitted"), "applicant")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [({}, ""), ({"plan": {}}, "/plan/description"), ({"plan": {"description": "d", "goods": "g"}}, "/plan/goods")],
)
def test_an_edit_is_as_strict_as_the_application(change: Any, pointer: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        drafts.edit(command(ApplicationChange(**change)), application(), "applicant")
    assert [each["pointer"] for each in refused.value.facts["errors"]] == [pointer]
