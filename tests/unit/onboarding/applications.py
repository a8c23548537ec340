"""Applications and documents as the unit tests of this room need them."""

from typing import Any

from chalicelib.onboarding.items import Application, Counting, Document, Kind
from chalicelib.onboarding.required import REQUIRED
from tests.unit.decisions import AT

EVENT_PLAN = {
    "starts_at": "2097-06-01T00:00:00.000Z", "ends_at": "2097-06-30T16:00:00.000Z",
    "opens_at": "2097-06-05T02:00:00.000Z", "goods": "门票", "quantity": 500,
    "per_account_limit": 2, "rules": "先到先得",
}  # fmt: skip


def counting(mode: str) -> dict[Kind, Counting]:
    """A document of each kind that ``mode`` requires; its id is its kind."""
    return {kind: Counting(id=kind, announced_at=AT) for kind in REQUIRED[mode]}


def application(mode: Any = "other", status: Any = "draft", **changes: Any) -> Application:
    """With the documents that it needs."""
    fields: dict[str, Any] = {"id": "application", "applicant": "shop", "name": "示例商贸", "title": "入驻申请"}
    fields |= {
        "mode": mode,
        "category": mode,
        "plan": EVENT_PLAN if mode == "event" else {"description": "d"},
        "status": status,
    }
    fields |= {"created_at": AT, "since": AT, "documents": counting(mode), "version": 3}
    return Application(**(fields | changes))


def document(**changes: Any) -> Document:
    fields: dict[str, Any] = {"id": "document", "application": "application", "kind": "credit_report", "bytes": 3}
    fields |= {"file_name": "f.pdf", "content_type": "application/pdf", "sha256": "0" * 64, "announced_at": AT}
    return Document(**(fields | changes))
