"""Admitting merchants."""

from chalicelib.edge.decision import Command, Decision
from chalicelib.errors import InvalidRequest, Refusal, Text
from chalicelib.onboarding.model import Admission, Merchant
from chalicelib.table import keys
from chalicelib.table.write import Attr, Item, update


class AlreadyMerchant(Refusal):
    status, code = 409, "already_merchant"
    title = Text("A merchant already", "已是权益方")
    detail = Text("The institution was admitted before.", "该机构此前已入驻。")
    mend = Text(
        "Nothing needs mending: read it with GET /v1/merchants/{id}.", "无需处理：请通过 GET /v1/merchants/{id} 查询。"
    )


def admit(command: Command[Admission], account: Item | None) -> Decision:
    """An institution becomes a merchant at the word of the exchange; mode and reason stay on the Record.

    Refuses AlreadyMerchant, and InvalidRequest for an account that is none, closed or a person's.
    """
    body = command.body
    if account is None or account["kind"] != "institution":
        raise _no_institution()
    merchant = {"mode": body.mode, "status": "active", "since": command.at, "sub_platform": None}
    admitted = Attr("status").eq("active") & Attr("merchant").not_exists()
    return Decision(
        kind="merchant_admitted",
        answer=Merchant.model_validate(merchant | {"id": body.account, "name": account["name"]}),
        writes=(
            update(
                keys.account(keys.holder(body.account)),
                assign={"merchant": merchant, "list": "merchants", "rank": f"{command.at}:{body.account}"},
                require=admitted,
                refuse=lambda item: AlreadyMerchant() if item and "merchant" in item else _no_institution(),
            ),
        ),
        facts={"reason": body.reason},
    )


def _no_institution() -> Refusal:
    return InvalidRequest.at("/account", "Is no open account of an institution", "不是有效的机构账户")
