"""Which documents a mode requires, and which of an application's count (guide §7.3 a)."""

from datetime import datetime
from typing import get_args

from chalicelib import shanghai
from chalicelib.errors import Contended, InvalidState, Refusal, Text
from chalicelib.merchants.model import EVENT, MALL, OTHER, SUB_PLATFORM
from chalicelib.onboarding.items import Application, Kind

KINDS: tuple[Kind, ...] = get_args(Kind)
_FORMAL: tuple[Kind, ...] = ("application_form", "business_licence", "legal_person_identity", "credit_report")
# Guide §7.3 a. An event is held on the platform, under the platform's own agreement with its users.
REQUIRED: dict[str, tuple[Kind, ...]] = {
    MALL: (*_FORMAL, "user_agreement"),
    SUB_PLATFORM: (*_FORMAL, "user_agreement"),
    EVENT: _FORMAL,
    OTHER: (*_FORMAL, "user_agreement"),
}


class DocumentsMissing(Refusal):
    status, code = 409, "documents_missing"
    title = Text("Required documents are missing", "缺少必需材料")
    detail = Text(
        "The kinds in missing have no document that arrived intact and is still valid.",
        "missing 中列出的材料尚未完整送达，或已过有效期。",
    )
    remedy = Text(
        "Announce and upload the missing kinds; a document counts once its bytes arrived and match.",
        "请登记并上传所缺材料；文件送达且与登记一致后方为有效。",
    )


class DocumentsChanged(Contended):
    """What was prepared is not what the decision needs, so deciding again here would not help."""

    again = False
    title = Text("A document arrived meanwhile", "提交期间有新材料送达")
    detail = Text(
        "A newer document arrived while the application was being submitted. Nothing was done; send the same request"
        " again in {retry_after} s.",
        "提交过程中有新的申请材料送达。本次未做任何变更；请在 {retry_after} 秒后原样重发。",
    )


class EndedMeanwhile(InvalidState):
    detail = Text(
        "The licence or the agreement of this application has ended before its last step.",
        "该申请所依据的营业执照或合作协议在办结前已到期。",
    )
    remedy = Text(
        "Withdraw it, and apply again with documents that are valid.", "请撤回申请，并以有效的证照和协议重新申请。"
    )


def missing(application: Application, now: datetime) -> list[Kind]:
    """Required kinds without a document that counts; a licence that has expired does not."""
    today, counting = shanghai.clock(now).date().isoformat(), application.documents
    valid = {kind for kind, each in counting.items() if not each.expires_on or each.expires_on >= today}
    return [kind for kind in REQUIRED[application.mode] if kind not in valid]


def complete(application: Application, now: datetime) -> None:
    """Raises DocumentsMissing."""
    if lacking := missing(application, now):
        raise DocumentsMissing(missing=lacking)


def unended(application: Application, action: str, now: datetime) -> None:
    """Raises EndedMeanwhile where its licence or its agreement is over: neither can be replaced at its last step."""
    licence, agreement = application.documents.get("business_licence"), application.agreement
    days = (licence and licence.expires_on, agreement and agreement.ends_on)
    if any(day and day < shanghai.clock(now).date().isoformat() for day in days):
        raise EndedMeanwhile(state=application.status, action=action)
