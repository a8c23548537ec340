"""Each step of an application: who may take it, what it writes, and what is in its way."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import InvalidRequest, InvalidState, Refusal, RoleNotAllowed
from chalicelib.kernel.decision import Decision
from chalicelib.kernel.fields import stamp
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountClosed, AccountFrozen
from chalicelib.merchants.actions import AlreadyMerchant
from chalicelib.onboarding import actions
from chalicelib.onboarding.items import Application, OpinionNote
from chalicelib.onboarding.model import Acknowledgement, Agreement, Endorsement, Integration, Opinion, Review
from chalicelib.onboarding.required import DocumentsChanged, DocumentsMissing
from chalicelib.partners.items import DUE, Partner
from chalicelib.table import keys
from chalicelib.table.row import load
from tests.unit.decisions import AT, ID, NOW, after, command, holds, refusal, touched, write_to
from tests.unit.merchants.accounts import account, merchant
from tests.unit.onboarding.applications import application, counting
from tests.unit.partners.deliveries import partner

PLACE = keys.application("application")
NOTED = DUE.key(NOW + timedelta(minutes=1), "shop")
LINE = keys.application_step("application", AT, ID)
GUARD = keys.applying("shop")
ACCOUNT = keys.account("account:shop")
PASS = Review(outcome="pass", completeness=True, conformity=True, reliability=True, comment="in order")
FAVOURABLE = OpinionNote(at=AT, conclusion="favourable", text="t")
PROVED = Integration(callback_url="https://mall.example.com/hook", public_key="whpk_new")
SAFE = {each.id: True for each in counting("other").values()}


def moved(decision: Decision, before: Application) -> dict[str, Any]:
    """The application once the Decision is committed; only as it was read, and with a line of history."""
    write = write_to(decision, PLACE)
    assert not holds(write, replace(before, version=before.version + 1))
    assert write.refuse(None).code == "contended"
    item = after(write, before)
    assert item["version"] == before.version + 1
    line = after(write_to(decision, LINE))
    assert (line["at"], line["status"]) == (AT, item["status"])
    return item


def listed(item: dict[str, Any]) -> tuple[str, str]:
    return item["list"], item["rank"]


@pytest.mark.parametrize(("above", "status"), [(None, "submitted"), ("above", "with_operator")])
@pytest.mark.parametrize("state", ["draft", "returned"])
def test_what_is_complete_is_submitted_to_the_exchange_or_to_the_operator(
    state: str, above: str | None, status: str
) -> None:
    before = application(status=state, sub_platform=above, kept=("older",))
    decision = actions.submit(command(), before, "applicant", SAFE)
    item = moved(decision, before)
    assert (item["status"], item["since"], listed(item)) == (
        status, AT, (f"applications:{status}", f"{AT}:application"),
    )  # fmt: skip
    assert item["kept"] == sorted({*SAFE, "older"})
    assert touched(decision) == [ACCOUNT, PLACE, LINE]
    may = write_to(decision, ACCOUNT)
    assert holds(may, account())
    assert isinstance(refusal(may, account("frozen")), AccountFrozen)
    assert isinstance(refusal(may, account("closed")), AccountClosed)


def test_a_document_that_is_not_safe_counts_no_more() -> None:
    with pytest.raises(DocumentsMissing) as missing:
        actions.submit(command(), application(), "applicant", SAFE | {"credit_report": False})
    assert missing.value.facts["missing"] == ["credit_report"]


def test_a_document_that_was_not_looked_at_is_not_passed_over() -> None:
    with pytest.raises(DocumentsChanged) as changed:
        actions.submit(command(), application(), "applicant", {"credit_report": True})
    assert not changed.value.again


@pytest.mark.parametrize("party", ["exchange", "bureau", "operator"])
def test_only_the_applicant_submits_and_withdraws(party: str) -> None:
    with pytest.raises(RoleNotAllowed):
        actions.submittable(command(), application(), party)
    with pytest.raises(RoleNotAllowed):
        actions.withdraw(command(), application(), party)


def test_what_is_incomplete_is_not_submitted() -> None:
    with pytest.raises(DocumentsMissing):
        actions.submittable(command(), application(documents={}), "applicant")


def test_who_withdraws_may_apply_again_even_when_frozen() -> None:
    before = application(status="submitted")
    decision = actions.withdraw(command(), before, "applicant")
    assert moved(decision, before)["status"] == "withdrawn"
    assert touched(decision) == [GUARD, PLACE, LINE]
    assert write_to(decision, GUARD).action == "Delete"


@pytest.mark.parametrize(("outcome", "status"), [("endorse", "submitted"), ("return", "returned")])
def test_the_operator_passes_on_or_returns(outcome: Any, status: str) -> None:
    before = application(status="with_operator", sub_platform="above")
    decision = actions.endorse(command(Endorsement(outcome=outcome, comment="c")), before, "operator")
    assert moved(decision, before)["status"] == status
    above = write_to(decision, keys.account("account:above"))
    assert isinstance(refusal(above, account("frozen")), AccountFrozen)


def at(refused: Refusal) -> list[str]:
    return [each["pointer"] for each in refused.facts["errors"]]


@pytest.mark.parametrize("outcome", ["return", "reject"])
def test_who_returns_or_rejects_gives_the_reason(outcome: Any) -> None:
    with pytest.raises(InvalidRequest) as refused:
        actions.review(
            command(PASS.model_copy(update={"outcome": outcome, "comment": None})),
            submitted(),
            "exchange",
            draw_key=b"k",
        )
    assert at(refused.value) == ["/comment"]
    with pytest.raises(InvalidRequest):
        actions.endorse(command(Endorsement(outcome="return")), application(status="with_operator"), "operator")


def submitted(mode: str = "other") -> Application:
    return application(mode, "submitted")


@pytest.mark.parametrize(("outcome", "status"), [("pass", "reviewed"), ("return", "returned"), ("reject", "rejected")])
def test_a_review_keeps_what_the_exchange_found(outcome: Any, status: str) -> None:
    decision = actions.review(
        command(PASS.model_copy(update={"outcome": outcome})), submitted(), "exchange", draw_key=b"k"
    )
    item = moved(decision, submitted())
    assert item["status"] == status
    assert item["review"] == {
        "at": AT, "outcome": outcome, "completeness": True, "conformity": True, "reliability": True,
        "comment": "in order",
    }  # fmt: skip
    assert (GUARD in touched(decision)) == (status == "rejected")


@pytest.mark.parametrize("flaw", ["completeness", "conformity", "reliability"])
def test_only_what_is_complete_in_form_and_reliable_passes(flaw: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        actions.review(command(PASS.model_copy(update={flaw: False})), submitted(), "exchange", draw_key=b"k")
    assert at(refused.value) == ["/outcome"]


def test_a_review_does_not_pass_what_is_incomplete_by_then() -> None:
    with pytest.raises(DocumentsMissing):
        actions.review(command(PASS), replace(submitted(), documents={}), "exchange", draw_key=b"k")


def test_an_event_that_passes_is_a_merchant_within_its_terms() -> None:
    decision = actions.review(command(PASS, role="exchange"), submitted("event"), "exchange", draw_key=b"k")
    assert touched(decision) == [GUARD, ACCOUNT, PLACE, LINE]
    item = after(write_to(decision, ACCOUNT), account())
    stored = load(Account, item).merchant
    assert stored
    assert stored.event
    assert (stored.application, stored.turn, stored.since) == ("application", ID, AT)
    assert (stored.event.starts_at, stored.event.per_account_limit) == ("2097-06-05T02:00:00.000Z", 2)
    assert listed(item) == ("merchants", f"{AT}:shop")


def test_an_event_of_a_merchant_begins_beside_its_mode() -> None:
    seller = account(merchant=merchant(mode="third_party_mall", application="first", sub_platform="above"))
    exchange = command(PASS, role="exchange")
    decision = actions.review(exchange, submitted("event"), "exchange", draw_key=b"k", applicant=seller)
    assert touched(decision) == [GUARD, PLACE, LINE, ACCOUNT, keys.shelving("shop"), keys.event("application")]
    assert (decision.kind, decision.publish, decision.facts.merchant) == ("event_admitted", True, "shop")
    item = after(write_to(decision, PLACE), submitted("event"))
    assert (item["status"], item["beside"], listed(item)[0]) == ("active", True, "applications:active")
    stored = load(Account, after(write_to(decision, ACCOUNT), seller)).as_merchant
    assert stored == replace(seller.as_merchant, turn=ID, events_until="2097-06-30T16:00:00.000Z")


@pytest.mark.parametrize("outcome", ["return", "reject"])
def test_a_merchant_whose_event_does_not_pass_stays_as_it_is(outcome: Any) -> None:
    review = command(PASS.model_copy(update={"outcome": outcome}))
    seller = account(merchant=merchant(status="suspended"))
    decision = actions.review(review, submitted("event"), "exchange", draw_key=b"k", applicant=seller)
    assert ACCOUNT not in touched(decision)


def test_an_event_that_is_over_does_not_pass() -> None:
    late = NOW.replace(year=2098)
    with pytest.raises(InvalidState) as refused:
        actions.review(command(PASS, now=late), submitted("event"), "exchange", draw_key=b"k")
    assert refused.value.facts["state"] == "over"


@pytest.mark.parametrize("conclusion", ["favourable", "unfavourable"])
def test_an_opinion_is_reported_whatever_it_concludes(conclusion: Any) -> None:
    before = application(status="reviewed")
    decision = actions.opinion(command(Opinion(conclusion=conclusion, text="t")), before, "exchange")
    item = moved(decision, before)
    assert item["opinion"] == {"at": AT, "conclusion": conclusion, "text": "t"}
    assert after(write_to(decision, LINE))["comment"] == "t"


@pytest.mark.parametrize(
    ("mode", "conclusion", "outcome", "status"),
    [
        ("third_party_mall", "favourable", "accept", "acknowledged"),
        ("third_party_mall", "unfavourable", "accept", "rejected"),
        ("other", "favourable", "refuse", "rejected"),
    ],
)
def test_the_bureau_files_the_opinion_or_refuses_the_mode(
    mode: str, conclusion: Any, outcome: Any, status: str
) -> None:
    before = application(mode, "opinion_filed", opinion=OpinionNote(at=AT, conclusion=conclusion, text="t"))
    decision = actions.acknowledge(command(Acknowledgement(outcome=outcome)), before, "bureau")
    assert moved(decision, before)["status"] == status
    assert (GUARD in touched(decision)) == (status == "rejected")


def agreement(late: timedelta = timedelta()) -> Agreement:
    return Agreement(sha256="0" * 64, signed_at=NOW + late)


def test_an_agreement_is_signed_in_the_past_as_clocks_go() -> None:
    before = application("third_party_mall", "acknowledged", opinion=FAVOURABLE)
    decision = actions.agree(command(agreement(timedelta(minutes=5))), before, "applicant")
    assert moved(decision, before)["agreement"]["signed_at"] == stamp(NOW + timedelta(minutes=5))
    with pytest.raises(InvalidRequest) as refused:
        actions.agree(command(agreement(timedelta(minutes=6))), before, "applicant")
    assert at(refused.value) == ["/signed_at"]


@pytest.mark.parametrize(
    ("stored", "kind"),
    [
        (account("frozen"), AccountFrozen),
        (account("closed"), AccountClosed),
        (account(merchant=merchant()), AlreadyMerchant),
        (None, AccountClosed),
    ],
)
def test_who_is_frozen_closed_or_a_merchant_does_not_become_one(stored: Account | None, kind: type[Refusal]) -> None:
    before = application("other", "acknowledged", opinion=FAVOURABLE)
    decision = actions.agree(command(agreement()), before, "applicant")
    assert moved(decision, before)["status"] == "active"
    assert isinstance(refusal(write_to(decision, ACCOUNT), stored), kind)


def integrated(before: Application, known: Partner | None = None) -> Decision:
    return actions.integrate(command(PROVED, role="institution", sub="shop"), before, "applicant", known)


def test_the_first_integration_makes_a_merchant_with_a_system() -> None:
    before = application("third_party_mall", "agreement_signed", opinion=FAVOURABLE)
    decision = integrated(before)
    assert touched(decision) == [GUARD, ACCOUNT, PLACE, LINE, keys.partner("shop"), keys.pulse("shop"), NOTED]
    assert moved(decision, before)["integration"] == {
        "at": AT, "callback_url": PROVED.callback_url, "public_key": "whpk_new",
        "signatures": "optional",
    }  # fmt: skip


def active(**changes: Any) -> Application:
    return application("third_party_mall", "active", opinion=FAVOURABLE, since="2026-01-01T08:00:00.000Z", **changes)


def test_a_later_integration_replaces_the_system_and_nothing_else() -> None:
    decision = integrated(active(), partner())
    assert touched(decision) == [ACCOUNT, PLACE, LINE, keys.partner("shop"), keys.pulse("shop"), NOTED]
    item = moved(decision, active())
    assert item["integration"] == {
        "at": AT, "callback_url": PROVED.callback_url, "public_key": "whpk_new",
        "previous_public_key": "whpk_old", "previous_valid_until": "2026-02-01T08:00:00.000Z",
        "signatures": "optional",
    }  # fmt: skip
    assert (item["status"], item["since"], "list" in item) == ("active", active().since, False)
    assert write_to(decision, ACCOUNT).action == "ConditionCheck"


@pytest.mark.parametrize("status", ["active", "suspended"])
def test_a_merchant_may_replace_its_system_suspended_or_not(status: str) -> None:
    write = write_to(integrated(active(), partner()), ACCOUNT)
    assert holds(write, account(merchant=merchant(status=status, application="application")))


@pytest.mark.parametrize(
    ("stored", "kind"),
    [
        (account("frozen", merchant=merchant(application="application")), AccountFrozen),
        (account("closed"), AccountClosed),
        (account(), InvalidState),
        (account(merchant=merchant(application="a later one")), InvalidState),
        (None, InvalidState),
    ],
)
def test_who_is_no_merchant_by_this_application_has_no_system_to_replace(
    stored: Account | None, kind: type[Refusal]
) -> None:
    refused = refusal(write_to(integrated(active(), partner()), ACCOUNT), stored)
    assert type(refused) is kind
    assert kind is not InvalidState or refused.facts == {"state": "ended", "action": "integration"}


@pytest.mark.parametrize("mode", ["event", "other"])
def test_other_modes_have_no_system(mode: str) -> None:
    with pytest.raises(InvalidState):
        actions.integrable(application(mode, "active"), "applicant")
