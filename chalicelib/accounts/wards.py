"""Guardians: without the consent of one, nobody under 14 opens an account (PIPL art. 31)."""

from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.accounts.model import masked
from chalicelib.accounts.numbers import ADULT_YEARS, ALONE_YEARS, IdentityNumber, age, hashed
from chalicelib.accounts.refusals import GuardianRequired
from chalicelib.errors import InvalidRequest, InvalidState, Refusal, Text
from chalicelib.kernel.caller import INDIVIDUAL
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Answer, Body, Empty, ShortText, Time, example
from chalicelib.kernel.record import Facts
from chalicelib.ledger.account import Account
from chalicelib.ledger.standing import acting
from chalicelib.table import keys
from chalicelib.table.write import Attr, Write, absent, check, put, seen, update
from chalicelib.transitions import Step, step

STEPS = (Step("active", "withdraw", "withdrawn", (INDIVIDUAL,)),)


class WardExists(InvalidState):
    detail = Text("The caller has consented for this child already.", "您已为该未成年人表示同意。")
    remedy = Text(
        "Nothing to fix: the child can open the account. GET /v1/accounts/me/wards shows the consent.",
        "无需处理：该未成年人可以开户。可通过 GET /v1/accounts/me/wards 查询。",
    )


class NewWard(Body):
    """A guardian consents that a child under 14 opens an account.

    Nothing but keyed hashes is kept of the two numbers. The guardian's own shows that she is an adult.
    """

    model_config = example(
        identity_number="110105201805050018", name="王小宝", own_identity_number="11010519491231002X"
    )

    identity_number: Annotated[IdentityNumber, Field(description="The child's")]
    name: Annotated[ShortText, Field(description="The child's; only its first character is kept")]
    own_identity_number: Annotated[IdentityNumber, Field(description="The one that the caller's account has")]


class WardAnswer(Answer):
    """A guardian's consent. ``id`` stands on the child's account as its ``guardian``."""

    model_config = example(
        id="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        name="王**",
        status="active",
        consented_at="2026-01-31T08:00:00.000Z",
        withdrawn_at=None,
    )

    id: str
    name: str
    status: Literal["active", "withdrawn"]
    consented_at: Time
    withdrawn_at: Time | None


class Wards(Answer):
    """Every child that the caller has consented for."""

    items: list[WardAnswer]


@dataclass(frozen=True, kw_only=True)
class Ward:
    """A consent as its guardian sees it, beside her account. ``identity`` is the hash of the child's number."""

    id: str
    name: str
    status: Literal["active", "withdrawn"]
    consented_at: str
    account: str
    identity: str
    withdrawn_at: str | None = None

    @property
    def key(self) -> keys.Key:
        return keys.ward(self.account, self.id)

    def to_answer(self) -> WardAnswer:
        return WardAnswer.model_validate(vars(self))


@dataclass(frozen=True)
class Consent:
    """The same as an opening finds it, by the hash of the child's number. ``guardian`` is the account that gave it."""

    ward: str
    guardian: str
    withdrawn_at: str | None = None


def consent(command: Command[NewWard], account: Account, key: bytes) -> Decision:
    """The caller (``account``, as read) consents for a child; ``key`` is that of the hashes.

    Raises InvalidRequest for a child of 14, a guardian under 18, or another's number; refuses WardExists,
    AccountFrozen, AccountClosed.
    """
    body = command.body
    _may_consent(command, account, key)
    child = hashed(INDIVIDUAL, body.identity_number, key)
    ward = Ward(
        id=keys.digest("ward", account.id, child),
        name=masked(body.name),
        status="active",
        consented_at=command.at,
        account=account.id,
        identity=child,
    )
    again = reduce(or_, (absent(), Attr("withdrawn_at").exists()))
    return Decision(
        kind="ward_consented",
        answer=ward.to_answer(),
        writes=(
            acting(account.id),
            put(ward.key, ward, require=again, refuse=lambda _: WardExists(state="active", action="consent")),
            put(keys.consent(child, account.id), Consent(ward.id, account.id), require=again),
        ),
        facts=Facts(account=account.id),
        publish=True,
    )


def _may_consent(command: Command[NewWard], account: Account, key: bytes) -> None:
    body = command.body
    if hashed(INDIVIDUAL, body.own_identity_number, key) != account.identity:
        raise InvalidRequest.at("/own_identity_number", "Is not that of the caller's account", "与本人开户号码不一致")
    if age(body.own_identity_number, command.now) < ADULT_YEARS:
        raise InvalidRequest.at("/own_identity_number", "A guardian is 18 or older", "监护人须年满十八周岁")
    if age(body.identity_number, command.now) >= ALONE_YEARS:
        en = "Is that of a person of 14 or older, who opens an account alone"
        raise InvalidRequest.at("/identity_number", en, "已年满十四周岁，可自行开户")


def withdraw(command: Command[Empty], ward: Ward) -> Decision:
    """The consent opens no account any more. One that is open stays open. Raises InvalidState."""
    step(STEPS, ward.status, "withdraw", command.caller.role)
    after = replace(ward, status="withdrawn", withdrawn_at=command.at)
    active = Attr("withdrawn_at").not_exists()
    return Decision(
        kind="ward_withdrawn",
        answer=after.to_answer(),
        writes=(
            update(
                ward.key,
                assign={"status": "withdrawn", "withdrawn_at": command.at},
                require=Attr("status").eq("active"),
                refuse=seen(Ward, _withdrawn),
            ),
            update(keys.consent(ward.identity, ward.account), assign={"withdrawn_at": command.at}, require=active),
        ),
        facts=Facts(account=ward.account),
        publish=True,
    )


def _withdrawn(ward: Ward | None) -> Refusal:
    return InvalidState(state=ward.status if ward else "?", action="withdraw")


def consented(number: str, consent: Consent) -> Write:
    """The condition that a guardian's consent stands. Refuses GuardianRequired."""
    active = Attr("ward").exists() & Attr("withdrawn_at").not_exists()
    return check(keys.consent(number, consent.guardian), active, lambda _: GuardianRequired())
